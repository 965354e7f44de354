/**
 * Runs the Lightning components' tests with Jest, in their project's folder, because Salesforce's preset looks for sfdx-project.json there.
 * Arguments are handed to Jest.
 *
 *   node scripts/test-lightning.mjs [--json --outputFile=<file>] [<part of a test's path>]
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** The Jest that the preset was made for. */
const preset = createRequire(import.meta.url).resolve('@salesforce/sfdx-lwc-jest/config');
const jest = createRequire(preset).resolve('jest/bin/jest');

const child = spawn(process.execPath, [jest, ...process.argv.slice(2)], {
  cwd: join(ROOT, 'extensions/salesforce'),
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
