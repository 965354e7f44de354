/**
 * Row 7. The dirty set is in the database: a server that has 100,000 changed records to look at holds a turn's worth of them. The heap is
 * taken after a collection, so that it is what is held and not what is waiting to be freed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/server-process.ts';
import { startBenchHost } from './bench-host.ts';
import { type BenchContext, type BenchRow, figureOf } from './bench-row.ts';
import { type BenchWorkspace, fillBenchWorkspace } from './bench-workspace.ts';
import { type ProbedServer, startProbedServer } from './probed-server.ts';

const PORTAL = '1001';
const BYTES_PER_MB = 1_000_000;
const HEAP_MB_MAX = 5;
/** Other work of the server settles before the heap is compared. */
const SETTLE_MS = 1_500;
const DRAIN_SAMPLE_MS = 1_000;

export const queueMemory: BenchRow = {
  id: '7',
  title: 'Memory while 100,000 changes wait',
  goal: 'the heap grows by at most 5 MB, both while they wait and while they are worked off',
  limit: 'nothing held: the change waits as a row on disk, whose size is shown',
  async run(context) {
    const records = context.quick ? 2_000 : 100_000;
    const drainMs = context.quick ? 2_000 : 12_000;
    return await withRestingLane(context, records, async (server, workspace) => {
      // The first pass compiles code and fills caches that stay.
      await drain(server, workspace, { records, forMs: drainMs / 2 });
      const waiting: number[] = [];
      const draining: number[] = [];
      let drained = 0;
      for (let run = 0; run < context.runs; run += 1) {
        context.say(`run ${run + 1}`);
        await rest(workspace);
        await workspace.admin.query('TRUNCATE dirty');
        const before = await settledHeap(server);
        await markAll(workspace, records);
        waiting.push((await settledHeap(server)) - before);
        const peak = await drain(server, workspace, { records, forMs: drainMs });
        draining.push(peak.heap - before);
        drained += peak.settled;
      }
      const megabytes = (bytes: readonly number[]): readonly number[] => bytes.map((each) => each / BYTES_PER_MB);
      const goal = { kind: 'atMost', value: HEAP_MB_MAX } as const;
      return {
        figures: [
          figureOf(`heap growth while ${records} wait`, megabytes(waiting), { unit: 'MB', goal }),
          figureOf('heap growth while they are worked off', megabytes(draining), { unit: 'MB', goal }),
          figureOf('their rows and indexes on disk', [(await diskBytes(workspace)) / BYTES_PER_MB], { unit: 'MB' }),
        ],
        notes: [`${drained} rows left the queue during ${context.runs} × ${drainMs / 1000} s of draining`],
      };
    });
  },
};

async function withRestingLane<T>(
  context: BenchContext,
  records: number,
  work: (server: ProbedServer, workspace: BenchWorkspace) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const portals = [{ id: PORTAL, deals: records, companies: 0 }];
  const host = await startBenchHost({ serverPort: port, portals, webhookWindowMs: 100 });
  const parts: { server: ProbedServer | null; workspace: BenchWorkspace | null } = { server: null, workspace: null };
  try {
    await host.liftLimits(true);
    const databaseUrl = await context.createDatabase();
    const credential = await host.install(PORTAL);
    const plan = { contracts: Math.max(1, records / 100), deals: records, portals: [{ portalId: PORTAL, credential }] };
    const workspace = await fillBenchWorkspace(databaseUrl, plan);
    parts.workspace = workspace;
    await rest(workspace);
    parts.server = await startProbedServer({ databaseUrl, hubspotUrl: host.url, port });
    await untilSchemaIsMade(workspace, context.signal);
    // The reading of a whole portal is another row.
    await workspace.admin.query(`UPDATE connection SET backfill = jsonb_set(backfill, '{phase}', '"done"')`);
    return await work(parts.server, workspace);
  } finally {
    await parts.server?.stop();
    await parts.workspace?.close();
    await host.stop();
  }
}

