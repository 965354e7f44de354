/** One run: a fresh workspace with its portals, and every command done to the system and to the model, seen and compared. */
import { randomUUID } from 'node:crypto';
import { Disagreement, createWorlds, type PossibleWorlds } from './possible-worlds.ts';
import type { Command } from './model-commands.ts';
import { authorise, type ModelSystem } from './model-system.ts';
import { addDays, plainDateIn } from '../../server/domain/dates.ts';
import type { PlainDate } from '../../server/domain/contract.ts';
import {
  type Moment,
  newRecord,
  type PortalName,
  PORTALS,
  recordAt,
  recordKey,
  type RecordModel,
  type Shown,
} from './possible-world.ts';
import { portalView } from './portal-view.ts';
import { at } from '../support/practice.ts';
import type { Answer } from './model-system.ts';

/** The zone of every practice portal of a run, and so of its workspace. */
const ZONE = 'America/New_York';
const TURNS_MAX = 3_000;
const HOPS_MAX = 400;
/** Longer than every job's interval but the daily check's. */
const JOBS_MS = 16 * 60_000;
const DAY_MS = 86_400_000;

export type Run = {
  readonly system: ModelSystem;
  readonly worlds: PossibleWorlds;
  readonly portalIds: Readonly<Record<PortalName, string>>;
  readonly workspaceId: string;
  readonly cookie: string;
  /** Keys of records and ids of contracts, in the order of their making. */
  readonly records: string[];
  readonly contracts: string[];
  moment(): Moment;
  /** Time goes on a little, so that no two acts are of one instant. */
  tick(): void;
  /** The record as its portal shows it now. */
  shown(key: string): { readonly shown: Shown; readonly author: RecordModel['author'] };
  page(method: 'GET' | 'POST', target: string, body?: unknown): Promise<Answer>;
  card(method: 'GET' | 'POST', key: string, target: string, body?: unknown): Promise<Answer>;
};

const RECORDS_MADE = [
  { portal: 'A', type: 'opportunity' },
  { portal: 'A', type: 'opportunity' },
  { portal: 'A', type: 'account' },
  { portal: 'B', type: 'opportunity' },
  { portal: 'B', type: 'opportunity' },
] as const;

