/** What runs by the clock, on four servers with one PostgreSQL: once for all of them, and by another one when its runner is gone. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionRef, CrmPort } from '../../server/crm/port.ts';
import type { SyncStore } from '../../server/store/port.ts';
import { createSchedule, type Schedule } from '../../server/sync/schedule.ts';
import { linkedContract } from '../conformance/store-battery-fixture.ts';
import { addConnection, addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { TEST_SETTINGS } from '../support/engine-harness.ts';
import { createMemoryHost } from '../support/memory-host.ts';
import { insertContract, insertLink } from '../support/store-rows.ts';

const database = useDatabase();
/** Ten minutes before midnight, so that each run meets a new day. */
const START = Date.UTC(2026, 10, 20, 23, 50);
const MINUTE_MS = 60_000;
const STEP_MS = 30_000;
const STEPS_PER_TURN_MAX = 50;
/** Every server looks at each job at least this often, and a lease outlasts a job's interval by half a minute. */
const TAKE_OVER_MS_MAX = { sweep: 3 * MINUTE_MS, archive: 12 * MINUTE_MS } as const;

const world = testWorld(START);
let connection: ConnectionRef;
type Run = { readonly job: 'sweep' | 'archive' | 'check' | 'roll'; readonly server: string; readonly at: number };
let runs: Run[] = [];
let servers = new Map<string, Schedule>();

beforeEach(async () => {
  world.setNow(START);
  runs = [];
  servers = new Map();
  const store = database.openStore(world);
  await database.admin.query('TRUNCATE workspace, host_account CASCADE');
  connection = await addConnection(store.database, await addWorkspace(store.database));
  const linked = linkedContract();
  await insertContract(store.database, connection.workspaceId, linked);
  await insertLink(store, connection, { objectType: 'opportunity', recordId: '1' }, linked.contract.id);
  const done = { phase: 'done', read: 0, total: 0, startedAt: START, updatedAt: START } as const;
  await store.sync.writeBackfill(connection, done);
});

function start(server: string): void {
  const { sync } = database.openStore(world, { poolSize: 2 });
  const note = (job: Run['job']): void => void runs.push({ job, server, at: world.clock.now() });
  const host = createMemoryHost({ clock: { ...world.clock, at: () => undefined } });
  const port: CrmPort = {
    ...host,
    listChanges: (asked, request, options) => {
      if (request.objectType === 'opportunity') note(request.stream === 'archived' ? 'archive' : 'sweep');
      return host.listChanges(asked, request, options);
    },
  };
  const store: SyncStore = {
    ...sync,
    listMirrored: (asked, after, limit) => {
      if (after === null) note('check');
      return sync.listMirrored(asked, after, limit);
    },
    listDueByDate: (workspaceId, today, limit) => {
      note('roll');
      return sync.listDueByDate(workspaceId, today, limit);
    },
  };
  const calendars = { find: () => Promise.resolve(null) };
  servers.set(
    server,
    createSchedule({ store, crm: { hubspot: port }, world, calendars, settings: TEST_SETTINGS }, server),
  );
}

/** Lets time pass; all servers look for work at each step. */
async function pass(spanMs: number): Promise<void> {
  const until = world.clock.now() + spanMs;
  for (let now = world.clock.now() + STEP_MS; now <= until; now += STEP_MS) {
    world.setNow(now);
    await Promise.all([...servers.values()].map(runDue));
  }
}

async function runDue(schedule: Schedule): Promise<void> {
  for (let step = 0; step < STEPS_PER_TURN_MAX; step += 1) if ((await schedule.runNext()) === 'idle') return;
}

const timesOf = (job: Run['job']): number => runs.filter((run) => run.job === job).length;

describe('jobs of several servers', () => {
  test('run once for all of them, however far apart the servers were started', async () => {
    for (const server of ['one', 'two', 'three', 'four']) {
      start(server);
      await pass(3 * MINUTE_MS);
    }
    await pass(33 * MINUTE_MS);
    // 45 minutes and two days: a sweep each minute, the recycle bin each ten, the date each fifteen, every record once a day.
    expect(timesOf('sweep')).toBeLessThanOrEqual(46);
    expect(timesOf('sweep')).toBeGreaterThanOrEqual(33);
    expect(timesOf('archive')).toBeLessThanOrEqual(5);
    expect(timesOf('roll')).toBeLessThanOrEqual(4);
    expect(timesOf('check')).toBe(2);
  }, 60_000);

  test.each(['sweep', 'archive'] as const)(
    '%s: another server takes over when its runner is gone',
    async (job) => {
      for (const server of ['one', 'two', 'three', 'four']) start(server);
      await pass(2 * MINUTE_MS);
      const runner = runs.findLast((run) => run.job === job)?.server ?? '';
      servers.delete(runner);
      const goneAt = world.clock.now();
      await pass(TAKE_OVER_MS_MAX[job]);
      const next = runs.find((run) => run.job === job && run.at > goneAt);
      expect(next?.server).not.toBe(runner);
      expect(next).toBeDefined();
    },
    60_000,
  );

  test('a server that leaves in order hands its jobs over at the next look of another', async () => {
    // The first server runs every job before the second one looks at any: otherwise each of them has some.
    start('one');
    await pass(MINUTE_MS);
    start('two');
    await pass(MINUTE_MS);
    expect(new Set(runs.map(({ server }) => server))).toEqual(new Set(['one']));
    await servers.get('one')?.release();
    servers.delete('one');
    const leftAt = world.clock.now();
    await pass(2 * MINUTE_MS);
    expect(runs.filter((run) => run.at > leftAt).map((run) => run.job)).toEqual(
      expect.arrayContaining(['sweep', 'archive', 'roll']),
    );
  });
});
