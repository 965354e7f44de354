/**
 * What single reads have told about absent records, kept only while a batch has not been answered in full. Looking at 100 absent records one
 * by one can take more calls than the budget has; without this each new attempt would begin at the first of them and never end.
 */
import type { Clock } from '../../world.ts';
import type { ConnectionRef, HostRecordRef } from '../port.ts';

const ABSENCE_KEPT_MS = 60_000;
const ABSENCES_MAX = 10_000;

/** `gone`: the single read found nothing either. */
export type Absence = { readonly kind: 'gone' } | { readonly kind: 'merged'; readonly intoId: string };

export interface AbsenceMemo {
  /** Hands out what was kept, once. */
  take(connection: ConnectionRef, ref: HostRecordRef): Absence | null;
  keep(connection: ConnectionRef, found: ReadonlyMap<HostRecordRef, Absence>): void;
}

export function createAbsenceMemo(clock: Clock): AbsenceMemo {
  const kept = new Map<string, { readonly absence: Absence; readonly at: number }>();
  const keyOf = (connection: ConnectionRef, ref: HostRecordRef): string =>
    [connection.workspaceId, connection.connectionId, ref.objectType, ref.recordId].join('/');
  return {
    take(connection, ref) {
      const key = keyOf(connection, ref);
      const entry = kept.get(key);
      kept.delete(key);
      return entry === undefined || clock.now() - entry.at > ABSENCE_KEPT_MS ? null : entry.absence;
    },
    keep(connection, found) {
      for (const [ref, absence] of found) {
        const [oldest] = kept.keys();
        if (oldest !== undefined && kept.size >= ABSENCES_MAX) kept.delete(oldest);
        kept.set(keyOf(connection, ref), { absence, at: clock.now() });
      }
    },
  };
}
