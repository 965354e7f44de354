/** The client believes bodies, not statuses; parses what it gets; and sends one key per intent. */
import { describe, expect, test } from 'vitest';
import { createCardClient, type CardFetch, type CardRequest } from '../../../app/core/card-client.ts';
import { PROBLEM_CODES } from '../../../app/wire/problem.ts';
import { CRM_LICENCES_ID, recordCardFixture, searchFixture } from '../../cards/card-fixtures.ts';

type Sent = { readonly url: string; readonly request: CardRequest };

function clientAnswering(status: number, body: unknown) {
  const sent: Sent[] = [];
  const fetch: CardFetch = async (url, request) => {
    sent.push({ url, request });
    return {
      status,
      json: async () => (typeof body === 'function' ? Promise.reject(new SyntaxError('not JSON')) : body),
    };
  };
  const client = createCardClient({
    baseUrl: 'https://counterpart.example/',
    record: { objectType: 'opportunity', recordId: '31000000101' },
    fetch,
  });
  return { client, sent };
}

const problem = (code: string, extra: Record<string, unknown> = {}) => ({
  type: 'about:blank',
  title: code,
  status: 409,
  code,
  ...extra,
});
const bad = () => undefined;

describe('card client', () => {
  test('asks for the record once and gives the parsed card', async () => {
    const { client, sent } = clientAnswering(200, recordCardFixture);
    expect(await client.loadCard()).toEqual({ ok: true, value: recordCardFixture });
    expect(sent.map(({ url, request }) => [request.method, url])).toEqual([
      ['GET', 'https://counterpart.example/v1/card/records/opportunity/31000000101'],
    ]);
  });

  test('encodes a search so that a signature over the address stays valid', async () => {
    const { client, sent } = clientAnswering(200, searchFixture);
    await client.searchContracts('云 & hosting');
    expect(sent[0]?.url).toContain('query=%E4%BA%91%20%26%20hosting');
  });

  test.each([
    ['a problem document, even with status 200', 200, problem('revision_conflict'), 'revision_conflict'],
    [
      "HubSpot's envelope around our problem",
      200,
      {
        status: 'error',
        category: 'BAD_GATEWAY',
        context: { appServerStatusCode: ['409'] },
        responseBody: problem('already_attached'),
      },
      'already_attached',
    ],
    [
      "HubSpot's envelope without a body of ours",
      200,
      { status: 'error', category: 'BAD_GATEWAY', message: 'x', context: { appServerStatusCode: ['503'] } },
      'unavailable',
    ],
    ["HubSpot's own refusal", 429, { status: 'error', category: 'RATE_LIMITS', message: 'x' }, 'busy'],
    ['a page that is not JSON', 502, bad, 'unavailable'],
    ['a success that is not JSON', 200, bad, 'malformed'],
    ['a document of another shape', 200, { contracts: 'none' }, 'malformed'],
    ['a bare status', 404, {}, 'not_found'],
  ])('reads %s', async (_what, status, body, kind) => {
    const answer = await clientAnswering(status, body).client.loadCard();
    expect(answer).toMatchObject({ ok: false, failure: { kind } });
  });

  test('unwraps the envelope of a success', async () => {
    const { client } = clientAnswering(200, {
      status: 'success',
      responseBody: recordCardFixture,
      context: { appServerStatusCode: ['200'] },
    });
    expect(await client.loadCard()).toEqual({ ok: true, value: recordCardFixture });
  });

  test('gives every problem code of the API a failure that people can read, with reason and fields', async () => {
    for (const code of PROBLEM_CODES) {
      const body = problem(code, { reason: 'why', errors: [{ pointer: '/contract/title', message: 'x' }] });
      const answer = await clientAnswering(409, body).client.loadCard();
      expect(answer).toMatchObject({ ok: false, failure: { reason: 'why', fields: [{ pointer: '/contract/title' }] } });
    }
  });

  test('a broken connection is a failure, not an exception', async () => {
    const client = createCardClient({
      baseUrl: 'https://counterpart.example',
      record: { objectType: 'account', recordId: '1' },
      fetch: () => Promise.reject(new TypeError('network')),
    });
    expect(await client.loadContract(CRM_LICENCES_ID)).toMatchObject({ ok: false, failure: { kind: 'offline' } });
  });

  test('every write carries its key, the record and the revision it was decided on', async () => {
    const { client, sent } = clientAnswering(200, { card: recordCardFixture, contractId: CRM_LICENCES_ID });
    const intent = { kind: 'move', contractId: CRM_LICENCES_ID, expectedRevision: 7, to: 'renewing' } as const;
    const answer = await client.write(intent, 'k'.repeat(32));
    expect(answer).toMatchObject({ ok: true });
    expect(sent[0]).toMatchObject({
      url: `https://counterpart.example/v1/card/contracts/${CRM_LICENCES_ID}/stage`,
      request: {
        method: 'POST',
        body: {
          idempotencyKey: 'k'.repeat(32),
          expectedRevision: 7,
          to: 'renewing',
          record: { recordId: '31000000101' },
        },
      },
    });
  });
});
