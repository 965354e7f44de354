/** The one way to the database: what a statement, a transaction and a connection are worth to those who use them. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, instant, jsonb, openDatabase, storableText } from '../../server/store/prisma/database.ts';
import type { Log } from '../../server/world.ts';
import { addWorkspace, useDatabase } from '../support/database.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';

const WAIT_MS_MAX = 15_000;
const database = useDatabase();
const warned: { readonly message: string; readonly err: unknown }[] = [];
const silent = (): void => undefined;
const log: Log = {
  debug: silent,
  info: silent,
  warn: ({ err }, message) => void warned.push({ message, err }),
  error: silent,
};
const opened: Database[] = [];
let wire: FaultProxy;
let plain: Database;
let workspaceId = '';

function open(options: { readonly poolSize?: number; readonly overWire?: boolean } = {}): Database {
  const url = new URL(database.url);
  if (options.overWire === true) url.port = String(wire.port);
  const { poolSize } = options;
  const made = openDatabase({ url: url.href, log, ...(poolSize === undefined ? {} : { poolSize }) });
  opened.push(made);
  return made;
}

beforeAll(async () => {
  wire = await startFaultProxy(Number(new URL(database.url).port));
  plain = open({ poolSize: 2 });
  workspaceId = await addWorkspace(plain);
});
afterEach(() => wire.heal());
afterAll(async () => {
  await Promise.allSettled(opened.filter((one) => !one.pool.ended).map((one) => one.close()));
  await wire.stop();
});

async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(holds, { message: what, timeout: WAIT_MS_MAX, interval: 20 }).toBe(true);
}

const nameOf = async (): Promise<unknown> =>
  (await database.admin.query<{ name: string }>('SELECT name FROM workspace WHERE id = $1', [workspaceId])).rows[0]
    ?.name;
const rename = `UPDATE workspace SET name = $1`;
const failWith = (code: string): string => `DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '${code}'; END $$`;

describe('values', () => {
  test('days come as text, instants as epoch ms, also the one that never comes, everything else as PostgreSQL means it', async () => {
    const [row] = await plain.inWorkspace(workspaceId, (sql) =>
      sql.rows(
        `SELECT '2026-01-31'::date AS day, '1999-12-31 23:00+00'::timestamptz AS past, 'infinity'::timestamptz AS never,
           NULL::timestamptz AS none, 258 AS whole, 9007199254740993 AS long, true AS yes, '{"a":1}'::jsonb AS json, ARRAY['x'] AS texts`,
      ),
    );
    expect(row).toEqual({
      day: '2026-01-31',
      past: Date.UTC(1999, 11, 31, 23),
      never: Number.POSITIVE_INFINITY,
      none: null,
      whole: 258,
      long: '9007199254740993',
      yes: true,
      json: { a: 1 },
      texts: ['x'],
    });
  });

  test('an instant goes in as it comes out, and no instant is none', async () => {
    const at = Date.UTC(2026, 1, 28, 23, 59, 59, 999);
    expect(instant(null)).toBeNull();
    const [row] = await plain.asScheduler((sql) =>
      sql.rows('SELECT $1::timestamptz AS at, $2::timestamptz AS none', [instant(at), instant(null)]),
    );
    expect(row).toEqual({ at, none: null });
  });

  test('no text fails a statement: what PostgreSQL cannot hold is replaced, also in lists and in JSON, and nothing else is', async () => {
    const odd = 'a\u0000b\uD800c';
    const readable = 'a\uFFFDb\uFFFDc';
    expect(storableText(odd)).toBe(readable);
    expect(storableText('甲方 🙂')).toBe('甲方 🙂');
    expect(JSON.parse(jsonb({ text: odd, list: [odd, 5, null, true] }))).toEqual({
      text: readable,
      list: [readable, 5, null, true],
    });
    const [row] = await plain.inWorkspace(workspaceId, (sql) =>
      sql.rows('SELECT $1::text AS text, $2::text[] AS list, $3::int AS whole, $4::jsonb AS json', [
        odd,
        [odd, 'plain'],
        7,
        jsonb({ odd }),
      ]),
    );
    expect(row).toEqual({ text: readable, list: [readable, 'plain'], whole: 7, json: { odd: readable } });
    expect(await plain.inWorkspace(workspaceId, (sql) => sql.run(rename, [odd]))).toBe(1);
    expect(await nameOf()).toBe(readable);
  });

  test('a statement run for effect tells how many rows it touched, and none where that has no meaning', async () => {
    const touched = await plain.inWorkspace(workspaceId, async (sql) => [
      await sql.run('SELECT 1 FROM generate_series(1, 3)'),
      await sql.run(`SET LOCAL statement_timeout = '1min'`),
    ]);
    expect(touched).toEqual([3, 0]);
  });

  test('a named statement is planned once per connection; one without a name leaves no plan', async () => {
    const plans = await plain.inWorkspace(workspaceId, async (sql) => {
      await sql.rows('SELECT $1::int AS asked', [1]);
      const [row] = await sql.rows('SELECT $1::int AS kept', [2], 'kept_plan');
      expect(row).toEqual({ kept: 2 });
      return await sql.rows('SELECT name FROM pg_prepared_statements');
    });
    expect(plans).toEqual([{ name: 'kept_plan' }]);
  });
});

describe('S8 the workspace of a transaction', () => {
  const id = '0123abcd-4567-89ab-cdef-0123456789ab';
  const malformed = [
    `x${id}`,
    `${id}x`,
    `${id}\n`,
    id.replace('0123abcd', '0123abc'),
    id.replace('0123abcd', '0123abcg'),
    id.replace('-4567-', '-456-'),
    id.replace('-4567-', '-456x-'),
    id.replace('-89ab-', '-89a-'),
    id.replace('-89ab-', '-89a.-'),
    id.replace('-cdef-', '-cde-'),
    id.replace('-cdef-', `-cde'-`),
    id.replace('0123456789ab', '0123456789a'),
    id.replace('0123456789ab', '0123456789a;'),
    '',
  ];

  test.each(malformed)('S8 %j names none, and nothing is asked of the database', async (given) => {
    const work = async (): Promise<never> => {
      throw new Error('the work began');
    };
    await expect(plain.inWorkspace(given, work)).rejects.toThrow(new TypeError('a workspace id is a UUID'));
    await expect(plain.withPrisma(given, work)).rejects.toThrow(new TypeError('a workspace id is a UUID'));
  });

  test('S8 its role and its workspace are those asked for, in either way of asking, in any case of letters', async () => {
    type Setting = { readonly role: string; readonly workspace: string };
    const question = `SELECT current_user::text AS role, current_setting('app.workspace_id') AS workspace`;
    const app = { role: 'counterpart_app', workspace: id };
    expect(await plain.inWorkspace(id, (sql) => sql.rows<Setting>(question))).toEqual([app]);
    expect(await plain.inWorkspace(id.toUpperCase(), (sql) => sql.rows<Setting>(question))).toEqual([
      { ...app, workspace: id.toUpperCase() },
    ]);
    expect(await plain.withPrisma(id, (prisma) => prisma.$queryRawUnsafe<Setting[]>(question))).toEqual([app]);
    expect(await plain.asScheduler((sql) => sql.rows<Setting>(question))).toEqual([
      { role: 'counterpart_scheduler', workspace: '' },
    ]);
  });
});

describe('a transaction', () => {
  /** Runs work that fails with this state so many times and then renames the workspace. */
  async function failing(code: string, times: number): Promise<{ readonly runs: number; readonly outcome: unknown }> {
    let runs = 0;
    const outcome = await plain
      .inWorkspace(workspaceId, async (sql) => {
        runs += 1;
        await sql.run(rename, [`run ${runs}`]);
        if (runs <= times) await sql.run(failWith(code));
        return 'done';
      })
      .catch((error: unknown) => (error instanceof Error && 'code' in error ? error.code : error));
    return { runs, outcome };
  }

  test.each(['40001', '40P01'])('S5 what state %s rolled back is done again, from the beginning', async (code) => {
    expect(await failing(code, 3)).toEqual({ runs: 4, outcome: 'done' });
    expect(await nameOf()).toBe('run 4');
  });

  test('S14 after four runs the failure is the caller’s, and nothing of them is left', async () => {
    await failing('40001', 0);
    expect(await failing('40001', 99)).toEqual({ runs: 4, outcome: '40001' });
    expect(await nameOf()).toBe('run 1');
  });

  test('any other failure is not tried again, also when it only looks like a clash', async () => {
    expect(await failing('22012', 99)).toEqual({ runs: 1, outcome: '22012' });
    let runs = 0;
    const work = async (): Promise<never> => {
      runs += 1;
      throw Object.assign(new Error('not from the database'), { code: '40001' });
    };
    await expect(plain.inWorkspace(workspaceId, work)).rejects.toThrow('not from the database');
    expect(runs).toBe(1);
  });

  test('a failure costs no connection: the next transaction gets the same one, rolled back', async () => {
    const narrow = open({ poolSize: 1 });
    const session = async (): Promise<unknown> =>
      (await narrow.asScheduler((sql) => sql.rows('SELECT pg_backend_pid() AS pid')))[0];
    const before = await session();
    const fail = (): Promise<number> => narrow.inWorkspace(workspaceId, (sql) => sql.run('SELECT 1/0'));
    await expect(fail()).rejects.toMatchObject({ code: '22012' });
    expect(await session()).toEqual(before);
    expect(narrow.pool.totalCount).toBe(1);
  });

  test('through Prisma it runs once: its failure is the caller’s', async () => {
    let runs = 0;
    const work = async (): Promise<never> => {
      runs += 1;
      throw new Error('as asked');
    };
    await expect(plain.withPrisma(workspaceId, work)).rejects.toThrow('as asked');
    expect(runs).toBe(1);
  });

  test('S14 one through Prisma waits its turn while the pool is busy', async () => {
    const narrow = open({ poolSize: 1 });
    const busy = narrow.inWorkspace(workspaceId, (sql) => sql.run('SELECT pg_sleep(2.6)'));
    const waiting = narrow.withPrisma(workspaceId, (prisma) => prisma.workspace.count());
    await busy;
    expect(await waiting).toBe(1);
  });
});

