import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHubSpotAdapter } from '../../server/crm/hubspot/adapter.ts';
import type { ConnectionRef, CrmPort } from '../../server/crm/port.ts';
import { sweepStream } from '../../server/sync/sweep.ts';
import type { EngineParts } from '../../server/sync/settings.ts';
import { TEST_SETTINGS } from '../support/engine-harness.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';
import { install, type PracticeForTest, silentLog, startPractice } from '../support/practice.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { deal } from '../support/simulation-world.ts';
import { createLeapingClock } from './leaping-clock.ts';

/** One more than HubSpot's search gives of any query. */
const ROWS = 10_001;
const RUNS_MAX = 20;
const clock = createLeapingClock();
const connection: ConnectionRef = { workspaceId: 'w1', connectionId: 'c1', host: 'hubspot', accountId: '1001' };
const world = { clock, random: createSeededRandom(1), log: silentLog };
let practice: PracticeForTest;
let port: CrmPort;

beforeAll(async () => {
  practice = await startPractice({ clock });
  const { access_token: accessToken } = await install(practice);
  const token = { ok: true, value: accessToken } as const;
  port = createHubSpotAdapter({
    baseUrl: practice.hubspot.url,
    appId: String(practice.app.appId),
    world,
    gate: {
      // Each search is a quarter of a second, so that five in a second are never passed.
      take: () => Promise.resolve(clock.advance(250)).then(() => ({ kind: 'granted' }) as const),
      report: () => Promise.resolve(),
    },
    tokens: { accessToken: () => Promise.resolve(token), refreshed: () => Promise.resolve(token) },
  });
});
afterAll(() => practice.stop());

function partsWith(store: MemoryStore): EngineParts {
  return {
    store,
    crm: { hubspot: port },
    world,
    calendars: { find: () => Promise.resolve(null) },
    settings: TEST_SETTINGS,
  };
}
const idOf = (index: number): string => String(1_000_000 + index);

describe('ten thousand and one deals changed in one instant', () => {
  // supaglue-labs/supaglue#585, #532, activepieces/activepieces#10160, NangoHQ/integration-templates#647
  test('S1 S14 a sweep marks every one of them, over as many runs as its bound asks for, and then goes on behind them', async () => {
    const bulkAt = clock.now() - 3_600_000;
    practice.hubspot.loadPortal('1001', {
      deals: Array.from({ length: ROWS }, (_, index) => ({
        id: idOf(index),
        properties: { dealname: `Deal ${index}` },
        createdAt: bulkAt - 1_000,
        updatedAt: index === ROWS - 1 ? bulkAt + 1 : bulkAt,
      })),
    });
    // The last of them changed a millisecond later, and one more shares its instant: nothing before or behind the crowd is lost.
    practice.hubspot.loadPortal('1001', {
      deals: [{ id: idOf(ROWS), properties: { dealname: 'Deal' }, createdAt: bulkAt - 1_000, updatedAt: bulkAt }],
    });
    const store = createMemoryStore(() => clock.now());
    store.addConnection(connection);
    const refs = Array.from({ length: ROWS + 1 }, (_, index) => deal(idOf(index)));
    store.filterMirrored = (_, asked) => Promise.resolve(asked.map((ref) => ({ ref, awaitingConfirm: false })));
    const request = { objectType: 'opportunity', stream: 'changed' } as const;
    let runs = 0;
    for (let end = ''; end !== 'done'; runs += 1) {
      if (runs >= RUNS_MAX) throw new Error('the sweep does not end');
      // Each run begins with what was saved, as after a crash between two of them.
      end = (await sweepStream(partsWith(store), { connection, port }, request)).kind;
      expect(end).not.toBe('failed');
    }
    expect(runs).toBeGreaterThan(1);
    const marked = new Set(store.dirtyRows('c1').map(({ ref }) => ref.recordId));
    expect(refs.filter(({ recordId }) => !marked.has(recordId))).toEqual([]);
    expect(marked.size).toBe(ROWS + 1);
  }, 60_000);
});
