/** A short campaign on every run; `node scripts/fuzz.ts --count 100000` is a long one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../server/http/routes/routes.ts';
import { createDatabase } from '../support/database.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { draw, MUTATIONS, runCampaign } from './campaign.ts';
import { readState } from './database-state.ts';
import { asCurl, render } from './request.ts';
import { API_SAMPLES, OTHER_SAMPLES, SAMPLES } from './route-samples.ts';
import { type Scene, startScene } from './scene.ts';
import { createWireClient } from './wire-client.ts';

const COUNT = Number(process.env['COUNTERPART_FUZZ_COUNT'] ?? '5000');
const SEED = Number(process.env['COUNTERPART_FUZZ_SEED'] ?? '1');
const MEGABYTE = 1_048_576;
/** What customers own; the engine's own tables move whenever it works. */
const PEOPLES_TABLES: readonly string[] = [
  'workspace',
  'workspace_user',
  'session',
  'credential',
  'organisation',
  'contract',
  'contract_party',
  'contract_link',
  'conflict',
  'field_change',
  'audit_event',
  'incident',
  'support_case',
  'import_job',
  'import_row',
];

let scene: Scene;
let database: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  database = await createDatabase();
  scene = await startScene(database.url);
});
afterAll(async () => {
  await scene.stop();
  await database.drop();
});

describe('the table of samples', () => {
  test('has a request for every route of the API and for everything mounted beside it, and no other', () => {
    expect(API_SAMPLES.map(({ operationId }) => operationId).toSorted()).toEqual(
      ROUTES.map(({ operationId }) => operationId).toSorted(),
    );
    const beside = mountedPaths().filter((path) => !path.startsWith('/v1/'));
    expect(OTHER_SAMPLES.map(({ operationId }) => operationId).toSorted()).toEqual(beside.toSorted());
  });

  test('holds only requests that the server understands as they are', async () => {
    const client = createWireClient(scene.port);
    for (const sample of SAMPLES) {
      if (sample.operationId === 'signOut') continue;
      for (const tenant of scene.tenants) {
        const request = render(sample.make(tenant, tenant), { origin: scene.origin });
        const answer = await client.send(request);
        expect(sample.understood, `${asCurl(request, scene.origin)}\n${answer.body.toString()}`).toContain(
          answer.status,
        );
        expect([404, 502, 503].filter((status) => status !== 503 || sample.operationId !== '/readyz')).not.toContain(
          answer.status,
        );
      }
    }
    client.close();
  });

  test('is met by every mutation, and one seed gives one campaign', () => {
    const names = (seed: number, count: number): readonly string[] => {
      const random = createSeededRandom(seed);
      return Array.from({ length: count }, (_, index) => {
        const { mutation, sample } = draw(scene, random, index);
        return `${mutation} ${sample.operationId}`;
      });
    };
    const drawn = names(7, 4_000);
    expect(names(7, 300)).toEqual(drawn.slice(0, 300));
    const met = new Set(
      MUTATIONS.filter(({ name }) => drawn.some((each) => each.startsWith(name))).map(({ name }) => name),
    );
    expect(MUTATIONS.map(({ name }) => name).filter((name) => !met.has(name))).toEqual([]);
  });
});

describe('mutated requests', () => {
  test('are refused with a reason and change nothing, or are understood; none is a failure of the server', {
    timeout: 600_000,
  }, async () => {
    const before = process.memoryUsage().heapUsed;
    const report = await runCampaign(scene, { count: COUNT, seed: SEED });
    const told = report.failures.map(
      (failure) => `${failure.case}\n  ${failure.breaches.join('\n  ')}\n  ${failure.curl}`,
    );
    expect(told.join('\n'), `seed ${SEED}`).toBe('');
    expect(report.failureCount).toBe(0);
    expect(report.sent).toBe(COUNT);
    expect(report.refused).toBeGreaterThan(COUNT / 2);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400 * MEGABYTE);
  });

  test('leave no error in the log, and no secret', () => {
    const lines = scene.logLines.join('');
    expect(scene.logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
    for (const tenant of scene.tenants) {
      for (const cookie of Object.values(tenant.cookies)) expect(lines).not.toContain(cookie.split('.')[1]);
      expect(lines).not.toContain(tenant.org.secret);
    }
  });
});

