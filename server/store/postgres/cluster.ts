/**
 * One PostgreSQL cluster in a folder, listening on 127.0.0.1 only, with a password. Guarantees: started as root it runs as `nobody`
 * (PostgreSQL refuses root); a server left behind by a killed process is taken over, not fought; nothing but the folder is touched.
 *
 *   <folder>/password   superuser password, readable by the owner only
 *   <folder>/cluster    PostgreSQL's data directory
 *   <folder>/owner.pid  process that answers for the running server
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { executable, findNativeBinaries, isReachableByOthers } from './native-binaries.ts';
import { startFailed, type StartResult } from './start-failure.ts';

const POSTGRES_MAJOR = '18';
const NOBODY = 65_534;
const POLL_MS = 50;
const ADOPT_POLLS_MAX = 200;
const START_POLLS_MAX = 1200;
const START_ATTEMPTS_MAX = 3;
const STOP_TIMEOUT_S = 10;
const LOG_TAIL_CHARACTERS_MAX = 600;

export const START_STEPS = ['preparing', 'initialising', 'starting', 'adopting', 'ready'] as const;
export type StartStep = (typeof START_STEPS)[number];

export type ClusterOptions = {
  readonly folder: string;
  /** False gives up durability for speed: tests only. */
  readonly durable: boolean;
  readonly settings?: Readonly<Record<string, string>>;
};
export type RunningCluster = {
  readonly port: number;
  readonly password: string;
  readonly folder: string;
  readonly pid: number;
  /** True when the server was already running, left behind by a process that was killed. */
  readonly adopted: boolean;
};

type Place = {
  readonly folder: string;
  readonly data: string;
  readonly bin: string;
  readonly runAs: { uid?: number; gid?: number };
};

const isRoot = (): boolean => process.getuid?.() === 0;

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  // A zombie still takes signals; on Linux its state tells.
  const stat = statSync(`/proc/${pid}/stat`, { throwIfNoEntry: false });
  if (stat === undefined) return true;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return fields.slice(fields.lastIndexOf(')') + 2, fields.lastIndexOf(')') + 3) !== 'Z';
}

function isListening(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      settle(true);
    });
    socket.on('error', () => settle(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? settle(address.port) : fail(new Error('no port')),
      );
    });
  });
}

function openFolder(wanted: string): StartResult<string> {
  const moved = isRoot() && !isReachableByOthers(wanted);
  const folder = moved
    ? join(tmpdir(), `counterpart-data-${resolve(wanted).replaceAll(/\W+/g, '-')}`)
    : resolve(wanted);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (moved && statSync(folder).uid !== 0)
      return startFailed(
        'folder_unwritable',
        `The folder ${folder} belongs to somebody else: remove it, or set DATA_DIR to a folder that other users may enter.`,
      );
    const probe = join(folder, `.probe-${process.pid}`);
    closeSync(openSync(probe, 'w'));
    rmSync(probe);
    return { ok: true, value: folder };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return startFailed(
      'folder_unwritable',
      `The data folder ${folder} cannot be written (${code}): make it writable, or set DATA_DIR to another one.`,
    );
  }
}