describe('a pool', () => {
  test('is no larger than asked for, and says in the database whose it is', async () => {
    const narrow = open({ poolSize: 2 });
    const rows = await Promise.all(
      [1, 2, 3].map(() =>
        narrow.asScheduler(async (sql) => {
          await sql.run('SELECT pg_sleep(0.05)');
          return await sql.rows(`SELECT current_setting('application_name') AS name`);
        }),
      ),
    );
    expect(rows.flat()).toEqual([{ name: 'counterpart' }, { name: 'counterpart' }, { name: 'counterpart' }]);
    expect(narrow.pool.totalCount).toBe(2);
  });

  test('ten connections are the most unless asked otherwise', () => {
    expect(open().pool.options.max).toBe(10);
  });

  test('closed, it leaves no session behind', async () => {
    const url = new URL(database.url);
    url.searchParams.set('application_name', 'closed-soon');
    const closing = openDatabase({ url: url.href, log });
    const [mine] = await closing.asScheduler((sql) => sql.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid'));
    await closing.withPrisma(workspaceId, (prisma) => prisma.workspace.count());
    await closing.close();
    expect(closing.pool.ended).toBe(true);
    await eventually('the session is gone', async () => {
      const { rowCount } = await database.admin.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [mine?.pid]);
      return rowCount === 0;
    });
  });
});

