/** The running org's shared state, handed to every module that acts on it. */
import type { CallLog } from '../hubspot/call-log.ts';
import type { Database, Table } from '../hubspot/database.ts';
import type { Clock, Log, Random } from '../hubspot/world.ts';
import type { ApexHandler } from './apex-bridge.ts';
import type { PracticeBehaviour } from './behaviour.ts';
import type { FaultSettings } from './faults.ts';
import type { FieldValue } from './field-value.ts';
import type { Schema } from './object-definition.ts';
import type { OrgChange } from './org-change.ts';
import type { PackageSource } from './package-source.ts';
import type { PageNews } from './page-wire.ts';
import type { RecordStore } from './record-store.ts';
import type { ConnectedApp, OrgProfile } from './running-org.ts';

/** What the org knows of a user beside the User record. */
interface Member {
  readonly userId: string;
  readonly isAdmin: boolean;
  readonly permissionSets: readonly string[];
  readonly theme: 'light' | 'dark';
  readonly density: 'comfy' | 'compact';
}

export interface Session {
  readonly userId: string;
  readonly familyId: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds; moved on by every call. */
  readonly expiresAt: number;
}
interface RefreshGrant {
  readonly userId: string;
  readonly familyId: string;
  readonly scopes: readonly string[];
  readonly usedAt: number;
  /** Rotated out: presenting it again ends the family. */
  readonly spent: boolean;
}
interface AuthorizationCode {
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly expiresAt: number;
}
interface Grants {
  readonly sessions: Table<Session>;
  readonly refreshTokens: Table<RefreshGrant>;
  readonly codes: Table<AuthorizationCode>;
}

export interface HistoryEntry {
  readonly field: string;
  readonly oldValue: FieldValue;
  readonly newValue: FieldValue;
  readonly at: number;
  readonly userId: string;
  readonly client: string | null;
}

/** Rows of a query that wait to be fetched. */
export interface Cursor {
  readonly userId: string;
  readonly rows: readonly unknown[];
  readonly batchSize: number;
  usedAt: number;
}

export interface BulkJob {
  readonly id: string;
  readonly kind: 'query' | 'ingest';
  readonly operation: string;
  readonly object: string;
  readonly state: 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Aborted' | 'Failed';
  readonly createdById: string;
  readonly createdAt: number;
  readonly query: string | null;
  readonly externalIdFieldName: string | null;
  readonly columnDelimiter: string;
  readonly lineEnding: string;
  readonly client: string | null;
  readonly polls: number;
  readonly upload: string | null;
  readonly errorMessage: string | null;
  /** Query: the rows. Ingest: the rows that were saved. */
  readonly results: readonly Readonly<Record<string, string>>[];
  readonly failures: readonly Readonly<Record<string, string>>[];
  readonly unprocessed: readonly Readonly<Record<string, string>>[];
  readonly columns: readonly string[];
}

export interface PracticeOrg {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
  readonly profile: OrgProfile;
  /** 18 characters. */
  readonly orgId: string;
  readonly adminId: string;
  readonly app: ConnectedApp;
  readonly publicToLocal: Readonly<Record<string, string>>;
  readonly namedCredentials: Readonly<Record<string, string>>;
  readonly pagesDir: string | null;
  readonly apex: ApexHandler | null;
  readonly records: RecordStore;
  readonly members: Table<Member>;
  readonly grants: Grants;
  readonly history: Table<readonly HistoryEntry[]>;
  readonly counters: Table<number>;
  /** Key: external credential, principal; value: parameters with their secrets. */
  readonly credentials: Table<Readonly<Record<string, string>>>;
  readonly jobs: Table<BulkJob>;
  readonly cursors: Map<string, Cursor>;
  readonly refreshing: Set<string>;
  readonly lockedRows: Set<string>;
  readonly calls: CallLog;
  /** Calls in the last 24 hours, this one included. */
  readonly apiUsage: { take(): number; used(): number; clear(): void };
  schema(): Schema;
  /** The package while it is installed, null otherwise. */
  installedPackage(): PackageSource | null;
  setInstalled(installed: boolean): void;
  /** Origin of this server. */
  instanceUrl(): string;
  behaviour(): PracticeBehaviour;
  setBehaviour(change: Partial<PracticeBehaviour>): void;
  faults(): FaultSettings;
  setFaults(change: Partial<FaultSettings>): void;
  emit(change: OrgChange): void;
  onChange(listener: (change: OrgChange) => void): () => void;
  announce(news: PageNews): void;
  onPageNews(listener: (news: PageNews) => void): () => void;
  /** Back to the state the server was started with. */
  reset(): void;
}

/** The next number of a counter, from 1. */
export function nextNumber(org: PracticeOrg, counter: string): number {
  const next = (org.counters.get(counter) ?? 0) + 1;
  org.counters.put(counter, next);
  return next;
}
