/** The server's HTTP side on a free port, in a process of its own, so that whoever measures it takes none of its time. Says its port to its parent and ends with it. */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { composeServer } from '../../server/compose.ts';
import { createLog } from '../../server/log.ts';
import { createRealWorld } from '../../server/real-world.ts';
import { BENCH_CLIENT_SECRET, BENCH_ORIGIN, BENCH_SESSION_SECRET } from './workspace-client.ts';

/** The rate limits of a person are not what is measured. */
const UNLIMITED = { perAddress: 100_000_000, perUser: 100_000_000, perWorkspace: 100_000_000 };

const [databaseUrl = ''] = process.argv.slice(2);
const server = composeServer(
  {
    databaseUrl,
    masterKeys: { currentId: 'bench', keys: { bench: new Uint8Array(32).fill(7) } },
    hubspot: {
      clientId: 'bench',
      clientSecret: BENCH_CLIENT_SECRET,
      clientSecretPrevious: null,
      appId: '4242',
      apiBase: 'http://127.0.0.1:1',
      authorizeUrl: 'http://127.0.0.1:1/oauth/authorize',
    },
    signedOrigin: BENCH_ORIGIN,
    http: {
      publicUrl: BENCH_ORIGIN,
      allowedOrigins: [BENCH_ORIGIN],
      mode: 'live',
      trustedProxies: 0,
      metricsToken: null,
      sessionSecret: BENCH_SESSION_SECRET,
      pagesDir: null,
      rateLimits: UNLIMITED,
    },
  },
  createRealWorld(createLog({ level: 'warn' })),
);
const door = createServer(server.listener);
door.listen(0, '127.0.0.1', () => {
  const address = door.address() as AddressInfo;
  process.send?.({ port: address.port });
});
process.once('disconnect', () => process.exit(0));
