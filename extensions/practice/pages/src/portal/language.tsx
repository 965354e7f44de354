import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { parseLanguage } from './languages.ts';
import type { Language } from './languages.ts';
import { EN } from './messages-en.ts';
import type { Message, MessageKey } from './messages-en.ts';
import { ZH_CN } from './messages-zh-cn.ts';

const CATALOGUES: Record<Language, Record<MessageKey, Message>> = { en: EN, 'zh-CN': ZH_CN };

export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

/** Returns the translator of a language. `{name}` is filled from the values; `n` also chooses the plural form. */
export function translate(language: Language): Translate {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (key, values = {}) => {
    const message = CATALOGUES[language][key];
    const form =
      typeof message === 'string' ? message : message[plural.select(Number(values['n'])) === 'one' ? 'one' : 'other'];
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === 'number' ? number.format(value) : value;
    });
  };
}

type LanguageChoice = {
  readonly language: Language;
  readonly t: Translate;
  readonly setLanguage: (language: Language) => void;
};

const STORAGE_KEY = 'practice-portal.language';

const LanguageContext = createContext<LanguageChoice>({
  language: 'en',
  t: translate('en'),
  setLanguage: () => undefined,
});

export const useLanguage = (): LanguageChoice => useContext(LanguageContext);

function initialLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang');
  return parseLanguage(asked ?? localStorage.getItem(STORAGE_KEY) ?? navigator.language);
}

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem(STORAGE_KEY, language);
  }, [language]);
  const choice = useMemo(() => ({ language, t: translate(language), setLanguage }), [language]);
  return <LanguageContext.Provider value={choice}>{children}</LanguageContext.Provider>;
}
