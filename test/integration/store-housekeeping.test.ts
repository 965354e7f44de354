import { beforeAll, describe, expect, test } from 'vitest';
import { purgeRouting, purgeWorkspace, RETENTION_MS } from '../../server/store/prisma/housekeeping.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { addWorkspace, testWorld, useDatabase } from '../support/database.ts';

const T0 = Date.UTC(2026, 10, 20);
const database = useDatabase();
let store: Store;
beforeAll(() => {
  store = database.openStore(testWorld(T0));
});

const deliver = (digest: string, receivedAt: number) =>
  store.sync.acceptDelivery({ host: 'hubspot', digest, body: '[]', receivedAt });

describe('housekeeping', () => {
  test('S14 finished deliveries go after their time; waiting ones never do, and young ones still stop duplicates', async () => {
    await deliver('old', T0 - RETENTION_MS.delivery - 1);
    await deliver('waiting', T0 - RETENTION_MS.delivery);
    await deliver('young', T0 - 1000);
    const taken = await store.sync.takeDeliveries({ limit: 10, now: T0, leaseMs: 1000 });
    for (const { deliveryId, receivedAt } of taken) {
      if (receivedAt !== T0 - RETENTION_MS.delivery)
        await store.sync.finishDeliveries([{ deliveryId, rejected: [] }], []);
    }
    const later = T0 + 5000;
    expect(await purgeRouting(store.database, later)).toBe(1);
    expect(await purgeRouting(store.database, later)).toBe(0);
    expect(await deliver('young', T0)).toBe('duplicate');
    expect(await store.sync.takeDeliveries({ limit: 10, now: later, leaseMs: 1 })).toHaveLength(1);
  });

  test('S14 more rows than one batch go in one run', async () => {
    await database.admin.query(
      `INSERT INTO oauth_state (state_hash, host, browser_hash, code_verifier, created_at, expires_at)
       SELECT n::text, 'hubspot', '', '', $1, $1 FROM generate_series(1, 2500) n`,
      [new Date(T0 - RETENTION_MS.oauthState - 1)],
    );
    expect(await purgeRouting(store.database, T0)).toBe(2500);
  });

  test('S8 spent keys and ended sessions go, of the workspace named only', async () => {
    const [mine, theirs] = [await addWorkspace(store.database), await addWorkspace(store.database)];
    const old = new Date(T0 - RETENTION_MS.session - 1);
    for (const workspaceId of [mine, theirs]) {
      await store.database.withPrisma(workspaceId, async (prisma) => {
        const user = { workspaceId, id: workspaceId, email: 'a@example.com', role: 'rep', createdAt: old };
        await prisma.workspaceUser.create({ data: user });
        for (const [tokenHash, expiresAt] of [
          ['ended', old],
          ['running', new Date(T0)],
        ] as const) {
          await prisma.session.create({
            data: { workspaceId, tokenHash, userId: workspaceId, createdAt: old, expiresAt },
          });
          await prisma.idempotencyKey.create({
            data: { workspaceId, key: tokenHash, requestHash: '', createdAt: expiresAt },
          });
        }
      });
    }
    expect(await purgeWorkspace(store.database, mine, T0)).toBe(2);
    const { rows } = await database.admin.query(
      'SELECT workspace_id, token_hash FROM session ORDER BY token_hash, workspace_id',
    );
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual({ workspace_id: mine, token_hash: 'running' });
  });
});
