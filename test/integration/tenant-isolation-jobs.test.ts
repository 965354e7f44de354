/** Every job that runs for one workspace opens transactions of that workspace only and leaves all rows of another as they are. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, pageFor } from '../support/practice.ts';
import type { Database } from '../../server/store/prisma/database.ts';
import { createDatabase } from '../support/database.ts';
import { changedTables, readState } from '../fuzz/database-state.ts';
import { type Draft, render } from '../fuzz/request.ts';
import { API_SAMPLES, SAMPLES } from '../fuzz/route-samples.ts';
import { type Scene, startScene } from '../fuzz/scene.ts';
import type { Tenant } from '../fuzz/tenant.ts';
import { createWireClient } from '../fuzz/wire-client.ts';

const WORK_MS_MAX = 60_000;
const POLL_MS = 10;

let scene: Scene;
let database: Awaited<ReturnType<typeof createDatabase>>;
let still: Tenant;
let busy: Tenant;
/** Workspaces that a transaction was opened for. */
const entered = new Map<string, number>();

beforeAll(async () => {
  database = await createDatabase();
  scene = await startScene(database.url);
  [still, busy] = scene.tenants;
  // Nothing is done for the first workspace from here on: its portal is parked, as when its tokens were withdrawn.
  await scene.server.store.sync.setConnectionState(still.connection, 'parked', 'for the test');
  watch(scene.server.store.database);
});
afterAll(async () => {
  await scene.stop();
  await database.drop();
});

/** From here on it is counted which workspaces transactions are opened for. */
function watch(sql: Database): void {
  const inWorkspace = sql.inWorkspace.bind(sql);
  const withPrisma = sql.withPrisma.bind(sql);
  const enter = (workspaceId: string): void => void entered.set(workspaceId, (entered.get(workspaceId) ?? 0) + 1);
  Object.assign(sql, {
    inWorkspace: (workspaceId: string, work: Parameters<typeof inWorkspace>[1]) => {
      enter(workspaceId);
      return inWorkspace(workspaceId, work);
    },
    withPrisma: (workspaceId: string, work: Parameters<typeof withPrisma>[1]) => {
      enter(workspaceId);
      return withPrisma(workspaceId, work);
    },
  });
}

/** Turns the engine until the database says so; side jobs and lanes may have to wait for each other in between. */
async function workUntil({ engine }: Pick<Scene['server'], 'engine'>, question: string): Promise<void> {
  for (const deadline = Date.now() + WORK_MS_MAX; Date.now() < deadline; ) {
    if (!(await engine.turn())) await delay(POLL_MS);
    if ((await scene.admin.query(question)).rowCount === 1) return;
  }
  throw new Error(`worked in vain until ${question}`);
}

/** Does the work for the busy workspace and looks at what became of the other one. */
async function alone(work: () => Promise<unknown>): Promise<void> {
  entered.clear();
  const before = await readState(scene.admin, still.connection.workspaceId);
  await work();
  expect(changedTables(before, await readState(scene.admin, still.connection.workspaceId))).toEqual([]);
  expect(entered.get(still.connection.workspaceId) ?? 0, 'transactions of the other workspace').toBe(0);
  expect(entered.get(busy.connection.workspaceId) ?? 0, 'the work was done').toBeGreaterThan(0);
}

async function send(draft: Draft): Promise<unknown> {
  const client = createWireClient(scene.port);
  const answer = await client.send(render(draft, { origin: scene.origin }));
  client.close();
  expect(answer.status, answer.body.toString()).toBeLessThan(300);
  return answer.body.length === 0 ? null : JSON.parse(answer.body.toString());
}

const sampleOf = (operationId: string): Draft => {
  const sample = SAMPLES.find((each) => each.operationId === operationId);
  if (sample === undefined) throw new Error(`no sample for ${operationId}`);
  return sample.make(busy, busy);
};

