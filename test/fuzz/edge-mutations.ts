/** Changes of address, method, headers and session. Card requests are signed over the changed address, so that only it can be wrong. */
import { randomUUID } from 'node:crypto';
import { ROUTES } from '../../server/http/routes/routes.ts';
import { NASTY_TEXTS } from './body-mutations.ts';
import {
  BOUNDED,
  type Expectation,
  type Mutated,
  type Mutation,
  type MutationContext,
  refusedWith,
  UNDERSTOOD,
} from './mutation.ts';
import { type Pair, render, targetOf, withHeaders } from './request.ts';

function send({ draft, origin }: MutationContext, target: string, expect: Expectation): Mutated {
  return { request: render(draft, { origin, target }), expect, note: target.slice(0, 120) };
}

const isApi = ({ draft }: MutationContext): boolean => ['card', 'org', 'session'].includes(draft.access);
/** Where nothing reads the query, nothing in it is wrong. */
const wrongQuery = ({ sample }: MutationContext): Expectation => (sample.strictQuery ? refusedWith(400) : BOUNDED);
const SIGNED = ['userId', 'portalId', 'userEmail'];

function withQuery(context: MutationContext, query: readonly Pair[], expect: Expectation): Mutated {
  return send(context, targetOf({ ...context.draft, query }), expect);
}

/** Escapes that name the same character. */
const escaped = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

