/** A database that has vanished without a word: nothing ends the connection, so that only limits of our own do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../server/store/prisma/database.ts';
import { useDatabase } from '../support/database.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { systemWorld } from '../support/system-world.ts';

const ANSWER_MS_MAX = 300;
/** The limit on the statement, then the one on rolling it back. */
const GIVEN_UP_MS_MAX = 9_000;
const database = useDatabase();
let wire: FaultProxy;
beforeAll(async () => {
  wire = await startFaultProxy(Number(new URL(database.url).port));
});
afterAll(async () => await wire.stop());

test('S14 a statement that is never answered ends, and its connection is not used again', async () => {
  const url = new URL(database.url);
  url.port = String(wire.port);
  const { log } = systemWorld();
  const opened = openDatabase({ url: url.href, log, poolSize: 2, answerTimeoutMs: ANSWER_MS_MAX });
  const ask = (before: () => void = () => undefined) =>
    opened.asScheduler((sql) => {
      before();
      return sql.rows<{ one: number }>('SELECT 1 AS one');
    });
  expect(await ask()).toEqual([{ one: 1 }]);
  const askedAt = Date.now();
  const silence = (): void => wire.setFault('toCaller', { endAfterBytes: { byteCount: 0, how: 'stall' } });
  await expect(ask(silence)).rejects.toThrow('timeout');
  expect(Date.now() - askedAt).toBeLessThan(GIVEN_UP_MS_MAX);
  // The stalled connection stays stalled: only a new one reaches the server.
  wire.setFault('toCaller', {});
  expect(await ask()).toEqual([{ one: 1 }]);
  wire.heal();
  await opened.close();
});
