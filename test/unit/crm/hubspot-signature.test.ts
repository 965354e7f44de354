import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  SIGNATURE_AGE_MS_MAX,
  SIGNATURE_AHEAD_MS_MAX,
  SIGNATURE_REFUSALS,
  decodeSignedUri,
  signV3,
  signatureSource,
  verifySignature,
} from '../../../server/crm/hubspot/verify.ts';
import type { SignatureRules, SignedRequest } from '../../../server/crm/hubspot/verify.ts';

const SECRET = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const BASE = 'https://www.example.com';
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

function request(over: Partial<SignedRequest> = {}): SignedRequest {
  return {
    method: 'POST',
    target: '/webhook_uri',
    body: bytes(`{'example_field':'example_value'}`),
    signature: 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
    timestamp: '1693657560000',
    ...over,
  };
}
function rules(over: Partial<SignatureRules> = {}): SignatureRules {
  return { publicBaseUrl: BASE, secrets: [SECRET], now: 1693657560000, ...over };
}
/** A request signed as HubSpot would sign it, with the address already in decoded form. */
function signed(decodedUri: string, over: Partial<SignedRequest>, secret = SECRET): SignedRequest {
  const draft = request({ timestamp: '1700000300000', ...over });
  const source = Buffer.concat([bytes(draft.method + decodedUri), draft.body, bytes(draft.timestamp ?? '')]);
  return { ...draft, signature: createHmac('sha256', secret).update(source).digest('base64') };
}
const NOW = 1700000300000;

