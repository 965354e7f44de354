/** A request as it goes over the wire, and how a described one becomes it: signed as HubSpot signs, with the secret that an org's Apex sends, or as the workspace's own page sends. */
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { CLIENT_SECRET, PUBLIC_ORIGIN } from '../support/practice.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Header = readonly [name: string, value: string];
export type Pair = readonly [name: string, value: string];

/** `target` and header values are written byte for byte (latin1). */
export type RawRequest = {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | null;
};

type Access = 'card' | 'org' | 'session' | 'webhook' | 'open';

/** What the packaged Apex of an org says about itself and its user. */
export type OrgProof = {
  readonly orgId: string;
  readonly secret: string;
  readonly userId: string;
  readonly userEmail: string;
};

/** A valid request before it is signed. */
export type Draft = {
  readonly access: Access;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: readonly Pair[];
  readonly body: Json | Buffer | undefined;
  readonly contentType: string | null;
  /** Sent by `session` requests. */
  readonly cookie: string;
  /** Signs for this portal. */
  readonly portalId: string;
  /** Sent by `org` requests, with the record that the card stands on. */
  readonly org?: OrgProof & { readonly record: string };
};

export type Signing = {
  readonly secret: string;
  readonly ageMs: number;
  readonly origin: string;
  readonly method: string | null;
};
const HONEST: Signing = { secret: CLIENT_SECRET, ageMs: 0, origin: PUBLIC_ORIGIN, method: null };

export type RenderOptions = {
  /** Origin of the server itself, which unsafe page requests come from. */
  readonly origin: string;
  readonly signing?: Partial<Signing>;
  /** Bytes instead of the draft's JSON; they are signed as they are. */
  readonly bytes?: Buffer;
  /** The path and query exactly so; signed as they are. */
  readonly target?: string;
};

/** As in a form, but half a surrogate pair is written too, as the three bytes that UTF-8 forbids. */
const escaped = (text: string): string =>
  Array.from(text, (each) => (each.isWellFormed() ? encodeURIComponent(each) : '%ED%A0%80')).join('');

export function targetOf(draft: Draft): string {
  const appended: readonly Pair[] =
    draft.access === 'card'
      ? [
          ['userId', '77'],
          ['portalId', draft.portalId],
          ['userEmail', 'rep@example.com'],
          ['appId', '4242'],
        ]
      : [];
  const query = [...draft.query, ...appended].map((pair) => pair.map(escaped).join('=')).join('&');
  return query === '' ? draft.path : `${draft.path}?${query}`;
}

export function bytesOf(body: Draft['body']): Buffer | null {
  if (body === undefined) return null;
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}

/** Without its proof: neither signature nor cookie. */
function bare(draft: Draft, options: RenderOptions): RawRequest {
  const body = options.bytes ?? bytesOf(draft.body);
  return {
    method: draft.method,
    target: options.target ?? targetOf(draft),
    headers: draft.contentType === null || body === null ? [] : [['content-type', draft.contentType]],
    body,
  };
}

export function render(draft: Draft, options: RenderOptions): RawRequest {
  const request = bare(draft, options);
  switch (draft.access) {
    case 'open':
      return request;
    case 'session':
      return {
        ...request,
        headers: [
          ...request.headers,
          ['cookie', draft.cookie],
          ...(draft.method === 'GET'
            ? []
            : ([
                ['origin', options.origin],
                ['x-counterpart-request', '1'],
              ] as const)),
        ],
      };
    case 'org':
      return { ...request, headers: [...request.headers, ...orgHeaders(draft)] };
    case 'card':
    case 'webhook':
      return sign(request, options.signing);
  }
}

export const ORG_HEADERS = {
  secret: 'authorization',
  org: 'x-counterpart-org',
  userId: 'x-counterpart-user-id',
  userEmail: 'x-counterpart-user-email',
  record: 'x-counterpart-record',
} as const;

function orgHeaders({ org }: Draft): readonly Header[] {
  if (org === undefined) throw new Error('a request of an org carries its proof');
  return [
    [ORG_HEADERS.secret, `Bearer ${org.secret}`],
    [ORG_HEADERS.org, org.orgId],
    [ORG_HEADERS.userId, org.userId],
    [ORG_HEADERS.userEmail, org.userEmail],
    [ORG_HEADERS.record, org.record],
  ];
}

function sign(request: RawRequest, change: Partial<Signing> = {}): RawRequest {
  const { secret, ageMs, origin, method } = { ...HONEST, ...change };
  const timestamp = String(Date.now() - ageMs);
  const signed = {
    method: method ?? request.method,
    target: request.target,
    body: request.body ?? Buffer.alloc(0),
  };
  return withHeaders(request, [
    ['x-hubspot-signature-v3', signV3(signatureSource(signed, origin, timestamp), secret)],
    ['x-hubspot-request-timestamp', timestamp],
  ]);
}

/** Each named header replaced; a null value takes it out. */
export function withHeaders(
  request: RawRequest,
  changes: readonly (readonly [name: string, value: string | null])[],
): RawRequest {
  const names = new Set(changes.map(([name]) => name));
  const kept = request.headers.filter(([name]) => !names.has(name));
  const added = changes.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return { ...request, headers: [...kept, ...added] };
}

export function headerOf(request: RawRequest, wanted: string): string {
  return request.headers.find(([name]) => name === wanted)?.[1] ?? '';
}

const SHOWN_BYTES_MAX = 4_000;
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command that sends the same request; long bodies are cut, with their length told. */
export function asCurl(request: RawRequest, origin: string): string {
  const headers = request.headers.map(([name, value]) => ` -H ${quoted(`${name}: ${value.slice(0, 300)}`)}`).join('');
  const body = request.body ?? Buffer.alloc(0);
  const isText = !body.subarray(0, SHOWN_BYTES_MAX).includes(0);
  const shown = isText
    ? quoted(body.subarray(0, SHOWN_BYTES_MAX).toString('latin1'))
    : `"$(base64 -d <<< ${body.subarray(0, SHOWN_BYTES_MAX).toString('base64')})"`;
  const data = request.body === null ? '' : ` --data-binary ${shown}`;
  const length = body.length > SHOWN_BYTES_MAX ? ` # body of ${body.length} bytes` : '';
  return `curl -i --path-as-is -X ${request.method} ${quoted(`${origin}${request.target.slice(0, 1_000)}`)}${headers}${data}${length}`;
}
