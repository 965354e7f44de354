/** Forged, stale, replayed and misplaced signatures (HubSpot docs, Validating requests). */
import { createHash } from 'node:crypto';
import { FORMER_SECRET } from './scene.ts';
import {
  type Mutated,
  type Mutation,
  type MutationContext,
  type Expectation,
  refusedWith,
  UNDERSTOOD,
} from './mutation.ts';
import { bytesOf, headerOf, type RawRequest, render, type Signing, withHeaders } from './request.ts';
import { CLIENT_SECRET } from '../support/practice.ts';

const REFUSED = refusedWith(401);
const SIGNATURE = 'x-hubspot-signature-v3';
const TIMESTAMP = 'x-hubspot-request-timestamp';

const isSigned = ({ draft }: MutationContext): boolean => draft.access === 'card' || draft.access === 'webhook';

/** The draft, honestly signed. */
const honest = ({ draft, origin }: MutationContext): RawRequest => render(draft, { origin });

function signedWith(context: MutationContext, signing: Partial<Signing>, expect: Expectation): Mutated {
  const { draft, origin } = context;
  return { request: render(draft, { origin, signing }), expect, note: JSON.stringify(signing) };
}

function flipped(text: string, index: number): string {
  const other = text.charAt(index) === 'A' ? 'B' : 'A';
  return `${text.slice(0, index)}${other}${text.slice(index + 1)}`;
}

