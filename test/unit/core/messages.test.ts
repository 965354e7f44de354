/** Both catalogues say the same things with the same arguments, in sentences that parse, and say nothing that nobody shows. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../app/core/locale.ts';
import { CATALOGUES, isMessageKey } from '../../../app/core/translate.ts';
import { MIRROR_FIELD_NAMES } from '../../../server/domain/mirror.ts';
import { RISK_CODES } from '../../../server/domain/risk.ts';
import { STAGE_REFUSALS } from '../../../server/domain/stage.ts';
import { CONFLICT_REASONS } from '../../../server/store/port.ts';

const ROOT = join(import.meta.dirname, '../../..');
const KEYS = Object.keys(CATALOGUES.en);

type AstNode = {
  readonly value?: string;
  readonly type: number;
  readonly options?: Record<string, { readonly value: readonly AstNode[] }>;
};
const LITERAL = 0;
const POUND = 7;

function argumentsOf(message: string, locale: string): readonly string[] {
  const names = new Set<string>();
  const visit = (nodes: readonly AstNode[]): void => {
    for (const node of nodes) {
      if (node.type !== LITERAL && node.type !== POUND && node.value !== undefined) names.add(node.value);
      for (const option of Object.values(node.options ?? {})) visit(option.value);
    }
  };
  // The parser's own node type is not exported; only these fields are read.
  visit(new IntlMessageFormat(message, locale).getAst());
  return [...names].sort();
}

function sources(folder: string): string {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/node_modules|__tests__|counterpartCore|\/messages\//.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

describe('message catalogues', () => {
  test('hold exactly the same keys', () => {
    expect(KEYS.length).toBeGreaterThan(250);
    for (const locale of LOCALES) expect(Object.keys(CATALOGUES[locale]).sort()).toEqual([...KEYS].sort());
  });

  test('take the same arguments in every language, and every message parses', () => {
    for (const [key, message] of Object.entries(CATALOGUES.en)) {
      const translated = CATALOGUES['zh-CN'][key as keyof typeof CATALOGUES.en];
      expect({ key, names: argumentsOf(translated, 'zh-CN') }).toEqual({ key, names: argumentsOf(message, 'en') });
    }
  });

  test('are translated: no Chinese message is its English original, but for names and signs', () => {
    const same = Object.entries(CATALOGUES.en).filter(
      ([key, message]) => CATALOGUES['zh-CN'][key as keyof typeof CATALOGUES.en] === message,
    );
    const allowed = ['card.none', 'detail.tab.sla', 'source.workspace', 'settings.title'];
    const composed = same.filter(([, message]) => /[a-z]{3,}/i.test(message.replaceAll(/\{[^}]*\}/g, '')));
    expect(composed.map(([key]) => key).filter((key) => !allowed.includes(key))).toEqual([]);
  });

  test('use full-width punctuation in Chinese', () => {
    const halfWidth = Object.entries(CATALOGUES['zh-CN']).filter(([, message]) =>
      /[\u4e00-\u9fff][,;:?!()]/.test(message),
    );
    expect(halfWidth).toEqual([]);
  });

  test('hold no message that nobody shows', () => {
    const text = sources('app/core') + sources('extensions/hubspot') + sources('extensions/salesforce/force-app');
    const tables = [...(/CODE_FAMILIES[\s\S]*?\]\);/.exec(text)?.[0] ?? '').matchAll(/, '([a-zA-Z]+)'\]/g)];
    const families = [...text.matchAll(/`([a-zA-Z]+\.[a-zA-Z.]*)\$\{/g)].map((match) => match[1] ?? '');
    families.push(...tables.map((match) => `${match[1] ?? ''}.`));
    expect(families).toContain('stage.');
    const unused = KEYS.filter(
      (key) => !text.includes(`'${key}'`) && !families.some((family) => key.startsWith(family)),
    );
    expect(unused).toEqual([]);
  });

  test.each([
    ['risk', RISK_CODES.flatMap((code) => [`risk.${code}.title`, `risk.${code}.advice`])],
    ['refused stage move', STAGE_REFUSALS.map((code) => `moveReason.${code}`)],
    ['conflict', CONFLICT_REASONS.map((reason) => `conflict.${reason}`)],
    ['mirrored field', MIRROR_FIELD_NAMES.map((field) => `field.${field}`)],
  ])('say something for every %s that the server knows', (_what, keys) => {
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !isMessageKey(key))).toEqual([]);
  });
});
