/** Where an org's API answers and with which token: what every caller of an org needs, REST and Pub/Sub alike. */
import type { ConnectionRef, HostResult } from '../port.ts';

export type Session = {
  readonly accessToken: string;
  /** Origin, as the token endpoint last named it: an org that moves gets another one (validated, see `oauth.ts`). */
  readonly instanceUrl: string;
};

export interface SessionSource {
  /** The session as last stored. It may have ended: Salesforce says so only by refusing it. */
  session(connection: ConnectionRef): Promise<HostResult<Session>>;
  /** A session newer than the one with `staleToken`, which the org has just refused. One refresh at a time per connection, over all processes. */
  renewed(connection: ConnectionRef, staleToken: string): Promise<HostResult<Session>>;
}
