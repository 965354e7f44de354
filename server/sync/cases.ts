/**
 * Support cases: read only. Tickets of a vendor's account become cases whose response times the SLA results count (domain §7.4). They
 * have no mirror; the facts read last are the facts. A case that was deleted or merged into another counts no more.
 */
import type { HostRecord } from '../crm/port.ts';
import type { DirtyItem, HostCase, Settlement } from '../store/port.ts';
import {
  callPriority,
  chunksOf,
  done,
  keepLane,
  LEASE_LOST,
  OK,
  retryOrDie,
  settleAll,
  type Turn,
  type TurnEnd,
} from './turn.ts';

export async function readCases(turn: Turn, items: readonly DirtyItem[]): Promise<TurnEnd> {
  for (const chunk of chunksOf(items, turn.port.batchMax.read)) {
    if (!(await keepLane(turn))) return LEASE_LOST;
    turn.parts.metrics?.count('readCalls', 1, turn.connection);
    const refs = chunk.map((item) => item.ref);
    const options = { history: false, priority: callPriority(chunk, false) };
    const answer = await turn.port.readRecords(turn.connection, refs, options);
    if (!answer.ok) {
      const only = chunk.length === 1 ? chunk[0] : undefined;
      const isForRecord = answer.failure.kind === 'malformed' || answer.failure.kind === 'rejected';
      if (only !== undefined && isForRecord) await settleAll(turn, [retryOrDie(turn, only, answer.failure)]);
      return { kind: 'failed', failure: answer.failure };
    }
    // Cases have no revision: a late answer must not replace what the lane's new holder has read since.
    if (!(await keepLane(turn))) return LEASE_LOST;
    const live = answer.value.flatMap((read) => (read.kind === 'live' ? [toCase(read.record)] : []));
    const touched = await turn.parts.store.saveCases(
      turn.connection,
      live.filter((hostCase) => hostCase !== null),
      answer.value.flatMap((read) => (read.kind === 'live' ? [] : [read.ref])),
    );
    if (touched.length > 0) turn.parts.onCases?.(turn.connection, touched);
    const settled = await settleAll(
      turn,
      chunk.map((item): Settlement => done(item)),
    );
    if (settled.kind !== 'ok') return settled;
  }
  return OK;
}

/** Null when the host does not say when the case was opened: without that, no clock can run. */
export function toCase(record: HostRecord): HostCase | null {
  const openedAt = instantOf(record.facts['openedAt']);
  if (openedAt === null) return null;
  return {
    ref: record.ref,
    accountIds: record.associations.account ?? [],
    subject: record.facts['subject'] ?? null,
    priority: record.facts['priority'] ?? null,
    openedAt,
    respondedAt: instantOf(record.facts['respondedAt']),
    closedAt: instantOf(record.facts['closedAt']),
  };
}

function instantOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^\d{1,16}$/.test(text)) return null;
  return Number(text);
}
