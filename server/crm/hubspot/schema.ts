/**
 * Makes our property group, properties and lists exist, and changes nothing else. Safe to repeat, from several processes at once: what
 * exists is left alone, an archived property of ours comes back when it is created again, and option lists only grow, so that an option
 * a customer added stays.
 */
import { z } from 'zod';
import type { CallOptions, ConnectionRef, HostFailure, HostObjectType, HostResult, SchemaReport } from '../port.ts';
import { failed } from '../transport.ts';
import { API_VERSION } from './api.ts';
import type { HubSpotApi } from './api.ts';
import type { SchemaLanguage } from './labels.ts';
import { ensureLists } from './lists.ts';
import { HUBSPOT_OBJECTS, MIRRORED_OBJECT_TYPES } from './object-types.ts';
import { PROPERTY_GROUP, propertyDefinitions } from './properties.ts';
import type { OptionDefinition, PropertyDefinition } from './properties.ts';
import { PROPERTY_LIMITS, PROPERTY_LIST } from './wire.ts';
import type { HubSpotProperty, PropertyOption } from './wire.ts';

type Install = {
  readonly api: HubSpotApi;
  readonly connection: ConnectionRef;
  readonly language: SchemaLanguage;
  readonly options: CallOptions;
};
/** The body of a success is of no interest here: what matters is read back afterwards. */
const ANY_BODY = z.unknown();
const GROUP_LIST = z.object({ results: z.array(z.object({ name: z.string() })) });

export async function ensureSchema(install: Install): Promise<HostResult<SchemaReport>> {
  const created: string[] = [];
  const present: string[] = [];
  for (const objectType of MIRRORED_OBJECT_TYPES) {
    const result = await ensureProperties(install, objectType);
    if (!result.ok) return result;
    const path = HUBSPOT_OBJECTS[objectType].path;
    created.push(...result.value.created.map((name) => `${path}.${name}`));
    present.push(...result.value.present.map((name) => `${path}.${name}`));
  }
  const lists = await ensureLists(install.api, install.connection, install.language, install.options);
  return lists.ok ? { ok: true, value: { created, present, listsCreated: lists.value } } : lists;
}

type PropertyReport = { readonly created: readonly string[]; readonly present: readonly string[] };

async function ensureProperties(install: Install, objectType: HostObjectType): Promise<HostResult<PropertyReport>> {
  const wanted = propertyDefinitions(install.language);
  const existing = await listProperties(install, objectType);
  if (!existing.ok) return existing;
  const byName = new Map(existing.value.map((property) => [property.name, property]));
  const missing = wanted.filter((definition) => !byName.has(definition.name));
  const kept = wanted.filter((definition) => byName.has(definition.name));
  const clash = kept.find((definition) => !sameType(definition, byName.get(definition.name)));
  if (clash !== undefined) return failed(rejected('PROPERTY_TYPE_CLASH', clash.name));
  const made = missing.length === 0 ? null : await createMissing(install, objectType, missing);
  if (made !== null) return failed(made);
  const grown = await growOptions(install, objectType, kept, byName);
  if (grown !== null) return failed(grown);
  const names = (definitions: readonly PropertyDefinition[]): readonly string[] => definitions.map(({ name }) => name);
  return { ok: true, value: { created: names(missing), present: names(kept) } };
}

async function listProperties(
  install: Install,
  objectType: HostObjectType,
): Promise<HostResult<readonly HubSpotProperty[]>> {
  const result = await install.api.request(
    install.connection,
    { operation: 'properties.list', effect: 'read', method: 'GET', path: propertiesPath(objectType) },
    PROPERTY_LIST,
    install.options,
  );
  return result.ok
    ? { ok: true, value: result.value.value.results.filter((property) => property.archived !== true) }
    : result;
}

/** Null when all of them exist afterwards, as read back. */
async function createMissing(
  install: Install,
  objectType: HostObjectType,
  missing: readonly PropertyDefinition[],
): Promise<HostFailure | null> {
  const noRoom = await checkRoom(install, objectType, missing.length);
  if (noRoom !== null) return noRoom;
  const group = await ensureGroup(install, objectType);
  if (group !== null) return group;
  const batch = await create(install, propertiesPath(objectType, '/batch/create'), { inputs: missing });
  if (batch !== null && batch.kind !== 'rejected') return batch;
  const after = await listProperties(install, objectType);
  if (!after.ok) return after.failure;
  const present = new Set(after.value.map((property) => property.name));
  for (const definition of missing.filter(({ name }) => !present.has(name))) {
    const single = await create(install, propertiesPath(objectType), definition);
    if (single !== null && !isDuplicate(single)) return single;
  }
  return null;
}

