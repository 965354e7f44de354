/** A practice Salesforce org for tests: with the package installed, on a clock that can be moved on, and an app that may ask for access. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../extensions/practice/hubspot/world.ts';
import type {
  ConnectedApp,
  OrgProfile,
  PracticeSalesforce,
  PracticeSalesforceOptions,
} from '../../extensions/practice/salesforce/running-org.ts';
import { startPracticeSalesforce } from '../../extensions/practice/salesforce/server.ts';
import { silentLog } from './practice.ts';
import { createSeededRandom } from './seeded-random.ts';

interface MovableClock extends Clock {
  advance(byMs: number): void;
}

export interface OrgForTest {
  readonly org: PracticeSalesforce;
  readonly clock: MovableClock;
  stop(): Promise<void>;
}

export const ORG_REDIRECT_URI = 'https://counterpart.example/oauth/salesforce/callback';
const PACKAGE_DIR = path.resolve(import.meta.dirname, '../../extensions/salesforce/force-app/main/default');
export const SECOND_USER_ID = '005CP0000000777YAA';

const ORG_PROFILE: OrgProfile = {
  id: '00DCP0000001prA',
  name: 'Practice org',
  timeZone: 'Europe/London',
  currency: 'GBP',
  language: 'en_US',
  locale: 'en_GB',
  isSandbox: false,
  organizationType: 'Enterprise Edition',
};
const APP: ConnectedApp = {
  name: 'Counterpart',
  clientId: 'practice-org-client',
  clientSecret: 'practice-org-secret',
  redirectUris: [ORG_REDIRECT_URI],
  scopes: ['api', 'refresh_token', 'openid', 'id'],
};

function createMovableClock(): MovableClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: async (delayMs, signal) => {
      await delay(delayMs, undefined, signal === undefined ? {} : { signal });
    },
    advance: (byMs) => {
      offset += byMs;
    },
  };
}

/** Starts an org in memory on a free port; any option may be replaced. A second user without permission sets is there too. */
export async function startOrg(options: Partial<PracticeSalesforceOptions> = {}): Promise<OrgForTest> {
  const clock = createMovableClock();
  const org = await startPracticeSalesforce({
    port: 0,
    dataDir: null,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    org: ORG_PROFILE,
    app: APP,
    packageDir: PACKAGE_DIR,
    seed: () => ({
      users: [
        {
          id: SECOND_USER_ID,
          firstName: '雨桐',
          lastName: '林',
          email: 'lin@practice-org.example',
          timeZone: 'Asia/Shanghai',
        },
      ],
    }),
    ...options,
    behaviour: { timeoutHoldMs: 20, ...options.behaviour },
  });
  return { org, clock, stop: () => org.stop() };
}

export interface OrgAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, text when it is none, null when empty. */
  readonly body: unknown;
}

async function readAnswer(response: Response): Promise<OrgAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : isJson ? JSON.parse(text) : text,
  };
}

export const verifierOf = (seed: string): string => createHash('sha512').update(seed).digest('base64url');
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

export function authorizeUrl(org: PracticeSalesforce, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: org.app.clientId,
    redirect_uri: org.app.redirectUris[0] ?? '',
    scope: 'api refresh_token',
    state: 'state-1',
    code_challenge: challengeOf(verifierOf('1')),
    code_challenge_method: 'S256',
    ...more,
  });
  return `${org.url}/services/oauth2/authorize?${query.toString()}`;
}

/** Posts a form to one of the OAuth endpoints, with the app's own credentials. */
export async function orgOauthCall(
  org: PracticeSalesforce,
  endpoint: string,
  form: Readonly<Record<string, string>>,
): Promise<OrgAnswer> {
  const body = new URLSearchParams({ client_id: org.app.clientId, client_secret: org.app.clientSecret, ...form });
  return readAnswer(await fetch(`${org.url}/services/oauth2/${endpoint}`, { method: 'POST', body }));
}

export interface OrgTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly instance_url: string;
  readonly id: string;
  readonly issued_at: string;
  readonly signature: string;
  readonly scope: string;
  readonly token_type: string;
}

/** Lets the app in as a person would, and returns the tokens. */
export async function logIn(org: PracticeSalesforce, userId?: string): Promise<OrgTokens> {
  const back = new URL(org.approve(authorizeUrl(org), userId));
  const answer = await orgOauthCall(org, 'token', {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: org.app.redirectUris[0] ?? '',
    code_verifier: verifierOf('1'),
  });
  if (answer.status !== 200) throw new Error(`login failed: ${JSON.stringify(answer.body)}`);
  // The token endpoint's own tests check this shape field by field.
  return answer.body as OrgTokens;
}

export type RestCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<OrgAnswer>;

/** Plain REST calls below `/services/data/v68.0`, or from the root when the path begins with `/services`. */
export function restFor(org: PracticeSalesforce, accessToken: string): RestCall {
  return async (method, target, body, headers = {}) =>
    readAnswer(
      await fetch(
        `${org.url}${target.startsWith('/services') || target.startsWith('/id/') ? '' : '/services/data/v68.0'}${target}`,
        {
          method,
          headers: {
            authorization: `Bearer ${accessToken}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
      ),
    );
}
