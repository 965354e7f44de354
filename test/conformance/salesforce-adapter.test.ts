/** The battery of every CRM port, on the Salesforce adapter against a practice org, as it answers usually and with the other readings. */
import type { HostObjectType, HostRecordRef } from '../../server/crm/port.ts';
import { toSalesforceFields } from '../../server/crm/salesforce/fields.ts';
import { SALESFORCE_OBJECTS } from '../../server/crm/salesforce/object-types.ts';
import { crmPortBattery } from './crm-battery.ts';
import type { CrmFixture } from './crm-battery.ts';
import { installApp } from './salesforce-adapter-org.ts';
import type { InstallOptions } from './salesforce-adapter-org.ts';

const NEW_RECORDS: Record<HostObjectType, Readonly<Record<string, string>>> = {
  opportunity: { Name: 'Record', StageName: 'Prospecting', CloseDate: '2027-01-31' },
  account: { Name: 'Record' },
  case: { Subject: 'Record' },
};

async function fixture(behaviour: NonNullable<InstallOptions['behaviour']>): Promise<CrmFixture> {
  const { org, adapter, connection, stop } = await installApp({ behaviour });
  const nameOf = (ref: HostRecordRef): string => SALESFORCE_OBJECTS[ref.objectType].name;
  return {
    port: adapter,
    connection,
    create: async (objectType) => {
      const recordId = org.people.create(SALESFORCE_OBJECTS[objectType].name, NEW_RECORDS[objectType]);
      return { objectType, recordId };
    },
    edit: async (ref, values) => {
      const mapped = toSalesforceFields(values);
      if (!mapped.ok) throw new Error(`a person cannot enter ${JSON.stringify(values)}`);
      org.people.edit(nameOf(ref), ref.recordId, mapped.fields);
    },
    archive: async (ref) => org.people.delete(nameOf(ref), ref.recordId),
    restore: async (ref) => org.people.undelete(nameOf(ref), ref.recordId),
    merge: async (primary, other) => {
      org.people.merge(nameOf(primary), primary.recordId, [other.recordId]);
      return primary;
    },
    // The walk goes by what is stored, which shows at once.
    feedCaughtUp: async () => undefined,
    close: stop,
  };
}

crmPortBattery('Salesforce adapter', () => fixture({}));
crmPortBattery(
  'Salesforce adapter, small pages, no client id on collections, unchanged values not touching records',
  () =>
    fixture({
      queryBatchMax: 3,
      clientIdOnCollections: false,
      sameValueTouchesRecord: false,
      mergeChangeEvents: false,
    }),
);
