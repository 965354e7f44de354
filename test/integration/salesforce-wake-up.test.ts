/** An edit in an org reaches the store through the whole server within moments, told by the Pub/Sub API and not found by a sweep. */
import { afterAll, expect, test } from 'vitest';
import { type PracticePubSub, startPracticePubSub } from '../../extensions/practice/salesforce/pubsub/server.ts';
import type { PracticeSalesforce } from '../../extensions/practice/salesforce/running-org.ts';
import { useDatabase } from '../support/database.ts';
import { silentLog, textAt } from '../support/practice.ts';
import { until } from '../support/pubsub-org.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';
import { contractInput, newKey, useApi } from './api-server.ts';
import { installOrg, ORG_APP, orgCard, startOrg } from './salesforce-org.ts';

const database = useDatabase();
let org: PracticeSalesforce;
let bus: PracticePubSub;
const api = useApi(database, {
  salesforce: async (origin) => {
    org = await startOrg(origin);
    const random = createSeededRandom(11);
    bus = await startPracticePubSub({ org, port: 0, clock: systemWorld().clock, random, log: silentLog });
    return { ...ORG_APP, loginUrl: org.url, pubSubEndpoint: bus.endpoint };
  },
});
const running = new AbortController();
let ended: Promise<void> = Promise.resolve();
afterAll(async () => {
  running.abort();
  await ended;
  await bus.stop();
  await org.stop();
});

test('S1 S13 a person’s edit in the org is told of, taken over and traced to its event', async () => {
  await installOrg(api, org);
  const opportunityId = org.people.create('Opportunity', {
    Name: 'Hosting renewal',
    StageName: 'Qualification',
    CloseDate: '2027-01-31',
  });
  const record = { objectType: 'opportunity', recordId: opportunityId };
  const body = { idempotencyKey: newKey(), record, contract: contractInput() };
  const made = await orgCard(api, org, { method: 'POST', path: '/v1/card/contracts', body });
  const contractId = textAt(made.body, 'contractId');
  await api.settle();

  ended = api.server.run(running.signal);
  await until('the feed', () => bus.streamCount() === 1);
  org.people.edit('Opportunity', opportunityId, { counterpart__Renewal_Decision__c: 'renew' });
  await until('the edit', async () => (await decisionOf(contractId)) === 'renew');

  const { rows } = await database.admin.query<{ event_id: string | null; actor: string | null }>(
    `SELECT event_id, actor FROM field_change WHERE contract_id = $1 AND field = 'renewalDecision' AND source = 'host'`,
    [contractId],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.event_id).toMatch(new RegExp(`^${org.orgId}:.+:${opportunityId}$`));
  const deliveries = await database.admin.query<{ rejected: unknown }>(
    `SELECT rejected FROM delivery WHERE host = 'salesforce' AND rejected IS NOT NULL`,
  );
  expect(deliveries.rows).toEqual([]);
});

async function decisionOf(contractId: string): Promise<string | undefined> {
  const { rows } = await database.admin.query<{ renewal_decision: string }>(
    'SELECT renewal_decision FROM contract WHERE id = $1',
    [contractId],
  );
  return rows[0]?.renewal_decision;
}
