/**
 * Row 2. People edit deals in one portal; the portals' own logs tell how many calls the server made until both were quiet again. Sweeps
 * and the daily check run by the clock and not by edits, so that only reads and writes of records count.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchHost } from './bench-host.ts';
import { type BenchContext, type BenchRow, type Figure, figureOf } from './bench-row.ts';
import type { CallReport } from './host-protocol.ts';
import { type MirrorRig, SOURCE, TARGET, withMirror } from './mirror-rig.ts';

const READ_MAX = 100;
const READ_WITH_HISTORY_MAX = 50;
const WRITE_MAX = 100;
const RATIO_MAX = 1.3;
/** HubSpot gathers events; the practice portal's own window. */
const WEBHOOK_WINDOW_MS = 100;
const POLL_MS = 50;
const QUIET_CHECKS = 6;
/** Longer than the delay after which a write is confirmed, so that each edit is alone. */
const TRICKLE_MS = 1_000;
/** An edit alone is read, what follows from it is written, and a reading confirms that. */
const TRICKLE_MINIMUM = 3;

type Count = { readonly calls: number; readonly portal: string };

export const apiCalls: BenchRow = {
  id: '2',
  title: 'API calls for 1,000 edits',
  goal: 'at most 1.3 times the minimum in a burst; at most 2 calls per edit and portal in a trickle',
  limit:
    'by the documented batch sizes: a read for 100 records, a write for 100, and a confirming read with history for 50',
  async run(context) {
    const edits = context.quick ? 100 : 1_000;
    const few = context.quick ? 10 : 50;
    return await withMirror(context, { records: edits, webhookWindowMs: WEBHOOK_WINDOW_MS }, async (rig) => {
      const figures: Figure[] = [];
      const notes: string[] = [];
      for (const records of [edits, few]) {
        const counts: Record<string, number[]> = { [SOURCE]: [], [TARGET]: [] };
        for (let run = 0; run < context.runs; run += 1) {
          context.say(`${edits} edits of ${records} deals, run ${run + 1}`);
          const made = await callsOf(rig, context, (host) => host.burst({ portalId: SOURCE, records, edits }));
          for (const { portal, calls } of made.counts) counts[portal]?.push(calls);
          notes.push(`${edits} edits of ${records} deals: ${made.text}`);
        }
        const minimum = minimumCalls(records);
        for (const [portal, what] of PORTALS)
          figures.push(
            figureOf(`${edits} edits of ${records} deals, ${what}`, counts[portal] ?? [], {
              unit: 'calls',
              limits: [minimum],
              goal: { kind: 'atMost', value: Math.floor(minimum * RATIO_MAX) },
            }),
          );
      }
      figures.push(...(await trickle(rig, context, notes)));
      return { figures, notes };
    });
  },
};

const PORTALS = [
  [SOURCE, 'portal edited'],
  [TARGET, 'portal mirrored to'],
] as const;

function minimumCalls(records: number): number {
  return Math.ceil(records / READ_MAX) + Math.ceil(records / WRITE_MAX) + Math.ceil(records / READ_WITH_HISTORY_MAX);
}

async function trickle(rig: MirrorRig, context: BenchContext, notes: string[]): Promise<readonly Figure[]> {
  const edits = context.quick ? 3 : 10;
  context.say(`trickle of ${edits} edits`);
  const made = await callsOf(rig, context, async (host) => {
    for (let edit = 0; edit < edits; edit += 1) {
      await host.burst({ portalId: SOURCE, records: 1, edits: 1 });
      await delay(TRICKLE_MS);
    }
  });
  notes.push(`trickle of ${edits} edits: ${made.text}`);
  return PORTALS.map(([portal, what]) =>
    figureOf(
      `one edit a second, ${what}`,
      made.counts.filter((count) => count.portal === portal).map(({ calls }) => calls / edits),
      { unit: 'calls per edit', limits: [TRICKLE_MINIMUM], goal: { kind: 'atMost', value: 2 } },
    ),
  );
}

/** What `edit` made the server call until everything was quiet. */
async function callsOf(
  { host, workspace }: MirrorRig,
  { signal }: BenchContext,
  edit: (host: BenchHost) => Promise<void>,
): Promise<{ readonly counts: readonly Count[]; readonly text: string }> {
  await host.calls([SOURCE, TARGET], { forget: true });
  await edit(host);
  // Webhooks of our own writes come last; quiet is when nothing has moved for several looks.
  for (let quiet = 0; quiet < QUIET_CHECKS; ) {
    await workspace.untilQuiet(signal);
    quiet = (await host.calls([SOURCE, TARGET])).pendingEvents === 0 ? quiet + 1 : 0;
    await delay(POLL_MS);
  }
  const reports = await Promise.all(
    [SOURCE, TARGET].map(async (portal) => ({ portal, ...(await host.calls([portal])) })),
  );
  return {
    counts: reports.map(({ portal, calls }) => ({ portal, calls: sumOf(calls.filter(isAboutRecords)) })),
    text: reports.map(({ portal, calls }) => `portal ${portal}: ${textOf(calls)}`).join('; '),
  };
}

const isAboutRecords = ({ path }: CallReport['calls'][number]): boolean => path.includes('/batch/');

const sumOf = (calls: CallReport['calls']): number => calls.reduce((sum, { count }) => sum + count, 0);

const textOf = (calls: CallReport['calls']): string =>
  calls
    .map(({ method, path, status, count }) => `${count} × ${method} ${path.split('/').slice(-2).join('/')} ${status}`)
    .join(', ') || 'none';
