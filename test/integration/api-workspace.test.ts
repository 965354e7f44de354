import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  auditList,
  conflictList,
  connectionList,
  contractList,
  overview,
  vendorList,
  workspaceContract,
} from '../../app/wire/workspace.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { verifyAuditChain } from '../../server/store/prisma/audit-chain.ts';
import { addWorkspace, useDatabase } from '../support/database.ts';
import { at, pageFor, textAt } from '../support/practice.ts';
import { type Answer, contractInput, PORTAL, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await api.install();
});

const code = (answer: Answer): unknown => at(answer.body, 'code');

async function newContract(more: Readonly<Record<string, unknown>> = {}) {
  const made = await api.page('POST', '/v1/contracts', { contract: contractInput(more) });
  expect(made.status).toBe(201);
  const { contract } = workspaceContract.parse(at(made.body, 'contract'));
  return contract;
}

describe('signing in', () => {
  test('whoever authorises the first install becomes admin of the portal’s own workspace', async () => {
    const me = await api.page('GET', '/v1/me');
    expect(at(me.body, 'user', 'role')).toBe('admin');
    expect(at(me.body, 'workspace', 'timeZone')).toBe('America/New_York');
    expect(at(me.body, 'workspace', 'id')).toBe(connection.workspaceId);
  });

  test('an authorisation code cannot be used with a state that this browser did not begin', async () => {
    const answer = await api.raw('/oauth/hubspot/callback?code=stolen&state=guessed');
    expect([answer.status, at(answer.body, 'reason')]).toEqual([403, 'oauth_state']);
  });

  test('a state is used once', async () => {
    const consent = new URL((await api.raw('/oauth/hubspot/start')).headers.get('location') ?? 'about:blank');
    const approved = await fetch(`${api.practice.hubspot.url}/oauth/authorize/decision`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ query: consent.search.slice(1), portalId: PORTAL, decision: 'approve' }),
    });
    const back = new URL(approved.headers.get('location') ?? 'about:blank');
    expect((await api.raw(`${back.pathname}${back.search}`)).status).toBe(302);
    expect(at((await api.raw(`${back.pathname}${back.search}`)).body, 'reason')).toBe('oauth_state');
  });

  test('an install that begins in the marketplace is sent to the consent page first, and back to HubSpot only', async () => {
    const begun = await api.raw('/oauth/hubspot/callback?step=authorize&returnUrl=https%3A%2F%2Fevil.example');
    expect(begun.status).toBe(302);
    expect(begun.headers.get('location')).toContain(`${api.practice.hubspot.url}/oauth/authorize?client_id=`);
    expect(begun.headers.get('location')).not.toContain('evil');
  });

  test('an unsafe request without the header, or from another origin, is refused', async () => {
    const send = (headers: Readonly<Record<string, string>>) =>
      api.raw('/v1/sign-out', {
        method: 'POST',
        headers: { 'x-counterpart-request': '1', origin: api.origin, ...headers },
      });
    expect(at((await send({ origin: 'https://evil.example' })).body, 'reason')).toBe('cross_site');
    expect(at((await send({ 'x-counterpart-request': '0' })).body, 'reason')).toBe('cross_site');
  });

  test('a role allows what it allows: reps see no people, managers change no roles, the last admin stays', async () => {
    const admin = textAt((await api.page('GET', '/v1/me')).body, 'user', 'id');
    expect(at((await api.page('POST', `/v1/people/${admin}/role`, { role: 'rep' })).body, 'reason')).toBe('last_admin');
    await api.signInAs(connection.workspaceId, 'rep');
    expect(code(await api.page('GET', '/v1/people'))).toBe('forbidden');
    await api.signInAs(connection.workspaceId, 'manager');
    expect((await api.page('GET', '/v1/people')).status).toBe(200);
    expect(code(await api.page('POST', `/v1/people/${admin}/role`, { role: 'rep' }))).toBe('forbidden');
    await api.signInAs(connection.workspaceId, 'admin');
  });

  test('signing out ends the session on the server', async () => {
    await api.signInAs(connection.workspaceId, 'admin');
    expect((await api.page('POST', '/v1/sign-out')).status).toBe(204);
    expect(code(await api.page('GET', '/v1/me'))).toBe('not_signed_in');
    await api.signInAs(connection.workspaceId, 'admin');
  });
});

