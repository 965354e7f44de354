/** Salesforce in the whole server: installed, signed in with, called by its cards, given contracts as rows, read for its cases, taken away. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { PracticeSalesforce } from '../../extensions/practice/salesforce/running-org.ts';
import { longId, makeId } from '../../extensions/practice/salesforce/record-id.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { at, textAt, until } from '../support/practice.ts';
import { contractInput, newKey, SESSION_SECRET, useApi } from './api-server.ts';
import { authoriseOrg, installOrg, orgCard, secretOf, startOrg, useOrg } from './salesforce-org.ts';

const database = useDatabase();
const org = useOrg();
const api = useApi(database, { salesforce: org.settings });

let hubspot: ConnectionRef;
let salesforce: ConnectionRef;
let accountId: string;
let opportunityId: string;
let contractId: string;
const OTHER_USER = makeId('005', 72);
const STOP = new AbortController().signal;

beforeAll(async () => {
  hubspot = await api.install();
  salesforce = await installOrg(api, org.org());
  const { people } = org.org();
  accountId = people.create('Account', { Name: 'Northwind Hosting Limited', Website: 'https://www.northwind.example' });
  opportunityId = people.create('Opportunity', {
    Name: 'Hosting renewal',
    AccountId: accountId,
    StageName: 'Qualification',
    CloseDate: '2027-01-31',
  });
  await api.settle();
});

const connectionNow = async () => {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `SELECT state, state_reason, backfill->>'phase' AS phase, (backfill->>'startedAt')::float8 AS started_at, granted_by,
       (SELECT count(*)::int FROM cursor c WHERE c.connection_id = k.id AND c.name LIKE 'all:%') AS read
     FROM connection k WHERE id = $1`,
    [salesforce.connectionId],
  );
  return rows[0];
};
const SERVED = { state: 'active', state_reason: null, read: 2 };
/** The reading that follows an authorisation begins within seconds. */
const readAnew = (since: number) =>
  until(async () => {
    await api.settle();
    const now = await connectionNow();
    return now?.['state'] === 'active' && now['phase'] === 'done' && Number(now['started_at']) >= since;
  }, 'the org was read anew');
const card = (request: Parameters<typeof orgCard>[2]) => orgCard(api, org.org(), request);
const recordPath = (): string => `/v1/card/records/opportunity/${opportunityId}`;
const record = () => ({ objectType: 'opportunity', recordId: opportunityId });

