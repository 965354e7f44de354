/**
 * Bundles the HubSpot cards with HubSpot's own builder, so that what the practice portal runs is what an upload would run.
 * Each card's entry comes from its `-hsmeta.json`. Output: `extensions/practice/dist/bundles/<Card>.js`, the builder's
 * `<Card>-manifest.json` beside it, and `cards.json`, which lists them. Nothing is built when no input changed since the last run.
 *
 *   node scripts/build-cards.mjs [--force] [--out <folder>]
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PROJECT = join(ROOT, 'extensions/hubspot');
const CARDS = join(PROJECT, 'app/cards');
const OUT_DEFAULT = join(ROOT, 'extensions/practice/dist/bundles');
const STAMP = 'stamp.sha256';
/** Folders and files whose content decides the bundles; versions of packages are in the lock file. */
const INPUTS = [
  CARDS,
  join(ROOT, 'app/core'),
  join(ROOT, 'app/wire'),
  join(ROOT, 'package-lock.json'),
  fileURLToPath(import.meta.url),
];

/** @typedef {{ uid: string, title: string, location: string, objectTypes: string[], bundle: string, manifest: string }} BuiltCard */

/** @returns {{ uid: string, config: { name: string, entrypoint: string, location: string, objectTypes: string[] } }[]} */
function readCardDeclarations() {
  return readdirSync(CARDS)
    .filter((name) => name.endsWith('-hsmeta.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(CARDS, name), 'utf8')));
}

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (/\.[a-z]+$/.test(basename(path))) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function inputsHash() {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap(filesBelow).sort()) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} out @param {string} hash */
function isFresh(out, hash) {
  const stamp = join(out, STAMP);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) return false;
  return JSON.parse(readFileSync(join(out, 'cards.json'), 'utf8')).every((card) => existsSync(join(out, card.bundle)));
}

/**
 * Builds what is out of date.
 * @param {{ out?: string, force?: boolean, log?: (line: string) => void }} [options]
 * @returns {Promise<{ built: boolean, cards: BuiltCard[] }>}
 */
export async function buildCards({ out = OUT_DEFAULT, force = false, log = () => {} } = {}) {
  const hash = inputsHash();
  if (!force && isFresh(out, hash)) {
    return { built: false, cards: JSON.parse(readFileSync(join(out, 'cards.json'), 'utf8')) };
  }
  // Beside the target, so that putting it in place is one rename and a reader never meets half a build.
  const building = `${out}.${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  const cards = [];
  for (const declaration of readCardDeclarations()) cards.push(await buildCard(declaration, building, log));
  writeFileSync(join(building, 'cards.json'), `${JSON.stringify(cards, null, 2)}\n`);
  writeFileSync(join(building, STAMP), hash);
  rmSync(out, { recursive: true, force: true });
  renameSync(building, out);
  return { built: true, cards };
}

/** Builds one card into `folder`. HubSpot's builder takes the mode from NODE_ENV; an upload is always built for production. */
async function buildCard({ uid, config }, folder, log) {
  const { remoteBuild } = await import('@hubspot/ui-extensions-dev-server/build');
  const startedAt = performance.now();
  const built = join(folder, uid);
  const entry = basename(config.entrypoint);
  const name = entry.replace(/\.[jt]sx?$/, '');
  const mode = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await remoteBuild({ root: CARDS, entryPoint: entry, outputDir: built, logLevel: 'error' });
  } finally {
    if (mode === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = mode;
  }
  const manifest = JSON.parse(readFileSync(join(built, `${name}-manifest.json`), 'utf8'));
  writeFileSync(join(folder, `${name}.js`), readFileSync(join(built, `${name}.js`)));
  writeFileSync(join(folder, `${name}-manifest.json`), `${JSON.stringify(withoutMachinePaths(manifest), null, 2)}\n`);
  rmSync(built, { recursive: true });
  log(`${name} built in ${Math.round(performance.now() - startedAt)} ms`);
  const { name: title, location, objectTypes } = config;
  return { uid, title, location, objectTypes, bundle: `${name}.js`, manifest: `${name}-manifest.json` };
}

/** The builder writes absolute paths of shared modules; relative ones make the same output on every machine. */
function withoutMachinePaths(manifest) {
  return JSON.parse(JSON.stringify(manifest).replaceAll(`${ROOT}/`, ''));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const outAt = args.indexOf('--out');
  const { built, cards } = await buildCards({
    force: args.includes('--force'),
    log: console.log,
    ...(outAt === -1 ? {} : { out: resolve(args[outAt + 1] ?? OUT_DEFAULT) }),
  });
  console.log(built ? `${cards.length} cards built` : `${cards.length} cards are up to date`);
}
