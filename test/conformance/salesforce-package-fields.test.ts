/** What the package's files name exists, the mirror fields are the domain's, and everybody's permissions cover them. */
import { describe, expect, test } from 'vitest';
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import type { MirrorField } from '../../server/domain/mirror.ts';
import {
  BASE_VERSION_FIELD,
  fieldName,
  FIRST_RESPONSE_FIELD,
  JOURNAL_FIELD,
  PACKAGE_PREFIX,
  SYNC_TOKEN_FIELD,
  VERSION_FIELD,
} from '../../server/crm/salesforce/field-names.ts';
import {
  all,
  descendants,
  packageFields,
  packageFiles,
  readMetadata,
  readSource,
  takesPermissions,
  value,
  values,
} from './salesforce-package-files.ts';

const FIELDS = packageFields();
const MIRRORED = ['Opportunity', 'Account'] as const;
const OWN = ['Contract_Link__c', 'Contract_Record__c', 'Sla_Result__c'];
const fieldOf = (path: string) => FIELDS.find((field) => field.path === path);
const local = (name: string) => name.replace(PACKAGE_PREFIX, '');
const MACHINERY = [SYNC_TOKEN_FIELD, BASE_VERSION_FIELD, VERSION_FIELD, JOURNAL_FIELD].map(local);

type FieldKind = (typeof MIRROR_FIELDS)[MirrorField]['kind'];
const TYPES: Record<FieldKind, readonly string[]> = {
  text: ['Text', 'Url'],
  integer: ['Number'],
  decimal: ['Number'],
  date: ['Date'],
  code: ['Picklist'],
  code_set: ['MultiselectPicklist'],
};

describe.each(MIRRORED)('%s', (object) => {
  const names = FIELDS.filter((field) => field.object === object).map(({ name }) => name);

  test('it has exactly the domain’s mirror fields and the machinery', () => {
    const expected = [...MIRROR_FIELD_NAMES.map((field) => local(fieldName(field))), ...MACHINERY];
    expect(names.toSorted()).toEqual(expected.toSorted());
  });

  test.each(MIRROR_FIELD_NAMES)('%s has the type of its kind', (field) => {
    const found = fieldOf(`${object}.${local(fieldName(field))}`);
    const { kind, ownership } = MIRROR_FIELDS[field];
    expect(TYPES[kind]).toContain(found === undefined ? null : value(found.element, 'type'));
    if (found === undefined) return;
    const scale = value(found.element, 'scale');
    if (kind === 'integer') expect(scale).toBe('0');
    if (kind === 'decimal') expect(Number(scale)).toBeGreaterThanOrEqual(2);
    // A foreign value of a shared field must arrive, so that it is refused visibly (S10).
    const [valueSet] = all(found.element, 'valueSet');
    if (valueSet !== undefined) expect(value(valueSet, 'restricted')).toBe(String(ownership !== 'shared'));
  });

  test('the trigger lists every one of them', () => {
    const source = readSource('classes/MirrorFields.cls');
    const listed = [...source.matchAll(new RegExp(`\\b${object}\\.(\\w+__c)`, 'g'))].map(([, name]) => name ?? '');
    expect(listed.toSorted()).toEqual(names.toSorted());
    const shared = new RegExp(`FOR_${object.toUpperCase()} =[^{]*\\{([^}]*)\\}`).exec(source)?.[1] ?? '';
    const expected = MIRROR_FIELD_NAMES.filter((field) => MIRROR_FIELDS[field].ownership === 'shared').map(
      (field) => `${object}.${local(fieldName(field))}`,
    );
    expect([...shared.matchAll(/[\w.]+/g)].map(([name]) => name)).toEqual(expected);
  });
});

test('opportunities and accounts have the same fields', () => {
  const shapeOf = (object: string) =>
    FIELDS.filter((field) => field.object === object).map(({ name, element }) => ({ name, element }));
  expect(shapeOf('Account')).toEqual(shapeOf('Opportunity'));
});

test('cases have the moment of the first response', () => {
  expect(fieldOf(`Case.${local(FIRST_RESPONSE_FIELD)}`)?.element).toBeDefined();
});

test.each(OWN)('%s has a unique external id by which it is written', (object) => {
  const field = fieldOf(`${object}.External_Id__c`)?.element;
  expect(field).toBeDefined();
  if (field === undefined) return;
  expect(['externalId', 'unique', 'required', 'caseSensitive'].map((name) => value(field, name))).toEqual([
    'true',
    'true',
    'true',
    'false',
  ]);
});

