/**
 * The modules that Lightning itself gives a component, as a rollup plugin: `@salesforce/*` and the platform's part of `lightning/*`. Values
 * that depend on the person (language, time zone, labels) are read at run time from the page's session; the rest is fixed when building.
 */
import fs from 'node:fs';
import path from 'node:path';

const NAMESPACE = 'counterpart';
const PREFIX = '\0platform:';
/** Every feature gate of the base components is open in their package; this one needs element internals, which synthetic shadow refuses. */
const CLOSED_GATE = '@salesforce/gate/bc.260.enableComboboxElementInternals';
/** i18n values that follow the person's locale; the page's session has one getter for each. */
const LOCAL_I18N =
  /^@salesforce\/i18n\/(lang|locale|timeZone|currency|firstDayOfWeek|dateTime\.\w+|number\.currencySymbol)$/;
const PLATFORM_FILES = {
  'lightning/uiRecordApi': 'ui-record-api.js',
  'lightning/platformShowToastEvent': 'toast-event.js',
  'lightning/navigation': 'navigation.js',
  'lightning/actions': 'screen-action.js',
  'lightning/refresh': 'refresh.js',
};

/** @param {{ baseFolder: string, platformFolder: string }} options */
export function platformModules({ baseFolder, platformFolder }) {
  const platformFile = (name) => path.join(platformFolder, name);
  const scoped = (id) => path.join(baseFolder, 'scopedImports', `${id.replaceAll('/', '-')}.js`);
  return {
    name: 'platform-modules',
    resolveId(id, importer) {
      if (id === 'practice/session') return platformFile('session.js');
      const isBase = importer?.includes('lightning-base-components') === true;
      if (Object.hasOwn(PLATFORM_FILES, id) && !isBase) return platformFile(PLATFORM_FILES[id]);
      if (id === '@salesforce/apex') return platformFile('apex.js');
      if (LOCAL_I18N.test(id)) return PREFIX + id;
      if (/^@salesforce\/(apex|schema|user)\//.test(id) || id === CLOSED_GATE) return PREFIX + id;
      if (!id.startsWith('@salesforce/')) return null;
      const file = scoped(id);
      if (!fs.existsSync(file)) return null;
      return id.startsWith('@salesforce/label/') ? `${PREFIX}${id}` : file;
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const asked = id.slice(PREFIX.length);
      if (asked === CLOSED_GATE) return 'export default { isOpen: () => false };';
      const [, kind, ...rest] = asked.split('/');
      const name = rest.join('/');
      return SOURCES[kind](name, { platformFile, file: scoped(asked) });
    },
  };
}

const quote = (value) => JSON.stringify(value);

const SOURCES = {
  apex: (name, { platformFile }) =>
    `import { apexMethod } from ${quote(platformFile('apex.js'))}; export default apexMethod(${quote(name)});`,
  /** In an org every API name of a package carries its prefix. */
  schema: (name) => {
    const [object, ...fields] = name.split('.').map((part) => (part.endsWith('__c') ? `${NAMESPACE}__${part}` : part));
    const fieldApiName = fields.join('.');
    return `export default ${quote({ objectApiName: object, ...(fieldApiName === '' ? {} : { fieldApiName }) })};`;
  },
  user: (name) =>
    name === 'Id'
      ? "import { session } from 'practice/session'; export default session().user.id;"
      : 'export default false;',
  label: (name, { file }) =>
    `import english from ${quote(file)}; import { platformLabel } from 'practice/session'; export default platformLabel(${quote(name)}, english);`,
  i18n: (name, { file }) =>
    `import english from ${quote(file)}; import { localValue } from 'practice/session'; export default localValue(${quote(name)}, english);`,
};

/**
 * In synthetic shadow, which record pages of Lightning Experience use, the global style sheet styles the base components; their own sheets
 * only speak of native shadow. An empty sheet would be reported in development, so that one declaration stays.
 */
export const withoutBaseStyles = () => ({
  name: 'without-base-styles',
  load: (id) => (/lightning-base-components\/src\/.*\.css/.test(id) ? ':host{--x:0}' : null),
});

const DAY_CHECK = 'const utcOptions = Object.assign({}, utcTimeZone, formatOptions);';

/**
 * Outside Lightning Experience the base components read a typed day as midnight where the browser is, and then compare it with how that
 * instant reads in UTC: east of Greenwich every typed date counts as invalid and empties its field. Here it is compared where it was read.
 */
export const dayCheckedWhereItWasRead = () => ({
  name: 'day-checked-where-it-was-read',
  transform(code, id) {
    if (!id.endsWith('/internationalizationLibrary/datetime/dateTimeUtils.js')) return null;
    if (!code.includes(DAY_CHECK)) throw new Error('the base components check a typed day in another way now');
    return { code: code.replace(DAY_CHECK, 'const utcOptions = formatOptions;'), map: null };
  },
});
