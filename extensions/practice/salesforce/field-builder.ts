/** Short hands for writing down standard objects the way the Object reference lists them. */
import type { FieldDefinition, FieldType, ObjectDefinition, PicklistEntry } from './object-definition.ts';

export const BLANK_FIELD: FieldDefinition = {
  name: '',
  label: '',
  labels: {},
  type: 'string',
  length: 0,
  precision: 0,
  scale: 0,
  nillable: true,
  createable: true,
  updateable: true,
  custom: false,
  externalId: false,
  unique: false,
  nameField: false,
  restrictedPicklist: false,
  picklistValues: [],
  referenceTo: [],
  relationshipName: null,
  childRelationshipName: null,
  onParentDelete: 'clear',
  defaultValue: null,
  autoNumber: null,
  trackHistory: false,
  system: false,
};

type More = Partial<FieldDefinition>;
const LENGTHS: Partial<Record<FieldType, number>> = {
  id: 18,
  reference: 18,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
};

/** A field with the label that its name spells out unless one is given. */
export function field(name: string, type: FieldType, more: More = {}): FieldDefinition {
  const label = more.label ?? name.replace(/Id$/, ' ID').replace(/([a-z])([A-Z])/g, '$1 $2');
  return { ...BLANK_FIELD, name, label, type, length: LENGTHS[type] ?? 0, ...more };
}
export const text = (name: string, length: number, more: More = {}): FieldDefinition =>
  field(name, 'string', { length, ...more });
export const longText = (name: string, length: number, more: More = {}): FieldDefinition =>
  field(name, 'textarea', { length, ...more });
export const flag = (name: string, more: More = {}): FieldDefinition =>
  field(name, 'boolean', { nillable: false, defaultValue: false, ...more });
export const money = (name: string, more: More = {}): FieldDefinition =>
  field(name, 'currency', { precision: 18, scale: 2, ...more });

/** A reference; `parent` is its name in SOQL, `children` the name seen from the other side. */
export function lookup(
  name: string,
  to: string,
  names: { readonly parent: string; readonly children?: string },
  more: More = {},
): FieldDefinition {
  return field(name, 'reference', {
    referenceTo: [to],
    relationshipName: names.parent,
    childRelationshipName: names.children ?? null,
    ...more,
  });
}

/** A picklist; the values are codes, or pairs of code and Chinese label. */
export function picklist(name: string, values: readonly string[], more: More = {}): FieldDefinition {
  return field(name, 'picklist', { picklistValues: values.map((value) => entry(value, more.defaultValue)), ...more });
}
const entry = (value: string, defaultValue: unknown): PicklistEntry => ({
  value,
  label: value,
  active: true,
  defaultValue: value === defaultValue,
});

const READ_ONLY = { createable: false, updateable: false, nillable: false, system: true } as const;

/** The fields that every record has (Object reference, System fields). */
export function systemFields(options: { readonly owner: boolean }): readonly FieldDefinition[] {
  const owner = lookup(
    'OwnerId',
    'User',
    { parent: 'Owner' },
    { nillable: false, label: 'Owner ID', labels: { zh_CN: '所有人' } },
  );
  return [
    ...(options.owner ? [owner] : []),
    field('CreatedDate', 'datetime', READ_ONLY),
    lookup('CreatedById', 'User', { parent: 'CreatedBy' }, { ...READ_ONLY, label: 'Created By ID' }),
    field('LastModifiedDate', 'datetime', READ_ONLY),
    lookup('LastModifiedById', 'User', { parent: 'LastModifiedBy' }, { ...READ_ONLY, label: 'Last Modified By ID' }),
    field('SystemModstamp', 'datetime', READ_ONLY),
  ];
}
export const idField = (label: string): readonly FieldDefinition[] => [
  field('Id', 'id', { ...READ_ONLY, label: `${label} ID` }),
  flag('IsDeleted', { ...READ_ONLY, label: 'Deleted' }),
];

export function object(
  name: string,
  keyPrefix: string,
  fields: readonly FieldDefinition[],
  more: Partial<ObjectDefinition> = {},
): ObjectDefinition {
  const label = more.label ?? name.replace(/([a-z])([A-Z])/g, '$1 $2');
  return {
    name,
    keyPrefix,
    label,
    labelPlural: label.endsWith('y') ? `${label.slice(0, -1)}ies` : `${label}s`,
    labels: {},
    custom: false,
    createable: true,
    updateable: true,
    deletable: true,
    mergeable: false,
    fields,
    ...more,
  };
}
