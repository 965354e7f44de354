import { once } from 'node:events';
import { createServer } from 'node:net';

/** An address on this machine at which nobody listens any more. */
export async function closedOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${address.port}`;
}
