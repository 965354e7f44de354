import { beforeEach, describe, expect, test } from 'vitest';
import { INDEX_LAG_MS } from '../../server/crm/hubspot/changes.ts';
import type { ChangePage, ChangeStream, HostObjectType } from '../../server/crm/port.ts';
import { CALL, PORTAL_ID, expectOk, installApp } from './hubspot-adapter-portal.ts';
import type { Installed } from './hubspot-adapter-portal.ts';

let portal: Installed;
beforeEach(async () => {
  portal = await installApp({ schema: false });
  return () => portal.stop();
});

const T0 = Date.parse('2026-03-01T00:00:00Z');
/** Deals with the given instants of last modification, ids from 1. */
function seed(instants: readonly number[], objectType: 'deals' | 'companies' = 'deals'): void {
  portal.server.loadPortal(PORTAL_ID, {
    [objectType]: instants.map((updatedAt, index) => ({
      id: String(index + 1),
      properties: objectType === 'deals' ? { dealname: `D${index}` } : { name: `C${index}` },
      createdAt: T0 - 1_000,
      updatedAt,
    })),
  });
}
async function page(
  stream: ChangeStream,
  cursor: string | null,
  objectType: HostObjectType = 'opportunity',
): Promise<ChangePage> {
  // The search limit is five a second, as documented; waiting it out is part of the contract with the engine.
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const result = await portal.adapter.listChanges(portal.connection, { objectType, stream, cursor }, CALL);
    if (result.ok) return result.value;
    if (result.failure.kind !== 'rateLimited') return expectOk(result);
    await portal.world.clock.sleep(result.failure.retryAfterMs / 4);
  }
  throw new Error('limited for too long');
}
async function walk(
  stream: ChangeStream,
  cursor: string | null = null,
): Promise<{ ids: string[]; cursor: string; pages: number }> {
  const ids: string[] = [];
  let at = cursor;
  for (let pages = 1; pages < 200; pages += 1) {
    const found = await page(stream, at);
    ids.push(...found.refs.map((ref) => ref.recordId));
    at = found.cursor;
    if (found.done) return { ids, cursor: at, pages };
  }
  throw new Error('the stream does not end');
}
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));
const sorted = (ids: readonly string[]): string[] =>
  [...new Set(ids)].toSorted((left, right) => Number(left) - Number(right));

describe('changed', () => {
  test('every record is named, over several pages', async () => {
    seed(Array.from({ length: 450 }, (_, index) => T0 + index * 10));
    const { ids, pages } = await walk('changed');
    expect(sorted(ids)).toEqual(numbers(450));
    expect(ids).toHaveLength(450);
    expect(pages).toBe(3);
  });

  test('equal instants across a page boundary lose nothing', async () => {
    seed(Array.from({ length: 500 }, (_, index) => T0 + Math.floor(index / 90) * 1_000));
    expect(sorted((await walk('changed')).ids)).toEqual(numbers(500));
  });

  test('one instant that fills many pages is walked by id', async () => {
    seed(Array.from({ length: 1_050 }, (_, index) => (index < 20 ? T0 : index < 1_030 ? T0 + 5 : T0 + 9)));
    const { ids } = await walk('changed');
    expect(sorted(ids)).toEqual(numbers(1_050));
  }, 30_000);

  test('HubSpot docs, Search the CRM: more than 10,000 results are walked without reaching the cap', async () => {
    seed(Array.from({ length: 10_450 }, (_, index) => T0 + index));
    const { ids } = await walk('changed');
    expect(sorted(ids)).toEqual(numbers(10_450));
  }, 60_000);

  test('a finished round starts the next one before it began, by the lag of the index', async () => {
    seed([T0, T0 + 1]);
    const first = await walk('changed');
    expect(first.ids).toEqual(['1', '2']);
    const again = await page('changed', first.cursor);
    expect(again).toMatchObject({ refs: [], done: true });
    const { from } = JSON.parse(first.cursor) as { from: number };
    expect(Math.abs(Date.now() - INDEX_LAG_MS - from)).toBeLessThan(10_000);
  });

  test('a record that reaches the index late is found by a later round', async () => {
    seed([T0]);
    const first = await walk('changed');
    portal.server.loadPortal(PORTAL_ID, {
      deals: [
        { id: '99', properties: { dealname: 'late' }, createdAt: T0, updatedAt: Date.now() - INDEX_LAG_MS + 5_000 },
      ],
    });
    expect((await walk('changed', first.cursor)).ids).toEqual(['99']);
  });

  test('a cursor of another stream or version starts over instead of failing', async () => {
    seed([T0]);
    for (const cursor of ['', '{}', '{"stream":"all","after":"5"}', 'null', '{"stream":"changed","from":-1}']) {
      expect((await page('changed', cursor)).refs).toHaveLength(1);
    }
  });

  test('the number HubSpot gives is passed on', async () => {
    seed([T0, T0 + 1, T0 + 2], 'companies');
    expect(await page('changed', null, 'account')).toMatchObject({ total: 3, done: true });
  });
});

describe('all and archived', () => {
  test('all: every live record in pages of a hundred, with the total told once', async () => {
    seed(Array.from({ length: 250 }, () => T0));
    await portal.person('POST', '/objects/deals/7/archive');
    const first = await page('all', null);
    expect(first).toMatchObject({ done: false, total: 249 });
    const { ids, pages } = await walk('all');
    expect(sorted(ids)).toEqual(numbers(250).filter((id) => id !== '7'));
    expect(pages).toBe(3);
    expect((await page('all', first.cursor)).total).toBeNull();
  });

  test('S12 archived: only the recycle bin', async () => {
    seed([T0, T0, T0]);
    await portal.person('POST', '/objects/deals/2/archive');
    const { ids, cursor } = await walk('archived');
    expect(ids).toEqual(['2']);
    expect((await walk('archived', cursor)).ids).toEqual(['2']);
  });

  test('an empty portal has empty, finished streams', async () => {
    for (const stream of ['changed', 'all', 'archived'] as const) {
      expect(await page(stream, null)).toMatchObject({ refs: [], done: true });
    }
  });
});
