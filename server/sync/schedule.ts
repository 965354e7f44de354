/**
 * What runs when: sweeps, backfills and the daily roll, each under a lease so that many instances do it once. The plan of the next runs
 * is kept in memory; a process that starts anew runs everything once, which is safe because every job may be repeated.
 */
import type { ConnectionRef, CrmPort, HostFailure } from '../crm/port.ts';
import { HOST_OBJECT_TYPES } from '../crm/port.ts';
import { plainDateIn } from '../domain/dates.ts';
import { runBackfill } from './backfill.ts';
import { recheck } from './recheck.ts';
import { afterFailure, type FailureStreak, failureDetail, fateOf, NO_FAILURES, restMs } from './retry.ts';
import { rollByDate } from './roll.ts';
import type { EngineParts, StepEnd } from './settings.ts';
import { checkAll, sweepStream } from './sweep.ts';
import { createSweepMemory, type SweepMemory } from './sweep-memory.ts';
import { chunksOf } from './turn.ts';

const SWEEP_INTERVAL_MS = 60_000;
const ARCHIVE_INTERVAL_MS = 600_000;
const CHECK_INTERVAL_MS = 300_000;
const BACKFILL_INTERVAL_MS = 60_000;
const ROLL_INTERVAL_MS = 900_000;
/** How soon a job that reached its bound goes on. */
const CONTINUE_MS = 200;
const JOB_LEASE_MS = 120_000;
/** After a run the lease lasts until the next one and a little longer, so that no other server runs the job in between. */
const LEASE_MARGIN_MS = 30_000;
/** How soon a server looks again at a job that another one has. */
const LOOK_AGAIN_MS = 60_000;
/** Giving leases back must not hold up the end of the process; what is left runs out by itself. */
const RELEASE_MS_MAX = 3_000;
const RELEASES_AT_ONCE = 8;

type JobEnd =
  | { readonly kind: 'done' | 'more'; readonly marked: boolean }
  | { readonly kind: 'failed'; readonly failure: HostFailure };

type Job = {
  readonly name: string;
  readonly workspaceId: string;
  readonly connection: ConnectionRef | null;
  readonly intervalMs: number;
  readonly run: () => Promise<JobEnd>;
  nextAt: number;
  streak: FailureStreak;
  /** After a failure, until `nextAt`. */
  rests: boolean;
  running: boolean;
  /** Whether this server ran it last. */
  isOurs: boolean;
};

export type Schedule = {
  /** Runs the job that is most overdue. */
  readonly runNext: () => Promise<StepEnd>;
  nextDueAt(): number;
  /** Gives the jobs back, for another server to run them at its next look. */
  release(): Promise<void>;
};

export function createSchedule(parts: EngineParts, worker: string): Schedule {
  const jobs = new Map<string, Job>();
  const memory = createSweepMemory();
  let planned: ReadonlySet<string> = new Set();
  let directoryDueAt = Number.NEGATIVE_INFINITY;
  const refresh = async (): Promise<void> => {
    const now = parts.world.clock.now();
    if (now < directoryDueAt) return;
    directoryDueAt = now + parts.settings.directoryMs;
    const connections = await parts.store.listConnections(['installing', 'active']);
    const served = new Set(connections.map(({ connectionId }) => connectionId));
    const rolled = new Set(connections.map(({ workspaceId }) => workspaceId));
    for (const [name, { connection, workspaceId }] of jobs)
      if (connection === null ? !rolled.has(workspaceId) : !served.has(connection.connectionId)) jobs.delete(name);
    for (const connection of connections)
      if (!planned.has(connection.connectionId))
        for (const job of jobsOf(parts, connection, memory)) if (!jobs.has(job.name)) jobs.set(job.name, job);
    planned = served;
    // Authorised again, it is due for its first reading at once, whatever was planned after the last one.
    for (const { connectionId } of await parts.store.listConnections(['installing'])) {
      const job = jobs.get(`backfill:${connectionId}`);
      if (job !== undefined && !job.rests) job.nextAt = Math.min(job.nextAt, now);
    }
  };
  const due = (): Job | undefined => {
    const now = parts.world.clock.now();
    const waiting = [...jobs.values()].filter((job) => !job.running && job.nextAt <= now);
    return waiting.toSorted((a, b) => a.nextAt - b.nextAt || (a.name < b.name ? -1 : 1))[0];
  };
  return {
    async runNext() {
      await refresh();
      const job = due();
      return job === undefined ? 'idle' : runJob(parts, job, worker);
    },
    nextDueAt: () =>
      Math.min(directoryDueAt, ...[...jobs.values()].filter((job) => !job.running).map((job) => job.nextAt)),
    release: () => releaseAll(parts, [...jobs.values()], worker),
  };
}

