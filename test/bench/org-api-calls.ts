/**
 * Row 9. What 1,000 changes cost of an org's daily allowance of API calls: the org tells each call that the server made until both were
 * quiet again. Sweeps run by the clock and not by edits; what they add is told beside the figures. Each record is read once more by the
 * first sweep that names it, and by no later one of the same process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, type BenchRow, type Figure, figureOf } from './bench-row.ts';
import { CALL_KINDS, type CallKind, opportunityId, type OrgCalls } from './org-protocol.ts';
import { latencyBetweenHosts } from './org-latency.ts';
import { type OrgRig, withOrg } from './org-rig.ts';

const BATCH_MAX = 200;
/** Confirming readings may share their calls with others. */
const CONFIRM_RATIO_MAX = 1.3;
/** Longer than the delay after which a write is confirmed, so that each edit is alone. */
const TRICKLE_MS = 1_000;
/** Kinds of calls that each change has its share of. */
const CHARGED = ['read', 'write', 'confirm'] as const satisfies readonly CallKind[];
const KIND_WORDS: Record<CallKind, string> = {
  read: 'reads',
  confirm: 'confirming reads',
  write: 'writes',
  rows: 'upserts of contract rows',
  sweep: 'sweep queries',
  token: 'token calls',
  other: 'other calls',
};

type Case = { readonly name: string; readonly act: (rig: OrgRig, records: number) => Promise<void> };

const CASES: readonly Case[] = [
  { name: 'edited in the org', act: ({ org }, records) => org.edit(records) },
  { name: 'changed in Counterpart', act: changeContracts },
];

export const orgApiCalls: BenchRow = {
  id: '9',
  title: 'Salesforce API calls for 1,000 changes',
  goal: 'the minimum of reads and writes at once, at most 1.3 times that of confirming reads; at most 3 calls for an edit alone',
  limit: 'by the documented batch size: 200 records in a call',
  async run(context) {
    const records = context.quick ? 100 : 1_000;
    const figures: Figure[] = [];
    const notes: string[] = [];
    await withOrg(context, { records }, async (rig) => {
      context.say('first reading');
      await rig.restart();
      await rig.untilProjected();
      // The first rows are on the org now, and the next sweeps are a minute away.
      await rig.restart();
      for (const one of CASES) figures.push(...(await burst(rig, context, { ...one, records, notes })));
      figures.push(...(await trickle(rig, context, notes)));
    });
    figures.push(...(await latencyBetweenHosts(context)));
    return { figures, notes };
  },
};

type Burst = Case & { readonly records: number; readonly notes: string[] };

async function burst(
  rig: OrgRig,
  context: BenchContext,
  { name, act, records, notes }: Burst,
): Promise<readonly Figure[]> {
  const runs: OrgCalls[] = [];
  const sweeps: OrgCalls[] = [];
  for (let run = 0; run < context.runs; run += 1) {
    context.say(`${records} ${name}, run ${run + 1}`);
    await act(rig, records);
    await rig.untilQuiet();
    // What rows cost is told once: their next turn may be a quarter of a minute away.
    if (run === 0 && !context.quick) await rig.untilProjected();
    const made = await rig.org.calls({ forget: true });
    const swept = await rig.restart();
    runs.push(made);
    sweeps.push(swept);
    notes.push(`${records} ${name}: ${textOf(made)}; the first sweeps after it: ${textOf(swept)}`);
  }
  const minimum = Math.ceil(records / BATCH_MAX);
  const most = (kind: CallKind): number => (kind === 'confirm' ? Math.floor(minimum * CONFIRM_RATIO_MAX) : minimum);
  const figure = (kind: CallKind): Figure =>
    figureOf(
      `${records} ${name}, ${KIND_WORDS[kind]}`,
      runs.map(({ kinds }) => rounded(kinds[kind].calls)),
      { unit: 'calls', limits: [minimum], goal: { kind: 'atMost', value: most(kind) } },
    );
  const again = sweeps.map(({ kinds }) => rounded(kinds.read.calls + kinds.confirm.calls));
  return [
    ...CHARGED.map(figure),
    figureOf(`${records} ${name}, read again by the first sweep of a new process`, again, { unit: 'calls' }),
  ];
}

/** As a nightly job does it: all contracts in one transaction, then one mark for each of their opportunities. */
async function changeContracts({ workspace, connection, store }: OrgRig, records: number): Promise<void> {
  const { workspaceId, connectionId } = connection;
  await workspace.admin.query(
    'UPDATE contract SET value_minor = value_minor + 100, revision = revision + 1, updated_at = now() WHERE workspace_id = $1',
    [workspaceId],
  );
  await store.sync.markDirty(
    Array.from({ length: records }, (_, index) => ({
      workspaceId,
      connectionId,
      ref: { objectType: 'opportunity', recordId: opportunityId(index) },
      reason: 'ours',
    })),
  );
}

async function trickle(rig: OrgRig, context: BenchContext, notes: string[]): Promise<readonly Figure[]> {
  const edits = context.quick ? 3 : 10;
  context.say(`trickle of ${edits} edits`);
  for (let edit = 0; edit < edits; edit += 1) {
    await rig.org.edit(1);
    await delay(TRICKLE_MS);
  }
  await rig.untilQuiet();
  const made = await rig.org.calls({ forget: true });
  notes.push(`trickle of ${edits} edits: ${textOf(made)}`);
  const calls = CHARGED.reduce((sum, kind) => sum + made.kinds[kind].calls, 0);
  return [
    figureOf('one edit a second', [calls / edits], {
      unit: 'calls per edit',
      limits: [CHARGED.length],
      goal: { kind: 'atMost', value: CHARGED.length },
    }),
  ];
}

const rounded = (calls: number): number => Math.round(calls * 10) / 10;

function textOf({ kinds, log, streams, rpcs }: OrgCalls): string {
  const told = CALL_KINDS.filter((kind) => kinds[kind].calls > 0).map((kind) => {
    const { calls, records } = kinds[kind];
    return `${rounded(calls)} ${KIND_WORDS[kind]}${records === 0 ? '' : ` (${records} records)`}`;
  });
  const logged = log.reduce((sum, { count }) => sum + count, 0);
  const stream = Object.entries(rpcs).flatMap(([name, count]) => (count === 0 ? [] : [`${count} × ${name}`]));
  return (
    `${told.join(', ') || 'no calls'}; ${logged} in the org's own log; ${streams} stream open` +
    (stream.length === 0 ? '' : ` (${stream.join(', ')})`)
  );
}
