import { describe, expect, test } from 'vitest';
import { createLog } from '../../../server/log.ts';

const CANARY = 'canary7f3a9c1e5b2d';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog({ level: 'debug', write: (line) => void lines.push(line) }));
  expect(lines.length).toBeGreaterThan(0);
  return lines.join('');
}

describe('no secret reaches the log', () => {
  test.each([
    ['a token', { accessToken: CANARY }],
    ['a nested header', { request: { headers: { Authorization: `Bearer ${CANARY}` } } }],
    ['a cookie', { headers: { cookie: `counterpart-session=${CANARY}` } }],
    ['a list', { attempts: [{ refresh_token: CANARY }] }],
    ['a client secret', { config: { hubspot: { clientSecret: CANARY } } }],
    ['a signature', { 'x-hubspot-signature-v3': CANARY }],
    ['an address', { url: `https://x.example/callback?code=${CANARY}&state=${CANARY}` }],
    ['a database address', { url: `postgresql://user:${CANARY}@db/name` }],
    ['a text', { note: `sent with Bearer ${CANARY}` }],
    ['a form', { body: `grant_type=refresh_token&refresh_token=${CANARY}&client_secret=${CANARY}` }],
    ['JSON text', { body: `{"access_token":"${CANARY}"}` }],
    [
      'an error and its cause',
      { error: new Error(`failed: token=${CANARY}`, { cause: new Error(`password=${CANARY}`) }) },
    ],
    ['bytes', { payload: new TextEncoder().encode(CANARY) }],
  ])('not in %s', (_name, fields) => {
    expect(logged((log) => log.error(fields, 'something happened'))).not.toContain(CANARY);
  });

  test('not in the message either', () => {
    expect(logged((log) => log.info({}, `called /callback?code=${CANARY}`))).not.toContain(CANARY);
  });

  test('what is no secret stays readable', () => {
    const line = logged((log) =>
      log.warn({ connectionId: 'c-1', tokens: 3, durationMs: 12, error: new TypeError('no answer') }, 'slow'),
    );
    expect(JSON.parse(line)).toMatchObject({
      connectionId: 'c-1',
      tokens: 3,
      durationMs: 12,
      error: { name: 'TypeError', message: 'no answer' },
      msg: 'slow',
    });
  });

  test('a record that points at itself, or is enormous, is cut', () => {
    const round: Record<string, unknown> = { name: 'round' };
    round['self'] = round;
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 'x'.repeat(100)]));
    expect(logged((log) => log.info({ round, wide }, 'bounded')).length).toBeLessThan(20_000);
  });
});