describe('contracts', () => {
  test('a list is narrowed, sorted and paged so that every row is met once', async () => {
    const marker = randomUUID();
    const titles = Array.from({ length: 7 }, (_, index) => `${marker} ${'cabinet'.charAt(index)}${index}`);
    for (const [index, title] of titles.entries())
      await newContract({ title, endDate: `2027-0${index + 1}-15`, side: index < 5 ? 'buy' : 'sell' });
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const query = new URLSearchParams({
        text: marker,
        side: 'buy',
        sort: 'title',
        direction: 'descending',
        limit: '2',
        ...(after === null ? {} : { after }),
      });
      const page = contractList.parse((await api.page('GET', `/v1/contracts?${query.toString()}`)).body);
      expect(page.total).toBe(5);
      seen.push(...page.results.map(({ title }) => title));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(titles.slice(0, 5).toSorted().toReversed());
  });

  test('a filter by notice deadline finds what is due and nothing that is past', async () => {
    const marker = randomUUID();
    const today = textAt((await api.page('GET', '/v1/me')).body, 'workspace', 'today');
    const day = (days: number): string => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
    for (const [name, ends] of [
      ['due', 70],
      ['past', 30],
      ['far', 400],
    ] as const) {
      await newContract({ title: `${marker} ${name}`, effectiveDate: day(-100), endDate: day(ends) });
    }
    const list = contractList.parse(
      (await api.page('GET', `/v1/contracts?text=${marker}&noticeDueBefore=${day(30)}`)).body,
    );
    expect(list.results.map(({ title }) => title)).toEqual([`${marker} due`]);
  });

  test('a malformed place or an unknown filter is refused, not ignored', async () => {
    expect((await api.page('GET', '/v1/contracts?after=nonsense')).status).toBe(400);
    expect((await api.page('GET', '/v1/contracts?color=red')).status).toBe(400);
    expect((await api.page('GET', '/v1/contracts?side=buy&side=sell')).status).toBe(400);
  });

  test('an export escapes formulas, keeps Chinese, and opens in a spreadsheet', async () => {
    const marker = randomUUID();
    await newContract({ title: `=HYPERLINK("http://evil",${marker})`, counterparty: '云岫软件（上海）有限公司' });
    const csv = await api.page('GET', `/v1/contracts/export?format=csv&locale=zh-CN&text=${marker}`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(String(csv.body)).toContain('合同编号');
    expect(String(csv.body)).toContain(`"'=HYPERLINK(""http://evil"",${marker})"`);
    expect(String(csv.body)).toContain('云岫软件（上海）有限公司');
    const xlsx = await api.raw(`/v1/contracts/export?format=xlsx&text=${marker}`);
    expect(xlsx.headers.get('content-disposition')).toContain('contracts.xlsx');
    expect(String(xlsx.body).startsWith('PK')).toBe(true);
  });

  test('an end date is changed through the domain, and refused with its reason', async () => {
    const contract = await newContract();
    const change = (endDate: string | null, expectedRevision: number) =>
      api.page('POST', `/v1/contracts/${contract.id}/end-date`, { expectedRevision, endDate });
    const refusedChange = await change('2025-12-31', contract.revision);
    expect([refusedChange.status, code(refusedChange), at(refusedChange.body, 'reason')]).toEqual([
      409,
      'date_refused',
      'renewal_date_not_after_effective_date',
    ]);
    const changed = await change('2028-06-30', contract.revision);
    expect(at(changed.body, 'contract', 'contract', 'renewalDate')).toBe('2028-07-01');
    expect(code(await change('2029-06-30', contract.revision))).toBe('revision_conflict');
  });

  test('a number that is taken is refused at its field', async () => {
    const number = `N-${randomUUID().slice(0, 8)}`;
    await newContract({ number });
    const again = await api.page('POST', '/v1/contracts', { contract: contractInput({ number }) });
    expect([again.status, at(again.body, 'errors', 0, 'pointer')]).toEqual([422, '/contract/number']);
  });

  test('S8 a contract of another workspace is not found, not changed and not listed', async () => {
    const contract = await newContract({ title: `secret ${randomUUID()}` });
    const elsewhere = await addWorkspace(api.server.store.database);
    await api.signInAs(elsewhere, 'admin');
    expect((await api.page('GET', `/v1/contracts/${contract.id}`)).status).toBe(404);
    const moved = await api.page('POST', `/v1/contracts/${contract.id}/stage`, {
      expectedRevision: contract.revision,
      to: 'void',
    });
    expect(moved.status).toBe(404);
    expect(contractList.parse((await api.page('GET', '/v1/contracts')).body).total).toBe(0);
    expect(overview.parse((await api.page('GET', '/v1/overview')).body).contracts).toBe(0);
    await api.signInAs(connection.workspaceId, 'admin');
  });
});

describe('service levels', () => {
  test('an incident makes last month a miss, with the figure cut and not rounded, and a vendor comparison', async () => {
    const contract = await newContract({ counterparty: `Vendor ${randomUUID()}`, effectiveDate: '2025-01-01' });
    await database.admin.query(
      `INSERT INTO sla_objective (workspace_id, id, contract_id, metric, target, comparator, unit, "window", zone, sample_source, definition, created_at)
       VALUES ($1, $2, $3, 'availability', '99.9', 'gte', 'percent', 'calendar_month', 'UTC', 'our_monitor', '{"observedFrom":"2025-01-01"}', now())`,
      [connection.workspaceId, randomUUID(), contract.id],
    );
    const lastMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 10, 8));
    const answer = await api.page('POST', `/v1/contracts/${contract.id}/incidents`, {
      title: 'Outage',
      severity: 'critical',
      startedAt: lastMonth.toISOString(),
      restoredAt: new Date(lastMonth.getTime() + 60 * 60_000).toISOString(),
    });
    const detail = workspaceContract.parse(at(answer.body, 'contract'));
    expect(detail.contract.sla).toMatchObject({ status: 'missed', breachesTwelveMonths: 1 });
    expect(detail.contract.sla.availabilityLastMonth).toMatch(/^99\.8\d$/);
    const month = lastMonth.toISOString().slice(0, 7);
    expect(detail.slaTrend[0]?.months.find(({ period }) => period === month)?.verdict).toBe('missed');
    const vendors = vendorList.parse((await api.page('GET', '/v1/vendors')).body).results;
    expect(vendors.find(({ name }) => name === detail.contract.counterparty)?.breachesTwelveMonths).toBe(1);
  });

  test('a vendor’s late answer shows within a round, without waiting for the regular close', async () => {
    const contract = await newContract({ counterparty: `Vendor ${randomUUID()}`, effectiveDate: '2025-01-01' });
    await database.admin.query(
      `INSERT INTO sla_objective (workspace_id, id, contract_id, metric, target, comparator, unit, "window", zone, sample_source, definition, created_at)
       VALUES ($1, $2, $3, 'response', '95', 'gte', 'percent', 'calendar_month', 'UTC', 'tickets', '{"targetMinutes":60}', now())`,
      [connection.workspaceId, randomUUID(), contract.id],
    );
    const { parts, slaRefresh } = api.server.services;
    const provenance = {
      source: 'workspace',
      actor: null,
      connectionId: null,
      ref: null,
      eventId: null,
      at: 0,
    } as const;
    const account = { objectType: 'account', recordId: '5001' } as const;
    await parts.contracts.attach(
      { workspaceId: connection.workspaceId, provenance, once: null },
      { connectionId: connection.connectionId, ref: account },
      contract.id,
    );
    const openedAt = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 10, 8);
    const supportCase = {
      ref: { objectType: 'case', recordId: '9001' },
      accountIds: ['5001'],
      subject: 'Down',
      priority: 'HIGH',
      openedAt,
      respondedAt: openedAt + 30 * 60_000,
      closedAt: null,
    } as const;
    const status = async (): Promise<unknown> =>
      at((await api.page('GET', `/v1/contracts/${contract.id}`)).body, 'contract', 'sla', 'status');
    const save = async (respondedAt: number): Promise<void> => {
      const touched = await api.server.store.sync.saveCases(connection, [{ ...supportCase, respondedAt }]);
      slaRefresh.note(connection, touched);
      await slaRefresh.once(new AbortController().signal);
    };
    await save(openedAt + 30 * 60_000);
    expect(await status()).toBe('met');
    await save(openedAt + 90 * 60_000);
    expect(await status()).toBe('missed');
  });

  test('working the months out again adds no revision while the inputs are the same', async () => {
    const count = async () => (await database.admin.query('SELECT count(*)::int AS n FROM sla_result')).rows;
    const before = await count();
    await api.server.housekeeping.closeMonths(connection.workspaceId);
    expect(await count()).toEqual(before);
  });
});