describe('webhooks that HubSpot signed and that say nothing useful', () => {
  const bodies: readonly (string | Buffer)[] = [
    '',
    'null',
    '{}',
    '[]',
    '[[]]',
    '[null,1,"x",true,{}]',
    'not json',
    '['.repeat(10_000),
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    '[{"__proto__":{"portalId":1001}}]',
    '[{"portalId":"1001","objectId":{"toString":1},"subscriptionType":"deal.creation","occurredAt":1}]',
    '[{"portalId":1e400,"objectId":-1,"subscriptionType":"deal.creation","occurredAt":1e308}]',
    '[{"portalId":1001,"objectId":99999999999999999999999999,"subscriptionType":"deal.creation","occurredAt":1}]',
    '[{"portalId":1001,"objectId":"1\\u0000","subscriptionType":"deal.creation","occurredAt":1}]',
    '[{"portalId":1001,"objectId":1,"subscriptionType":"deal.\\ud800","occurredAt":1}]',
    '[{"portalId":1001,"objectId":1,"subscriptionType":"constructor.__proto__","occurredAt":1}]',
    '[{"portalId":424242424242,"objectId":1,"subscriptionType":"deal.creation","occurredAt":1}]',
    `[${'{"portalId":1001,"objectId":1,"subscriptionType":"x.y","occurredAt":1},'.repeat(9_000)}{}]`,
    Buffer.from([0xff, 0xfe, 0x00, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
    Buffer.from('\u0000\u0000'),
    Buffer.from('[{"portalId":1001}]', 'utf16le'),
  ];

  test('S5 are stored once, read without harm, and change no contract, link or record', async () => {
    const client = createWireClient(scene.port);
    const [tenant] = scene.tenants;
    await scene.settle();
    const before = await readState(scene.admin);
    for (const body of bodies) {
      const draft = {
        access: 'webhook',
        method: 'POST',
        path: '/webhooks/hubspot',
        query: [],
        body: Buffer.from(body),
        contentType: 'application/json',
        cookie: '',
        portalId: tenant.portalId,
      } as const;
      const request = render(draft, { origin: scene.origin });
      const stored = async (): Promise<number> =>
        (await scene.admin.query<{ n: number }>('SELECT count(*)::int AS n FROM delivery')).rows[0]?.n ?? -1;
      const already = await stored();
      for (let sending = 0; sending < 3; sending += 1) expect((await client.send(request)).status).toBe(204);
      expect(await stored()).toBe(already + 1);
    }
    client.close();
    await scene.settle();
    const after = await readState(scene.admin);
    const changed = [...after].filter(([table, sum]) => before.get(table) !== sum).map(([table]) => table);
    expect(changed.filter((table) => PEOPLES_TABLES.includes(table))).toEqual([]);
    const waiting = await scene.admin.query('SELECT count(*)::int AS n FROM delivery WHERE finished_at IS NULL');
    expect(waiting.rows).toEqual([{ n: 0 }]);
  });
});

/** The path of each handler that Express holds. */
function mountedPaths(): readonly string[] {
  const layer = z.object({ route: z.object({ path: z.union([z.string(), z.instanceof(RegExp)]) }).optional() });
  const router: unknown = Reflect.get(scene.server.app, 'router');
  const stack = z.array(z.unknown()).parse(typeof router === 'function' ? Reflect.get(router, 'stack') : null);
  const paths = stack.flatMap((each) => {
    const { route } = layer.parse(each);
    return route === undefined ? [] : [String(route.path)];
  });
  return [...new Set(paths)];
}
