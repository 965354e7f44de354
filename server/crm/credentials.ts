/**
 * What the adapters need from the place where tokens are kept. The vault encrypts; adapters see plain tokens only in memory and never
 * log them.
 */
import type { ConnectionRef } from './port.ts';

/** Tokens of one connection. HubSpot may rotate the refresh token on each use, so only the latest one counts. */
export type Credential = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Epoch ms at which the host stops taking the access token. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  /** Origin at which this connection's API answers, as its token endpoint last named it; absent where a host has one for everybody. */
  readonly instanceUrl?: string;
};

export interface CredentialVault {
  /** Null when the connection has none, for example after an uninstall. */
  read(connection: ConnectionRef): Promise<Credential | null>;
  /** Durable when it resolves: a refreshed token is stored before it is used. */
  write(connection: ConnectionRef, credential: Credential): Promise<void>;
  delete(connection: ConnectionRef): Promise<void>;
  /** Runs `work` while no other process runs one for the same connection. */
  withRefreshLock<T>(connection: ConnectionRef, work: () => Promise<T>): Promise<T>;
}
