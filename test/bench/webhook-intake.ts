/**
 * Row 4. Signed webhook requests over kept connections from a process of their own; the answer 204 comes after the commit. `per core` is
 * events per second of the server process's own processor time, so that it does not depend on what else runs on the machine.
 */
import type { ServerProcess } from '../support/server-process.ts';
import path from 'node:path';
import { type BenchContext, type BenchRow, figureOf } from './bench-row.ts';
import { query } from './bench-cluster.ts';
import { type IntakeOrder, type IntakeReport, sendIntake } from './intake-order.ts';
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

function loadsOf(quick: boolean): Record<'single' | 'batched' | 'paced', Load> {
  const scale = quick ? 0.05 : 1;
  const of = (requests: number): number => Math.max(50, Math.round(requests * scale));
  return {
    single: { connections: 64, requests: of(20_000), eventsPerRequest: 1, perSecond: null },
    batched: { connections: 32, requests: of(2_000), eventsPerRequest: 100, perSecond: null },
    paced: { connections: 64, requests: of(5_000), eventsPerRequest: 1, perSecond: 1_000 },
  };
}

export const webhookIntake: BenchRow = {
  id: '4',
  title: 'Webhook intake, durable',
  goal: 'at least 12,000 events/s one by one and 100,000 in batches of 100 per core; acknowledgement p99 at most 10 ms at 1,000/s',
  limit: 'a bare HTTP server that answers 204 and stores nothing, under the same load',
  async run(context) {
    const loads = loadsOf(context.quick);
    const bare = await withServer(context, BARE, async (server) => ({
      single: await measure(server, loads.single, 0),
      batched: await measure(server, loads.batched, 0),
    }));
    const runs = { single: [] as Measured[], batched: [] as Measured[], paced: [] as Measured[] };
    const notes: string[] = [];
    for (let run = 0; run < context.runs; run += 1) {
      await withServer(context, ENTRY, async (server, databaseUrl) => {
        // Compiled code and open database connections are what a running server has.
        await measure(server, { ...loads.single, requests: Math.min(2_000, loads.single.requests) }, 0);
        let sent = Math.min(2_000, loads.single.requests);
        for (const kind of ['paced', 'single', 'batched'] as const) {
          context.say(`run ${run + 1}: ${kind}`);
          runs[kind].push(
            await measure(server, loads[kind], 1_000_000 * (kind === 'single' ? 1 : kind === 'batched' ? 2 : 3)),
          );
          sent += loads[kind].requests;
        }
        const [row] = await query(databaseUrl, 'SELECT count(*)::int AS stored FROM delivery');
        const stored = typeof row === 'object' && row !== null && 'stored' in row ? row.stored : null;
        notes.push(`run ${run + 1}: ${String(stored)} of ${sent} acknowledged requests are in the database`);
      });
    }
    const refused = [...runs.single, ...runs.batched, ...runs.paced].reduce(
      (sum, { report }) => sum + report.refused,
      0,
    );
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
          { unit: 'ms' },
        ),
        figureOf(
          'acknowledged at 1,000/s, p99',
          runs.paced.map((run) => run.report.p99Ms),
          {
            unit: 'ms',
            goal: { kind: 'atMost', value: 10 },
          },
        ),
        figureOf('refused requests', [refused], { unit: 'requests', goal: { kind: 'atMost', value: 0 } }),
      ],
      notes: [
        'The engine does not run: digesting what was stored is another row. PostgreSQL and the sender have processor time of their own.',
        ...notes,
      ],
    };
  },
};

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

async function measure(server: ProbedServer, load: Load, firstEventId: number): Promise<Measured> {
  let before: ReturnType<ProbedServer['usage']> | null = null;
  const report = await sendIntake({ port: portOf(server), portalId: 1001, firstEventId, ...load }, () => {
    before = server.usage();
  });
  const after = await server.usage();
  const cpuMs = after.cpuMs - (await (before ?? server.usage())).cpuMs;
  const events = report.acknowledged * load.eventsPerRequest;
  return { report, perCore: events / (cpuMs / 1000), perSecond: events / (report.wallMs / 1000) };
}

const portOf = (server: Pick<ServerProcess, 'port'>): number => server.port;
