/** Statements that are a transaction each, in one round trip: confined, undone and carried past cut connections like all others. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../server/store/prisma/database.ts';
import { addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';

const database = useDatabase();
let wire: FaultProxy;
let one: Database;
let ours = '';
let theirs = '';

beforeAll(async () => {
  wire = await startFaultProxy(Number(new URL(database.url).port));
  const url = new URL(database.url);
  url.port = String(wire.port);
  one = openDatabase({ url: url.href, log: testWorld(0).log, poolSize: 1 });
  ours = await addWorkspace(one);
  theirs = await addWorkspace(one);
});
afterAll(async () => {
  await one.close();
  await wire.stop();
});

const COUNT = 'SELECT count(*)::int AS count FROM workspace';
const idsSeenBy = async (workspaceId: string): Promise<unknown> =>
  (await one.eachInWorkspace(workspaceId).rows<{ id: string }>('SELECT id FROM workspace', [], 'lone_ids')).map(
    ({ id }) => id,
  );

describe('a statement in one round trip', () => {
  test('S8 sees its own workspace only, also by a plan that the connection kept for another', async () => {
    for (let round = 0; round < 8; round += 1) {
      expect(await idsSeenBy(ours)).toEqual([ours]);
      expect(await idsSeenBy(theirs)).toEqual([theirs]);
    }
    expect(await idsSeenBy(randomUUID())).toEqual([]);
  });

  test('S8 leaves neither role nor workspace behind', async () => {
    await one.eachInWorkspace(ours).rows(COUNT);
    await one.eachAsScheduler().rows('SELECT 1 AS one');
    const { rows } = await one.pool.query(
      `SELECT current_setting('role') AS role, coalesce(current_setting('app.workspace_id', true), '') AS workspace`,
    );
    expect(rows).toEqual([{ role: 'none', workspace: '' }]);
  });

  test('S8 takes a workspace id only', () => {
    expect(() => one.eachInWorkspace(`x', true); --`)).toThrow(TypeError);
  });

  test('S14 what fails is undone, is the caller’s failure, and leaves the same words usable', async () => {
    const text = `UPDATE workspace SET name = $1 RETURNING 1 / ($2::int) AS one`;
    const rename = (name: string, divisor: number) =>
      one.eachInWorkspace(ours).rows(text, [name, divisor], 'lone_rename');
    await expect(rename('broken', 0)).rejects.toMatchObject({ code: '22012' });
    const { rows } = await database.admin.query('SELECT name FROM workspace WHERE id = $1', [ours]);
    expect(rows).not.toEqual([{ name: 'broken' }]);
    expect(await rename('whole', 1)).toEqual([{ one: 1 }]);
  });

  test('S14 words that PostgreSQL does not understand are refused each time, and nothing else is', async () => {
    for (let round = 0; round < 2; round += 1)
      await expect(one.eachInWorkspace(ours).rows('SELECT nonsense', [], 'lone_nonsense')).rejects.toMatchObject({
        code: '42703',
      });
    expect(await one.eachInWorkspace(ours).rows(COUNT)).toEqual([{ count: 1 }]);
  });

  test('S5 a connection that was cut while it lay idle is passed over', async () => {
    await one.eachInWorkspace(ours).rows(COUNT);
    await database.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'counterpart'`,
    );
    expect(await one.eachInWorkspace(ours).rows(COUNT)).toEqual([{ count: 1 }]);
  });

  test('S5 one that is cut under way is sent again, and after twelve times the caller is told', async () => {
    const cutSteps = (times: number): { readonly cuts: number } => {
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
    };
    const few = cutSteps(5);
    expect(await one.eachInWorkspace(ours).rows(COUNT)).toEqual([{ count: 1 }]);
    expect(few.cuts).toBe(5);
    const many = cutSteps(99);
    await expect(one.eachInWorkspace(ours).rows(COUNT)).rejects.toThrow();
    expect(many.cuts).toBe(12);
    wire.heal();
    expect(await one.eachInWorkspace(ours).rows(COUNT)).toEqual([{ count: 1 }]);
  });

  test('every value comes back as from any other statement', async () => {
    const [row] = await one
      .eachInWorkspace(ours)
      .rows(
        `SELECT $1::text AS text, '2026-01-31'::date AS day, to_timestamp(0) AS at, '{"a":1}'::jsonb AS json, NULL AS none`,
        ['a\u0000b'],
      );
    expect(row).toEqual({ text: 'a\uFFFDb', day: '2026-01-31', at: 0, json: { a: 1 }, none: null });
  });
});
