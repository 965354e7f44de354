/**
 * What this process's sweeps have marked already. A feed of changes names records again within its overlap, because a transaction may
 * commit late; a record that is named in the very state in which it was marked before needs no second reading. Kept in memory alone: a
 * process that starts anew reads once more than it would need to.
 */
import type { ChangePage, ConnectionRef, HostRecordRef } from '../crm/port.ts';
import { refKey } from './turn.ts';

/** Of all connections together: a few megabytes. What is forgotten is read once more. */
const STATES_KEPT_MAX = 20_000;

type Page = Pick<ChangePage, 'refs' | 'states'>;

export type SweepMemory = {
  /** The records of a page that are new or in another state than when they were marked. */
  news(connection: ConnectionRef, page: Page): readonly HostRecordRef[];
  /** To be told of a page once its marks are durable. */
  learn(connection: ConnectionRef, page: Page): void;
};

export function createSweepMemory(keptMax = STATES_KEPT_MAX): SweepMemory {
  const kept = new Map<string, string>();
  const keyOf = ({ connectionId }: ConnectionRef, ref: HostRecordRef): string => `${connectionId}/${refKey(ref)}`;
  return {
    news: (connection, { refs, states }) =>
      refs.filter((ref) => {
        const state = states?.get(ref.recordId);
        return state === undefined || kept.get(keyOf(connection, ref)) !== state;
      }),
    learn(connection, { refs, states }) {
      for (const ref of refs) {
        const key = keyOf(connection, ref);
        const state = states?.get(ref.recordId);
        kept.delete(key);
        if (state !== undefined) kept.set(key, state);
      }
      for (const key of kept.keys()) {
        if (kept.size <= keptMax) return;
        kept.delete(key);
      }
    },
  };
}
