/** Records as the pages show them: values with the words a reader of this language expects. */
import { entryLabel, labelOf } from './describe.ts';
import { type FieldValue, parseInstant } from './field-value.ts';
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';
import type {
  PageField,
  PageHistoryEntry,
  PageListView,
  PageObject,
  PageRow,
  PageUser,
  PageValue,
} from './page-wire.ts';
import { type Access, accessOf } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import { type StoredRow, isDeleted, textOf } from './record-store.ts';
import { childRelationships, nameFieldOf } from './schema.ts';
import { MACHINERY } from './trigger-rules.ts';
import { listViewsOf } from './list-views.ts';

/** Who looks, and in which language. */
export interface Reading {
  readonly org: PracticeOrg;
  readonly userId: string;
  readonly access: Access;
  readonly language: string;
}

export function readingOf(org: PracticeOrg, userId: string): Reading {
  const language = textOf(org.records.get('User', userId), 'LanguageLocaleKey') ?? org.profile.language;
  return { org, userId, access: accessOf(org, userId), language };
}

export function viewUser(org: PracticeOrg, userId: string): PageUser {
  const row = org.records.get('User', userId);
  const get = (name: string): string => textOf(row, name) ?? '';
  const member = org.members.get(userId);
  return {
    id: userId,
    name: get('Name'),
    email: get('Email'),
    username: get('Username'),
    isAdmin: member?.isAdmin === true,
    language: get('LanguageLocaleKey'),
    locale: get('LocaleSidKey'),
    timeZone: get('TimeZoneSidKey'),
    permissionSets: member?.permissionSets ?? [],
  };
}

/** Fields that stand on a page, for somebody with this access. */
const shownFields = ({ access }: Reading, object: ObjectDefinition): readonly FieldDefinition[] =>
  object.fields.filter((field) => access.canReadField(object, field) && !MACHINERY.has(field.name));

export function viewObject(reading: Reading, object: ObjectDefinition): PageObject {
  const { org, access, language } = reading;
  return {
    name: object.name,
    label: labelOf(object, language),
    labelPlural:
      object.labels[`${language}.plural`] ??
      (object.labels[language] !== undefined ? labelOf(object, language) : object.labelPlural),
    keyPrefix: object.keyPrefix,
    nameField: nameFieldOf(object),
    fields: shownFields(reading, object).map((field) => viewField(reading, object, field)),
    listViews: viewListViews(reading, object),
    childRelationships: childRelationships(org.schema(), object)
      .filter(({ child, field }) => field.childRelationshipName !== null && access.canRead(child))
      .map(({ child, field }) => ({
        relationship: field.childRelationshipName ?? '',
        object: child.name,
        field: field.name,
      })),
    createable: object.createable && access.canWrite(object, 'create'),
    deletable: object.deletable && access.canWrite(object, 'delete'),
    mergeable: object.mergeable,
  };
}

/** Columns that the reader may not see are left out, and so is a view that filters by one. */
function viewListViews({ org, access, language }: Reading, object: ObjectDefinition): readonly PageListView[] {
  const isReadable = (name: string): boolean => {
    const field = org.schema().findField(object, name);
    return field !== undefined && access.canReadField(object, field);
  };
  return listViewsOf(org, object)
    .filter(({ filters }) => filters.every(({ field }) => isReadable(field)))
    .map((view) => ({
      name: view.name,
      label: view.labels[language] ?? view.label,
      columns: view.columns.filter(isReadable),
      filters: view.filters,
    }));
}

function viewField({ access, language }: Reading, object: ObjectDefinition, field: FieldDefinition): PageField {
  return {
    name: field.name,
    label: labelOf(field, language),
    type: field.type,
    length: field.length,
    scale: field.scale,
    required: !field.nillable && field.createable && field.type !== 'boolean',
    editable:
      (field.updateable || field.createable) && access.canEditField(object, field) && access.canWrite(object, 'edit'),
    custom: field.custom,
    picklistValues: field.picklistValues.map((entry) => ({ ...entry, label: entryLabel(field, entry, language) })),
    restrictedPicklist: field.restrictedPicklist,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
  };
}

/** A row with the given fields, or with everything that stands on its page. */
export function viewRow(reading: Reading, row: StoredRow, fields?: readonly FieldDefinition[]): PageRow {
  const object = reading.org.schema().objects.get(row.object);
  const shown = fields ?? (object === undefined ? [] : shownFields(reading, object));
  return {
    id: row.id,
    object: row.object,
    name: nameOf(reading.org, row),
    isDeleted: isDeleted(row),
    values: Object.fromEntries(
      shown.map((field) => [field.name, viewValue(reading, field, row.values[field.name] ?? null)]),
    ),
  };
}

const nameOf = (org: PracticeOrg, row: StoredRow): string => {
  const object = org.schema().objects.get(row.object);
  return String((object === undefined ? null : row.values[nameFieldOf(object)]) ?? row.values.Name ?? row.id);
};

function viewValue({ org, language }: Reading, field: FieldDefinition, value: FieldValue): PageValue {
  const word = (code: string): string => {
    const entry = field.picklistValues.find((one) => one.value === code);
    return entry === undefined ? code : entryLabel(field, entry, language);
  };
  if (value === null) return { value, display: '' };
  if (field.type === 'picklist') return { value, display: word(String(value)) };
  if (field.type === 'multipicklist') return { value, display: String(value).split(';').map(word).join('; ') };
  if (field.type !== 'reference') return { value, display: String(value) };
  const parents = field.referenceTo.flatMap((name) => org.records.get(name, String(value)) ?? []);
  return { value, display: parents[0] === undefined ? String(value) : nameOf(org, parents[0]) };
}

/** Newest first; fields that the reader may not see are left out. */
export function viewHistory(reading: Reading, row: StoredRow): readonly PageHistoryEntry[] {
  const { org, access, language } = reading;
  const object = org.schema().objects.get(row.object);
  if (object === undefined) return [];
  return (org.history.get(row.id) ?? []).toReversed().flatMap((entry): readonly PageHistoryEntry[] => {
    const field = org.schema().findField(object, entry.field);
    if (field === undefined || MACHINERY.has(field.name) || !access.canReadField(object, field)) return [];
    const userName = textOf(org.records.get('User', entry.userId), 'Name') ?? '';
    return [{ ...entry, label: labelOf(field, language), userName }];
  });
}

export const modifiedAtOf = (row: StoredRow): number => parseInstant(String(row.values.LastModifiedDate)) ?? 0;
