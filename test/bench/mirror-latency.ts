/**
 * Row 1. A person edits a renewal date in one portal; the clock runs until the other portal of the workspace has been written. Real server,
 * real adapter over HTTP, the portal's own signed webhooks without a batching window. HubSpot's request limit is lifted for the hub's
 * share, because at more than a few edits a second that limit would be the figure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, type BenchRow, type Figure, figureOf, percentileOf } from './bench-row.ts';
import type { BenchHost } from './bench-host.ts';
import type { BenchWorkspace } from './bench-workspace.ts';
import { measureFloors } from './floors.ts';
import { SOURCE, TARGET, withMirror } from './mirror-rig.ts';
import type { PaceReport } from './host-protocol.ts';

const HOST_LATENCY_MS = 150;
const PATIENCE_MS = 15_000;
const STATISTICS_DELAY_MS = 1_200;
/** Rates tried; a rate counts as held when 99 of 100 edits arrive within a second. */
const RATES = { full: [10, 100, 500, 1_000], quick: [50] } as const;
const HELD_P99_MS_MAX = 1_000;

export const mirrorLatency: BenchRow = {
  id: '1',
  title: 'Mirror latency, one portal to the other',
  goal: "the hub's share at 1,000 edits/s: p50 at most 15 ms, p99 at most 100 ms; with a host of 150 ms p50 at most 300 ms, p99 at most 1 s",
  limit: 'one durable commit and one bare HTTP round trip',
  async run(context) {
    const records = context.quick ? 100 : 2_000;
    const floors = await measureFloors(await context.createDatabase(), context.quick);
    const floorMs = floors.commitMs + floors.roundTripMs;
    const rates: readonly number[] = context.quick ? RATES.quick : RATES.full;
    return await withMirror(context, { records, webhookWindowMs: 0 }, async ({ host, server, workspace }) => {
      const figures: Figure[] = [];
      const notes: string[] = [];
      let heldRate = 0;
      for (const perSecond of rates) {
        const runs: PaceReport[] = [];
        const cpuBefore = await server.usage();
        const transactionsBefore = await transactionsOf(workspace);
        for (let run = 0; run < context.runs; run += 1) {
          context.say(`${perSecond}/s, run ${run + 1}`);
          runs.push(await host.pace(paceOf(context, records, perSecond)));
        }
        const cpuMs = (await server.usage()).cpuMs - cpuBefore.cpuMs;
        const transactions = (await transactionsOf(workspace)) - transactionsBefore;
        figures.push(
          ...latencyFigures(`at ${perSecond}/s`, runs, { floorMs, goals: perSecond === 1_000 ? HUB_GOALS : null }),
        );
        notes.push(describe(perSecond, runs, { cpuMs, transactions }));
        const isHeld = runs.every(
          ({ latencies, missing }) => missing === 0 && percentileOf(latencies, 0.99) <= HELD_P99_MS_MAX,
        );
        if (isHeld) heldRate = Math.max(heldRate, perSecond);
        // A rate that is not held leaves a queue; a higher one would measure that queue.
        else break;
      }
      figures.push(figureOf('highest rate held (p99 within a second)', [heldRate], { unit: 'edits/s' }));
      await host.setLatency(HOST_LATENCY_MS);
      const slow: PaceReport[] = [];
      for (let run = 0; run < context.runs; run += 1) {
        context.say(`host of ${HOST_LATENCY_MS} ms, run ${run + 1}`);
        slow.push(await host.pace(paceOf(context, records, 10)));
      }
      await host.setLatency(0);
      figures.push(
        ...latencyFigures(`host of ${HOST_LATENCY_MS} ms, 10/s`, slow, {
          // A read and a write are the least that a change costs.
          floorMs: floors.commitMs + 2 * HOST_LATENCY_MS,
          goals: { p50: 300, p99: 1_000 },
        }),
      );
      const { records: edited, differing } = await host.agreement([SOURCE, TARGET]);
      notes.push(`${edited} deals were edited; ${differing} of them differ between the portals at the end`);
      return { figures, notes };
    });
  },
};

const HUB_GOALS = { p50: 15, p99: 100 } as const;

function paceOf(context: BenchContext, records: number, perSecond: number): Parameters<BenchHost['pace']>[0] {
  const durationMs = context.quick ? 1_000 : perSecond < 100 ? 6_000 : 3_000;
  return { portalId: SOURCE, targetPortalId: TARGET, records, perSecond, durationMs, patienceMs: PATIENCE_MS };
}

function latencyFigures(
  what: string,
  runs: readonly PaceReport[],
  {
    floorMs,
    goals,
  }: { readonly floorMs: number; readonly goals: { readonly p50: number; readonly p99: number } | null },
): readonly Figure[] {
  const share = (of: number): readonly number[] => runs.map(({ latencies }) => percentileOf(latencies, of));
  const goal = (value: number | undefined) => (value === undefined ? {} : { goal: { kind: 'atMost', value } as const });
  return [
    figureOf(`${what}, p50`, share(0.5), { unit: 'ms', limits: [floorMs], ...goal(goals?.p50) }),
    figureOf(`${what}, p99`, share(0.99), { unit: 'ms', limits: [floorMs], ...goal(goals?.p99) }),
  ];
}

/** Transactions committed in the rig's database so far; PostgreSQL tells them with a delay of up to a second. */
async function transactionsOf({ admin }: BenchWorkspace): Promise<number> {
  await delay(STATISTICS_DELAY_MS);
  const { rows } = await admin.query<{ count: string }>(
    'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.count);
}

type Used = { readonly cpuMs: number; readonly transactions: number };

function describe(perSecond: number, runs: readonly PaceReport[], used: Used): string {
  const sum = (of: (run: PaceReport) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const sent = sum((run) => run.sent);
  const actual = sent / (sum((run) => run.wallMs) / 1000);
  return (
    `${perSecond}/s: ${sent} edits sent at ${actual.toFixed(0)}/s, ${sum((run) => run.missing)} not arrived in time; processor time per ` +
    `edit: server ${(used.cpuMs / sent).toFixed(2)} ms, the process that plays HubSpot ${(sum((run) => run.cpuMs) / sent).toFixed(2)} ms; ${(used.transactions / sent).toFixed(1)} transactions per edit`
  );
}
