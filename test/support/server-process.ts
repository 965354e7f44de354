/**
 * The real server (server/main.ts in live mode) as a child process, for tests that kill it, cut its wires or run several of it.
 *
 *   const practice = await startPractice({ publicToLocal: { [PUBLIC_ORIGIN]: `http://127.0.0.1:${port}` } });
 *   const server = await startServerProcess({ databaseUrl, hubspotUrl: practice.hubspot.url, port });
 *   await server.kill9();
 *
 * `databaseUrl` names a migrated database (`createDatabase`, `useDatabase`) or an empty one, which the server then migrates.
 * Several servers are several calls with one `databaseUrl` and different ports: they share master key and session secret. Sessions and
 * tokens made by other means need `SESSION_SECRET` and `MASTER_KEY` from here. Whoever starts a process stops it; a child that was
 * forgotten ends with its parent, whose channel it listens to.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CLIENT_SECRET, PUBLIC_ORIGIN, practiceApp } from './practice.ts';

const MAIN = path.resolve(import.meta.dirname, '../../server/main.ts');
export const SESSION_SECRET = 'a session secret for server processes';
export const MASTER_KEY = new Uint8Array(32).fill(9);

const READY_MS_MAX = 90_000;
const POLL_MS = 15;
const PORT_TRIES_MAX = 5;
const OUTPUT_CHARACTERS_MAX = 200_000;
/** Compiled code is kept between the starts of one run, which halves the time that a start takes. */
const COMPILE_CACHE = path.join(os.tmpdir(), 'counterpart-compile-cache');

export type ServerProcessOptions = {
  readonly databaseUrl: string;
  /** Origin of the practice HubSpot. */
  readonly hubspotUrl: string;
  /** Port to listen on; a free one when absent. A server that is to be reached again after a kill keeps its port. */
  readonly port?: number;
  /** The origin that HubSpot signs requests for and that browsers see. */
  readonly publicUrl?: string;
  /** Another program than server/main.ts that reads the same environment. */
  readonly entry?: string;
  /** More environment variables, or other values (docs/operations.md). */
  readonly env?: Readonly<Record<string, string>>;
  /** What the start waits for: the engine running (`/readyz`, the default) or only the port being open (`/healthz`). */
  readonly readyPath?: '/readyz' | '/healthz';
  /** Called with each message that the child sends over its channel. */
  readonly onMessage?: (message: unknown) => void;
};

export type ServerProcess = {
  /** Origin on the loopback interface. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to the first `/readyz` that said yes. */
  readonly readyAfterMs: number;
  /** What it wrote to standard output and standard error so far. */
  output(): string;
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  send(message: object): void;
  /** kill -9; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** Asks it to drain and leave; resolves with the exit code. */
  stop(): Promise<number | null>;
};

/** Starts a server and resolves when it takes requests and its engine runs. Rejects with its output when it does not come up. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const child = launch(options, port);
    const server = handleOf(child, port, options);
    const startedAt = Date.now();
    const verdict = await untilReady(server, options.readyPath ?? '/readyz', startedAt + READY_MS_MAX);
    if (verdict === 'ready') return { ...server, readyAfterMs: Date.now() - startedAt };
    await server.kill9();
    const portTaken = server.output().includes(`Port ${port} is in use`);
    if (options.port !== undefined || !portTaken || attempt >= PORT_TRIES_MAX)
      throw new Error(`the server did not start (${verdict}):\n${server.output()}`);
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** The environment of a live server (docs/operations.md). */
function environmentOf(options: ServerProcessOptions, port: number): Record<string, string> {
  const app = practiceApp();
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    COUNTERPART_MODE: 'live',
    LOG_LEVEL: 'warn',
    PORT: String(port),
    BIND_ADDRESS: '127.0.0.1',
    PUBLIC_URL: options.publicUrl ?? PUBLIC_ORIGIN,
    DATABASE_URL: options.databaseUrl,
    HUBSPOT_CLIENT_ID: app.clientId,
    HUBSPOT_CLIENT_SECRET: CLIENT_SECRET,
    HUBSPOT_APP_ID: String(app.appId),
    HUBSPOT_API_BASE: options.hubspotUrl,
    HUBSPOT_AUTHORIZE_URL: `${options.hubspotUrl}/oauth/authorize`,
    COUNTERPART_MASTER_KEY: Buffer.from(MASTER_KEY).toString('base64'),
    SESSION_SECRET,
    ...options.env,
  };
}

function launch(options: ServerProcessOptions, port: number): ChildProcess {
  return spawn(process.execPath, [options.entry ?? MAIN], {
    env: environmentOf(options, port),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function handleOf(
  child: ChildProcess,
  port: number,
  options: ServerProcessOptions,
): Omit<ServerProcess, 'readyAfterMs'> {
  let written = '';
  const keep = (chunk: unknown): void => {
    written = (written + String(chunk)).slice(-OUTPUT_CHARACTERS_MAX);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('message', (message) => options.onMessage?.(message));
  // A message to a process that has just died is lost like any other; its end is what counts.
  child.on('error', (error) => keep(`${error.message}\n`));
  const ended = new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const endBy = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return (await ended).code;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    output: () => written,
    ended,
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    kill9: async () => void (await endBy('SIGKILL')),
    stop: () => endBy('SIGTERM'),
  };
}

async function untilReady(
  server: Omit<ServerProcess, 'readyAfterMs'>,
  readyPath: string,
  deadline: number,
): Promise<'ready' | 'ended' | 'too late'> {
  const state = { ended: false };
  void server.ended.then(() => (state.ended = true));
  while (Date.now() < deadline) {
    if (state.ended) return 'ended';
    const ready = await fetch(`${server.url}${readyPath}`, { signal: AbortSignal.timeout(2_000) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status === 200;
      },
      () => false,
    );
    if (ready) return 'ready';
    await delay(POLL_MS);
  }
  return 'too late';
}
