/** HubSpot's OAuth as installing and signing in need it: tokens, portal and person in one step, and the end of it all. */
import type { OAuthHost } from '../oauth-host.ts';
import type { HubSpotOAuth } from './oauth.ts';
import { REQUIRED_SCOPES } from './scopes.ts';

/** Addresses HubSpot may be returned to after an install that began in its marketplace. */
const HUBSPOT_RETURN = /^https:\/\/app(-[a-z0-9]{2,6})?\.hubspot\.com\//;

export function createHubSpotOAuthHost(oauth: HubSpotOAuth): OAuthHost {
  return {
    host: 'hubspot',
    requiredScopes: REQUIRED_SCOPES,
    onlyAdminsAuthorise: true,
    createVerifier: () => oauth.createVerifier(),
    acceptLoginHost: () => null,
    saysNotInstalled: () => false,
    mayReturnTo: (url) => HUBSPOT_RETURN.test(url),
    authorizeUrl: ({ state, verifier }) => oauth.authorizeUrl({ state, verifier }),
    exchange: async ({ code, verifier }) => {
      const granted = await oauth.exchange({ code, verifier });
      if (!granted.ok) return granted;
      const { accountId, userId, ...credential } = granted.value;
      // Who it was is told by another endpoint; without its answer the install goes on and the person has no address yet.
      const inspected = await oauth.introspect(credential.accessToken);
      const told = inspected.ok ? inspected.value : null;
      return {
        ok: true,
        value: {
          credential,
          accountId,
          accountName: told?.accountDomain ?? null,
          user: { id: userId, email: told?.userEmail ?? null, name: null, locale: null },
        },
      };
    },
    // The app is taken out of the portal first, while a token still works; then the refresh token is ended.
    end: async (credential) => {
      const fresh = await oauth.refresh(credential);
      const current = fresh.ok ? fresh.value : credential;
      const removed = await oauth.uninstall(current.accessToken);
      const ended = await oauth.revoke(current.refreshToken);
      return removed.ok && ended.ok ? 'uninstalled' : 'unreachable';
    },
  };
}
