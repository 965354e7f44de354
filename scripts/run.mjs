/**
 * What stands behind `npm start`, `npm test` and the other scripts. Uses only what Node itself brings and parses on Node 18, because on a
 * fresh clone nothing else is there. It finds a Node new enough to run TypeScript, installs the packages, generates the database client,
 * builds the pages, and then becomes the task: signals and the exit code pass through, and nothing stays behind when it dies.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
const root = path.resolve(path.dirname(self), '..');
const modules = path.join(root, 'node_modules');
const cache = path.join(root, '.cache');
const [task = 'start', ...rest] = process.argv.slice(2);
const PROGRESS_INTERVAL_MS = 10_000;
const PARENT_CHECK_INTERVAL_MS = 500;
/** Set once this process was told to end. */
let stopping = false;

const say = (text) => process.stdout.write(`${text}\n`);
const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const [major, minor] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);
try {
  fs.accessSync(root, fs.constants.W_OK);
} catch {
  fail(`Counterpart cannot write to ${root}: copy the project to a folder you own and run the command there.`);
}

/** Older machines: the pinned Node comes from the package registry, checked against the lock file, and runs this file again. */
async function continueOnPackagedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = path.join(root, 'scripts/runtime');
  const binary = path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const offered = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).optionalDependencies;
  if (!(name in offered))
    fail(
      `Node ${process.version} is too old. Install Node 22.18 or newer (https://nodejs.org) and run the command again.`,
    );
  if (!fs.existsSync(binary)) {
    await step(
      `Node ${process.version} is too old for Counterpart; fetching Node ${offered[name]} into scripts/runtime (once)`,
      () => npm(['ci', '--ignore-scripts'], folder),
    );
  }
  if (!fs.existsSync(binary))
    fail(`Node ${offered[name]} could not be installed. Install Node 22.18 or newer and run the command again.`);
  const PATH = path.dirname(binary) + path.delimiter + process.env.PATH;
  process.exit(
    await become(binary, [self, task, ...rest], { ...process.env, PATH, NODE: binary, npm_node_execpath: binary }),
  );
}

/** Tasks that show no page and so need none built. */
const WITHOUT_PAGES = new Set(['format', 'sim', 'crash', 'fuzz', 'mutate']);

async function main() {
  const tasks = { start, test, check, format, sim, bench, crash, fuzz, mutate, setup: async () => 0 };
  const chosen = Object.hasOwn(tasks, task)
    ? tasks[task]
    : fail(`Unknown task "${task}". Known: ${Object.keys(tasks).join(', ')}.`);
  await installPackages();
  await generateClient();
  if (!WITHOUT_PAGES.has(task)) await buildPages();
  process.exit(await chosen());
}

async function installPackages() {
  const stamp = path.join(modules, '.setup-stamp');
  const want = hash([
    fs.readFileSync(path.join(root, 'package-lock.json')),
    process.versions.modules,
    process.platform,
    process.arch,
  ]);
  if (readOr(stamp) === want) return;
  await step('Installing packages (about a minute the first time)', () =>
    npm(['ci', '--include=dev', '--ignore-scripts'], root),
  );
  fs.writeFileSync(stamp, want);
}

async function generateClient() {
  const stamp = path.join(cache, 'prisma.stamp');
  const want = hash([
    fs.readFileSync(path.join(root, 'prisma/schema.prisma')),
    readOr(path.join(modules, '.setup-stamp')) ?? '',
  ]);
  if (readOr(stamp) === want && fs.existsSync(path.join(root, 'server/generated/prisma/client.ts'))) return;
  // The command asks only whether this file exists; generating needs no engine, and so nothing is downloaded.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  await step('Generating the database client', () =>
    quiet(process.execPath, [path.join(modules, 'prisma/build/index.js'), 'generate'], env),
  );
  writeStamp(stamp, want);
}

