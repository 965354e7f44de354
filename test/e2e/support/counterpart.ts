/** Starts the product as a person does, by its start script, in a folder of its own, and reads the addresses that it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type Running = {
  readonly workspaceUrl: string;
  /** Origin of the practice HubSpot. */
  readonly practiceUrl: string;
  /** Origin of the practice Salesforce org. */
  readonly salesforceUrl: string;
  readonly output: () => string;
  readonly process: ChildProcess;
  stop(): Promise<number | null>;
};

const root = path.resolve(import.meta.dirname, '../../..');
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 20_000;

export function dataFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'counterpart-e2e-'));
  // The database runs as another user when the tests run as root; it keeps its files here only if it may pass.
  fs.chmodSync(folder, 0o755);
  return folder;
}

export async function startCounterpart(options: {
  readonly dataDir: string;
  readonly env?: Record<string, string>;
}): Promise<Running> {
  const child = spawn(process.execPath, [path.join(root, 'scripts/run.mjs'), 'start'], {
    cwd: root,
    env: {
      ...process.env,
      PORT: '0',
      PRACTICE_PORT: '0',
      DATA_DIR: options.dataDir,
      LOG_LEVEL: 'warn',
      // Node keeps here what it compiled, which is a good part of a start.
      NODE_COMPILE_CACHE: path.join(root, '.cache/node-compile'),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const addresses = await new Promise<readonly [string, string, string]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output}`)), START_MS_MAX);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const practice = /(http:\/\/localhost:\d+)\/contacts\//.exec(output)?.[1];
      const workspace = [...output.matchAll(/(http:\/\/localhost:\d+)/g)]
        .map((match) => match[1])
        .find((url) => url !== practice);
      const salesforce = /(http:\/\/[\d.]+:\d+)\/lightning\/\S+\n/.exec(output)?.[1];
      if (practice === undefined || workspace === undefined || salesforce === undefined) return;
      clearTimeout(timer);
      resolve([workspace, practice, salesforce]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`stopped with ${code}:\n${output}`)));
  });
  return {
    workspaceUrl: addresses[0],
    practiceUrl: addresses[1],
    salesforceUrl: addresses[2],
    output: () => output,
    process: child,
    stop: () => stop(child),
  };
}

function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
    child.kill('SIGTERM');
  });
}
