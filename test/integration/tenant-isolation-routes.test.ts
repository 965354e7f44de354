/** For every route: the ids of another workspace are like ids that do not exist, and nothing of one workspace reaches another. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../server/http/routes/routes.ts';
import { changedTables, readState } from '../fuzz/database-state.ts';
import { type Draft, render } from '../fuzz/request.ts';
import { API_SAMPLES, type Sample } from '../fuzz/route-samples.ts';
import { MASTER_KEY, type Scene, SESSION_SECRET, startScene } from '../fuzz/scene.ts';
import type { Tenant } from '../fuzz/tenant.ts';
import { createWireClient, type WireAnswer, type WireClient } from '../fuzz/wire-client.ts';
import { createDatabase } from '../support/database.ts';
import { at, CLIENT_SECRET, pageFor, until } from '../support/practice.ts';

let scene: Scene;
let client: WireClient;
let database: Awaited<ReturnType<typeof createDatabase>>;
const answered: { readonly by: Tenant; readonly name: string; readonly text: string }[] = [];

beforeAll(async () => {
  database = await createDatabase();
  scene = await startScene(database.url);
  client = createWireClient(scene.port);
});
afterAll(async () => {
  client.close();
  await scene.stop();
  await database.drop();
});

/** A workspace that does not exist, seen from one that does. */
function nobody(by: Tenant): Tenant {
  const id = (): string => randomUUID();
  return {
    ...by,
    connection: { ...by.connection, connectionId: id() },
    recordId: '29999999901',
    bareRecordId: '29999999902',
    contractId: id(),
    looseContractId: id(),
    organisationId: id(),
    conflictId: id(),
    matchId: id(),
    importId: id(),
    spareImportId: id(),
    committedImportId: id(),
    userId: id(),
    deadRecordId: '29999999903',
  };
}

async function send(by: Tenant, name: string, draft: Draft): Promise<WireAnswer> {
  const answer = await client.send(render(draft, { origin: scene.origin }));
  answered.push({ by, name, text: `${[...answer.headers].join('\n')}\n${answer.body.toString()}` });
  return answer;
}

