/**
 * Answers that no CRM should give: bombs, pages, endless and broken bodies, redirects. Each is refused within bounds of memory and time,
 * costs a retry and never a stored value; secrets reach nobody but the portal.
 */
import {
  createServer,
  type IncomingMessage,
  request as forwardRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHubSpotClient } from '../../server/crm/hubspot/client.ts';
import { createHubSpotOAuth } from '../../server/crm/hubspot/oauth.ts';
import { contractInput, newKey } from '../integration/api-server.ts';
import { useDatabase } from '../support/database.ts';
import { eventually, type FaultServer, fastClock, startFaultServer } from '../support/fault-server.ts';
import { CLIENT_SECRET, textAt } from '../support/practice.ts';
import { systemWorld } from '../support/system-world.ts';

const MEGABYTE = 2 ** 20;
/** What one refused answer may add to the process at its worst: the cap on answers several times over. */
const MEMORY_MAX = 160 * MEGABYTE;
const JSON_TYPE = { 'content-type': 'application/json' };
/** A gigabyte of zeros in a megabyte: members of gzip may follow each other. */
const BOMB_MEMBER = gzipSync(Buffer.alloc(16 * MEGABYTE), { level: 9 });
const BOMB = Buffer.concat(Array.from({ length: 64 }, () => BOMB_MEMBER));

let elsewhere: Server;
const stolen: string[] = [];
const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};
const listening = async (server: Server): Promise<Server> => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
};
const closed = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
};

type Answer = (response: ServerResponse) => void;
const redirect =
  (status: number): Answer =>
  (response) =>
    void response.writeHead(status, { location: `http://127.0.0.1:${portOf(elsewhere)}/elsewhere` }).end();
const text =
  (body: string, headers: Readonly<Record<string, string>> = JSON_TYPE, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);
const endless: Answer = (response) => {
  response.writeHead(200, JSON_TYPE);
  const chunk = Buffer.alloc(MEGABYTE, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
};
const trickle: Answer = (response) => {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(' '), 50);
  response.once('close', () => clearInterval(timer));
};
const DEEP = 2_000_000;
const HOSTILE: Readonly<Record<string, Answer>> = {
  'a gzip bomb': (response) => void response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB),
  'what only pretends to be gzip': text('{"results":[]}', { ...JSON_TYPE, 'content-encoding': 'gzip' }),
  'huge headers': text('{"results":[]}', { ...JSON_TYPE, 'x-large': 'x'.repeat(100_000) }),
  'a page to sign in': text('<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' }),
  'another type of content': text('\u0089PNG\r\n', { 'content-type': 'image/png' }),
  'JSON that breaks off': text('{"results":[{"id":"1","properties":{"counterpart_st'),
  'an empty answer': text(''),
  'an endless body': endless,
  'a body that never ends, byte by byte': trickle,
  'a redirect that keeps the method': redirect(307),
  'a permanent redirect': redirect(308),
  'a redirect that turns into GET': redirect(302),
  'nesting without end': text('['.repeat(DEEP) + ']'.repeat(DEEP)),
  'nesting where a value belongs': text(
    `{"results":[{"id":"1","updatedAt":"x","properties":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}]}`,
  ),
  'another shape': text('{"results":{"__proto__":{"id":"1"}},"access_token":{},"expires_in":"soon"}'),
  'a gateway’s error page': text('<html>502</html>', { 'content-type': 'text/html' }, 502),
};
const NAMES = Object.keys(HOSTILE);
/** One of each kind, for where pauses between tries grow. */
const IN_TURN = [
  'a gzip bomb',
  'a page to sign in',
  'JSON that breaks off',
  'a redirect that keeps the method',
  'another shape',
];

beforeAll(async () => {
  elsewhere = await listening(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        stolen.push(`${request.headers.authorization ?? ''} ${Buffer.concat(chunks).toString()}`.trim());
        response
          .writeHead(200, JSON_TYPE)
          .end('{"results":[],"access_token":"t","refresh_token":"r","expires_in":1800}');
      });
    }),
  );
});
afterAll(async () => await closed(elsewhere));

/** The most that the process held above its start while the work ran. */
async function peakDuring(work: () => Promise<unknown>): Promise<number> {
  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, held())), 5);
  await work().finally(() => clearInterval(timer));
  return Math.max(peak, held()) - before;
}

describe('one answer at a time', () => {
  test.each(NAMES)('%s is refused, in bounds, and is given no secret', async (name) => {
    const portal = await listening(createServer((_request, response) => HOSTILE[name]?.(response)));
    const baseUrl = `http://127.0.0.1:${portOf(portal)}`;
    const clock = fastClock(30);
    const world = { ...systemWorld(), clock };
    const oauth = createHubSpotOAuth({
      clientId: 'c',
      clientSecret: CLIENT_SECRET,
      redirectUri: baseUrl,
      baseUrl,
      world,
    });
    const credential = { accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt: 0, scopes: [] };
    stolen.length = 0;
    const peak = await peakDuring(async () => {
      expect(await oauth.refresh(credential)).toMatchObject({ ok: false });
      const signal = AbortSignal.timeout(1_000);
      const request = { method: 'POST', path: '/crm/read', json: { inputs: ['a value'] } } as const;
      const sent = await createHubSpotClient(baseUrl).send(request, 'access-1', signal);
      // What is JSON is for the schemas to refuse; everything else is refused before.
      if (sent.kind === 'answer')
        expect(['an empty', 'another shape', 'a gate']).toContainEqual(
          expect.toSatisfy((start: string) => name.startsWith(start)),
        );
    });
    expect(peak).toBeLessThan(MEMORY_MAX);
    expect(stolen.filter((seen) => /access-1|refresh-1|secret/.test(seen))).toEqual([]);
    await closed(portal);
  });
});