describe('a connection that is cut', () => {
  /** Cuts the first `times` attempts to begin. */
  function cutBeginnings(times: number): { readonly cuts: number } {
    const seen = { cuts: 0 };
    wire.setFault('toOrigin', {
      rewrite: (bytes) => {
        if (bytes.includes('counterpart_app') && seen.cuts < times) {
          seen.cuts += 1;
          wire.resetAll();
        }
        return bytes;
      },
    });
    return seen;
  }

  test('S5 where nothing has run yet another connection is tried, in either way of asking', async () => {
    const far = open({ poolSize: 3, overWire: true });
    let runs = 0;
    const first = cutBeginnings(5);
    await far.inWorkspace(workspaceId, (sql) => sql.run(rename, [`cut, run ${(runs += 1)}`]));
    expect([first.cuts, await nameOf()]).toEqual([5, 'cut, run 1']);
    const second = cutBeginnings(5);
    await far.withPrisma(workspaceId, (prisma) =>
      prisma.workspace.updateMany({ data: { name: `cut, run ${(runs += 1)}` } }),
    );
    expect([second.cuts, await nameOf()]).toEqual([5, 'cut, run 2']);
  });

  test('S14 twelve connections are tried, and then the caller is told', async () => {
    const far = open({ poolSize: 3, overWire: true });
    const first = cutBeginnings(99);
    await expect(far.inWorkspace(workspaceId, (sql) => sql.run('SELECT 1'))).rejects.toThrow();
    expect(first.cuts).toBe(12);
    const second = cutBeginnings(99);
    await expect(far.withPrisma(workspaceId, (prisma) => prisma.workspace.count())).rejects.toThrow();
    expect(second.cuts).toBe(12);
    wire.heal();
    expect(await far.inWorkspace(workspaceId, (sql) => sql.run('SELECT 1'))).toBe(1);
  });

  test('a beginning that the database refuses is not tried again, and costs no connection', async () => {
    const far = open({ poolSize: 1, overWire: true });
    await far.asScheduler((sql) => sql.run('SELECT 1'));
    const before = wire.totalConnections();
    let refused = 0;
    wire.setFault('toOrigin', {
      rewrite: (bytes) => {
        if (!bytes.includes('BEGIN; ')) return bytes;
        refused += 1;
        return Buffer.from(bytes.toString('latin1').replace('BEGIN; ', 'BEGUN; '), 'latin1');
      },
    });
    const work = far.asScheduler((sql) => sql.run('SELECT 1'));
    await expect(work).rejects.toMatchObject({ code: '42601' });
    wire.heal();
    expect(await far.asScheduler((sql) => sql.run('SELECT 1'))).toBe(1);
    expect([refused, wire.totalConnections() - before]).toEqual([1, 0]);
  });

  test('S5 work under way is never run twice: the failure is the caller’s, and the process goes on', async () => {
    const far = open({ poolSize: 1, overWire: true });
    let runs = 0;
    warned.length = 0;
    const cut = far.inWorkspace(workspaceId, async (sql) => {
      runs += 1;
      await sql.run('SELECT 1');
      wire.resetAll();
      // Nothing is asked until the loss is known, so that nobody but the pool hears of it.
      await eventually('the loss is noticed', async () => warned.length > 0);
      return await sql.run(rename, ['twice']);
    });
    await expect(cut).rejects.toThrow();
    await expect(
      far.withPrisma(workspaceId, async (prisma) => {
        runs += 1;
        wire.resetAll();
        return await prisma.workspace.updateMany({ data: { name: 'twice' } });
      }),
    ).rejects.toThrow();
    expect(runs).toBe(2);
    expect(await nameOf()).not.toBe('twice');
    expect(await far.inWorkspace(workspaceId, (sql) => sql.run('SELECT 1'))).toBe(1);
    expect(warned[0]).toEqual({ message: 'a database connection was lost', err: expect.any(Error) });
  });

  test('S14 one that lay idle is told to the operator, and the next statement does not notice', async () => {
    const far = open({ poolSize: 2, overWire: true });
    await far.asScheduler((sql) => sql.run('SELECT 1'));
    warned.length = 0;
    wire.resetAll();
    await eventually('the loss is noticed', async () => warned.length > 0);
    expect(warned[0]).toEqual({ message: 'a database connection was lost', err: expect.any(Error) });
    expect(await far.asScheduler((sql) => sql.run('SELECT 1'))).toBe(1);
  });
});