async function untilSchemaIsMade({ admin }: BenchWorkspace, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await admin.query(
      `SELECT 1 FROM connection WHERE state = 'active' AND backfill->>'phase' <> 'schema'`,
    );
    if (rows.length > 0) return;
    await delay(50);
  }
  throw new Error('the properties were not made in time');
}

/** No worker takes the lane, as when the CRM has asked to be left alone. */
async function rest({ admin, workspaceId, connectionIds }: BenchWorkspace): Promise<void> {
  for (const connectionId of connectionIds) {
    await admin.query(
      `INSERT INTO lane_lease (workspace_id, connection_id) VALUES ($1, $2) ON CONFLICT (workspace_id, connection_id) DO NOTHING`,
      [workspaceId, connectionId],
    );
    await admin.query(
      `INSERT INTO lane (workspace_id, connection_id, due_at, not_before, last_served_at) VALUES ($1, $2, now(), now() + interval '1 hour', to_timestamp(0))
       ON CONFLICT (workspace_id, connection_id) DO UPDATE SET not_before = now() + interval '1 hour'`,
      [workspaceId, connectionId],
    );
  }
  // A turn that was under way gives the lane back and would end the rest: it is waited for, and the rest begins anew.
  for (let looks = 0; looks < 100; looks += 1) {
    const { rows } = await admin.query(`SELECT 1 FROM lane_lease WHERE leased_by IS NOT NULL AND leased_until > now()`);
    if (rows.length === 0) break;
    await delay(100);
  }
  // One row each: a statement over all of them could wait for a turn that waits for it.
  for (const connectionId of connectionIds)
    await admin.query(`UPDATE lane SET not_before = now() + interval '1 hour' WHERE connection_id = $1`, [
      connectionId,
    ]);
}

async function markAll({ admin, workspaceId, connectionIds }: BenchWorkspace, records: number): Promise<void> {
  await admin.query(
    `INSERT INTO dirty (workspace_id, connection_id, object_type, record_id, priority, reason, not_before, dirty_since)
     SELECT workspace_id, connection_id, object_type, record_id, 1, 'event', now(), now() FROM contract_link
     WHERE workspace_id = $1 AND connection_id = $2 LIMIT $3 ON CONFLICT DO NOTHING`,
    [workspaceId, connectionIds[0], records],
  );
  await admin.query(`UPDATE lane SET due_at = now()`);
  await admin.query(`NOTIFY counterpart_dirty`);
}

async function settledHeap(server: ProbedServer): Promise<number> {
  await delay(SETTLE_MS);
  return (await server.usage({ collect: true })).heapUsed;
}

/** Lets the lane go for a while; the largest heap seen, and how many rows were settled for good. */
async function drain(
  server: ProbedServer,
  workspace: BenchWorkspace,
  { records, forMs }: { readonly records: number; readonly forMs: number },
): Promise<{ readonly heap: number; readonly settled: number }> {
  const { admin } = workspace;
  await markAll(workspace, records);
  await admin.query(`UPDATE lane SET not_before = NULL, due_at = now()`);
  await admin.query(`NOTIFY counterpart_dirty`);
  let heap = 0;
  for (const endAt = performance.now() + forMs; performance.now() < endAt; ) {
    await delay(DRAIN_SAMPLE_MS);
    heap = Math.max(heap, (await server.usage({ collect: true })).heapUsed);
  }
  const { rows } = await admin.query<{ left: number }>(
    `SELECT count(*)::int AS left FROM dirty WHERE reason = 'event'`,
  );
  return { heap, settled: records - (rows[0]?.left ?? records) };
}

async function diskBytes({ admin }: BenchWorkspace): Promise<number> {
  const { rows } = await admin.query<{ bytes: string }>(`SELECT pg_total_relation_size('dirty') AS bytes`);
  return Number(rows[0]?.bytes);
}
