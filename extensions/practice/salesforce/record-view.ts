/** A record as the row resources answer it. */
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';
import type { Access } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import type { StoredRow } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';

/** The fields asked for, all that the user may see without a list; refuses names that are none. */
export function readableFields(
  org: PracticeOrg,
  object: ObjectDefinition,
  asked: { readonly access: Access; readonly names: readonly string[] | null },
): readonly FieldDefinition[] {
  const { access, names } = asked;
  if (names === null) return object.fields.filter((field) => access.canReadField(object, field));
  const fields = names.map((name) => {
    const field = org.schema().findField(object, name.trim());
    if (field === undefined || !access.canReadField(object, field))
      throw new OrgRefusal(
        'INVALID_FIELD',
        `No such column '${name}' on entity '${object.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`,
      );
    return field;
  });
  return [...new Set(fields)];
}

/** The record with its attributes first. */
export function viewRecord(
  row: StoredRow,
  fields: readonly FieldDefinition[],
  base: string,
): Readonly<Record<string, unknown>> {
  return {
    attributes: { type: row.object, url: `${base}/sobjects/${row.object}/${row.id}` },
    ...Object.fromEntries(fields.map(({ name }) => [name, row.values[name] ?? null])),
  };
}