describe('sync health', () => {
  test('S2 a value that lost is put back in one click and says who did it', async () => {
    const contract = await newContract();
    const id = randomUUID();
    await database.admin.query(
      `INSERT INTO conflict (workspace_id, id, contract_id, connection_id, object_type, record_id, field, base, ours, theirs, winner, reason, detail, at)
       VALUES ($1, $2, $3, $4, 'opportunity', '1', 'renewalDecision', 'undecided', 'undecided', 'renegotiate', 'ours', 'both_changed', '', now())`,
      [connection.workspaceId, id, contract.id, connection.connectionId],
    );
    const open = conflictList
      .parse((await api.page('GET', '/v1/conflicts')).body)
      .results.find((each) => each.id === id);
    expect(open).toMatchObject({ restorable: true, restored: false, theirs: 'renegotiate' });
    const restored = await api.page('POST', `/v1/conflicts/${id}/restore`, {});
    expect(at(restored.body, 'conflict', 'restored')).toBe(true);
    const page = workspaceContract.parse((await api.page('GET', `/v1/contracts/${contract.id}`)).body);
    expect(page.contract.renewalDecision).toBe('renegotiate');
    const audit = auditList.parse((await api.page('GET', `/v1/audit?contractId=${contract.id}`)).body);
    expect(audit.results[0]).toMatchObject({
      field: 'renewalDecision',
      previous: 'undecided',
      value: 'renegotiate',
      source: 'workspace',
    });
    expect((await api.page('POST', `/v1/conflicts/${id}/restore`, {})).status).toBe(200);
  });

  test('S9 a question is answered with either value in one click, by whoever saw both', async () => {
    const { admin } = database;
    const place = [connection.workspaceId, connection.connectionId];
    const contract = await newContract();
    const question = { contractId: contract.id, base: null, ours: 'undecided', reason: 'both_changed' };
    const ask = async (recordId: string, theirs: string): Promise<string> => {
      const id = randomUUID();
      await admin.query(
        `INSERT INTO mirror (workspace_id, connection_id, object_type, record_id, revision, base, history_checked_at, state, facts, updated_at, asked)
         VALUES ($1, $2, 'opportunity', $3, 4, '{}', now(), 'live', '{}', now(), $4)`,
        [...place, recordId, { renewalDecision: { ...question, theirs } }],
      );
      await admin.query(
        `INSERT INTO conflict (workspace_id, connection_id, id, contract_id, object_type, record_id, field, ours, theirs, winner, reason, detail, at)
         VALUES ($1, $2, $3, $4, 'opportunity', $5, 'renewalDecision', 'undecided', $6, 'undecided', 'both_changed', 'ask', now())`,
        [...place, id, contract.id, recordId, theirs],
      );
      return id;
    };
    const mirrorOf = async (recordId: string): Promise<unknown> =>
      (await admin.query('SELECT revision, asked FROM mirror WHERE record_id = $1', [recordId])).rows[0];
    const answer = async (id: string, choose: string, theirs: string): Promise<Answer> =>
      await api.page('POST', `/v1/conflicts/${id}/answer`, { choose, ours: 'undecided', theirs });

    const [kept, taken] = [await ask('777001', 'renew'), await ask('777002', 'exit')];
    const open = conflictList.parse((await api.page('GET', '/v1/conflicts')).body).results;
    expect(open.find(({ id }) => id === kept)).toMatchObject({
      question: 'open',
      winner: 'undecided',
      restorable: false,
    });
    expect((await api.page('POST', `/v1/conflicts/${kept}/restore`, {})).status, 'nothing has lost').toBe(409);
    expect(code(await answer(kept, 'ours', 'exit')), 'the value shown was another').toBe('revision_conflict');
    expect(await mirrorOf('777001')).toMatchObject({ revision: 4 });

    expect(at((await answer(kept, 'ours', 'renew')).body, 'conflict')).toMatchObject({
      question: 'answered',
      winner: 'ours',
    });
    expect((await answer(kept, 'ours', 'renew')).status, 'the same answer again').toBe(200);
    expect(code(await answer(kept, 'theirs', 'renew')), 'another answer').toBe('revision_conflict');
    expect(await mirrorOf('777001')).toEqual({ revision: 5, asked: {} });
    expect((await answer(taken, 'theirs', 'exit')).status).toBe(200);
    expect(await mirrorOf('777002')).toEqual({ revision: 5, asked: {} });
    const page = workspaceContract.parse((await api.page('GET', `/v1/contracts/${contract.id}`)).body);
    expect(page.contract.renewalDecision).toBe('exit');
    const audit = auditList.parse((await api.page('GET', '/v1/audit')).body).results;
    const events = auditList.parse((await api.page('GET', '/v1/audit?kind=admin')).body).results;
    expect(events).toContainEqual(expect.objectContaining({ action: 'question_answered' }));
    expect(audit).toContainEqual(
      expect.objectContaining({ contractId: contract.id, value: 'exit', source: 'workspace' }),
    );
  });

  test('S9 who wins a conflict is an administrator’s to say, field by field, and everybody’s to read', async () => {
    const newest = { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' };
    expect((await api.page('GET', '/v1/conflict-policy')).body).toEqual(newest);
    const asking = { stage: 'ours', renewalDate: 'ask', renewalDecision: 'host' };
    expect((await api.page('PATCH', '/v1/conflict-policy', asking)).body).toEqual(asking);
    expect((await api.page('GET', '/v1/conflict-policy')).body).toEqual(asking);
    expect((await api.page('PATCH', '/v1/conflict-policy', { ...asking, stage: 'loudest' })).status).toBe(422);
    expect(auditList.parse((await api.page('GET', '/v1/audit?kind=admin')).body).results).toContainEqual(
      expect.objectContaining({ action: 'conflict_policy_changed' }),
    );
    expect((await api.page('PATCH', '/v1/conflict-policy', newest)).status).toBe(200);
  });

  test('a dead letter is listed with its reason and goes back into the queue', async () => {
    await api.settle();
    await database.admin.query(
      `INSERT INTO dirty (workspace_id, connection_id, object_type, record_id, state, priority, reason, not_before, attempts, dirty_since, failure, detail, failed_at)
       VALUES ($1, $2, 'opportunity', '424242', 'dead', 0, 'ours', now(), 8, now(), 'rejected', 'VALIDATION_ERROR', now())`,
      [connection.workspaceId, connection.connectionId],
    );
    const listed = await api.page('GET', '/v1/dead-letters');
    expect(at(listed.body, 'results', 0)).toMatchObject({ recordId: '424242', failure: 'rejected', attempts: 8 });
    const replayed = await api.page('POST', '/v1/dead-letters/replay', {
      connectionId: connection.connectionId,
      records: null,
    });
    expect(replayed.body).toEqual({ replayed: 1 });
    const rows = await database.admin.query(`SELECT state, attempts FROM dirty WHERE record_id = '424242'`);
    expect(rows.rows).toEqual([{ state: 'queued', attempts: 0 }]);
  });

  test('open pages hear of a change', async () => {
    const heard: unknown[] = [];
    const end = api.server.services.parts.events.subscribe(connection.workspaceId, {
      notify: (event) => heard.push(event),
      leave: () => undefined,
    });
    const contract = await newContract();
    end?.();
    expect(heard).toContainEqual({ kind: 'contracts', contractIds: [contract.id] });
  });

  test('disconnecting takes the app out of the portal, erases the tokens and ends the work; the contracts stay', async () => {
    const list = connectionList.parse((await api.page('GET', '/v1/connections')).body);
    expect(list.results[0]).toMatchObject({ accountId: PORTAL, missingScopes: [], links: expect.any(Number) });
    const path = `/v1/connections/${connection.connectionId}/disconnect`;
    expect((await api.page('POST', path, { confirmAccountId: 'other' })).status).toBe(422);
    expect((await api.page('POST', path, { confirmAccountId: PORTAL })).status).toBe(204);
    const left = await database.admin.query(
      `SELECT (SELECT count(*)::int FROM credential WHERE connection_id = $1) AS tokens, (SELECT count(*)::int FROM dirty WHERE connection_id = $1) AS queued,
       (SELECT state FROM connection WHERE id = $1) AS state`,
      [connection.connectionId],
    );
    expect(left.rows).toEqual([{ tokens: 0, queued: 0, state: 'disconnected' }]);
    const portals = await pageFor(api.practice)('GET', '/practice/api/portals');
    const portal = Array.isArray(portals.body) ? portals.body.find((each) => at(each, 'id') === PORTAL) : null;
    expect(at(portal, 'installed')).toBe(false);
    expect(contractList.parse((await api.page('GET', '/v1/contracts')).body).total).toBeGreaterThan(0);
    const admin = auditList.parse((await api.page('GET', '/v1/audit?kind=admin')).body);
    expect(admin.results[0]).toMatchObject({ kind: 'admin', action: 'connection_removed' });
    expect(
      await api.server.store.database.inWorkspace(connection.workspaceId, (sql) =>
        verifyAuditChain(sql, connection.workspaceId),
      ),
    ).toBeNull();
  });
});
