/**
 * Counterpart and two portals that hold the same contract, over a wire that fails. Whatever the fault: once it is over, contract and both
 * deals agree on the last edit of each field, nothing was applied twice, no write follows without cause, and the connection is active.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordCard } from '../../app/wire/card.ts';
import { contractInput, newKey } from '../integration/api-server.ts';
import { useDatabase } from '../support/database.ts';
import { type FaultProxy, shiftContentLength } from '../support/fault-proxy.ts';
import { eventually, type FaultServer, PORTALS, type PortalId, startFaultServer } from '../support/fault-server.ts';
import { textAt } from '../support/practice.ts';

const [HERE, THERE] = PORTALS;
const TEST_MS_MAX = 60_000;
const database = useDatabase();
let rig: FaultServer;
/** One contract, on a deal of each portal. */
let contractId = '';
const deals = new Map<PortalId, string>();
const dealIn = (portalId: PortalId): string => deals.get(portalId) ?? '';
const pathOf = (portalId: PortalId): string => `/v1/card/records/opportunity/${dealIn(portalId)}`;

beforeAll(async () => {
  rig = await startFaultServer({ databaseUrl: database.url });
  for (const portalId of PORTALS) {
    await rig.install(portalId);
    deals.set(portalId, await rig.createDeal(portalId));
  }
  await eventually('both connections are active', async () => (await states()).every((state) => state === 'active'));
  const record = (portalId: PortalId) => ({ objectType: 'opportunity', recordId: dealIn(portalId) });
  const made = await rig.insist(HERE, {
    method: 'POST',
    path: '/v1/card/contracts',
    body: { idempotencyKey: newKey(), record: record(HERE), contract: contractInput() },
  });
  contractId = textAt(made, 'contractId');
  await rig.insist(THERE, {
    method: 'POST',
    path: '/v1/card/links',
    body: { idempotencyKey: newKey(), record: record(THERE), contractId },
  });
  await agreed({ counterpart_renewal_decision: 'undecided' });
}, TEST_MS_MAX);
afterAll(async () => await rig.stop());

