/**
 * One schedule from one seed: people edit two portals and the workspace while links fail, messages vanish or repeat, and the process
 * dies; then everything heals. Returns what it found wrong, which for a correct engine is nothing (docs/sync-spec.md).
 */
import type { CrmPort } from '../../server/crm/port.ts';
import { addDays } from '../../server/domain/dates.ts';
import type { SyncCounter } from '../../server/sync/settings.ts';
import { type CallFate, createMemoryHost, type HostCall, type MemoryHost } from './memory-host.ts';
import { createMemoryStore } from './memory-store.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { checkSchedule } from './simulation-checks.ts';
import {
  type Deployment,
  drawDeployment,
  drawFate,
  drawFaults,
  type FaultCounts,
  type FaultMix,
  NO_FAULTS,
  quotaFate,
} from './simulation-faults.ts';
import { planEdits } from './simulation-people.ts';
import { createProcesses } from './simulation-processes.ts';
import { allRecords, type Scene } from './simulation-scene.ts';
import { deliver } from './simulation-webhooks.ts';
import { account, day, deal, portal, sampleContract, sampleLinked, SIMULATION_START } from './simulation-world.ts';
import { createVirtualClock } from './virtual-clock.ts';

export type SimulationOptions = {
  readonly faults?: 'drawn' | 'none';
  /** What the engine is given instead of the host: a weakened port must make schedules break, or the checks prove nothing. */
  readonly weaken?: (host: CrmPort) => CrmPort;
  /** Prints each step. */
  readonly trace?: (line: string) => void;
};

export type SimulationResult = {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What the seed stood for, in full. */
  readonly options: {
    readonly faults: FaultMix;
    readonly deployment: Deployment;
    readonly edits: number;
    readonly records: number;
  };
  readonly faultCounts: FaultCounts;
  readonly counters: Partial<Record<SyncCounter, number>>;
  readonly conflictReasons: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly virtualMs: number;
};

const EDITS_END_MS = 240_000;
const HEAL_MS = 30_000;
/** From the healing until all is quiet: the jobs of a process that died (a quarter of an hour), and the overlap of the change feed after them. */
const SETTLE_MS = 1_200_000;
const QUIET_MS = 280_000;
/** From midnight until the day's check is over. */
const CHECKED_MS = 420_000;
const DAY_MS = 86_400_000;

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  const random = createSeededRandom(seed);
  const mix = options.faults === 'none' ? NO_FAULTS : drawFaults(random);
  const deployment = drawDeployment(random, mix);
  const scene = buildScene(random, { mix, deployment }, options.trace ?? (() => undefined));
  const { clock, store, host } = scene;
  const processes = createProcesses(scene, random.fork(), options.weaken?.(host) ?? host);
  scene.wake = () => processes.wake();
  scene.isListening = () => processes.isAnyAlive();
  processes.startAll();
  planEdits(scene, EDITS_END_MS);
  processes.planCrashes(EDITS_END_MS);

  const begin = clock.now();
  const troubleMs = planOutage(scene, processes);
  await clock.runUntil(begin + Math.max(EDITS_END_MS, troubleMs) + HEAL_MS);
  scene.healed = true;
  processes.startAll();
  for (const connection of scene.connections) await store.setConnectionState(connection, 'active', null);
  replayDeadLetters(scene);
  const lateMs = mix.lateEffect > 0 ? Math.max(0, mix.lateMsMax - 30_000) : 0;
  await clock.runUntil(awayFromMidnight(clock.now() + SETTLE_MS + lateMs));
  const before = callCounts(host);
  await clock.runUntil(clock.now() + QUIET_MS);
  const after = callCounts(host);

  const violations = [
    ...processes.errors.map((error) => `error logged: ${JSON.stringify(error, errorText)}`),
    ...(after.write > before.write ? [`S3: ${after.write - before.write} writes in a quiet system`] : []),
    ...(after.read > before.read ? [`S3: ${after.read - before.read} reads in a quiet system`] : []),
    ...checkSchedule(scene),
  ];
  processes.killAll();
  return {
    seed,
    violations,
    options: { faults: mix, deployment, edits: scene.edits.length, records: allRecords(scene).length },
    faultCounts: scene.counts,
    counters: processes.counters,
    conflictReasons: tally(store.conflicts.map((conflict) => conflict.reason)),
    calls: host.calls.length,
    virtualMs: clock.now() - begin,
  };
}

