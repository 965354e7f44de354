/**
 * Reads the package from its source files, the way an installation takes it into an org: objects, fields, list views, validation rules,
 * permission sets and translations, each API name with the namespace before it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { BLANK_FIELD } from './field-builder.ts';
import type { FieldDefinition, FieldType, PicklistEntry } from './object-definition.ts';

export const NAMESPACE = 'counterpart';
const PREFIX = `${NAMESPACE}__`;

/** An API name as an installed package has it: custom names get the namespace, standard ones stay. */
const prefixed = (name: string): string => (/__(c|r|chn|e)$/.test(name) ? `${PREFIX}${name}` : name);

export interface PackageListView {
  readonly object: string;
  readonly name: string;
  readonly label: string;
  readonly columns: readonly string[];
  readonly filters: readonly { readonly field: string; readonly operation: string; readonly value: string }[];
}
interface PackageValidationRule {
  readonly object: string;
  readonly name: string;
  readonly message: string;
  readonly displayField: string | null;
}
interface PackagePermissionSet {
  readonly name: string;
  readonly label: string;
  /** Keys are `Object.Field`. */
  readonly fields: ReadonlyMap<string, { readonly readable: boolean; readonly editable: boolean }>;
  readonly objects: ReadonlyMap<string, ReadonlySet<'create' | 'read' | 'edit' | 'delete'>>;
}
export interface PackageObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly nameLabel: string;
  readonly autoNumber: string | null;
}
export interface PackageSource {
  readonly objects: readonly PackageObject[];
  readonly fields: ReadonlyMap<string, readonly FieldDefinition[]>;
  readonly listViews: readonly PackageListView[];
  readonly validationRules: readonly PackageValidationRule[];
  readonly permissionSets: readonly PackagePermissionSet[];
  /** Translated labels by language and key: `Object`, `Object.plural`, `Object.Field`, `Object.Field.Value label`, `Object.view.ListView`. */
  readonly translations: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const MANY: ReadonlySet<string> = new Set([
  'columns',
  'filters',
  'fieldPermissions',
  'objectPermissions',
  'fields',
  'picklistValues',
  'views',
  'caseValues',
]);
const parser = new XMLParser({
  ignoreDeclaration: true,
  ignoreAttributes: true,
  parseTagValue: false,
  isArray: (name, path) => (name === 'value' ? String(path).endsWith('valueSetDefinition.value') : MANY.has(name)),
});

function readXml<S extends z.ZodType>(file: string, root: string, schema: S): z.infer<S> {
  const document: unknown = parser.parse(readFileSync(file, 'utf8'));
  const parsed = z.object({ [root]: z.unknown() }).parse(document)[root];
  // An element without children is read as empty text.
  return schema.parse(parsed === '' ? {} : parsed);
}

const filesOf = (folder: string, suffix: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(suffix))
        .sort()
        .map((name) => join(folder, name))
    : [];
const foldersOf = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];

const CustomObject = z.object({
  label: z.string(),
  pluralLabel: z.string(),
  nameField: z.object({ label: z.string(), type: z.string(), displayFormat: z.string().optional() }),
});
const Value = z.object({ fullName: z.string(), label: z.string(), default: z.string().optional() });
const CustomField = z.object({
  fullName: z.string(),
  label: z.string(),
  type: z.string(),
  length: z.coerce.number().optional(),
  precision: z.coerce.number().optional(),
  scale: z.coerce.number().optional(),
  required: z.string().optional(),
  unique: z.string().optional(),
  externalId: z.string().optional(),
  defaultValue: z.string().optional(),
  trackHistory: z.string().optional(),
  referenceTo: z.string().optional(),
  relationshipName: z.string().optional(),
  deleteConstraint: z.string().optional(),
  valueSet: z
    .object({
      restricted: z.string().optional(),
      valueSetDefinition: z.object({ value: z.array(Value) }).optional(),
    })
    .optional(),
});
type CustomField = z.infer<typeof CustomField>;
const ListView = z.object({
  fullName: z.string(),
  label: z.string(),
  columns: z.array(z.string()).default([]),
  filters: z.array(z.object({ field: z.string(), operation: z.string(), value: z.string().default('') })).default([]),
});
const ValidationRule = z.object({
  fullName: z.string(),
  active: z.string(),
  errorMessage: z.string(),
  errorDisplayField: z.string().optional(),
});
const PermissionSet = z.object({
  label: z.string(),
  fieldPermissions: z.array(z.object({ field: z.string(), readable: z.string(), editable: z.string() })).default([]),
  objectPermissions: z
    .array(
      z.object({
        object: z.string(),
        allowCreate: z.string(),
        allowRead: z.string(),
        allowEdit: z.string(),
        allowDelete: z.string(),
      }),
    )
    .default([]),
});

