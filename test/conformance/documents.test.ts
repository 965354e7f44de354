/** The documents say what is so: links resolve, commands and files exist, variables and metrics are those of the code, quoted tests are real. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const exists = (file: string) => fs.existsSync(path.join(ROOT, file));

function filesUnder(folder: string, ending: RegExp): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .filter((file) => ending.test(file) && !file.includes('node_modules'))
    .toSorted();
}

const DOCUMENTS = [...['README.md', 'CHANGELOG.md'].filter(exists), ...filesUnder('docs', /\.md$/)];
const withoutFences = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '');
const codeSpans = (text: string) => [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
const fences = (text: string) => [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');

/** The heading's anchor as GitHub and GitLab make it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
const anchorsIn = (file: string) =>
  [...withoutFences(read(file)).matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));

describe('links', () => {
  const links = DOCUMENTS.flatMap((file) =>
    [...withoutFences(read(file)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => ({ file, target })),
  );

  test('there are documents and links to look at', () => {
    expect(DOCUMENTS).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'docs/architecture.md',
        'docs/operations.md',
        'docs/security.md',
        'docs/sync-spec.md',
      ]),
    );
    expect(links.length).toBeGreaterThanOrEqual(5);
  });

  test('every relative link leads to a file, and to a heading where it names one', () => {
    const broken = links.filter(({ file, target }) => {
      const [page = '', anchor] = target.split('#');
      const resolved = page === '' ? file : path.join(path.dirname(file), page);
      return !exists(resolved) || (anchor !== undefined && !anchorsIn(resolved).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

describe('commands', () => {
  const commands = DOCUMENTS.flatMap((file) =>
    fences(read(file))
      .flatMap((block) => block.split('\n'))
      .flatMap((line) => [...line.matchAll(/\bnpm (?:run )?(?:--silent )?([a-z][a-z:-]*)/g)])
      .map((match) => ({ file, script: match[1] ?? '' })),
  );
  const BUILT_IN = new Set(['ci', 'install']);

  test('every npm command of a fenced block is a script of package.json', () => {
    const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));
    expect(commands.length).toBeGreaterThanOrEqual(2);
    expect(commands.filter(({ script }) => !BUILT_IN.has(script) && !Object.hasOwn(manifest.scripts, script))).toEqual(
      [],
    );
  });
});

describe('files', () => {
  const PATH = /^(?:server|app|extensions|test|scripts|prisma|docs)\/[\w./@-]+$/;
  const named = DOCUMENTS.flatMap((file) =>
    codeSpans(read(file))
      .filter((span) => PATH.test(span))
      .map((span) => ({ file, span })),
  );

  test('every path in backticks exists', () => {
    expect(named.length).toBeGreaterThanOrEqual(40);
    expect(named.filter(({ span }) => !exists(span))).toEqual([]);
  });
});

describe('operations', () => {
  const operations = read('docs/operations.md');

  test('it names exactly the environment variables that the server reads', () => {
    const schema = /const environmentSchema = z\.object\(\{([\s\S]*?)\n\}\);/.exec(read('server/config.ts'))?.[1] ?? '';
    const inCode = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1] ?? '');
    const table = /## Environment variables\n([\s\S]*?)\n## /.exec(operations)?.[1] ?? '';
    const inTable = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] ?? '');
    expect(inCode.length).toBeGreaterThanOrEqual(15);
    expect(inTable.toSorted()).toEqual(inCode.toSorted());
    const elsewhere = codeSpans(operations).flatMap((span) => /^([A-Z]+_[A-Z_]+)(?:=.*)?$/.exec(span)?.[1] ?? []);
    expect(elsewhere.filter((name) => !inCode.includes(name) && name !== 'CREATEROLE' && name !== 'BYPASSRLS')).toEqual(
      [],
    );
  });

  test('it marks as live exactly the variables that a live server asks for', () => {
    const config = read('server/config.ts');
    const names = (list: RegExp): readonly string[] =>
      [...(list.exec(config)?.[1] ?? '').matchAll(/'([A-Z_]+)'/g)].map((match) => match[1] ?? '').toSorted();
    const marked = (word: string): readonly string[] =>
      [...operations.matchAll(new RegExp(`^\\| \`([A-Z_]+)\` \\| ${word} \\|`, 'gm'))]
        .map((match) => match[1] ?? '')
        .toSorted();
    expect(names(/const SERVER_VARIABLES = \[([\s\S]*?)\]/).length).toBeGreaterThan(3);
    expect(marked('live')).toEqual(names(/const SERVER_VARIABLES = \[([\s\S]*?)\]/));
    expect(marked('HubSpot')).toEqual(names(/ {2}HubSpot: \[([\s\S]*?)\]/));
    expect(marked('Salesforce')).toEqual(names(/ {2}Salesforce: \[([\s\S]*?)\]/));
  });

  test('it names exactly the metrics that the server serves', () => {
    const source = read('server/metrics.ts');
    const whole = [...source.matchAll(/name: '(counterpart_[a-z_]+)'/g)].map((match) => match[1] ?? '');
    const gauges = [...source.matchAll(/gauge\('([a-z_]+)'/g)].map((match) => `counterpart_${match[1] ?? ''}`);
    const table = /## Metrics\n([\s\S]*?)\n## /.exec(operations)?.[1] ?? '';
    const inTable = [...table.matchAll(/^\| `(counterpart_[a-z_]+)` \|/gm)].map((match) => match[1] ?? '');
    expect(whole.length + gauges.length).toBeGreaterThanOrEqual(10);
    expect(inTable.toSorted()).toEqual([...whole, ...gauges].toSorted());
    const used = codeSpans(operations).flatMap((span) => /^(counterpart_[a-z_]+)(?:\{.*\})?$/.exec(span)?.[1] ?? []);
    const roles = ['counterpart_app', 'counterpart_scheduler'];
    expect(used.filter((name) => !inTable.includes(name) && !roles.includes(name))).toEqual([]);
  });
});

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

describe('the sync specification', () => {
  const RULES = Array.from({ length: 14 }, (_, index) => `S${index + 1}`);
  const specification = read('docs/sync-spec.md');
  const tests = filesUnder('test', /\.(?:ts|tsx)$/)
    .map(read)
    .join('\n');
  /** Titles in the source, escapes undone. What a title fills in (`${count}`) may be anything. */
  const titles = [...tests.matchAll(/(?:test|describe|it)(?:\.\w+)*\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)]
    .map((match) => (match[2] ?? '').replaceAll(/\\(.)/g, '$1'))
    .concat(
      [...tests.matchAll(/\]\)\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map((match) =>
        (match[2] ?? '').replaceAll(/\\(.)/g, '$1'),
      ),
    );

  test('every rule has its section', () => {
    const sections = [...specification.matchAll(/^## (S\d+) /gm)].map((match) => match[1]);
    expect(sections).toEqual(RULES);
  });

  test('every test that it quotes exists under that title', () => {
    // A quoted title begins with its rule; titles may hold backticks themselves, so a quotation ends where the list goes on.
    const quoted = quotedIn(specification);
    expect(quoted.length).toBeGreaterThanOrEqual(14);
    expect(quoted.filter((title) => !isKnown(title))).toEqual([]);
  });

  test('every rule is shown by at least one test that exists', () => {
    const sections = specification.split(/^## (?=S\d+ )/m).slice(1);
    const unshown = sections.filter((section) => !quotedIn(section).some(isKnown));
    expect(unshown.map((section) => section.split(' ')[0])).toEqual([]);
  });

  function quotedIn(text: string): readonly string[] {
    return [...text.matchAll(/`(S\d+ (?:S\d+ )*.+?)`(?=[;.,\s)]|$)/gm)].map((match) => match[1] ?? '');
  }

  function isKnown(title: string): boolean {
    const patterns = titles.map(
      (title) =>
        new RegExp(
          `^${title
            .split(/\$\{[^}]*\}/)
            .map(literal)
            .join('.+')}$`,
        ),
    );
    return patterns.some((pattern) => pattern.test(title));
  }
});

describe('security', () => {
  const security = read('docs/security.md');
  const rows = [...security.matchAll(/^\| (?!protection|what|---)(.+?) \| (.+?) \| (.+?) \|$/gm)];
  const measures = rows.filter((row) => /test/.test(row[3] ?? ''));

  test('every protection names its file, and its test or that there is none', () => {
    expect(measures.length).toBeGreaterThanOrEqual(25);
    for (const [, , where = '', shownBy = ''] of measures) {
      expect(where).toMatch(/`(?:server|app|prisma|extensions\/salesforce)\//);
      expect(shownBy).toMatch(/`test\/|no test of its own yet/);
    }
  });
});
