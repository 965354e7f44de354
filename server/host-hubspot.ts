/** HubSpot as this server talks to it: port and OAuth, put together from the app's settings. */
import type { HubSpotSettings } from './config.ts';
import { createHubSpotAdapter } from './crm/hubspot/adapter.ts';
import { createHubSpotOAuthHost } from './crm/hubspot/oauth-host.ts';
import { createHubSpotOAuth } from './crm/hubspot/oauth.ts';
import { createTokenSource } from './crm/hubspot/token-source.ts';
import { callMetrics, type HostParts, type HostSurroundings, meteredGate } from './host-parts.ts';
import { oauthCallbackPath } from './http/oauth-flow.ts';

export function composeHubSpot(settings: HubSpotSettings, surroundings: HostSurroundings): HostParts {
  const { world, store, metrics, publicUrl } = surroundings;
  const oauth = createHubSpotOAuth({
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    redirectUri: `${publicUrl}${oauthCallbackPath('hubspot')}`,
    baseUrl: settings.apiBase,
    authorizeUrl: settings.authorizeUrl,
    world,
  });
  return {
    oauth: createHubSpotOAuthHost(oauth),
    port: createHubSpotAdapter({
      baseUrl: settings.apiBase,
      appId: settings.appId,
      world,
      gate: meteredGate(surroundings),
      tokens: createTokenSource({ vault: store.vault, oauth, world }),
      metrics: callMetrics(metrics),
    }),
  };
}