describe('installing', () => {
  test('an admin who is signed in adds the org to the workspace they are in, and the connections page tells both hosts', async () => {
    expect(salesforce.workspaceId).toBe(hubspot.workspaceId);
    const { body } = await api.page('GET', '/v1/connections');
    expect(at(body, 'results', 0, 'host')).toBe('hubspot');
    expect(at(body, 'results', 1)).toMatchObject({
      host: 'salesforce',
      accountId: org.org().orgId,
      state: 'active',
      missingScopes: [],
      timeZone: 'Europe/London',
      currency: 'GBP',
      uiOrigin: org.org().url,
    });
    expect(at(body, 'connectUrls')).toEqual({ hubspot: '/oauth/hubspot/start', salesforce: '/oauth/salesforce/start' });
  });

  test('somebody who is not signed in signs in through the org, as themselves', async () => {
    const other = await fetch(`${api.origin}/oauth/salesforce/start`, { redirect: 'manual' });
    const [cookie = ''] = (other.headers.getSetCookie()[0] ?? '').split(';');
    const back = new URL(org.org().approve(other.headers.get('location') ?? ''));
    const done = await fetch(`${api.origin}${back.pathname}${back.search}`, {
      redirect: 'manual',
      headers: { cookie },
    });
    expect(done.status).toBe(302);
    const session = done.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    const me = await fetch(`${api.origin}/v1/me`, { headers: { cookie: session.join('; ') } });
    expect(await me.json()).toMatchObject({
      user: { email: 'mia.chen@harbourfinch.example', name: 'Mia Chen' },
      workspace: { id: hubspot.workspaceId },
    });
  });

  /** Signs in through the org as one of its users, in a browser of their own. */
  async function signInAs(userId: string) {
    const begun = await fetch(`${api.origin}/oauth/salesforce/start`, { redirect: 'manual' });
    const [cookie = ''] = (begun.headers.getSetCookie()[0] ?? '').split(';');
    const back = new URL(org.org().approve(begun.headers.get('location') ?? '', userId));
    const done = await fetch(`${api.origin}${back.pathname}${back.search}`, {
      redirect: 'manual',
      headers: { cookie },
    });
    expect(done.status).toBe(302);
  }

  test('whoever only signs in leaves no grant behind, and the connection keeps the one it works with', async () => {
    org.org().load({
      users: [
        {
          id: OTHER_USER,
          firstName: 'Jonas',
          lastName: 'Weber',
          email: 'jonas.weber@harbourfinch.example',
          isAdmin: true,
        },
      ],
    });
    const before = await api.server.store.vault.read(salesforce);
    await signInAs(OTHER_USER);
    expect(await api.server.store.vault.read(salesforce)).toEqual(before);
    expect(org.org().grantsOf(OTHER_USER)).toBe(0);
    expect(org.org().session(before?.accessToken ?? '')).toBeDefined();
  });

  test('the newer grant of the person whose grant the connection works with takes its place, and nothing else changes', async () => {
    const before = await api.server.store.vault.read(salesforce);
    const cards = secretOf(org.org());
    await signInAs(org.org().adminId);
    const after = await api.server.store.vault.read(salesforce);
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
    expect(org.org().session(after?.accessToken ?? '')).toMatchObject({ userId: org.org().adminId });
    expect(await connectionNow()).toMatchObject({ ...SERVED, granted_by: org.org().adminId });
    expect(secretOf(org.org())).toBe(cards);
  });

  test('S1 an admin who connects the org again has all of it read anew, with the new grant', async () => {
    expect(await connectionNow()).toMatchObject(SERVED);
    const before = await api.server.store.vault.read(salesforce);
    const since = Date.now();
    expect((await authoriseOrg(api, org.org())).status).toBe(302);
    expect(await connectionNow()).toMatchObject({ state: 'installing', state_reason: null, phase: null, read: 0 });
    expect((await api.server.store.vault.read(salesforce))?.refreshToken).not.toBe(before?.refreshToken);
    await readAnew(since);
    expect(await connectionNow()).toMatchObject(SERVED);
  });

  test.each(['OAUTH_APPROVAL_ERROR_GENERIC', 'invalid_client'])(
    'an org that lacks the package is told so when it answers %s',
    async (error) => {
      const answer = await fetch(`${api.origin}/oauth/salesforce/callback?error=${error}&state=x`, {
        redirect: 'manual',
      });
      expect(answer.headers.get('location')).toBe('/?signIn=app_not_installed');
      const declined = await fetch(`${api.origin}/oauth/salesforce/callback?error=access_denied`, {
        redirect: 'manual',
      });
      expect(declined.headers.get('location')).toBe('/?signIn=declined');
      const portal = await fetch(`${api.origin}/oauth/hubspot/callback?error=${error}`, { redirect: 'manual' });
      expect(portal.headers.get('location')).toBe('/?signIn=declined');
    },
  );

  test('a browser whose sign-in cannot be finished is sent to a page that says why; a program is answered the problem', async () => {
    const callback = `${api.origin}/oauth/salesforce/callback?code=abc&state=unknown`;
    const browser = await fetch(callback, { redirect: 'manual', headers: { accept: 'text/html,*/*;q=0.8' } });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/?signIn=oauth_state']);
    const program = await fetch(callback, { redirect: 'manual', headers: { accept: 'application/json' } });
    expect([program.status, at(await program.json(), 'reason')]).toEqual([403, 'oauth_state']);
  });

  test('a state of one host is worth nothing at the callback of the other', async () => {
    const consent = new URL((await api.raw('/oauth/salesforce/start')).headers.get('location') ?? '');
    const answer = await api.raw(`/oauth/hubspot/callback?code=abc&state=${consent.searchParams.get('state') ?? ''}`);
    expect(answer.status).toBe(403);
    expect(at(answer.body, 'reason')).toBe('oauth_state');
  });

  test('nobody is sent to a sign-in host that is not Salesforce’s', async () => {
    for (const host of ['evil.example', 'my.salesforce.com.evil.example', 'localhost:1', '%00']) {
      const answer = await api.raw(`/oauth/salesforce/start?host=${encodeURIComponent(host)}`);
      expect({ host, status: answer.status }).toEqual({ host, status: 400 });
    }
    const own = await api.raw('/oauth/salesforce/start?host=acme.my.salesforce.com');
    expect(new URL(own.headers.get('location') ?? '').host).toBe('acme.my.salesforce.com');
  });
});