/** Metadata API guide, CustomField: metadata type to the type a describe answer names. */
const TYPES: Readonly<Record<string, FieldType>> = {
  Text: 'string',
  TextArea: 'textarea',
  LongTextArea: 'textarea',
  Number: 'double',
  Currency: 'currency',
  Percent: 'percent',
  Date: 'date',
  DateTime: 'datetime',
  Checkbox: 'boolean',
  Picklist: 'picklist',
  MultiselectPicklist: 'multipicklist',
  Url: 'url',
  Email: 'email',
  Phone: 'phone',
  Lookup: 'reference',
  MasterDetail: 'reference',
};
const TEXT_AREA_LENGTH = 255;
const PICKLIST_LENGTH = 255;
const MULTIPICKLIST_LENGTH = 4_099;
const FIXED_LENGTHS: Partial<Record<FieldType, number>> = {
  textarea: TEXT_AREA_LENGTH,
  picklist: PICKLIST_LENGTH,
  multipicklist: MULTIPICKLIST_LENGTH,
  url: 255,
  email: 80,
  phone: 40,
  reference: 18,
};

function toField(source: CustomField): FieldDefinition {
  const type = TYPES[source.type];
  if (type === undefined) throw new Error(`field ${source.fullName} has the unknown type ${source.type}`);
  const masterDetail = source.type === 'MasterDetail';
  const name = prefixed(source.fullName);
  return {
    ...BLANK_FIELD,
    name,
    label: source.label,
    type,
    length: source.length ?? FIXED_LENGTHS[type] ?? 0,
    precision: source.precision ?? 0,
    scale: source.scale ?? 0,
    nillable: type !== 'boolean' && !masterDetail && source.required !== 'true',
    updateable: !masterDetail,
    custom: true,
    externalId: source.externalId === 'true',
    unique: source.unique === 'true',
    restrictedPicklist: source.valueSet?.restricted === 'true',
    picklistValues: (source.valueSet?.valueSetDefinition?.value ?? []).map(toEntry),
    referenceTo: source.referenceTo === undefined ? [] : [prefixed(source.referenceTo)],
    relationshipName: type === 'reference' ? name.replace(/__c$/, '__r') : null,
    childRelationshipName: source.relationshipName === undefined ? null : `${PREFIX}${source.relationshipName}__r`,
    onParentDelete:
      masterDetail || source.deleteConstraint === 'Cascade'
        ? 'cascade'
        : source.deleteConstraint === 'Restrict'
          ? 'restrict'
          : 'clear',
    defaultValue: type === 'boolean' ? source.defaultValue === 'true' : null,
    trackHistory: source.trackHistory === 'true',
  };
}
const toEntry = (value: z.infer<typeof Value>): PicklistEntry => ({
  value: value.fullName,
  label: value.label,
  active: true,
  defaultValue: value.default === 'true',
});

/** Reads `packageDir`, the folder that holds `objects`; throws when a file does not have the documented shape. */
export function readPackage(packageDir: string): PackageSource {
  const root = join(packageDir, 'objects');
  const objects: PackageObject[] = [];
  const fields = new Map<string, readonly FieldDefinition[]>();
  const listViews: PackageListView[] = [];
  const validationRules: PackageValidationRule[] = [];
  for (const folder of foldersOf(root)) {
    const name = prefixed(folder);
    const own = join(root, folder, `${folder}.object-meta.xml`);
    if (folder.endsWith('__c')) objects.push(toObject(name, readXml(own, 'CustomObject', CustomObject)));
    fields.set(
      name,
      filesOf(join(root, folder, 'fields'), '.field-meta.xml').map((file) =>
        toField(readXml(file, 'CustomField', CustomField)),
      ),
    );
    for (const file of filesOf(join(root, folder, 'listViews'), '.listView-meta.xml')) {
      const { fullName, label, columns, filters } = readXml(file, 'ListView', ListView);
      listViews.push({
        object: name,
        name: `${PREFIX}${fullName}`,
        label,
        columns: columns.map(prefixed),
        filters: filters.map((filter) => ({ ...filter, field: prefixed(filter.field) })),
      });
    }
    for (const file of filesOf(join(root, folder, 'validationRules'), '.validationRule-meta.xml')) {
      const rule = readXml(file, 'ValidationRule', ValidationRule);
      if (rule.active !== 'true') continue;
      const displayField = rule.errorDisplayField === undefined ? null : prefixed(rule.errorDisplayField);
      validationRules.push({ object: name, name: rule.fullName, message: rule.errorMessage, displayField });
    }
  }
  const permissionSets = filesOf(join(packageDir, 'permissionsets'), '.permissionset-meta.xml').map(readPermissionSet);
  return { objects, fields, listViews, validationRules, permissionSets, translations: readTranslations(packageDir) };
}

