import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact, redactText } from '../../../server/redact.ts';

const CANARY = 'canary7f3a9c1e5b2d';
const shown = (value: unknown): string => JSON.stringify(redact(value)) ?? '';

const SECRET_NAMES = [
  'accessToken',
  'refresh_token',
  'Authorization',
  'x-hubspot-signature-v3',
  'clientSecret',
  'HUBSPOT_CLIENT_SECRET_PREVIOUS',
  'COUNTERPART_MASTER_KEY',
  'SESSION_SECRET',
  'password',
  'api_key',
  'Set-Cookie',
  'sessionId',
  'codeVerifier',
  'credentials',
  'rawBody',
] as const;

describe('what is logged holds no secret', () => {
  test('a secret under its name, wherever it is nested', () => {
    const nested = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 8 },
        fc
          .tuple(fc.constantFrom(...SECRET_NAMES), fc.constantFrom(CANARY, [CANARY], { inner: CANARY }))
          .map(([name, value]) => ({
            [name]: value,
          })),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('request', 'headers', 'error', 'list'), tie('value'), { maxKeys: 3 }),
        fc.string(),
      ),
    }));
    fc.assert(fc.property(nested.value, (value) => !shown(value).includes(CANARY)));
  });

  test.each([
    `Authorization: Bearer ${CANARY}`,
    `authorization: ${CANARY}`,
    `Cookie: counterpart-session=w1.${CANARY}; theme=dark`,
    `HUBSPOT_CLIENT_SECRET=${CANARY}`,
    `COUNTERPART_MASTER_KEY=${CANARY}`,
    `SESSION_SECRET='${CANARY}'`,
    `METRICS_TOKEN: ${CANARY}`,
    `{"clientSecret":"${CANARY}","refreshToken": "${CANARY}"}`,
    `GET /oauth/hubspot/callback?code=${CANARY}&state=${CANARY}`,
    `?hapikey=${CANARY}`,
    `postgresql://user:${CANARY}@127.0.0.1:5432/db`,
    `postgres://u:p${CANARY}%40@db/name?sslmode=require`,
  ])('a secret in running text: %s', (text) => {
    expect(redactText(text)).not.toContain(CANARY);
    expect(shown(new Error(text, { cause: new Error(text) }))).not.toContain(CANARY);
  });

  test('what a library hangs on its errors is left out', () => {
    const error = Object.assign(new Error('Request failed with status code 401'), {
      code: 'ERR_BAD_REQUEST',
      config: { headers: { 'X-Custom': CANARY }, data: CANARY },
      response: { data: CANARY },
    });
    const text = shown({ error });
    expect(text).not.toContain(CANARY);
    expect(text).toContain('"errorCode":"ERR_BAD_REQUEST"');
  });

  test('objects that keep their content to themselves stay silent', () => {
    const address = new URL(`https://x.example/?code=${CANARY}`);
    for (const value of [
      address,
      new Map([['token', CANARY]]),
      new Headers({ authorization: CANARY }),
      new Set([CANARY]),
    ]) {
      expect(shown({ value })).not.toContain(CANARY);
    }
  });
});

describe('what is no secret stays', () => {
  test.each([
    'the engine ended unexpectedly',
    'connection c-1 was parked: unauthorised',
    'GET /v1/contracts?stage=active&limit=50 answered 200 in 12 ms',
    'https://api.hubapi.com/crm/objects/2026-09/deals/batch/read',
  ])('%s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('counts and flags under such names', () => {
    expect(redact({ tokens: 3, tokenFresh: true, secret: null })).toEqual({
      tokens: 3,
      tokenFresh: true,
      secret: null,
    });
  });
});

test('a log line stays bounded whatever it is given', () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, 'x'.repeat(10_000)]));
  expect(shown([wide, wide, wide]).length).toBeLessThan(1_000_000);
  const startedAt = performance.now();
  redactText('a'.repeat(1_000_000));
  redactText('token-'.repeat(100_000));
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