test('every field that the server writes to the package’s objects is there', () => {
  const source = readSource('../../../../../server/crm/salesforce/contract-rows.ts');
  const written = [...source.matchAll(/^ {6}(\w+__)([cr]):/gm)].map(([, base = '']) => `${base}c`);
  const own = new Set(FIELDS.filter(({ object }) => OWN.includes(object)).map(({ name }) => name));
  expect(written.length).toBeGreaterThan(20);
  expect(written.filter((name) => !own.has(name))).toEqual([]);
});

describe('permission sets', () => {
  const SETS = packageFiles(/\.permissionset-meta\.xml$/).map((file) => {
    const element = readMetadata(file);
    const fields = all(element, 'fieldPermissions').map((entry) => ({
      path: value(entry, 'field') ?? '',
      readable: value(entry, 'readable') === 'true',
      editable: value(entry, 'editable') === 'true',
    }));
    return { name: file.replace(/^.*\/|\.permissionset.*$/g, ''), element, fields };
  });
  const people = SETS.filter(({ name }) => name !== 'Counterpart_Integration');
  const granting = FIELDS.filter(takesPermissions).map(({ path }) => path);
  const editableIn = (name: string) =>
    SETS.find((set) => set.name === name)
      ?.fields.filter(({ editable }) => editable)
      .map(({ path }) => path)
      .toSorted();

  test('there is one for each kind of person and one for the connection', () => {
    expect(SETS.map(({ name }) => name)).toEqual([
      'Counterpart_Admin',
      'Counterpart_Integration',
      'Counterpart_Manager',
      'Counterpart_Rep',
    ]);
  });

  test.each(SETS)('$name names every field that takes permissions, and no other', ({ fields }) => {
    expect(fields.map(({ path }) => path).toSorted()).toEqual(granting.toSorted());
    expect(fields.filter(({ editable, readable }) => editable && !readable)).toEqual([]);
  });

  test('people edit the shared fields and nothing else', () => {
    const shared = MIRROR_FIELD_NAMES.filter((field) => MIRROR_FIELDS[field].ownership === 'shared');
    const expected = MIRRORED.flatMap((object) => shared.map((field) => `${object}.${local(fieldName(field))}`));
    for (const { name } of people) expect(editableIn(name)).toEqual(expected.toSorted());
  });

  test('nobody edits versions and journals, and only the connection edits tokens', () => {
    const kept = [VERSION_FIELD, JOURNAL_FIELD].map(local);
    const editable = editableIn('Counterpart_Integration') ?? [];
    expect(editable.filter((path) => kept.some((name) => path.endsWith(`.${name}`)))).toEqual([]);
    expect(editable).toContain(`Opportunity.${local(SYNC_TOKEN_FIELD)}`);
  });

  test('people see everything but the machinery, which only admins see', () => {
    for (const { name, fields } of people) {
      const unseen = fields.filter(({ readable }) => !readable).map(({ path }) => path);
      const machinery = MIRRORED.flatMap((object) => MACHINERY.map((field) => `${object}.${field}`));
      expect(unseen.toSorted()).toEqual(name === 'Counterpart_Admin' ? [] : machinery.toSorted());
    }
  });

  test('people read the package’s objects and the connection writes them', () => {
    for (const { name, element } of SETS) {
      const objects = all(element, 'objectPermissions');
      expect(objects.map((entry) => value(entry, 'object') ?? '').toSorted()).toEqual(OWN);
      const writes = objects.filter((entry) =>
        ['allowCreate', 'allowEdit', 'allowDelete', 'modifyAllRecords'].some((right) => value(entry, right) === 'true'),
      );
      expect(writes).toHaveLength(name === 'Counterpart_Integration' ? OWN.length : 0);
    }
  });

  test('no set carries a right over the org, and each gives the card to people alone', () => {
    for (const { name, element } of SETS) {
      expect(values(element, 'userPermissions')).toEqual([]);
      const classes = all(element, 'classAccesses').map((entry) => value(entry, 'apexClass'));
      const principals = all(element, 'externalCredentialPrincipalAccesses').map((entry) =>
        value(entry, 'externalCredentialPrincipal'),
      );
      const isForPeople = name !== 'Counterpart_Integration';
      expect(classes).toEqual(isForPeople ? ['ContractCardController'] : []);
      expect(principals).toEqual(isForPeople ? ['Counterpart-Counterpart'] : []);
    }
  });
});

