/**
 * Row 4. Signed webhook requests over kept connections from a process of their own; the answer 204 comes after the commit. `per core` is
 * events per second of the server process's own processor time, so that it does not depend on what else runs on the machine.
 */
import path from 'node:path';
import { z } from 'zod';
import { type BenchContext, type BenchResult, type BenchRow, figureOf } from './bench-row.ts';
import { query } from './bench-cluster.ts';
import { type Floors, measureFloors } from './floors.ts';
import { type IntakeLoad, type IntakeOrder, type IntakeReport, startIntakeLoad } from './intake-order.ts';
import { type ProbedServer, startProbedServer } from './probed-server.ts';

const ENTRY = path.join(import.meta.dirname, 'intake-server.ts');
const BARE = path.join(import.meta.dirname, 'bare-server.ts');
const NOWHERE = 'http://127.0.0.1:9';

type Load = Pick<IntakeOrder, 'connections' | 'requests' | 'eventsPerRequest' | 'perSecond'>;
type Measured = {
  readonly report: IntakeReport;
  /** Events per second of processor time, and per second of the wall clock. */
  readonly perCore: number;
  readonly perSecond: number;
};

function loadsOf(quick: boolean): Record<'warmUp' | 'single' | 'batched' | 'paced', Load> {
  const scale = quick ? 0.05 : 1;
  const of = (requests: number): number => Math.max(50, Math.round(requests * scale));
  return {
    warmUp: { connections: 64, requests: of(2_000), eventsPerRequest: 1, perSecond: null },
    single: { connections: 64, requests: of(20_000), eventsPerRequest: 1, perSecond: null },
    batched: { connections: 32, requests: of(2_000), eventsPerRequest: 100, perSecond: null },
    paced: { connections: 64, requests: of(5_000), eventsPerRequest: 1, perSecond: 1_000 },
  };
}

export const webhookIntake: BenchRow = {
  id: '4',
  title: 'Webhook intake, durable',
  goal: 'at least 12,000 events/s one by one and 100,000 in batches of 100 per core; acknowledgement p99 at most 10 ms at 1,000/s',
  limit:
    'rates: a bare HTTP server that answers 204 and stores nothing, under the same load; acknowledgements: one and a half commits of one row in the median and two of the slowest in a hundred, on the same disk just before',
  async run(context) {
    const loads = loadsOf(context.quick);
    const load = startIntakeLoad();
    const runs: Record<keyof Runs, Measured[]> = { single: [], batched: [], paced: [] };
    const notes: string[] = [];
    const floors: Floors[] = [];
    try {
      context.say('the bare server');
      const bare = await withServer(context, BARE, async (server) => {
        const source = sourceOf(load, server);
        await source(loads.warmUp);
        return { single: await source(loads.single), batched: await source(loads.batched) };
      });
      for (let run = 0; run < context.runs; run += 1) {
        await withServer(context, ENTRY, async (server, databaseUrl) => {
          floors.push(await measureFloors(databaseUrl, context.quick));
          const source = sourceOf(load, server);
          // Compiled code and open database connections are what a running server has.
          let acknowledged = (await source(loads.warmUp)).report.acknowledged;
          for (const kind of ['paced', 'single', 'batched'] as const) {
            context.say(`run ${run + 1}: ${kind}`);
            const measured = await source(loads[kind]);
            runs[kind].push(measured);
            acknowledged += measured.report.acknowledged;
          }
          const stored = await storedDeliveries(databaseUrl);
          notes.push(`run ${run + 1}: ${stored} of ${acknowledged} acknowledged requests are in the database`);
        });
      }
      return resultOf(bare, runs, { floors, notes });
    } finally {
      await load.stop();
    }
  },
};

type Runs = { readonly [K in 'single' | 'batched' | 'paced']: readonly Measured[] };

function resultOf(
  bare: Pick<Record<keyof Runs, Measured>, 'single' | 'batched'>,
  runs: Runs,
  { floors, notes }: { readonly floors: readonly Floors[]; readonly notes: readonly string[] },
): BenchResult {
  const refused = [...runs.single, ...runs.batched, ...runs.paced].reduce((sum, { report }) => sum + report.refused, 0);
  return {
    figures: [
      figureOf(
        'one event a request, per core',
        runs.single.map((run) => run.perCore),
        {
          unit: 'events/s',
          goal: { kind: 'atLeast', value: 12_000 },
          limits: [bare.single.perCore],
        },
      ),
      figureOf(
        'one event a request, this machine',
        runs.single.map((run) => run.perSecond),
        {
          unit: 'events/s',
          limits: [bare.single.perSecond],
        },
      ),
      figureOf(
        '100 events a request, per core',
        runs.batched.map((run) => run.perCore),
        {
          unit: 'events/s',
          goal: { kind: 'atLeast', value: 100_000 },
          limits: [bare.batched.perCore],
        },
      ),
      figureOf(
        '100 events a request, this machine',
        runs.batched.map((run) => run.perSecond),
        {
          unit: 'events/s',
          limits: [bare.batched.perSecond],
        },
      ),
      figureOf(
        'acknowledged at 1,000/s, p50',
        runs.paced.map((run) => run.report.p50Ms),
        { unit: 'ms', limits: floors.map(({ commitMs }) => 1.5 * commitMs) },
      ),
      figureOf(
        'acknowledged at 1,000/s, p99',
        runs.paced.map((run) => run.report.p99Ms),
        {
          unit: 'ms',
          goal: { kind: 'atMost', value: 10 },
          // Who comes while a commit is under way waits for its end and for the next one.
          limits: floors.map(({ commitP99Ms }) => 2 * commitP99Ms),
        },
      ),
      figureOf('refused requests', [refused], { unit: 'requests', goal: { kind: 'atMost', value: 0 } }),
    ],
    notes: [
      'The engine does not run: digesting what was stored is another row. PostgreSQL and the sender have processor time of their own.',
      ...notes,
    ],
  };
}

async function withServer<T>(
  context: BenchContext,
  entry: string,
  work: (server: ProbedServer, databaseUrl: string) => Promise<T>,
): Promise<T> {
  const databaseUrl = await context.createDatabase();
  const server = await startProbedServer({ databaseUrl, hubspotUrl: NOWHERE, entry });
  try {
    return await work(server, databaseUrl);
  } finally {
    await server.stop();
  }
}

/** Sends to one server; no two requests are the same. */
function sourceOf(load: IntakeLoad, server: ProbedServer): (order: Load) => Promise<Measured> {
  let firstEventId = 0;
  return async (order) => {
    let before: ReturnType<ProbedServer['usage']> | null = null;
    const report = await load.send({ port: server.port, portalId: 1001, firstEventId, ...order }, () => {
      before = server.usage();
    });
    firstEventId += order.requests * order.eventsPerRequest;
    const after = await server.usage();
    const cpuMs = after.cpuMs - (await (before ?? server.usage())).cpuMs;
    const events = report.acknowledged * order.eventsPerRequest;
    return { report, perCore: events / (cpuMs / 1000), perSecond: events / (report.wallMs / 1000) };
  };
}

async function storedDeliveries(databaseUrl: string): Promise<number> {
  const [row] = await query(databaseUrl, 'SELECT count(*)::int AS stored FROM delivery');
  return z.object({ stored: z.number() }).parse(row).stored;
}
