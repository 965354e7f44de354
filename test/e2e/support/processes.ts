/** What still runs of a start of the product, told by its data folder. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from '@playwright/test';

const GONE_MS_MAX = 15_000;

/** Processes whose command line names this data folder: the database's among them. */
export function processesNaming(folder: string): string[] {
  const text = path.basename(folder);
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

export async function expectNothingRunning(text: string): Promise<void> {
  await expect.poll(() => processesNaming(text), { timeout: GONE_MS_MAX }).toEqual([]);
}
