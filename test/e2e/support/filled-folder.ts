/**
 * The data folder that a first start leaves behind, made once per run by the test of that start. A copy of it makes any further start a
 * second one, which takes a fraction of the time, and keeps what a file changes from every other file.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { dataFolder } from './counterpart.ts';

const VARIABLE = 'COUNTERPART_E2E_FILLED';

/** Where the first start keeps its data; Playwright hands the environment on to its workers. */
export function firstFolder(): string {
  const folder = process.env[VARIABLE];
  if (folder === undefined) throw new Error(`${VARIABLE} is set before the tests run`);
  return folder;
}

/** A folder of one's own that already had its first start. */
export function filledFolder(): string {
  const folder = dataFolder();
  // The database's files belong to another user when the tests run as root; only cp keeps that.
  if (process.platform === 'win32') fs.cpSync(firstFolder(), folder, { recursive: true });
  else execFileSync('cp', ['-a', `${firstFolder()}/.`, folder]);
  return folder;
}

export default function makeRoomForFirstStart(): () => void {
  const folder = dataFolder();
  process.env[VARIABLE] = path.resolve(folder);
  return () => fs.rmSync(folder, { recursive: true, force: true });
}
