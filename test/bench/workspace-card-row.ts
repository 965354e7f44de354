/** Row 5: the deal card among 1,000,000 contracts, as the whole signed HTTP request and as the query alone. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadRecordCard } from '../../server/store/prisma/contracts-read.ts';
import { type Database, openDatabase } from '../../server/store/prisma/database.ts';
import { explainIn } from '../support/explained-sql.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';
import { type BenchContext, type BenchResult, type BenchRow, figureOf, median, percentileOf } from './bench-row.ts';
import { CONNECTIONS, openClient, signedCard, startMeasuredServer } from './workspace-client.ts';
import { type BenchData, type BenchWorkspace, fillDatabase, FULL_SIZE, QUICK_SIZE } from './workspace-data.ts';

const RATE_PER_SECOND = 500;
const SECONDS = { full: 10, quick: 2 };
const EXPLAINED = { full: 300, quick: 30 };
const P99 = 0.99;

type Target = { readonly workspace: BenchWorkspace; readonly recordId: string; readonly contractNumber: string };

/** Deals of all workspaces, each contract as likely as any other. */
function targetsOf(data: BenchData, count: number): readonly Target[] {
  const random = createSeededRandom(5);
  return Array.from({ length: count }, () => {
    let index = random.between(1, data.contracts);
    const workspace = data.workspaces.find(({ contracts }) => {
      if (index <= contracts) return true;
      index -= contracts;
      return false;
    });
    if (workspace === undefined) throw new Error('the index lies in a workspace');
    return {
      workspace,
      recordId: `5${String(Math.floor((index - 1) / 2)).padStart(9, '0')}`,
      contractNumber: `C-2026-${String(index).padStart(6, '0')}`,
    };
  });
}

/** Sends one request each 1/rate second, late or not, and gives how long each took. */
async function paced<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<readonly number[]> {
  const startedAt = performance.now();
  const running: Promise<number>[] = [];
  for (const [index, item] of items.entries()) {
    const waitMs = startedAt + (index * 1000) / RATE_PER_SECOND - performance.now();
    if (waitMs > 0.5) await delay(waitMs);
    running.push(work(item));
  }
  return await Promise.all(running);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The floor: one contract by its key, through a pool of the same size, row-level security on. */
const bareSelect = (database: Database, { workspace, contractNumber }: Target): Promise<number> =>
  timed(() =>
    database.inWorkspace(workspace.id, (sql) =>
      sql.rows('SELECT id FROM contract WHERE workspace_id = $1 AND number = $2', [workspace.id, contractNumber]),
    ),
  );

async function queryAlone(database: Database, targets: readonly Target[]): Promise<readonly number[]> {
  const values: number[] = [];
  for (const { workspace, recordId } of targets) {
    const target = { connectionId: workspace.connectionId, ref: { objectType: 'opportunity', recordId } } as const;
    const [explained] = await explainIn(database, workspace.id, {
      analyze: true,
      work: (sql) => loadRecordCard(sql, workspace.id, target),
    });
    values.push(explained?.executionMs ?? Number.NaN);
  }
  return values;
}

async function measure(context: BenchContext, url: string, data: BenchData): Promise<BenchResult> {
  const size = context.quick ? 'quick' : 'full';
  const database = openDatabase({ url, log: systemWorld().log, poolSize: CONNECTIONS });
  const server = await startMeasuredServer(url);
  const client = openClient(server.port);
  const runs: {
    readonly http: readonly number[];
    readonly bare: readonly number[];
    readonly query: readonly number[];
  }[] = [];
  try {
    const targets = targetsOf(data, RATE_PER_SECOND * SECONDS[size]);
    const ask = ({ workspace, recordId }: Target) => {
      const { path, headers } = signedCard(workspace.accountId, recordId);
      return client.get(path, headers);
    };
    await paced(targets.slice(0, RATE_PER_SECOND), ask);
    await paced(targets.slice(0, RATE_PER_SECOND / 2), (target) => bareSelect(database, target));
    for (let run = 0; run < context.runs && !context.signal.aborted; run += 1)
      runs.push({
        http: await paced(targets, ask),
        bare: await paced(targets, (target) => bareSelect(database, target)),
        query: await queryAlone(database, targets.slice(0, EXPLAINED[size])),
      });
  } finally {
    client.close();
    await server.stop();
    await database.close();
  }
  const of = (pick: (run: (typeof runs)[number]) => number) => runs.map(pick);
  return {
    figures: [
      figureOf(
        'card request, p50',
        of(({ http }) => median(http)),
        { unit: 'ms', limits: of(({ bare }) => median(bare)) },
      ),
      figureOf(
        'card request, p99',
        of(({ http }) => percentileOf(http, P99)),
        {
          unit: 'ms',
          goal: { kind: 'atMost', value: 10 },
          limits: of(({ bare }) => percentileOf(bare, P99)),
        },
      ),
      figureOf(
        'card query inside PostgreSQL, p50',
        of(({ query }) => median(query)),
        { unit: 'ms' },
      ),
      figureOf(
        'card query inside PostgreSQL, p99',
        of(({ query }) => percentileOf(query, P99)),
        { unit: 'ms' },
      ),
    ],
    notes: [
      `${data.contracts} contracts in ${data.workspaces.length} workspaces; ${RATE_PER_SECOND} requests per second over ${CONNECTIONS} connections for ${SECONDS[size]} s.`,
      'Each request is signed, checked and answered by a server process of its own; targets are spread over all contracts.',
    ],
  };
}

export const cardRow: BenchRow = {
  id: '5',
  title: 'Deal card among 1,000,000 contracts',
  goal: 'p99 of at most 10 ms at 500 requests per second',
  limit: 'one contract by its key through a pool of the same size, with row-level security, at the same rate',
  run: async (context) => {
    const url = await context.createDatabase();
    context.say('filling a database with contracts');
    const data = await fillDatabase(url, context.quick ? QUICK_SIZE : FULL_SIZE);
    return await measure(context, url, data);
  },
};