async function buildPages() {
  const vite = path.join(modules, 'vite/bin/vite.js');
  const builds = [
    {
      name: 'cards',
      title: "Bundling the cards with HubSpot's builder",
      inputs: ['extensions/hubspot', 'app/core', 'app/wire'],
      command: ['scripts/build-cards.mjs'],
    },
    {
      name: 'practice',
      title: 'Building the practice CRM pages',
      inputs: ['extensions/practice/pages'],
      command: [vite, 'build', 'extensions/practice/pages', '--logLevel', 'warn'],
    },
    {
      name: 'salesforce-pages',
      title: 'Building the practice Salesforce pages with its base components',
      inputs: ['extensions/practice/salesforce-pages', 'extensions/salesforce/force-app/main/default'],
      command: ['scripts/build-salesforce-pages.mjs'],
    },
    {
      name: 'web',
      title: 'Building the workspace',
      inputs: ['app/web', 'app/core', 'app/wire'],
      command: [vite, 'build', 'app/web', '--logLevel', 'warn'],
    },
  ];
  for (const build of builds) {
    const stamp = path.join(cache, `${build.name}.stamp`);
    const want = hash([
      readOr(path.join(modules, '.setup-stamp')) ?? '',
      ...build.inputs.flatMap((input) => filesUnder(path.join(root, input))),
    ]);
    if (readOr(stamp) === want) continue;
    await step(build.title, () => quiet(process.execPath, build.command, process.env));
    writeStamp(stamp, want);
  }
}

const start = () => become(process.execPath, [path.join(root, 'server/main.ts'), ...rest], process.env);
const runScript = (name) => () => become(process.execPath, [path.join(root, 'scripts', name), ...rest], process.env);
const sim = runScript('sim.ts');
const bench = runScript('bench.ts');
const crash = runScript('crash.ts');
const fuzz = runScript('fuzz.ts');

/** Stryker is no part of the set-up: it is installed in a folder of its own when it is first asked for. */
async function mutate() {
  const folder = path.join(root, 'scripts/mutation');
  const stryker = path.join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  if (!fs.existsSync(stryker)) await step('Installing Stryker (once)', () => npm(['ci', '--ignore-scripts'], folder));
  return become(process.execPath, [stryker, 'run', path.join(folder, 'stryker.config.mjs'), ...rest], process.env);
}
const bin = (file, args) => become(process.execPath, [path.join(modules, file), ...args], process.env);
const format = () => bin('@biomejs/biome/bin/biome', ['format', '--write', '.']);

/** Arguments are handed to Vitest, to run a part; without them everything runs, the browser tests last. */
async function test() {
  if (rest.length > 0) return bin('vitest/vitest.mjs', ['run', ...rest]);
  fs.mkdirSync(cache, { recursive: true });
  const unitReport = path.join(cache, 'vitest.json');
  const lightningReport = path.join(cache, 'jest.json');
  const browserReport = path.join(cache, 'playwright.json');
  for (const report of [unitReport, lightningReport, browserReport]) fs.rmSync(report, { force: true });
  const unitCode = await bin('vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${unitReport}`,
  ]);
  const lightningCode = await become(
    process.execPath,
    [path.join(root, 'scripts/test-lightning.mjs'), '--json', `--outputFile=${lightningReport}`],
    process.env,
  );
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: browserReport, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  const browserCode = await become(
    process.execPath,
    [path.join(modules, '@playwright/test/cli.js'), 'test', '--reporter=list,json'],
    env,
  );
  const { tallyJest, tallyPlaywright } = await import('./tally-tests.ts');
  const parts = [
    { name: 'Vitest', code: unitCode, ...tallyJest(reportIn(unitReport)) },
    { name: 'Jest', code: lightningCode, ...tallyJest(reportIn(lightningReport)) },
    { name: 'Playwright', code: browserCode, ...tallyPlaywright(reportIn(browserReport)) },
  ];
  for (const { name, code, passed, failed } of parts) {
    if (passed === 0) process.stderr.write(`${name}: no test passed.\n`);
    else if (code !== 0 && failed === 0) process.stderr.write(`${name} ended with code ${code}.\n`);
  }
  const sum = (count) => parts.reduce((total, part) => total + part[count], 0);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  return parts.every((part) => part.code === 0 && part.failed === 0 && part.passed > 0) ? 0 : 1;
}