describe('cards of the org', () => {
  test('the secret of the org opens its records, attaches and changes contracts', async () => {
    const empty = await card({ path: recordPath() });
    expect(empty.status).toBe(200);
    const made = await card({
      method: 'POST',
      path: '/v1/card/contracts',
      body: { idempotencyKey: newKey(), record: record(), contract: contractInput() },
    });
    expect(made.status).toBe(200);
    contractId = textAt(made.body, 'contractId');
    await api.settle();
    const shown = await card({ path: recordPath() });
    expect(at(shown.body, 'contracts', 0, 'id')).toBe(contractId);
    expect(org.org().record('Opportunity', opportunityId)?.['counterpart__Lead_Contract_Title__c']).toBe(
      'Cloud hosting',
    );
  });

  test.each([
    ['no secret', { secret: null }, 'secret_missing'],
    ['another secret', { secret: 'A'.repeat(43) }, 'secret_wrong'],
    ['a secret of another form', { secret: 'short' }, 'secret_wrong'],
    ['an org that nobody knows', { orgId: longId('00DCP0000000Oth') }, 'secret_wrong'],
    ['a text that is no org', { orgId: "00D' OR '1'='1" }, 'secret_wrong'],
  ])('%s: is 401 and says which part does not fit', async (_title, change, reason) => {
    const answer = await card({ path: recordPath(), ...change });
    expect(answer.status).toBe(401);
    expect(at(answer.body, 'reason')).toBe(reason);
  });

  test.each([
    ['a user id of another form', { userId: '77' }],
    ['an address that is none', { userEmail: 'nobody' }],
    ['two addresses', { userEmail: 'a@example.com, b@example.com' }],
    ['a record of another form', { headers: { 'x-counterpart-record': 'lead/1' } }],
  ])('%s: is refused although the secret fits', async (_title, change) => {
    const answer = await card({ path: recordPath(), ...change });
    expect(answer.status).toBe(400);
    expect(at(answer.body, 'reason')).toBe('caller_headers');
  });

  test('a record that the org does not hold is refused, whoever asks', async () => {
    const answer = await card({ path: '/v1/card/records/opportunity/006CP000000099ZYAA' });
    expect(answer.status).toBe(404);
  });

  test('connecting again makes a new secret, and the old one ends', async () => {
    const before = secretOf(org.org());
    const since = Date.now();
    await installOrg(api, org.org());
    await readAnew(since);
    expect(secretOf(org.org())).not.toBe(before);
    expect((await card({ path: recordPath(), secret: before })).status).toBe(401);
    expect((await card({ path: recordPath() })).status).toBe(200);
    const { rows } = await database.admin.query<{ secret_hash: string; state: string }>('SELECT * FROM card_secret');
    expect(rows.map(({ state }) => state)).toEqual(['current']);
    expect(JSON.stringify(rows)).not.toContain(secretOf(org.org()));
  });

  test('an org that cannot take a secret keeps the one it has', async () => {
    const before = secretOf(org.org());
    org.org().setFaults({ serverErrorRate: 1 });
    const renewed = await api.server.cardSecrets.renew(salesforce);
    org.org().setFaults({ serverErrorRate: 0 });
    expect(renewed).toBe('unreachable');
    expect((await card({ path: recordPath(), secret: before })).status).toBe(200);
  });
});

