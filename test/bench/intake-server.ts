/**
 * The server's door without its engine: what taking webhooks in costs by itself. Reads the environment of a live server; says yes to
 * `/readyz` at once, because the real answer waits for an engine.
 */
import { composeServer } from '../../server/compose.ts';
import { parseConfig } from '../../server/config.ts';
import { RATE_LIMITS_DEFAULT } from '../../server/http/dependencies.ts';
import { listen } from '../../server/http/server.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';

const parsed = parseConfig(process.env);
if (!parsed.ok || parsed.config.mode !== 'live') throw new Error(parsed.ok ? 'live mode only' : parsed.message);
const { config } = parsed;
const world = createRealWorld(createLog({ level: config.logLevel }));
const server = composeServer(
  {
    databaseUrl: config.databaseUrl,
    masterKeys: { currentId: 'main', keys: { main: config.masterKey } },
    hubspot: config.hubspot,
    signedOrigin: config.publicUrl,
    http: {
      publicUrl: config.publicUrl,
      allowedOrigins: [config.publicUrl],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: config.sessionSecret,
      pagesDir: null,
      rateLimits: RATE_LIMITS_DEFAULT,
    },
  },
  world,
);
const opened = await listen({
  port: config.port,
  bindAddress: config.bindAddress,
  clock: world.clock,
  handle: (request, response) =>
    request.url === '/readyz' ? void response.writeHead(200).end() : server.listener(request, response),
});
if (!opened.ok) throw new Error(`Port ${config.port} is in use`);
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
