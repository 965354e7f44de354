/**
 * Reads records in as few calls as the host allows. History costs a smaller batch, so only records that await one of our writes ask
 * for it, unless all of them fit into one call with history anyway or the host's calls hold as many with history. The spare places of the last call with history are filled.
 */
import type { HostFailure, RecordRead } from '../crm/port.ts';
import type { DirtyItem, RecordState } from '../store/port.ts';
import { callPriority, chunksOf, keepLane, refKey, type Turn } from './turn.ts';

type Work = { readonly item: DirtyItem; readonly state: RecordState };
type Call = { readonly work: readonly Work[]; readonly history: boolean };

export type BatchRead<W> = {
  /** Read is null where the host's answer left a record out. Records of calls that failed are absent. */
  readonly reads: readonly (W & { readonly read: RecordRead | null })[];
  /** Why reading stopped early. */
  readonly failure: HostFailure | null;
};

export async function readBatch(
  turn: Turn,
  work: readonly Work[],
  mode: 'as_needed' | 'with_history' = 'as_needed',
): Promise<BatchRead<Work>> {
  const reads: (Work & { readonly read: RecordRead | null })[] = [];
  for (const call of planCalls(work, turn.port.batchMax, mode)) {
    if (!(await keepLane(turn))) return { reads: [], failure: null };
    turn.parts.metrics?.count('readCalls', 1, turn.connection);
    const answer = await turn.port.readRecords(
      turn.connection,
      call.work.map(({ state }) => state.ref),
      {
        history: call.history,
        priority: callPriority(
          call.work.map(({ item }) => item),
          false,
        ),
      },
    );
    if (!answer.ok) return { reads, failure: answer.failure };
    const byKey = new Map(answer.value.map((read) => [refKey(refOf(read)), read]));
    for (const entry of call.work) reads.push({ ...entry, read: byKey.get(refKey(entry.state.ref)) ?? null });
  }
  return { reads, failure: null };
}

export function planCalls(
  work: readonly Work[],
  batchMax: { readonly read: number; readonly readWithHistory: number },
  mode: 'as_needed' | 'with_history',
): readonly Call[] {
  const withHistory = (entries: readonly Work[]): readonly Call[] =>
    chunksOf(entries, batchMax.readWithHistory).map((chunk) => ({ work: chunk, history: true }));
  const isFree = batchMax.readWithHistory >= batchMax.read;
  if (mode === 'with_history' || isFree || work.length <= batchMax.readWithHistory) return withHistory(work);
  const awaiting = work.filter(({ state }) => state.intents.length > 0);
  const plain = work.filter(({ state }) => state.intents.length === 0);
  const spare = (batchMax.readWithHistory - (awaiting.length % batchMax.readWithHistory)) % batchMax.readWithHistory;
  return [
    ...withHistory([...awaiting, ...plain.slice(0, spare)]),
    ...chunksOf(plain.slice(spare), batchMax.read).map((chunk) => ({ work: chunk, history: false })),
  ];
}

function refOf(read: RecordRead): DirtyItem['ref'] {
  return read.kind === 'live' ? read.record.ref : read.ref;
}
