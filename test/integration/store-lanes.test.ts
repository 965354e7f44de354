/** What PostgreSQL keeps of a record's failures for the operator, beyond what the engine reads back. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import type { Settlement } from '../../server/store/port.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { deal, markOf, T0 } from '../conformance/store-battery-fixture.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const database = useDatabase();
const world = testWorld(T0);
const DETAIL_CHARACTERS_MAX = 500;
let store: Store;
beforeAll(() => {
  store = database.openStore(world);
});

type Kept = { readonly state: string; readonly failure: string | null; readonly detail: string | null };

/** Settles deal 1 of a new connection each way in turn; gives what the row says after each. */
async function rowsAfter(
  ...ways: readonly ((identity: Pick<Settlement, 'ref' | 'generation'>) => Settlement)[]
): Promise<readonly (Kept & { readonly failedAt: number | null })[]> {
  const connection = await addConnection(store.database, await addWorkspace(store.database));
  await store.sync.markDirty([markOf(connection, deal('1'))]);
  const rows = [];
  for (const [step, way] of ways.entries()) {
    const now = T0 + step * 60_000;
    const lane = await store.sync.leaseLane({ worker: 'w', now, leaseMs: 1_000 });
    if (lane === null) throw new Error('the lane was due');
    const [item] = await store.sync.takeDirty(lane, { now, limit: 1 });
    if (item === undefined) throw new Error('the record was due');
    await store.sync.settle(lane, [way({ ref: item.ref, generation: item.generation })], now);
    await store.sync.releaseLane(lane, null);
    rows.push(await rowOf(connection));
  }
  return rows;
}

async function rowOf(connection: ConnectionRef): Promise<Kept & { readonly failedAt: number | null }> {
  const { rows } = await database.admin.query<Kept & { readonly failed_at: Date | null }>(
    'SELECT state, failure, detail, failed_at FROM dirty WHERE connection_id = $1',
    [connection.connectionId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the record is still dirty');
  const { failed_at: failedAt, ...kept } = row;
  return { ...kept, failedAt: failedAt?.getTime() ?? null };
}

describe('the failures of a record', () => {
  test('S14 the last one is kept with its instant, what was refused and why, and is forgotten once a write has gone in', async () => {
    const rows = await rowsAfter(
      (identity) => ({ ...identity, kind: 'retry', notBefore: T0, failure: 'unavailable', detail: '503' }),
      (identity) => ({ ...identity, kind: 'confirm', notBefore: T0 }),
      (identity) => ({ ...identity, kind: 'dead', failure: 'rejected', detail: 'INVALID_OPTION at stage' }),
    );
    expect(rows).toEqual([
      { state: 'queued', failure: 'unavailable', detail: '503', failedAt: T0 },
      { state: 'queued', failure: null, detail: null, failedAt: null },
      { state: 'dead', failure: 'rejected', detail: 'INVALID_OPTION at stage', failedAt: T0 + 120_000 },
    ]);
  });

  test('S14 however much a host says, only the beginning of it is kept', async () => {
    const detail = `INVALID ${'x'.repeat(10_000)}`;
    const [row] = await rowsAfter((identity) => ({ ...identity, kind: 'dead', failure: 'rejected', detail }));
    expect(row?.detail).toBe(detail.slice(0, DETAIL_CHARACTERS_MAX));
  });
});

test('marking nothing asks nothing of the database', async () => {
  const closed = database.openStore(world);
  await closed.close();
  await expect(closed.sync.markDirty([])).resolves.toBeUndefined();
});