const ADDRESS_MUTATIONS: readonly Mutation[] = [
  {
    name: 'unknown query parameter',
    apply: (context) => {
      if (!isApi(context)) return null;
      const name = context.random.pick([
        '__proto__',
        'constructor',
        'toString',
        'role',
        'workspaceId',
        'limit[]',
        'a[b][c]',
        '',
      ]);
      const expect = name === '' ? BOUNDED : wrongQuery(context);
      return withQuery(context, [...context.draft.query, [name, 'admin']], expect);
    },
  },
  {
    name: 'query parameter twice',
    apply: (context) => {
      const { draft, random } = context;
      if (!isApi(context)) return null;
      const names =
        draft.access === 'card' ? [...draft.query.map(([name]) => name), ...SIGNED] : draft.query.map(([name]) => name);
      if (names.length === 0) return null;
      const name = random.pick(names);
      const value =
        draft.query.find(([known]) => known === name)?.[1] ?? random.pick(['1002', '77', 'rep@example.com']);
      const expect = SIGNED.includes(name) ? refusedWith(400) : wrongQuery(context);
      return withQuery(context, [...draft.query, [name, value]], expect);
    },
  },
  {
    name: 'query parameter removed',
    apply: (context) => {
      const { draft, random, sample } = context;
      const names = draft.query.map(([name]) => name).filter((name) => sample.optionalQuery?.includes(name) !== true);
      if (names.length === 0 || !isApi(context)) return null;
      const gone = random.pick(names);
      return withQuery(
        context,
        draft.query.filter(([name]) => name !== gone),
        refusedWith(400),
      );
    },
  },
  {
    name: 'nasty query value',
    weight: 2,
    apply: (context) => {
      const { draft, random, sample } = context;
      if (draft.query.length === 0 || !isApi(context)) return null;
      const [name] = random.pick(draft.query);
      const value = random.pick([
        ...NASTY_TEXTS,
        '9'.repeat(40),
        '-1',
        '0',
        '1.5',
        '2026-02-30',
        '0000-01-01',
        '9999-12-31',
        'draft,',
        ',',
        'x'.repeat(3_000),
      ]);
      const isFree = sample.freeQuery?.includes(name) === true || /Date|Due|From|To|limit|stage/.test(name);
      const expect = isFree ? BOUNDED : refusedWith(400, 404);
      return withQuery(
        context,
        draft.query.map((pair) => (pair[0] === name ? [name, value] : pair)),
        expect,
      );
    },
  },
  {
    name: 'day in the query that does not exist',
    apply: (context) => {
      const { draft, random } = context;
      const names = draft.query
        .map(([name]) => name)
        .filter((name) => /^(noticeDue|renewal)(From|To|Before)$/.test(name));
      if (names.length === 0) return null;
      const chosen = random.pick(names);
      const day = random.pick(['2026-02-30', '2026-13-01', '0000-00-00', '9999-99-99', '2026-00-10']);
      return withQuery(
        context,
        draft.query.map((pair) => (pair[0] === chosen ? [chosen, day] : pair)),
        refusedWith(400),
      );
    },
  },
  {
    name: 'place in a list made up',
    weight: 2,
    apply: (context) => {
      const { draft, random } = context;
      if (!/^\/v1\/(contracts|audit|conflicts)$/.test(draft.path) || draft.method !== 'GET') return null;
      const id = randomUUID();
      const place = (...value: readonly unknown[]): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const [after, expect] = random.pick<readonly [string, Expectation]>([
        ['nonsense', refusedWith(400)],
        [place(), refusedWith(400)],
        [place('2026-01-01', 'not-an-id'), refusedWith(400)],
        [place({ a: 1 }, id), refusedWith(400)],
        [place(['x'], id), refusedWith(400)],
        [place(8.64e15, id), BOUNDED],
        [place(-8.64e15, id), BOUNDED],
        [place(-62_200_000_000_000, id), BOUNDED],
        [place(1e17, id), refusedWith(400)],
        [place(1.5, id), BOUNDED],
        [place('a\u0000b', id), BOUNDED],
        [place('\ud800', id), BOUNDED],
        [place(`' OR 1=1 --`, id), BOUNDED],
        [place(null, id), BOUNDED],
        ['9'.repeat(18), BOUNDED],
        ['9'.repeat(19), BOUNDED],
        ['x'.repeat(601), refusedWith(400)],
      ]);
      const query = random.chance(0.4) && draft.path === '/v1/audit' ? ([['kind', 'admin']] as const) : draft.query;
      return withQuery(context, [...query, ['after', after]], expect);
    },
  },
  {
    name: 'very many query parameters',
    weight: 0.3,
    apply: (context) => {
      if (!isApi(context)) return null;
      const many = Array.from({ length: 1_500 }, (_, index) => `p${index}=1`).join('&');
      const { draft } = context;
      const target = `${draft.path}?${many}${draft.access === 'card' ? `&${targetOf({ ...draft, query: [] }).split('?')[1] ?? ''}` : ''}`;
      // Names beyond the first thousand are not read, and so a card's portal may not be either.
      return send(context, target, draft.access === 'card' ? refusedWith(400) : wrongQuery(context));
    },
  },
  {
    name: 'id that is none',
    weight: 2,
    apply: (context) => {
      const { draft, random } = context;
      const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
      if (!uuid.test(draft.path)) return null;
      const id = random.pick([
        'undefined',
        'null',
        '0',
        '-1',
        '..',
        '%2e%2e',
        '..%2f..%2fetc%2fpasswd',
        '%00',
        '%c0%ae',
        '%',
        '%zz',
        '%E0%A4%A',
        `${randomUUID()}x`,
        randomUUID().replaceAll('-', ''),
        `{${randomUUID()}}`,
        `${randomUUID()}%00`,
        `${randomUUID()};`,
        "'%20OR%201=1--",
        'x'.repeat(9_000),
        randomUUID(),
        '__proto__',
      ]);
      return send(
        context,
        targetOf(draft).replace(uuid, () => id),
        refusedWith(400, 404),
      );
    },
  },
  {
    name: 'id of another workspace',
    weight: 2,
    apply: (context) => {
      const { sample, other, by } = context;
      const draft = sample.make(other, by);
      // Record ids are numbers of the portal's own: those of the first portal are taken in the second one too.
      if (sample.hides !== true || (draft.access === 'card' && other.portalId < by.portalId)) return null;
      return { request: render(draft, { origin: context.origin }), expect: refusedWith(404), note: draft.path };
    },
  },
  {
    name: 'record id that is none',
    apply: (context) => {
      const { draft, random, by } = context;
      if (!['card', 'org'].includes(draft.access) || draft.method !== 'GET') return null;
      const known = draft.access === 'org' ? by.org.recordId : by.recordId;
      const id = random.pick([
        'abc',
        'A1',
        '0',
        '9'.repeat(32),
        '9'.repeat(20),
        '9'.repeat(33),
        '1.5',
        '%2e%2e',
        '1%2F..%2F2',
        '-1',
        'null',
        '1%00',
        '%EF%BC%91',
        '006CP000000099Z',
        '006CP000000099ZYAA',
        '001CP000000099ZYAA',
      ]);
      const target = targetOf(draft)
        .replace(`/opportunity/${known}`, `/opportunity/${id}`)
        .replace(`recordId=${known}`, `recordId=${id}`);
      return send(context, target, refusedWith(400, 404));
    },
  },
  {
    name: 'path that leads elsewhere',
    apply: (context) => {
      if (!isApi(context)) return null;
      const { draft, random } = context;
      const [, , name = ''] = draft.path.split('/');
      const changed = random.pick([
        draft.path.replace('/v1/', '/v1//'),
        draft.path.replace('/v1/', '/V1/'),
        draft.path.replace('/v1/', '/v2/'),
        draft.path.replace(`/${name}`, `/${name.toUpperCase()}`),
        draft.path.replace(`/${name}`, `/${escaped(name.slice(0, 1))}${name.slice(1)}`),
        draft.path.replace('/v1/', '/v1/./'),
        draft.path.replace('/v1/', '/v1/x/../'),
        draft.path.replace('/v1/', '/v1%2f'),
        draft.path.replace('/v1/', '\\v1\\'),
        `${draft.path}/%2e%2e`,
        `${draft.path}/../../../etc/passwd`,
        `${draft.path};a=b`,
        `//evil.example${draft.path}`,
      ]);
      return send(context, targetOf({ ...draft, path: changed }), refusedWith(400, 404));
    },
  },
  {
    name: 'slash at the end, letters of an id in capitals',
    weight: 0.5,
    apply: (context) => {
      if (!isApi(context)) return null;
      const { draft, random } = context;
      const path = random.chance(0.5)
        ? `${draft.path}/`
        : draft.path.replace(/[0-9a-f-]{36}/, (id) => id.toUpperCase());
      return send(context, targetOf({ ...draft, path }), BOUNDED);
    },
  },
];

