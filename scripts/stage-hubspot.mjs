/**
 * Makes the folder that is uploaded to HubSpot: the project as it stands, with the shared code copied into each feature folder that uses
 * it. npm installs the dependencies of a linked package only when the package lies inside the folder it installs for; uploaded as it
 * stands in this repository, the shared code would arrive without zod and intl-messageformat (docs/decisions/004).
 *
 *   node scripts/stage-hubspot.mjs <folder>
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SHARED_PACKAGE = '@counterpart/app';
const SHARED_FOLDER = 'shared';
/** What a staged folder begins with, so that a mistyped path is never emptied. */
const MARK = 'hsproject.json';

/** @param {string} folder absent, empty, or staged before */
export function stageHubSpotProject(folder) {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, MARK))) {
    throw new Error(`${folder} holds other files; name an empty folder.`);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, MARK), join(folder, MARK));
  const { srcDir } = readJson(join(ROOT, MARK));
  const source = join(folder, srcDir);
  cpSync(join(ROOT, srcDir), source, { recursive: true, filter: (path) => !path.includes('node_modules') });
  for (const feature of readdirSync(join(source, 'app'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    takeSharedCodeInto(join(source, 'app', feature.name));
  }
  return source;
}

/** @param {string} featureFolder */
function takeSharedCodeInto(featureFolder) {
  const file = join(featureFolder, 'package.json');
  if (!existsSync(file)) return;
  const manifest = readJson(file);
  if (manifest.dependencies?.[SHARED_PACKAGE] === undefined) return;
  const shared = readJson(join(ROOT, 'app/package.json'));
  for (const part of ['package.json', ...shared.files]) {
    cpSync(join(ROOT, 'app', part), join(featureFolder, SHARED_FOLDER, part), { recursive: true });
  }
  manifest.dependencies[SHARED_PACKAGE] = `file:./${SHARED_FOLDER}`;
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error('Name the folder to stage into: node scripts/stage-hubspot.mjs <folder>');
    process.exitCode = 2;
  } else {
    stageHubSpotProject(resolve(folder));
    console.log(`Staged. Next: cd ${resolve(folder)} && hs project upload --profile=<name>`);
  }
}
