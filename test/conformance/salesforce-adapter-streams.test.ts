/** The three streams of an org: late commits, pages, restarts and bulk jobs. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ChangePage, ChangeStream } from '../../server/crm/port.ts';
import { ALL_PAGE_MAX, BULK_POLL_MS } from '../../server/crm/salesforce/all-records.ts';
import { LATE_COMMIT_MS } from '../../server/crm/salesforce/changes.ts';
import { createSalesforceAdapter } from '../../server/crm/salesforce/adapter.ts';
import { longId } from '../../server/crm/salesforce/record-ids.ts';
import type { Clock } from '../../server/world.ts';
import { CALL, expectOk, installApp } from './salesforce-adapter-org.ts';
import type { InstalledOrg, InstallOptions } from './salesforce-adapter-org.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
async function install(options: InstallOptions = {}): Promise<InstalledOrg> {
  const installed = await installApp(options);
  stops.push(installed.stop);
  return installed;
}

const PAGES_MAX = 20;
const LONG_AGO = Date.UTC(2025, 0, 1);
/** As many accounts as asked for, so many of them saved within each second; all within one is the worst case of a walk by time. */
const accounts =
  (count: number, perSecond = count): NonNullable<InstallOptions['seed']> =>
  () => ({
    records: {
      Account: Array.from({ length: count }, (_, index) => ({
        id: `001CP0000${String(index).padStart(6, '0')}`,
        values: { Name: `Account ${index}` },
        createdAt: LONG_AGO + Math.floor(index / perSecond) * 1_000,
      })),
    },
  });
const idOf = (index: number): string => longId(`001CP0000${String(index).padStart(6, '0')}`) ?? '';

async function page(app: InstalledOrg, stream: ChangeStream, cursor: string | null): Promise<ChangePage> {
  // A new adapter each time: whatever it knows is in the cursor.
  const adapter = createSalesforceAdapter({ world: app.world, gate: app.gate, sessions: app.sessions });
  return expectOk(await adapter.listChanges(app.connection, { objectType: 'account', stream, cursor }, CALL));
}

async function walk(app: InstalledOrg, stream: ChangeStream, from: string | null) {
  const pages: ChangePage[] = [];
  let cursor = from;
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const next = await page(app, stream, cursor);
    pages.push(next);
    cursor = next.cursor;
    if (next.done) return { ids: pages.flatMap(({ refs }) => refs.map(({ recordId }) => recordId)), pages, cursor };
  }
  throw new Error(`the ${stream} stream did not end`);
}

const pathsOf = ({ org }: InstalledOrg): readonly string[] =>
  org.apiCallCounts().map(({ method, path }) => `${method} ${path.replace('/services/data/{version}', '')}`);

describe('changed', () => {
  test('S1 5,000 records saved in the same second are each named once, over pages and restarts', async () => {
    const app = await install({ seed: accounts(5_000) });
    const { ids, pages } = await walk(app, 'changed', null);
    expect(pages.map(({ refs }) => refs.length)).toEqual([2_000, 2_000, 1_000, 0]);
    expect(ids).toHaveLength(5_000);
    expect(new Set(ids).size).toBe(5_000);
  });

  test.each([1, 999, 1_000, 1_500, 2_000, 2_001])(
    'S1 none is missed or doubled where a page ends among %i of one second',
    async (perSecond) => {
      const app = await install({ seed: accounts(4_100, perSecond) });
      const { ids } = await walk(app, 'changed', null);
      expect(ids).toEqual(Array.from({ length: 4_100 }, (_, index) => idOf(index)));
    },
  );

  test('S1 a change whose transaction ended late is named by the next round', async () => {
    const app = await install({ seed: accounts(1) });
    const first = await walk(app, 'changed', null);
    const stampedAt = Date.now() - LATE_COMMIT_MS + 60_000;
    const late = app.org.people.create('Account', { Name: 'Late' }, { stampedAt });
    const second = await walk(app, 'changed', first.cursor);
    expect(second.ids).toContain(late);
    expect(second.ids).not.toContain(idOf(0));
  });

  test('S1 S6 a round names the same state alike, and otherwise once a late commit of the same second has changed it', async () => {
    const app = await install({ seed: accounts(1) });
    const stampedAt = Math.floor(Date.now() / 1_000) * 1_000 - 60_000;
    const stateNow = async (): Promise<string | undefined> =>
      (await walk(app, 'changed', null)).pages[0]?.states?.get(idOf(0));
    expect(await stateNow()).toBeUndefined();
    app.org.people.edit('Account', idOf(0), { counterpart__Contract_Stage__c: 'active' }, { stampedAt });
    const first = await stateNow();
    expect(first).toBeTypeOf('string');
    expect(await stateNow()).toBe(first);
    app.org.people.edit('Account', idOf(0), { counterpart__Contract_Stage__c: 'renewing' }, { stampedAt });
    const second = await stateNow();
    expect(second).toBeTypeOf('string');
    expect(second).not.toBe(first);
  });

  test('a quiet round costs one call and names nothing old', async () => {
    const app = await install({ seed: accounts(10) });
    const first = await walk(app, 'changed', null);
    const reports = app.gate.reports.length;
    const second = await walk(app, 'changed', first.cursor);
    expect(second.ids).toEqual([]);
    expect(app.gate.reports.length - reports).toBe(1);
  });

  test('a cursor that cannot be read starts over', async () => {
    const app = await install({ seed: accounts(3) });
    for (const cursor of [
      '',
      'nonsense',
      '{"stream":"all","step":{"kind":"start"}}',
      '{"stream":"changed","from":"x"}',
    ])
      expect((await walk(app, 'changed', cursor)).ids).toHaveLength(3);
  });
});

