/** Forged, mixed and misplaced proofs of an org's cards: secret, org, user, record and key. */
import {
  BOUNDED,
  type Expectation,
  type Mutated,
  type Mutation,
  type MutationContext,
  refusedWith,
  UNDERSTOOD,
  isList,
} from './mutation.ts';
import { headerOf, ORG_HEADERS, type RawRequest, render, withHeaders } from './request.ts';
import { CLIENT_SECRET } from '../support/practice.ts';

const REFUSED = refusedWith(401);
/** What no HTTP header may hold is refused before there is a request. */
const REFUSED_OR_NO_HEADER = refusedWith(400, 401);

/** The draft as the org sends it. */
const honest = ({ draft, origin }: MutationContext): RawRequest => render(draft, { origin });

const ofOrg = (name: string, apply: (context: MutationContext) => Mutated | null, weight = 2): Mutation => ({
  name,
  weight,
  apply: (context) => (context.draft.access === 'org' ? apply(context) : null),
});

type HeaderName = (typeof ORG_HEADERS)[keyof typeof ORG_HEADERS];

function withHeader(
  context: MutationContext,
  change: readonly [name: HeaderName, value: string | null],
  expect: Expectation,
): Mutated {
  const note = `${change[0]}: ${String(change[1]).slice(0, 80)}`;
  return { request: withHeaders(honest(context), [change]), expect, note };
}

/** The same header before or after the right one. */
function beside(
  context: MutationContext,
  added: readonly [name: HeaderName, value: string],
  expect: Expectation,
): Mutated {
  const request = honest(context);
  const headers = context.random.chance(0.5) ? [...request.headers, added] : [added, ...request.headers];
  return { request: { ...request, headers }, expect, note: `${added[0]} twice` };
}

function flipped(text: string, index: number): string {
  return `${text.slice(0, index)}${text.charAt(index) === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`;
}