/** The day's check reads every linked record, which is no unrest: the quiet time lies before it or after it. */
function awayFromMidnight(quietFrom: number): number {
  const midnight = Math.ceil((quietFrom - CHECKED_MS) / DAY_MS) * DAY_MS;
  return midnight < quietFrom + QUIET_MS ? midnight + CHECKED_MS : quietFrom;
}

/** Plans the long troubles of the mix; returns when the last one ends, in milliseconds from now. */
function planOutage(scene: Scene, processes: { readonly startAll: () => void; readonly killAll: () => void }): number {
  const { mix, clock, random, counts } = scene;
  const from = clock.now() + random.between(1_000, EDITS_END_MS);
  if (mix.quotaGoneMs > 0) clock.at(from, () => void (scene.quotaGoneUntil = from + mix.quotaGoneMs));
  if (mix.outageMs > 0) {
    counts['outage'] = 1;
    clock.at(from, () => {
      scene.isOutage = true;
      processes.killAll();
    });
    clock.at(from + mix.outageMs, () => {
      scene.isOutage = false;
      processes.startAll();
    });
  }
  const longest = Math.max(mix.quotaGoneMs, mix.outageMs);
  return longest === 0 ? 0 : from + longest - clock.now();
}

/** An operator's click on what a long outage left behind. */
function replayDeadLetters({ store, connections }: Scene): void {
  for (const { workspaceId, connectionId } of connections) {
    const dead = store.dirtyRows(connectionId).filter((row) => row.dead);
    void store.markDirty(dead.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'replay' })));
  }
}

function buildScene(
  random: SeededRandom,
  { mix, deployment }: { readonly mix: FaultMix; readonly deployment: Deployment },
  trace: (line: string) => void,
): Scene {
  const clock = createVirtualClock(SIMULATION_START);
  const store = createMemoryStore(() => clock.now());
  const counts: FaultCounts = {};
  const draws = random.fork();
  const fateOf = (call: HostCall): CallFate => {
    if (scene.healed) return { kind: 'normal' };
    const quotaGoneMs = scene.quotaGoneUntil - clock.now();
    return quotaGoneMs > 0 ? quotaFate(quotaGoneMs, draws, counts) : drawFate(mix, call, draws, counts);
  };
  const host = createMemoryHost({
    clock,
    latencyMs: () => draws.between(5, 250),
    hostNow: () => Math.floor((clock.now() + mix.hostClockSkewMs) / mix.hostClockTickMs) * mix.hostClockTickMs,
    feedLagMs: mix.feedLagMs,
    fateOf,
    onEvent: (event) => deliver(scene, event),
  });
  const scene: Scene = {
    clock,
    host,
    store,
    random: draws,
    mix,
    deployment,
    counts,
    connections: [portal('w1', 'a'), portal('w1', 'b'), portal('w2', 'c')],
    edits: [],
    changesMade: 0,
    unlinkedOnce: new Set(),
    healed: false,
    isOutage: false,
    quotaGoneUntil: 0,
    wake: () => undefined,
    isListening: () => false,
    newestEvent: 0,
    nextDay: 0,
    trace,
  };
  for (const connection of scene.connections) store.addConnection(connection);
  populate(scene);
  return scene;
}

function populate(scene: Scene): void {
  const { random, store, host } = scene;
  for (const workspaceId of ['w1', 'w2']) {
    const count = random.between(1, 3);
    for (let index = 1; index <= count; index += 1) {
      const id = `${workspaceId}-${index}`;
      const stage = random.pick(['active', 'active', 'renewing', 'signed', 'draft'] as const);
      const contract = sampleContract(id, { stage });
      const endDate = addDays(day('2027-05-31'), random.between(0, 60));
      const renewalKind = random.pick(['mutual_written', 'auto'] as const);
      store.putContract(workspaceId, sampleLinked({ ...contract, term: { ...contract.term, endDate, renewalKind } }));
    }
  }
  for (const connection of scene.connections) {
    const refs = [deal('1'), deal('2'), account('7')].slice(0, random.between(1, 3));
    for (const ref of refs) {
      host.create(connection.accountId, ref);
      for (const contractId of store.contractIds(connection.workspaceId))
        if (random.chance(0.6)) store.link(connection, ref, contractId);
    }
  }
}

function callCounts(host: MemoryHost): { readonly read: number; readonly write: number } {
  const of = (kind: string): number => host.calls.filter((call) => call.kind === kind).length;
  return { read: of('read'), write: of('write') };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function errorText(_key: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
