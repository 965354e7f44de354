/** Describe answers (REST guide, sObject Describe; SOAP guide, DescribeSObjectResult), with the keys the documentation lists. */
import type { FieldDefinition, FieldType, ObjectDefinition, Schema } from './object-definition.ts';
import type { Access } from './permissions.ts';
import { childRelationships } from './schema.ts';

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  string: 'xsd:string',
  textarea: 'xsd:string',
  picklist: 'xsd:string',
  multipicklist: 'xsd:string',
  email: 'xsd:string',
  phone: 'xsd:string',
  url: 'xsd:string',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
};
const BYTES_PER_CHARACTER = 3;
const NOT_SORTABLE: ReadonlySet<FieldType> = new Set(['textarea', 'multipicklist']);

export interface Reader {
  readonly schema: Schema;
  readonly access: Access;
  /** Language of the user, such as `zh_CN`. */
  readonly language: string;
}

export const labelOf = (
  one: { readonly label: string; readonly labels: Readonly<Record<string, string>> },
  language: string,
): string => one.labels[language] ?? one.label;

/** The short description that the list of objects and the object resource carry. */
export function describeBriefly(
  object: ObjectDefinition,
  base: string,
  { access, language }: Reader,
): Readonly<Record<string, unknown>> {
  const url = `${base}/sobjects/${object.name}`;
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: object.createable && access.canWrite(object, 'create'),
    custom: object.custom,
    customSetting: false,
    deepCloneable: false,
    deletable: object.deletable && access.canWrite(object, 'delete'),
    deprecatedAndHidden: false,
    feedEnabled: false,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: object.keyPrefix,
    label: labelOf(object, language),
    labelPlural: object.labelPlural,
    layoutable: true,
    mergeable: object.mergeable,
    mruEnabled: true,
    name: object.name,
    queryable: true,
    replicateable: object.name !== 'Organization',
    retrieveable: true,
    searchable: true,
    triggerable: true,
    undeletable: object.deletable,
    updateable: object.updateable && access.canWrite(object, 'edit'),
    urls: { rowTemplate: `${url}/{ID}`, describe: `${url}/describe`, sobject: url },
  };
}

/** The whole description; fields that the user may not see are not in it. */
export function describeFully(
  object: ObjectDefinition,
  base: string,
  reader: Reader,
): Readonly<Record<string, unknown>> {
  const brief = describeBriefly(object, base, reader);
  return {
    ...brief,
    actionOverrides: [],
    childRelationships: childRelationships(reader.schema, object)
      .filter(({ child, field }) => reader.access.canRead(child) && reader.access.canReadField(child, field))
      .map(({ child, field }) => ({
        cascadeDelete: field.onParentDelete === 'cascade',
        childSObject: child.name,
        deprecatedAndHidden: false,
        field: field.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: field.childRelationshipName,
        restrictedDelete: field.onParentDelete === 'restrict',
      })),
    compactLayoutable: true,
    fields: object.fields
      .filter((field) => reader.access.canReadField(object, field))
      .map((field) => describeField(object, field, reader)),
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [],
    searchLayoutable: true,
    supportedScopes: [
      { label: `All ${object.labelPlural.toLowerCase()}`, name: 'everything' },
      { label: `My ${object.labelPlural.toLowerCase()}`, name: 'mine' },
    ],
  };
}

/** What no field of this org has. */
const SAME_FOR_ALL = {
  aiPredictionField: false,
  calculated: false,
  calculatedFormula: null,
  caseSensitive: false,
  compoundFieldName: null,
  controllerName: null,
  defaultValueFormula: null,
  dependentPicklist: false,
  deprecatedAndHidden: false,
  displayLocationInDecimal: false,
  encrypted: false,
  extraTypeInfo: null,
  filteredLookupInfo: null,
  formulaTreatNullNumberAsZero: false,
  highScaleNumber: false,
  htmlFormatted: false,
  inlineHelpText: null,
  mask: null,
  maskType: null,
  namePointing: false,
  polymorphicForeignKey: false,
  queryByDistance: false,
  referenceTargetField: null,
  relationshipOrder: null,
  searchPrefilterable: false,
  writeRequiresMasterRead: false,
} as const;

function describeField(
  object: ObjectDefinition,
  field: FieldDefinition,
  { access, language }: Reader,
): Readonly<Record<string, unknown>> {
  const editable = access.canEditField(object, field);
  const sortable = !NOT_SORTABLE.has(field.type);
  return {
    ...SAME_FOR_ALL,
    aggregatable: sortable,
    autoNumber: field.autoNumber !== null,
    byteLength: field.length * (field.type === 'id' || field.type === 'reference' ? 1 : BYTES_PER_CHARACTER),
    cascadeDelete: field.onParentDelete === 'cascade',
    createable: field.createable && editable,
    custom: field.custom,
    defaultValue: field.defaultValue,
    defaultedOnCreate:
      field.system || field.type === 'boolean' || field.defaultValue !== null || field.name === 'OwnerId',
    digits: field.type === 'int' ? 9 : 0,
    externalId: field.externalId,
    filterable: field.type !== 'textarea',
    groupable: sortable && field.type !== 'datetime',
    idLookup: field.type === 'id' || field.externalId,
    label: labelOf(field, language),
    length: field.length,
    name: field.name,
    nameField: field.nameField,
    nillable: field.nillable,
    permissionable: field.nillable && !field.system,
    picklistValues: field.picklistValues.map((entry) => ({
      ...entry,
      label: entryLabel(field, entry, language),
      validFor: null,
    })),
    precision: field.precision,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
    restrictedDelete: field.onParentDelete === 'restrict',
    restrictedPicklist: field.restrictedPicklist,
    scale: field.scale,
    soapType: SOAP_TYPES[field.type],
    sortable,
    type: field.type,
    unique: field.unique,
    updateable: field.updateable && editable,
  };
}

/** Translated labels of picklist values are kept under the value's own key. */
export const entryLabel = (
  field: FieldDefinition,
  entry: { readonly value: string; readonly label: string },
  language: string,
): string => field.labels[`${language}.${entry.label}`] ?? entry.label;
