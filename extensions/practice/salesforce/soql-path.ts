/** Finding what a name in a query means: a field of the object, or of a parent over up to five relationships (SOQL guide, Relationship queries). */
import type { FieldValue } from './field-value.ts';
import type { FieldDefinition, ObjectDefinition, Schema } from './object-definition.ts';
import type { Access } from './permissions.ts';
import type { RecordStore, StoredRow } from './record-store.ts';
import { OrgRefusal } from './refusal.ts';

const PARENT_LEVELS_MAX = 5;

/** What a query needs to know of the org and of who asks. */
export interface QueryScope {
  readonly schema: Schema;
  readonly access: Access;
  readonly records: RecordStore;
  readonly soql: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Time zone of the user, in which date literals count. */
  readonly timeZone: string;
  readonly language: string;
  readonly includeDeleted: boolean;
  /** Address before record urls. */
  readonly base: string;
}

export interface FieldPath {
  /** References to follow from the row, outermost first. */
  readonly parents: readonly { readonly field: FieldDefinition; readonly object: ObjectDefinition }[];
  readonly field: FieldDefinition;
  readonly object: ObjectDefinition;
}

/** Names the place of the fault the way the API does. */
export function queryFault(
  code: 'INVALID_FIELD' | 'INVALID_TYPE' | 'MALFORMED_QUERY',
  soql: string,
  fault: { readonly at: string; readonly message: string },
): OrgRefusal {
  const found = soql.toLowerCase().indexOf(fault.at.toLowerCase());
  const column = Math.max(0, found);
  return new OrgRefusal(
    code,
    `\n${soql}\n${' '.repeat(column)}^\nERROR at Row:1:Column:${column + 1}\n${fault.message}`,
  );
}

const noColumn = (scope: QueryScope, object: ObjectDefinition, name: string): OrgRefusal =>
  queryFault('INVALID_FIELD', scope.soql, {
    at: name,
    message: `No such column '${name}' on entity '${object.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`,
  });

export function findObject(scope: QueryScope, name: string): ObjectDefinition {
  const object = scope.schema.findObject(name);
  if (object === undefined || !scope.access.canRead(object)) {
    throw queryFault('INVALID_TYPE', scope.soql, {
      at: name,
      message: `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
    });
  }
  return object;
}

/** Resolves `Account.Owner.Email`; an alias or the object's own name may stand in front. */
export function resolvePath(
  scope: QueryScope,
  object: ObjectDefinition,
  path: { readonly name: string; readonly alias?: string | undefined },
): FieldPath {
  const names = path.name.split('.');
  const first = (names[0] ?? '').toLowerCase();
  const isSelf = names.length > 1 && (first === path.alias?.toLowerCase() || first === object.name.toLowerCase());
  const steps = isSelf && relationOf(object, first) === undefined ? names.slice(1) : names;
  const fieldName = steps.at(-1) ?? '';
  const parents: { field: FieldDefinition; object: ObjectDefinition }[] = [];
  let current = object;
  if (steps.length - 1 > PARENT_LEVELS_MAX)
    throw queryFault('INVALID_FIELD', scope.soql, {
      at: path.name,
      message: 'SELECT relationship depth is more than five levels',
    });
  for (const step of steps.slice(0, -1)) {
    const reference = relationOf(current, step);
    const parent = scope.schema.findObject(reference?.referenceTo[0] ?? '');
    if (
      reference === undefined ||
      parent === undefined ||
      !scope.access.canReadField(current, reference) ||
      !scope.access.canRead(parent)
    ) {
      throw queryFault('INVALID_FIELD', scope.soql, {
        at: path.name,
        message: `Didn't understand relationship '${step}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
      });
    }
    parents.push({ field: reference, object: parent });
    current = parent;
  }
  const field = scope.schema.findField(current, fieldName);
  if (field === undefined || !scope.access.canReadField(current, field)) throw noColumn(scope, current, fieldName);
  return { parents, field, object: current };
}

const relationOf = (object: ObjectDefinition, name: string): FieldDefinition | undefined =>
  object.fields.find(({ relationshipName }) => relationshipName?.toLowerCase() === name.toLowerCase());

/** The value at a path, null when a parent on the way is missing. */
export function valueAt(scope: QueryScope, row: StoredRow, path: FieldPath): FieldValue {
  return parentAt(scope, row, path)?.values[path.field.name] ?? null;
}

/** The row that holds the path's field. */
export function parentAt(
  scope: QueryScope,
  row: StoredRow,
  { parents }: Pick<FieldPath, 'parents'>,
): StoredRow | undefined {
  let current: StoredRow | undefined = row;
  for (const { field, object } of parents) {
    const id: FieldValue = current?.values[field.name] ?? null;
    current = typeof id === 'string' ? scope.records.get(object.name, id) : undefined;
  }
  return current;
}