function readPassword(place: Place): string {
  const path = join(place.folder, 'password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}

function initialise(place: Place, password: string): StartResult<null> {
  mkdirSync(place.data, { recursive: true });
  chmodSync(place.data, 0o700);
  const passwordFile = join(place.folder, `.initial-password-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (isRoot()) {
    chownSync(place.data, NOBODY, NOBODY);
    chownSync(passwordFile, NOBODY, NOBODY);
  }
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const run = spawnSync(
    executable(place.bin, 'initdb'),
    [
      '-D',
      place.data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      ...locale,
      '--no-sync',
      '--no-instructions',
    ],
    { ...place.runAs, cwd: place.folder, encoding: 'utf8' },
  );
  rmSync(passwordFile, { force: true });
  if (run.status === 0) return { ok: true, value: null };
  // A half-made data directory would look like a finished one at the next start.
  rmSync(place.data, { recursive: true, force: true });
  const reason = (run.error?.message ?? run.stderr).trim().slice(-LOG_TAIL_CHARACTERS_MAX);
  return startFailed(
    'initialisation_failed',
    `PostgreSQL could not create its data directory in ${place.folder}: ${reason}`,
  );
}

/** The server that already runs on this data directory, if any. Clears a lock file that nobody stands behind any more. */
async function findRunning(place: Place): Promise<{ readonly pid: number; readonly port: number } | null> {
  const lockPath = join(place.data, 'postmaster.pid');
  for (let poll = 0; poll < ADOPT_POLLS_MAX; poll += 1) {
    if (!existsSync(lockPath)) return null;
    const lines = readFileSync(lockPath, 'utf8').split('\n');
    const pid = Number(lines[0]);
    const port = Number(lines[3]);
    if (!isAlive(pid)) break;
    if (port > 0 && (await isListening(port))) return { pid, port };
    await delay(POLL_MS);
  }
  rmSync(lockPath, { force: true });
  return null;
}

function answeringProcess(place: Place): number | null {
  const path = join(place.folder, 'owner.pid');
  if (!existsSync(path)) return null;
  const pid = Number(readFileSync(path, 'utf8'));
  return pid !== process.pid && isAlive(pid) ? pid : null;
}

async function launch(
  place: Place,
  options: ClusterOptions,
): Promise<StartResult<{ readonly pid: number; readonly port: number }>> {
  const port = await freePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    max_connections: '200',
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logPath = join(place.folder, 'postgres.log');
  const log = openSync(logPath, 'w');
  const child = spawn(executable(place.bin, 'postgres'), ['-D', place.data, '-p', String(port), ...flags], {
    ...place.runAs,
    cwd: place.folder,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failedToSpawn = false;
  child.on('error', () => {
    failedToSpawn = true;
  });
  child.unref();
  const lockPath = join(place.data, 'postmaster.pid');
  for (let poll = 0; poll < START_POLLS_MAX && child.exitCode === null && child.signalCode === null; poll += 1) {
    // The eighth line of the lock file is PostgreSQL's own statement that it takes connections.
    const status = existsSync(lockPath) ? readFileSync(lockPath, 'utf8').split('\n')[7]?.trim() : undefined;
    if (status === 'ready' && child.pid !== undefined) return { ok: true, value: { pid: child.pid, port } };
    await delay(POLL_MS);
    if (failedToSpawn) break;
  }
  const tail = readFileSync(logPath, 'utf8').trim().slice(-LOG_TAIL_CHARACTERS_MAX);
  return startFailed('start_failed', `PostgreSQL did not start in ${place.folder}: ${tail}`);
}

/** Starts, or takes over, the cluster of a folder. */
export async function startCluster(
  options: ClusterOptions,
  progress: (step: StartStep) => void,
): Promise<StartResult<RunningCluster>> {
  const folder = openFolder(options.folder);
  if (!folder.ok) return folder;
  progress('preparing');
  const bin = findNativeBinaries(isRoot());
  if (!bin.ok) return bin;
  const place: Place = {
    folder: folder.value,
    data: join(folder.value, 'cluster'),
    bin: bin.value,
    runAs: isRoot() ? { uid: NOBODY, gid: NOBODY } : {},
  };
  const password = readPassword(place);
  const versionPath = join(place.data, 'PG_VERSION');
  const version = existsSync(versionPath) ? readFileSync(versionPath, 'utf8').trim() : null;
  if (version !== null && version !== POSTGRES_MAJOR)
    return startFailed(
      'other_version',
      `The data in ${place.folder} was written by PostgreSQL ${version}, not ${POSTGRES_MAJOR}: set DATA_DIR to another folder, or dump and reload it.`,
    );
  const running = version === null ? null : await findRunning(place);
  if (running !== null) {
    const owner = answeringProcess(place);
    if (owner !== null)
      return startFailed(
        'folder_in_use',
        `The data folder ${place.folder} is in use by process ${owner}: stop that one first, or set DATA_DIR to another folder.`,
      );
    progress('adopting');
    return finish(place, { ...running, password, folder: place.folder, adopted: true });
  }
  if (version === null) {
    progress('initialising');
    const made = initialise(place, password);
    if (!made.ok) return made;
  }
  progress('starting');
  let started = await launch(place, options);
  // After a kill, a dying server may hold its shared memory for a moment longer.
  for (let attempt = 1; attempt < START_ATTEMPTS_MAX && !started.ok; attempt += 1) {
    await delay(POLL_MS * 10 * attempt);
    started = await launch(place, options);
  }
  if (!started.ok) return started;
  return finish(place, { ...started.value, password, folder: place.folder, adopted: false });
}

function finish(place: Place, cluster: RunningCluster): StartResult<RunningCluster> {
  writeFileSync(join(place.folder, 'owner.pid'), String(process.pid));
  return { ok: true, value: cluster };
}

/** Fast shutdown: open transactions are rolled back, everything acknowledged is on disk. */
export function stopCluster(cluster: RunningCluster): void {
  const bin = findNativeBinaries(isRoot());
  if (!bin.ok) throw new Error(bin.failure.sentence);
  spawnSync(
    executable(bin.value, 'pg_ctl'),
    ['stop', '-D', join(cluster.folder, 'cluster'), '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_S)],
    { ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}), cwd: cluster.folder, stdio: 'ignore' },
  );
  rmSync(join(cluster.folder, 'owner.pid'), { force: true });
}
