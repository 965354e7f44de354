/** The doubles that the simulations stand on keep the same promises as what they stand for. */
import type { HostRecordRef } from '../../../server/crm/port.ts';
import { type CrmFixture, crmPortBattery } from '../../conformance/crm-battery.ts';
import { syncStoreBattery } from '../../conformance/store-battery.ts';
import { T0 } from '../../conformance/store-battery-fixture.ts';
import { type HostTraits, HUBSPOT_LIKE, SALESFORCE_LIKE } from '../../support/host-traits.ts';
import { createMemoryHost } from '../../support/memory-host.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { portal } from '../../support/simulation-world.ts';

for (const traits of [HUBSPOT_LIKE, SALESFORCE_LIKE])
  crmPortBattery(`memory, with the ways of ${traits.host}`, () => fixtureOf(traits));

async function fixtureOf(traits: HostTraits): Promise<CrmFixture> {
  let now = T0;
  // Each look at the clock is later than the one before, as on a real host.
  const clock = { now: () => (now += 1), sleep: () => Promise.resolve(), at: () => undefined };
  const host = createMemoryHost({ clock, feedLagMs: 30_000, pageSize: 3, traits });
  const connection = portal('w1', 'a');
  const { accountId } = connection;
  let count = 0;
  return {
    port: host,
    connection,
    create: async (objectType) => {
      const ref: HostRecordRef = { objectType, recordId: String((count += 1)) };
      host.create(accountId, ref);
      return ref;
    },
    edit: async (ref, values) => host.edit(accountId, ref, values),
    archive: async (ref) => host.archive(accountId, ref),
    restore: async (ref) => host.restore(accountId, ref),
    merge: async (primary, other) => host.merge(accountId, primary, other, `m${(count += 1)}`),
    feedCaughtUp: async () => void (now += 31_000),
    close: async () => undefined,
  };
}

syncStoreBattery('memory', async () => {
  let now = T0;
  const store = createMemoryStore(() => now);
  let count = 0;
  return {
    store,
    setNow: (at) => void (now = at),
    addConnection: async (workspaceId) => {
      count += 1;
      const connection = { ...portal(workspaceId ?? `workspace-${count}`, `p${count}`) };
      store.addConnection(connection);
      return connection;
    },
    addContract: async (workspaceId, linked) => store.putContract(workspaceId, linked),
    link: async (connection, ref, contractId) => store.link(connection, ref, contractId),
    conflicts: async ({ connectionId }) => store.conflicts.filter((conflict) => conflict.connectionId === connectionId),
    fieldChanges: async (_workspaceId, contractId) =>
      store.fieldChanges.filter((change) => change.contractId === contractId),
    close: async () => undefined,
  };
});
