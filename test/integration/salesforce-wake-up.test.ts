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
  const traces: (string | null)[] = [];
  // A sweep that runs at that very moment, as at the start, may read the edit before its event is there; then it is the next edit that tells.
  for (const decision of ['renew', 'exit', 'renew']) {
    org.people.edit('Opportunity', opportunityId, { counterpart__Renewal_Decision__c: decision });
    await until('the edit', async () => (await decisionOf(contractId)) === decision);
    traces.push(await traceOf(contractId));
    if (traces.at(-1) !== null) break;
  }
  expect(traces.at(-1)).toMatch(new RegExp(`^${org.orgId}:.+:${opportunityId}$`));
  const { rows } = await database.admin.query(
    `SELECT 1 FROM field_change WHERE contract_id = $1 AND field = 'renewalDecision' AND source = 'host'`,
    [contractId],
  );
  expect(rows).toHaveLength(traces.length);
  const deliveries = await database.admin.query<{ rejected: unknown }>(
    `SELECT rejected FROM delivery WHERE host = 'salesforce' AND rejected IS NOT NULL`,
  );
  expect(deliveries.rows).toEqual([]);
});

/** The event that the latest change of the decision was told by. */
async function traceOf(contractId: string): Promise<string | null> {
  const { rows } = await database.admin.query<{ event_id: string | null }>(
    `SELECT event_id FROM field_change WHERE contract_id = $1 AND field = 'renewalDecision' AND source = 'host'
     ORDER BY at DESC LIMIT 1`,
    [contractId],
  );
  return rows[0]?.event_id ?? null;
}

async function decisionOf(contractId: string): Promise<string | undefined> {
  const { rows } = await database.admin.query<{ renewal_decision: string }>(
    'SELECT renewal_decision FROM contract WHERE id = $1',
    [contractId],
  );
  return rows[0]?.renewal_decision;
}
