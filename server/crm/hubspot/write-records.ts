/**
 * Writes properties to many records in one call, and says for each what became of it. HubSpot answers a batch with 200 (all written), 207
 * (some), or one error for all. In the last case the batch is split until the culprits stand alone, so that one record with a customer's
 * own validation rule never holds up the others. Writing is repeatable: setting a property to the value it has changes nothing.
 */
import type {
  CallOptions,
  ConnectionRef,
  HostFailure,
  HostRecordRef,
  HostResult,
  RecordWrite,
  WriteOutcome,
} from '../port.ts';
import { objectsPath } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { failureOfPart } from './failures.ts';
import { toHubSpotProperties } from './fields.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { SYNC_TOKEN_PROPERTY } from './properties.ts';
import { BATCH_WRITE } from './wire.ts';
import type { ErrorBody } from './wire.ts';

export const WRITE_BATCH_MAX = 100;
/** One culprit among 100 costs 14 more calls; beyond this the rest of the batch waits for its next turn. */
export const SPLIT_CALLS_MAX = 40;

const NOT_ISOLATED: HostFailure = { kind: 'unavailable', retryAfterMs: null, detail: 'batch_not_isolated' };

type Input = {
  readonly ref: HostRecordRef;
  readonly traceId: string;
  readonly properties: Readonly<Record<string, string>>;
};
type Writing = { readonly api: HubSpotApi; readonly connection: ConnectionRef };

/** One outcome per write. A failure of the call as a whole (limits, token, outage) is returned as such when nothing was written yet. */
export async function writeRecords(
  writing: Writing,
  writes: readonly RecordWrite[],
  options: CallOptions,
): Promise<HostResult<readonly WriteOutcome[]>> {
  if (writes.length > WRITE_BATCH_MAX)
    throw new RangeError(`At most ${WRITE_BATCH_MAX} records can be written at once.`);
  if (new Set(writes.map((write) => write.ref.objectType)).size > 1)
    throw new TypeError('One write takes one object type.');
  const outcomes: WriteOutcome[] = [];
  const inputs: Input[] = [];
  for (const write of writes) {
    const mapped = toHubSpotProperties(write.values);
    if (mapped.ok)
      inputs.push({
        ref: write.ref,
        traceId: write.syncToken,
        properties: { ...mapped.properties, [SYNC_TOKEN_PROPERTY]: write.syncToken },
      });
    else outcomes.push({ kind: 'failed', ref: write.ref, failure: mapped.failure });
  }
  const pending: (readonly Input[])[] = inputs.length === 0 ? [] : [inputs];
  // A limit or an outage met on the way is no reason to knock again for each remaining part.
  let stopped: HostFailure | null = null;
  for (let calls = 0; pending.length > 0; calls += 1) {
    const group = pending.shift() ?? [];
    if (calls > SPLIT_CALLS_MAX) stopped = NOT_ISOLATED;
    if (stopped !== null) {
      outcomes.push(...failAll(group, stopped));
      continue;
    }
    const result = await writeGroup(writing, group, options);
    if (result.kind === 'split') pending.push(...halves(group));
    else if (result.kind === 'parts') outcomes.push(...result.outcomes);
    else if (calls === 0) return { ok: false, failure: result.failure };
    else {
      stopped = result.failure;
      outcomes.push(...failAll(group, stopped));
    }
  }
  return { ok: true, value: outcomes };
}

type GroupResult =
  | { readonly kind: 'parts'; readonly outcomes: readonly WriteOutcome[] }
  | { readonly kind: 'split' }
  | { readonly kind: 'failed'; readonly failure: HostFailure };

async function writeGroup(
  { api, connection }: Writing,
  group: readonly Input[],
  options: CallOptions,
): Promise<GroupResult> {
  const [first] = group;
  if (first === undefined) return { kind: 'parts', outcomes: [] };
  const result = await api.request(
    connection,
    {
      operation: 'objects.batchUpdate',
      effect: 'write',
      method: 'POST',
      path: objectsPath(HUBSPOT_OBJECTS[first.ref.objectType].path, '/batch/update'),
      json: {
        inputs: group.map(({ ref, traceId, properties }) => ({
          id: ref.recordId,
          objectWriteTraceId: traceId,
          properties,
        })),
      },
    },
    BATCH_WRITE,
    options,
  );
  if (result.ok) {
    const { results, errors } = result.value.value;
    return { kind: 'parts', outcomes: toOutcomes(group, new Set(results.map((part) => part.id)), errors ?? []) };
  }
  const { failure } = result;
  if (failure.kind !== 'rejected' && failure.kind !== 'notFound') return { kind: 'failed', failure };
  return group.length === 1 ? { kind: 'parts', outcomes: failAll(group, failure) } : { kind: 'split' };
}

/** Errors name their input by the trace id we gave it, or by the record's id. */
function toOutcomes(
  group: readonly Input[],
  written: ReadonlySet<string>,
  errors: readonly ErrorBody[],
): readonly WriteOutcome[] {
  const failures = new Map<string, HostFailure>();
  for (const entry of errors) {
    const context = entry.context ?? {};
    for (const key of [...(context['objectWriteTraceId'] ?? []), ...(context['ids'] ?? []), ...(context['id'] ?? [])]) {
      failures.set(key, failureOfPart(entry));
    }
  }
  return group.map(({ ref, traceId }): WriteOutcome => {
    if (written.has(ref.recordId)) return { kind: 'written', ref };
    const failure = failures.get(traceId) ?? failures.get(ref.recordId) ?? { kind: 'unknown', detail: 'not_answered' };
    return { kind: 'failed', ref, failure };
  });
}

function halves(group: readonly Input[]): readonly (readonly Input[])[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}

function failAll(group: readonly Input[], failure: HostFailure): readonly WriteOutcome[] {
  return group.map(({ ref }) => ({ kind: 'failed', ref, failure }));
}
