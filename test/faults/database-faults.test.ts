/**
 * The server under a load of webhooks, card writes and edits in a portal, while its PostgreSQL fails in each way that one can. Always:
 * what was acknowledged is stored, what was not is answered 5xx so that it is sent again, a repeated write counts once, and the server
 * is well again by itself within seconds, with its secrets out of its log.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contractInput } from '../integration/api-server.ts';
import { type FaultPostgres, startFaultPostgres } from '../support/fault-postgres.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { eventually, type FaultServer, signatureHeaders, startFaultServer } from '../support/fault-server.ts';
import { CLIENT_SECRET } from '../support/practice.ts';

const PORTAL = '1001';
/** Time limits of the server count against a busy machine, so they are shortened less than elsewhere. */
const SPEED = 4;
const TEST_MS_MAX = 60_000;
const WELL_AGAIN_MS_MAX = 15_000;
const ANSWER_MS_MAX = 25_000;
/** How soon a health check has to be answered, whatever the database does. */
const HEALTH_MS_MAX = 4_000;

let postgres: FaultPostgres;
let wire: FaultProxy;
let rig: FaultServer;
let recordId = '';

beforeAll(async () => {
  // Room that the product leaves behind is not made use of unasked: a full table stays full.
  postgres = await startFaultPostgres({ autovacuum: 'off' });
  wire = await startFaultProxy(postgres.port);
  const url = new URL(postgres.url);
  url.port = String(wire.port);
  rig = await startFaultServer({ databaseUrl: url.href, speed: SPEED });
  await rig.install(PORTAL);
  recordId = await rig.createDeal(PORTAL);
  await eventually('the connection is active', async () => (await connectionState()) === 'active');
  const key = randomUUID();
  await eventually('a contract is made', async () => (await createContract(key, 'the first')).status === 200);
  await settled();
}, TEST_MS_MAX);
afterAll(async () => {
  wire.heal();
  await rig.stop();
  await wire.stop();
  await postgres.stop();
});

async function connectionState(): Promise<string | undefined> {
  return (await postgres.query<{ state: string }>('SELECT state FROM connection'))[0]?.state;
}
async function settled(): Promise<void> {
  await eventually('nothing waits', async () => {
    const [row] = await postgres.query<{ open: number }>(
      `SELECT (SELECT count(*) FROM dirty)::int + (SELECT count(*) FROM delivery WHERE state <> 'finished')::int AS open`,
    );
    return row?.open === 0;
  });
}
const createContract = (idempotencyKey: string, title: string) =>
  rig.card(PORTAL, {
    method: 'POST',
    path: '/v1/card/contracts',
    body: { idempotencyKey, record: { objectType: 'opportunity', recordId }, contract: contractInput({ title }) },
  });

async function statusOf(path: string): Promise<number | 'late'> {
  return await fetch(`${rig.origin}${path}`, { signal: AbortSignal.timeout(HEALTH_MS_MAX) }).then(
    (answer) => answer.status,
    () => 'late' as const,
  );
}

/** `broken`: no answer came at all, which HubSpot takes for a failure as well. */
type Sent = { readonly id: number; readonly answer: number | 'broken' };
type Written = { readonly key: string; readonly title: string; readonly answer: number | 'broken' };
let lastId = 1_000;

async function sendWebhook(id: number): Promise<Sent> {
  const event = {
    eventId: id,
    portalId: Number(PORTAL),
    objectId: Number(recordId),
    objectTypeId: '0-3',
    subscriptionType: 'object.propertyChange',
    propertyName: 'counterpart_stage',
    occurredAt: 1_780_000_000_000,
  };
  const bytes = Buffer.from(JSON.stringify([event]));
  const target = '/webhooks/hubspot';
  const headers = signatureHeaders({ method: 'POST', target, bytes }, rig.clock.now());
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const sent = fetch(`${rig.origin}${target}`, { method: 'POST', headers, body: bytes, signal });
  return await sent.then(
    (answer) => ({ id, answer: answer.status }),
    () => ({ id, answer: 'broken' as const }),
  );
}

async function writeCard(key: string, title: string): Promise<Written> {
  return await createContract(key, title).then(
    ({ status }) => ({ key, title, answer: status }),
    () => ({ key, title, answer: 'broken' as const }),
  );
}

/** Webhooks from three senders and writes from one card, one after the other, until told to stop. */
function startLoad() {
  const load = { going: true, sent: [] as Sent[], written: [] as Written[] };
  const webhooks = async (): Promise<void> => {
    while (load.going) {
      load.sent.push(await sendWebhook((lastId += 1)));
      await delay(8);
    }
  };
  const writes = async (): Promise<void> => {
    while (load.going) {
      load.written.push(await writeCard(randomUUID(), `Contract ${randomUUID()}`));
      await delay(60);
    }
  };
  const running = Promise.all([webhooks(), webhooks(), webhooks(), writes()]);
  return {
    ...load,
    stop: async () => {
      load.going = false;
      await running;
      return load;
    },
  };
}

