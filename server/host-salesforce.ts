/** Salesforce as this server talks to it: port, OAuth, change feed and rows, put together from the app's settings. */
import type { SalesforceSettings } from './config.ts';
import { createSalesforceAdapter } from './crm/salesforce/adapter.ts';
import { createSalesforceApi } from './crm/salesforce/api.ts';
import { createSalesforceClient } from './crm/salesforce/client.ts';
import { createContractRows } from './crm/salesforce/contract-rows.ts';
import { writeCardSecret } from './crm/salesforce/named-credential.ts';
import { createSalesforceOAuth } from './crm/salesforce/oauth.ts';
import { createPubSubFeed } from './crm/salesforce/pubsub/feed.ts';
import { createSessionSource } from './crm/salesforce/session-source.ts';
import { callMetrics, type HostParts, type HostSurroundings, meteredGate } from './host-parts.ts';
import { oauthCallbackPath } from './http/oauth-flow.ts';

export function composeSalesforce(settings: SalesforceSettings, surroundings: HostSurroundings): HostParts {
  const { world, store, metrics, publicUrl } = surroundings;
  const oauth = createSalesforceOAuth({
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    redirectUri: `${publicUrl}${oauthCallbackPath('salesforce')}`,
    loginUrl: settings.loginUrl,
    world,
  });
  const sessions = createSessionSource({ vault: store.vault, oauth, world });
  const calls = { world, gate: meteredGate(surroundings), sessions, metrics: callMetrics(metrics) };
  const adapter = createSalesforceAdapter(calls);
  const api = createSalesforceApi({ ...calls, client: createSalesforceClient(), clock: world.clock });
  return {
    oauth,
    port: adapter,
    rows: createContractRows(adapter, (contractId) => `${publicUrl}/contracts/${contractId}`),
    feed: createPubSubFeed({ endpoint: settings.pubSubEndpoint, sessions, world }),
    keepAlive: async (connection) => {
      const kept = await sessions.keepAlive(connection);
      if (kept.ok) return;
      const { connectionId } = connection;
      world.log.warn({ connectionId, failure: kept.failure.kind }, 'the tokens of an idle org could not be renewed');
    },
    writeCardSecret: (connection, secret) =>
      writeCardSecret({ api, connection, options: { priority: 'interactive' } }, secret),
  };
}
