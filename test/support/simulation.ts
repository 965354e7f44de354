/**
 * One schedule from one seed: people edit two portals and the workspace while links fail, messages vanish or repeat, and the process
 * dies; then everything heals. Returns what it found wrong, which for a correct engine is nothing (docs/sync-spec.md).
 */
import type { ConnectionRef, CrmPort, HostEvent, HostRecordRef } from '../../server/crm/port.ts';
import { CONTRACT_STAGES, type PlainDate, RENEWAL_DECISIONS, type SharedField } from '../../server/domain/contract.ts';
import { addDays } from '../../server/domain/dates.ts';
import { sharedValue } from '../../server/domain/wanted-values.ts';
import { applyEdit } from '../../server/sync/apply-edit.ts';
import { changesBetween } from '../../server/sync/contract-drafts.ts';
import type { SyncCounter } from '../../server/sync/settings.ts';
import { startProcess } from './engine-harness.ts';
import { createMemoryHost, keyOf, type MemoryHost, type MemoryRecord } from './memory-host.ts';
import { createMemoryStore } from './memory-store.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { checkSchedule } from './simulation-checks.ts';
import { allRecords, type Scene, todayOf } from './simulation-scene.ts';
import { drawFate, drawFaults, type FaultCounts, type FaultMix, NO_FAULTS } from './simulation-faults.ts';
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
  readonly options: { readonly faults: FaultMix; readonly edits: number; readonly records: number };
  readonly faultCounts: FaultCounts;
  readonly counters: Partial<Record<SyncCounter, number>>;
  readonly conflictReasons: Readonly<Record<string, number>>;
  readonly calls: number;
};

const EDITS_END_MS = 240_000;
const HEAL_MS = 30_000;
/** From the healing until all is quiet: midnight, the day's check, the recycle bin, and the overlap of the change feed. */
const SETTLE_MS = 1_000_000;
const QUIET_MS = 280_000;

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  const random = createSeededRandom(seed);
  const mix = options.faults === 'none' ? NO_FAULTS : drawFaults(random);
  const errors: unknown[] = [];
  const counters: Partial<Record<SyncCounter, number>> = {};
  const scene = buildScene(random, mix, options.trace ?? (() => undefined));
  const { clock, store, host } = scene;
  const start = (): void => {
    scene.process = startProcess({
      store,
      host: options.weaken?.(host) ?? host,
      clock,
      random: random.fork(),
      errors,
      counters,
      storeLatencyMs: () => (scene.random.chance(0.3) ? scene.random.between(1, 15) : 0),
    });
    void scene.process.engine.run(new AbortController().signal);
  };
  start();
  planEdits(scene);
  planCrashes(scene, start);

  const begin = clock.now();
  await clock.runUntil(begin + EDITS_END_MS + HEAL_MS);
  scene.healed = true;
  if (scene.process === null) start();
  for (const connection of scene.connections) await store.setConnectionState(connection, 'active', null);
  replayDeadLetters(scene);
  const lateMs = mix.lateEffect > 0 ? Math.max(0, mix.lateMsMax - 30_000) : 0;
  await clock.runUntil(begin + EDITS_END_MS + HEAL_MS + SETTLE_MS + lateMs);
  const before = callCounts(host);
  await clock.runUntil(clock.now() + QUIET_MS);
  const after = callCounts(host);

  const violations = [
    ...errors.map((error) => `error logged: ${JSON.stringify(error, errorText)}`),
    ...(after.write > before.write ? [`S3: ${after.write - before.write} writes in a quiet system`] : []),
    ...(after.read > before.read ? [`S3: ${after.read - before.read} reads in a quiet system`] : []),
    ...checkSchedule(scene),
  ];
  scene.process?.kill();
  return {
    seed,
    violations,
    options: { faults: mix, edits: scene.edits.length, records: allRecords(scene).length },
    faultCounts: scene.counts,
    counters,
    conflictReasons: tally(store.conflicts.map((conflict) => conflict.reason)),
    calls: host.calls.length,
  };
}

/** An operator's click on what a long outage left behind. */
function replayDeadLetters({ store, connections }: Scene): void {
  for (const { workspaceId, connectionId } of connections) {
    const dead = store.dirtyRows(connectionId).filter((row) => row.dead);
    void store.markDirty(dead.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'replay' })));
  }
}

