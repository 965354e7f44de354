/**
 * A CRM in memory behind the real port: records with field history and sync tokens, archive, restore and merge, a change feed that lags
 * and overlaps, webhooks, and faults on request. It passes the same battery as the real adapters.
 */
import type {
  ChangePage,
  ConnectionRef,
  CrmPort,
  DeliveryParse,
  HostEvent,
  HostFailure,
  HostFieldEdit,
  HostObjectType,
  HostRecordRef,
  HostResult,
  RecordRead,
  RecordWrite,
  WriteOutcome,
} from '../../server/crm/port.ts';
import type { MirrorField, MirrorValues } from '../../server/domain/mirror.ts';
import { MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import type { Clock } from '../../server/world.ts';
import { type HostTraits, HUBSPOT_LIKE } from './host-traits.ts';

export type MemoryRecord = {
  readonly ref: HostRecordRef;
  values: Record<MirrorField, string | null>;
  syncToken: string | null;
  /** Raised by each change of a mirrored field. */
  version: number;
  history: HostFieldEdit[];
  facts: Record<string, string | null>;
  associations: { [T in HostObjectType]?: readonly string[] };
  mergedIds: string[];
  updatedAt: number;
  state: 'live' | 'archived' | 'purged';
  mergedInto: string | null;
};

/** What becomes of a call: decided per call, so that a test can say "the third write times out after it took effect". */
export type CallFate =
  | { readonly kind: 'normal' }
  | { readonly kind: 'refused'; readonly failure: HostFailure }
  | { readonly kind: 'lost' }
  | { readonly kind: 'answer_lost' }
  | { readonly kind: 'late'; readonly delayMs: number }
  /** It took effect, and of its answer only the beginning came. */
  | { readonly kind: 'truncated' }
  /** The call as a whole fails after its first records took effect. */
  | { readonly kind: 'cut'; readonly takesEffect: number; readonly failure: HostFailure }
  /** Records at these places of the batch fail with `failure`; the rest go through. */
  | { readonly kind: 'partial'; readonly fails: (index: number) => boolean; readonly failure: HostFailure };

export type HostCall = {
  readonly kind: 'read' | 'write' | 'list' | 'schema';
  readonly accountId: string;
  readonly size: number;
  readonly history: boolean;
};

export type MemoryHostOptions = {
  readonly clock: Clock & { at(instant: number, callback: () => void): void };
  /** Whose ways the host has; HubSpot's by default. */
  readonly traits?: HostTraits;
  /** Why a write is refused for good, for values that this host cannot hold. */
  readonly refuses?: (write: RecordWrite) => HostFailure | null;
  readonly fateOf?: (call: HostCall) => CallFate;
  /** Milliseconds before the effect and before the answer. */
  readonly latencyMs?: () => number;
  readonly hostNow?: () => number;
  /** Delay until a change shows in the change feed. */
  readonly feedLagMs?: number;
  readonly historyMax?: number;
  readonly pageSize?: number;
  readonly batchMax?: CrmPort['batchMax'];
  /** Each change as the event that a webhook would carry. */
  readonly onEvent?: (event: HostEvent) => void;
  readonly clientTimeoutMs?: number;
};

export type MemoryHost = CrmPort & {
  readonly calls: HostCall[];
  /** How many times a write of ours took effect on a record, by account and record. */
  readonly writesTaken: ReadonlyMap<string, number>;
  /** Writes refused because the record had moved since they were planned. */
  readonly staleRefusals: () => number;
  recordOf(accountId: string, ref: HostRecordRef): MemoryRecord | undefined;
  recordsOf(accountId: string): readonly MemoryRecord[];
  create(
    accountId: string,
    ref: HostRecordRef,
    seed?: Partial<Pick<MemoryRecord, 'facts' | 'associations'>>,
  ): MemoryRecord;
  /** A person changes fields in the CRM. */
  edit(accountId: string, ref: HostRecordRef, values: MirrorValues, personId?: string): void;
  archive(accountId: string, ref: HostRecordRef): void;
  restore(accountId: string, ref: HostRecordRef): void;
  purge(accountId: string, ref: HostRecordRef): void;
  /** HubSpot: both give way to a third (`newId`), which takes the first one's values. Salesforce: the second gives way to the first. */
  merge(accountId: string, primary: HostRecordRef, other: HostRecordRef, newId: string): HostRecordRef;
};

/** How far a finished run of the change feed reaches back next time. */
const FEED_OVERLAP_MS = 120_000;
const ALL_EMPTY = Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, null])) as Record<MirrorField, null>;

