/** The pages' own words in the reader's language. */
import { language } from 'practice/session';
import { EN } from './messages-en.js';
import { ZH_CN } from './messages-zh-cn.js';

const PLURAL = /\{count, plural, one \{([^}]*)\} other \{([^}]*)\}\}/;

/** @param {keyof typeof EN} key @param {Readonly<Record<string, string | number>>} values */
export function t(key, values = {}) {
  const message = (language() === 'zh-CN' ? ZH_CN : EN)[key];
  if (message === undefined) throw new Error(`No message ${key}`);
  const chosen = message.replace(PLURAL, (_all, one, other) =>
    (values.count === 1 ? one : other).replace('#', String(values.count)),
  );
  return chosen.replaceAll(/\{(\w+)\}/g, (_all, name) => `${values[name] ?? ''}`);
}

/** Several words at once, for a template: `{ save: 'record.save' }` → `{ save: 'Save' }`. */
export const wordsOf = (keys) => Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, t(key)]));
