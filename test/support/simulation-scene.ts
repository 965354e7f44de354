/** What one simulated schedule consists of while it runs. */
import type { ConnectionRef, Host, HostRecordRef } from '../../server/crm/port.ts';
import type { PlainDate, SharedField } from '../../server/domain/contract.ts';
import type { ConflictPolicy } from '../../server/domain/merge.ts';
import { plainDateIn } from '../../server/domain/dates.ts';
import type { MemoryHost, MemoryRecord } from './memory-host.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Deployment, FaultCounts, FaultMix, WakeUpMix } from './simulation-faults.ts';
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

/** One vendor: its host, the trouble with it, and how far its events got. */
export type Side = {
  readonly host: MemoryHost;
  readonly mix: FaultMix;
  /** What becomes of its calls and events. */
  readonly random: SeededRandom;
  readonly wakeUps: WakeUpMix;
  /** Until when every portal's daily quota is used up. */
  quotaGoneUntil: number;
  /** Until when its events are lost on the way: the feed overflowed, or the day's events are used up. */
  deafUntil: number;
  /** Number of the newest event that arrived. */
  newestEvent: number;
};

export type Scene = {
  readonly clock: VirtualClock;
  readonly sides: readonly Side[];
  readonly policies: Readonly<Record<SharedField, ConflictPolicy>>;
  readonly store: MemoryStore;
  readonly random: SeededRandom;
  /** Draws for what only schedules with a chosen cast have. */
  readonly extra: SeededRandom;
  readonly mix: FaultMix;
  readonly deployment: Deployment;
  readonly counts: FaultCounts;
  readonly connections: readonly ConnectionRef[];
  readonly edits: Edit[];
  /** Links made and ended, records archived, restored and merged. */
  changesMade: number;
  /** Questions that people have answered. */
  answersGiven: number;
  /** Records that were without any link at some time: nothing is promised about edits of them. */
  readonly unlinkedOnce: Set<string>;
  /** Faults happen only before this is set. */
  healed: boolean;
  /** Writes by record, and changes and conflicts in all, when that was. */
  atHealing: { readonly writes: ReadonlyMap<string, number>; readonly events: number };
  /** Every process is gone, and stays so. */
  isOutage: boolean;
  /** Tells the running processes that there is work. */
  wake: () => void;
  /** Whether anybody is there to take a webhook. */
  isListening: () => boolean;
  nextDay: number;
  readonly trace: (line: string) => void;
};

function sideOf({ sides }: Pick<Scene, 'sides'>, host: Host): Side {
  const side = sides.find((candidate) => candidate.host.host === host);
  if (side === undefined) throw new Error(`nobody plays ${host}`);
  return side;
}

export function hostOf(scene: Scene, connection: ConnectionRef): MemoryHost {
  return sideOf(scene, connection.host).host;
}

export function todayOf(scene: Scene): PlainDate {
  return plainDateIn('UTC', scene.clock.now());
}

export function allRecords(
  scene: Scene,
): readonly { readonly connection: ConnectionRef; readonly record: MemoryRecord }[] {
  return scene.connections.flatMap((connection) =>
    sideOf(scene, connection.host)
      .host.recordsOf(connection.accountId)
      .map((record) => ({ connection, record })),
  );
}
