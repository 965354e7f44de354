/** What the HTTP layer is given by the composition root. It builds nothing itself and reads no environment. */
import type { CredentialVault } from '../crm/credentials.ts';
import type { OAuthHost } from '../crm/oauth-host.ts';
import type { ConnectionRef, CrmPort, Host } from '../crm/port.ts';
import type { Metrics } from '../metrics.ts';
import type { CardSecrets } from '../services/card-secrets.ts';
import type { EventHub } from '../services/event-hub.ts';
import type { Services } from '../services/services.ts';
import type { SyncStore } from '../store/port.ts';
import type { WorkspaceStore } from '../store/workspace-port.ts';
import type { World } from '../world.ts';

export type HttpSettings = {
  /** Origin that signatures, cookies and redirects are built from; never taken from a request. */
  readonly publicUrl: string;
  /** Origins the workspace pages may be served under; unsafe requests must come from one of them. */
  readonly allowedOrigins: readonly string[];
  readonly mode: 'practice' | 'live';
  readonly trustedProxies: number;
  readonly metricsToken: string | null;
  readonly sessionSecret: string;
  /** Folder of the built workspace pages; null serves none. */
  readonly pagesDir: string | null;
  readonly rateLimits: RateLimits;
};

/** Requests per minute. */
export type RateLimits = { readonly perAddress: number; readonly perUser: number; readonly perWorkspace: number };
export const RATE_LIMITS_DEFAULT: RateLimits = { perAddress: 1200, perUser: 600, perWorkspace: 3000 };

/** What the browser flow of an install needs: the CRMs that this server is an app of, and where what they grant is kept. */
type OAuthParts = {
  readonly hosts: { readonly [H in Host]?: OAuthHost };
  readonly vault: CredentialVault;
  readonly setState: SyncStore['setConnectionState'];
  /** Prepares what the account's own cards need to call us, once its tokens are kept. It may fail without the install failing. */
  readonly afterInstall: (connection: ConnectionRef) => Promise<void>;
};

export type SignatureCheck = (request: {
  readonly method: string;
  readonly target: string;
  readonly body: Uint8Array;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
}) => { readonly valid: true; readonly digest: string } | { readonly valid: false; readonly reason: string };

interface EngineSignals {
  /** Deliveries were stored, or records became due: look now instead of at the next poll. */
  readonly wake: (work: 'deliveries' | 'records') => void;
  /** Whether the worker loop has turned recently. */
  isTurning(): boolean;
}

export type HttpDependencies = {
  readonly settings: HttpSettings;
  readonly world: World;
  readonly metrics: Metrics;
  readonly services: Services;
  readonly workspaces: WorkspaceStore;
  readonly deliveries: Pick<SyncStore, 'acceptDelivery'>;
  readonly crm: Partial<Record<Host, CrmPort>>;
  readonly checkSignature: SignatureCheck;
  readonly cardSecrets: Pick<CardSecrets, 'fits'>;
  readonly oauth: OAuthParts;
  readonly engine: EngineSignals;
  readonly events: EventHub;
  /** Gives a practice visitor an admin of the seeded workspace; null outside practice mode, where its route does not exist. */
  readonly practiceSignIn: (() => Promise<{ readonly workspaceId: string; readonly userId: string } | null>) | null;
};
