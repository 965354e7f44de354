/** The module that carries the shared code into Lightning: fresh, small, free of what Lightning forbids, and saying what `app/core` says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, asyncProperty, boolean, constantFrom, integer, jsonValue, nat, oneof } from 'fast-check';
import { parseSync } from 'oxc-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCardClient } from '../../../app/core/card-client.ts';
import { LOCALES } from '../../../app/core/locale.ts';
import { createPresenter } from '../../../app/core/present.ts';
import { CATALOGUES, isMessageKey } from '../../../app/core/translate.ts';
import { isCoreModuleFresh } from '../../../scripts/build-core-module.mjs';
import * as entry from '../../../scripts/core-module/entry.ts';
import { contractDetailFixture, recordCardFixture, searchFixture } from '../../cards/card-fixtures.ts';

const FILE = join(
  import.meta.dirname,
  '../../../extensions/salesforce/force-app/main/default/lwc/counterpartCore/counterpartCore.js',
);
const CHARACTERS_MAX = 130_000;
const text = readFileSync(FILE, 'utf8');
let core: typeof entry;

beforeAll(async () => {
  // Its types are those of the entry it was bundled from.
  core = (await import(FILE)) as typeof entry;
});

describe('the generated Lightning module', () => {
  test('is what the sources give now', async () => {
    expect(await isCoreModuleFresh()).toBe(true);
  });

  test('fits a file of a Lightning bundle', () => {
    expect(text.length).toBeLessThan(CHARACTERS_MAX);
  });

  test('imports nothing, compiles nothing from text and reaches for nothing that Lightning Web Security keeps back', () => {
    const { program, module, errors } = parseSync(FILE, text);
    expect(errors).toEqual([]);
    expect(module.staticImports).toEqual([]);
    expect(module.dynamicImports).toEqual([]);
    const names = new Set<string>();
    JSON.stringify(program, (key, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      if (key === 'type' || typeof value !== 'object' || value === null) return value;
      if ('type' in value && value.type === 'Identifier' && 'name' in value) names.add(String(value.name));
      return value;
    });
    expect(names).toContain('createPresenter');
    const forbidden = ['eval', 'Function', 'globalThis', 'self', 'XMLHttpRequest', 'localStorage', 'importScripts'];
    expect(forbidden.filter((name) => names.has(name))).toEqual([]);
  });

  test('has every export of its entry', () => {
    expect(Object.keys(core).sort()).toEqual(Object.keys(entry).sort());
  });

  test.each(LOCALES)('says every message as app/core does, in %s', (locale) => {
    const values = { count: 3, days: 1, months: 12, from: 'before_renewal' };
    const words = new Proxy(values, {
      get: (known, name) => Reflect.get(known, name) ?? `<${String(name)}>`,
      has: () => true,
    });
    const here = createPresenter(locale, 'Asia/Shanghai').t;
    const there = core.createPresenter(locale, 'Asia/Shanghai').t;
    const keys = Object.keys(CATALOGUES[locale]).filter((key) => !key.startsWith('settings.'));
    expect(keys.length).toBeGreaterThan(250);
    for (const key of keys) {
      if (!isMessageKey(key)) throw new Error(`${key} is no message.`);
      const names = [...CATALOGUES[locale][key].matchAll(/\{(\w+)/g)].map((match) => match[1] ?? '');
      const given = Object.fromEntries(names.map((name) => [name, Reflect.get(words, name) as string | number]));
      expect({ key, text: there(key, given) }).toEqual({ key, text: here(key, given) });
    }
  });
});

describe('answers are accepted and refused as with zod', () => {
  const clients = (status: number, body: unknown) => {
    const fetch = async () => ({ status, json: async () => body });
    const record = { objectType: 'opportunity', recordId: '006000000000101AAA' } as const;
    return [createCardClient, core.createCardClient].map((create) => create({ baseUrl: '', record, fetch }));
  };
  const DOCUMENTS = [
    { name: 'card', document: recordCardFixture, read: 'loadCard' },
    { name: 'contract', document: contractDetailFixture, read: 'loadContract' },
    { name: 'search', document: searchFixture, read: 'searchContracts' },
  ] as const;
  const odd = oneof(
    constantFrom(null, undefined, '', 'x', 0, 1.5, -1, true, [], {}, '2026-13-01', '2026-02-30T00:00:00Z', 'USDX'),
    constantFrom(
      '2026-11-21T06:02Z',
      '2026-11-21T06:02:00.5Z',
      '2026-11-21T06:02:00+01:00',
      Number.MAX_SAFE_INTEGER + 1,
      'ACTIVE',
    ),
    jsonValue({ maxDepth: 1 }),
  );

  test.each(DOCUMENTS)('a $name with any one of its values changed or taken away', async ({ document, read }) => {
    const seen = { accepted: 0, refused: 0 };
    await assert(
      asyncProperty(nat(), odd, boolean(), async (pick, value, isRemoved) => {
        const body = mutated(document, pick, isRemoved ? REMOVED : value);
        const answers = await Promise.all(clients(200, body).map((client) => client[read]('x')));
        expect(answers[1]).toEqual(answers[0]);
        seen[answers[0]?.ok === true ? 'accepted' : 'refused'] += 1;
      }),
      { numRuns: 400 },
    );
    expect(seen.accepted).toBeGreaterThan(10);
    expect(seen.refused).toBeGreaterThan(10);
  });

  test('problem documents and HubSpot envelopes of any shape', async () => {
    const problem = {
      type: 'about:blank',
      title: 'x',
      status: 409,
      code: 'revision_conflict',
      errors: [{ pointer: '/a', message: 'b' }],
    };
    const envelope = {
      status: 'error',
      category: 'BAD_GATEWAY',
      responseBody: problem,
      context: { appServerStatusCode: ['409'] },
    };
    await assert(
      asyncProperty(
        constantFrom(problem, envelope),
        nat(),
        odd,
        integer({ min: 200, max: 599 }),
        async (base, pick, value, status) => {
          const answers = await Promise.all(
            clients(status, mutated(base, pick, value)).map((client) => client.loadCard()),
          );
          expect(answers[1]).toEqual(answers[0]);
        },
      ),
      { numRuns: 400 },
    );
  });
});

const REMOVED = Symbol('removed');

/** A copy of a document in which the value at the n-th place, counted round, is another one. */
function mutated(document: object, pick: number, value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const places: { readonly holder: object; readonly key: string }[] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, below] of Object.entries(holder)) {
      places.push({ holder, key });
      visit(below);
    }
  };
  visit(copy);
  const place = places[pick % places.length];
  if (place === undefined) return copy;
  if (value !== REMOVED) Reflect.set(place.holder, place.key, value);
  else if (Array.isArray(place.holder)) place.holder.splice(Number(place.key), 1);
  else Reflect.deleteProperty(place.holder, place.key);
  return copy;
}
