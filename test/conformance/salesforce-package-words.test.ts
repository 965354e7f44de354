/** Picklists hold the domain's codes under the same words as in HubSpot, and everything people read is there in English and Chinese. */
import { describe, expect, test } from 'vitest';
import { MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import { FIELD_LABELS, SLA_STATUS_LABELS, type LabelTable } from '../../server/crm/hubspot/labels.ts';
import { FIELD_OPTIONS } from '../../server/crm/hubspot/properties.ts';
import { fieldName, PACKAGE_PREFIX } from '../../server/crm/salesforce/field-names.ts';
import {
  all,
  packageFields,
  packageFiles,
  readMetadata,
  readSource,
  value,
  type PackageField,
  type XmlElement,
} from './salesforce-package-files.ts';

const FIELDS = packageFields();
const ONE_OWNER: LabelTable = {
  buy: { en: 'We buy', 'zh-CN': '我方采购（甲方）' },
  sell: { en: 'We sell', 'zh-CN': '我方供应（乙方）' },
};
const METRICS: LabelTable = {
  availability: { en: 'Availability', 'zh-CN': '可用率' },
  response: { en: 'Response', 'zh-CN': '响应' },
  resolution: { en: 'Resolution', 'zh-CN': '解决' },
};
const { none: _noSla, ...VERDICTS } = SLA_STATUS_LABELS;
const TABLES: Readonly<Record<string, LabelTable>> = {
  ...Object.fromEntries(
    MIRROR_FIELD_NAMES.flatMap((field) => {
      const options = FIELD_OPTIONS[field];
      return options === undefined ? [] : [[fieldName(field).replace(PACKAGE_PREFIX, ''), options]];
    }),
  ),
  Stage__c: FIELD_OPTIONS.stage ?? {},
  Health__c: FIELD_OPTIONS.health ?? {},
  Side__c: ONE_OWNER,
  Metric__c: METRICS,
  Verdict__c: VERDICTS,
};

const valueSetOf = (element: XmlElement) =>
  all(element, 'valueSet')
    .flatMap((set) => all(set, 'valueSetDefinition'))
    .flatMap((definition) => all(definition, 'value'));
const PICKLISTS = FIELDS.filter(({ element }) => valueSetOf(element).length > 0);
const translationOf = ({ object, name }: PackageField) =>
  readMetadata(`objectTranslations/${object}-zh_CN/${name}.fieldTranslation-meta.xml`);
const HAN = /\p{Script=Han}/u;

describe('picklists', () => {
  test('all of them are compared', () => {
    expect(PICKLISTS.length).toBe(21);
    expect(PICKLISTS.filter(({ name }) => TABLES[name] === undefined)).toEqual([]);
  });

  test.each(PICKLISTS)('$path holds the domain’s codes in the domain’s order, in both languages', (field) => {
    const table = Object.entries(TABLES[field.name] ?? {});
    const stored = valueSetOf(field.element).map((entry) => [value(entry, 'fullName'), value(entry, 'label')]);
    expect(stored).toEqual(table.map(([code, label]) => [code, label.en]));
    const translated = all(translationOf(field), 'picklistValues').map((entry) => [
      value(entry, 'masterLabel'),
      value(entry, 'translation'),
    ]);
    expect(translated).toEqual(table.map(([, label]) => [label.en, label['zh-CN']]));
  });

  test('labels within one picklist differ, since translations go by label', () => {
    for (const { element } of PICKLISTS) {
      const labels = valueSetOf(element).map((entry) => value(entry, 'label'));
      expect(new Set(labels).size).toBe(labels.length);
    }
  });
});

describe('fields', () => {
  test.each(MIRROR_FIELD_NAMES)('%s is called what it is called in HubSpot', (field) => {
    const name = fieldName(field).replace(PACKAGE_PREFIX, '');
    for (const found of FIELDS.filter(({ object, name: own }) => own === name && !object.endsWith('__c'))) {
      expect(value(found.element, 'label')).toBe(FIELD_LABELS[field].en);
      expect(value(translationOf(found), 'label')).toBe(FIELD_LABELS[field]['zh-CN']);
    }
  });

  test('every field has its Chinese label, help and related list', () => {
    const untranslated = FIELDS.filter((field) => {
      const translation = translationOf(field);
      const isTranslated = (name: string) => {
        const english = value(field.element, name === 'help' ? 'inlineHelpText' : name);
        const chinese = value(translation, name) ?? '';
        return english === null ? chinese === '' : HAN.test(chinese);
      };
      return value(translation, 'name') !== field.name || !['label', 'help', 'relationshipLabel'].every(isTranslated);
    });
    expect(untranslated.map(({ path }) => path)).toEqual([]);
  });

  test('no translation is left of a field that is gone', () => {
    const translated = packageFiles(/\.fieldTranslation-meta\.xml$/).map((file) => {
      const [, folder = '', base = ''] = file.split('/');
      return `${folder.replace('-zh_CN', '')}.${base.replace('.fieldTranslation-meta.xml', '')}`;
    });
    expect(translated.toSorted()).toEqual(FIELDS.map(({ path }) => path).toSorted());
  });
});

describe('objects', () => {
  test('every refusal of a validation rule and every quick action has Chinese words', () => {
    const rules = packageFiles(/\.validationRule-meta\.xml$/).map((file) => ({ file, part: 'validationRules' }));
    const actions = packageFiles(/\.quickAction-meta\.xml$/).map((file) => ({ file, part: 'quickActions' }));
    expect(rules.length).toBeGreaterThanOrEqual(5);
    expect(actions).toHaveLength(2);
    for (const { file, part } of [...rules, ...actions]) {
      const [object = '', name = ''] =
        part === 'validationRules'
          ? [file.split('/')[1], file.replace(/^.*\/|\.validationRule.*$/g, '')]
          : file.replace(/^.*\/|\.quickAction.*$/g, '').split('.');
      const entry = all(objectTranslation(object), part).find((found) => value(found, 'name') === name);
      expect(entry, file).toBeDefined();
      if (entry !== undefined) expect(value(entry, part === 'validationRules' ? 'errorMessage' : 'label')).toMatch(HAN);
    }
  });

  test('own objects and the sections of their layouts have Chinese names', () => {
    for (const file of packageFiles(/\.layout-meta\.xml$/)) {
      const [, object = '', layout = ''] = /^layouts\/(\w+)-(.*)\.layout-meta\.xml$/.exec(file) ?? [];
      const translation = objectTranslation(object);
      expect(all(translation, 'caseValues').map((entry) => HAN.test(value(entry, 'value') ?? '') || 'no')).toHaveLength(
        2,
      );
      expect(value(translation, 'nameFieldLabel')).toMatch(HAN);
      const translated = all(translation, 'layouts').find((entry) => value(entry, 'layout') === layout);
      const sections = all(readMetadata(file), 'layoutSections').map((section) => value(section, 'label'));
      expect(
        translated === undefined ? [] : all(translated, 'sections').map((entry) => value(entry, 'section')),
      ).toEqual(sections);
    }
  });

  function objectTranslation(object: string): XmlElement {
    return readMetadata(`objectTranslations/${object}-zh_CN/${object}-zh_CN.objectTranslation-meta.xml`);
  }
});

describe('custom labels', () => {
  const english = all(readMetadata('labels/CustomLabels.labels-meta.xml'), 'labels');
  const chinese = all(readMetadata('translations/zh_CN.translation-meta.xml'), 'customLabels');
  const names = english.map((entry) => value(entry, 'fullName') ?? '');

  test('every label that code uses exists, and every one that exists is used', () => {
    const used = packageFiles(/\.(?:cls|trigger|js)$/).flatMap((file) => [
      ...[...readSource(file).matchAll(/\bLabel\.(\w+)/g)].map(([, name]) => name ?? ''),
      ...[...readSource(file).matchAll(/@salesforce\/label\/c\.(\w+)/g)].map(([, name]) => name ?? ''),
    ]);
    expect(names.length).toBeGreaterThan(0);
    expect([...new Set(used)].toSorted()).toEqual(names.toSorted());
  });

  test('every label is in both languages', () => {
    expect(english.filter((entry) => (value(entry, 'value') ?? '') === '')).toEqual([]);
    expect(chinese.map((entry) => value(entry, 'name') ?? '').toSorted()).toEqual(names.toSorted());
    expect(chinese.filter((entry) => !HAN.test(value(entry, 'label') ?? ''))).toEqual([]);
  });
});