/** The one gate: format, lint, types, generated files, unused code, tests. `--static` leaves the tests out. */
async function check() {
  const tsc = 'typescript/bin/tsc';
  const projects = [
    'tsconfig.json',
    'extensions/hubspot/app/cards/tsconfig.json',
    'extensions/hubspot/app/settings/tsconfig.json',
    'test/cards/tsconfig.json',
    'extensions/practice/pages/tsconfig.json',
    'app/web/tsconfig.json',
  ];
  const gates = [
    { title: 'format', file: '@biomejs/biome/bin/biome', args: ['format', '.'] },
    { title: 'lint', file: 'oxlint/bin/oxlint', args: ['--type-aware', '--quiet'] },
    ...projects.map((project) => ({ title: `types ${project}`, file: tsc, args: ['--noEmit', '-p', project] })),
    { title: 'unused code', file: 'knip/bin/knip.js', args: [] },
    { title: 'generated Lightning module', script: 'build-core-module.mjs', args: ['--check'] },
  ];
  for (const { title, file, script, args } of gates) {
    say(`check: ${title}`);
    const code = await (script === undefined
      ? bin(file, args)
      : become(process.execPath, [path.join(root, 'scripts', script), ...args], process.env));
    if (code !== 0) return code;
  }
  return rest.includes('--static') ? 0 : test();
}

/** A test report; undefined when there is none or its writer was stopped half-way. */
function reportIn(file) {
  try {
    return JSON.parse(readOr(file) ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function step(title, work) {
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  say(`· ${title} …`);
  const timer = setInterval(() => say(`  still at it, ${elapsed()}`), PROGRESS_INTERVAL_MS);
  const result = await work();
  clearInterval(timer);
  if (result.code !== 0) fail(`${result.output}\nThis step failed: ${title}.`);
  say(`  done in ${elapsed()}`);
}

function npm(args, cwd) {
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, NODE_ENV: '', PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  const cli = process.env.npm_execpath;
  if (cli && cli.endsWith('npm-cli.js')) return quiet(process.execPath, [cli, ...all], env, { cwd });
  return quiet('npm', all, env, { cwd, shell: process.platform === 'win32' });
}

function quiet(command, args, env, { cwd = root, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, forward);
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, forward);
      resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * Runs the task as a child and resolves with its exit code. npm starts scripts through a shell, and a TERM or KILL that reaches only npm or
 * that shell would leave the task running: a changed parent counts as SIGTERM. The IPC channel tells the child when this process is gone.
 * After any of these nothing more is started.
 */
function become(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
      const handler = () => {
        stopping = true;
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      };
      process.on(signal, handler);
      return [signal, handler];
    });
    const line = ancestry();
    const timer = setInterval(() => {
      if (ancestry() === line) return;
      stopping = true;
      child.kill('SIGTERM');
    }, PARENT_CHECK_INTERVAL_MS);
    child.on('error', (error) => fail(String(error)));
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      for (const [name, handler] of handlers) process.removeListener(name, handler);
      const exitCode = code ?? 128 + (os.constants.signals[signal] ?? 0);
      if (stopping) process.exit(exitCode);
      resolve(exitCode);
    });
  });
}

/** Who started us: the parent and, when that is only the shell npm put between, npm itself. */
function ancestry() {
  const parent = process.ppid;
  if (process.platform !== 'linux') return String(parent);
  try {
    if (!fs.readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes('run.mjs')) return String(parent);
    const status = fs.readFileSync(`/proc/${parent}/status`, 'utf8');
    return `${parent} ${/^PPid:\s*(\d+)/m.exec(status)?.[1]}`;
  } catch {
    return `${parent} gone`;
  }
}

function filesUnder(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) return [];
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(file) : [file, fs.readFileSync(file)];
    });
}

function hash(parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

function readOr(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

function writeStamp(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

if (runsTypeScript) await main();
else await continueOnPackagedNode();
