/** The languages people can read Counterpart in, and how a host's user locale picks one of them. */
export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];

/** Host spellings that mean Simplified Chinese: HubSpot writes `zh-cn`, Salesforce `zh_CN`. Traditional Chinese is not one of them. */
const SIMPLIFIED_CHINESE = /^zh(-(cn|sg|hans(-[a-z]{2})?))?$/;

/**
 * Picks the language for a host's user locale, in any spelling (`zh-cn`, `zh_CN`, `zh-Hans-CN`, `en-gb`).
 * Anything unknown or absent reads English.
 */
export function pickLocale(hostLocale: string | null | undefined): Locale {
  const spelling = (hostLocale ?? '').toLowerCase().replaceAll('_', '-');
  return SIMPLIFIED_CHINESE.test(spelling) ? 'zh-CN' : 'en';
}
