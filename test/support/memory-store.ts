/**
 * The sync store in memory, for simulations: the same promises as the PostgreSQL one, each method atomic. What it holds is what would be
 * on disk; a simulated crash drops the engine and keeps this.
 */
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import type { SharedField } from '../../server/domain/contract.ts';
import { stageAsOf } from '../../server/domain/stage.ts';
import { rolledByDate } from '../../server/domain/term.ts';
import type {
  BackfillState,
  CommitResult,
  ConnectionState,
  ContractUpdate,
  DirtyItem,
  DirtyMark,
  HostCase,
  Intent,
  Lane,
  LinkedContract,
  Mirror,
  Provenance,
  RecordCommit,
  StoredDelivery,
  SyncStore,
} from '../../server/store/port.ts';
import { DIRTY_PRIORITY, feedJob } from '../../server/store/port.ts';
import { type DirtyRow, settleRow } from './memory-dirty.ts';
import { answerQuestion, changeQuestions, type StoredConflict } from './memory-conflicts.ts';

type LaneRow = { fence: number; leasedBy: string | null; leasedUntil: number; restUntil: number; servedAt: number };
type Link = {
  workspaceId: string;
  connectionId: string;
  ref: HostRecordRef;
  contractId: string;
  state: 'active' | 'tombstone';
};
type FieldChange = {
  readonly contractId: string;
  readonly field: SharedField;
  readonly previous: string | null;
  readonly value: string | null;
  readonly provenance: Provenance;
};
type Incoming = Parameters<SyncStore['acceptDelivery']>[0];

export type MemoryStore = SyncStore & {
  addConnection(ref: ConnectionRef, state?: ConnectionState): void;
  putContract(workspaceId: string, linked: LinkedContract): void;
  contract(contractId: string): LinkedContract;
  contractIds(workspaceId: string): readonly string[];
  /** A change made on a card or in the workspace, with the marks that follow. */
  updateContract(workspaceId: string, update: ContractUpdate): boolean;
  /** A person's answer, with the change of the contract that it may be; false when nothing is asked or the contract has moved on. */
  answer(question: StoredConflict, winner: 'ours' | 'theirs', update: ContractUpdate | null): boolean;
  link(connection: ConnectionRef, ref: HostRecordRef, contractId: string): void;
  unlink(connection: ConnectionRef, ref: HostRecordRef, contractId: string): void;
  links(): readonly Readonly<Link>[];
  mirror(connectionId: string, ref: HostRecordRef): Mirror | null;
  unfinishedDeliveries(): number;
  dirtyRows(connectionId: string): readonly Readonly<DirtyRow>[];
  connectionState(connectionId: string): ConnectionState;
  readonly conflicts: readonly StoredConflict[];
  readonly fieldChanges: readonly FieldChange[];
  readonly cases: ReadonlyMap<string, HostCase>;
  readonly facts: ReadonlyMap<string, Readonly<Record<string, string | null>>>;
};

const keyOf = (ref: HostRecordRef): string => `${ref.objectType}/${ref.recordId}`;
const FIELDS = [
  ['stage', 'stage'],
  ['renewalDate', 'endDate'],
  ['renewalDecision', 'renewalDecision'],
] as const;

