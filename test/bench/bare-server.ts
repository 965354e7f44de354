/** A bare Node HTTP server that reads each request and answers 204: what the machine can take in without doing anything with it. */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  if (request.url === '/readyz') return void response.writeHead(200).end();
  request.resume().on('end', () => response.writeHead(204).end());
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
