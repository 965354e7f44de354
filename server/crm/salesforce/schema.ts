/**
 * Makes sure that the package's fields are there and ours to write. It makes nothing itself: the package brings fields, lists and pages,
 * and an administrator gives the app's user the permission set. What is missing is named, because to the app a field that is not there
 * and one that it may not see look the same.
 */
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { MirrorField } from '../../domain/mirror.ts';
import type { CallOptions, ConnectionRef, HostFailure, HostObjectType, HostResult, SchemaReport } from '../port.ts';
import { failed } from '../transport.ts';
import { missingFields } from './batch-read.ts';
import {
  BASE_VERSION_FIELD,
  fieldName,
  FIRST_RESPONSE_FIELD,
  JOURNAL_FIELD,
  SYNC_TOKEN_FIELD,
  VERSION_FIELD,
} from './field-names.ts';
import { MIRRORED_OBJECT_TYPES, SALESFORCE_OBJECTS } from './object-types.ts';
import type { FieldDirectory, OrgFields } from './org-fields.ts';

type Install = {
  readonly directory: FieldDirectory;
  readonly connection: ConnectionRef;
  readonly options: CallOptions;
};

export async function ensureSchema(install: Install): Promise<HostResult<SchemaReport>> {
  const present: string[] = [];
  for (const objectType of MIRRORED_OBJECT_TYPES) {
    const checked = await checkObject(install, objectType);
    if (!checked.ok) return checked;
    present.push(...checked.value);
  }
  const cases = await checkCases(install);
  if (!cases.ok) return cases;
  return { ok: true, value: { created: [], present: [...present, ...cases.value], listsCreated: [] } };
}

/** What an administrator has just put right is to be seen at once. */
async function freshFields(
  { directory, connection, options }: Install,
  objectType: HostObjectType,
): Promise<HostResult<OrgFields>> {
  directory.forget(connection, objectType);
  return directory.fields(connection, objectType, options);
}

async function checkObject(install: Install, objectType: HostObjectType): Promise<HostResult<readonly string[]>> {
  const described = await freshFields(install, objectType);
  if (!described.ok) return described;
  const fields = described.value;
  const written = [...MIRROR_FIELD_NAMES.map(fieldName), SYNC_TOKEN_FIELD, BASE_VERSION_FIELD];
  const wanted = [...written, VERSION_FIELD, JOURNAL_FIELD];
  const missing = wanted.filter((name) => !fields.has(name));
  if (missing.length > 0) return failed(missingFields(objectType, missing));
  const readOnly = written.filter((name) => fields.get(name)?.updateable !== true);
  if (readOnly.length > 0) return failed(missingFields(objectType, readOnly));
  const clash = MIRROR_FIELD_NAMES.find((field) => !hasType(fields, field));
  if (clash !== undefined) return failed(typeClash(objectType, clash));
  return { ok: true, value: wanted.map((name) => `${SALESFORCE_OBJECTS[objectType].name}.${name}`) };
}

/** Cases are read only. */
async function checkCases(install: Install): Promise<HostResult<readonly string[]>> {
  const described = await freshFields(install, 'case');
  if (!described.ok) return described;
  return described.value.has(FIRST_RESPONSE_FIELD)
    ? { ok: true, value: [`Case.${FIRST_RESPONSE_FIELD}`] }
    : failed(missingFields('case', [FIRST_RESPONSE_FIELD]));
}

type FieldKind = (typeof MIRROR_FIELDS)[MirrorField]['kind'];
/** As a describe names types (Object reference, Field types). */
const FIELD_TYPES: Record<FieldKind, readonly string[]> = {
  text: ['string', 'url'],
  integer: ['double', 'int'],
  decimal: ['double', 'currency', 'percent'],
  date: ['date'],
  code: ['picklist'],
  code_set: ['multipicklist'],
};

function hasType(fields: OrgFields, field: MirrorField): boolean {
  return FIELD_TYPES[MIRROR_FIELDS[field].kind].includes(fields.get(fieldName(field))?.type ?? '');
}

function typeClash(objectType: HostObjectType, field: MirrorField): HostFailure {
  const detail = `${SALESFORCE_OBJECTS[objectType].name}.${fieldName(field)}`;
  return { kind: 'rejected', code: 'FIELD_TYPE_CLASH', field, detail };
}
