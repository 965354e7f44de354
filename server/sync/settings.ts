/**
 * What the engine is built from. It has no other door to time, chance or the outside than `World`, `CrmPort` and `SyncStore`, so that
 * it runs unchanged on a virtual clock against simulated hosts.
 */
import type { ConnectionRef, CrmPort, Host } from '../crm/port.ts';
import type { BusinessCalendar } from '../domain/calendar.ts';
import type { SharedField } from '../domain/contract.ts';
import type { ConflictPolicy } from '../domain/merge.ts';
import type { SyncStore } from '../store/port.ts';
import type { World } from '../world.ts';

export type EngineSettings = {
  /** Address of a contract's page in the workspace, shown in the CRM. */
  readonly contractUrl: (connection: ConnectionRef, contractId: string) => string;
  /** IANA zone whose midnight starts the workspace's day. */
  readonly timeZoneOf: (workspaceId: string) => Promise<string>;
  readonly conflictPolicyOf: (workspaceId: string) => Promise<Readonly<Record<SharedField, ConflictPolicy>>>;
  /** Whether a backfill links contracts to accounts by exact web domain. */
  readonly linksByDomain: boolean;
  /** Lanes and side jobs worked at the same time by this process. */
  readonly workerCount: number;
  /** The longest wait before looking for work again, should a notification have been missed. */
  readonly pollMs: number;
  /** How soon a newly connected portal is noticed. */
  readonly directoryMs: number;
};

interface CalendarSource {
  /** Null when no such calendar is known; weekends then count alone. */
  find(id: string): Promise<BusinessCalendar | null>;
}

const SYNC_COUNTERS = [
  'deliveries',
  'eventsMarked',
  'echoesIgnored',
  'readCalls',
  'writeCalls',
  'recordsWritten',
  'editsAccepted',
  'conflicts',
  'retries',
  'deadLetters',
  'lanesRested',
  'connectionsParked',
] as const;
export type SyncCounter = (typeof SYNC_COUNTERS)[number];

export interface SyncMetrics {
  count(counter: SyncCounter, amount: number, connection: ConnectionRef | null): void;
  /** From the first mark of a record to the end of the turn that settled it. */
  observeLag(lagMs: number, connection: ConnectionRef): void;
}

/** What a unit of work came to; `marked`: lanes may be due that were not before. */
export type StepEnd = 'idle' | 'worked' | 'marked';

/** Points after which a listener may look or, in a test, stop the process. */
const HOOK_POINTS = ['delivery_finished', 'records_read', 'committed', 'written', 'settled'] as const;
type HookPoint = (typeof HOOK_POINTS)[number];

export type EngineParts = {
  readonly store: SyncStore;
  readonly crm: { readonly [H in Host]?: CrmPort };
  readonly world: World;
  readonly calendars: CalendarSource;
  readonly settings: EngineSettings;
  readonly metrics?: SyncMetrics;
  /** Hosts whose changes are also heard of through a feed (`wake-up.ts`): only those have something to recheck. */
  readonly fedHosts?: readonly Host[];
  /** Told which accounts' cases changed, right after they were saved. */
  readonly onCases?: (connection: ConnectionRef, accountIds: readonly string[]) => void;
  readonly afterHook?: (point: HookPoint, connection: ConnectionRef | null) => Promise<void>;
};
