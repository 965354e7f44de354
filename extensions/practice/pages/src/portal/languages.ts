const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The two tags a HubSpot user context carries (HubSpot docs, UI extensions SDK: `locale` and `language`). */
export const HOST_LOCALE: Record<Language, { readonly locale: string; readonly language: string }> = {
  en: { locale: 'en-us', language: 'en' },
  'zh-CN': { locale: 'zh-cn', language: 'zh-cn' },
};

export const LANGUAGE_NAME: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' };

/** Reads a language tag of any spelling; everything that is not Chinese is English. */
export function parseLanguage(tag: string | null | undefined): Language {
  return tag?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
