/** The running portal server's shared state, handed to every route module. */
import type { PracticeBehaviour } from './behaviour.ts';
import type { CallLog } from './call-log.ts';
import type { Database, Table } from './database.ts';
import type { FaultSettings } from './faults.ts';
import type { AppManifest } from './manifest.ts';
import type { Portal } from './portal.ts';
import type { Change, WriteContext } from './portal-change.ts';
import type { RequestBudget } from './request-budget.ts';
import type { Clock, Log, Random } from './world.ts';

interface Install {
  readonly portalId: string;
  readonly appId: number;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly installedAt: number;
}

interface AccessGrant {
  readonly portalId: string;
  readonly appId: number;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

export interface RefreshGrant {
  readonly portalId: string;
  readonly appId: number;
  readonly userId: string;
  readonly scopes: readonly string[];
}

export interface AuthorizationCode extends RefreshGrant {
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
  readonly expiresAt: number;
}

interface Grants {
  readonly installs: Table<Install>;
  readonly accessTokens: Table<AccessGrant>;
  readonly refreshTokens: Table<RefreshGrant>;
  readonly codes: Table<AuthorizationCode>;
}

/** News for the live pages. */
export type PageNews =
  | { readonly type: 'record'; readonly portalId: string; readonly objectType: string; readonly id: string }
  | { readonly type: 'install'; readonly portalId: string };

export interface Practice {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
  readonly apps: readonly AppManifest[];
  /** Origins as the outside knows them, each with the local origin that serves it. */
  readonly publicToLocal: Readonly<Record<string, string>>;
  readonly pagesDir: string | null;
  readonly bundlesDir: string | null;
  readonly portals: Map<string, Portal>;
  readonly grants: Grants;
  readonly calls: CallLog;
  readonly budget: RequestBudget;
  /** Host and port this server listens on; empty until it does. */
  ownHost(): string;
  behaviour(): PracticeBehaviour;
  setBehaviour(next: PracticeBehaviour): void;
  faults(): FaultSettings;
  setFaults(next: FaultSettings): void;
  writer(portal: Portal): WriteContext;
  onChange(listener: (change: Change) => void): void;
  onPageNews(listener: (news: PageNews) => void): () => void;
  announce(news: PageNews): void;
  /** Back to the state the server was started with. */
  reset(): void;
}

/** Host of the pages that show a portal's records. */
export const uiDomainOf = (practice: Practice, portal: Portal): string => portal.profile.uiDomain || practice.ownHost();

export const installKey = (portalId: string, appId: number): string => `${portalId}:${appId}`;

export const isInstalled = (practice: Practice, portalId: string, appId: number): boolean =>
  practice.grants.installs.get(installKey(portalId, appId)) !== undefined;
