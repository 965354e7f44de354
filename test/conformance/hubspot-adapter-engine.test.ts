/** The engine, the HubSpot adapter and a practice portal together, over real HTTP with signed webhooks; only the store is in memory. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostRecordRef } from '../../server/crm/port.ts';
import { verifySignature } from '../../server/crm/hubspot/verify.ts';
import type { Engine } from '../../server/sync/engine.ts';
import { createEngine } from '../../server/sync/engine.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { sampleContract, sampleLinked } from '../support/simulation-world.ts';
import { installApp } from './hubspot-adapter-portal.ts';
import type { Installed } from './hubspot-adapter-portal.ts';

const PUBLIC_URL = 'https://counterpart.example';
const WAIT_MS_MAX = 15_000;
const SHARED = ['counterpart_stage', 'counterpart_renewal_date', 'counterpart_renewal_decision'];
const subscriptions = [
  ...SHARED.map((propertyName) => ({ subscriptionType: 'object.propertyChange', objectType: 'deal', propertyName })),
  ...['creation', 'deletion', 'merge', 'restore'].map((kind) => ({
    subscriptionType: `object.${kind}`,
    objectType: 'deal',
  })),
];

let portal: Installed;
let store: MemoryStore;
let engine: Engine;
const errors: unknown[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const header = (name: string): string | undefined => [request.headers[name]].flat()[0];
    const verdict = verifySignature(
      {
        method: request.method ?? '',
        target: request.url ?? '',
        body,
        signature: header('x-hubspot-signature-v3'),
        timestamp: header('x-hubspot-request-timestamp'),
      },
      { publicBaseUrl: PUBLIC_URL, secrets: ['secret-1'], now: Date.now() },
    );
    if (!verdict.valid) return void response.writeHead(401).end();
    const delivery = {
      host: 'hubspot',
      digest: verdict.digest,
      body: body.toString(),
      receivedAt: Date.now(),
    } as const;
    store.acceptDelivery(delivery).then(
      () => {
        response.writeHead(204).end();
        engine.wake();
      },
      (error: unknown) => errors.push(error),
    );
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  portal = await installApp({
    webhooks: { targetUrl: `${PUBLIC_URL}/webhooks/hubspot`, subscriptions },
    publicToLocal: { [PUBLIC_URL]: `http://127.0.0.1:${address.port}` },
    behaviour: { webhookBatchWindowMs: 10 },
  });
  store = createMemoryStore(() => Date.now());
  store.addConnection(portal.connection, 'active');
  engine = createEngine({
    store,
    crm: { hubspot: portal.adapter },
    world: {
      ...portal.world,
      log: { ...portal.world.log, error: (fields, message) => void errors.push({ message, ...fields }) },
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
  void engine.run(new AbortController().signal);
});
afterAll(async () => {
  await engine.stop();
  await portal.stop();
  receiver.close();
});

type Properties = Readonly<Record<string, string | null | undefined>>;
async function properties(ref: HostRecordRef): Promise<Properties> {
  return ((await portal.person('GET', `/objects/deals/${ref.recordId}`)) as { properties: Properties }).properties;
}
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; Date.now() < end; await portal.world.clock.sleep(25))
    if (await holds()) return;
  throw new Error(
    `never: ${what}; errors ${JSON.stringify(errors)}; dirty ${JSON.stringify(store.dirtyRows('c1'))}; conflicts ${JSON.stringify(store.conflicts)}`,
  );
}
async function deal(contractId: string): Promise<HostRecordRef> {
  const { id } = (await portal.person('POST', '/objects/deals', { properties: { dealname: contractId } })) as {
    id: string;
  };
  return { objectType: 'opportunity', recordId: id };
}
async function quiet(): Promise<void> {
  await until('quiet', () => store.dirtyRows('c1').length === 0 && portal.server.webhooks.pendingCount() === 0);
}
async function linked(contractId: string, change: Parameters<typeof sampleContract>[1] = {}): Promise<HostRecordRef> {
  const ref = await deal(contractId);
  store.putContract('w1', sampleLinked(sampleContract(contractId, change), Date.now()));
  store.link(portal.connection, ref, contractId);
  engine.wake();
  await until('mirrored', async () => ((await properties(ref))['counterpart_stage'] ?? '') !== '');
  await quiet();
  return ref;
}

describe('S1 the contract and the deal become equal', () => {
  test('what we own appears on the deal, and a person’s edit of a shared field reaches the contract', async () => {
    const ref = await linked('contract-a');
    expect(await properties(ref)).toMatchObject({
      counterpart_lead_contract_number: sampleContract('contract-a').number,
    });
    await portal.person('PATCH', `/objects/deals/${ref.recordId}`, {
      properties: { counterpart_renewal_decision: 'renew' },
    });
    await until('decided', () => store.contract('contract-a').contract.renewalDecision === 'renew');
    expect(store.fieldChanges.at(-1)).toMatchObject({
      field: 'renewalDecision',
      value: 'renew',
      provenance: { source: 'host' },
    });
  });

  test('S9 an edit of a field that is ours is put back, and said so', async () => {
    const ref = await linked('contract-b');
    const wrong = (await properties(ref))['counterpart_sla_status'] === 'missed' ? 'met' : 'missed';
    await portal.person('PATCH', `/objects/deals/${ref.recordId}`, {
      properties: { counterpart_sla_status: wrong, counterpart_renewal_decision: 'exit' },
    });
    await until('put back', async () => (await properties(ref))['counterpart_sla_status'] !== wrong);
    await quiet();
    expect(store.contract('contract-b').contract.renewalDecision).toBe('exit');
    expect(store.conflicts).toContainEqual(
      expect.objectContaining({ ref, field: 'slaStatus', theirs: wrong, winner: 'ours', reason: 'owned_by_us' }),
    );
  });

  test('S3 a quiet system makes no write', async () => {
    await linked('contract-c');
    await quiet();
    await portal.forgetCalls();
    await portal.world.clock.sleep(1_500);
    const writes = (await portal.calls()).filter((call) => call.path.endsWith('/batch/update'));
    expect(writes).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('quick edits under lost answers and server errors end equal', async () => {
    const ref = await linked('contract-d');
    await portal.faults({ timeoutAfterCommitRate: 0.3, serverErrorRate: 0.1 });
    const decisions = ['renew', 'exit', 'renegotiate', 'renew', 'undecided', 'exit'];
    for (const decision of decisions) {
      await portal.person('PATCH', `/objects/deals/${ref.recordId}`, {
        properties: { counterpart_renewal_decision: decision },
      });
      await portal.world.clock.sleep(60);
    }
    await portal.faults({ timeoutAfterCommitRate: 0, serverErrorRate: 0 });
    await until('converged', () => store.contract('contract-d').contract.renewalDecision === 'exit');
    await quiet();
    expect((await properties(ref))['counterpart_renewal_decision']).toBe('exit');
  }, 40_000);
});

describe('S11 S12 the link follows the deal', () => {
  test('archived and restored', async () => {
    const ref = await linked('contract-e');
    await portal.person('POST', `/objects/deals/${ref.recordId}/archive`);
    await until('tombstone', () =>
      store.links().some((link) => link.ref.recordId === ref.recordId && link.state === 'tombstone'),
    );
    await portal.person('POST', `/objects/deals/${ref.recordId}/restore`);
    await until('restored', () =>
      store.links().some((link) => link.ref.recordId === ref.recordId && link.state === 'active'),
    );
  });

  test('merged into a third record', async () => {
    const ref = await linked('contract-f');
    const other = await deal('other');
    const merged = (await portal.person('POST', '/objects/deals/merge', {
      primaryId: ref.recordId,
      mergedId: other.recordId,
    })) as { id: string };
    await until('moved', () =>
      store
        .links()
        .some((link) => link.contractId === 'contract-f' && link.ref.recordId === merged.id && link.state === 'active'),
    );
    const into: HostRecordRef = { objectType: 'opportunity', recordId: merged.id };
    await until(
      'mirrored',
      async () => (await properties(into))['counterpart_lead_contract_number'] === sampleContract('contract-f').number,
    );
  });
});
