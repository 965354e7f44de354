/**
 * Builds the practice org's pages in two parts. Lightning's engine and Salesforce's base components change only with their packages, so they
 * are built once and kept; the pages and the real card are built over them with `lwc` and `lightning/*` left outside. The outside names are
 * turned into addresses while building: the page's policy allows scripts from its own origin only, and so no import map in the page.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import lwc from '@lwc/rollup-plugin';
import resolve from '@rollup/plugin-node-resolve';
import replace from '@rollup/plugin-replace';
import { rollup } from 'rollup';
import { flexipages } from '../extensions/practice/salesforce-pages/build/flexipages.mjs';
import { iconSubset, iconsNamedIn } from '../extensions/practice/salesforce-pages/build/icon-subset.mjs';
import {
  dayCheckedWhereItWasRead,
  platformModules,
  withoutBaseStyles,
} from '../extensions/practice/salesforce-pages/build/platform-modules.mjs';

const root = path.resolve(import.meta.dirname, '..');
const pages = path.join(root, 'extensions/practice/salesforce-pages');
const packageFolder = path.join(root, 'extensions/salesforce/force-app/main/default');
const cardFolder = path.join(packageFolder, 'lwc');
const baseFolder = path.join(root, 'node_modules/lightning-base-components');
const designFolder = path.join(root, 'node_modules/@salesforce-ux/design-system/assets');
const out = path.join(root, 'extensions/practice/dist/salesforce-pages');
const stampFile = path.join(root, '.cache/salesforce-base.stamp');
const OUTSIDE = ['lwc', '@lwc/synthetic-shadow', 'practice/session'];
/** Icons that the org gives by data, such as an object's, and that no template names. */
const DATA_ICONS = ['utility:warning', 'utility:error', 'utility:success', 'utility:info'];

const baseComponents = componentsUsed();
const icons = [
  ...new Set([...DATA_ICONS, ...iconsNamedIn([path.join(pages, 'src'), cardFolder, ...baseSourceFolders()])]),
];

fs.mkdirSync(out, { recursive: true });
const stamp = baseStamp();
if (!fs.existsSync(stampFile) || fs.readFileSync(stampFile, 'utf8') !== stamp || !fs.existsSync(file('lwc.js'))) {
  await buildBase();
  fs.mkdirSync(path.dirname(stampFile), { recursive: true });
  fs.writeFileSync(stampFile, stamp);
}
await buildPages();
copyStatic();

function file(name) {
  return path.join(out, 'static', name);
}

function plugins(modules, extra = []) {
  return [
    withoutBaseStyles(),
    dayCheckedWhereItWasRead(),
    ...extra,
    platformModules({ baseFolder, platformFolder: path.join(pages, 'src/platform') }),
    iconSubset({ baseFolder, icons }),
    lwc({
      rootDir: pages,
      enableDynamicComponents: true,
      modules,
      defaultModules: [],
      exclude: ['**/src/platform/**', '**/src/org/**', '**/scopedImports/**'],
    }),
    resolve(),
    replace({
      preventAssignment: true,
      'process.env.NODE_ENV': JSON.stringify('production'),
      'import.meta.env.SSR': 'false',
    }),
  ];
}