const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH']);
const patterns = ROUTES.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}));
const exists = (method: string, path: string): boolean =>
  patterns.some((route) => route.method === method && route.pattern.test(path));

const HEADER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'another method',
    apply: (context) => {
      const { draft, random, origin } = context;
      const method = random.pick([
        'GET',
        'POST',
        'PATCH',
        'PUT',
        'DELETE',
        'TRACE',
        'OPTIONS',
        'PROPFIND',
        'PURGE',
        'M-SEARCH',
        'LOCK',
      ]);
      if (method === draft.method || exists(method, draft.path)) return null;
      const request = render({ ...draft, method }, { origin });
      if (!isApi(context) && KNOWN_METHODS.has(method)) return { request, expect: refusedWith(404), note: method };
      return { request, expect: refusedWith(KNOWN_METHODS.has(method) ? 404 : 405), note: method };
    },
  },
  {
    name: 'only the head is asked for',
    weight: 0.3,
    apply: ({ draft, origin, sample }) =>
      draft.method !== 'GET' || draft.access === 'card' || sample.operationId === 'streamEvents'
        ? null
        : { request: { ...render(draft, { origin }), method: 'HEAD' }, expect: UNDERSTOOD, note: 'HEAD' },
  },
  {
    name: 'content of another kind',
    apply: ({ draft, origin, random }) => {
      if (draft.body === undefined || draft.access === 'webhook') return null;
      const type = random.pick([
        null,
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json5',
        'application/xml',
        'image/png',
        '*/*',
        'x'.repeat(5_000),
        'text/plain; a=application/json',
      ]);
      const request = withHeaders(render(draft, { origin }), [['content-type', type]]);
      return { request, expect: refusedWith(415), note: String(type).slice(0, 60) };
    },
  },
  {
    name: 'compressed content',
    weight: 0.5,
    apply: ({ draft, origin, random }) => {
      if (draft.body === undefined || draft.access === 'webhook') return null;
      const encoding = random.pick(['gzip', 'br', 'deflate', 'identity', 'x']);
      const request = withHeaders(render(draft, { origin }), [['content-encoding', encoding]]);
      return { request, expect: refusedWith(415), note: encoding };
    },
  },
  {
    name: 'headers that claim another host, method or address',
    apply: ({ draft, origin, random }) => {
      const request = withHeaders(render(draft, { origin }), [
        random.pick([
          ['host', 'evil.example'],
          ['host', ''],
          ['x-forwarded-host', 'evil.example'],
          ['x-forwarded-proto', 'gopher'],
          ['forwarded', 'host=evil.example;proto=http'],
          ['x-http-method-override', 'DELETE'],
          ['x-original-url', '/v1/people'],
          ['x-rewrite-url', '/metrics'],
          ['accept', 'x'.repeat(4_000)],
          ['accept-language', '../../etc'],
          ['range', 'bytes=0-1,2-3,4-5'],
          ['expect', '100-continue'],
        ] as const),
      ]);
      return { request, expect: UNDERSTOOD, note: JSON.stringify(request.headers.at(-1)).slice(0, 80) };
    },
  },
];