export async function beginRun(system: ModelSystem): Promise<Run> {
  const { clock } = system;
  const [a, b] = await system.takePortals();
  const portalIds = { A: a, B: b };
  const made: RecordModel[] = [];
  for (const { portal, type } of RECORDS_MADE) {
    const name = type === 'account' ? { name: 'An account' } : { dealname: 'A deal' };
    const route = `/objects/${PLURALS[type]}`;
    const answer = await system.person('POST', portalIds[portal], route, { properties: name });
    made.push(newRecord({ portal, type, id: String(at(answer.body, 'id')) }));
  }
  await authorise(system, a, null);
  const connection = await system.server().services.parts.workspaces.findConnectionOfAccount('hubspot', a);
  if (connection === null) throw new Error('the portal is connected');
  const cookie = await system.signIn(connection.workspaceId);
  const contractUrl = (contractId: string): string => `${system.origin()}/contracts/${contractId}`;
  const records = Object.fromEntries(made.map((record) => [recordKey(record), record]));
  const first = { contracts: {}, records, conflicts: [], connected: { A: true, B: false } };
  const run: Run = {
    system,
    worlds: createWorlds(first, { contractUrl }),
    portalIds,
    workspaceId: connection.workspaceId,
    cookie,
    records: made.map(recordKey),
    contracts: [],
    moment: () => ({ now: clock.now(), asOf: plainDateIn(ZONE, clock.now()) }),
    tick: () => clock.advanceTo(clock.now() + 1_000),
    shown: (key) =>
      portalView(system, portalIds[recordAt(run.worlds.any(), key).portal], recordAt(run.worlds.any(), key)),
    page: (method, target, body) =>
      system.request(target, {
        method,
        headers: {
          cookie,
          ...(method === 'GET' ? {} : { origin: system.origin(), 'x-counterpart-request': '1' }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    card: (method, key, target, body) => {
      const { portal } = recordAt(run.worlds.any(), key);
      const query = new URLSearchParams({
        userId: '77',
        portalId: portalIds[portal],
        userEmail: 'rep@example.com',
        appId: '4242',
      });
      return system.signed(method, `${target}?${query.toString()}`, body);
    },
  };
  await rest(run, 'due');
  return run;
}

export const PLURALS = { opportunity: 'deals', account: 'companies' } as const;

/** What a request was answered, in short: `ok`, or the code and reason of the refusal. */
export function answered({ status, body }: Answer): string {
  if (status === 200 || status === 201) return 'ok';
  const reason = at(body, 'reason');
  const code = at(body, 'code');
  if (typeof code !== 'string') throw new Disagreement(`an answer without a code: ${status} ${JSON.stringify(body)}`);
  return reason === undefined ? code : `${code} ${typeof reason === 'string' ? reason : JSON.stringify(reason)}`;
}

/** Does what is due until nothing is, with the clock going on from one to the next. */
async function drain(run: Run): Promise<void> {
  const { system } = run;
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    let turns = 0;
    while (await system.server().engine.turn()) {
      turns += 1;
      if (turns > TURNS_MAX) throw new Disagreement('the engine finds no rest');
    }
    const due = await system.server().store.sync.nextDueAt(system.clock.now());
    if (due === null) return;
    system.clock.advanceTo(Math.max(due, system.clock.now() + 1));
  }
  throw new Disagreement('work stays due');
}

/**
 * Lets the engine finish. `due`: what is due, and what finds changes of which nothing was told; `jobs`: also every job that runs within
 * a quarter of an hour.
 */
export async function rest(run: Run, until: 'due' | 'jobs'): Promise<void> {
  const { system, worlds } = run;
  await drain(run);
  if (system.untold.size > 0) {
    worlds.mayHaveStepped(run.moment());
    // Only the daily check finds a merge of which nothing was told.
    const isLong = system.untold.has('merge');
    system.clock.advanceTo(isLong ? noonAfter(system.clock.now(), 1) : system.clock.now() + JOBS_MS);
    system.untold.clear();
    await drain(run);
  }
  if (until === 'jobs') {
    system.clock.advanceTo(system.clock.now() + JOBS_MS);
    await drain(run);
  }
  worlds.hasRested(run.moment(), until === 'jobs' ? 'done' : 'open');
}

/** Noon in the portals' zone, so that no quarter of an hour crosses midnight by itself. */
export const noonAfter = (now: number, days: number): number =>
  Math.floor(now / DAY_MS) * DAY_MS + days * DAY_MS + 16 * 3_600_000;

export const dayFrom = (run: Run, days: number): PlainDate => addDays(run.moment().asOf, days);

/** Delivers what portals have told, as one request per portal. */
export async function deliver(run: Run, order: 'in_order' | 'reversed' | 'twice' | 'half'): Promise<void> {
  const { system } = run;
  const { held } = system;
  const due = held.splice(0, order === 'half' ? Math.ceil(held.length / 2) : held.length);
  const arranged = order === 'reversed' ? due.toReversed() : due;
  for (const portal of PORTALS) {
    const events = arranged.filter(({ portalId }) => portalId === run.portalIds[portal]).map(({ event }) => event);
    for (let start = 0; start < events.length; start += EVENTS_PER_REQUEST_MAX) {
      const body = events.slice(start, start + EVENTS_PER_REQUEST_MAX);
      const times = order === 'twice' ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        const answer = await system.signed('POST', '/webhooks/hubspot', body);
        if (answer.status !== 204) throw new Disagreement(`a webhook was answered ${answer.status}`);
        system.clock.advanceTo(system.clock.now() + 1);
      }
    }
  }
}
const EVENTS_PER_REQUEST_MAX = 100;

/** The whole of a run: every command, then rest, then a look at everything. */
export async function runCommands(system: ModelSystem, commands: readonly Command[], act: ActCommand): Promise<void> {
  await system.forgetConnections();
  await system.restart();
  const run = await beginRun(system);
  for (const command of commands) await act.command(run, command);
  run.tick();
  await deliver(run, 'in_order');
  await rest(run, 'jobs');
  await act.verify(run, 'jobs');
}
type ActCommand = {
  readonly command: (run: Run, command: Command) => Promise<void>;
  readonly verify: (run: Run, after: 'jobs') => Promise<void>;
};

export const newKey = (): string => randomUUID();

export type DoCommand<A extends Command['act']> = (run: Run, command: Extract<Command, { act: A }>) => Promise<void>;