export function keyOf(ref: HostRecordRef): string {
  return `${ref.objectType}:${ref.recordId}`;
}

export function createMemoryHost(options: MemoryHostOptions): MemoryHost {
  const { clock } = options;
  const traits = options.traits ?? HUBSPOT_LIKE;
  let staleRefusals = 0;
  const accounts = new Map<string, Map<string, MemoryRecord>>();
  const calls: HostCall[] = [];
  const writesTaken = new Map<string, number>();
  const hostNow = options.hostNow ?? (() => clock.now());
  let eventCount = 0;

  const accountOf = (accountId: string): Map<string, MemoryRecord> => {
    const known = accounts.get(accountId) ?? new Map<string, MemoryRecord>();
    accounts.set(accountId, known);
    return known;
  };
  const mustFind = (accountId: string, ref: HostRecordRef): MemoryRecord => {
    const record = accountOf(accountId).get(keyOf(ref));
    if (record === undefined) throw new Error(`no record ${keyOf(ref)} in ${accountId}`);
    return record;
  };
  const emit = (
    accountId: string,
    ref: HostRecordRef,
    kind: HostEvent['kind'],
    rest: Partial<HostEvent> = {},
  ): void => {
    eventCount += 1;
    const at = hostNow();
    options.onEvent?.({ accountId, eventId: `e${eventCount}`, ref, kind, mergedIds: [], byUs: false, at, ...rest });
  };
  const set = (
    record: MemoryRecord,
    values: MirrorValues,
    author: HostFieldEdit['author'],
    authorId: string | null,
  ): boolean => {
    const at = hostNow();
    let changed = false;
    for (const field of MIRROR_FIELD_NAMES) {
      const value = values[field];
      if (value === undefined || value === record.values[field]) continue;
      record.values[field] = value;
      pushHistory(record, { field, value, at, author, authorId });
      changed = true;
    }
    if (changed) touch(record, at);
    if (changed && author === 'person') record.version += 1;
    return changed;
  };
  const touch = (record: MemoryRecord, at: number): void => {
    record.updatedAt = Math.max(record.updatedAt, Math.floor(at / traits.stampMs) * traits.stampMs);
  };
  const pushHistory = (record: MemoryRecord, edit: HostFieldEdit): void => {
    if (!traits.journalled.has(edit.field)) return;
    record.history.push(edit);
    const own = record.history.filter((entry) => entry.field === edit.field);
    const oldest = own[0];
    if (own.length > (options.historyMax ?? 20) && oldest !== undefined)
      record.history.splice(record.history.indexOf(oldest), 1);
  };

  const readOne = (accountId: string, ref: HostRecordRef, history: boolean): RecordRead => {
    const record = accountOf(accountId).get(keyOf(ref));
    if (record === undefined || record.state === 'purged') return { kind: 'missing', ref };
    if (record.mergedInto !== null)
      return { kind: 'merged', ref, into: { objectType: ref.objectType, recordId: record.mergedInto } };
    if (record.state === 'archived') return { kind: 'archived', ref };
    const { values, syncToken, facts, associations, mergedIds, updatedAt } = record;
    return {
      kind: 'live',
      record: {
        ref,
        syncToken,
        version: traits.comparesVersions ? String(record.version) : null,
        values: { ...values },
        facts: { ...facts },
        associations,
        mergedIds: [...mergedIds],
        updatedAt: history ? Math.max(updatedAt, record.history.at(-1)?.at ?? 0) : updatedAt,
        history: history ? [...record.history] : null,
      },
    };
  };
  const writeOne = (accountId: string, write: RecordWrite): WriteOutcome => {
    const record = accountOf(accountId).get(keyOf(write.ref));
    if (record === undefined || record.state !== 'live' || record.mergedInto !== null)
      return { kind: 'failed', ref: write.ref, failure: { kind: 'notFound' } };
    if (traits.comparesVersions && write.baseVersion !== String(record.version)) {
      staleRefusals += 1;
      return { kind: 'failed', ref: write.ref, failure: { kind: 'stale' } };
    }
    const refusal = options.refuses?.(write) ?? null;
    if (refusal !== null) return { kind: 'failed', ref: write.ref, failure: refusal };
    const at = hostNow();
    record.syncToken = write.syncToken;
    record.version += 1;
    touch(record, at);
    const place = `${accountId}|${keyOf(write.ref)}`;
    writesTaken.set(place, (writesTaken.get(place) ?? 0) + 1);
    pushHistory(record, { field: 'syncToken', value: write.syncToken, at, author: 'us', authorId: 'app' });
    if (set(record, write.values, 'us', 'app')) emit(accountId, write.ref, 'changed', { byUs: true });
    return { kind: 'written', ref: write.ref };
  };

  /** One round trip: latency, the fate drawn for it, the effect, latency. */
  const call = async <T>(
    kind: HostCall['kind'],
    connection: ConnectionRef,
    size: { readonly size: number; readonly history?: boolean },
    effect: (fails: (index: number) => HostFailure | null) => T,
  ): Promise<HostResult<T>> => {
    const made: HostCall = { kind, accountId: connection.accountId, size: size.size, history: size.history ?? false };
    calls.push(made);
    const fate = options.fateOf?.(made) ?? { kind: 'normal' };
    const latency = options.latencyMs ?? (() => 0);
    const none = (): null => null;
    const pause = async (): Promise<void> => {
      const delayMs = latency();
      if (delayMs > 0) await clock.sleep(delayMs);
    };
    await pause();
    const timeout = async (): Promise<HostResult<T>> => {
      await clock.sleep(options.clientTimeoutMs ?? 10_000);
      return { ok: false, failure: { kind: 'unknown', detail: 'timed out' } };
    };
    switch (fate.kind) {
      case 'refused':
        return { ok: false, failure: fate.failure };
      case 'lost':
        return timeout();
      case 'answer_lost':
        effect(none);
        return timeout();
      case 'late':
        clock.at(clock.now() + fate.delayMs, () => void effect(none));
        return timeout();
      case 'truncated':
        effect(none);
        await pause();
        return {
          ok: false,
          failure: { kind: kind === 'write' ? 'unknown' : 'malformed', detail: 'truncated answer' },
        };
      case 'cut':
        effect((index) => (index < fate.takesEffect ? null : fate.failure));
        return { ok: false, failure: fate.failure };
      case 'partial':
      case 'normal': {
        const value = effect((index) => (fate.kind === 'partial' && fate.fails(index) ? fate.failure : null));
        await pause();
        return { ok: true, value };
      }
    }
  };

  return {
    host: traits.host,
    batchMax: options.batchMax ?? traits.batchMax,
    calls,
    writesTaken,
    staleRefusals: () => staleRefusals,
    parseDelivery: (body) => JSON.parse(body) as DeliveryParse,
    readRecords: (connection, refs, { history }) =>
      call('read', connection, { size: refs.length, history }, () =>
        refs.map((ref) => readOne(connection.accountId, ref, history)),
      ),
    writeRecords: (connection, writes) =>
      call('write', connection, { size: writes.length }, (fails) =>
        writes.map((write, index): WriteOutcome => {
          const failure = fails(index);
          return failure === null ? writeOne(connection.accountId, write) : { kind: 'failed', ref: write.ref, failure };
        }),
      ),
    listChanges: (connection, request) =>
      call('list', connection, { size: 0 }, () => pageOf([...accountOf(connection.accountId).values()], request)),
    ensureSchema: (connection) =>
      call('schema', connection, { size: 0 }, () => ({ created: [], present: [], listsCreated: [] })),
    describeAccount: (connection) =>
      call('schema', connection, { size: 0 }, () => ({
        accountId: connection.accountId,
        name: connection.accountId,
        uiOrigin: 'https://crm.example',
        timeZone: 'UTC',
        currency: 'EUR',
      })),
    recordOf: (accountId, ref) => accountOf(accountId).get(keyOf(ref)),
    recordsOf: (accountId) => [...accountOf(accountId).values()],
    create(accountId, ref, seed = {}) {
      const record: MemoryRecord = {
        ref,
        values: { ...ALL_EMPTY },
        syncToken: null,
        version: 0,
        history: [],
        facts: seed.facts ?? { name: `Record ${ref.recordId}` },
        associations: seed.associations ?? {},
        mergedIds: [],
        updatedAt: 0,
        state: 'live',
        mergedInto: null,
      };
      touch(record, hostNow());
      accountOf(accountId).set(keyOf(ref), record);
      emit(accountId, ref, 'created');
      return record;
    },
    edit(accountId, ref, values, personId = 'person-1') {
      if (set(mustFind(accountId, ref), values, 'person', personId)) emit(accountId, ref, 'changed');
    },
    archive(accountId, ref) {
      mustFind(accountId, ref).state = 'archived';
      emit(accountId, ref, 'deleted');
    },
    restore(accountId, ref) {
      const record = mustFind(accountId, ref);
      record.state = 'live';
      touch(record, hostNow());
      emit(accountId, ref, 'restored');
    },
    purge(accountId, ref) {
      mustFind(accountId, ref).state = 'purged';
    },
    merge(accountId, primary, other, newId) {
      const [kept, lost] = [mustFind(accountId, primary), mustFind(accountId, other)];
      if (traits.merge === 'into_first') {
        for (const record of accountOf(accountId).values())
          if (record === lost || record.mergedInto === other.recordId) record.mergedInto = primary.recordId;
        touch(kept, hostNow());
        emit(accountId, other, 'deleted');
        emit(accountId, primary, 'changed');
        return primary;
      }
      const into: HostRecordRef = { objectType: primary.objectType, recordId: newId };
      const merged: MemoryRecord = {
        ...kept,
        ref: into,
        values: { ...kept.values },
        history: [...kept.history],
        mergedIds: [...kept.mergedIds, ...lost.mergedIds, primary.recordId, other.recordId],
        updatedAt: hostNow(),
      };
      accountOf(accountId).set(keyOf(into), merged);
      for (const record of accountOf(accountId).values())
        if (record.ref.objectType === into.objectType && merged.mergedIds.includes(record.ref.recordId))
          record.mergedInto = newId;
      emit(accountId, into, 'merged', { mergedIds: merged.mergedIds });
      return into;
    },
  };

  function pageOf(
    records: readonly MemoryRecord[],
    request: { readonly objectType: HostObjectType; readonly stream: string; readonly cursor: string | null },
  ): ChangePage {
    const ofType = records.filter(
      (record) =>
        record.ref.objectType === request.objectType && record.mergedInto === null && record.state !== 'purged',
    );
    const size = options.pageSize ?? 100;
    if (request.stream === 'changed') return changedPage(ofType, request.cursor, size);
    const state = request.stream === 'all' ? 'live' : 'archived';
    const sorted = ofType
      .filter((record) => record.state === state)
      .toSorted((a, b) => (a.ref.recordId < b.ref.recordId ? -1 : 1));
    const rest = sorted.filter((record) => record.ref.recordId > (request.cursor ?? ''));
    const page = rest.slice(0, size);
    return {
      refs: page.map((record) => record.ref),
      cursor: page.at(-1)?.ref.recordId ?? request.cursor ?? '',
      done: rest.length <= size,
      total: request.stream === 'all' ? sorted.length : null,
    };
  }

  /** Keyset over (time, id). A finished run starts the next one early, since the index lags behind. */
  function changedPage(records: readonly MemoryRecord[], cursor: string | null, size: number): ChangePage {
    const [sinceAt, sinceId, startedAt] =
      cursor === null ? [0, '', hostNow()] : (JSON.parse(cursor) as [number, string, number]);
    const begun = startedAt === 0 ? hostNow() : startedAt;
    const visible = records.filter(
      (record) => record.state === 'live' && record.updatedAt + (options.feedLagMs ?? 0) <= hostNow(),
    );
    const rest = visible
      .filter((record) => record.updatedAt > sinceAt || (record.updatedAt === sinceAt && record.ref.recordId > sinceId))
      .toSorted((a, b) => a.updatedAt - b.updatedAt || (a.ref.recordId < b.ref.recordId ? -1 : 1));
    const page = rest.slice(0, size);
    const last = page.at(-1);
    const done = rest.length <= size;
    const next = done
      ? [begun - FEED_OVERLAP_MS, '', 0]
      : [last?.updatedAt ?? sinceAt, last?.ref.recordId ?? sinceId, begun];
    // As on Salesforce: a stamp is open for as long as another change may get it, too.
    const closed = traits.comparesVersions
      ? page.filter(({ updatedAt }) => updatedAt + 2 * traits.stampMs <= hostNow())
      : [];
    const states = new Map(closed.map(({ ref, updatedAt, version }) => [ref.recordId, `${updatedAt}/${version}`]));
    return { refs: page.map((record) => record.ref), states, cursor: JSON.stringify(next), done, total: null };
  }
}
