/** The one call budget of each connection, kept in the database so that all instances together stay below the host's limit. */
import { z } from 'zod';
import type { ConnectionRef } from '../../crm/port.ts';
import { type BudgetBucket, type BudgetGate, type BudgetReport, HOST_BUCKETS } from '../../crm/transport.ts';
import type { World } from '../../world.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';
import { type BudgetState, budgetLeft, learnLimits, newBudget, takeCalls } from './sliding-budget.ts';

/** A grant noted before urgent calls were counted apart has two numbers. */
const grantList = z.array(z.tuple([z.number(), z.number(), z.number().default(0)]));

type BudgetRow = {
  readonly capacity: number;
  readonly window_ms: number;
  readonly grants: unknown;
  readonly blocked_until: number | null;
};

type Slot = {
  readonly sql: Sql;
  readonly connection: ConnectionRef;
  readonly bucket: BudgetBucket;
  readonly now: number;
};

async function lockBudget(slot: Slot): Promise<BudgetState> {
  const known = await readLocked(slot);
  if (known !== null) return known;
  const fresh = newBudget(slot.bucket);
  await slot.sql.run(
    `INSERT INTO budget (workspace_id, connection_id, bucket, tokens, capacity, window_ms, refilled_at)
     VALUES ($1, $2, $3, $4, $4, $5, $6) ON CONFLICT (workspace_id, connection_id, bucket) DO NOTHING`,
    [...keyOf(slot), fresh.capacity, fresh.windowMs, instant(slot.now)],
  );
  return (await readLocked(slot)) ?? fresh;
}

const keyOf = ({ connection, bucket }: Slot) => [connection.workspaceId, connection.connectionId, bucket] as const;

/** Whoever comes second waits here and reads what the first one took. */
async function readLocked(slot: Slot): Promise<BudgetState | null> {
  const [row] = await slot.sql.rows<BudgetRow>(
    `SELECT capacity, window_ms, grants, blocked_until FROM budget
     WHERE workspace_id = $1 AND connection_id = $2 AND bucket = $3 FOR UPDATE`,
    keyOf(slot),
  );
  if (row === undefined) return null;
  return {
    capacity: row.capacity,
    windowMs: row.window_ms,
    grants: grantList.parse(row.grants),
    blockedUntil: row.blocked_until,
  };
}

async function saveBudget(slot: Slot, state: BudgetState): Promise<void> {
  await slot.sql.run(
    `UPDATE budget SET tokens = $4, capacity = $5, window_ms = $6, grants = $7::jsonb, blocked_until = $8, refilled_at = $9
     WHERE workspace_id = $1 AND connection_id = $2 AND bucket = $3`,
    [
      ...keyOf(slot),
      budgetLeft(state, slot.now),
      state.capacity,
      state.windowMs,
      jsonb(state.grants),
      instant(state.blockedUntil),
      instant(slot.now),
    ],
  );
}

/** What this process last read or wrote of a budget. */
type Known = { readonly capacity: number; readonly windowMs: number; readonly left: number };

/** Whether the host said what the budget holds already: nobody else's calls, no other limit. Most answers say just that. */
function saysNothingNew(
  known: Known | undefined,
  { bucket, max, remaining, intervalMs, limited }: BudgetReport,
): boolean {
  if (known === undefined || limited !== null) return false;
  if ((max ?? known.capacity) !== known.capacity || (intervalMs ?? known.windowMs) !== known.windowMs) return false;
  if (remaining === null) return true;
  return bucket === 'daily' ? remaining === known.left : remaining >= known.left;
}

export function createBudgetGate(database: Database, world: World): BudgetGate {
  const known = new Map<string, Known>();
  const save = async (slot: Slot, state: BudgetState): Promise<void> => {
    await saveBudget(slot, state);
    known.set(keyOf(slot).join('/'), {
      capacity: state.capacity,
      windowMs: state.windowMs,
      left: budgetLeft(state, slot.now),
    });
  };
  return {
    take: async (connection, { priority, bucket, cost }) =>
      await database.inWorkspace(connection.workspaceId, async (sql) => {
        const now = world.clock.now();
        const slot: Slot = { sql, connection, bucket, now };
        const { state, answer } = takeCalls(await lockBudget(slot), { priority, cost, now });
        await save(slot, state);
        return answer;
      }),
    report: async (connection, report) => {
      const { workspaceId, connectionId } = connection;
      if (saysNothingNew(known.get([workspaceId, connectionId, report.bucket].join('/')), report)) return;
      // A spent day is spent for every kind of call; a burst only for its own.
      const buckets = report.limited?.scope === 'daily' ? HOST_BUCKETS[connection.host] : [report.bucket];
      await database.inWorkspace(workspaceId, async (sql) => {
        const now = world.clock.now();
        for (const bucket of buckets) {
          const slot: Slot = { sql, connection, bucket, now };
          const said =
            bucket === report.bucket ? report : { ...report, bucket, max: null, remaining: null, intervalMs: null };
          await save(slot, learnLimits(await lockBudget(slot), said, now));
        }
      });
    },
  };
}