describe('S8 one workspace at work', () => {
  test('S8 reading a portal anew: schema, backfill, sweeps, check and the daily roll', {
    timeout: 90_000,
  }, async () => {
    await alone(async () => {
      const { sync } = scene.server.store;
      await scene.admin.query('UPDATE connection SET backfill = NULL WHERE id = $1', [busy.connection.connectionId]);
      await scene.admin.query('DELETE FROM cursor WHERE workspace_id = $1', [busy.connection.workspaceId]);
      await scene.admin.query('DELETE FROM job_lease WHERE workspace_id = $1', [busy.connection.workspaceId]);
      await sync.setConnectionState(busy.connection, 'installing', null);
      const restarted = scene.restarted();
      watch(restarted.store.database);
      const { connectionId } = busy.connection;
      await workUntil(restarted, `SELECT 1 FROM connection WHERE id = '${connectionId}' AND state = 'active'`);
    });
  });

  test('S8 webhook intake, reading and judging', { timeout: 90_000 }, async () => {
    await alone(async () => {
      const path = `/practice/api/portals/${busy.portalId}/objects/deals/${busy.recordId}`;
      const renamed = `Renamed ${busy.canary}`;
      const changed = await pageFor(scene.practice)('PATCH', path, { properties: { dealname: renamed } });
      expect(changed.status).toBe(200);
      await send(sampleOf('/webhooks/hubspot'));
      await workUntil(scene.server, `SELECT 1 FROM host_record WHERE name = '${renamed}'`);
    });
  });

  test('S8 tickets that come in, and the service levels that follow', { timeout: 90_000 }, async () => {
    await alone(async () => {
      const touched = await scene.server.store.sync.saveCases(busy.connection, [
        {
          ref: { objectType: 'case', recordId: '9001' },
          accountIds: ['5001'],
          subject: `Down ${busy.canary}`,
          priority: 'HIGH',
          openedAt: Date.UTC(2026, 9, 1),
          respondedAt: null,
          closedAt: null,
        },
      ]);
      scene.server.services.slaRefresh.note(busy.connection, touched);
      await scene.server.services.slaRefresh.once(new AbortController().signal);
    });
  });

  test('S8 the monthly close, derived columns and what is kept for a time only', { timeout: 90_000 }, async () => {
    await alone(async () => {
      await scene.server.housekeeping.closeMonths(busy.connection.workspaceId);
      await scene.server.services.parts.workspaces.expire(busy.connection.workspaceId, Date.now() + 400 * 86_400_000);
    });
    const sessions = await scene.admin.query<{ id: string }>('SELECT workspace_id::text AS id FROM session');
    expect(sessions.rows.map(({ id }) => id)).toContain(still.connection.workspaceId);
    expect(sessions.rows.map(({ id }) => id)).not.toContain(busy.connection.workspaceId);
    const roles = ['rep', 'manager', 'admin'] as const;
    const [rep = '', manager = '', admin = ''] = await Promise.all(
      roles.map((role) => scene.signIn(busy.connection.workspaceId, role)),
    );
    busy = { ...busy, cookies: { rep, manager, admin } };
  });

  test('S8 an import from upload to commit', { timeout: 90_000 }, async () => {
    await alone(async () => {
      const body = Buffer.from(
        `Contract number,Title,Counterparty,Effective date,End date\nJ-1,Job,Vendor,2026-01-01,2026-12-31\n`,
      );
      const view = await send({ ...sampleOf('uploadImport'), body });
      const id = String(at(view, 'id'));
      const committed = await send({ ...sampleOf('commitImport'), path: `/v1/imports/${id}/commit` });
      expect(at(committed, 'state')).toBe('committed');
    });
  });

  test('S8 every act of a person', { timeout: 90_000 }, async () => {
    const acts = API_SAMPLES.filter(
      ({ operationId }) => !['signOut', 'streamEvents', 'disconnect'].includes(operationId),
    );
    await alone(async () => {
      const client = createWireClient(scene.port);
      for (const sample of acts) {
        const answer = await client.send(render(sample.make(busy, busy), { origin: scene.origin }));
        expect(answer.status, `${sample.operationId}: ${answer.body.toString()}`).toBeLessThan(500);
      }
      client.close();
    });
  });

  test('S8 disconnecting the portal', { timeout: 90_000 }, async () => {
    const body = { confirmAccountId: busy.portalId };
    await alone(() => send({ ...sampleOf('disconnect'), body }));
    const { rows } = await scene.admin.query<{ id: string }>('SELECT connection_id::text AS id FROM credential');
    expect(rows.map(({ id }) => id)).toContain(still.connection.connectionId);
    expect(rows.map(({ id }) => id)).not.toContain(busy.connection.connectionId);
  });
});