describe('names', () => {
  const objects = new Set(FIELDS.map(({ object }) => object));
  const known = new Set([...FIELDS.flatMap(({ name, path }) => [name, path]), ...objects, 'Counterpart_Changes__chn']);
  const relationships = new Set(
    FIELDS.flatMap(({ name, element }) => {
      const children = value(element, 'relationshipName');
      return [...(children === null ? [] : [`${children}__r`]), name.replace('__c', '__r')];
    }),
  );
  const reportTypes = packageFiles(/\.reportType-meta\.xml$/);
  const isKnown = (name: string) => known.has(name) || relationships.has(name);
  const customNames = (text: string) => text.match(/\b[A-Za-z]\w*?__(?:c|r|chn)\b/g) ?? [];

  test('every custom name in Apex exists', () => {
    const used = packageFiles(/\.(?:cls|trigger)$/).flatMap((file) =>
      customNames(readSource(file)).map((name) => ({ file, name })),
    );
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter(({ name }) => !isKnown(name))).toEqual([]);
  });

  test('every custom name in pages, views, layouts, rules and channels exists', () => {
    const used = packageFiles(/\.xml$/)
      .filter((file) => !/^(?:objects\/[^/]+\/fields|lwc)\//.test(file))
      .flatMap((file) =>
        descendants(readMetadata(file))
          .filter(({ children }) => children.length === 0)
          .flatMap(({ text }) => customNames(text))
          .filter((name) => !isReportType(name))
          .map((name) => ({ file, name })),
      );
    expect(used.length).toBeGreaterThan(300);
    expect(used.filter(({ name }) => !isKnown(name))).toEqual([]);
  });

  function isReportType(name: string): boolean {
    return reportTypes.includes(`reportTypes/${name.replace(/__c$/, '')}.reportType-meta.xml`);
  }

  test('list views, layouts and report types use fields of their own object', () => {
    const strays = packageFiles(/\.(?:listView|layout)-meta\.xml$/).flatMap((file) => {
      const object = /^(?:objects\/([^/]+)|layouts\/(\w+?__c))/.exec(file)?.slice(1).find(Boolean) ?? '';
      const root = readMetadata(file);
      const named = descendants({ ...root, children: root.children.filter(({ name }) => name !== 'relatedLists') })
        .filter(({ name, text }) => (name === 'columns' || name === 'field') && text.endsWith('__c'))
        .map(({ text }) => `${object}.${text}`);
      return named.filter((path) => !known.has(path));
    });
    expect(strays).toEqual([]);
  });

  test('every field of the package’s objects stands on their layout', () => {
    for (const object of OWN) {
      const file = packageFiles(/\.layout-meta\.xml$/).find((name) => name.startsWith(`layouts/${object}-`)) ?? '';
      const shown = descendants(readMetadata(file)).filter(({ name }) => name === 'field');
      const names = FIELDS.filter((field) => field.object === object).map(({ name }) => name);
      expect(names.filter((name) => !shown.some(({ text }) => text === name))).toEqual([]);
    }
  });

  test('pages and actions show bundles that there are and that may stand there', () => {
    const bundles = packageFiles(/\.(?:flexipage|quickAction)-meta\.xml$/).flatMap((file) =>
      descendants(readMetadata(file))
        .filter(
          ({ name, text }) => name === 'lightningWebComponent' || (name === 'componentName' && text.startsWith('c:')),
        )
        .map(({ text }) => text.replace('c:', '')),
    );
    expect(new Set(bundles)).toEqual(new Set(['contractCard', 'attachContractAction']));
    for (const bundle of bundles) {
      const meta = readMetadata(`lwc/${bundle}/${bundle}.js-meta.xml`);
      expect(value(meta, 'isExposed')).toBe('true');
      const placed = descendants(meta).filter(({ name }) => name === 'object');
      expect(placed.map(({ text }) => text).toSorted()).toEqual(['Account', 'Opportunity']);
    }
  });

  test('the channel carries the changes of the three objects that the server reads', () => {
    const members = packageFiles(/\.platformEventChannelMember-meta\.xml$/).map((file) => readMetadata(file));
    expect(members.map((member) => value(member, 'selectedEntity') ?? '').toSorted()).toEqual([
      'AccountChangeEvent',
      'CaseChangeEvent',
      'OpportunityChangeEvent',
    ]);
    expect(new Set(members.map((member) => value(member, 'eventChannel')))).toEqual(
      new Set(['Counterpart_Changes__chn']),
    );
  });
});
