/** What one simulated schedule consists of while it runs. */
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import type { PlainDate, SharedField } from '../../server/domain/contract.ts';
import { plainDateIn } from '../../server/domain/dates.ts';
import type { MemoryHost, MemoryRecord } from './memory-host.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Deployment, FaultCounts, FaultMix } from './simulation-faults.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type Edit =
  | { readonly kind: 'ours_field'; readonly connectionId: string; readonly ref: HostRecordRef; readonly value: string }
  | {
      readonly kind: 'host';
      readonly connectionId: string;
      readonly ref: HostRecordRef;
      /** The contract whose number the record showed; null when it showed none. */
      readonly contractId: string | null;
      readonly field: SharedField;
      readonly parent: string | null;
      readonly value: string | null;
    }
  | {
      readonly kind: 'card';
      readonly contractId: string;
      readonly field: SharedField;
      readonly parent: string | null;
      readonly value: string | null;
    };

export type Scene = {
  readonly clock: VirtualClock;
  readonly host: MemoryHost;
  readonly store: MemoryStore;
  readonly random: SeededRandom;
  readonly mix: FaultMix;
  readonly deployment: Deployment;
  readonly counts: FaultCounts;
  readonly connections: readonly ConnectionRef[];
  readonly edits: Edit[];
  /** Links made and ended, records archived, restored and merged. */
  changesMade: number;
  /** Records that were without any link at some time: nothing is promised about edits of them. */
  readonly unlinkedOnce: Set<string>;
  /** Faults happen only before this is set. */
  healed: boolean;
  /** Every process is gone, and stays so. */
  isOutage: boolean;
  /** Until when every portal's daily quota is used up. */
  quotaGoneUntil: number;
  /** Tells the running processes that there is work. */
  wake: () => void;
  /** Whether anybody is there to take a webhook. */
  isListening: () => boolean;
  /** Number of the newest event that arrived. */
  newestEvent: number;
  nextDay: number;
  readonly trace: (line: string) => void;
};

export function todayOf(scene: Scene): PlainDate {
  return plainDateIn('UTC', scene.clock.now());
}

export function allRecords(
  scene: Scene,
): readonly { readonly connection: ConnectionRef; readonly record: MemoryRecord }[] {
  return scene.connections.flatMap((connection) =>
    scene.host.recordsOf(connection.accountId).map((record) => ({ connection, record })),
  );
}