function swapCase(text: string): string {
  return text.replaceAll(/[a-zA-Z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

const signed = (name: string, apply: (context: MutationContext) => Mutated | null, weight = 1): Mutation => ({
  name,
  weight,
  apply: (context) => (isSigned(context) ? apply(context) : null),
});

/** Same meaning, other bytes. */
function reencoded(bytes: Buffer, variant: number): Buffer {
  const text = bytes.toString();
  const parsed: unknown = JSON.parse(text);
  const variants = [
    JSON.stringify(parsed, null, 1),
    `${text}\n`,
    ` ${text}`,
    text.replace('"', '"\\u0020').replace('\\u0020', ''),
    text.replace(
      /"([a-zA-Z])/,
      (_whole, letter: string) => `"\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
    `\ufeff${text}`,
  ];
  const chosen = variants[variant % variants.length] ?? text;
  return Buffer.from(chosen === text ? `${text} ` : chosen);
}

export const SIGNATURE_MUTATIONS: readonly Mutation[] = [
  signed(
    'signature forged',
    (context) => {
      const request = honest(context);
      const right = headerOf(request, SIGNATURE);
      const { random } = context;
      const forged = random.pick([
        Buffer.from(random.bytes(32)).toString('base64'),
        flipped(right, random.between(0, 42)),
        right.slice(0, random.between(1, 43)),
        `${right}=`,
        `${right}A`,
        `${right}, ${right}`,
        right.slice(0, -1),
        swapCase(right),
        right.toUpperCase() === right ? `x${right}` : right.toUpperCase(),
        right.toLowerCase() === right ? `x${right}` : right.toLowerCase(),
        Buffer.from(right, 'base64').toString('hex'),
        Buffer.from(right, 'base64').toString('hex').toUpperCase(),
        'A'.repeat(44),
        '='.repeat(44),
        'x'.repeat(8_000),
        '0',
        'null',
        'sha256=',
      ]);
      return { request: withHeaders(request, [[SIGNATURE, forged]]), expect: REFUSED, note: forged.slice(0, 60) };
    },
    3,
  ),
  signed('signature missing or empty', (context) => {
    const change = context.random.pick([
      [SIGNATURE, null],
      [SIGNATURE, ''],
      [TIMESTAMP, null],
      [TIMESTAMP, ''],
    ] as const);
    return { request: withHeaders(honest(context), [change]), expect: REFUSED, note: JSON.stringify(change) };
  }),
  signed('signature twice', (context) => {
    const request = honest(context);
    const right = headerOf(request, SIGNATURE);
    const second = context.random.chance(0.5) ? right : 'A'.repeat(44);
    const headers = context.random.chance(0.5)
      ? [...request.headers, [SIGNATURE, second] as const]
      : [[SIGNATURE, second] as const, ...request.headers];
    return { request: { ...request, headers }, expect: REFUSED, note: 'two headers' };
  }),
  signed('time that is none', (context) => {
    const now = Date.now();
    const time = context.random.pick([
      'NaN',
      '-1',
      `${now}.0`,
      `${now}x`,
      `0x${now.toString(16)}`,
      '1e12',
      `${now}000000`,
      '٠١٢',
      `${now}, ${now}`,
      new Date().toISOString(),
      String(Math.floor(now / 1000)),
      '0',
      '9'.repeat(15),
    ]);
    return { request: withHeaders(honest(context), [[TIMESTAMP, time]]), expect: REFUSED, note: time };
  }),
  signed('time of another moment', (context) => {
    const request = honest(context);
    const time = Number(headerOf(request, TIMESTAMP)) + context.random.pick([-1, 1, 1_000, -60_000]);
    return { request: withHeaders(request, [[TIMESTAMP, String(time)]]), expect: REFUSED, note: 'not the signed one' };
  }),
  signed('stale', (context) => {
    const ageMs = context.random.pick([300_500, 301_000, 600_000, 86_400_000, Date.now()]);
    return signedWith(context, { ageMs }, REFUSED);
  }),
  signed('from the future', (context) => {
    // A minute ahead of the server's clock, which moves on while the request travels.
    const ageMs = -context.random.pick([900_000, 86_400_000, 1e12]);
    return signedWith(context, { ageMs }, REFUSED);
  }),
  signed('old or early within the tolerance', (context) => {
    return signedWith(context, { ageMs: context.random.pick([1_000, 60_000, 120_000, -1_000, -50_000]) }, UNDERSTOOD);
  }),
  signed('another secret', (context) => {
    const secret = context.random.pick([
      'another-secret',
      `${CLIENT_SECRET} `,
      CLIENT_SECRET.toUpperCase(),
      `${FORMER_SECRET}x`,
      '\u0000',
      '4242',
    ]);
    return signedWith(context, { secret }, REFUSED);
  }),
  signed('the former secret during a rotation', (context) =>
    signedWith(context, { secret: FORMER_SECRET }, UNDERSTOOD),
  ),
  signed('signed for another host', (context) => {
    const origin = context.random.pick([
      'https://evil.example',
      'http://counterpart.example',
      'https://counterpart.example.evil.example',
      'https://counterpart.example:8443',
      context.origin,
    ]);
    return signedWith(context, { origin }, REFUSED);
  }),
  signed('signed for another method', (context) => {
    const method = context.random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', '']);
    return method === context.draft.method ? null : signedWith(context, { method }, REFUSED);
  }),
  signed(
    'body changed after signing',
    (context) => {
      const request = honest(context);
      const { random } = context;
      if (request.body === null) {
        return {
          request: {
            ...request,
            headers: [...request.headers, ['content-type', 'application/json']],
            body: Buffer.from('{}'),
          },
          expect: context.draft.method === 'GET' ? UNDERSTOOD : REFUSED,
          note: 'a body added',
        };
      }
      const body = reencoded(request.body, random.between(0, 5));
      const note = JSON.stringify(body.toString().slice(0, 40));
      return { request: { ...request, body }, expect: REFUSED, note };
    },
    2,
  ),
  signed(
    'address changed after signing',
    (context) => {
      const request = honest(context);
      const { target } = request;
      const changed = context.random.pick([
        `${target}${target.includes('?') ? '&' : '?'}a=1`,
        `${target}${target.includes('?') ? '&' : '?'}portalId=1002`,
        `${target}#fragment`,
        target.includes('?') ? `${target}&` : `${target}?`,
        target.replace('portalId=100', 'portalId=%31%30%30'),
        target.replace('userId=77', 'userId=78'),
        target.replace('userId=77', 'userId=%37%37'),
        target.replace('portalId=1001', 'portalId=1002').replace('portalId=1002', 'portalId=1002'),
        target.replace('rep', '%72ep'),
        target.replace(/\?(.*)$/, (_whole, query: string) => `?${query.split('&').toReversed().join('&')}`),
      ]);
      if (changed === target) return null;
      return { request: { ...request, target: changed }, expect: refusedWith(401, 400), note: changed.slice(0, 150) };
    },
    2,
  ),
  signed('a signature of an earlier kind', (context) => {
    const request = honest(context);
    const { random, draft } = context;
    const source = `${CLIENT_SECRET}${bytesOf(draft.body)?.toString() ?? ''}`;
    const old = createHash('sha256').update(source).digest('hex');
    const version = random.pick(['v1', 'v2', 'v3'] as const);
    const given = withHeaders(request, [
      ['x-hubspot-signature', old],
      ['x-hubspot-signature-version', version],
      random.chance(0.5) ? [SIGNATURE, null] : [SIGNATURE, old],
    ]);
    return { request: given, expect: REFUSED, note: version };
  }),
  signed('a signature of an earlier kind beside the right one', (context) => {
    const given = withHeaders(honest(context), [
      ['x-hubspot-signature', 'a'.repeat(64)],
      ['x-hubspot-signature-version', 'v1'],
    ]);
    return { request: given, expect: UNDERSTOOD, note: 'v1 and v3' };
  }),
  {
    name: 'a portal without the app',
    weight: 0.5,
    apply: (context) => {
      if (context.draft.access !== 'card') return null;
      const portalId = context.random.pick(['1', '999999', '9'.repeat(20), '01001']);
      return {
        request: render({ ...context.draft, portalId }, { origin: context.origin }),
        expect: refusedWith(409),
        note: portalId,
      };
    },
  },
  {
    name: 'signed parameters that are none',
    weight: 0.5,
    apply: (context) => {
      if (context.draft.access !== 'card') return null;
      const portalId = context.random.pick([
        '',
        '1001 ',
        ' 1001',
        '1001,1002',
        '-1',
        '1e3',
        '0x3e9',
        '９',
        '9'.repeat(21),
        'null',
        '1001\u0000',
      ]);
      return {
        request: render({ ...context.draft, portalId }, { origin: context.origin }),
        expect: refusedWith(400),
        note: portalId,
      };
    },
  },
];
