/** The bundles are what HubSpot runs: made by its builder, needing nothing but its two globals, and touching nothing a worker lacks. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSync, Visitor } from 'oxc-parser';
import { z } from 'zod';
import { buildCards } from '../../scripts/build-cards.mjs';

const out = mkdtempSync(join(tmpdir(), 'card-bundles-'));
const NAMES = ['ContractsSidebar', 'ContractsTab'] as const;
const bundle = (name: string): string => readFileSync(join(out, `${name}.js`), 'utf8');
const manifest = (name: string) =>
  z
    .object({
      entry: z.string(),
      dataDeps: z.array(z.unknown()),
      modules: z.object({
        internal: z.array(z.object({ module: z.string() })),
        external: z.array(z.object({ module: z.string() })),
      }),
    })
    .parse(JSON.parse(readFileSync(join(out, `${name}-manifest.json`), 'utf8')));

beforeAll(async () => {
  await buildCards({ out });
}, 120_000);
afterAll(() => rmSync(out, { recursive: true }));

/** Names that a script reads without declaring them. */
function freeGlobals(code: string): Set<string> {
  const { program, errors } = parseSync('bundle.js', code);
  expect(errors).toEqual([]);
  const members = new Set<string>();
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier' || node.computed) return;
      if (['self', 'globalThis', 'window'].includes(node.object.name))
        members.add(`${node.object.name}.${node.property.name}`);
      else members.add(node.object.name);
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier') members.add(node.callee.name);
    },
  }).visit(program);
  return members;
}

describe('card bundles', () => {
  test('are built once, and not again while nothing changes', async () => {
    expect(await buildCards({ out })).toMatchObject({ built: false });
    expect((await buildCards({ out })).cards.map((card) => [card.uid, card.location, card.bundle])).toEqual([
      ['contracts_sidebar', 'crm.record.sidebar', 'ContractsSidebar.js'],
      ['contracts_tab', 'crm.record.tab', 'ContractsTab.js'],
    ]);
  });

  test.each(NAMES)('%s takes React and RemoteUI from its host, and requires nothing else', (name) => {
    const code = bundle(name);
    expect(code).toMatch(/\}\)\(React,\s*RemoteUI\);?\s*$/);
    expect(code).not.toMatch(/\brequire\(/);
    expect(code).not.toMatch(/\bimport\s*\(/);
  });

  test.each(NAMES)('%s touches no document, no window and no network of its own', (name) => {
    const globals = freeGlobals(bundle(name));
    expect(globals.size).toBeGreaterThan(50);
    for (const absent of [
      'window',
      'document',
      'localStorage',
      'fetch',
      'XMLHttpRequest',
      'WebSocket',
      'self.fetch',
      'globalThis.fetch',
    ]) {
      expect(globals.has(absent), absent).toBe(false);
    }
    expect(globals.has('self.hsFetch')).toBe(true);
  });

  test.each(NAMES)(
    '%s declares the data it has from HubSpot: none, everything comes in one answer of our own',
    (name) => {
      expect(manifest(name).dataDeps).toEqual([]);
    },
  );

  test.each(NAMES)('%s holds the shared code and only the packages it needs', (name) => {
    const { entry, modules } = manifest(name);
    expect(entry).toBe(`${name}.tsx`);
    expect(modules.internal.map(({ module }) => module)).toEqual(
      expect.arrayContaining(['app/core/present.ts', 'app/wire/card.ts']),
    );
    const packages = modules.external.map(
      ({ module }) => /node_modules\/((?:@[^/]+\/)?[^/?]+)/.exec(module)?.[1] ?? module,
    );
    const allowed = [
      'react',
      '@hubspot/ui-extensions',
      '@remote-ui/react',
      'zod',
      'intl-messageformat',
      '@formatjs/fast-memoize',
      '@formatjs/icu-messageformat-parser',
      '@formatjs/icu-skeleton-parser',
    ];
    expect([...new Set(packages)].filter((each) => !allowed.includes(each))).toEqual([]);
  });

  test.each(NAMES)('%s stays small enough to start quickly', (name) => {
    expect(Buffer.byteLength(bundle(name))).toBeLessThan(260_000);
  });
});
