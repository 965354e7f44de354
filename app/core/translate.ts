/**
 * Formats catalogue messages (ICU MessageFormat) in one language. The catalogue's keys are a type, so a message that does not
 * exist is a compile error; that both catalogues hold the same keys and arguments is proven by a test.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type { Locale } from './locale.ts';
import { en } from './messages/en.ts';
import { zhCN } from './messages/zh-CN.ts';

export type MessageKey = keyof typeof en;
export type MessageValues = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, values?: MessageValues) => string;

export const CATALOGUES: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = { en, 'zh-CN': zhCN };

/** Whether a key made from a code that a server sent is in the catalogue; servers may know codes that this build does not. */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}

/** Makes the formatter of one language. Each message is parsed once, when it is first shown. */
export function createTranslate(locale: Locale): Translate {
  const catalogue = CATALOGUES[locale];
  const parsed = new Map<MessageKey, IntlMessageFormat>();
  return (key, values) => {
    const message = parsed.get(key) ?? new IntlMessageFormat(catalogue[key], locale);
    parsed.set(key, message);
    return String(message.format(values === undefined ? undefined : { ...values }));
  };
}
