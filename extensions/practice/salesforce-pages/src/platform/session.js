/** Who is at the screen and what the org consists of, set once before the pages are loaded, and everything that follows from the language. */
import { BASE_LABELS_ZH_CN } from './base-labels-zh-cn.js';

let me;
let catalogue = [];

export function openSession(answer, objects) {
  me = answer;
  catalogue = objects.map((object) => ({ ...object, fields: object.fields.map(asOnPages) }));
}

/** A describe answer calls a lookup "Account ID"; the pages, which show the parent's name, do not. */
const asOnPages = (field) =>
  field.type === 'reference' && !field.custom ? { ...field, label: field.label.replace(/ ID$/, '') } : field;

/** The answer of `/practice/api/me`. */
export const session = () => me;
export const objects = () => catalogue;
/** `en` or `zh-CN`. */
export const language = () => (me.user.language.startsWith('zh') ? 'zh-CN' : 'en');
/** Whoever switches the language here expects dates to follow; in Salesforce the locale is a setting of its own. */
export const locale = () => (language() === 'zh-CN' ? 'zh-CN' : me.user.locale.replace('_', '-'));
export const timeZone = () => me.user.timeZone;

export function platformLabel(name, english) {
  return language() === 'zh-CN' ? (BASE_LABELS_ZH_CN[name] ?? english) : english;
}

/** Date patterns of the two other locales people here have; the base components come with those of the United States. */
const PATTERNS = {
  'zh-CN': {
    'dateTime.shortDateFormat': 'yyyy/M/d',
    'dateTime.mediumDateFormat': 'yyyy-M-d',
    'dateTime.longDateFormat': "yyyy'年'M'月'd'日'",
    'dateTime.shortTimeFormat': 'HH:mm',
    'dateTime.mediumTimeFormat': 'HH:mm:ss',
  },
  'en-GB': {
    'dateTime.shortDateFormat': 'dd/MM/yyyy',
    'dateTime.mediumDateFormat': 'd MMM yyyy',
    'dateTime.longDateFormat': 'd MMMM yyyy',
    'dateTime.shortTimeFormat': 'HH:mm',
    'dateTime.mediumTimeFormat': 'HH:mm:ss',
  },
};

/** A value of `@salesforce/i18n`; `english` is the one that the base components bring. */
export function localValue(name, english) {
  switch (name) {
    case 'lang':
      return language();
    case 'locale':
      return locale();
    case 'timeZone':
      return timeZone();
    case 'currency':
      return me.org.currency;
    case 'firstDayOfWeek':
      return locale() === 'en-US' ? english : '2';
    default:
      return PATTERNS[locale()]?.[name] ?? english;
  }
}
