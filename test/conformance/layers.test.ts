/**
 * The dependency rules of docs/architecture.md, read from the imports themselves with a real parser. A layer that yields no files fails,
 * so that a moved folder cannot turn this into a check of nothing.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

type Layer = {
  readonly folder: string;
  readonly except?: readonly string[];
  readonly mayImport: readonly string[];
  readonly packages: readonly (string | RegExp)[];
};

const EVERY_NODE_MODULE = /^node:/;
const LAYERS: Record<string, Layer> = {
  domain: { folder: 'server/domain', mayImport: ['server/domain'], packages: [] },
  calendars: {
    folder: 'server/calendars',
    mayImport: ['server/domain', 'server/calendars'],
    packages: [/^chinese-days/, 'date-holidays', 'zod', 'node:module'],
  },
  sync: {
    folder: 'server/sync',
    mayImport: [
      'server/sync',
      'server/domain',
      'server/crm/port.ts',
      'server/crm/change-feed.ts',
      'server/store/port.ts',
      'server/world.ts',
    ],
    packages: [],
  },
  crm: {
    folder: 'server/crm',
    mayImport: ['server/crm', 'server/domain', 'server/world.ts'],
    packages: [
      '@hubspot/api-client',
      /^jsforce\/lib\//,
      '@grpc/grpc-js',
      '@grpc/proto-loader',
      'avsc',
      'zod',
      EVERY_NODE_MODULE,
    ],
  },
  store: {
    folder: 'server/store',
    mayImport: [
      'server/store',
      'server/domain',
      'server/crm/port.ts',
      'server/crm/credentials.ts',
      'server/crm/transport.ts',
      'server/world.ts',
      'server/generated',
    ],
    packages: ['pg', '@prisma/adapter-pg', '@prisma/client', 'zod', EVERY_NODE_MODULE],
  },
  services: {
    folder: 'server/services',
    mayImport: [
      'server/services',
      'server/domain',
      'server/calendars',
      'server/store',
      'server/crm/port.ts',
      'server/sync',
      'server/import',
      'server/world.ts',
      'app/wire',
    ],
    packages: ['zod', EVERY_NODE_MODULE],
  },
  import: {
    folder: 'server/import',
    mayImport: ['server/import', 'server/domain', 'server/store', 'server/world.ts', 'app/wire'],
    packages: ['csv-parse', /^csv-parse\//, /^read-excel-file/, 'zod', EVERY_NODE_MODULE],
  },
  http: {
    folder: 'server/http',
    mayImport: [
      'server/http',
      'server/services',
      'server/domain',
      'server/sync',
      'server/store',
      'server/crm',
      'server/import',
      'server/world.ts',
      'server/metrics.ts',
      'app/wire',
    ],
    packages: [
      'express',
      'express-rate-limit',
      'helmet',
      'zod',
      'pino',
      'prom-client',
      'csv-parse',
      /^write-excel-file/,
      EVERY_NODE_MODULE,
    ],
  },
  app: {
    folder: 'app',
    except: ['app/web', 'app/node_modules'],
    mayImport: ['app/core', 'app/wire'],
    packages: ['zod', 'intl-messageformat'],
  },
  cards: {
    folder: 'extensions/hubspot',
    mayImport: ['extensions/hubspot', 'app/core', 'app/wire'],
    packages: ['react', /^@hubspot\/ui-extensions/, /^@counterpart\/app\//],
  },
  practice: {
    folder: 'extensions/practice',
    mayImport: ['extensions/practice', 'app/core', 'app/wire', 'extensions/hubspot'],
    packages: [
      'react',
      'react-dom',
      /^react-dom\//,
      '@hubspot/ui-extensions',
      /^@remote-ui\//,
      '@grpc/grpc-js',
      '@grpc/proto-loader',
      'avsc',
      'fast-xml-parser',
      '@jetstreamapp/soql-parser-js',
      'express',
      'zod',
      'vite',
      /^@counterpart\/app\//,
      EVERY_NODE_MODULE,
    ],
  },
  web: {
    folder: 'app/web',
    mayImport: ['app/web', 'app/core', 'app/wire'],
    packages: [
      'react',
      /^react-dom/,
      'zod',
      'intl-messageformat',
      /^@mantine\//,
      /^@tanstack\//,
      /^@tabler\//,
      'wouter',
      'dayjs',
      /^dayjs\//,
      'vite',
      '@vitejs/plugin-react',
      /^@counterpart\/app\//,
      EVERY_NODE_MODULE,
    ],
  },
};

/** Rules narrower than a layer: nothing but the named file may import the package. */
const SOLE_IMPORTERS: Record<string, RegExp> = {
  '@hubspot/api-client': /^(server\/crm\/hubspot\/client\.ts|test\/)/,
  '@grpc/grpc-js': /^(server\/crm\/salesforce\/pubsub\/|extensions\/practice\/salesforce\/pubsub\/|test\/)/,
  avsc: /^(server\/crm\/salesforce\/pubsub\/|extensions\/practice\/salesforce\/pubsub\/)/,
  '@prisma/adapter-pg': /^(server\/store\/|test\/)/,
};

