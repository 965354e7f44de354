/**
 * Keeps the names, domains and associations of records that nothing need link yet: what a search by name finds, what two CRMs are
 * compared by. The first reading of a CRM keeps those of all records; afterwards each sweep keeps those of records it meets for the first time.
 */
import type { CallPriority, ConnectionRef, CrmPort, HostFailure, HostRecordRef } from '../crm/port.ts';
import type { EngineParts } from './settings.ts';
import { chunksOf, STORE_BATCH_MAX } from './turn.ts';

type Source = { readonly connection: ConnectionRef; readonly port: CrmPort };

/** @returns why not all could be read; what was read before that is kept. */
export async function saveFactsOf(
  parts: EngineParts,
  { connection, port }: Source,
  { refs, priority }: { readonly refs: readonly HostRecordRef[]; readonly priority: CallPriority },
): Promise<HostFailure | null> {
  for (const chunk of chunksOf(refs, port.batchMax.read)) {
    const answer = await port.readRecords(connection, chunk, { history: false, priority });
    if (!answer.ok) return answer.failure;
    const live = answer.value.flatMap((read) => (read.kind === 'live' ? [read.record] : []));
    const facts = live.map((record) => ({ ref: record.ref, facts: record.facts, associations: record.associations }));
    await parts.store.saveFacts(connection, facts);
  }
  return null;
}

/**
 * Nothing before the first reading has ended, which comes to these records anyway. A record that cannot be read now is met again when it
 * changes or somebody opens its card.
 */
export async function saveFactsOfNew(
  parts: EngineParts,
  source: Source,
  refs: readonly HostRecordRef[],
): Promise<void> {
  const comparable = refs.filter(({ objectType }) => objectType !== 'case');
  for (const chunk of chunksOf(comparable, STORE_BATCH_MAX)) {
    const unknown = await parts.store.listUnknown(source.connection, chunk);
    if (unknown.length === 0) continue;
    if ((await parts.store.readBackfill(source.connection))?.phase !== 'done') return;
    if ((await saveFactsOf(parts, source, { refs: unknown, priority: 'sweep' })) !== null) return;
  }
}