describe('HubSpot docs, Validating requests: v3 vectors', () => {
  test.each([
    [`{'example_field':'example_value'}`, '1693657560000', 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y='],
    [`{'example_field':'example_value'}`, '1700000300000', 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw='],
    [`{"example_field":"example_value"}`, '1700000300000', 'ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg='],
  ])('%s at %s is signed as published', (body, timestamp, signature) => {
    const verdict = verifySignature(
      request({ body: bytes(body), timestamp, signature }),
      rules({ now: Number(timestamp) }),
    );
    expect(verdict).toMatchObject({ valid: true, signedAt: Number(timestamp), secretIndex: 0 });
  });

  test('the older v1 and v2 forms are refused even when they are right', () => {
    const body = `{"example_field":"example_value"}`;
    const v2 = createHash('sha256').update(`${SECRET}POST${BASE}/webhook_uri${body}`).digest('hex');
    expect(v2).toBe('9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900');
    const v1Body =
      '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]';
    const v1 = createHash('sha256')
      .update(SECRET + v1Body)
      .digest('hex');
    expect(v1).toBe('232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de');
    for (const [text, signature] of [
      [body, v2],
      [v1Body, v1],
    ] as const) {
      expect(verifySignature(request({ body: bytes(text), signature }), rules())).toEqual({
        valid: false,
        reason: 'signature_mismatch',
      });
    }
  });
});

describe('the address that is signed', () => {
  test.each([
    ['/a%3Ab%2Fc%3Fd%40e', '/a:b/c?d@e'],
    ['/x?q=%21%24%27%28%29%2A%2C%3B', "/x?q=!$'()*,;"],
    ['/x?q=a%20b%26c%3Dd%25e%23f%2B', '/x?q=a%20b%26c%3Dd%25e%23f%2B'],
    ['/x?q=%253A', '/x?q=%253A'],
    ['/x?q=%3a%2f', '/x?q=%3a%2f'],
    ['/x?userEmail=mia%40example.com&b=1&a=2', '/x?userEmail=mia@example.com&b=1&a=2'],
    ['/x?q=%E5%90%88%E5%90%8C', '/x?q=%E5%90%88%E5%90%8C'],
  ])('%s is signed as %s', (target, decoded) => {
    expect(decodeSignedUri(target)).toBe(decoded);
    const verdict = verifySignature(
      signed(BASE + decoded, { target, method: 'GET', body: bytes('') }),
      rules({ now: NOW }),
    );
    expect(verdict.valid).toBe(true);
  });

  test('the order of query parameters is kept as received', () => {
    const given = signed(`${BASE}/x?b=1&a=2`, { target: '/x?b=1&a=2' });
    expect(verifySignature(given, rules({ now: NOW })).valid).toBe(true);
    expect(verifySignature({ ...given, target: '/x?a=2&b=1' }, rules({ now: NOW })).valid).toBe(false);
  });

  test.each(['/', '//'])('%j at the end of the configured base makes no difference', (slashes) => {
    const given = signed(`${BASE}/webhook_uri`, {});
    expect(verifySignature(given, rules({ now: NOW, publicBaseUrl: BASE + slashes })).valid).toBe(true);
  });

  test('another public host or scheme than the configured one is refused', () => {
    for (const base of ['https://evil.example', 'http://www.example.com', 'https://www.example.com:8443']) {
      const given = signed(`${base}/webhook_uri`, {});
      expect(verifySignature(given, rules({ now: NOW })).valid).toBe(false);
    }
  });
});

describe('time', () => {
  const at = (timestamp: string, now: number) => {
    const given = signed(`${BASE}/webhook_uri`, { timestamp });
    return verifySignature(given, rules({ now }));
  };

  test('exactly five minutes old is taken, a millisecond more is not', () => {
    expect(at(String(NOW - SIGNATURE_AGE_MS_MAX), NOW).valid).toBe(true);
    expect(at(String(NOW - SIGNATURE_AGE_MS_MAX - 1), NOW)).toEqual({ valid: false, reason: 'timestamp_too_old' });
  });

  test('exactly sixty seconds ahead is taken, a millisecond more is not', () => {
    expect(at(String(NOW + SIGNATURE_AHEAD_MS_MAX), NOW).valid).toBe(true);
    expect(at(String(NOW + SIGNATURE_AHEAD_MS_MAX + 1), NOW)).toEqual({ valid: false, reason: 'timestamp_in_future' });
  });

  test.each([
    'NaN',
    'Infinity',
    '-1',
    '1e12',
    '0x10',
    ' 1700000300000',
    '1700000300000.5',
    '17000003000001234',
    '１７００',
  ])('the timestamp %j is refused before anything is computed', (timestamp) => {
    expect(at(timestamp, NOW)).toEqual({ valid: false, reason: 'timestamp_malformed' });
  });

  test('missing headers are named', () => {
    expect(verifySignature(request({ signature: undefined }), rules())).toEqual({
      valid: false,
      reason: 'signature_missing',
    });
    expect(verifySignature(request({ signature: '' }), rules())).toEqual({ valid: false, reason: 'signature_missing' });
    expect(verifySignature(request({ timestamp: undefined }), rules())).toEqual({
      valid: false,
      reason: 'timestamp_missing',
    });
    expect(verifySignature(request({ timestamp: '' }), rules())).toEqual({ valid: false, reason: 'timestamp_missing' });
  });
});

describe('secrets', () => {
  test('during a rotation both secrets are taken, and which one is told', () => {
    const old = signed(`${BASE}/webhook_uri`, {}, 'old-secret');
    const fresh = signed(`${BASE}/webhook_uri`, {}, 'new-secret');
    const both = rules({ now: NOW, secrets: ['new-secret', 'old-secret'] });
    expect(verifySignature(fresh, both)).toMatchObject({ valid: true, secretIndex: 0 });
    expect(verifySignature(old, both)).toMatchObject({ valid: true, secretIndex: 1 });
    expect(verifySignature(old, rules({ now: NOW, secrets: ['new-secret'] })).valid).toBe(false);
  });

  test('a secret that is both the current and the former one counts as the current one', () => {
    const given = signed(`${BASE}/webhook_uri`, {});
    expect(verifySignature(given, rules({ now: NOW, secrets: [SECRET, SECRET] }))).toMatchObject({ secretIndex: 0 });
  });

  test('a third secret, an empty secret and no secret prove nothing', () => {
    const third = signed(`${BASE}/webhook_uri`, {}, 'c');
    expect(verifySignature(third, rules({ now: NOW, secrets: ['a', 'b', 'c'] })).valid).toBe(false);
    const blank = signed(`${BASE}/webhook_uri`, {}, '');
    expect(verifySignature(blank, rules({ now: NOW, secrets: [''] })).valid).toBe(false);
    expect(verifySignature(third, rules({ now: NOW, secrets: [] })).valid).toBe(false);
  });
});

describe('properties', () => {
  test('a request signed by the holder of the secret is valid, whatever bytes it carries', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.webQueryParameters(), (body, query) => {
        const target = `/card?${query}`;
        const source = signatureSource({ method: 'post', target, body }, BASE, String(NOW));
        const given = request({
          method: 'POST',
          target,
          body,
          timestamp: String(NOW),
          signature: signV3(source, SECRET),
        });
        expect(verifySignature(given, rules({ now: NOW })).valid).toBe(true);
      }),
    );
  });

  test('any change of one byte of the body, the signature, the method, the path or the time is refused', () => {
    const good = signed(`${BASE}/webhook_uri`, { body: bytes('[{"objectId":12345}]') });
    const flip = (text: string, at: number): string =>
      text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
    fc.assert(
      fc.property(fc.constantFrom('body', 'signature', 'method', 'target', 'timestamp'), fc.nat(), (part, seed) => {
        const altered: SignedRequest = {
          ...good,
          ...(part === 'body'
            ? { body: bytes(flip(Buffer.from(good.body).toString(), seed % good.body.length)) }
            : { [part]: flip(String(good[part]), seed % String(good[part]).length) }),
        };
        const verdict = verifySignature(altered, rules({ now: NOW }));
        expect(verdict.valid).toBe(false);
        if (!verdict.valid) expect(SIGNATURE_REFUSALS).toContain(verdict.reason);
      }),
      { numRuns: 500 },
    );
  });

  test('signatures of any length or alphabet are refused without an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (signature) => {
        expect(verifySignature(request({ signature }), rules()).valid).toBe(false);
      }),
    );
    const right = request().signature ?? '';
    for (const signature of [`${right}=`, ` ${right}`, `${right}\n`, right.slice(0, -1), right.repeat(2)]) {
      expect(verifySignature(request({ signature }), rules()).valid).toBe(false);
    }
  });

  test('S4 a replay has the digest of the first, a retry signed afresh has another', () => {
    const first = verifySignature(signed(`${BASE}/webhook_uri`, {}), rules({ now: NOW }));
    const replay = verifySignature(signed(`${BASE}/webhook_uri`, {}), rules({ now: NOW + 1_000 }));
    const retry = verifySignature(signed(`${BASE}/webhook_uri`, { timestamp: String(NOW + 1) }), rules({ now: NOW }));
    if (!first.valid || !replay.valid || !retry.valid) throw new Error('all three are rightly signed');
    expect(replay.digest).toBe(first.digest);
    expect(retry.digest).not.toBe(first.digest);
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/);
  });
});
