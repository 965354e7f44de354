/**
 * What installing and signing in need of a CRM, the same for every host: where to send the browser, what its code is worth, and how to
 * end it again. The account and the person are what the host's token and identity endpoints say, never what the callback says.
 */
import type { Credential } from './credentials.ts';
import type { Host, HostResult } from './port.ts';

/** Code of a rejection that ends when the app is installed into the account. */
export const APP_NOT_INSTALLED = 'APP_NOT_INSTALLED';

export type HostGrant = {
  readonly credential: Credential;
  /** HubSpot portal id or 18-character Salesforce org id. */
  readonly accountId: string;
  /** How the account calls itself, where the host says so at this point. */
  readonly accountName: string | null;
  readonly user: {
    readonly id: string | null;
    readonly email: string | null;
    readonly name: string | null;
    readonly locale: 'en' | 'zh-CN' | null;
  };
};

/** One trip of a browser to the consent page and back. */
export type ConsentTrip = {
  /** PKCE verifier (RFC 7636), made by `createVerifier` and kept until the callback. */
  readonly verifier: string;
  /** Host name of the sign-in page that the administrator asked for; null takes the usual one. */
  readonly loginHost: string | null;
};

export interface OAuthHost {
  readonly host: Host;
  createVerifier(): string;
  /** The sign-in host as a request names it, or null when nobody may be sent there; hosts with a single sign-in page take none. */
  acceptLoginHost(text: string): string | null;
  /** Where to send the browser. `state` is the caller's, bound to its browser and single use. */
  authorizeUrl(trip: ConsentTrip & { readonly state: string }): string;
  /** `authRevoked` or `rejected`: the code is not worth anything; a rejection as `APP_NOT_INSTALLED` names the account that lacks the app. */
  exchange(trip: ConsentTrip & { readonly code: string }): Promise<HostResult<HostGrant>>;
  /** Whether this `error` of the callback says that the account lacks the app, which no sign-in can mend. */
  saysNotInstalled(error: string): boolean;
  /** Addresses of the CRM that a browser may be sent back to after an install that began there. */
  mayReturnTo(url: string): boolean;
  /** Ends the app's access there, as far as the host answers. */
  end(credential: Credential): Promise<'uninstalled' | 'unreachable'>;
  /**
   * Whether whoever can authorise the app there may also connect the account. Where anybody can, the grant of somebody who only signs in does not
   * take the place of the one that the connection works with, unless that is their own.
   */
  readonly onlyAdminsAuthorise: boolean;
  /** What an account has to have granted, to be shown as missing where it has not. */
  readonly requiredScopes: readonly string[];
}
