/** A practice Salesforce org with this app installed through the real consent flow, and the adapter speaking to it over real HTTP. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPracticeSalesforce } from '../../extensions/practice/salesforce/server.ts';
import type {
  PracticeSalesforce,
  PracticeSalesforceOptions,
} from '../../extensions/practice/salesforce/running-org.ts';
import type { Credential, CredentialVault } from '../../server/crm/credentials.ts';
import type { ConnectionRef, HostResult } from '../../server/crm/port.ts';
import { createSalesforceAdapter } from '../../server/crm/salesforce/adapter.ts';
import { createSalesforceOAuth } from '../../server/crm/salesforce/oauth.ts';
import type { SalesforceOAuth } from '../../server/crm/salesforce/oauth.ts';
import { createSessionSource } from '../../server/crm/salesforce/session-source.ts';
import type { BudgetGate, BudgetReport } from '../../server/crm/transport.ts';
import type { World } from '../../server/world.ts';

const REDIRECT_URI = 'http://localhost:3000/oauth/salesforce/callback';
export const CALL = { priority: 'pull' } as const;
const PACKAGE_DIR = path.resolve(import.meta.dirname, '../../extensions/salesforce/force-app/main/default');
const ORG_ID = '00DCP0000001prA';

function testWorld(seed: string): World {
  let count = 0;
  const digest = (): Buffer =>
    createHash('sha256')
      .update(`${seed}/${(count += 1)}`)
      .digest();
  const silent = (): void => undefined;
  return {
    clock: {
      now: () => Date.now(),
      sleep: (delayMs, signal) => sleep(delayMs, undefined, signal === undefined ? {} : { signal }),
    },
    random: {
      next: () => digest().readUInt32BE(0) / 0x1_0000_0000,
      uuid: () => {
        const hex = digest().toString('hex');
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
      },
      bytes: (byteCount) => new Uint8Array(digest().subarray(0, byteCount)),
    },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
}

/** Keeps tokens in memory; the lock is a chain of promises. */
function memoryVault(): CredentialVault & { readonly writes: Credential[] } {
  let stored: Credential | null = null;
  let lock: Promise<unknown> = Promise.resolve();
  const writes: Credential[] = [];
  return {
    writes,
    read: async () => stored,
    write: async (_connection, credential) => {
      writes.push(credential);
      stored = credential;
    },
    delete: async () => void (stored = null),
    withRefreshLock: (_connection, work) => {
      const turn = lock.then(work, work);
      lock = turn;
      return turn;
    },
  };
}

function openGate(): BudgetGate & { readonly reports: BudgetReport[] } {
  const reports: BudgetReport[] = [];
  return {
    reports,
    take: async () => ({ kind: 'granted' }),
    report: async (_connection, report) => void reports.push(report),
  };
}

export type InstallOptions = Partial<Pick<PracticeSalesforceOptions, 'behaviour' | 'faults' | 'installed' | 'seed'>>;
export type InstalledOrg = Awaited<ReturnType<typeof installApp>>;

async function startOrg(options: InstallOptions = {}): Promise<PracticeSalesforce> {
  return startPracticeSalesforce({
    port: 0,
    dataDir: null,
    ...testWorld('org'),
    org: {
      id: ORG_ID,
      name: 'Practice',
      timeZone: 'Asia/Shanghai',
      currency: 'CNY',
      language: 'en_US',
      locale: 'zh_CN',
      isSandbox: false,
      organizationType: 'Developer Edition',
    },
    app: {
      name: 'Counterpart',
      clientId: 'client-1',
      clientSecret: 'secret-1',
      redirectUris: [REDIRECT_URI],
      scopes: ['api', 'refresh_token', 'id'],
    },
    packageDir: PACKAGE_DIR,
    ...options,
  });
}

export async function installApp(options: InstallOptions = {}) {
  const world = testWorld('app');
  const org = await startOrg(options);
  const oauth = createSalesforceOAuth({
    clientId: 'client-1',
    clientSecret: 'secret-1',
    redirectUri: REDIRECT_URI,
    loginUrl: org.url,
    world,
  });
  const connection: ConnectionRef = {
    workspaceId: 'w1',
    connectionId: 'c1',
    host: 'salesforce',
    accountId: org.orgId,
  };
  const vault = memoryVault();
  const gate = openGate();
  await vault.write(connection, expectOk(await grantByPerson(org, oauth)).credential);
  vault.writes.length = 0;
  const sessions = createSessionSource({ vault, oauth, world });
  const adapter = createSalesforceAdapter({ world, gate, sessions });
  return { org, oauth, connection, vault, gate, sessions, adapter, world, stop: () => org.stop() };
}

/** Follows the consent page as a browser would, and exchanges the code it brings back. */
export async function grantByPerson(org: PracticeSalesforce, oauth: SalesforceOAuth, userId?: string) {
  const verifier = oauth.createVerifier();
  const back = new URL(org.approve(oauth.authorizeUrl({ state: 'state-1', verifier, loginHost: null }), userId));
  if (back.searchParams.get('state') !== 'state-1') throw new Error(`consent failed: ${back.href}`);
  return oauth.exchange({ code: back.searchParams.get('code') ?? '', verifier, loginHost: null });
}

export function expectOk<T>(result: HostResult<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}