async function runJob(parts: EngineParts, job: Job, worker: string): Promise<StepEnd> {
  const { store, world } = parts;
  const { name, workspaceId } = job;
  job.running = true;
  try {
    const lease = (leaseMs: number): Promise<boolean> =>
      store.leaseJob({ workspaceId, name, worker, now: world.clock.now(), leaseMs });
    job.isOurs = await lease(JOB_LEASE_MS);
    if (!job.isOurs) {
      job.nextAt = world.clock.now() + Math.min(job.intervalMs, LOOK_AGAIN_MS);
      return 'worked';
    }
    const end = await job.run();
    job.rests = end.kind === 'failed';
    const delayMs = await delayAfter(parts, job, end);
    job.nextAt = world.clock.now() + delayMs;
    await lease(delayMs + LEASE_MARGIN_MS);
    // One that failed may have got somewhere before.
    return end.kind === 'failed' || end.marked ? 'marked' : 'worked';
  } catch (error) {
    world.log.error({ error, job: name }, 'a side job ended in an error');
    const failure: HostFailure = { kind: 'unavailable', retryAfterMs: null, detail: 'internal error' };
    job.nextAt = world.clock.now() + restMs(failure, job.streak, world.random);
    job.rests = true;
    job.streak = afterFailure(job.streak, failure);
    return 'marked';
  } finally {
    job.running = false;
  }
}

async function releaseAll({ store, world }: EngineParts, jobs: readonly Job[], worker: string): Promise<void> {
  const until = world.clock.now() + RELEASE_MS_MAX;
  try {
    for (const chunk of chunksOf(
      jobs.filter((job) => job.isOurs),
      RELEASES_AT_ONCE,
    )) {
      const now = world.clock.now();
      if (now > until) return;
      await Promise.all(
        chunk.map(({ workspaceId, name }) => store.leaseJob({ workspaceId, name, worker, now, leaseMs: 0 })),
      );
    }
  } catch (error) {
    world.log.warn({ error }, 'the leases of side jobs could not be given back; they run out');
  }
}

async function delayAfter(parts: EngineParts, job: Job, end: JobEnd): Promise<number> {
  if (end.kind !== 'failed') {
    job.streak = NO_FAILURES;
    return end.kind === 'more' ? CONTINUE_MS : job.intervalMs;
  }
  const { failure } = end;
  if (fateOf(failure, job.streak) === 'park_connection' && job.connection !== null) {
    const reason = `${failure.kind}: ${failureDetail(failure)}`;
    parts.metrics?.count('connectionsParked', 1, job.connection);
    await parts.store.setConnectionState(job.connection, 'parked', reason);
    return job.intervalMs;
  }
  const delayMs = restMs(failure, job.streak, parts.world.random);
  job.streak = afterFailure(job.streak, failure);
  return delayMs;
}

function jobsOf(parts: EngineParts, connection: ConnectionRef, memory: SweepMemory): readonly Job[] {
  const port = parts.crm[connection.host];
  if (port === undefined) return [];
  const { workspaceId, connectionId } = connection;
  const nextAt = parts.world.clock.now();
  const job = (kind: string, intervalMs: number, run: () => Promise<JobEnd>): Job => ({
    name: `${kind}:${connectionId}`,
    workspaceId,
    connection,
    intervalMs,
    run,
    nextAt,
    streak: NO_FAILURES,
    rests: false,
    running: false,
    isOurs: false,
  });
  const source = { connection, port, memory };
  const today = async () => plainDateIn(await parts.settings.timeZoneOf(workspaceId), parts.world.clock.now());
  const isFed = parts.fedHosts?.includes(connection.host) ?? false;
  return [
    ...(isFed ? [job('recheck', SWEEP_INTERVAL_MS, () => recheck(parts, source))] : []),
    job('backfill', BACKFILL_INTERVAL_MS, () => runBackfill(parts, source)),
    job('sweep', SWEEP_INTERVAL_MS, () => sweepEvery(parts, source, 'changed')),
    job('archive', ARCHIVE_INTERVAL_MS, () => sweepEvery(parts, source, 'archived')),
    job('check', CHECK_INTERVAL_MS, async () => checkAll(parts, connection, await today())),
    {
      ...job('roll', ROLL_INTERVAL_MS, async () => {
        return { kind: 'done', marked: (await rollByDate(parts, workspaceId, await today())) > 0 };
      }),
      name: `roll:${workspaceId}`,
      connection: null,
    },
  ];
}

async function sweepEvery(
  parts: EngineParts,
  source: { readonly connection: ConnectionRef; readonly port: CrmPort; readonly memory: SweepMemory },
  stream: 'changed' | 'archived',
): Promise<JobEnd> {
  let kind: 'done' | 'more' = 'done';
  let marked = false;
  for (const objectType of HOST_OBJECT_TYPES) {
    if (stream === 'archived' && objectType === 'case') continue;
    const end = await sweepStream(parts, source, { objectType, stream });
    if (end.kind === 'failed') return end;
    if (end.kind === 'more') kind = 'more';
    marked ||= end.marked;
  }
  return { kind, marked };
}
