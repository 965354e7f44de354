/**
 * Row 3. The app is installed into a portal with many linked deals under HubSpot's documented limit (110 requests in any ten seconds per
 * app and account). Searches have a limit of their own and are counted apart. A second install is killed half-way and started again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/server-process.ts';
import { type BenchHost, startBenchHost } from './bench-host.ts';
import { type BenchContext, type BenchRow, figureOf } from './bench-row.ts';
import { fillBenchWorkspace } from './bench-workspace.ts';
import { type ProbedServer, startProbedServer } from './probed-server.ts';

const PORTAL = '1001';
const LIMIT_CALLS = 110;
const LIMIT_MS = 10_000;
const POLL_MS = 100;
const SIZES = { full: { deals: 3_000, companies: 1_000 }, quick: { deals: 300, companies: 100 } } as const;

type Progress = { readonly atMs: number; readonly calls: number };
type Pass = {
  readonly seconds: number;
  readonly calls: number;
  readonly refused: number;
  readonly progress: readonly Progress[];
};

export const backfillQuota: BenchRow = {
  id: '3',
  title: 'First reading of a portal under its request limit',
  goal: 'at least 95 % of the limit used, at most 0.1 % of calls refused with 429, and after a kill -9 at most 5 % more calls',
  limit: `${LIMIT_CALLS} calls in any ten seconds`,
  async run(context) {
    const size = context.quick ? SIZES.quick : SIZES.full;
    context.say(`install into a portal with ${size.deals} linked deals`);
    const whole = await install(context, null);
    context.say(`${whole.calls} calls in ${whole.seconds.toFixed(1)} s; the same, killed half-way`);
    const killed = await install(context, Math.floor(whole.calls / 2));
    const share = quotaShare(whole.progress);
    return {
      figures: [
        ...(share === null
          ? []
          : [
              figureOf('share of the limit used', [share * 100], {
                unit: '%',
                goal: { kind: 'atLeast', value: 95 },
                limits: [100],
              }),
            ]),
        figureOf('records read and mirrored', [(size.deals + size.companies) / whole.seconds], { unit: 'records/s' }),
        figureOf('calls refused with 429', [((whole.refused + killed.refused) / (whole.calls + killed.calls)) * 100], {
          unit: '%',
          goal: { kind: 'atMost', value: 0.1 },
        }),
        figureOf('calls more after a kill -9', [(killed.calls / whole.calls - 1) * 100], {
          unit: '%',
          goal: { kind: 'atMost', value: 5 },
        }),
        figureOf('seconds longer after a kill -9', [killed.seconds - whole.seconds], { unit: 's' }),
      ],
      notes: [
        `${size.deals} linked deals and ${size.companies} companies: ${whole.calls} calls in ${whole.seconds.toFixed(1)} s; with a kill -9 half-way ${killed.calls} calls in ${killed.seconds.toFixed(1)} s`,
        share === null
          ? 'too short for the share of the limit: less than ten seconds'
          : `calls in each ten seconds: ${windowsOf(whole.progress).join(', ')}`,
      ],
    };
  },
};

async function install(context: BenchContext, killAtCalls: number | null): Promise<Pass> {
  const { deals, companies } = context.quick ? SIZES.quick : SIZES.full;
  const port = await freePort();
  const host = await startBenchHost({
    serverPort: port,
    portals: [{ id: PORTAL, deals, companies }],
    webhookWindowMs: 100,
  });
  const parts: { server: ProbedServer | null; close: (() => Promise<void>) | null } = { server: null, close: null };
  try {
    const databaseUrl = await context.createDatabase();
    const portals = [{ portalId: PORTAL, credential: await host.install(PORTAL) }];
    const workspace = await fillBenchWorkspace(databaseUrl, { contracts: deals, deals, portals });
    parts.close = () => workspace.close();
    await host.calls([PORTAL], { forget: true });
    const start = (): Promise<ProbedServer> => startProbedServer({ databaseUrl, hubspotUrl: host.url, port });
    const startedAt = performance.now();
    parts.server = await start();
    const state = { quiet: false };
    const quiet = workspace.untilQuiet(context.signal).then(() => (state.quiet = true));
    const progress: Progress[] = [];
    let killAt = killAtCalls;
    while (!state.quiet && !context.signal.aborted) {
      const { calls } = await countCalls(host);
      progress.push({ atMs: performance.now(), calls });
      if (killAt !== null && calls >= killAt) {
        killAt = null;
        await parts.server.kill9();
        parts.server = await start();
      }
      await delay(POLL_MS);
    }
    await quiet;
    return { seconds: (performance.now() - startedAt) / 1000, progress, ...(await countCalls(host)) };
  } finally {
    await parts.server?.stop();
    await parts.close?.();
    await host.stop();
  }
}

async function countCalls(host: BenchHost): Promise<{ readonly calls: number; readonly refused: number }> {
  const { calls } = await host.calls([PORTAL]);
  const counted = calls.filter(({ path }) => !path.includes('search'));
  const sum = (of: typeof counted): number => of.reduce((total, { count }) => total + count, 0);
  return { calls: sum(counted), refused: sum(counted.filter(({ status }) => status === 429)) };
}

/** Calls in each full ten seconds from the first call on. */
function windowsOf(progress: readonly Progress[]): readonly number[] {
  const first = progress.find(({ calls }) => calls > 0);
  const last = progress.at(-1);
  if (first === undefined || last === undefined) return [];
  const count = Math.floor((last.atMs - first.atMs) / LIMIT_MS);
  const callsBy = (atMs: number): number => progress.findLast((seen) => seen.atMs <= atMs)?.calls ?? 0;
  return Array.from(
    { length: count },
    (_, index) =>
      callsBy(first.atMs + (index + 1) * LIMIT_MS) - (index === 0 ? 0 : callsBy(first.atMs + index * LIMIT_MS)),
  );
}

/** Null when the reading took less than one window. */
function quotaShare(progress: readonly Progress[]): number | null {
  const windows = windowsOf(progress);
  return windows.length === 0 ? null : windows.reduce((sum, calls) => sum + calls, 0) / (windows.length * LIMIT_CALLS);
}
