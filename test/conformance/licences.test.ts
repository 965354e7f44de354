/**
 * Whatever production installs may be handed on together with code under Apache-2.0. Reads the lock file alone: from the production
 * dependencies of every workspace it follows each package to the versions npm would load, and judges the licence each one declares.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** SPDX identifiers of licences that ask for no more than their text and, for CC-BY-3.0, a notice. */
const ALLOWED = [
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'PSF-2.0',
  'Unlicense',
];
/** Allowed when NOTICE names the package and the licence. */
const ALLOWED_WITH_NOTICE = ['CC-BY-3.0'];

const names = z.record(z.string(), z.unknown()).default({});
const lockedPackage = z.object({
  link: z.boolean().default(false),
  resolved: z.string().optional(),
  license: z.string().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
});
const lockFile = z.object({ packages: z.record(z.string(), lockedPackage) });
type LockedPackage = z.infer<typeof lockedPackage>;
type Packages = Readonly<Record<string, LockedPackage>>;

const { packages } = lockFile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
const notice = readFileSync('NOTICE', 'utf8');
const isWorkspace = (path: string): boolean => !path.includes('node_modules/');

/** The path in the lock file where Node finds `name` from the package at `from`; undefined when it is not installed. */
function resolve(lock: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const found = lock[path];
    if (found !== undefined) return found.link ? (found.resolved ?? path) : path;
    if (folder === '') return undefined;
  }
}

/** What a package needs at run time: a peer counts unless it is optional. */
function neededBy(locked: LockedPackage): readonly string[] {
  const peers = Object.keys(locked.peerDependencies).filter((name) => !locked.peerDependenciesMeta[name]?.optional);
  return [...Object.keys(locked.dependencies), ...Object.keys(locked.optionalDependencies), ...peers];
}

function productionPackages(lock: Packages): readonly string[] {
  const waiting = Object.keys(lock).filter(isWorkspace);
  const seen = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const name of neededBy(lock[path] ?? lockedPackage.parse({}))) {
      const needed = resolve(lock, path, name);
      if (needed === undefined || seen.has(needed)) continue;
      seen.add(needed);
      waiting.push(needed);
    }
  }
  return [...seen].filter((path) => !isWorkspace(path)).toSorted();
}

const packageName = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Whether an SPDX expression of identifiers, AND, OR and outer brackets leaves a choice that is allowed. */
function mayDistribute(path: string, expression: string | undefined): boolean {
  if (expression === undefined) return false;
  const allowed = (id: string): boolean =>
    ALLOWED.includes(id) ||
    (ALLOWED_WITH_NOTICE.includes(id) &&
      notice.split('\n').some((line) => line.includes(packageName(path)) && line.includes(id)));
  return expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every(allowed));
}

describe('licences of what production installs', () => {
  const production = productionPackages(packages);

  test('the walk reaches direct dependencies, their dependencies and the pages', () => {
    expect(production.length).toBeGreaterThan(100);
    expect(production.map(packageName)).toEqual(
      expect.arrayContaining([
        'express',
        'body-parser',
        'pg',
        'pg-protocol',
        '@mantine/core',
        '@hubspot/ui-extensions',
      ]),
    );
    expect(production.map(packageName)).not.toContain('vitest');
  });

  test('every one may be distributed together with Apache-2.0', () => {
    const refused = production
      .map((path) => ({ path, license: packages[path]?.license }))
      .filter(({ path, license }) => !mayDistribute(path, license));
    expect(refused).toEqual([]);
  });

  test('a licence that is missing, unknown or only one half of a pair is refused', () => {
    for (const license of [undefined, 'GPL-3.0-only', '(MIT AND GPL-3.0-only)', 'SEE LICENSE IN LICENSE.md'])
      expect(mayDistribute('node_modules/example', license)).toBe(false);
    expect(mayDistribute('node_modules/example', 'CC-BY-3.0')).toBe(false);
    expect(mayDistribute('node_modules/example', '(GPL-2.0-only OR MIT)')).toBe(true);
  });
});