async function create(install: Install, path: string, json: unknown): Promise<HostFailure | null> {
  const endpoint = { operation: 'properties.create', effect: 'write', method: 'POST', path, json } as const;
  const result = await install.api.request(install.connection, endpoint, ANY_BODY, install.options);
  return result.ok ? null : result.failure;
}

/** Another process was quicker, or the property lay archived and is back: both are what we want. */
const DUPLICATE_CODES: ReadonlySet<string> = new Set([
  'OBJECT_ALREADY_EXISTS',
  'Properties.PROPERTY_WITH_NAME_EXISTS',
  'PROPERTY_WITH_NAME_EXISTS',
]);
function isDuplicate(failure: HostFailure): boolean {
  return failure.kind === 'rejected' && (DUPLICATE_CODES.has(failure.code) || failure.code === 'HTTP_409');
}

async function ensureGroup(install: Install, objectType: HostObjectType): Promise<HostFailure | null> {
  const path = propertiesPath(objectType, '/groups');
  const groups = await install.api.request(
    install.connection,
    { operation: 'propertyGroups.list', effect: 'read', method: 'GET', path },
    GROUP_LIST,
    install.options,
  );
  if (!groups.ok) return groups.failure;
  if (groups.value.value.results.some(({ name }) => name === PROPERTY_GROUP.name)) return null;
  const made = await create(install, path, { ...PROPERTY_GROUP, displayOrder: -1 });
  return made === null || made.kind === 'rejected' ? null : made;
}

/** Customers own a limited number of properties; saying so before the first one is made beats a half-finished install. */
async function checkRoom(install: Install, objectType: HostObjectType, needed: number): Promise<HostFailure | null> {
  const result = await install.api.request(
    install.connection,
    {
      operation: 'limits.customProperties',
      effect: 'read',
      method: 'GET',
      path: `/crm/limits/${API_VERSION}/custom-properties`,
    },
    PROPERTY_LIMITS,
    install.options,
  );
  if (!result.ok) return isLimitUnreadable(result.failure) ? null : result.failure;
  const { typeId } = HUBSPOT_OBJECTS[objectType];
  const entry = result.value.value.byObjectType.find(({ objectTypeId }) => objectTypeId === typeId);
  if (entry === undefined || entry.limit - entry.usage >= needed) return null;
  return rejected('CUSTOM_PROPERTY_LIMIT', `${needed} needed, ${entry.limit - entry.usage} free`);
}

/** An unreadable limit is no reason not to try. */
function isLimitUnreadable(failure: HostFailure): boolean {
  return failure.kind === 'forbidden' || failure.kind === 'notFound' || failure.kind === 'malformed';
}

async function growOptions(
  install: Install,
  objectType: HostObjectType,
  kept: readonly PropertyDefinition[],
  byName: ReadonlyMap<string, HubSpotProperty>,
): Promise<HostFailure | null> {
  for (const definition of kept) {
    const options = mergeOptions(byName.get(definition.name)?.options ?? [], definition.options ?? []);
    if (options === null) continue;
    const endpoint = {
      operation: 'properties.update',
      effect: 'write',
      method: 'PATCH',
      path: propertiesPath(objectType, `/${definition.name}`),
      json: { options },
    } as const;
    const result = await install.api.request(install.connection, endpoint, ANY_BODY, install.options);
    if (!result.ok) return result.failure;
  }
  return null;
}

/**
 * The present options as they are, then ours that are missing; null when none is missing. HubSpot replaces the whole list on update, so
 * everything present is sent back (HubSpot docs, Properties).
 */
export function mergeOptions(
  present: readonly PropertyOption[],
  wanted: readonly OptionDefinition[],
): readonly (PropertyOption | OptionDefinition)[] | null {
  const values = new Set(present.map((option) => option.value));
  const missing = wanted.filter((option) => !values.has(option.value));
  if (missing.length === 0) return null;
  const start = Math.max(-1, ...present.map((option) => option.displayOrder ?? -1)) + 1;
  return [...present, ...missing.map((option, index) => ({ ...option, displayOrder: start + index }))];
}

function sameType(definition: PropertyDefinition, property: HubSpotProperty | undefined): boolean {
  return property !== undefined && property.type === definition.type;
}

function rejected(code: string, detail: string): HostFailure {
  return { kind: 'rejected', code, field: null, detail };
}

function propertiesPath(objectType: HostObjectType, rest = ''): string {
  return `/crm/properties/${API_VERSION}/${HUBSPOT_OBJECTS[objectType].path}${rest}`;
}