type Fault = {
  readonly strike: () => Promise<void>;
  readonly heal: () => Promise<void>;
  /** How long the fault stays, on the wall clock. */
  readonly lastsMs?: number;
  /** Whether requests fail while it lasts; some faults only hold things up. */
  readonly refuses?: boolean;
  readonly readyDuring?: 503 | 200;
};

/** Load before, during and after the fault; then everything that has to hold. */
async function survive({ strike, heal, lastsMs = 600, refuses = true, readyDuring = 503 }: Fault): Promise<void> {
  const logged = rig.logLines.length;
  const load = startLoad();
  await delay(300);
  try {
    await strike();
    const struckAt = Date.now();
    await rig.editDeal(PORTAL, recordId, { counterpart_renewal_decision: 'renew' });
    await eventually(`/readyz says ${readyDuring}`, async () => (await statusOf('/readyz')) === readyDuring);
    expect(await statusOf('/healthz')).toBe(200);
    await delay(Math.max(0, lastsMs - (Date.now() - struckAt)));
  } finally {
    await heal();
  }
  const healedAt = Date.now();
  await eventually('/readyz says 200', async () => (await statusOf('/readyz')) === 200, WELL_AGAIN_MS_MAX);
  await eventually(
    'webhooks are taken',
    async () => (await sendWebhook((lastId += 1))).answer === 204,
    WELL_AGAIN_MS_MAX,
  );
  expect(Date.now() - healedAt).toBeLessThan(WELL_AGAIN_MS_MAX);
  await delay(300);
  const { sent, written } = await load.stop();
  await nothingIsLost(sent, written, refuses);
  expect(await connectionState()).toBe('active');
  await eventually('the edit arrived', async () => await decided('renew'));
  await settled();
  await rig.editDeal(PORTAL, recordId, { counterpart_renewal_decision: 'undecided' });
  await eventually('the engine works on', async () => await decided('undecided'));
  noSecretsIn(rig.logLines.slice(logged));
}

async function decided(decision: string): Promise<boolean> {
  const rows = await postgres.query(`SELECT 1 FROM contract WHERE renewal_decision = $1`, [decision]);
  const shown = await rig.deal(PORTAL, recordId);
  return rows.length > 0 && shown['counterpart_renewal_decision'] === decision;
}

async function nothingIsLost(sent: readonly Sent[], written: readonly Written[], refuses: boolean): Promise<void> {
  const refused = sent.filter(({ answer }) => answer !== 204);
  expect(refused.filter(({ answer }) => answer !== 'broken' && answer < 500)).toEqual([]);
  expect(sent.length - refused.length).toBeGreaterThan(10);
  if (refuses) expect(refused.length).toBeGreaterThan(0);
  const storedIds = new Set(
    (
      await postgres.query<{ id: number }>(
        `SELECT (convert_from(body, 'UTF8')::jsonb -> 0 ->> 'eventId')::bigint::int AS id FROM delivery WHERE convert_from(body, 'UTF8') LIKE '[{"eventId":%'`,
      )
    ).map(({ id }) => id),
  );
  expect(sent.filter(({ id, answer }) => answer === 204 && !storedIds.has(id))).toEqual([]);
  // As HubSpot does, and as a card does whose answer never came: the same again.
  for (const { id } of refused)
    await eventually('the second try is taken', async () => (await sendWebhook(id)).answer === 204);
  for (const { key, title, answer } of written)
    if (answer !== 200)
      await eventually('the card’s second try is taken', async () => (await writeCard(key, title)).answer === 200);
  const titles = await postgres.query<{ title: string; count: number }>(
    'SELECT title, count(*)::int AS count FROM contract WHERE title = ANY($1) GROUP BY title',
    [written.map(({ title }) => title)],
  );
  expect(titles.filter(({ count }) => count !== 1)).toEqual([]);
  expect(titles).toHaveLength(written.length);
  expect(written.filter(({ answer }) => answer !== 'broken' && answer !== 200 && answer < 500)).toEqual([]);
}

function noSecretsIn(lines: readonly string[]): void {
  const { password } = new URL(postgres.url);
  const text = lines.join('\n');
  for (const secret of [decodeURIComponent(password), CLIENT_SECRET, 'Northwind Hosting'])
    expect(text).not.toContain(secret);
  expect(text).not.toMatch(/bearer [a-z0-9]/i);
}