type Import = { readonly file: string; readonly target: string };

function sourceFiles(folder: string, except: readonly string[] = []): string[] {
  const absolute = path.join(root, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs.readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const relative = `${folder}/${entry.name}`;
    if (except.includes(relative) || ['node_modules', 'dist', 'generated'].includes(entry.name)) return [];
    if (entry.isDirectory()) return sourceFiles(relative, except);
    return /\.(ts|tsx|mts)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [relative] : [];
  });
}

function importsOf(file: string): Import[] {
  const source = fs.readFileSync(path.join(root, file), 'utf8');
  const parsed = parseSync(file, source);
  expect(parsed.errors, file).toEqual([]);
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const specifiers = [
    ...staticImports.map((entry) => entry.moduleRequest.value),
    ...staticExports.flatMap((entry) => entry.entries.flatMap((item) => item.moduleRequest?.value ?? [])),
    ...dynamicImports.map((entry) =>
      source.slice(entry.moduleRequest.start, entry.moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
    ),
  ];
  return specifiers.map((specifier) => ({
    file,
    target: specifier.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
      : specifier,
  }));
}

const isFile = (target: string) =>
  /^(server|app|extensions|test|prisma|scripts)(\/|$)/.test(target) && !target.startsWith('@');
const inside = (target: string, place: string) => target === place || target.startsWith(`${place}/`);

function breaks(layer: Layer, target: string): boolean {
  if (isFile(target)) return !layer.mayImport.some((place) => inside(target, place));
  return !layer.packages.some((allowed) => (typeof allowed === 'string' ? allowed === target : allowed.test(target)));
}

describe('each layer imports only what docs/architecture.md allows', () => {
  for (const [name, layer] of Object.entries(LAYERS)) {
    test(`${name} keeps to its list`, () => {
      const files = sourceFiles(layer.folder, layer.except);
      expect(files.length, `${layer.folder} holds no source files`).toBeGreaterThan(0);
      const offences = files.flatMap(importsOf).filter(({ target }) => breaks(layer, target));
      expect(offences).toEqual([]);
    });
  }

  test('a package that only one place may import is imported there and nowhere else', () => {
    const all = ['server', 'app', 'extensions', 'test']
      .flatMap((folder) => sourceFiles(folder, ['app/node_modules']))
      .flatMap(importsOf);
    for (const [packageName, importer] of Object.entries(SOLE_IMPORTERS)) {
      const users = all.filter(({ target }) => target === packageName);
      expect(users.length, packageName).toBeGreaterThan(0);
      expect(users.filter(({ file }) => !importer.test(file))).toEqual([]);
    }
  });

  test('nothing imports the composition root, and no production file imports test code', () => {
    const production = ['server', 'app', 'extensions']
      .flatMap((folder) => sourceFiles(folder, ['app/node_modules']))
      .flatMap(importsOf);
    expect(production.filter(({ target }) => target === 'server/main.ts' || inside(target, 'test'))).toEqual([]);
  });

  test('production code reaches the practice CRM from the composition root only', () => {
    const server = sourceFiles('server').flatMap(importsOf);
    expect(server.filter(({ target, file }) => inside(target, 'extensions') && file !== 'server/main.ts')).toEqual([]);
  });
});
