/** The table of complaints says what is so: each file of this folder has its row, and each row names a test that exists. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const document = fs.readFileSync(path.join(ROOT, 'docs/complaints.md'), 'utf8');
const rows = [...document.matchAll(/^\| [^|]+ \| ([^|]+) \| `([^`]+)` \| `([^`]+)` \|$/gm)].map(
  ([, suffered = '', file = '', title = '']) => ({ suffered, file, title }),
);

test('every file of complaints has its row, and only files that exist have one', () => {
  const files = fs
    .readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts') && name !== path.basename(import.meta.filename))
    .map((name) => `test/complaints/${name}`);
  expect(rows.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
});

test('every row names a test of its file by its title, and a public thread that tells of the trouble', () => {
  expect(rows.length).toBeGreaterThanOrEqual(17);
  for (const { suffered, file, title } of rows) {
    const source = fs.readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/\\(.)/g, '$1');
    const titles = [...source.matchAll(/(?:test\(|\]\)\()\s*'((?:[^'\n])*)'/g)].map((match) => match[1]);
    expect(titles, file).toContain(title);
    expect(suffered, file).toMatch(/\(\[[\w.-]+\/[\w.-]+#\d+\]\(https:\/\/github\.com\//);
  }
});