describe('S8 two orgs', () => {
  let second: PracticeSalesforce;
  let secretOfSecond: string;
  beforeAll(async () => {
    second = await startOrg(api.origin, { id: '00DCP0000000Two' });
    await database.admin.query(
      `WITH w AS (INSERT INTO workspace (id, name, created_at) VALUES (gen_random_uuid(), 'Other', now()) RETURNING id),
         k AS (INSERT INTO connection (workspace_id, id, host, account_id, state, created_at, updated_at)
           SELECT id, gen_random_uuid(), 'salesforce', $1, 'active', now(), now() FROM w RETURNING workspace_id, id)
       INSERT INTO host_account (host, account_id, workspace_id, connection_id, created_at)
       SELECT 'salesforce', $1, workspace_id, id, now() FROM k`,
      [second.orgId],
    );
    const { workspaces } = api.server.services.parts;
    const connection = await workspaces.findConnectionOfAccount('salesforce', second.orgId);
    if (connection === null) throw new Error('the second org is connected');
    secretOfSecond = 'B'.repeat(43);
    const hash = createHmac('sha256', SESSION_SECRET).update(`card ${secretOfSecond}`).digest('hex');
    await workspaces.addCardSecret(connection, hash, Date.now());
  });
  afterAll(() => second.stop());

  test('S8 the secret of one org opens nothing of another one, under either name', async () => {
    const asFirst = await card({ path: recordPath(), secret: secretOfSecond });
    expect(asFirst.status).toBe(401);
    const asSecond = await card({ path: recordPath(), secret: secretOfSecond, orgId: second.orgId });
    expect(asSecond.status).not.toBe(200);
    expect(JSON.stringify(asSecond.body)).not.toContain('Cloud hosting');
    const withFirst = await card({ path: recordPath(), secret: secretOf(org.org()), orgId: second.orgId });
    expect(withFirst.status).toBe(401);
  });

  test('S8 an org of one workspace is not added to another', async () => {
    const { rows } = await database.admin.query<{ id: string }>(`SELECT id FROM workspace WHERE name = 'Other'`);
    await api.signInAs(rows[0]?.id ?? '', 'admin');
    const answer = await authoriseOrg(api, org.org());
    expect(answer.status).toBe(403);
    expect(at(answer.body, 'reason')).toBe('portal_of_another_workspace');
    await api.signInAs(hubspot.workspaceId, 'admin');
  });
});

describe('contracts as rows of the org', () => {
  const project = () => api.server.projection.project(salesforce, STOP);
  const query = async (soql: string): Promise<readonly Record<string, unknown>[]> => {
    const token = (await api.server.store.vault.read(salesforce))?.accessToken ?? '';
    const answer = await fetch(`${org.org().url}/services/data/v68.0/query?q=${encodeURIComponent(soql)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return z.object({ records: z.array(z.record(z.string(), z.unknown())) }).parse(await answer.json()).records;
  };
  const rowId = async (): Promise<string> => {
    const rows = await query(
      `SELECT Id FROM counterpart__Contract_Record__c WHERE counterpart__External_Id__c = '${contractId}'`,
    );
    return String(rows[0]?.['Id']);
  };
  const row = async () => org.org().record('counterpart__Contract_Record__c', await rowId());

  test('a contract that is attached in the org is a row there, with its link; saying it twice writes nothing', async () => {
    expect(await project()).toBeGreaterThanOrEqual(2);
    expect(await row()).toMatchObject({
      Name: 'Cloud hosting',
      counterpart__Title__c: 'Cloud hosting',
      counterpart__Stage__c: 'draft',
      counterpart__Contract_Value__c: 12_000,
      counterpart__Contract_Currency__c: 'USD',
      counterpart__Counterparty__c: 'Northwind Hosting Ltd',
      counterpart__Archived__c: false,
    });
    const links = await query(
      `SELECT counterpart__Opportunity__c, counterpart__Contract_Record__c FROM counterpart__Contract_Link__c`,
    );
    expect(links).toHaveLength(1);
    expect(links[0]).toMatchObject({
      counterpart__Opportunity__c: opportunityId,
      counterpart__Contract_Record__c: await rowId(),
    });
    expect(await project()).toBe(0);
    expect((await row())?.['counterpart__Contract_Url__c']).toBe(`${api.origin}/contracts/${contractId}`);
    expect((await row())?.['counterpart__Last_Synced_At__c']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test('a row that the org has newer is left as it is: no failure, and not sent again', async () => {
    const { rows } = await database.admin.query<{ revision: number }>('SELECT revision FROM contract WHERE id = $1', [
      contractId,
    ]);
    const revision = rows[0]?.revision ?? 0;
    await database.admin.query(`UPDATE contract SET title = 'As it was', revision = $2 WHERE id = $1`, [
      contractId,
      revision - 1,
    ]);
    expect(await project()).toBe(1);
    expect((await row())?.['counterpart__Title__c']).toBe('Cloud hosting');
    expect(await project()).toBe(0);
    const told = await database.admin.query(`SELECT failure FROM projected_row WHERE kind = 'contract'`);
    expect(told.rows).toEqual([{ failure: null }]);
    await database.admin.query(`UPDATE contract SET title = 'Cloud hosting', revision = $2 WHERE id = $1`, [
      contractId,
      revision,
    ]);
    expect(await project()).toBe(1);
  });

  test('what changes is written again, and so is a row that was lost on the way there', async () => {
    const detail = await card({
      path: `/v1/card/contracts/${contractId}?objectType=opportunity&recordId=${opportunityId}`,
    });
    const revision = at(detail.body, 'contract', 'revision');
    const moved = await card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/stage`,
      body: { idempotencyKey: newKey(), record: record(), expectedRevision: revision, to: 'in_review' },
    });
    expect(moved.status).toBe(200);
    // As a process that dies between the org's answer and its own note of it.
    const { rows } = await database.admin.query(`DELETE FROM projected_row WHERE kind = 'contract' RETURNING row_id`);
    expect(rows).toHaveLength(1);
    await project();
    expect((await row())?.['counterpart__Stage__c']).toBe('in_review');
    expect(await query('SELECT Id FROM counterpart__Contract_Record__c')).toHaveLength(1);
  });

  test('an org that is away keeps its rows due, and they are written when it is back', async () => {
    await database.admin.query(`UPDATE contract SET title = 'Cloud hosting, renewed' WHERE id = $1`, [contractId]);
    org.org().setFaults({ serverErrorRate: 1 });
    expect(await project()).toBe(0);
    org.org().setFaults({ serverErrorRate: 0 });
    expect(await project()).toBeGreaterThanOrEqual(1);
    expect((await row())?.['counterpart__Title__c']).toBe('Cloud hosting, renewed');
  });

  test('an archived contract says so, and a link that ended points nowhere', async () => {
    const detached = await card({
      method: 'POST',
      path: '/v1/card/links/detach',
      body: { idempotencyKey: newKey(), record: record(), contractId },
    });
    expect(detached.status).toBe(200);
    await database.admin.query(`UPDATE contract SET archived = true, revision = revision + 1 WHERE id = $1`, [
      contractId,
    ]);
    await project();
    expect((await row())?.['counterpart__Archived__c']).toBe(true);
    expect((await query('SELECT counterpart__Opportunity__c FROM counterpart__Contract_Link__c'))[0]).toMatchObject({
      counterpart__Opportunity__c: null,
    });
  });
});