async function buildBase() {
  fs.rmSync(path.join(out, 'static'), { recursive: true, force: true });
  const virtual = {
    'base:lwc': "export * from 'lwc';",
    'base:shadow': "import '@lwc/synthetic-shadow';",
  };
  const entries = {
    name: 'base-entries',
    resolveId(id, importer) {
      if (Object.hasOwn(virtual, id)) return `\0${id}`;
      if (importer === undefined && id.startsWith('lightning/'))
        return this.resolve(id, path.join(pages, 'src/boot.js'), { skipSelf: true });
      return null;
    },
    load: (id) => virtual[id.slice(1)] ?? null,
  };
  const bundle = await rollup({
    input: {
      lwc: 'base:lwc',
      'synthetic-shadow': 'base:shadow',
      session: 'practice/session',
      ...Object.fromEntries(baseComponents.map((name) => [name, name])),
    },
    onwarn: failOnUnresolved,
    plugins: [entries, ...plugins([{ npm: 'lightning-base-components' }])],
  });
  await bundle.write({
    dir: path.join(out, 'static'),
    format: 'esm',
    chunkFileNames: '[name].js',
    // A manual chunk takes along what it imports: without a chunk of its own the session would only come with all components.
    manualChunks: (id) => {
      if (id.includes('/src/platform/')) return 'session-state';
      if (/\/node_modules\/(lwc|@lwc)\//.test(id)) return id.includes('synthetic-shadow') ? undefined : 'engine';
      return /lightning-base-components|\0icons|\0platform/.test(id) ? 'base-components' : undefined;
    },
  });
  await bundle.close();
}

async function buildPages() {
  const outside = new Set([...OUTSIDE, ...baseComponents]);
  const names = fs
    .readdirSync(cardFolder)
    .filter((name) => fs.existsSync(path.join(cardFolder, name, `${name}.js`)))
    .map((name) => ({ name: `c/${name}`, path: path.join(cardFolder, name, `${name}.js`) }));
  const bundle = await rollup({
    input: { boot: path.join(pages, 'src/boot.js') },
    external: (id) => outside.has(id) || id === '@lwc/engine-dom',
    onwarn: failOnUnresolved,
    plugins: plugins([...names, { dir: path.join(pages, 'src/modules') }], [flexipages(packageFolder)]),
  });
  await bundle.write({
    dir: path.join(out, 'static'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'org-[name].js',
    paths: (id) =>
      `/static/${id === 'practice/session' ? 'session' : id.replace('@lwc/engine-dom', 'lwc').replace('@lwc/', '')}.js`,
  });
  await bundle.close();
}

function failOnUnresolved(warning) {
  if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message);
}

function copyStatic() {
  fs.copyFileSync(path.join(pages, 'index.html'), path.join(out, 'index.html'));
  fs.copyFileSync(path.join(pages, 'src/org.css'), file('org.css'));
  fs.copyFileSync(path.join(designFolder, 'styles/salesforce-lightning-design-system.min.css'), file('slds.css'));
}

/** Base components that a template or an import of the pages or the card names. */
function componentsUsed() {
  const found = new Set();
  for (const folder of [path.join(pages, 'src'), cardFolder]) {
    for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|html)$/.test(entry.name)) continue;
      const text = fs.readFileSync(path.join(entry.parentPath, entry.name), 'utf8');
      for (const [, tag] of text.matchAll(/<lightning-([a-z-]+)/g)) found.add(`lightning/${camelCase(tag)}`);
      for (const [, name] of text.matchAll(/from 'lightning\/(\w+)'/g)) found.add(`lightning/${name}`);
    }
  }
  const { lwc: manifest } = JSON.parse(fs.readFileSync(path.join(baseFolder, 'package.json'), 'utf8'));
  const platform = new Set(['lightning/navigation']);
  return [...found]
    .filter((name) => manifest.expose.includes(name) && !platform.has(name))
    .toSorted((a, b) => a.localeCompare(b));
}

function camelCase(tag) {
  return tag.replaceAll(/-([a-z])/g, (_all, letter) => letter.toUpperCase());
}

function baseSourceFolders() {
  const source = path.join(baseFolder, 'src/lightning');
  return fs
    .readdirSync(source)
    .filter((name) => !name.startsWith('iconSvg') && name !== 'iconUtils')
    .map((name) => path.join(source, name));
}

function baseStamp() {
  const sum = createHash('sha256');
  const sources = [
    import.meta.filename,
    ...['build', 'src/platform'].flatMap((name) => filesIn(path.join(pages, name))),
  ];
  for (const source of sources) sum.update(fs.readFileSync(source)).update('\0');
  sum.update(fs.readFileSync(path.join(root, 'package-lock.json')));
  sum.update([...baseComponents, ...icons].join(' '));
  return sum.digest('hex');
}

function filesIn(folder) {
  return fs.readdirSync(folder).map((name) => path.join(folder, name));
}
