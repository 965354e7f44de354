/** What an org knows of an object and its fields: the part of a describe answer that decides how the org behaves. */
import type { FieldValue } from './field-value.ts';

/** Field types under the names a describe answer gives them (Object reference, Field types). */
const FIELD_TYPES = [
  'id',
  'string',
  'textarea',
  'boolean',
  'int',
  'double',
  'currency',
  'percent',
  'date',
  'datetime',
  'picklist',
  'multipicklist',
  'reference',
  'email',
  'phone',
  'url',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface PicklistEntry {
  readonly value: string;
  readonly label: string;
  readonly active: boolean;
  readonly defaultValue: boolean;
}

export interface FieldDefinition {
  readonly name: string;
  readonly label: string;
  /** Label per language of the org, where the package translates it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly type: FieldType;
  /** Characters of a text; 0 for other types. */
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly custom: boolean;
  readonly externalId: boolean;
  readonly unique: boolean;
  readonly nameField: boolean;
  readonly restrictedPicklist: boolean;
  readonly picklistValues: readonly PicklistEntry[];
  readonly referenceTo: readonly string[];
  /** Name of the parent in SOQL: `Owner`, `Account`, `counterpart__Account__r`. */
  readonly relationshipName: string | null;
  /** Name of the children in SOQL, seen from the parent. */
  readonly childRelationshipName: string | null;
  /** What deleting the parent does to this record. */
  readonly onParentDelete: 'cascade' | 'restrict' | 'clear';
  readonly defaultValue: FieldValue;
  /** Format of an auto-number, such as `{00000000}`. */
  readonly autoNumber: string | null;
  readonly trackHistory: boolean;
  /** Set by the org, like `CreatedDate`. */
  readonly system: boolean;
}

export interface ObjectDefinition {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly keyPrefix: string;
  readonly custom: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly deletable: boolean;
  readonly mergeable: boolean;
  /** In the order of a describe answer. */
  readonly fields: readonly FieldDefinition[];
}

/** The objects of one org at one moment; installing or removing the package makes another. */
export interface Schema {
  readonly objects: ReadonlyMap<string, ObjectDefinition>;
  /** API names are matched without regard to case, as the API does. */
  findObject(name: string): ObjectDefinition | undefined;
  findField(object: ObjectDefinition, name: string): FieldDefinition | undefined;
}