describe('all', () => {
  test('few records are read by query, and their number is told first', async () => {
    const app = await install({ seed: accounts(7) });
    const { ids, pages } = await walk(app, 'all', null);
    expect(ids).toEqual(Array.from({ length: 7 }, (_, index) => idOf(index)));
    expect(pages.map(({ total }) => total)).toEqual([7]);
  });

  test('many records are fetched from a bulk job, page by page in the order of ids, over restarts', async () => {
    const count = 2 * ALL_PAGE_MAX + 10;
    const app = await install({ seed: accounts(count) });
    const { ids, pages } = await walk(app, 'all', null);
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => idOf(index)));
    expect(pages[0]).toMatchObject({ refs: [], total: count, done: false });
    expect(Math.max(...pages.map(({ refs }) => refs.length))).toBe(ALL_PAGE_MAX);
    expect(pathsOf(app)).toContain('POST /jobs/query');
  });

  test('a job that takes its time is asked about again', async () => {
    const app = await install({ seed: accounts(ALL_PAGE_MAX + 1), behaviour: { bulkPollsInProgress: 2 } });
    const { clock } = app.world;
    const sleep: Clock['sleep'] = (delayMs, signal) =>
      delayMs === BULK_POLL_MS ? Promise.resolve() : clock.sleep(delayMs, signal);
    const world = { clock: { ...clock, sleep } };
    const adapter = createSalesforceAdapter({ world, gate: app.gate, sessions: app.sessions });
    let cursor: string | null = null;
    const sizes: number[] = [];
    for (let step = 0; step < PAGES_MAX; step += 1) {
      const request = { objectType: 'account', stream: 'all', cursor } as const;
      const next: ChangePage = expectOk(await adapter.listChanges(app.connection, request, CALL));
      sizes.push(next.refs.length);
      if (next.done) break;
      ({ cursor } = next);
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ALL_PAGE_MAX + 1);
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThanOrEqual(3);
  });

  test('results that are there no more are made up for by pages from the start', async () => {
    const app = await install({ seed: accounts(ALL_PAGE_MAX + 1) });
    const jobId = longId('750CP0000000999');
    const cursor = JSON.stringify({ stream: 'all', step: { kind: 'results', jobId, locator: 'MTAwMDA' } });
    const { ids } = await walk(app, 'all', cursor);
    expect(new Set(ids).size).toBe(ALL_PAGE_MAX + 1);
  });
});

describe('archived', () => {
  test('S12 what was deleted or merged away is named, what came back is not', async () => {
    const app = await install({ seed: accounts(5) });
    app.org.people.delete('Account', idOf(0));
    app.org.people.delete('Account', idOf(1));
    app.org.people.undelete('Account', idOf(1));
    app.org.people.merge('Account', idOf(2), [idOf(3)]);
    const { ids } = await walk(app, 'archived', null);
    expect([...new Set(ids)].toSorted()).toEqual([idOf(0), idOf(3)]);
    expect(pathsOf(app)).toContain('GET /sobjects/{object}/deleted');
  });
});
