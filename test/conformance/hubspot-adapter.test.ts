/** The battery of every CRM port, on the HubSpot adapter against a practice portal, in both ways a portal may answer a partial failure. */
import { toHubSpotProperties } from '../../server/crm/hubspot/fields.ts';
import type { HostObjectType, HostRecordRef } from '../../server/crm/port.ts';
import { crmPortBattery } from './crm-battery.ts';
import type { CrmFixture } from './crm-battery.ts';
import { installApp } from './hubspot-adapter-portal.ts';
import type { InstallOptions } from './hubspot-adapter-portal.ts';

const INDEX_DELAY_MS = 200;
const PATHS: Record<HostObjectType, string> = { opportunity: 'deals', account: 'companies', case: 'tickets' };
const NAMES: Record<HostObjectType, string> = { opportunity: 'dealname', account: 'name', case: 'subject' };

async function fixture(behaviour: NonNullable<InstallOptions['behaviour']>): Promise<CrmFixture> {
  const portal = await installApp({ schema: true, behaviour: { searchIndexDelayMs: INDEX_DELAY_MS, ...behaviour } });
  const pathOf = (ref: HostRecordRef): string => `/objects/${PATHS[ref.objectType]}/${ref.recordId}`;
  return {
    port: portal.adapter,
    connection: portal.connection,
    create: async (objectType) => {
      const properties = { [NAMES[objectType]]: 'Record' };
      const { id } = (await portal.person('POST', `/objects/${PATHS[objectType]}`, { properties })) as { id: string };
      return { objectType, recordId: id };
    },
    edit: async (ref, values) => {
      const mapped = toHubSpotProperties(values);
      if (!mapped.ok) throw new Error(`a person cannot enter ${JSON.stringify(values)}`);
      await portal.person('PATCH', pathOf(ref), { properties: mapped.properties });
    },
    archive: async (ref) => void (await portal.person('POST', `${pathOf(ref)}/archive`)),
    restore: async (ref) => void (await portal.person('POST', `${pathOf(ref)}/restore`)),
    merge: async (primary, other) => {
      const body = { primaryId: primary.recordId, mergedId: other.recordId };
      const merged = await portal.person('POST', `/objects/${PATHS[primary.objectType]}/merge`, body);
      return { objectType: primary.objectType, recordId: (merged as { id: string }).id };
    },
    feedCaughtUp: async () => {
      const shownAt = portal.world.clock.now() + INDEX_DELAY_MS + 1;
      while (portal.world.clock.now() < shownAt) await portal.world.clock.sleep(10);
    },
    close: portal.stop,
  };
}

crmPortBattery('HubSpot adapter', () => fixture({}));
crmPortBattery('HubSpot adapter, whole batches refused, merged ids resolved, same values recorded', () =>
  fixture({
    multiStatus: { create: false, update: false, upsert: false },
    batchReadResolvesMergedIds: true,
    sameValueMakesVersion: true,
    mergeSendsLifecycleEvents: true,
  }),
);
