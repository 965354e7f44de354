/** Row 5: the deal card among 1,000,000 contracts, as the whole signed HTTP request and as the query alone. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadRecordCard } from '../../server/store/prisma/contracts-read.ts';
import { type Database, openDatabase } from '../../server/store/prisma/database.ts';
import { explainIn } from '../support/explained-sql.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';
import { type BenchContext, type BenchResult, type BenchRow, figureOf, median, percentileOf } from './bench-row.ts';
import { ceilingOf, type CpuShare, cpuPerRequest, cpuText } from './cpu-share.ts';
import { CONNECTIONS, openClient, signedCard, startMeasuredServer } from './workspace-client.ts';
import { type BenchData, type BenchWorkspace, fillDatabase, FULL_SIZE, QUICK_SIZE } from './workspace-data.ts';

const RATE_PER_SECOND = 500;
const SECONDS = { full: 10, quick: 2 };
const WARM_UP = { full: 4000, quick: 200 };
/** Of what a server answers at full speed: below it, requests that come at fixed times find it free. */
const UNQUEUED_SHARE = 0.7;
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

type Work = (target: Target) => Promise<number>;

/** Starts one request each 1/rate second, late or not, and gives how long each took. */
async function paced(targets: readonly Target[], perSecond: number, work: Work): Promise<readonly number[]> {
  const startedAt = performance.now();
  const running: Promise<number>[] = [];
  for (const [index, target] of targets.entries()) {
    const waitMs = startedAt + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0.5) await delay(waitMs);
    running.push(work(target));
  }
  return await Promise.all(running);
}

/** Requests a second that are answered when each connection asks again as soon as it was answered: no queue, and no pause. */
async function fullSpeed(targets: readonly Target[], work: Work): Promise<number> {
  const startedAt = performance.now();
  const left = targets.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const target of left) await work(target);
    }),
  );
  return (targets.length * 1000) / (performance.now() - startedAt);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The floor: one contract by its key, through a pool of the same size, row-level security on. */
const bareSelect = (database: Database, { workspace, contractNumber }: Target): Promise<number> =>
  timed(() =>
    database
      .eachInWorkspace(workspace.id)
      .rows('SELECT id FROM contract WHERE workspace_id = $1 AND number = $2', [workspace.id, contractNumber], 'floor'),
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

type Run = {
  readonly fullSpeed: number;
  readonly perSecond: number;
  readonly http: readonly number[];
  readonly bare: readonly number[];
  readonly query: readonly number[];
  readonly cpu: CpuShare;
};

/**
 * First how many a second are answered at full speed, then latency at the rate of the goal, or where that is more than a machine holds,
 * at the share of full speed at which no queue builds: a queue would tell how long the asker kept asking, and nothing of the server.
 */
async function measureRun(
  { context, data, server, database }: Measured,
  ask: Work,
  targets: readonly Target[],
): Promise<Run> {
  const size = context.quick ? 'quick' : 'full';
  const most = targetsOf(data, RATE_PER_SECOND * SECONDS[size]);
  const held = await fullSpeed(targets, ask);
  const perSecond = Math.min(RATE_PER_SECOND, Math.max(1, Math.floor(held * UNQUEUED_SHARE)));
  const offered = most.slice(0, perSecond * SECONDS[size]);
  const { value: http, cpu } = await cpuPerRequest({ server: server.usage, context }, offered.length, () =>
    paced(offered, perSecond, ask),
  );
  return {
    fullSpeed: held,
    perSecond,
    http,
    cpu,
    bare: await paced(offered, perSecond, (target) => bareSelect(database, target)),
    query: await queryAlone(database, targets.slice(0, EXPLAINED[size])),
  };
}

type Measured = {
  readonly context: BenchContext;
  readonly data: BenchData;
  readonly server: Awaited<ReturnType<typeof startMeasuredServer>>;
  readonly database: Database;
};

async function measure(context: BenchContext, url: string, data: BenchData): Promise<BenchResult> {
  const database = openDatabase({ url, log: systemWorld().log, poolSize: CONNECTIONS });
  const server = await startMeasuredServer(url);
  const client = openClient(server.port);
  const runs: Run[] = [];
  try {
    const targets = targetsOf(data, context.quick ? WARM_UP.quick : WARM_UP.full);
    const ask: Work = ({ workspace, recordId }) => {
      const { path, headers } = signedCard(workspace.accountId, recordId);
      return client.get(path, headers);
    };
    // Compiled code, kept plans, read pages and known portals are what a running server has.
    context.say('warming up');
    await fullSpeed(targets, ask);
    await fullSpeed(targets.slice(0, RATE_PER_SECOND), (target) => bareSelect(database, target));
    for (let run = 0; run < context.runs && !context.signal.aborted; run += 1) {
      context.say(`run ${run + 1}`);
      runs.push(await measureRun({ context, data, server, database }, ask, targets));
    }
  } finally {
    client.close();
    await server.stop();
    await database.close();
  }
  return resultOf(context, data, runs);
}

function resultOf({ quick }: BenchContext, data: BenchData, runs: readonly Run[]): BenchResult {
  const of = (pick: (run: Run) => number) => runs.map(pick);
  const ceilings = of(({ cpu }) => ceilingOf(cpu));
  return {
    figures: [
      figureOf(
        'requests offered for the latencies below',
        of(({ perSecond }) => perSecond),
        { unit: '/s', goal: { kind: 'atLeast', value: RATE_PER_SECOND } },
      ),
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
        `answered at full speed over ${CONNECTIONS} connections`,
        of((run) => run.fullSpeed),
        { unit: '/s', limits: ceilings },
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
      `${data.contracts} contracts in ${data.workspaces.length} workspaces; ${SECONDS[quick ? 'quick' : 'full']} s over ${CONNECTIONS} connections, each request signed, checked and answered by a server process of its own; targets are spread over all contracts.`,
      `${RATE_PER_SECOND}/s are offered where ${UNQUEUED_SHARE * 100} % of full speed is as much, else that share of it. The limit of full speed is every core of the machine busy with nothing else.`,
      ...runs.map(({ cpu }, run) => `run ${run + 1}: processor time per request: ${cpuText(cpu)}`),
    ],
  };
}

export const cardRow: BenchRow = {
  id: '5',
  title: 'Deal card among 1,000,000 contracts',
  goal: 'p99 of at most 10 ms at 500 requests per second',
  limit:
    'latency: one contract by its key through a pool of the same size, with row-level security, at the same rate; rate: cores divided by the processor time that one request takes of server, PostgreSQL and asker together',
  run: async (context) => {
    const url = await context.createDatabase();
    context.say('filling a database with contracts');
    const data = await fillDatabase(url, context.quick ? QUICK_SIZE : FULL_SIZE);
    return await measure(context, url, data);
  },
};