const swapCase = (text: string): string =>
  text.replaceAll(/[a-zA-Z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

/** Keys that requests of both workspaces and of both CRMs use. */
const SHARED_KEYS = ['1', '2', '3'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);

export const CARD_SECRET_MUTATIONS: readonly Mutation[] = [
  ofOrg(
    'card secret forged',
    (context) => {
      const { random, by, other } = context;
      const { secret } = by.org;
      const value = random.pick([
        null,
        '',
        'Bearer',
        'Bearer null',
        secret,
        `bearer ${secret}`,
        `BEARER ${secret}`,
        `Bearer  ${secret}`,
        `Bearer\t${secret}`,
        `Basic ${secret}`,
        `Basic ${Buffer.from(`counterpart:${secret}`).toString('base64')}`,
        `Bearer ${flipped(secret, random.between(0, 42))}`,
        `Bearer ${secret.slice(0, random.between(1, 42))}`,
        `Bearer ${secret}A`,
        `Bearer ${secret}=`,
        `Bearer ${secret}, Bearer ${secret}`,
        `Bearer ${secret} ${secret}`,
        `Bearer ${secret.split('').toReversed().join('')}`,
        `Bearer ${swapCase(secret)}`,
        `Bearer ${Buffer.from(secret, 'base64url').toString('hex')}`,
        `Bearer ${Buffer.from(random.bytes(32)).toString('base64url')}`,
        `Bearer ${'A'.repeat(43)}`,
        `Bearer ${'-'.repeat(43)}`,
        `Bearer ${'x'.repeat(8_000)}`,
        `Bearer ${CLIENT_SECRET}`,
        `Bearer ${by.cookies.admin.split('.')[1] ?? ''}`,
        `Bearer ${other.org.secret}`,
        `Bearer ' OR 1=1 --`,
        `Bearer ${secret}%00`,
        `Bearer \u00e9${secret.slice(1)}`,
      ]);
      return withHeader(context, [ORG_HEADERS.secret, value], REFUSED);
    },
    6,
  ),
  ofOrg('card secret twice', (context) => {
    const { random, by, other } = context;
    const value = `Bearer ${random.pick([by.org.secret, other.org.secret, 'A'.repeat(43)])}`;
    // Which of two counts is the parser's choice; both have to be refused or the right one answered.
    return beside(context, [ORG_HEADERS.secret, value], BOUNDED);
  }),
  ofOrg('byte that no header may hold', (context) => {
    const { random } = context;
    const name = random.pick(Object.values(ORG_HEADERS));
    const right = headerOf(honest(context), name);
    const byte = random.pick(['\u0000', '\u0001', '\u007f', '\r', '\n']);
    return withHeader(context, [name, `${right.slice(0, 4)}${byte}${right.slice(4)}`], REFUSED_OR_NO_HEADER);
  }),
  ofOrg(
    'secret of one org under the name of another',
    (context) => {
      const { random, other } = context;
      const change = random.pick([
        [ORG_HEADERS.org, other.org.orgId],
        [ORG_HEADERS.secret, `Bearer ${other.org.secret}`],
      ] as const);
      return withHeader(context, change, REFUSED);
    },
    3,
  ),
  ofOrg(
    'org that is none',
    (context) => {
      const { orgId } = context.by.org;
      const value = context.random.pick([
        null,
        '',
        'null',
        orgId.slice(0, 15),
        orgId.toLowerCase(),
        orgId.toUpperCase(),
        `${orgId}A`,
        `${orgId},${orgId}`,
        `${orgId};`,
        flipped(orgId, 14),
        orgId.replace(/^00D/, '00d'),
        orgId.replace(/^00D/, '005'),
        '00D000000000000AAA',
        `00D${'0'.repeat(40)}`,
        "00D' OR '1'='1'--",
        '../../../etc/passwd',
        '__proto__',
        'x'.repeat(8_000),
        context.by.portalId,
        context.by.connection.workspaceId,
      ]);
      return value === orgId ? null : withHeader(context, [ORG_HEADERS.org, value], REFUSED);
    },
    4,
  ),
  ofOrg('org twice', (context) => {
    const { random, by, other } = context;
    return beside(context, [ORG_HEADERS.org, random.pick([by.org.orgId, other.org.orgId])], REFUSED);
  }),
  ofOrg(
    'user that is none',
    (context) => {
      const { userId } = context.by.org;
      const value = context.random.pick([
        null,
        '',
        '77',
        'null',
        userId.slice(0, 15),
        `${userId}A`,
        `${userId},${userId}`,
        userId.replace(/^005/, '00D'),
        `005${'é'.repeat(15)}`,
        "005' OR '1'='1'--",
        'x'.repeat(8_000),
      ]);
      return withHeader(context, [ORG_HEADERS.userId, value], refusedWith(400));
    },
    3,
  ),
  ofOrg('another user of the org', (context) =>
    withHeader(context, [ORG_HEADERS.userId, `005CP000000${context.random.between(1000, 9999)}YAA`], UNDERSTOOD),
  ),
  ofOrg(
    'address that is none',
    (context) => {
      const value = context.random.pick([
        null,
        '',
        'nobody',
        'a@b',
        '@example.com',
        'a@example.com, b@example.com',
        'a@example.com b@example.com',
        `${'x'.repeat(250)}@example.com`,
        'a"@example.com',
        'a@exa mple.com',
        '<script>@example.com',
        "' OR 1=1 --",
        'rep@ex\u00e9mple.com',
      ]);
      return withHeader(context, [ORG_HEADERS.userEmail, value], refusedWith(400));
    },
    3,
  ),
  ofOrg('address in capitals', (context) =>
    withHeader(context, [ORG_HEADERS.userEmail, context.by.org.userEmail.toUpperCase()], UNDERSTOOD),
  ),
  ofOrg(
    'record that is none',
    (context) => {
      const { recordId } = context.by.org;
      const value = context.random.pick([
        '',
        'null',
        recordId,
        'opportunity',
        'opportunity/',
        `/${recordId}`,
        `lead/${recordId}`,
        `Opportunity/${recordId}`,
        `opportunity/${recordId}/`,
        `opportunity/${recordId.slice(0, 15)}`,
        `opportunity/${recordId}A`,
        `opportunity//${recordId}`,
        `opportunity/${recordId}, account/${recordId}`,
        'opportunity/../../v1/people',
        "opportunity/' OR '1'='1' --",
        `opportunity/${'x'.repeat(8_000)}`,
      ]);
      return withHeader(context, [ORG_HEADERS.record, value], refusedWith(400));
    },
    3,
  ),
  ofOrg('record that the card does not stand on', (context) => {
    const { random, other } = context;
    const value = random.pick([null, `opportunity/${other.org.recordId}`, 'account/001CP000000099ZYAA']);
    return withHeader(context, [ORG_HEADERS.record, value], UNDERSTOOD);
  }),
  ofOrg('user, address or record twice', (context) => {
    const { random } = context;
    const name = random.pick([ORG_HEADERS.userId, ORG_HEADERS.userEmail, ORG_HEADERS.record] as const);
    return beside(context, [name, headerOf(honest(context), name)], refusedWith(400));
  }),
  ofOrg('portal and user in the query, as HubSpot would append them', (context) => {
    const { random, other, by } = context;
    const portalId = random.pick([by.portalId, other.portalId]);
    const request = honest(context);
    const target = `${request.target}${request.target.includes('?') ? '&' : '?'}portalId=${portalId}&userId=77`;
    // A query beyond a route's own is the card proxy's; here it names nobody.
    return { request: { ...request, target }, expect: UNDERSTOOD, note: `portal ${portalId}` };
  }),
  {
    name: 'key that requests of others use',
    weight: 2,
    apply: (context) => {
      const { draft, origin, random } = context;
      const { access, body } = draft;
      if (access !== 'org' && access !== 'card') return null;
      if (typeof body !== 'object' || body === null || Buffer.isBuffer(body) || isList(body)) return null;
      const idempotencyKey = random.pick(SHARED_KEYS);
      const request = render({ ...draft, body: { ...body, idempotencyKey } }, { origin });
      return { request, expect: UNDERSTOOD, note: `${access} ${idempotencyKey}` };
    },
  },
  {
    name: 'signed by HubSpot and with an org’s headers besides',
    weight: 2,
    apply: (context) => {
      const { draft, origin, random, by, other } = context;
      if (draft.access !== 'card') return null;
      const { org } = random.pick([by, other]);
      const added = random.pick([
        [[ORG_HEADERS.org, org.orgId]],
        [[ORG_HEADERS.secret, `Bearer ${org.secret}`]],
        [[ORG_HEADERS.secret, 'Bearer x']],
        [
          [ORG_HEADERS.org, org.orgId],
          [ORG_HEADERS.secret, `Bearer ${'A'.repeat(43)}`],
        ],
      ] as const);
      // Two ways of proof are none: the org's is asked for as soon as it is begun.
      return {
        request: withHeaders(render(draft, { origin }), added),
        expect: REFUSED,
        note: added.join(' ').slice(0, 80),
      };
    },
  },
];
