/** Row 6: what a manager of 100,000 contracts asks for: standing filters, pages of the register, search, and the totals of the first page. */
import { plainDateIn, addDays } from '../../server/domain/dates.ts';
import { openDatabase } from '../../server/store/prisma/database.ts';
import { systemWorld } from '../support/system-world.ts';
import { type BenchContext, type BenchResult, type BenchRow, figureOf, percentileOf } from './bench-row.ts';
import { cpuPerRequest, cpuText } from './cpu-share.ts';
import { type Client, openClient, signInManager, startMeasuredServer } from './workspace-client.ts';
import { fillDatabase, FULL_SIZE, QUICK_SIZE } from './workspace-data.ts';

const REQUESTS = { full: 200, quick: 20 };
/** Until code is compiled and plans are kept, as in a server that has been asked before. */
const WARM_UP = { full: 60, quick: 10 };
const P99 = 0.99;

type Question = { readonly name: string; readonly path: string; readonly atMostMs: number | null };

function place(key: string): string {
  return Buffer.from(JSON.stringify([key, '80000000-0000-4000-8000-000000000000'])).toString('base64url');
}

function questionsOn(now: number): readonly Question[] {
  const today = plainDateIn('UTC', now);
  const list = (query: Readonly<Record<string, string>>): string =>
    `/v1/contracts?${new URLSearchParams(query).toString()}`;
  const filter = (name: string, query: Readonly<Record<string, string>>) => ({ name, path: list(query), atMostMs: 10 });
  const page = (name: string, query: Readonly<Record<string, string>>) => ({ name, path: list(query), atMostMs: 50 });
  return [
    filter('notice due in 90 days, undecided', { noticeDueBefore: addDays(today, 90), decision: 'undecided' }),
    filter('service level missed', { sla: 'missed' }),
    filter('at risk', { health: 'at_risk' }),
    filter('renewing', { stage: 'renewing' }),
    filter('renewal in 30 days', { renewalFrom: today, renewalTo: addDays(today, 30), sort: 'renewal' }),
    filter('register, first page', {}),
    filter('register, deep page', { after: place(addDays(today, 200)) }),
    page('by title, last first', { sort: 'title', direction: 'descending' }),
    page('by value, deep', { sort: 'value', direction: 'descending', after: place('200000000') }),
    page('by change, deep', { sort: 'updated', direction: 'descending', after: place(String(now - 2_000_000_000)) }),
    page('side and renewal kind', { side: 'sell', renewalKind: 'auto' }),
    page('search, one hit', { text: 'c-2026-004321' }),
    page('search, many hits', { text: 'hosting' }),
    page('search, a counterparty', { text: 'contoso 9 ' }),
    { name: 'totals of the first page', path: '/v1/overview', atMostMs: 25 },
    { name: 'counterparties', path: '/v1/vendors', atMostMs: null },
  ];
}

async function latencies(
  client: Client,
  path: string,
  options: { count: number; cookie: string },
): Promise<readonly number[]> {
  const values: number[] = [];
  for (let index = 0; index < options.count; index += 1)
    values.push(await client.get(path, { cookie: options.cookie }));
  return values;
}

async function measure(context: BenchContext, url: string, workspaceId: string): Promise<BenchResult> {
  const world = systemWorld();
  const database = openDatabase({ url, log: world.log, poolSize: 2 });
  const server = await startMeasuredServer(url);
  const client = openClient(server.port);
  const size = context.quick ? 'quick' : 'full';
  const count = REQUESTS[size];
  try {
    const cookie = await signInManager(database, workspaceId);
    const sources = { server: server.usage, context };
    /** p99 of each run, and what the requests took of the processors. */
    const answersOf = async (path: string) => {
      await latencies(client, path, { count: WARM_UP[size], cookie });
      return await cpuPerRequest(sources, context.runs * count, async () => {
        const runs: number[] = [];
        for (let run = 0; run < context.runs; run += 1)
          runs.push(percentileOf(await latencies(client, path, { count, cookie }), P99));
        return runs;
      });
    };
    const floor = await answersOf('/v1/me');
    const figures: BenchResult['figures'][number][] = [];
    const notes = [`processor time per request: nothing read (/v1/me): ${cpuText(floor.cpu)}`];
    for (const { name, path, atMostMs } of questionsOn(world.clock.now())) {
      if (context.signal.aborted) break;
      context.say(name);
      const { value: runs, cpu } = await answersOf(path);
      notes.push(`${name}: ${cpuText(cpu)}`);
      figures.push(
        figureOf(`${name}, p99`, runs, {
          unit: 'ms',
          // One request runs on one processor at a time, and cannot be over before its work is done.
          limits: [cpu.serverMs + cpu.postgresMs],
          ...(atMostMs === null ? {} : { goal: { kind: 'atMost', value: atMostMs } }),
        }),
      );
    }
    return { figures, notes };
  } finally {
    client.close();
    await server.stop();
    await database.close();
  }
}

export const registerRow: BenchRow = {
  id: '6',
  title: 'Filters, pages and totals in a workspace of 100,000 contracts',
  goal: 'filters and first page: p99 of at most 10 ms; other pages and searches 50 ms; totals 25 ms',
  limit:
    'the processor time that the request takes of server and PostgreSQL, mean of all: requests come one after the other, and each is worked on by one processor at a time',
  run: async (context) => {
    const url = await context.createDatabase();
    context.say('filling a database with contracts');
    const size = context.quick ? QUICK_SIZE : { ...FULL_SIZE, small: { workspaces: 100, contracts: 1000 } };
    const data = await fillDatabase(url, size);
    const [largest] = data.workspaces;
    if (largest === undefined) throw new Error('there is a workspace');
    const { figures, notes } = await measure(context, url, largest.id);
    return {
      figures,
      notes: [
        `${largest.contracts} contracts in the workspace, ${data.contracts} in the database; requests one after the other over HTTP.`,
        ...notes,
      ],
    };
  },
};
