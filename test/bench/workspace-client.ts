/** Requests to the measured server as HubSpot's card proxy and a manager's browser send them, over connections that stay open. */
import { type ChildProcess, fork } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { signatureSource, signV3 } from '../../server/crm/hubspot/verify.ts';
import type { Database } from '../../server/store/prisma/database.ts';
import { createWorkspaceStore } from '../../server/store/prisma/workspaces-store.ts';
import { systemWorld } from '../support/system-world.ts';
import { PROBED_NODE_OPTIONS, type UsageQuestions, usageQuestions } from './process-usage.ts';

export const BENCH_ORIGIN = 'http://counterpart.bench.example';
export const BENCH_CLIENT_SECRET = 'a client secret for measuring only';
export const BENCH_SESSION_SECRET = 'a session secret for measuring only, long enough';
export const CONNECTIONS = 8;

const SESSION_MS = 3_600_000;

type MeasuredServer = {
  readonly port: number;
  readonly usage: UsageQuestions['ask'];
  readonly stop: () => Promise<void>;
};

export async function startMeasuredServer(databaseUrl: string): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(new URL('./workspace-server.ts', import.meta.url)), [databaseUrl], {
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: PROBED_NODE_OPTIONS },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const questions = usageQuestions((message) => child.send(message));
  child.on('message', questions.hear);
  const port = await new Promise<number>((settle, fail) => {
    child.once('message', (message) => settle(z.object({ port: z.number() }).parse(message).port));
    child.once('error', fail);
    child.once('exit', () => fail(new Error('the measured server ended before it listened')));
  });
  return { port, usage: questions.ask, stop: () => stopChild(child) };
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((settle) => {
    if (child.exitCode !== null || child.signalCode !== null) return settle();
    child.once('exit', () => settle());
    // It leaves with the channel, and writes a profile on its way when one was asked for.
    child.disconnect();
  });
}

export type Client = {
  /** Milliseconds from sending to the last byte of the answer, waiting for a free connection included. Throws unless it is 200. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<number>;
  close(): void;
};

export function openClient(port: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    get: (path, headers = {}) =>
      new Promise((settle, fail) => {
        const startedAt = performance.now();
        const sent = request({ port, host: '127.0.0.1', path, headers, agent }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.once('error', fail);
          response.once('end', () => {
            if (response.statusCode === 200) return settle(performance.now() - startedAt);
            fail(
              new Error(`${path} answered ${response.statusCode}: ${Buffer.concat(parts).toString().slice(0, 300)}`),
            );
          });
        });
        sent.once('error', fail);
        sent.end();
      }),
    close: () => agent.destroy(),
  };
}

/** The deal card's request for one record, signed as HubSpot signs it. */
export function signedCard(accountId: string, recordId: string): { path: string; headers: Record<string, string> } {
  const parameters = new URLSearchParams({
    userId: '77',
    portalId: accountId,
    userEmail: 'rep@example.com',
    appId: '4242',
  });
  const path = `/v1/card/records/opportunity/${recordId}?${parameters.toString()}`;
  const timestamp = String(Date.now());
  const source = signatureSource({ method: 'GET', target: path, body: Buffer.alloc(0) }, BENCH_ORIGIN, timestamp);
  return {
    path,
    headers: {
      'x-hubspot-signature-v3': signV3(source, BENCH_CLIENT_SECRET),
      'x-hubspot-request-timestamp': timestamp,
    },
  };
}

/** Cookie of a manager of the workspace. */
export async function signInManager(database: Database, workspaceId: string): Promise<string> {
  const workspaces = createWorkspaceStore(database, systemWorld());
  const at = Date.now();
  const user = await workspaces.ensureUser(workspaceId, {
    hostUser: null,
    email: `manager-${randomUUID()}@example.com`,
    name: null,
    locale: 'en',
    roleIfNew: 'manager',
    at,
  });
  const secret = randomBytes(32).toString('base64url');
  const tokenHash = createHmac('sha256', BENCH_SESSION_SECRET).update(secret).digest('hex');
  await workspaces.createSession(workspaceId, { userId: user.id, tokenHash, at, expiresAt: at + SESSION_MS });
  return `counterpart-session=${workspaceId}.${secret}`;
}
