/**
 * What the HTTP layer asks of durable storage about people, sessions and installed portals. Sign-in secrets are kept as hashes only.
 */
import type { ConnectionRef, Host, HostObjectType, HostRecordRef } from '../crm/port.ts';
import type { ConflictPolicies, ConnectionRow, WorkspaceRow } from './contract-port.ts';
import type { BackfillState } from './port.ts';

export const ROLES = ['rep', 'manager', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export type UserRow = {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly locale: 'en' | 'zh-CN';
  readonly lastSeenAt: number | null;
  readonly disabled: boolean;
};

export type HostUser = { readonly host: Host; readonly accountId: string; readonly userId: string };

export type SessionRow = { readonly workspace: WorkspaceRow; readonly user: UserRow; readonly expiresAt: number };

type OauthStateRow = {
  readonly codeVerifier: string;
  readonly workspaceId: string | null;
  readonly returnPath: string | null;
  readonly loginHost: string | null;
};

export type Install = {
  readonly host: Host;
  readonly accountId: string;
  /** Until the host has described itself. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly installedBy: string | null;
  /** The host's own id of the user whose grant it is, where the host says it. */
  readonly grantedBy?: string | null;
  readonly at: number;
  /** The workspace of the person who began the install while signed in; null joins or makes the portal's own. */
  readonly workspaceId: string | null;
  /** Whoever authorises means to connect: a connection that works begins anew too, and so finds what is missing. */
  readonly renews?: boolean;
};

export type InstallResult =
  | {
      readonly kind: 'installed';
      readonly connection: ConnectionRef;
      readonly newWorkspace: boolean;
      /**
       * What becomes of the grant. `begins`: the connection begins with it, anew where there was one. `replaces`: it takes the place of the
       * former grant of the same person, and what works goes on. `unused`: somebody only signs in.
       */
      readonly grant: 'begins' | 'replaces' | 'unused';
    }
  /** The portal belongs to another workspace. */
  | { readonly kind: 'taken' };

export type ConnectionHealthRow = {
  readonly connection: ConnectionRow;
  readonly timeZone: string | null;
  readonly currency: string | null;
  readonly installedAt: number;
  readonly installedBy: string | null;
  readonly scopes: readonly string[];
  readonly backfill: BackfillState | null;
  readonly budgets: readonly {
    readonly bucket: string;
    readonly tokens: number;
    readonly capacity: number;
    readonly windowMs: number;
    readonly refilledAt: number;
    readonly blockedUntil: number | null;
    readonly dailyLimit: number | null;
    readonly dailyRemaining: number | null;
  }[];
  readonly dirty: number;
  readonly oldestDirtySince: number | null;
  readonly deadLetters: number;
  readonly links: number;
  readonly lastAgreedAt: number | null;
  /** When the account's change feed last moved on; null where there is no feed. */
  readonly lastHeardAt: number | null;
  /** Whether the account is known to hold the secret of its cards. */
  readonly hasCardSecret: boolean;
  readonly openConflicts: number;
};

export type CardSecretRow = { readonly secretHash: string; readonly state: 'pending' | 'current' };

export type DeadLetterRow = {
  readonly connection: ConnectionRow;
  readonly objectType: HostObjectType;
  readonly recordId: string;
  readonly recordName: string | null;
  readonly failure: string;
  readonly detail: string;
  readonly attempts: number;
  readonly since: number;
};

export type AdminEvent = {
  readonly workspaceId: string;
  readonly actor: string;
  readonly action: string;
  readonly subjectType: string | null;
  readonly subjectId: string | null;
  readonly detail: Readonly<Record<string, string | number | null>>;
  readonly at: number;
};
export type AdminEventRow = {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly detail: string | null;
  readonly at: number;
};

export interface WorkspaceStore {
  findUserOfHost(workspaceId: string, hostUser: HostUser): Promise<UserRow | null>;
  /** Finds by host user id, then by email, else adds with the given role; remembers when they were last seen. */
  ensureUser(
    workspaceId: string,
    user: {
      readonly hostUser: HostUser | null;
      readonly email: string;
      readonly name: string | null;
      readonly locale: 'en' | 'zh-CN' | null;
      readonly roleIfNew: Role;
      readonly at: number;
    },
  ): Promise<UserRow>;
  listUsers(workspaceId: string): Promise<readonly UserRow[]>;
  /** `last_admin`: the change would leave the workspace without an admin. */
  changeRole(workspaceId: string, userId: string, role: Role): Promise<'changed' | 'not_found' | 'last_admin'>;
  changeLocale(workspaceId: string, userId: string, locale: 'en' | 'zh-CN'): Promise<void>;

  /** Kept together with the event that says who did it. */
  changeConflictPolicy(policy: ConflictPolicies, event: AdminEvent): Promise<void>;

  createSession(
    workspaceId: string,
    session: { readonly userId: string; readonly tokenHash: string; readonly at: number; readonly expiresAt: number },
  ): Promise<void>;
  findSession(workspaceId: string, tokenHash: string, at: number): Promise<SessionRow | null>;
  revokeSession(workspaceId: string, tokenHash: string, at: number): Promise<void>;

  saveOauthState(state: {
    readonly stateHash: string;
    readonly host: Host;
    readonly browserHash: string;
    readonly codeVerifier: string;
    readonly workspaceId: string | null;
    readonly returnPath: string | null;
    readonly loginHost: string | null;
    readonly at: number;
    readonly expiresAt: number;
  }): Promise<void>;
  /** Single use: a second call finds nothing, and so does one from another browser, for another host or after the end. */
  takeOauthState(request: {
    readonly host: Host;
    readonly stateHash: string;
    readonly browserHash: string;
    readonly at: number;
  }): Promise<OauthStateRow | null>;

  /** Claims the portal, parked until its tokens are kept and the engine may begin. */
  install(install: Install): Promise<InstallResult>;
  /** What the host says of itself; a new workspace takes its name, zone and currency from its first portal. */
  describeConnection(
    connection: ConnectionRef,
    account: {
      /** `null` keeps the name. */
      readonly name: string | null;
      readonly uiOrigin: string;
      readonly timeZone: string;
      readonly currency: string;
      readonly newWorkspace: boolean;
    },
    at: number,
  ): Promise<void>;
  findConnectionOfAccount(host: Host, accountId: string): Promise<ConnectionRef | null>;
  getConnection(workspaceId: string, connectionId: string): Promise<ConnectionRef | null>;
  listConnectionHealth(workspaceId: string): Promise<readonly ConnectionHealthRow[]>;
  /** Tokens erased, work queued for it removed, state `disconnected`; contracts and their history stay. */
  eraseConnection(connection: ConnectionRef, at: number): Promise<void>;

  /** What an account's cards may call us with, as hashes: the ones that it has, and one that it is being given. */
  listCardSecrets(connection: ConnectionRef): Promise<readonly CardSecretRow[]>;
  /** From now on this one is taken too. */
  addCardSecret(connection: ConnectionRef, secretHash: string, at: number): Promise<void>;
  /** The account has it: every other one ends. */
  confirmCardSecret(connection: ConnectionRef, secretHash: string): Promise<void>;

  listDeadLetters(
    workspaceId: string,
    connectionId: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly DeadLetterRow[]; readonly total: number }>;
  /** Puts dead letters back into the queue with attempts at zero; null replays all of the connection. */
  replay(workspaceId: string, connectionId: string, refs: readonly HostRecordRef[] | null, at: number): Promise<number>;

  recordAdminEvent(event: AdminEvent): Promise<void>;
  listAdminEvents(workspaceId: string, beforeId: string | null, limit: number): Promise<readonly AdminEventRow[]>;
  /** Removes what a workspace keeps for a while only; gives how many rows went. */
  expire(workspaceId: string, at: number): Promise<number>;
  /** The same for deliveries and consent pages, of all workspaces. */
  expireRouting(at: number): Promise<number>;
  /** For readiness: one trivial statement. */
  ping(): Promise<void>;
}
