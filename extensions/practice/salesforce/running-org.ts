/** What starting a practice org takes and gives: the org as its starter, a test or a neighbouring simulator sees it from inside. */
import type { Clock, Log, Random } from '../hubspot/world.ts';
import type { ApexHandler } from './apex-bridge.ts';
import type { PracticeBehaviour } from './behaviour.ts';
import type { FaultSettings } from './faults.ts';
import type { FieldValues } from './field-value.ts';
import type { OrgSeed } from './load-org.ts';
import type { Schema } from './object-definition.ts';
import type { OrgChange } from './org-change.ts';

/** An external client app that may ask for access to the org. */
export interface ConnectedApp {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** The app comes with the package, so that only an org with the package can let it in; true unless told. */
  readonly installedByPackage?: boolean;
}

export interface OrgProfile {
  /** 15 characters; answers carry the 18-character form. */
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
  /** Language and locale of the org, such as `en_US` or `zh_CN`. */
  readonly language: string;
  readonly locale: string;
  readonly isSandbox: boolean;
  readonly organizationType: string;
}

export interface PracticeSalesforceOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** Where state is kept between runs; null keeps it in memory. */
  readonly dataDir: string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly org: OrgProfile;
  readonly app: ConnectedApp;
  /** Root of the package source, the folder that holds `objects`; null stands for an org without the package's objects. */
  readonly packageDir: string | null;
  /** Whether the package is there when the org is new; true unless told. */
  readonly installed?: boolean;
  /** Public https origins and the local origins that serve them, for callouts. */
  readonly publicToLocal?: Readonly<Record<string, string>>;
  /** Address of each named credential by developer name with prefix, such as `counterpart__Counterpart`. */
  readonly namedCredentials?: Readonly<Record<string, string>>;
  readonly behaviour?: Partial<PracticeBehaviour>;
  readonly faults?: Partial<FaultSettings>;
  /** Data of a new org, and again on reset. */
  readonly seed?: () => OrgSeed;
  readonly pagesDir?: string | null;
  readonly apex?: ApexHandler;
}

/** A person at work in the org's pages; every act throws an `OrgRefusal` where the org would refuse it. */
export interface PeopleActs {
  /** Gives the new record's 18-character id. `userId` is the admin unless told; `stampedAt` back-dates the commit (epoch ms). */
  create(objectName: string, values: FieldValues, by?: ActOptions): string;
  edit(objectName: string, recordId: string, values: FieldValues, by?: ActOptions): void;
  delete(objectName: string, recordId: string, by?: ActOptions): void;
  undelete(objectName: string, recordId: string, by?: ActOptions): void;
  /** Accounts only: children move to the master, the others go to the bin with `MasterRecordId` set. */
  merge(objectName: string, masterId: string, mergedIds: readonly string[], by?: ActOptions): void;
}
export interface ActOptions {
  readonly userId?: string;
  readonly stampedAt?: number;
}

/** A running practice org. */
export interface PracticeSalesforce {
  readonly url: string;
  /** 18 characters. */
  readonly orgId: string;
  readonly app: ConnectedApp;
  /** 18-character id of the system administrator. */
  readonly adminId: string;
  /** Logs in and presses Allow as the user (the admin unless told); gives the address the browser is sent to. */
  approve(authorizeUrl: string, userId?: string): string;
  readonly people: PeopleActs;
  /** A stored record by 15- or 18-character id, deleted ones too, as the system sees it. */
  record(objectName: string, recordId: string): FieldValues | undefined;
  /** Objects as they are now. */
  schema(): Schema;
  /** Calls the listener after each commit, event by event; gives back what ends it. */
  onChange(listener: (change: OrgChange) => void): () => void;
  /** The user of a live session, for neighbours that take the same access tokens. */
  session(accessToken: string): { readonly userId: string } | undefined;
  setBehaviour(change: Partial<PracticeBehaviour>): void;
  setFaults(change: Partial<FaultSettings>): void;
  /** Rows that writers meet locked: `UNABLE_TO_LOCK_ROW` until unlocked. */
  lockRows(recordIds: readonly string[]): void;
  unlockRows(): void;
  installPackage(): void;
  /** Removes the package's objects, fields and data, and ends every grant of the app. */
  uninstallPackage(): void;
  /** Replaces a user's permission sets, API names with prefix. */
  assignPermissionSets(userId: string, permissionSets: readonly string[]): void;
  /** The secret that was stored for a principal of an external credential; undefined when there is none. */
  credential(externalCredential: string, parameter: string): string | undefined;
  /** Approvals of the app by a user that have not ended, as under Connected Apps OAuth Usage. */
  grantsOf(userId: string): number;
  /** Ends every access token, as a session timeout would. */
  expireSessions(): void;
  /** Ends every refresh token, as an admin does under Connected Apps OAuth Usage. */
  revokeGrants(): void;
  apiCallCounts(): readonly {
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly count: number;
  }[];
  /** Puts rows in as if they had always been there, without triggers or events. */
  load(seed: OrgSeed): void;
  stop(): Promise<void>;
}
