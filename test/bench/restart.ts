/**
 * Row 8. A process has acknowledged 20 edits and is killed -9; the clock runs from the start of the next process until the other portal
 * shows the first of them. Two cases: the edits still lie in the inbox, or the killed process was in the middle of working on them, and so
 * held the leases.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, type BenchRow, figureOf, median } from './bench-row.ts';
import { type MirrorRig, SOURCE, TARGET, withMirror } from './mirror-rig.ts';
import { startProbedServer } from './probed-server.ts';

const EDITS = 20;
const POLL_MS = 5;
const INBOX_ENTRY = path.join(import.meta.dirname, 'intake-server.ts');
const WAIT_MS_MAX = 90_000;
/** Long enough to be in the middle of a call when the process is killed. */
const HOST_LATENCY_MS = 300;

type Restart = {
  readonly readyMs: number;
  readonly firstMs: number;
  readonly allMs: number;
  readonly lost: number;
};

export const restartAfterKill: BenchRow = {
  id: '8',
  title: 'kill -9 to the first mirrored change',
  goal: 'at most 2 s, and no acknowledged edit lost',
  limit: 'the start of an empty Node process',
  async run(context) {
    return await withMirror(context, { records: EDITS, webhookWindowMs: 0 }, async (rig) => {
      const idle: Restart[] = [];
      for (let run = 0; run < context.runs; run += 1) {
        context.say(`edits in the inbox, run ${run + 1}`);
        idle.push(await restartWithInbox(rig, context));
      }
      context.say('killed in the middle of a turn');
      const midTurn = context.quick ? [] : [await restartMidTurn(rig, context)];
      const starts = await nodeStarts();
      const goal = { kind: 'atMost', value: 2_000 } as const;
      return {
        figures: [
          figureOf(
            'the process is ready',
            [...idle, ...midTurn].map(({ readyMs }) => readyMs),
            { unit: 'ms', limits: [starts] },
          ),
          figureOf(
            'first change mirrored, edits in the inbox',
            idle.map(({ firstMs }) => firstMs),
            {
              unit: 'ms',
              goal,
              limits: [starts],
            },
          ),
          figureOf(
            `all ${EDITS} mirrored`,
            idle.map(({ allMs }) => allMs),
            { unit: 'ms' },
          ),
          ...(midTurn.length === 0
            ? []
            : [
                figureOf(
                  'first change mirrored, killed in the middle of a turn',
                  midTurn.map(({ firstMs }) => firstMs),
                  {
                    unit: 'ms',
                    goal,
                    limits: [starts],
                  },
                ),
              ]),
          figureOf('acknowledged edits lost', [[...idle, ...midTurn].reduce((sum, { lost }) => sum + lost, 0)], {
            unit: 'edits',
            goal: { kind: 'atMost', value: 0 },
          }),
        ],
        notes: ['a start includes looking for migrations; compiled code is kept from one start to the next'],
      };
    });
  },
};

/** A process that only takes webhooks in is killed right after it acknowledged the edits. */
async function restartWithInbox(rig: MirrorRig, context: BenchContext): Promise<Restart> {
  const { host, workspace } = rig;
  await workspace.untilQuiet(context.signal);
  await rig.server.stop();
  rig.server = await startProbedServer({ ...placeOf(rig), entry: INBOX_ENTRY });
  await host.burst({ portalId: SOURCE, records: EDITS, edits: EDITS });
  while ((await host.calls([SOURCE])).pendingEvents > 0 && !context.signal.aborted) await delay(POLL_MS);
  await rig.server.kill9();
  const { rows } = await workspace.admin.query(`SELECT 1 FROM delivery WHERE state = 'waiting'`);
  if (rows.length === 0) throw new Error('nothing waits in the inbox');
  return await startAndWatch(rig);
}

/** The real server is killed while it waits for the CRM's answer. */
async function restartMidTurn(rig: MirrorRig, context: BenchContext): Promise<Restart> {
  const { host, workspace } = rig;
  await workspace.untilQuiet(context.signal);
  await host.setLatency(HOST_LATENCY_MS);
  await host.burst({ portalId: SOURCE, records: EDITS, edits: EDITS });
  while ((await host.calls([SOURCE])).pendingEvents > 0 && !context.signal.aborted) await delay(POLL_MS);
  for (let held = false; !held && !context.signal.aborted; ) {
    const { rows } = await workspace.admin.query(
      `SELECT 1 FROM lane_lease s JOIN connection c ON c.workspace_id = s.workspace_id AND c.id = s.connection_id
       WHERE c.account_id = $1 AND s.leased_by IS NOT NULL AND s.leased_until > now()`,
      [SOURCE],
    );
    held = rows.length > 0;
    if (!held) await delay(POLL_MS);
  }
  await rig.server.kill9();
  await host.setLatency(0);
  return await startAndWatch(rig);
}

/** Every edited deal differs between the portals at first; the first that does not was mirrored. */
async function startAndWatch(rig: MirrorRig): Promise<Restart> {
  const startedAt = performance.now();
  const state: { failure: unknown } = { failure: null };
  const starting = startProbedServer(placeOf(rig)).then(
    (server) => void (rig.server = server),
    (error: unknown) => void (state.failure = error),
  );
  const since = (): number => performance.now() - startedAt;
  let first = Number.NaN;
  let differing = EDITS;
  while (differing > 0 && state.failure === null && since() < WAIT_MS_MAX) {
    differing = (await rig.host.agreement([SOURCE, TARGET])).differing;
    if (differing < EDITS && Number.isNaN(first)) first = since();
    if (differing > 0) await delay(POLL_MS);
  }
  const allMs = since();
  await starting;
  if (state.failure !== null) throw state.failure;
  return { readyMs: rig.server.readyAfterMs, firstMs: first, allMs, lost: differing };
}

const placeOf = ({ databaseUrl, host, port }: MirrorRig) => ({ databaseUrl, hubspotUrl: host.url, port });

/** Milliseconds from the start to the end of a Node process that does nothing. */
async function nodeStarts(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    times.push(performance.now() - startedAt);
  }
  return median(times);
}
