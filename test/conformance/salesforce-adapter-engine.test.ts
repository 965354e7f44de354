/** The engine, the Salesforce adapter and a practice org together, over real HTTP; change events come by hand and the store is in memory. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostRecordRef } from '../../server/crm/port.ts';
import { deliveryBody } from '../../server/crm/salesforce/deliveries.ts';
import type { Engine } from '../../server/sync/engine.ts';
import { createEngine } from '../../server/sync/engine.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { sampleContract, sampleLinked } from '../support/simulation-world.ts';
import { installApp } from './salesforce-adapter-org.ts';
import type { InstalledOrg } from './salesforce-adapter-org.ts';

const PUBLIC_URL = 'https://counterpart.example';
const WAIT_MS_MAX = 15_000;
const WATCHED: ReadonlySet<string> = new Set(['Opportunity', 'Account', 'Case']);
const PREFIX = 'counterpart__';

let app: InstalledOrg;
let store: MemoryStore;
let engine: Engine;
const errors: unknown[] = [];

/** What the subscriber of the change feed does with an event. */
function forward(change: Parameters<Parameters<InstalledOrg['org']['onChange']>[0]>[0]): void {
  if (!WATCHED.has(change.entityName)) return;
  const { orgId, entityName, changeType, recordIds, changedFields, changeOrigin, transactionKey } = change;
  const body = deliveryBody({
    orgId,
    entityName,
    changeType,
    recordIds: [...recordIds],
    commitTimestamp: change.commitTimestamp,
    commitUser: change.commitUser,
    changeOrigin,
    transactionKey,
    changedFields: [...changedFields],
    replayId: Buffer.from(`${transactionKey}/${change.sequenceNumber}`).toString('base64'),
  });
  const digest = createHash('sha256').update(body).digest('hex');
  store.acceptDelivery({ host: 'salesforce', digest, body, receivedAt: Date.now() }).then(
    () => engine.wake(),
    (error: unknown) => errors.push(error),
  );
}

beforeAll(async () => {
  app = await installApp();
  store = createMemoryStore(() => Date.now());
  store.addConnection(app.connection, 'active');
  engine = createEngine({
    store,
    crm: { salesforce: app.adapter },
    world: {
      ...app.world,
      log: { ...app.world.log, error: (fields, message) => void errors.push({ message, ...fields }) },
    },
    calendars: { find: () => Promise.resolve(null) },
    settings: {
      contractUrl: (_connection, contractId) => `${PUBLIC_URL}/contracts/${contractId}`,
      timeZoneOf: () => Promise.resolve('UTC'),
      conflictPolicyOf: () => Promise.resolve({ stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' }),
      linksByDomain: false,
      workerCount: 2,
      pollMs: 100,
      directoryMs: 2_000,
    },
  });
  app.org.onChange(forward);
  void engine.run(new AbortController().signal);
});
afterAll(async () => {
  await engine.stop();
  await app.stop();
});

const show = (ref: HostRecordRef, name: string): unknown => {
  const object = ref.objectType === 'account' ? 'Account' : 'Opportunity';
  return app.org.record(object, ref.recordId)?.[PREFIX + name] ?? null;
};
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; Date.now() < end; await app.world.clock.sleep(25)) if (holds()) return;
  throw new Error(
    `never: ${what}; errors ${JSON.stringify(errors)}; dirty ${JSON.stringify(store.dirtyRows('c1'))}; conflicts ${JSON.stringify(store.conflicts)}`,
  );
}
const quiet = (): Promise<void> => until('quiet', () => store.dirtyRows('c1').length === 0);
const edit = (ref: HostRecordRef, name: string, value: string | null): void =>
  app.org.people.edit('Opportunity', ref.recordId, { [PREFIX + name]: value });

async function linked(
  contractId: string,
  objectType: 'opportunity' | 'account' = 'opportunity',
): Promise<HostRecordRef> {
  const recordId =
    objectType === 'account'
      ? app.org.people.create('Account', { Name: contractId })
      : app.org.people.create('Opportunity', { Name: contractId, StageName: 'Prospecting', CloseDate: '2027-01-31' });
  const ref = { objectType, recordId };
  store.putContract('w1', sampleLinked(sampleContract(contractId), Date.now()));
  store.link(app.connection, ref, contractId);
  engine.wake();
  await until('mirrored', () => show(ref, 'Contract_Stage__c') !== null);
  await quiet();
  return ref;
}