export function createMemoryStore(now: () => number): MemoryStore {
  const connections = new Map<string, { ref: ConnectionRef; state: ConnectionState; backfill: BackfillState | null }>();
  const contracts = new Map<string, { workspaceId: string; linked: LinkedContract }>();
  let links: Link[] = [];
  const mirrors = new Map<string, Mirror>();
  const intents = new Map<string, readonly Intent[]>();
  const aliases = new Map<string, HostRecordRef>();
  const dirty = new Map<string, Map<string, DirtyRow>>();
  const lanes = new Map<string, LaneRow>();
  const deliveries = new Map<string, StoredDelivery & { leasedUntil: number }>();
  const digests = new Set<string>();
  const cursors = new Map<string, string>();
  const jobs = new Map<string, { worker: string; until: number }>();
  const conflicts: StoredConflict[] = [];
  const fieldChanges: FieldChange[] = [];
  const cases = new Map<string, HostCase>();
  const facts = new Map<string, Readonly<Record<string, string | null>>>();

  const laneOf = (connectionId: string): LaneRow => {
    const lane = lanes.get(connectionId) ?? { fence: 0, leasedBy: null, leasedUntil: 0, restUntil: 0, servedAt: -1 };
    lanes.set(connectionId, lane);
    return lane;
  };
  const rowsOf = (connectionId: string): Map<string, DirtyRow> => {
    const rows = dirty.get(connectionId) ?? new Map<string, DirtyRow>();
    dirty.set(connectionId, rows);
    return rows;
  };
  const holds = (lane: Lane): boolean => {
    const row = laneOf(lane.connection.connectionId);
    return row.fence === lane.fence && row.leasedBy !== null;
  };
  const onRecord = (connectionId: string, ref: HostRecordRef): readonly Link[] =>
    links.filter((link) => link.connectionId === connectionId && keyOf(link.ref) === keyOf(ref));
  const at = (connectionId: string, ref: HostRecordRef): string => `${connectionId}|${keyOf(ref)}`;

  const mark = (marks: readonly DirtyMark[]): void => {
    for (const { connectionId, ref, reason, notBefore, eventId } of marks) {
      if (!connections.has(connectionId)) continue;
      const rows = rowsOf(connectionId);
      const old = rows.get(keyOf(ref));
      const due = notBefore ?? now();
      const priority = DIRTY_PRIORITY[reason];
      const fresh = old === undefined || old.dead;
      if (!fresh && reason === 'confirm') continue;
      const stronger = fresh || priority < old.priority;
      rows.set(keyOf(ref), {
        ref,
        generation: (old?.generation ?? 0) + 1,
        reason: stronger ? reason : old.reason,
        priority: stronger ? priority : old.priority,
        attempts: fresh ? 0 : old.attempts,
        dirtySince: fresh ? now() : old.dirtySince,
        eventId: eventId ?? (fresh ? null : old.eventId),
        notBefore: fresh ? due : Math.min(old.notBefore, due),
        dead: false,
      });
    }
  };
  const markContract = (contractId: string, except: string | null): void => {
    const touched = links.filter((link) => link.contractId === contractId && link.state === 'active');
    mark(
      touched
        .filter((link) => at(link.connectionId, link.ref) !== except)
        .map(({ workspaceId, connectionId, ref }) => ({ workspaceId, connectionId, ref, reason: 'ours' as const })),
    );
  };
  const isCurrent = (update: ContractUpdate): boolean =>
    contracts.get(update.contractId)?.linked.contract.revision === update.expectedRevision;
  const apply = (update: ContractUpdate): void => {
    const entry = contracts.get(update.contractId);
    if (entry === undefined) throw new Error(`no contract ${update.contractId}`);
    const { contract, changedAt } = entry.linked;
    const { changes } = update;
    const stamps: Record<SharedField, number> = { ...changedAt };
    for (const [field, register] of FIELDS) {
      const provenance = update.provenance[field];
      if (changes[register] === undefined || provenance === undefined) continue;
      stamps[field] = provenance.at;
      const previous = register === 'endDate' ? contract.term.endDate : contract[register];
      fieldChanges.push({ contractId: contract.id, field, previous, value: changes[register] ?? null, provenance });
    }
    entry.linked = {
      ...entry.linked,
      changedAt: stamps,
      contract: {
        ...contract,
        stage: changes.stage ?? contract.stage,
        renewalDecision: changes.renewalDecision ?? contract.renewalDecision,
        signedDate: changes.signedDate === undefined ? contract.signedDate : changes.signedDate,
        term: {
          ...contract.term,
          endDate: changes.endDate === undefined ? contract.term.endDate : changes.endDate,
          renewalsLeft: changes.renewalsLeft === undefined ? contract.term.renewalsLeft : changes.renewalsLeft,
        },
        revision: contract.revision + 1,
      },
    };
  };
  const moveLinks = (connectionId: string, from: HostRecordRef, into: HostRecordRef): void => {
    const moving = onRecord(connectionId, from);
    links = links.filter((link) => !moving.includes(link));
    for (const link of moving) {
      const twin = onRecord(connectionId, into).find((other) => other.contractId === link.contractId);
      if (twin === undefined) links.push({ ...link, ref: into });
      else if (link.state === 'active') twin.state = 'active';
    }
    const mirror = mirrors.get(at(connectionId, from));
    mirrors.delete(at(connectionId, from));
    if (mirror !== undefined && !mirrors.has(at(connectionId, into))) mirrors.set(at(connectionId, into), mirror);
    intents.set(at(connectionId, into), [
      ...(intents.get(at(connectionId, into)) ?? []),
      ...(intents.get(at(connectionId, from)) ?? []),
    ]);
    intents.delete(at(connectionId, from));
    aliases.set(at(connectionId, from), into);
  };
  const commit = ({ connection }: Lane, one: RecordCommit): CommitResult['kind'] => {
    const { connectionId, workspaceId } = connection;
    const place = at(connectionId, one.ref);
    if ((mirrors.get(place)?.revision ?? null) !== one.expectedMirrorRevision) return 'stale';
    if (!one.updates.every(isCurrent)) return 'stale';
    one.updates.forEach(apply);
    mirrors.set(place, { ...one.mirror, revision: (one.expectedMirrorRevision ?? 0) + 1 });
    changeQuestions(conflicts, { connectionId, ref: one.ref }, one.questions);
    conflicts.push(
      ...one.conflicts.map((conflict) => ({ ...conflict, connectionId, ref: one.ref, state: 'open' as const })),
    );
    const kept = (intents.get(place) ?? []).filter((intent) => !one.retireTokens.includes(intent.syncToken));
    intents.set(place, one.intent === null ? kept : [...kept, one.intent]);
    if (one.linkChange?.kind === 'alias') {
      moveLinks(connectionId, one.ref, one.linkChange.into);
      mark([{ workspaceId, connectionId, ref: one.linkChange.into, reason: 'event' }]);
    } else if (one.linkChange !== null) {
      const state = one.linkChange.kind === 'restore' ? 'active' : 'tombstone';
      for (const link of onRecord(connectionId, one.ref)) link.state = state;
    }
    for (const update of one.updates) markContract(update.contractId, place);
    return 'committed';
  };
  const keepDelivery = ({ host, digest, body, receivedAt }: Incoming): 'stored' | 'duplicate' => {
    if (digests.has(`${host}|${digest}`)) return 'duplicate';
    digests.add(`${host}|${digest}`);
    const deliveryId = `d${digests.size}`;
    deliveries.set(deliveryId, { deliveryId, host, body, receivedAt, leasedUntil: 0 });
    return 'stored';
  };
  const dueAt = (connectionId: string): number => {
    const queued = [...rowsOf(connectionId).values()].filter((row) => !row.dead);
    return queued.reduce((least, row) => Math.min(least, row.notBefore), Number.POSITIVE_INFINITY);
  };
  const served = (): readonly string[] =>
    [...connections.values()].filter(({ state }) => state === 'active').map(({ ref }) => ref.connectionId);

  return {
    conflicts,
    fieldChanges,
    cases,
    facts,
    addConnection: (ref, state = 'active') => void connections.set(ref.connectionId, { ref, state, backfill: null }),
    putContract: (workspaceId, linked) => void contracts.set(linked.contract.id, { workspaceId, linked }),
    contract(contractId) {
      const entry = contracts.get(contractId);
      if (entry === undefined) throw new Error(`no contract ${contractId}`);
      return entry.linked;
    },
    contractIds: (workspaceId) =>
      [...contracts.values()]
        .filter((entry) => entry.workspaceId === workspaceId)
        .map(({ linked }) => linked.contract.id),
    updateContract(_workspaceId, update) {
      if (!isCurrent(update)) return false;
      apply(update);
      markContract(update.contractId, null);
      return true;
    },
    answer({ connectionId, ref, field }, winner, update) {
      const shared = FIELDS.find(([name]) => name === field)?.[0];
      const place = at(connectionId, ref);
      const mirror = mirrors.get(place);
      const workspaceId = connections.get(connectionId)?.ref.workspaceId;
      if (shared === undefined || mirror === undefined || workspaceId === undefined) return false;
      if (update !== null && !isCurrent(update)) return false;
      if (!answerQuestion(conflicts, { connectionId, ref }, { field: shared, winner })) return false;
      const { [shared]: _answered, ...asked } = mirror.asked;
      mirrors.set(place, { ...mirror, asked, revision: mirror.revision + 1 });
      mark([{ workspaceId, connectionId, ref, reason: 'ours' }]);
      if (update !== null) {
        apply(update);
        markContract(update.contractId, place);
      }
      return true;
    },
    link({ workspaceId, connectionId }, ref, contractId) {
      const known = onRecord(connectionId, ref).find((link) => link.contractId === contractId);
      if (known === undefined) links.push({ workspaceId, connectionId, ref, contractId, state: 'active' });
      mark([{ workspaceId, connectionId, ref, reason: 'ours' }]);
    },
    unlink({ workspaceId, connectionId }, ref, contractId) {
      links = links.filter(
        (link) =>
          link.connectionId !== connectionId || keyOf(link.ref) !== keyOf(ref) || link.contractId !== contractId,
      );
      mark([{ workspaceId, connectionId, ref, reason: 'ours' }]);
    },
    links: () => links,
    mirror: (connectionId, ref) => mirrors.get(at(connectionId, ref)) ?? null,
    unfinishedDeliveries: () => deliveries.size,
    dirtyRows: (connectionId) => [...rowsOf(connectionId).values()],
    connectionState: (connectionId) => connections.get(connectionId)?.state ?? 'disconnected',

    acceptDelivery: (delivery) => Promise.resolve(keepDelivery(delivery)),
    async takeDeliveries({ limit, now: moment, leaseMs }) {
      const taken: StoredDelivery[] = [];
      for (const delivery of deliveries.values()) {
        if (taken.length >= limit || delivery.leasedUntil > moment) continue;
        delivery.leasedUntil = moment + leaseMs;
        taken.push(delivery);
      }
      return taken;
    },
    async findConnections(host, accountIds) {
      return [...connections.values()]
        .filter(({ ref, state }) => ref.host === host && accountIds.includes(ref.accountId) && state !== 'disconnected')
        .map(({ ref }) => ref);
    },
    async filterMirrored({ connectionId }, refs) {
      const found = new Map<string, { ref: HostRecordRef; awaitingConfirm: boolean }>();
      for (const asked of refs) {
        const ref = aliases.get(at(connectionId, asked)) ?? asked;
        if (onRecord(connectionId, ref).length === 0) continue;
        found.set(keyOf(ref), { ref, awaitingConfirm: (intents.get(at(connectionId, ref)) ?? []).length > 0 });
      }
      return [...found.values()];
    },
    async finishDeliveries(finished, marks) {
      mark(marks);
      for (const { deliveryId } of finished) deliveries.delete(deliveryId);
    },
    async markDirty(marks) {
      mark(marks);
    },
    async leaseLane({ worker, now: moment, leaseMs }) {
      const free = served().filter((id) => {
        const lane = laneOf(id);
        return dueAt(id) <= moment && lane.restUntil <= moment && lane.leasedUntil <= moment;
      });
      const next = free.toSorted((a, b) => laneOf(a).servedAt - laneOf(b).servedAt)[0];
      const connection = next === undefined ? undefined : connections.get(next);
      if (next === undefined || connection === undefined) return null;
      const lane = laneOf(next);
      lane.fence += 1;
      lane.leasedBy = worker;
      lane.leasedUntil = moment + leaseMs;
      lane.servedAt = moment;
      return { connection: connection.ref, fence: lane.fence, leasedUntil: lane.leasedUntil };
    },
    async renewLane(lane, moment, leaseMs) {
      if (!holds(lane)) return null;
      const leasedUntil = moment + leaseMs;
      laneOf(lane.connection.connectionId).leasedUntil = leasedUntil;
      return { ...lane, leasedUntil };
    },
    async releaseLane(lane, notBefore) {
      if (!holds(lane)) return;
      const row = laneOf(lane.connection.connectionId);
      row.leasedBy = null;
      row.leasedUntil = 0;
      row.restUntil = notBefore ?? 0;
    },
    async nextDueAt(moment) {
      const instants = served().map((id) => Math.max(dueAt(id), laneOf(id).restUntil, laneOf(id).leasedUntil));
      const least = Math.min(Number.POSITIVE_INFINITY, ...instants);
      return Number.isFinite(least) ? Math.max(least, moment) : null;
    },
    async takeDirty(lane, { now: moment, limit }) {
      if (!holds(lane)) return [];
      const due = [...rowsOf(lane.connection.connectionId).values()].filter(
        (row) => !row.dead && row.notBefore <= moment,
      );
      const order = due.toSorted(
        (a, b) => a.priority - b.priority || a.dirtySince - b.dirtySince || (keyOf(a.ref) < keyOf(b.ref) ? -1 : 1),
      );
      return order.slice(0, limit).map(
        ({ ref, generation, reason, attempts, dirtySince, eventId }): DirtyItem => ({
          ref,
          generation,
          reason,
          attempts,
          dirtySince,
          eventId,
        }),
      );
    },
    async loadRecords({ connectionId }, refs) {
      return refs.map((ref) => {
        const own = onRecord(connectionId, ref);
        return {
          ref,
          mirror: mirrors.get(at(connectionId, ref)) ?? null,
          intents: intents.get(at(connectionId, ref)) ?? [],
          contracts: own
            .filter((link) => link.state === 'active')
            .flatMap((link) => contracts.get(link.contractId)?.linked ?? []),
          hasTombstones: own.some((link) => link.state === 'tombstone'),
        };
      });
    },
    async commitRecords(lane, commits) {
      if (!holds(lane)) return 'lease_lost';
      return commits.map((one) => ({ ref: one.ref, kind: commit(lane, one) }));
    },
    async settle(lane, settlements) {
      if (!holds(lane)) return 'lease_lost';
      const rows = rowsOf(lane.connection.connectionId);
      for (const settlement of settlements) settleRow(rows, settlement);
      return 'settled';
    },
    async listConnections(states) {
      return [...connections.values()].filter(({ state }) => states.includes(state)).map(({ ref }) => ref);
    },
    async setConnectionState({ connectionId }, state) {
      const entry = connections.get(connectionId);
      if (entry !== undefined) entry.state = state;
    },
    async readCursor({ connectionId }, name) {
      return cursors.get(`${connectionId}|${name}`) ?? null;
    },
    async advanceCursor({ connectionId }, { name, value }, marks) {
      cursors.set(`${connectionId}|${name}`, value);
      mark(marks);
    },
    async leaseJob({ workspaceId, name, worker, now: moment, leaseMs }) {
      const held = jobs.get(`${workspaceId}|${name}`);
      if (held !== undefined && held.worker !== worker && held.until > moment) return false;
      jobs.set(`${workspaceId}|${name}`, { worker, until: moment + leaseMs });
      return true;
    },
    async listOpenFeeds({ hosts, worker, now: moment }) {
      return [...connections.values()]
        .filter(({ ref, state }) => state === 'active' && hosts.includes(ref.host))
        .map(({ ref }) => ref)
        .filter(({ workspaceId, connectionId }) => {
          const held = jobs.get(`${workspaceId}|${feedJob(connectionId)}`);
          return held === undefined || held.worker === worker || held.until <= moment;
        });
    },
    async acceptFeed({ workspaceId, connectionId, host }, arrival, { worker, leaseMs }) {
      const job = `${workspaceId}|${feedJob(connectionId)}`;
      if (jobs.get(job)?.worker !== worker) return 'lease_lost';
      jobs.set(job, { worker, until: arrival.at + leaseMs });
      for (const { name, value } of arrival.cursors) cursors.set(`${connectionId}|${name}`, value);
      for (const { digest, body } of arrival.deliveries) keepDelivery({ host, digest, body, receivedAt: arrival.at });
      return 'stored';
    },
    async readBackfill({ connectionId }) {
      return connections.get(connectionId)?.backfill ?? null;
    },
    async writeBackfill({ connectionId }, state) {
      const entry = connections.get(connectionId);
      if (entry !== undefined) entry.backfill = state;
    },
    async saveFacts({ connectionId }, records) {
      for (const record of records) facts.set(at(connectionId, record.ref), record.facts);
    },
    async listUnknown({ connectionId }, refs) {
      return refs.filter((ref) => !facts.has(at(connectionId, ref)) && !mirrors.has(at(connectionId, ref)));
    },
    async linkByDomain() {
      return 0;
    },
    async listMirrored({ connectionId }, after, limit) {
      const isListed = ({ ref, state }: Link): boolean =>
        state === 'active' || mirrors.get(at(connectionId, ref))?.state === 'archived';
      const listed = links.filter((link) => link.connectionId === connectionId && isListed(link));
      const own = [...cases.entries()].filter(([key]) => key.startsWith(`${connectionId}|`));
      const refs = new Map([...listed, ...own.map(([, hostCase]) => hostCase)].map(({ ref }) => [keyOf(ref), ref]));
      const from = after === null ? '' : keyOf(after);
      return [...refs.entries()]
        .filter(([key]) => key > from)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([, ref]) => ref);
    },
    async saveCases({ connectionId }, read, gone = []) {
      const touched = new Set<string>();
      for (const ref of gone) {
        for (const id of cases.get(at(connectionId, ref))?.accountIds ?? []) touched.add(id);
        cases.delete(at(connectionId, ref));
      }
      for (const hostCase of read) {
        const key = at(connectionId, hostCase.ref);
        const before = cases.get(key);
        cases.set(key, hostCase);
        if (JSON.stringify(before) === JSON.stringify(hostCase)) continue;
        for (const id of [...(before?.accountIds ?? []), ...hostCase.accountIds]) touched.add(id);
      }
      return [...touched];
    },
    async listDueByDate(workspaceId, today, limit) {
      return [...contracts.values()]
        .filter((entry) => entry.workspaceId === workspaceId)
        .map(({ linked }) => linked)
        .filter(({ contract }) => {
          const rolled = rolledByDate(contract, today);
          return stageAsOf(contract, today) !== contract.stage || rolled.term.endDate !== contract.term.endDate;
        })
        .slice(0, limit);
    },
    async applySystemUpdates(_workspaceId, updates) {
      for (const update of updates.filter(isCurrent)) {
        apply(update);
        markContract(update.contractId, null);
      }
    },
  };
}