const CONNECTIONS_MAX = 80;
const CUT_PRODUCT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'counterpart%'`;
/** Where the disk of the full one ends: above a segment of the log, which PostgreSQL makes at once. */
const FILE_BYTES_MAX = 20 * 2 ** 20;

describe('S4 S5 nothing acknowledged is lost when PostgreSQL', () => {
  test('dies and recovers from its log', { timeout: TEST_MS_MAX }, async () => {
    await survive({ strike: () => postgres.crash(), heal: () => postgres.start(), lastsMs: 1_500 });
  });

  test('ends every session in the middle of its work, again and again', { timeout: TEST_MS_MAX }, async () => {
    const state = { going: true, cut: 0 };
    const cutting = { done: Promise.resolve() };
    await survive({
      strike: async () => {
        const cut = async (): Promise<void> => {
          for (; state.going; await delay(40)) state.cut += await postgres.cutBackends();
        };
        cutting.done = cut();
      },
      heal: async () => {
        state.going = false;
        await cutting.done;
      },
      lastsMs: 1_200,
      refuses: false,
      readyDuring: 200,
    });
    expect(state.cut).toBeGreaterThan(20);
  });

  test.each([
    ['did commit', true],
    ['did not commit', false],
  ])('is cut off at COMMIT, and nobody knows that it %s', { timeout: TEST_MS_MAX }, async (_name, deliver) => {
    await survive({
      strike: async () => wire.setFault('toOrigin', { cutAt: { text: 'COMMIT', deliver } }),
      heal: async () => {
        expect(wire.cuts()).toBeGreaterThan(3);
        wire.heal();
      },
    });
  });

  test('has no connection left, because others hold them all', { timeout: TEST_MS_MAX }, async () => {
    const held: Awaited<ReturnType<FaultPostgres['admin']>>[] = [];
    await survive({
      strike: async () => {
        const taker = await postgres.admin();
        held.push(taker);
        const take = (): Promise<boolean> =>
          postgres.admin().then(
            (client) => held.push(client) > 0,
            () => false,
          );
        // Whatever the product holds is taken from it, until it holds nothing.
        await eventually('the product has no connection', async () => {
          while (held.length < CONNECTIONS_MAX && (await take()));
          const { rowCount } = await taker.query(CUT_PRODUCT);
          return rowCount === 0;
        });
      },
      heal: async () => {
        for (const client of held) await client.end();
      },
    });
    expect(held.length).toBeGreaterThan(20);
  });

  test('only reads, as a standby does after a failover', { timeout: TEST_MS_MAX }, async () => {
    await survive({ strike: () => postgres.setReadOnly(true), heal: () => postgres.setReadOnly(false) });
  });

  test('is there, but not a byte comes from it', { timeout: TEST_MS_MAX }, async () => {
    await survive({
      strike: async () => {
        wire.setDoor('silent');
        wire.setFault('toCaller', { endAfterBytes: { byteCount: 0, how: 'stall' } });
      },
      heal: async () => wire.heal(),
      lastsMs: 1_500,
      // What was only beginning is begun again, so that nobody has to be refused.
      refuses: false,
    });
  });

  test('holds the rows of the connection for somebody else', { timeout: TEST_MS_MAX }, async () => {
    const other = await postgres.admin();
    await survive({
      strike: async () => {
        await other.query('BEGIN');
        await other.query('SELECT 1 FROM lane_lease, lane, contract FOR UPDATE');
      },
      heal: async () => {
        await other.query('ROLLBACK');
        await other.end();
      },
      lastsMs: 2_000,
      refuses: false,
      readyDuring: 200,
    });
  });

  test('holds the table of deliveries for somebody else', { timeout: TEST_MS_MAX }, async () => {
    const other = await postgres.admin();
    await survive({
      strike: async () => {
        await other.query('BEGIN; LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE');
      },
      heal: async () => {
        await other.query('ROLLBACK');
        await other.end();
      },
      lastsMs: 1_500,
      refuses: false,
      readyDuring: 200,
    });
  });

  test('has a full disk, and room again later', { timeout: TEST_MS_MAX }, async () => {
    await postgres.restartWithFileLimit(FILE_BYTES_MAX);
    await eventually('/readyz says 200', async () => (await statusOf('/readyz')) === 200);
    const rowOf = (size: number): string =>
      `SELECT gen_random_uuid(), 'hubspot', 'filler ' || gen_random_uuid(), decode(repeat(md5(random()::text), ${size}), 'hex'), now(), 'finished', now()`;
    const insert = 'INSERT INTO delivery (id, host, digest, body, received_at, state, finished_at)';
    /** Row by row until one has no room any more. */
    const fillWith = (size: number): Promise<unknown> =>
      postgres.query(`DO $$ BEGIN FOR i IN 1..5000 LOOP
        BEGIN ${insert} ${rowOf(size)}; EXCEPTION WHEN OTHERS THEN EXIT; END; END LOOP; END $$`);
    await survive({
      strike: () =>
        eventually('a webhook finds no room', async () => {
          await fillWith(100);
          await fillWith(1);
          return (await sendWebhook((lastId += 1))).answer !== 204;
        }),
      heal: async () => {
        await postgres.query(`DELETE FROM delivery WHERE digest LIKE 'filler %'`);
        await postgres.query('VACUUM delivery');
      },
      lastsMs: 1_500,
      readyDuring: 200,
    });
  });
});