describe('S1 the contract and the opportunity become equal', () => {
  test('what we own appears, and a person’s edit of a shared field reaches the contract', async () => {
    const ref = await linked('contract-a');
    expect(show(ref, 'Lead_Contract_Number__c')).toBe(sampleContract('contract-a').number);
    edit(ref, 'Renewal_Decision__c', 'renew');
    await until('decided', () => store.contract('contract-a').contract.renewalDecision === 'renew');
    expect(store.fieldChanges.at(-1)).toMatchObject({
      field: 'renewalDecision',
      value: 'renew',
      provenance: { source: 'host' },
    });
  });

  test('S9 an edit of a field that is ours is put back, and said so', async () => {
    const ref = await linked('contract-b');
    const wrong = show(ref, 'Sla_Status__c') === 'missed' ? 'met' : 'missed';
    edit(ref, 'Sla_Status__c', wrong);
    edit(ref, 'Renewal_Decision__c', 'exit');
    await until('put back', () => show(ref, 'Sla_Status__c') !== wrong);
    await quiet();
    expect(store.contract('contract-b').contract.renewalDecision).toBe('exit');
    expect(store.conflicts).toContainEqual(
      expect.objectContaining({ ref, field: 'slaStatus', theirs: wrong, winner: 'ours', reason: 'owned_by_us' }),
    );
  });

  test('S10 a code that nobody knows is refused visibly and put back', async () => {
    const ref = await linked('contract-c');
    const before = show(ref, 'Contract_Stage__c');
    edit(ref, 'Contract_Stage__c', 'Pending Legal');
    await until('put back', () => show(ref, 'Contract_Stage__c') === before);
    await quiet();
    expect(store.conflicts).toContainEqual(
      expect.objectContaining({ ref, field: 'stage', theirs: 'Pending Legal', winner: 'ours' }),
    );
  });

  test('S3 a quiet system makes no write', async () => {
    const ref = await linked('contract-d', 'account');
    const version = show(ref, 'Mirror_Version__c');
    const writes = (): number =>
      app.org.apiCallCounts().reduce((sum, { method, count }) => sum + (method === 'PATCH' ? count : 0), 0);
    const before = writes();
    await app.world.clock.sleep(1_000);
    expect(writes()).toBe(before);
    expect(show(ref, 'Mirror_Version__c')).toBe(version);
    expect(errors).toEqual([]);
  });

  test('S2 quick edits under lost answers, server errors and ended sessions end equal, and none is lost unsaid', async () => {
    const ref = await linked('contract-e');
    app.org.setFaults({ timeoutAfterCommitRate: 0.2, serverErrorRate: 0.1, sessionExpiryRate: 0.1 });
    app.org.setBehaviour({ timeoutHoldMs: 20 });
    for (const decision of ['renew', 'exit', 'renegotiate', 'renew', 'undecided', 'exit']) {
      edit(ref, 'Renewal_Decision__c', decision);
      await app.world.clock.sleep(60);
    }
    app.org.setFaults({ timeoutAfterCommitRate: 0, serverErrorRate: 0, sessionExpiryRate: 0 });
    await until('converged', () => store.contract('contract-e').contract.renewalDecision === 'exit');
    await quiet();
    expect(show(ref, 'Renewal_Decision__c')).toBe('exit');
  }, 40_000);
});

describe('S11 S12 the link follows the record', () => {
  const stateOf = (ref: HostRecordRef): string | undefined =>
    store.links().find((link) => link.ref.recordId === ref.recordId)?.state;

  test('deleted and undeleted', async () => {
    const ref = await linked('contract-f');
    app.org.people.delete('Opportunity', ref.recordId);
    await until('tombstone', () => stateOf(ref) === 'tombstone');
    app.org.people.undelete('Opportunity', ref.recordId);
    await until('restored', () => stateOf(ref) === 'active');
  });

  test('merged into another account', async () => {
    const ref = await linked('contract-g', 'account');
    const master = app.org.people.create('Account', { Name: 'Master' });
    app.org.people.merge('Account', master, [ref.recordId]);
    const into: HostRecordRef = { objectType: 'account', recordId: master };
    await until('moved', () =>
      store.links().some((link) => link.contractId === 'contract-g' && link.ref.recordId === master),
    );
    await until('mirrored', () => show(into, 'Lead_Contract_Number__c') === sampleContract('contract-g').number);
  });
});