describe('cases', () => {
  test('a case of a vendor’s account becomes a support case, as a HubSpot ticket does', async () => {
    const caseId = org
      .org()
      .people.create('Case', { Subject: 'Cannot sign in', Priority: 'High', AccountId: accountId });
    org.org().people.edit('Case', caseId, { Status: 'Working' });
    await api.server.store.sync.markDirty([
      { ...salesforce, ref: { objectType: 'case', recordId: caseId }, reason: 'event' },
    ]);
    const read = async () => {
      await api.settle();
      const { rows } = await database.admin.query<Record<string, unknown>>(
        'SELECT * FROM support_case WHERE record_id = $1',
        [caseId],
      );
      return rows;
    };
    await until(async () => (await read()).length > 0, 'the case is read');
    const rows = await read();
    expect(rows[0]).toMatchObject({
      subject: 'Cannot sign in',
      priority: 'High',
      account_ids: [accountId],
      closed_at: null,
    });
    expect(rows[0]?.['responded_at']).not.toBeNull();
  });
});

describe('disconnecting', () => {
  test('ends the grant in the org, erases tokens, secret and rows, and cards are told', async () => {
    const secret = secretOf(org.org());
    const answer = await api.page('POST', `/v1/connections/${salesforce.connectionId}/disconnect`, {
      confirmAccountId: org.org().orgId,
    });
    expect(answer.status).toBe(204);
    expect((await card({ path: recordPath(), secret })).status).toBe(401);
    for (const table of ['credential', 'card_secret', 'projected_row']) {
      const { rows } = await database.admin.query(`SELECT 1 FROM ${table} WHERE connection_id = $1`, [
        salesforce.connectionId,
      ]);
      expect({ table, rows: rows.length }).toEqual({ table, rows: 0 });
    }
    const { body } = await api.page('GET', '/v1/connections');
    expect(at(body, 'results', 1, 'state')).toBe('disconnected');
  });
});