const SESSION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'no such session',
    weight: 2,
    apply: ({ draft, origin, random, other }) => {
      if (draft.access !== 'session') return null;
      const [name = '', value = ''] = draft.cookie.split('=');
      const [workspaceId = '', secret = ''] = value.split('.');
      const cookie = random.pick([
        null,
        '',
        name,
        `${name}=`,
        `${name}=undefined`,
        `${name}=${workspaceId}`,
        `${name}=${workspaceId}.`,
        `${name}=${workspaceId}.${'A'.repeat(43)}`,
        `${name}=${workspaceId}.${secret.slice(0, -1)}`,
        `${name}=${workspaceId}.${secret}x`,
        `${name}=${workspaceId}.${secret.split('').toReversed().join('')}`,
        `${name}=${other.connection.workspaceId}.${secret}`,
        `${name}="${workspaceId}.${secret}"`,
        `${name}=${encodeURIComponent(`${workspaceId}.${secret}`)}%00`,
        `${name}=' OR 1=1 --.${secret}`,
        `${name}=${'x'.repeat(8_000)}`,
        `${name.toUpperCase()}=${value}`,
        `__Host-${name}=${value}`,
        `${name}=wrong; ${name}=${value}`,
        `__proto__=${value}`,
      ]);
      const request = withHeaders(render(draft, { origin }), [['cookie', cookie]]);
      return { request, expect: refusedWith(401), note: String(cookie).slice(0, 80) };
    },
  },
  {
    name: 'from another site',
    weight: 2,
    apply: ({ draft, origin, random }) => {
      if (draft.access !== 'session' || draft.method === 'GET') return null;
      const change = random.pick([
        ['origin', null],
        ['origin', 'null'],
        ['origin', 'https://evil.example'],
        ['origin', `${origin}.evil.example`],
        ['origin', `${origin}/`],
        ['origin', origin.toUpperCase()],
        ['origin', origin.replace('127.0.0.1', 'localhost')],
        ['x-counterpart-request', null],
        ['x-counterpart-request', ''],
        ['x-counterpart-request', '0'],
        ['x-counterpart-request', 'true'],
      ] as const);
      const request = withHeaders(render(draft, { origin }), [change]);
      return { request, expect: refusedWith(403), note: JSON.stringify(change) };
    },
  },
  {
    name: 'role that may not',
    weight: 2,
    apply: ({ draft, origin, random, sample, by }) => {
      const route = ROUTES.find(({ operationId }) => operationId === sample.operationId);
      if (route === undefined || route.access === 'card' || route.access === 'rep') return null;
      const role = route.access === 'admin' ? random.pick(['rep', 'manager'] as const) : 'rep';
      return {
        request: render({ ...draft, cookie: by.cookies[role] }, { origin }),
        expect: refusedWith(403),
        note: role,
      };
    },
  },
  {
    name: 'the proof of the other kind',
    apply: ({ draft, origin, by }) => {
      if (draft.access === 'open') return null;
      const access = draft.access === 'session' ? 'card' : 'session';
      const request = render({ ...draft, access, cookie: by.cookies.admin }, { origin, target: targetOf(draft) });
      const isUnsafePage = draft.access === 'session' && draft.method !== 'GET';
      return { request, expect: refusedWith(isUnsafePage ? 403 : 401), note: `${access} instead of ${draft.access}` };
    },
  },
];

export const EDGE_MUTATIONS: readonly Mutation[] = [...ADDRESS_MUTATIONS, ...HEADER_MUTATIONS, ...SESSION_MUTATIONS];
