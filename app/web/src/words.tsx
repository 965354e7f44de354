/** Language, dates and money for the workspace. The catalogue of the cards serves here too; what only the workspace says is in messages/. */
import { type Locale, pickLocale } from '@counterpart/app/core/locale.ts';
import { DATE_TAGS, formatDate, formatMonth } from '@counterpart/app/core/plain-date.ts';
import { createPresenter } from '@counterpart/app/core/present.ts';
import { createTranslate, isMessageKey, type Translate } from '@counterpart/app/core/translate.ts';
import type { money } from '@counterpart/app/wire/card.ts';
import { IntlMessageFormat } from 'intl-messageformat';
import { createContext, type ReactNode, use, useMemo } from 'react';
import type { z } from 'zod';
import { en } from './messages/en.ts';
import { zhCN } from './messages/zh-cn.ts';

export type WebKey = keyof typeof en;
type Values = Readonly<Record<string, string | number>>;

export type Words = {
  readonly locale: Locale;
  /** What only the workspace says. */
  readonly t: (key: WebKey, values?: Values) => string;
  /** What the cards say too. */
  readonly c: Translate;
  /** The wording of a code such as `stage.active`; the code itself when this build does not know it. */
  readonly code: (group: string, value: string) => string;
  /** What a field was set to, from its stored text: codes in words, dates and money as the reader writes them. */
  readonly value: (field: string, text: string | null) => string;
  readonly day: (date: string | null) => string;
  /** A month, of `YYYY-MM`. */
  readonly month: (period: string) => string;
  readonly moment: (instant: string | null) => string;
  readonly money: (amount: z.infer<typeof money> | null) => string;
  readonly number: (value: number) => string;
};

const CATALOGUES = { en, 'zh-CN': zhCN } as const satisfies Record<Locale, Record<WebKey, string>>;
const Context = createContext<Words | null>(null);
const isWebKey = (key: string): key is WebKey => Object.hasOwn(en, key);

function makeWords(locale: Locale): Words {
  const parsed = new Map<WebKey, IntlMessageFormat>();
  const c = createTranslate(locale);
  const momentFormat = new Intl.DateTimeFormat(DATE_TAGS[locale], { dateStyle: 'medium', timeStyle: 'short' });
  const numberFormat = new Intl.NumberFormat(locale);
  const presenter = createPresenter(locale, momentFormat.resolvedOptions().timeZone);
  const t: Words['t'] = (key, values) => {
    const message = parsed.get(key) ?? new IntlMessageFormat(CATALOGUES[locale][key], locale);
    parsed.set(key, message);
    return String(message.format(values === undefined ? undefined : { ...values }));
  };
  return {
    locale,
    c,
    t,
    code: (group, value) => {
      const key = `${group}.${value}`;
      if (isWebKey(key)) return t(key);
      return isMessageKey(key) ? c(key) : value;
    },
    value: (field, text) => (text === null || text === '' ? '–' : presenter.value(field, text)),
    month: (period) => formatMonth(locale, period),
    day: (date) => (date === null ? '–' : formatDate(locale, date)),
    moment: (instant) => (instant === null ? '–' : momentFormat.format(new Date(instant))),
    money: (amount) => (amount === null ? '–' : formatMoney(locale, amount)),
    number: (value) => numberFormat.format(value),
  };
}

function formatMoney(locale: Locale, amount: z.infer<typeof money>): string {
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: amount.currency,
    maximumFractionDigits: 0,
  });
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency: amount.currency }).resolvedOptions()
      .maximumFractionDigits ?? 2;
  return format.format(Number(amount.minor) / 10 ** digits);
}

export function WordsProvider({ locale, children }: { readonly locale: string; readonly children: ReactNode }) {
  const words = useMemo(() => makeWords(pickLocale(locale)), [locale]);
  return <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
  const words = use(Context);
  if (words === null) throw new Error('useWords needs a WordsProvider above it');
  return words;
}