describe('listening', () => {
  const channel = 'spoken_to';
  const notify = async (): Promise<void> => void (await database.admin.query(`NOTIFY ${channel}`));
  /** Sessions that listen hold a lock by which others see that they are there. */
  const listeners = async (): Promise<number> =>
    (
      await database.admin.query(
        `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
    ).rowCount ?? 0;

  test.each(['', 'Upper', 'with space', 'dash-ed', '1st', 'last1', 'a; DROP TABLE contract'])(
    'the channel %j is no name',
    async (name) => {
      await expect(plain.listen(name, silent, AbortSignal.timeout(60_000))).rejects.toThrow(
        new TypeError('a channel is a lower-case name'),
      );
    },
  );

  test('every notification is heard until the signal aborts; then its connection is gone', async () => {
    const own = open({ poolSize: 1 });
    const stop = new AbortController();
    let heard = 0;
    await own.listen(channel, () => (heard += 1), stop.signal);
    await notify();
    await notify();
    await eventually('both are heard', async () => heard === 2);
    stop.abort();
    expect(own.pool.totalCount).toBe(0);
    await own.asScheduler((sql) => sql.run('SELECT 1'));
    await notify();
    await own.asScheduler((sql) => sql.run('SELECT 1'));
    expect(heard).toBe(2);
    await eventually('the session is gone', async () => (await listeners()) === 0);
  });

  test('a signal that aborted before leaves nobody listening', async () => {
    const own = open({ poolSize: 1 });
    await own.listen(channel, silent, AbortSignal.abort());
    expect(own.pool.totalCount).toBe(0);
    await eventually('the session is gone', async () => (await listeners()) === 0);
  });

  test('listening that cannot begin is the caller’s failure, and costs no connection', async () => {
    const far = open({ poolSize: 1, overWire: true });
    wire.setFault('toOrigin', {
      rewrite: (bytes) => Buffer.from(bytes.toString('latin1').replace('LISTEN', 'LISTUN'), 'latin1'),
    });
    await expect(far.listen(channel, silent, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: '42601' });
    wire.heal();
    expect(await far.asScheduler((sql) => sql.run('SELECT 1'))).toBe(1);
  });

  test('S5 a listener whose connection is cut listens again as soon as there is a database, and says when there is none', async () => {
    const far = open({ poolSize: 1, overWire: true });
    const stop = new AbortController();
    let heard = 0;
    await far.listen(channel, () => (heard += 1), stop.signal);
    warned.length = 0;
    wire.setDoor('reset');
    wire.resetAll();
    await eventually('the operator is told twice', async () => warned.filter(isResuming).length >= 2);
    expect(warned.find(isResuming)?.err).toBeInstanceOf(Error);
    wire.heal();
    await eventually('it listens again', async () => (await listeners()) === 1);
    await notify();
    await eventually('it is heard', async () => heard === 1);
    stop.abort();
    expect(far.pool.totalCount).toBe(0);
  });

  test('S5 a listener that is cut while it begins again tries on once, not twice', async () => {
    const far = open({ poolSize: 3, overWire: true });
    const stop = new AbortController();
    let heard = 0;
    await far.listen(channel, () => (heard += 1), stop.signal);
    warned.length = 0;
    wire.setFault('toOrigin', { cutAt: { text: 'LISTEN', deliver: false } });
    wire.resetAll();
    await eventually('it was cut while it began', async () => warned.some(isResuming));
    wire.heal();
    await eventually('it listens again', async () => (await listeners()) >= 1);
    // Longer than a second one would wait; the time is the guarantee here.
    await plain.asScheduler((sql) => sql.run('SELECT pg_sleep(1.3)'));
    await notify();
    await eventually('it is heard', async () => heard >= 1);
    expect([await listeners(), far.pool.totalCount, heard]).toEqual([1, 1, 1]);
    stop.abort();
    expect(far.pool.totalCount).toBe(0);
  });

  test('S5 a listener that was told to stop does not come back', async () => {
    const far = open({ poolSize: 1, overWire: true });
    const stop = new AbortController();
    await far.listen(channel, silent, stop.signal);
    warned.length = 0;
    const before = wire.totalConnections();
    wire.resetAll();
    await eventually('the loss is noticed', async () => warned.length > 0);
    stop.abort();
    // Longer than it would wait before listening again; the time is the guarantee here.
    await plain.asScheduler((sql) => sql.run('SELECT pg_sleep(1.3)'));
    expect([await listeners(), far.pool.totalCount, wire.totalConnections() - before]).toEqual([0, 0, 0]);
  });
});

function isResuming({ message }: { readonly message: string }): boolean {
  return message === 'listening for work could not be resumed yet';
}

test('workspaces of nobody are empty', async () => {
  expect(await plain.withPrisma(randomUUID(), (prisma) => prisma.workspace.count())).toBe(0);
});
