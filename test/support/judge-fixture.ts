/** Records and readings for tests of judging, without a host or a store. */
import type { HostFieldEdit, HostRecord } from '../../server/crm/port.ts';
import { WEEKENDS_CALENDAR } from '../../server/domain/calendar.ts';
import type { PlainDate } from '../../server/domain/contract.ts';
import { MIRROR_FIELD_NAMES, type MirrorField, type MirrorValues } from '../../server/domain/mirror.ts';
import { wantedValues } from '../../server/domain/wanted-values.ts';
import type { LinkedContract, Mirror, RecordState } from '../../server/store/port.ts';
import { type JudgeContext, type Judgement, judgeRecord } from '../../server/sync/judge-record.ts';
import { day, deal, portal, sampleContract, sampleLinked } from './simulation-world.ts';

const TODAY: PlainDate = day('2026-11-23');
export const NOW = Date.parse('2026-11-23T10:00:00Z');
export const REF = deal('1');

export const CONTEXT: JudgeContext = {
  connection: portal('w1', 'a'),
  now: NOW,
  asOf: TODAY,
  freshToken: 'fresh',
  eventId: 'event-1',
  conflictPolicy: { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' },
  wanted: (linked) =>
    wantedValues(linked, {
      asOf: TODAY,
      calendarOf: () => WEEKENDS_CALENDAR,
      contractUrl: (id) => `https://counterpart.example/contracts/${id}`,
    }),
};

export function linkedAt(
  changedAt: number,
  change: Parameters<typeof sampleContract>[1] = {},
  id = 'one',
): LinkedContract {
  return sampleLinked(sampleContract(id, change), changedAt);
}

/** All fields, as the host reports a record whose fields were never set. */
export function emptyValues(): MirrorValues {
  return Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, null]));
}

/** A record that showed exactly what its contracts call for when it was last read, at `checkedAt`. */
export function agreedState(linked: readonly LinkedContract[], change: Partial<Mirror> = {}): RecordState {
  const { leadContractId, values } = CONTEXT.wanted(linked);
  const mirror: Mirror = {
    revision: 3,
    leadContractId,
    base: { ...emptyValues(), ...values },
    syncToken: 't1',
    historyCheckedAt: 1_000,
    hostUpdatedAt: 1_000,
    lastAgreedAt: NOW,
    state: 'live',
    facts: {},
    asked: {},
    ...change,
  };
  return { ref: REF, mirror, intents: [], contracts: linked, hasTombstones: false };
}

export function reading(state: RecordState, change: MirrorValues, rest: Partial<HostRecord> = {}): HostRecord {
  return {
    ref: state.ref,
    syncToken: state.mirror?.syncToken ?? null,
    version: null,
    values: { ...emptyValues(), ...state.mirror?.base, ...change },
    facts: {},
    associations: {},
    mergedIds: [],
    updatedAt: 2_000,
    history: [],
    ...rest,
  };
}

export function edit(
  field: MirrorField | 'syncToken',
  value: string | null,
  at: number,
  author: 'us' | 'person' = 'person',
): HostFieldEdit {
  return { field, value, at, author, authorId: author === 'us' ? 'app' : 'person-9' };
}

export function judge(state: RecordState, record: HostRecord, context: Partial<JudgeContext> = {}): Judgement {
  return judgeRecord(state, { kind: 'live', record }, { ...CONTEXT, ...context });
}

/** The commit of a judgement that must have one. */
export function committed(judgement: Judgement): Extract<Judgement, { kind: 'commit' }> {
  if (judgement.kind !== 'commit') throw new Error(`the judgement is ${judgement.kind}`);
  return judgement;
}
