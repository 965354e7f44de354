import { beforeAll, describe, expect, test } from 'vitest';
import { cardWriteResponse, contractDetail, contractSearch, recordCard } from '../../app/wire/card.ts';
import { useDatabase } from '../support/database.ts';
import { at, pageFor, textAt } from '../support/practice.ts';
import { type Answer, contractInput, newKey, OTHER_PORTAL, PORTAL, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
let workspaceId = '';

beforeAll(async () => {
  workspaceId = (await api.install()).workspaceId;
});

const cardPath = (recordId: string): string => `/v1/card/records/opportunity/${recordId}`;
const code = (answer: Answer): unknown => at(answer.body, 'code');

async function dealWithContract(more: Readonly<Record<string, unknown>> = {}) {
  const recordId = await api.createRecord('deals', { dealname: 'Hosting deal' });
  const record = { objectType: 'opportunity', recordId } as const;
  const made = await api.card({
    method: 'POST',
    path: '/v1/card/contracts',
    body: { idempotencyKey: newKey(), record, contract: contractInput(more) },
  });
  expect(made.status).toBe(200);
  const { card, contractId } = cardWriteResponse.parse(made.body);
  return { record, recordId, contractId: contractId ?? '', revision: card.contracts[0]?.revision ?? 0 };
}

describe('who a card speaks for', () => {
  test('a request that HubSpot did not sign is refused, whatever is wrong with it', async () => {
    const path = cardPath('1');
    expect((await api.raw(`${path}?portalId=${PORTAL}&userId=77&userEmail=a%40b.co`)).status).toBe(401);
    expect(code(await api.card({ path, secret: 'another-secret' }))).toBe('signature_refused');
    expect(at((await api.card({ path, ageMs: 301_000 })).body, 'reason')).toBe('timestamp_too_old');
    expect(at((await api.card({ path, ageMs: -61_000 })).body, 'reason')).toBe('timestamp_in_future');
    expect(at((await api.card({ path, tamper: '&limit=1' })).body, 'reason')).toBe('signature_mismatch');
  });

  test('a portal id that a card adds beside the signed one is refused, not chosen between', async () => {
    const recordId = await api.createRecord('deals', { dealname: 'Guarded' });
    const doubled = await api.card({ path: `${cardPath(recordId)}?portalId=${OTHER_PORTAL}` });
    expect(at(doubled.body, 'reason')).toBe('signed_parameters');
    expect(doubled.status).toBe(400);
  });

  test('a portal without the app is told so', async () => {
    expect(code(await api.card({ path: cardPath('1'), portalId: OTHER_PORTAL }))).toBe('not_connected');
  });

  test('S8 a record of another portal is not shown, although its id is right', async () => {
    const elsewhere = await api.createRecord('deals', { dealname: 'Theirs' }, OTHER_PORTAL);
    const answer = await api.card({ path: cardPath(`9${elsewhere}`) });
    expect([answer.status, code(answer)]).toEqual([404, 'record_not_in_portal']);
  });
});

describe('the card of a record', () => {
  test('a record that was never seen is asked for in the portal and shown empty', async () => {
    const recordId = await api.createRecord('deals', { dealname: 'Fresh deal' });
    const answer = await api.card({ path: cardPath(recordId) });
    const card = recordCard.parse(answer.body);
    expect(card.record).toEqual({ objectType: 'opportunity', recordId, name: 'Fresh deal' });
    expect([card.contracts, card.attention]).toEqual([[], null]);
    const calls = await pageFor(api.practice)('GET', `/practice/api/portals/${PORTAL}/calls`);
    const before = JSON.stringify(calls.body);
    await api.card({ path: cardPath(recordId) });
    expect(JSON.stringify((await pageFor(api.practice)('GET', `/practice/api/portals/${PORTAL}/calls`)).body)).toBe(
      before,
    );
  });

  test('a contract created from the card is attached, explained and marked for the portal in one answer', async () => {
    const { contractId, recordId } = await dealWithContract();
    const card = recordCard.parse((await api.card({ path: cardPath(recordId) })).body);
    const contract = card.contracts.find(({ id }) => id === contractId);
    expect(contract).toMatchObject({
      stage: 'draft',
      counterparty: 'Northwind Hosting Ltd',
      renewalDate: '2028-01-01',
      isLead: true,
    });
    expect(contract?.notice?.legalDate).toBe('2027-11-01');
    expect(card.sync.state).toBe('pending');
  });

  test('S1 what the card shows is on the CRM record once the engine has rested', async () => {
    const { recordId, contractId, record, revision } = await dealWithContract();
    await api.card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/stage`,
      body: { idempotencyKey: newKey(), record, expectedRevision: revision, to: 'in_review' },
    });
    await api.settle();
    const shown = await pageFor(api.practice)('GET', `/practice/api/portals/${PORTAL}/objects/deals/${recordId}`);
    expect(at(shown.body, 'properties', 'counterpart_stage')).toBe('in_review');
    expect(at(shown.body, 'properties', 'counterpart_renewal_date')).toBe('2028-01-01');
  });
});

describe('acts', () => {
  test('S4 a request that HubSpot repeats creates one contract and answers alike', async () => {
    const recordId = await api.createRecord('deals', { dealname: 'Twice' });
    const body = {
      idempotencyKey: newKey(),
      record: { objectType: 'opportunity', recordId },
      contract: contractInput(),
    };
    const request = { method: 'POST', path: '/v1/card/contracts', body } as const;
    const [first, second] = await Promise.all([api.card(request), api.card(request)]);
    const third = await api.card(request);
    const ids = [first, second, third].map((answer) => textAt(answer.body, 'contractId'));
    expect(new Set(ids).size).toBe(1);
    expect(recordCard.parse(at(third.body, 'card')).contracts).toHaveLength(1);
  });

  test('a repeated stage move succeeds although the first one moved the revision', async () => {
    const { contractId, record, revision } = await dealWithContract();
    const body = { idempotencyKey: newKey(), record, expectedRevision: revision, to: 'in_review' };
    const request = { method: 'POST', path: `/v1/card/contracts/${contractId}/stage`, body } as const;
    expect((await api.card(request)).status).toBe(200);
    const again = await api.card(request);
    expect(again.status).toBe(200);
    expect(at(again.body, 'card', 'contracts', 0, 'revision')).toBe(revision + 1);
  });

  test('a key used for another act is refused', async () => {
    const { contractId, record, revision } = await dealWithContract();
    const idempotencyKey = newKey();
    const path = `/v1/card/contracts/${contractId}/renewal-decision`;
    const decide = (decision: string) =>
      api.card({ method: 'POST', path, body: { idempotencyKey, record, expectedRevision: revision, decision } });
    expect((await decide('renew')).status).toBe(200);
    expect(code(await decide('renegotiate'))).toBe('idempotency_mismatch');
  });

  test('S10 an illegal move says which rule stands in the way, and changes nothing', async () => {
    const { contractId, record, recordId, revision } = await dealWithContract();
    const answer = await api.card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/stage`,
      body: { idempotencyKey: newKey(), record, expectedRevision: revision, to: 'active' },
    });
    expect([answer.status, code(answer), at(answer.body, 'reason')]).toEqual([
      409,
      'stage_move_refused',
      'move_not_allowed',
    ]);
    const card = recordCard.parse((await api.card({ path: cardPath(recordId) })).body);
    expect(card.contracts[0]).toMatchObject({ stage: 'draft', revision });
  });

  test('a change decided on a stale reading is refused', async () => {
    const { contractId, record, revision } = await dealWithContract();
    const move = (to: string, expectedRevision: number) =>
      api.card({
        method: 'POST',
        path: `/v1/card/contracts/${contractId}/stage`,
        body: { idempotencyKey: newKey(), record, expectedRevision, to },
      });
    expect((await move('in_review', revision)).status).toBe(200);
    expect(code(await move('void', revision))).toBe('revision_conflict');
  });

  test('a contract that is not on the record cannot be changed through it', async () => {
    const { contractId, revision } = await dealWithContract();
    const recordId = await api.createRecord('deals', { dealname: 'Bystander' });
    const answer = await api.card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/stage`,
      body: {
        idempotencyKey: newKey(),
        record: { objectType: 'opportunity', recordId },
        expectedRevision: revision,
        to: 'in_review',
      },
    });
    expect(code(answer)).toBe('not_found');
  });

  test('detaching can be undone, attaching twice cannot be done', async () => {
    const { contractId, record, recordId } = await dealWithContract();
    const act = (path: string) =>
      api.card({ method: 'POST', path, body: { idempotencyKey: newKey(), record, contractId } });
    expect(code(await act('/v1/card/links'))).toBe('already_attached');
    expect(at((await act('/v1/card/links/detach')).body, 'card', 'contracts')).toEqual([]);
    expect(at((await act('/v1/card/links/restore')).body, 'card', 'contracts', 0, 'id')).toBe(contractId);
    const search = await api.card({
      path: '/v1/card/contracts',
      query: { objectType: 'opportunity', recordId, query: 'cloud' },
    });
    const found = contractSearch.parse(search.body).results.find(({ id }) => id === contractId);
    expect(found?.alreadyAttached).toBe(true);
  });

  test('S13 the detail says who set what, where and through which portal', async () => {
    const { contractId, record, recordId, revision } = await dealWithContract();
    await api.card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/stage`,
      body: { idempotencyKey: newKey(), record, expectedRevision: revision, to: 'in_review' },
    });
    await api.card({
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/incidents`,
      body: {
        idempotencyKey: newKey(),
        record,
        title: 'Login down',
        severity: 'high',
        startedAt: '2026-10-01T08:00:00Z',
        restoredAt: '2026-10-01T09:00:00Z',
      },
    });
    const query = { objectType: 'opportunity', recordId };
    const detail = contractDetail.parse((await api.card({ path: `/v1/card/contracts/${contractId}`, query })).body);
    const stage = detail.provenance.find(({ field, value }) => field === 'stage' && value === 'in_review');
    expect(stage).toMatchObject({
      previous: 'draft',
      source: 'card',
      actor: 'rep@example.com',
      place: expect.stringContaining(PORTAL),
    });
    expect(detail.timeline.map(({ stage: reached }) => reached)).toEqual(['draft', 'in_review']);
    expect(detail.incidents).toMatchObject([{ title: 'Login down', excused: false }]);
    expect(detail.links).toMatchObject([{ host: 'hubspot', recordId }]);
  });

  test('somebody who was shut out of the workspace can no longer act', async () => {
    const { contractId, record, revision } = await dealWithContract();
    const body = { idempotencyKey: newKey(), record, expectedRevision: revision, decision: 'renew' };
    const request = {
      method: 'POST',
      path: `/v1/card/contracts/${contractId}/renewal-decision`,
      body,
      userId: '88',
      userEmail: 'gone@example.com',
    } as const;
    await api.card(request);
    await database.admin.query(
      `UPDATE workspace_user SET disabled_at = now() WHERE workspace_id = $1 AND email = 'gone@example.com'`,
      [workspaceId],
    );
    expect(code(await api.card({ ...request, body: { ...body, idempotencyKey: newKey() } }))).toBe('forbidden');
  });
});
