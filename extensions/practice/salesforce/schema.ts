/** The org's objects at one moment: the standard ones, and the package's objects and fields while it is installed. */
import { idField, object, systemFields, text } from './field-builder.ts';
import type { FieldDefinition, ObjectDefinition, Schema } from './object-definition.ts';
import type { PackageObject, PackageSource } from './package-source.ts';
import { STANDARD_OBJECTS } from './standard-objects.ts';

/** Key prefixes of custom objects, handed out in the order of installation. */
const CUSTOM_PREFIX = 'a0';
const PREFIX_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Builds the schema; `source` null stands for an org without the package. */
export function buildSchema(source: PackageSource | null): Schema {
  const objects = new Map<string, ObjectDefinition>();
  for (const standard of STANDARD_OBJECTS) {
    const added = source?.fields.get(standard.name) ?? [];
    const fields = [...standard.fields, ...added.map((one) => translated(source, standard.name, one))];
    objects.set(standard.name, { ...standard, fields });
  }
  for (const [index, custom] of (source?.objects ?? []).entries())
    objects.set(custom.name, customObject(source, custom, index));
  return schemaOver(objects);
}

function schemaOver(objects: ReadonlyMap<string, ObjectDefinition>): Schema {
  const names = new Map([...objects.values()].map((one) => [one.name.toLowerCase(), one]));
  const fields = new Map(
    [...objects.values()].map((one) => [one, new Map(one.fields.map((own) => [own.name.toLowerCase(), own]))]),
  );
  return {
    objects,
    findObject: (name) => names.get(name.toLowerCase()),
    findField: (owner, name) => fields.get(owner)?.get(name.toLowerCase()),
  };
}

function customObject(source: PackageSource | null, custom: PackageObject, index: number): ObjectDefinition {
  const own = (source?.fields.get(custom.name) ?? []).map((one) => translated(source, custom.name, one));
  const hasMaster = own.some(({ type, nillable, custom: isCustom }) => type === 'reference' && !nillable && isCustom);
  const name =
    custom.autoNumber === null
      ? text('Name', 80, { nameField: true, label: custom.nameLabel })
      : text('Name', 80, {
          nameField: true,
          label: custom.nameLabel,
          autoNumber: custom.autoNumber,
          createable: false,
          updateable: false,
          nillable: false,
        });
  const letter = PREFIX_LETTERS.charAt(index % PREFIX_LETTERS.length);
  return object(
    custom.name,
    `${CUSTOM_PREFIX}${letter}`,
    [...idField(custom.label), translated(source, custom.name, name), ...systemFields({ owner: !hasMaster }), ...own],
    { custom: true, label: custom.label, labelPlural: custom.labelPlural, labels: labelsOf(source, custom.name) },
  );
}

/** Labels by language; those of picklist values under `language.Value label`. */
function translated(source: PackageSource | null, objectName: string, one: FieldDefinition): FieldDefinition {
  const key = `${objectName}.${one.name}`;
  const values = one.picklistValues.flatMap(({ label }) =>
    Object.entries(labelsOf(source, `${key}.${label}`)).map(
      ([language, word]) => [`${language}.${label}`, word] as const,
    ),
  );
  return { ...one, labels: { ...one.labels, ...labelsOf(source, key), ...Object.fromEntries(values) } };
}

function labelsOf(source: PackageSource | null, key: string): Readonly<Record<string, string>> {
  const entries = [...(source?.translations ?? [])].flatMap(([language, words]) => {
    const word = words.get(key);
    return word === undefined ? [] : [[language, word] as const];
  });
  return Object.fromEntries(entries);
}

/** Every reference from another object to this one. */
export interface ChildRelationship {
  readonly child: ObjectDefinition;
  readonly field: FieldDefinition;
}
export function childRelationships(schema: Schema, parent: ObjectDefinition): readonly ChildRelationship[] {
  return [...schema.objects.values()].flatMap((child) =>
    child.fields
      .filter(({ referenceTo }) => referenceTo.includes(parent.name))
      .map((reference) => ({ child, field: reference })),
  );
}

/** The name of a record's name field, such as `Name` or `CaseNumber`. */
export const nameFieldOf = (definition: ObjectDefinition): string =>
  definition.fields.find(({ nameField }) => nameField)?.name ?? 'Id';
