/** Records of two CRMs that stand for the same: found in batches, decided by an admin, taken back without a trace. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { at, pageFor, textAt } from '../support/practice.ts';
import { contractInput, newKey, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
const STOP = new AbortController().signal;

let hubspot: ConnectionRef;
let salesforce: ConnectionRef;

type Seen = { readonly recordId: string; readonly name: string; readonly domain?: string; readonly account?: string };

async function see(connection: ConnectionRef, objectType: 'account' | 'opportunity', records: readonly Seen[]) {
  await api.server.store.sync.saveFacts(
    connection,
    records.map(({ recordId, name, domain, account }) => ({
      ref: { objectType, recordId },
      facts: { name, domain: domain ?? null },
      associations: account === undefined ? {} : { account: [account] },
    })),
  );
}

const search = () => api.server.services.matches.search(hubspot.workspaceId, STOP);
const list = async (state: string) => (await api.page('GET', `/v1/record-matches?state=${state}`)).body;
const decide = (id: string, act: string, body: unknown = {}) =>
  api.page('POST', `/v1/record-matches/${id}/${act}`, body);

async function linksOf(connection: ConnectionRef, recordId: string): Promise<readonly string[]> {
  const { rows } = await database.admin.query<{ state: string }>(
    'SELECT state FROM contract_link WHERE connection_id = $1 AND record_id = $2 ORDER BY contract_id',
    [connection.connectionId, recordId],
  );
  return rows.map(({ state }) => state);
}

let companyId: string;
beforeAll(async () => {
  hubspot = await api.install();
  const { rows } = await database.admin.query<{ id: string }>(
    `INSERT INTO connection (workspace_id, id, host, account_id, state, name, ui_origin, created_at, updated_at)
     VALUES ($1, gen_random_uuid(), 'salesforce', '00DCP0000000Prc2AE', 'active', 'Org', 'https://org.my.salesforce.com', now(), now())
     RETURNING id`,
    [hubspot.workspaceId],
  );
  salesforce = {
    workspaceId: hubspot.workspaceId,
    connectionId: rows[0]?.id ?? '',
    host: 'salesforce',
    accountId: '00DCP0000000Prc2AE',
  };
  companyId = await api.createRecord('companies', { name: 'Northwind Hosting Ltd', domain: 'northwind.example' });
  await api.settle();
  await see(hubspot, 'account', [
    { recordId: companyId, name: 'Northwind Hosting Ltd', domain: 'northwind.example' },
    { recordId: '900002', name: '云岫软件（上海）有限公司' },
    { recordId: '900003', name: 'Somebody', domain: 'gmail.com' },
  ]);
  await see(salesforce, 'account', [
    { recordId: '001CP0000000001AAA', name: 'Northwind Hosting Limited', domain: 'https://www.northwind.example' },
    { recordId: '001CP0000000002AAA', name: '云岫软件(上海)有限责任公司' },
    { recordId: '001CP0000000003AAA', name: 'Somebody else', domain: 'gmail.com' },
    { recordId: '001CP0000000004AAA', name: 'Northwind Hosting GmbH' },
  ]);
});

describe('finding', () => {
  test('companies are suggested by domain and by name without its form, best first, with the reasons', async () => {
    await search();
    const found = await list('suggested');
    expect(at(found, 'counts')).toEqual({ suggested: 3, confirmed: 0, dismissed: 0 });
    expect(at(found, 'results', 0)).toMatchObject({
      reasons: ['same_domain', 'same_name_without_form'],
      left: { host: 'hubspot', recordId: companyId },
      right: {
        host: 'salesforce',
        recordId: '001CP0000000001AAA',
        url: 'https://org.my.salesforce.com/lightning/r/Account/001CP0000000001AAA/view',
      },
    });
    expect(JSON.stringify(found)).not.toContain('Somebody');
    expect(at(found, 'search')).toMatchObject({ seen: 3, of: 3 });
    expect(at(found, 'search', 'finishedAt')).not.toBeNull();
  });

  test('nothing is joined by finding, and what no longer fits is no longer suggested', async () => {
    expect(await linksOf(salesforce, '001CP0000000001AAA')).toEqual([]);
    await see(salesforce, 'account', [{ recordId: '001CP0000000004AAA', name: 'Southwind Hosting GmbH' }]);
    await search();
    expect(at(await list('suggested'), 'counts', 'suggested')).toBe(2);
  });

  test('three thousand companies a side are compared without a pair for each two of them', async () => {
    await database.admin.query(
      `INSERT INTO host_record (workspace_id, connection_id, object_type, record_id, name, match_name, facts, associations, seen_at)
       SELECT $1, k.id, 'account', k.host || n, 'Company ' || n, 'company ' || n, '{}', '{}', now()
       FROM generate_series(1, 3000) n, connection k WHERE k.workspace_id = $1`,
      [hubspot.workspaceId],
    );
    await search();
    expect(at(await list('suggested'), 'counts', 'suggested')).toBe(3_002);
    await database.admin.query(`DELETE FROM host_record WHERE name LIKE 'Company %'`);
    await search();
    expect(at(await list('suggested'), 'counts', 'suggested')).toBe(2);
  });

  test('a name that very many share makes few pairs', async () => {
    await see(
      salesforce,
      'account',
      Array.from({ length: 40 }, (_, index) => ({ recordId: `001CP00000001${index}AAA`, name: 'Same Name Ltd' })),
    );
    await see(hubspot, 'account', [{ recordId: '900009', name: 'Same Name Inc' }]);
    await search();
    expect(at(await list('suggested'), 'counts', 'suggested')).toBe(12);
    await database.admin.query(`DELETE FROM host_record WHERE name LIKE 'Same Name%'`);
    await search();
  });
});

describe('deciding', () => {
  const best = async (): Promise<string> => textAt(await list('suggested'), 'results', 0, 'id');
  let contractId: string;
  beforeAll(async () => {
    const made = await api.card({
      method: 'POST',
      path: '/v1/card/contracts',
      body: {
        idempotencyKey: newKey(),
        record: { objectType: 'account', recordId: companyId },
        contract: contractInput(),
      },
    });
    contractId = textAt(made.body, 'contractId');
  });

  test('the preview says what confirming would attach, and confirming attaches exactly that', async () => {
    const id = await best();
    const preview = await api.page('GET', `/v1/record-matches/${id}`);
    expect(at(preview.body, 'preview', 'toRight', 0, 'id')).toBe(contractId);
    expect(at(preview.body, 'preview', 'toLeft')).toEqual([]);
    const confirmed = await decide(id, 'confirm', { attach: true });
    expect(at(confirmed.body, 'match')).toMatchObject({ state: 'confirmed', attached: 1 });
    expect(await linksOf(salesforce, '001CP0000000001AAA')).toEqual(['active']);
    expect(at((await decide(id, 'confirm', { attach: true })).body, 'reason')).toBe('match_decided');
    const audit = await api.page('GET', '/v1/audit?kind=admin');
    expect(JSON.stringify(audit.body)).toContain('record_match_confirmed');
  });

  test('a record that has found its other half is suggested with no other, and cannot be confirmed with one', async () => {
    await see(salesforce, 'account', [
      { recordId: '001CP0000000005AAA', name: 'Northwind Hosting Plc', domain: 'northwind.example' },
    ]);
    await search();
    expect(JSON.stringify(await list('suggested'))).not.toContain('001CP0000000005AAA');
    const { rows } = await database.admin.query<{ id: string }>(
      `SELECT id FROM record_match WHERE right_record_id = '001CP0000000005AAA'`,
    );
    const answer = await decide(rows[0]?.id ?? '', 'confirm', { attach: false });
    expect(answer.status).toBe(409);
    expect(at(answer.body, 'reason')).toBe('match_record_taken');
  });

  test('deals under confirmed companies are suggested by name', async () => {
    await see(hubspot, 'opportunity', [{ recordId: '800001', name: 'Hosting 2027', account: companyId }]);
    await see(salesforce, 'opportunity', [
      { recordId: '006CP0000000001AAA', name: 'hosting 2027', account: '001CP0000000001AAA' },
      { recordId: '006CP0000000002AAA', name: 'hosting 2027', account: '001CP0000000002AAA' },
    ]);
    await search();
    const deals = JSON.stringify(await list('suggested'));
    expect(deals).toContain('006CP0000000001AAA');
    expect(deals).not.toContain('006CP0000000002AAA');
  });

  test('undo takes off the links that confirming made, and no other', async () => {
    const id = textAt(await list('confirmed'), 'results', 0, 'id');
    const undone = await decide(id, 'undo');
    expect(at(undone.body, 'match')).toMatchObject({ state: 'suggested', attached: 0 });
    expect(await linksOf(salesforce, '001CP0000000001AAA')).toEqual(['detached']);
    expect(await linksOf(hubspot, companyId)).toEqual(['active']);
  });

  test('what was dismissed is not suggested again, until that is taken back', async () => {
    const id = await best();
    expect((await decide(id, 'dismiss')).status).toBe(200);
    await search();
    expect(JSON.stringify(await list('suggested'))).not.toContain(id);
    expect(at(await list('dismissed'), 'results', 0, 'id')).toBe(id);
    await decide(id, 'undo');
    expect(JSON.stringify(await list('suggested'))).toContain(id);
  });

  test('a manager sees matches and decides none, a rep sees none', async () => {
    const id = await best();
    await api.signInAs(hubspot.workspaceId, 'manager');
    expect((await api.page('GET', '/v1/record-matches')).status).toBe(200);
    expect((await decide(id, 'dismiss')).status).toBe(403);
    await api.signInAs(hubspot.workspaceId, 'rep');
    expect((await api.page('GET', '/v1/record-matches')).status).toBe(403);
    await api.signInAs(hubspot.workspaceId, 'admin');
  });

  test('companies that are met after a search are compared within minutes, and a search that met nobody new is not repeated', async () => {
    const startedAt = async () => at(await list('suggested'), 'search', 'startedAt');
    const look = async (laterMs: number) => {
      await database.admin.query(
        `UPDATE cursor SET value = jsonb_set(jsonb_set(value::jsonb, '{startedAt}', to_jsonb((value::jsonb->>'startedAt')::bigint - $1)),
           '{finishedAt}', to_jsonb((value::jsonb->>'finishedAt')::bigint - $1))::text WHERE name LIKE 'match:%'`,
        [laterMs],
      );
      const before = await startedAt();
      await api.server.services.matches.once(STOP);
      return (await startedAt()) !== before;
    };
    await search();
    expect(await look(120_000)).toBe(false);
    await see(hubspot, 'account', [{ recordId: '900020', name: 'Later Ltd', domain: 'later.example' }]);
    await see(salesforce, 'account', [
      { recordId: '001CP0000000020AAA', name: 'Later Limited', domain: 'later.example' },
    ]);
    expect(await look(0)).toBe(true);
    expect(JSON.stringify(await list('suggested'))).toContain('001CP0000000020AAA');
    expect(await look(30_000)).toBe(false);
    expect(await look(600_001)).toBe(true);
  });

  test('a company that was renamed is compared by its name of now', async () => {
    await api.card({
      method: 'POST',
      path: '/v1/card/contracts',
      body: {
        idempotencyKey: newKey(),
        record: { objectType: 'account', recordId: companyId },
        contract: contractInput({ title: 'Renamed' }),
      },
    });
    await api.settle();
    const renamed = { properties: { name: 'Eastwind Servers GmbH', domain: 'www.eastwind.example' } };
    await pageFor(api.practice)('PATCH', `/practice/api/portals/1001/objects/companies/${companyId}`, renamed);
    const ref = { objectType: 'account', recordId: companyId } as const;
    await api.server.store.sync.markDirty([{ ...hubspot, ref, reason: 'event' }]);
    await api.settle();
    const { rows } = await database.admin.query(
      `SELECT name, match_name, match_domain FROM host_record WHERE record_id = $1 AND connection_id = $2`,
      [companyId, hubspot.connectionId],
    );
    expect(rows).toEqual([
      { name: 'Eastwind Servers GmbH', match_name: 'eastwind servers', match_domain: 'eastwind.example' },
    ]);
  });

  test('S8 another workspace finds no match of this one', async () => {
    const id = await best();
    // An admin would add the portal to the workspace they are in.
    await api.signInAs(hubspot.workspaceId, 'rep');
    const other = await api.install('1002');
    expect(other.workspaceId).not.toBe(hubspot.workspaceId);
    await api.signInAs(other.workspaceId, 'admin');
    expect((await api.page('GET', `/v1/record-matches/${id}`)).status).toBe(404);
    expect((await decide(id, 'dismiss')).status).toBe(404);
    expect(at(await list('suggested'), 'counts')).toEqual({ suggested: 0, confirmed: 0, dismissed: 0 });
  });
});