const toObject = (name: string, source: z.infer<typeof CustomObject>): PackageObject => ({
  name,
  label: source.label,
  labelPlural: source.pluralLabel,
  nameLabel: source.nameField.label,
  autoNumber: source.nameField.type === 'AutoNumber' ? (source.nameField.displayFormat ?? '{0}') : null,
});

function readPermissionSet(file: string): PackagePermissionSet {
  const source = readXml(file, 'PermissionSet', PermissionSet);
  const base = file.split('/').at(-1)?.replace('.permissionset-meta.xml', '') ?? '';
  const allowed = (entry: (typeof source.objectPermissions)[number]) =>
    new Set(
      (
        [
          ['create', entry.allowCreate],
          ['read', entry.allowRead],
          ['edit', entry.allowEdit],
          ['delete', entry.allowDelete],
        ] as const
      )
        .filter(([, value]) => value === 'true')
        .map(([right]) => right),
    );
  return {
    name: `${PREFIX}${base}`,
    label: source.label,
    fields: new Map(
      source.fieldPermissions.map(({ field, readable, editable }) => [
        field.split('.').map(prefixed).join('.'),
        { readable: readable === 'true', editable: editable === 'true' },
      ]),
    ),
    objects: new Map(source.objectPermissions.map((entry) => [prefixed(entry.object), allowed(entry)])),
  };
}

const ObjectTranslation = z.object({
  caseValues: z.array(z.object({ plural: z.string(), value: z.string() })).default([]),
  nameFieldLabel: z.string().optional(),
  views: z.array(z.object({ name: z.string(), label: z.string() })).default([]),
});
const FieldTranslation = z.object({
  name: z.string(),
  label: z.string().optional(),
  picklistValues: z.array(z.object({ masterLabel: z.string(), translation: z.string() })).default([]),
});

/** `objectTranslations/<Object>-<language>` holds one file per field beside the object's own. */
function readTranslations(packageDir: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const languages = new Map<string, Map<string, string>>();
  const root = join(packageDir, 'objectTranslations');
  for (const folder of foldersOf(root)) {
    const dash = folder.lastIndexOf('-');
    const [object, language] = [prefixed(folder.slice(0, dash)), folder.slice(dash + 1)];
    const words = languages.get(language) ?? new Map<string, string>();
    languages.set(language, words);
    const take = ({ name, label, picklistValues }: z.infer<typeof FieldTranslation>): void => {
      const key = `${object}.${prefixed(name)}`;
      if (label !== undefined) words.set(key, label);
      for (const { masterLabel, translation } of picklistValues) words.set(`${key}.${masterLabel}`, translation);
    };
    for (const file of filesOf(join(root, folder), '.objectTranslation-meta.xml')) {
      const one = readXml(file, 'CustomObjectTranslation', ObjectTranslation);
      for (const { plural, value } of one.caseValues) words.set(plural === 'true' ? `${object}.plural` : object, value);
      if (one.nameFieldLabel !== undefined) words.set(`${object}.Name`, one.nameFieldLabel);
      for (const { name, label } of one.views) words.set(`${object}.view.${PREFIX}${name}`, label);
    }
    for (const file of filesOf(join(root, folder), '.fieldTranslation-meta.xml'))
      take(readXml(file, 'CustomFieldTranslation', FieldTranslation));
  }
  return languages;
}