test.each([400, 401, 403, 404, 429, 500, 503])(
  'a plain refusal (%i) is heard as one, whatever body it refuses',
  async (status) => {
    const portal = await listening(
      createServer((request, response) => {
        request.resume().once('end', () => response.writeHead(status, JSON_TYPE).end('{"category":"SOME"}'));
      }),
    );
    const client = createHubSpotClient(`http://127.0.0.1:${portOf(portal)}`);
    const forms = { form: { refresh_token: 'refresh-1' } };
    for (const body of status === 401 ? [{ json: {} }] : [{ json: {} }, forms]) {
      const sent = await client.send({ method: 'POST', path: '/x', ...body }, 'access-1', AbortSignal.timeout(5_000));
      expect(sent).toMatchObject({ kind: 'answer', answer: { status, body: { category: 'SOME' } } });
    }
    await closed(portal);
  },
);

test('an answer that begins after its caller has left is not read to its end', async () => {
  const state = { closed: false };
  const portal = await listening(
    createServer((_request, response) => {
      response.once('close', () => (state.closed = true));
      setTimeout(() => trickle(response), 150);
    }),
  );
  const client = createHubSpotClient(`http://127.0.0.1:${portOf(portal)}`);
  const sent = await client.send({ method: 'GET', path: '/x' }, 'access-1', AbortSignal.timeout(20));
  expect(sent).toMatchObject({ kind: 'broken' });
  await eventually('the portal is hung up on', () => state.closed);
  await closed(portal);
});

describe('the whole engine', () => {
  const database = useDatabase();
  let rig: FaultServer;
  const gateway: { server: Server | null; hostile: boolean; answered: number } = {
    server: null,
    hostile: false,
    answered: 0,
  };

  /** Hands requests on to the portal, or answers them itself with the next of the list. */
  function stand(portalUrl: string): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      if (gateway.hostile) {
        const answer = HOSTILE[IN_TURN[gateway.answered % IN_TURN.length] ?? ''];
        gateway.answered += 1;
        request.resume();
        return answer?.(response);
      }
      const { method = 'GET', url = '/', headers } = request;
      const onward = forwardRequest(`${portalUrl}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.once('error', () => response.destroy());
      request.pipe(onward);
    };
  }

  beforeAll(async () => {
    rig = await startFaultServer({
      databaseUrl: database.url,
      portalPort: async (practice) => {
        gateway.server = await listening(createServer(stand(practice.hubspot.url)));
        return portOf(gateway.server);
      },
    });
  });
  afterAll(async () => {
    await rig.stop();
    if (gateway.server !== null) await closed(gateway.server);
  });

  test('S1 S2 meets one of each kind in turn: nothing of them is stored, and the edit made meanwhile arrives', {
    timeout: 60_000,
  }, async () => {
    await rig.install('1001');
    const recordId = await rig.createDeal('1001');
    const record = { objectType: 'opportunity', recordId };
    const body = { idempotencyKey: newKey(), record, contract: contractInput() };
    const made = await rig.insist('1001', { method: 'POST', path: '/v1/card/contracts', body });
    const contractId = textAt(made, 'contractId');
    const shows = async (decision: string) =>
      (await rig.deal('1001', recordId))['counterpart_renewal_decision'] === decision;
    const stored = async () =>
      (await database.admin.query('SELECT renewal_decision, revision, title FROM contract WHERE id = $1', [contractId]))
        .rows[0];
    const waits = async () => (await database.admin.query('SELECT state, failure FROM dirty')).rows;
    await eventually('the deal shows the contract', () => shows('undecided'));
    await eventually('nothing waits', async () => (await waits()).length === 0);
    const before = await stored();

    gateway.hostile = true;
    await rig.editDeal('1001', recordId, { counterpart_renewal_decision: 'renew' });
    const peak = await peakDuring(async () => {
      await eventually('every answer was given', () => gateway.answered >= IN_TURN.length, 40_000);
    });
    expect((await fetch(`${rig.origin}/healthz`)).status).toBe(200);
    expect(await stored()).toEqual(before);
    // Several calls are under way at a time, each within its bound.
    expect(peak).toBeLessThan(2 * MEMORY_MAX);

    gateway.hostile = false;
    await eventually('the edit arrived', async () => (await stored())?.renewal_decision === 'renew');
    await eventually('nothing waits', async () => (await waits()).length === 0);
    const { rows } = await database.admin.query('SELECT state FROM connection');
    expect(rows).toEqual([{ state: 'active' }]);
    expect(stolen.filter((seen) => seen.includes('Bearer') || seen.includes('secret'))).toEqual([]);
    expect(await shows('renew')).toBe(true);
  });
});