function buildScene(random: SeededRandom, mix: FaultMix, trace: (line: string) => void): Scene {
  const clock = createVirtualClock(SIMULATION_START);
  const store = createMemoryStore(() => clock.now());
  const counts: FaultCounts = {};
  const draws = random.fork();
  const state = { healed: false };
  const host = createMemoryHost({
    clock,
    latencyMs: () => draws.between(5, 250),
    hostNow: () => Math.floor((clock.now() + mix.hostClockSkewMs) / mix.hostClockTickMs) * mix.hostClockTickMs,
    feedLagMs: mix.feedLagMs,
    fateOf: (call) => (scene.healed ? { kind: 'normal' } : drawFate(mix, call, draws, counts)),
    onEvent: (event) => deliver(scene, event, 0),
  });
  const scene: Scene = {
    clock,
    host,
    store,
    random: draws,
    mix,
    counts,
    connections: [portal('w1', 'a'), portal('w1', 'b'), portal('w2', 'c')],
    edits: [],
    unlinkedOnce: new Set(),
    process: null,
    nextDay: 0,
    trace,
    ...state,
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

/** A webhook's way to us: it may vanish, come twice, come late, or find nobody home. */
function deliver(scene: Scene, event: HostEvent, attempt: number): void {
  const { random, mix, clock, counts } = scene;
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  const arrive = (copy: number): void => {
    if (scene.process === null && !scene.healed) {
      if (attempt < 3) clock.at(clock.now() + random.between(500, 5_000), () => deliver(scene, event, attempt + 1));
      return;
    }
    const body = JSON.stringify({ events: [event], lifecycle: [], rejected: [] });
    const digest = `${event.eventId}/${attempt}/${copy}`;
    void scene.store.acceptDelivery({ host: 'hubspot', digest, body, receivedAt: clock.now() });
    scene.process?.engine.wake();
  };
  if (!scene.healed && random.chance(mix.dropEvent)) return count('dropEvent');
  const slow = !scene.healed && random.chance(mix.slowEvent);
  if (slow) count('slowEvent');
  clock.at(clock.now() + random.between(5, slow ? 20_000 : 800), () => arrive(0));
  if (!scene.healed && random.chance(mix.repeatEvent)) {
    count('repeatEvent');
    clock.at(clock.now() + random.between(1, 10_000), () => arrive(1));
  }
}

function planCrashes(scene: Scene, start: () => void): void {
  const { random, clock, mix, counts } = scene;
  for (let index = 0; index < mix.crashes; index += 1) {
    clock.at(clock.now() + random.between(500, EDITS_END_MS), () => {
      if (scene.process === null) return;
      counts['crash'] = (counts['crash'] ?? 0) + 1;
      scene.trace(`${clock.now()} crash`);
      scene.process.kill();
      scene.process = null;
      clock.at(clock.now() + random.between(100, 8_000), () => {
        if (scene.process === null) start();
      });
    });
  }
}

function planEdits(scene: Scene): void {
  const { random, clock } = scene;
  const count = random.between(4, 40);
  for (let index = 0; index < count; index += 1)
    clock.at(clock.now() + random.between(1_000, EDITS_END_MS), () => {
      const draw = random.next();
      if (draw < 0.5) editOnHost(scene);
      else if (draw < 0.85) editOnCard(scene);
      else if (draw < 0.93) relink(scene);
      else changeRecord(scene);
    });
}

/** Renewal dates are never chosen twice, so that each can be traced to its edit. */
function freshDay(scene: Scene): PlainDate {
  scene.nextDay += 1;
  return addDays(day('2027-09-01'), scene.nextDay);
}

function drawEdit(scene: Scene): { readonly field: SharedField; readonly value: string | null } {
  const { random } = scene;
  const draw = random.next();
  if (draw < 0.6) return { field: 'renewalDate', value: freshDay(scene) };
  if (draw < 0.8) return { field: 'renewalDecision', value: random.pick(RENEWAL_DECISIONS) };
  if (draw < 0.97) return { field: 'stage', value: random.pick(CONTRACT_STAGES) };
  return { field: 'renewalDate', value: random.pick(['2020-01-01', null]) };
}

function editOnHost(scene: Scene): void {
  const { random, host, edits, clock } = scene;
  const places = allRecords(scene).filter(({ record }) => record.state === 'live' && record.mergedInto === null);
  if (places.length === 0) return;
  const { connection, record } = random.pick(places);
  if (random.chance(0.08)) {
    const value = `typed by hand ${clock.now()}`;
    host.edit(connection.accountId, record.ref, { leadContractTitle: value });
    scene.trace(`${clock.now()} host ${connection.connectionId} ${keyOf(record.ref)} title -> ${value}`);
    edits.push({ kind: 'ours_field', connectionId: connection.connectionId, ref: record.ref, value });
    return;
  }
  const { field, value } = drawEdit(scene);
  const parent = record.values[field];
  if (parent === value) return;
  host.edit(connection.accountId, record.ref, { [field]: value }, 'person-7');
  const shown = record.values.leadContractNumber;
  const contractId = shown === null ? null : shown.slice(2);
  scene.trace(
    `${clock.now()} host ${connection.connectionId} ${keyOf(record.ref)} ${field} ${parent} -> ${value} (${shown})`,
  );
  edits.push({
    kind: 'host',
    connectionId: connection.connectionId,
    ref: record.ref,
    contractId,
    field,
    parent,
    value,
  });
}

function editOnCard(scene: Scene): void {
  const { random, store, edits, clock } = scene;
  const workspaceId = random.pick(['w1', 'w2']);
  const contractId = random.pick(store.contractIds(workspaceId));
  const { contract } = store.contract(contractId);
  const { field, value } = drawEdit(scene);
  const today = todayOf(scene);
  const parent = sharedValue(contract, field, today);
  const applied = applyEdit(contract, field, value, today);
  if (!applied.ok || parent === value) return;
  const provenance = {
    source: 'card',
    actor: 'user-1',
    connectionId: null,
    ref: null,
    eventId: null,
    at: clock.now(),
  } as const;
  const changes = changesBetween(contract, applied.contract);
  const fields = { [field]: provenance, ...(changes.endDate === undefined ? {} : { renewalDate: provenance }) };
  store.updateContract(workspaceId, { contractId, expectedRevision: contract.revision, changes, provenance: fields });
  scene.process?.engine.wake();
  scene.trace(`${clock.now()} card ${contractId} ${field} ${parent} -> ${value}`);
  edits.push({ kind: 'card', contractId, field, parent, value });
}

function relink(scene: Scene): void {
  const { random, store } = scene;
  const places = allRecords(scene).filter(({ record }) => record.state === 'live' && record.mergedInto === null);
  if (places.length === 0) return;
  const { connection, record } = random.pick(places);
  const contractId = random.pick(store.contractIds(connection.workspaceId));
  const isLinked = store
    .links()
    .some(
      (link) =>
        link.connectionId === connection.connectionId &&
        keyOf(link.ref) === keyOf(record.ref) &&
        link.contractId === contractId,
    );
  scene.trace(
    `${scene.clock.now()} ${isLinked ? 'unlink' : 'link'} ${connection.connectionId} ${keyOf(record.ref)} ${contractId}`,
  );
  if (isLinked) store.unlink(connection, record.ref, contractId);
  const place = `${connection.connectionId}|${keyOf(record.ref)}`;
  if (isLinked) scene.unlinkedOnce.add(place);
  if (!isLinked) store.link(connection, record.ref, contractId);
}

function changeRecord(scene: Scene): void {
  const { random, host, counts } = scene;
  const places = allRecords(scene).filter(({ record }) => record.mergedInto === null);
  const { connection, record } = random.pick(places);
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  scene.trace(`${scene.clock.now()} record ${connection.connectionId} ${keyOf(record.ref)} was ${record.state}`);
  if (record.state === 'archived') {
    count('restore');
    host.restore(connection.accountId, record.ref);
    return;
  }
  const other = places.find((place) => canMerge(place, connection, record.ref));
  if (other !== undefined && random.chance(0.4)) {
    count('merge');
    host.merge(connection.accountId, record.ref, other.record.ref, `m${scene.clock.now()}`);
    return;
  }
  count('archive');
  host.archive(connection.accountId, record.ref);
}

function canMerge(
  place: { readonly connection: ConnectionRef; readonly record: MemoryRecord },
  connection: ConnectionRef,
  ref: HostRecordRef,
): boolean {
  const { record } = place;
  return (
    place.connection === connection &&
    record.state === 'live' &&
    record.ref.objectType === ref.objectType &&
    record.ref.recordId !== ref.recordId
  );
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
