/** Practice orgs beside the server under test: the package installed, two people in each, and the app authorised as an admin would. */
import path from 'node:path';
import { afterAll } from 'vitest';
import { makeId } from '../../extensions/practice/salesforce/record-id.ts';
import type { PracticeSalesforce } from '../../extensions/practice/salesforce/running-org.ts';
import { startPracticeSalesforce } from '../../extensions/practice/salesforce/server.ts';
import type { SalesforceSettings } from '../../server/config.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { silentLog } from '../support/practice.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { systemWorld } from '../support/system-world.ts';
import type { Answer, ApiServer } from './api-server.ts';

const PACKAGE_DIR = path.resolve(import.meta.dirname, '../../extensions/salesforce/force-app/main/default');
export const ORG_APP = { clientId: '3MVG9-practice-client-id', clientSecret: 'practice-client-secret-of-the-org' };
/** Nobody listens there: the engine has to do without the feed. */
const NO_FEED = '127.0.0.1:9';
const EXTERNAL_CREDENTIAL = 'counterpart__Counterpart';

const ORG_USER = { id: makeId('005', 71), email: 'mia.chen@harbourfinch.example' };

export type OrgCard = {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly orgId?: string;
  readonly userId?: string;
  readonly userEmail?: string;
  /** Null sends none. */
  readonly secret?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
};

export async function startOrg(origin: string, { id = '00DCP0000000Prc' } = {}): Promise<PracticeSalesforce> {
  return await startPracticeSalesforce({
    port: 0,
    dataDir: null,
    clock: systemWorld().clock,
    random: createSeededRandom(7),
    log: silentLog,
    org: {
      id,
      name: `Org ${id}`,
      timeZone: 'Europe/London',
      currency: 'GBP',
      language: 'en_US',
      locale: 'en_GB',
      isSandbox: false,
      organizationType: 'Enterprise Edition',
    },
    app: {
      name: 'Counterpart',
      ...ORG_APP,
      redirectUris: [`${origin}/oauth/salesforce/callback`],
      scopes: ['api', 'refresh_token', 'id', 'openid'],
    },
    packageDir: PACKAGE_DIR,
    seed: () => ({
      users: [{ id: ORG_USER.id, firstName: 'Mia', lastName: 'Chen', email: ORG_USER.email, isAdmin: true }],
    }),
  });
}

/** What a test file with one org needs: the settings to start the server with, and the org once it runs. */
export function useOrg(): {
  readonly settings: (origin: string) => Promise<SalesforceSettings>;
  readonly org: () => PracticeSalesforce;
} {
  let running: PracticeSalesforce | null = null;
  afterAll(async () => running?.stop());
  return {
    settings: async (origin) => {
      running = await startOrg(origin);
      return { ...ORG_APP, loginUrl: running.url, pubSubEndpoint: NO_FEED };
    },
    org: () => {
      if (running === null) throw new Error('the org is there once beforeAll has run');
      return running;
    },
  };
}

/** Authorises the app in the org with this browser. */
export async function installOrg(api: ApiServer, org: PracticeSalesforce): Promise<ConnectionRef> {
  const answer = await authoriseOrg(api, org);
  if (answer.status !== 302) throw new Error(`the callback answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const found = await api.server.services.parts.workspaces.findConnectionOfAccount('salesforce', org.orgId);
  if (found === null) throw new Error('an authorised org has a connection');
  return found;
}

export async function authoriseOrg(api: ApiServer, org: PracticeSalesforce): Promise<Answer> {
  const consent = (await api.raw('/oauth/salesforce/start')).headers.get('location') ?? 'about:blank';
  const back = new URL(org.approve(consent));
  return await api.raw(`${back.pathname}${back.search}`);
}

/** The secret that the server has put into the org; what its Apex sends. */
export function secretOf(org: PracticeSalesforce): string {
  const secret = org.credential(EXTERNAL_CREDENTIAL, 'Secret');
  if (secret === undefined) throw new Error('the org has no secret');
  return secret;
}

/** As the packaged Apex of an org sends it. */
export async function orgCard(api: ApiServer, org: PracticeSalesforce, request: OrgCard): Promise<Answer> {
  const secret = request.secret === undefined ? secretOf(org) : request.secret;
  return await api.raw(request.path, {
    method: request.method ?? 'GET',
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      'x-counterpart-org': request.orgId ?? org.orgId,
      'x-counterpart-user-id': request.userId ?? ORG_USER.id,
      'x-counterpart-user-email': request.userEmail ?? ORG_USER.email,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
}