async function states(): Promise<readonly string[]> {
  const { rows } = await database.admin.query<{ state: string }>('SELECT state FROM connection');
  return rows.map(({ state }) => state);
}
async function waiting(): Promise<number> {
  const { rows } = await database.admin.query<{ count: string }>('SELECT count(*) FROM dirty');
  return Number(rows[0]?.count);
}
async function contract(): Promise<{ readonly decision: string; readonly date: string; readonly revision: number }> {
  const { rows } = await database.admin.query<{ decision: string; date: string; revision: number }>(
    'SELECT renewal_decision AS decision, renewal_date::text AS date, revision FROM contract WHERE id = $1',
    [contractId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the contract is gone');
  return row;
}
async function showEverywhere(wanted: Readonly<Record<string, string>>): Promise<boolean> {
  for (const portalId of PORTALS) {
    const shown = await rig.deal(portalId, dealIn(portalId));
    if (Object.entries(wanted).some(([name, value]) => shown[name] !== value)) return false;
  }
  return true;
}
/** Both portals and the store agree, and nothing waits. */
async function agreed(wanted: Readonly<Record<string, string>>): Promise<void> {
  await eventually(`both deals show ${JSON.stringify(wanted)}`, () => showEverywhere(wanted));
  await eventually('nothing waits', async () => (await waiting()) === 0);
  expect(await showEverywhere(wanted)).toBe(true);
}
const decide = (portalId: PortalId, decision: string): Promise<void> =>
  rig.editDeal(portalId, dealIn(portalId), { counterpart_renewal_decision: decision });
const move = (portalId: PortalId, date: string): Promise<void> =>
  rig.editDeal(portalId, dealIn(portalId), { counterpart_renewal_date: date });

/** Quiet for a while: no call of the batch update is begun. */
async function noWriteFollows(): Promise<void> {
  const before = await Promise.all(PORTALS.map((portalId) => rig.portalWrites(portalId)));
  await rig.clock.sleep(4_000);
  expect(await Promise.all(PORTALS.map((portalId) => rig.portalWrites(portalId)))).toEqual(before);
}

/** What goes wrong, and for how long on the server's clock when that matters. */
type Wire = readonly [string, (proxy: FaultProxy) => void, number?];
const FAULT_MS = 6_000;
/** Longer than the server waits for an answer. */
const PAST_TIME_LIMIT_MS = 36_000;
const WIRES: readonly Wire[] = [
  [
    'latency',
    (proxy) => {
      proxy.setFault('toOrigin', { latencyMs: 80 });
      proxy.setFault('toCaller', { latencyMs: 80 });
    },
  ],
  ['a narrow line', (proxy) => proxy.setFault('toCaller', { bytesPerSecond: 4_000 })],
  ['single bytes', (proxy) => proxy.setFault('toCaller', { bytesPerWrite: 1 })],
  ['refused connections', (proxy) => proxy.setDoor('reset')],
  [
    'resets within requests',
    (proxy) => proxy.setFault('toOrigin', { endAfterBytes: { byteCount: 120, how: 'reset' } }),
  ],
  ['resets within answers', (proxy) => proxy.setFault('toCaller', { endAfterBytes: { byteCount: 90, how: 'reset' } })],
  [
    'answers that end too early',
    (proxy) => proxy.setFault('toCaller', { endAfterBytes: { byteCount: 250, how: 'close' } }),
  ],
  [
    'answers that stop half-way',
    (proxy) => proxy.setFault('toCaller', { endAfterBytes: { byteCount: 250, how: 'stall' } }),
  ],
  ['no answer at all', (proxy) => proxy.setDoor('silent'), PAST_TIME_LIMIT_MS],
  ['lengths that are too small', (proxy) => proxy.setFault('toCaller', { rewrite: shiftContentLength(-7) })],
  ['lengths that are too large', (proxy) => proxy.setFault('toCaller', { rewrite: shiftContentLength(7) })],
];
/** The first of them only slow things down. */
const SLOW_WIRES = 3;
const DECISIONS = ['renew', 'exit'] as const;

describe('S1 S2 S3 a wire to the portals with', () => {
  test.each(WIRES.map(([name, spoil, faultMs = FAULT_MS], index) => ({ name, spoil, faultMs, index })))(
    '$name loses nothing and doubles nothing',
    { timeout: TEST_MS_MAX },
    async ({ spoil, faultMs, index }) => {
      const first = DECISIONS[index % 2] ?? 'renew';
      const last = DECISIONS[(index + 1) % 2] ?? 'exit';
      const date = `2028-${String((index % 12) + 1).padStart(2, '0')}-15`;
      const before = await contract();
      // Under way when the wire fails: an edit on each side.
      await decide(HERE, first);
      spoil(rig.toPortal);
      rig.toPortal.resetAll();
      await move(THERE, date);
      await rig.clock.sleep(faultMs);
      await decide(HERE, last);
      await rig.clock.sleep(FAULT_MS / 2);
      expect(await states()).toEqual(['active', 'active']);
      // The slow ones get through; all others must have kept the edits apart, or the fault was none.
      const wanted = { counterpart_renewal_decision: last, counterpart_renewal_date: date };
      if (index >= SLOW_WIRES) expect(await showEverywhere(wanted)).toBe(false);
      rig.toPortal.heal();
      rig.toPortal.resetAll();
      await agreed(wanted);
      const after = await contract();
      expect(after).toMatchObject({ decision: last, date });
      // Three edits at most: one that was overwritten before it was read need not be a revision of its own.
      expect(after.revision - before.revision).toBeGreaterThanOrEqual(2);
      expect(after.revision - before.revision).toBeLessThanOrEqual(3);
      await noWriteFollows();
      expect(await states()).toEqual(['active', 'active']);
    },
  );

  test('while it is cut the card still answers, and says what was agreed and that changes wait', async () => {
    const before = recordCard.parse(await rig.insist(HERE, { path: pathOf(HERE) })).sync;
    expect(before).toMatchObject({ state: 'current', pendingChanges: 0 });
    rig.toPortal.setDoor('reset');
    rig.toPortal.resetAll();
    await decide(HERE, 'renegotiate');
    await eventually('the card says that a change waits', async () => {
      const { sync } = recordCard.parse(await rig.insist(HERE, { path: pathOf(HERE) }));
      return sync.state === 'pending' && sync.pendingChanges > 0;
    });
    const during = recordCard.parse(await rig.insist(HERE, { path: pathOf(HERE) })).sync;
    expect(during.lastAgreedAt).toBe(before.lastAgreedAt);
    rig.toPortal.heal();
    await agreed({ counterpart_renewal_decision: 'renegotiate' });
    const { sync } = recordCard.parse(await rig.insist(HERE, { path: pathOf(HERE) }));
    expect(sync.state).toBe('current');
    expect(Date.parse(sync.lastAgreedAt ?? '')).toBeGreaterThan(Date.parse(before.lastAgreedAt ?? ''));
  });
});
