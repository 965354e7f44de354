/**
 * People and HubSpot's card proxy as clients of a server that may die under them: a request without an answer is sent again, with the same
 * idempotency key, once a server is up. What was answered with success counts as acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import { CLIENT_SECRET, PUBLIC_ORIGIN, type PracticeForTest } from '../support/practice.ts';
import type { PortalId } from './kill-portal.ts';

const AGAIN_MS = 40;
const TRIES_MAX = 400;
const ANSWER_MS_MAX = 8_000;

type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

type Sent = { readonly method: 'GET' | 'POST'; readonly target: string; readonly init: () => RequestInit };

export type KillClient = {
  /** As HubSpot's proxy sends a card's request. */
  card(portalId: PortalId, path: string, body?: object): Promise<Answer>;
  /** As a workspace page of the signed-in administrator sends it. */
  page(method: 'GET' | 'POST', path: string, body?: object | Uint8Array): Promise<Answer>;
  /** Once, whatever comes of it; null when there is no answer. */
  visit(path: string): Promise<Answer | null>;
  /** Authorises the app in a portal, from the start again when the server dies under it. */
  install(portalId: PortalId): Promise<void>;
  /** Cookies of the browser, to carry on with later. */
  cookies(): Readonly<Record<string, string>>;
};

export function createKillClient(
  practice: PracticeForTest,
  serverUrl: () => string | null,
  kept: Readonly<Record<string, string>> = {},
): KillClient {
  const jar = new Map(Object.entries(kept));
  const once = async ({ method, target, init }: Sent): Promise<Answer | null> => {
    const url = serverUrl();
    if (url === null) return null;
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return await fetch(`${url}${target}`, { method, redirect: 'manual', signal, ...init() }).then(
      (answer) => read(answer, jar),
      () => null,
    );
  };
  /** An answer of 5xx comes from a server that is going or not yet there. */
  const untilAnswered = async (sent: Sent): Promise<Answer> => {
    for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
      const answer = await once(sent);
      if (answer !== null && answer.status < 500) return answer;
      await delay(AGAIN_MS);
    }
    throw new Error(`${sent.method} ${sent.target} was never answered`);
  };
  const visit = (path: string): Promise<Answer | null> =>
    once({ method: 'GET', target: path, init: () => ({ headers: { cookie: cookieLine(jar) } }) });
  return {
    visit,
    cookies: () => Object.fromEntries(jar),
    card: (portalId, path, body) => {
      const method = body === undefined ? 'GET' : 'POST';
      const who = new URLSearchParams({ userId: '77', portalId, userEmail: 'rep@example.com', appId: '4242' });
      const target = `${path}${path.includes('?') ? '&' : '?'}${who.toString()}`;
      return untilAnswered({ method, target, init: () => signed(practice, { method, target, body }) });
    },
    page: (method, path, body) =>
      untilAnswered({
        method,
        target: path,
        init: () => ({
          headers: {
            cookie: cookieLine(jar),
            origin: PUBLIC_ORIGIN,
            'x-counterpart-request': '1',
            'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json',
          },
          ...(body === undefined
            ? {}
            : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
        }),
      }),
    install: async (portalId) => {
      for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
        if (await installOnce(practice, visit, portalId)) return;
        await delay(AGAIN_MS);
      }
      throw new Error(`portal ${portalId} was never installed`);
    },
  };
}

async function installOnce(
  practice: PracticeForTest,
  visit: KillClient['visit'],
  portalId: PortalId,
): Promise<boolean> {
  const consent = (await visit('/oauth/hubspot/start'))?.headers.get('location');
  if (consent === undefined || consent === null) return false;
  const approved = await fetch(`${practice.hubspot.url}/oauth/authorize/decision`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ query: new URL(consent).search.slice(1), portalId, decision: 'approve' }),
  });
  const back = new URL(approved.headers.get('location') ?? 'about:blank');
  const done = await visit(`${back.pathname}${back.search}`);
  return done?.status === 302;
}

const cookieLine = (jar: ReadonlyMap<string, string>): string =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

async function read(answer: Response, jar: Map<string, string>): Promise<Answer | null> {
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
  // The server may die between its headers and the end of its body: that is no answer.
  const text = await answer.text().catch(() => null);
  if (text === null) return null;
  const isJson = (answer.headers.get('content-type') ?? '').includes('json') && text !== '';
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}

/** The headers that HubSpot puts on a card's request at this moment. */
function signed(
  practice: PracticeForTest,
  { method, target, body }: { readonly method: string; readonly target: string; readonly body: object | undefined },
): RequestInit {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const timestamp = String(practice.clock.now());
  const signature = signV3(signatureSource({ method, target, body: bytes }, PUBLIC_ORIGIN, timestamp), CLIENT_SECRET);
  return {
    headers: {
      'x-hubspot-signature-v3': signature,
      'x-hubspot-request-timestamp': timestamp,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: bytes }),
  };
}