/** Without what differs from answer to answer: the id of the request, and the ids that were asked for. */
function shape(answer: WireAnswer, ids: Tenant): unknown {
  const named = [
    ids.connection.connectionId,
    ids.recordId,
    ids.contractId,
    ids.looseContractId,
    ids.organisationId,
    ids.conflictId,
    ids.importId,
    ids.spareImportId,
    ids.committedImportId,
    ids.userId,
    ids.deadRecordId,
  ];
  const text = named.reduce((left, id) => left.replaceAll(id, 'ID'), answer.body.toString());
  return [answer.status, answer.headers.get('content-type'), text.replaceAll(/"instance":"[^"]*"/g, '')];
}

const naming = API_SAMPLES.filter(({ idPlaces }) => idPlaces.length > 0);

/** Record ids are a portal's own numbers: those of the first portal exist in the second one too, so cards are asked one way only. */
function directions(sample: Sample): readonly (readonly [by: Tenant, ids: Tenant])[] {
  const [first, second] = scene.tenants;
  const isCard = sample.make(first, first).access === 'card';
  return isCard
    ? [[first, second]]
    : [
        [first, second],
        [second, first],
      ];
}

describe('ids of another workspace', () => {
  test('are named by nearly every route, and each of those is tried', () => {
    expect(naming.length).toBeGreaterThanOrEqual(26);
    const withParameter = ROUTES.filter(({ path }) => path.includes(':')).map(({ operationId }) => operationId);
    expect(withParameter.filter((id) => !naming.some(({ operationId }) => operationId === id))).toEqual([]);
  });

  test.each(naming.map((sample) => [sample.operationId, sample] as const))(
    'S8 %s answers as for ids that do not exist, and changes nothing',
    async (name, sample) => {
      for (const [by, ids] of directions(sample)) {
        const none = nobody(by);
        const missing = await send(by, name, sample.make(none, by));
        const before = await readState(scene.admin);
        const answer = await send(by, name, sample.make(ids, by));
        const changed = changedTables(before, await readState(scene.admin));
        expect(shape(answer, ids), name).toEqual(shape(missing, none));
        if (sample.hides === true) expect(answer.status, answer.body.toString()).toBe(404);
        expect(changed, `${name} changed the database`).toEqual([]);
        // What is wrong is the id and nothing else.
        const own = await client.send(render(sample.make(by, by), { origin: scene.origin }));
        if (sample.hides === true) expect(own.status, `${name}: ${own.body.toString()}`).not.toBe(404);
      }
    },
  );

  test('S8 a contract of another workspace cannot be attached to an own record, or reached through one', async () => {
    const [by, other] = scene.tenants;
    const mixed: Tenant = { ...by, contractId: other.contractId, looseContractId: other.looseContractId };
    const cards = naming.filter(
      (sample) => sample.make(by, by).access === 'card' && sample.operationId !== 'getRecordCard',
    );
    const before = await readState(scene.admin, other.connection.workspaceId);
    for (const sample of cards) {
      if (['createCardContract', 'searchCardContracts'].includes(sample.operationId)) continue;
      const answer = await send(by, sample.operationId, sample.make(mixed, by));
      expect(answer.status, `${sample.operationId}: ${answer.body.toString()}`).toBe(404);
    }
    expect(changedTables(before, await readState(scene.admin, other.connection.workspaceId))).toEqual([]);
  });

  test('S8 a place in another workspace’s list leads to own rows only', async () => {
    const [by, other] = scene.tenants;
    const list = (who: Tenant, query: readonly (readonly [string, string])[]): Draft => ({
      access: 'session',
      method: 'GET',
      path: '/v1/contracts',
      query: [['sort', 'title'], ['limit', '1'], ...query],
      body: undefined,
      contentType: null,
      cookie: who.cookies.rep,
      portalId: who.portalId,
    });
    const theirs = await send(other, 'listContracts', list(other, []));
    const next = at(JSON.parse(theirs.body.toString()), 'next');
    expect(typeof next).toBe('string');
    const ours = await send(by, 'listContracts', list(by, [['after', String(next)]]));
    expect(ours.status).toBe(200);
    expect(ours.body.toString()).not.toContain(other.canary);
  });

  test('S8 one key is two keys in two workspaces', async () => {
    const [first, second] = scene.tenants;
    const key = randomUUID();
    const create = async (by: Tenant): Promise<unknown> => {
      const draft = API_SAMPLES.find(({ operationId }) => operationId === 'createCardContract')?.make(by, by);
      if (draft === undefined) throw new Error('no sample');
      const body = { ...z.record(z.string(), z.json()).parse(draft.body), idempotencyKey: key };
      const answer = await send(by, 'createCardContract', { ...draft, body });
      expect(answer.status, answer.body.toString()).toBe(200);
      return at(JSON.parse(answer.body.toString()), 'contractId');
    };
    expect(await create(first)).not.toBe(await create(second));
  });
});

describe('what the workspaces hear and say', () => {
  test('S8 an open page hears nothing of another workspace', async () => {
    const heard: string[] = [];
    const [first, second] = scene.tenants;
    const stop = new AbortController();
    const listen = async (who: Tenant, into: string[]): Promise<void> => {
      const stream = await fetch(`${scene.origin}/v1/events`, {
        headers: { cookie: who.cookies.rep },
        signal: stop.signal,
      });
      const decoder = new TextDecoder();
      for await (const chunk of stream.body ?? []) into.push(decoder.decode(chunk));
    };
    const own: string[] = [];
    const listening = Promise.allSettled([listen(second, heard), listen(first, own)]);
    await until(() => heard.join('').includes('hello') && own.join('').includes('hello'), 'both pages listen');
    const sample = API_SAMPLES.find(({ operationId }) => operationId === 'createContract');
    if (sample === undefined) throw new Error('no sample');
    await send(first, 'createContract', sample.make(first, first));
    await until(() => own.join('').includes('"contracts"'), 'the own page hears of it');
    stop.abort();
    await listening;
    expect(heard.join('')).not.toContain('"contracts"');
  });

  test('S8 no answer of a whole session holds what another workspace wrote, nor a secret', async () => {
    for (const sample of API_SAMPLES) {
      if (['signOut', 'streamEvents'].includes(sample.operationId)) continue;
      for (const by of scene.tenants) await send(by, sample.operationId, sample.make(by, by));
    }
    const secrets = await secretsOf(scene);
    expect(secrets.length).toBeGreaterThanOrEqual(10);
    expect(answered.length).toBeGreaterThan(120);
    for (const { by, name, text } of answered) {
      const other = scene.tenants.find((tenant) => tenant !== by);
      expect(text.includes(other?.canary ?? '-'), `${name} shows another workspace`).toBe(false);
      expect(
        secrets.filter((secret) => text.includes(secret)),
        name,
      ).toEqual([]);
    }
  });

  test('S8 exports hold all own contracts and none of another workspace', async () => {
    for (const by of scene.tenants) {
      const other = scene.tenants.find((tenant) => tenant !== by);
      const answer = await fetch(`${scene.origin}/v1/contracts/export?format=csv`, {
        headers: { cookie: by.cookies.rep },
      });
      const text = await answer.text();
      expect(text).toContain(`Attached ${by.canary}`);
      expect(text).toContain(`Loose ${by.canary}`);
      expect(text).not.toContain(other?.canary);
    }
  });

  test('no log line holds a token, a cookie, a secret or what a customer wrote, not even when everything fails', {
    timeout: 120_000,
  }, async () => {
    const secrets = await secretsOf(scene);
    const [tenant] = scene.tenants;
    await pageFor(scene.practice)(
      'PATCH',
      `/practice/api/portals/${tenant.portalId}/objects/deals/${tenant.recordId}`,
      {
        properties: { dealname: `Changed ${tenant.canary}` },
      },
    );
    await scene.settle();
    // The database goes away under a request and under the engine; the CRM answers what nobody expects.
    await scene.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    for (const sample of API_SAMPLES.filter(({ operationId }) => !['signOut', 'streamEvents'].includes(operationId))) {
      await client.send(render(sample.make(tenant, tenant), { origin: scene.origin }));
    }
    const failing = scene.server.services.parts.contracts;
    const original = failing.loadDetail.bind(failing);
    const leaky = (): never => {
      throw new Error(`failed with Bearer ${secrets[0]} and refresh_token=${secrets[1]} for session=${secrets.at(-1)}`);
    };
    Object.assign(failing, { loadDetail: leaky });
    const sample = API_SAMPLES.find(({ operationId }) => operationId === 'getContract');
    const broken = await client.send(render(sample?.make(tenant, tenant) ?? failed(), { origin: scene.origin }));
    Object.assign(failing, { loadDetail: original });
    expect([broken.status, at(JSON.parse(broken.body.toString()), 'code')]).toEqual([500, 'internal']);
    expect(secrets.filter((secret) => broken.body.toString().includes(secret))).toEqual([]);
    const lines = scene.logLines.join('');
    expect(lines).toContain('a request failed unexpectedly');
    expect(secrets.filter((secret) => lines.includes(secret))).toEqual([]);
    for (const { canary } of scene.tenants) expect(lines.includes(canary), 'a customer’s words in the log').toBe(false);
  });
});

function failed(): never {
  throw new Error('no sample');
}

/** Everything that must stay inside: tokens of both portals, client, session and master secrets, the secrets of all sessions. */
async function secretsOf({ server, tenants }: Scene): Promise<readonly string[]> {
  const tokens = await Promise.all(tenants.map(({ connection }) => server.store.vault.read(connection)));
  return [
    ...tokens.flatMap((token) => (token === null ? [] : [token.accessToken, token.refreshToken])),
    CLIENT_SECRET,
    SESSION_SECRET,
    Buffer.from(MASTER_KEY).toString('base64'),
    ...tenants.flatMap(({ cookies }) => Object.values(cookies).map((cookie) => cookie.split('.')[1] ?? '-')),
  ];
}
