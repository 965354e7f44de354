/** What the machine can do at best, measured on the spot: one durable commit, one bare round trip, rows copied into a table. */
import { Agent, createServer, request } from 'node:http';
import { Client } from 'pg';
import { median, percentileOf } from './bench-row.ts';

const ROUNDS_FULL = 200;
const ROUNDS_QUICK = 20;
const P99 = 0.99;

export type Floors = {
  /** Median milliseconds of one committed insert of one row. */
  readonly commitMs: number;
  /** What one in a hundred of them takes longer than. */
  readonly commitP99Ms: number;
  /** Median milliseconds of one request over a kept connection on the loopback interface. */
  readonly roundTripMs: number;
};

export async function measureFloors(databaseUrl: string, quick: boolean): Promise<Floors> {
  const rounds = quick ? ROUNDS_QUICK : ROUNDS_FULL;
  const commits = await commitTimes(databaseUrl, rounds);
  return {
    commitMs: median(commits),
    commitP99Ms: percentileOf(commits, P99),
    roundTripMs: await roundTripMs(rounds),
  };
}

async function commitTimes(url: string, rounds: number): Promise<readonly number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, body text)');
  const times = await timesOf(rounds, () =>
    client.query('INSERT INTO bench_floor (body) VALUES ($1)', ['x'.repeat(200)]),
  );
  await client.query('DROP TABLE bench_floor');
  await client.end();
  return times;
}

async function roundTripMs(rounds: number): Promise<number> {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', method: 'POST', agent }, (response) =>
        response.resume().on('end', resolve),
      );
      outgoing.on('error', reject).end('x'.repeat(300));
    });
  const times = await timesOf(rounds, once);
  agent.destroy();
  await new Promise((resolve) => server.close(resolve));
  return median(times);
}

async function timesOf(rounds: number, once: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await once();
    times.push(performance.now() - startedAt);
  }
  return times;
}
