/** Property definitions and groups (HubSpot docs, Properties; `properties` specification 2026-09). */
import { z } from 'zod';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { type ObjectType, findObjectType } from './object-type.ts';
import type { Practice } from './practice.ts';
import { type Outcome, type Problem, done, failed, invalidInput, notFound } from './problem.ts';
import { FIELD_TYPES, PROPERTY_TYPES, type PropertyDefinition, propertyView } from './property-definition.ts';
import { inScope, type RecordScope } from './record-access.ts';

const BATCH_MAX = 100;
const UNIQUE_PROPERTIES_MAX = 10;
const NAME_PATTERN = /^[a-z][a-z0-9_]*$/;

const Option = z.object({
  label: z.string(),
  value: z.string(),
  description: z.string().optional(),
  displayOrder: z.number().int().default(-1),
  hidden: z.boolean().default(false),
});
const PropertyCreate = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(PROPERTY_TYPES),
  fieldType: z.enum(FIELD_TYPES),
  groupName: z.string(),
  description: z.string().default(''),
  displayOrder: z.number().int().default(-1),
  options: z.array(Option).default([]),
  hasUniqueValue: z.boolean().default(false),
  hidden: z.boolean().default(false),
  formField: z.boolean().default(false),
});
type PropertyCreate = z.infer<typeof PropertyCreate>;
const PropertyUpdate = z.object({
  label: z.string().optional(),
  type: z.enum(PROPERTY_TYPES).optional(),
  fieldType: z.enum(FIELD_TYPES).optional(),
  groupName: z.string().optional(),
  description: z.string().optional(),
  displayOrder: z.number().int().optional(),
  options: z.array(Option).optional(),
  hidden: z.boolean().optional(),
  formField: z.boolean().optional(),
});
const Names = z.object({ inputs: z.array(z.object({ name: z.string() })), archived: z.boolean().default(false) });
const CreateBatch = z.object({ inputs: z.array(PropertyCreate) });
const GroupCreate = z.object({ name: z.string(), label: z.string(), displayOrder: z.number().int().default(-1) });
const GroupUpdate = z.object({ label: z.string().optional(), displayOrder: z.number().int().optional() });

type Handler = (practice: Practice, call: Call, scope: RecordScope) => Reply;

/** The routes below `/crm/properties/2026-09/{objectType}`. */
export function propertyRoutes(practice: Practice): readonly Route[] {
  const sets = (pick: (type: ObjectType) => string[][]) => (params: Readonly<Record<string, string>>) => {
    const type = findObjectType(params.objectType ?? '');
    return type === undefined ? [] : pick(type);
  };
  // The specification lists several scopes, any of which allows reading: those of the schema and those of the object.
  const reading = sets((type) => [
    [type.schemaReadScope],
    [type.schemaWriteScope],
    [type.readScope],
    [type.writeScope],
  ]);
  const writing = sets((type) => [[type.schemaWriteScope]]);
  const route = (method: Route['method'], path: string, handle: Handler): Route => ({
    method,
    path: `/crm/properties/2026-09/{objectType}${path}`,
    kind: 'api',
    scopes: method === 'GET' || path === '/batch/read' ? reading : writing,
    handle: inScope(practice, (call, scope) => handle(practice, call, scope)),
  });
  return [
    route('GET', '', listProperties),
    route('POST', '', createOne),
    route('POST', '/batch/create', createBatch),
    route('POST', '/batch/read', readBatch),
    route('POST', '/batch/archive', archiveBatch),
    route('GET', '/groups', listGroups),
    route('POST', '/groups', createGroup),
    route('GET', '/groups/{groupName}', getGroup),
    route('PATCH', '/groups/{groupName}', updateGroup),
    route('DELETE', '/groups/{groupName}', deleteGroup),
    route('GET', '/{propertyName}', getProperty),
    route('PATCH', '/{propertyName}', updateProperty),
    route('DELETE', '/{propertyName}', archiveProperty),
  ];
}

const missingProperty = (name: string): Problem => ({
  ...notFound(`Property ${name} does not exist`),
  subCategory: 'Properties.PROPERTY_NOT_FOUND',
});

function listProperties(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const archived = call.query.get('archived') === 'true';
  const results = [...portal.properties[type.id].values()].filter(
    (property) => (property.archivedAt !== null) === archived,
  );
  return json({ results: results.map(propertyView) });
}

function getProperty(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const name = call.params.propertyName ?? '';
  const property = portal.properties[type.id].get(name);
  const archived = call.query.get('archived') === 'true';
  if (property === undefined || (property.archivedAt !== null) !== archived) return refuse(missingProperty(name));
  return json(propertyView(property));
}

/** Re-creating an archived name restores it with its values; a live name is refused (HubSpot docs, Properties). */
function create(practice: Practice, scope: RecordScope, input: PropertyCreate): Outcome<PropertyDefinition> {
  const { portal, type } = scope;
  const properties = portal.properties[type.id];
  const existing = properties.get(input.name);
  if (!NAME_PATTERN.test(input.name))
    return failed(
      invalidInput(`Property name ${input.name} is not valid: lower-case letters, digits and underscores only`),
    );
  if (existing !== undefined && existing.archivedAt === null) {
    return failed({
      httpStatus: 409,
      category: 'OBJECT_ALREADY_EXISTS',
      subCategory: 'Properties.PROPERTY_WITH_NAME_EXISTS',
      message: `A property named '${input.name}' already exists.`,
    });
  }
  if (portal.groups[type.id].get(input.groupName) === undefined)
    return failed(invalidInput(`Property group ${input.groupName} does not exist`));
  const live = [...properties.values()].filter((property) => property.archivedAt === null && !property.hubspotDefined);
  if (input.hasUniqueValue && live.filter((property) => property.hasUniqueValue).length >= UNIQUE_PROPERTIES_MAX) {
    return failed(invalidInput(`An object has at most ${UNIQUE_PROPERTIES_MAX} unique value properties`));
  }
  if (live.length >= portal.profile.customPropertyLimit) {
    return failed({
      ...invalidInput('The account has reached its limit of custom properties'),
      subCategory: 'Properties.LIMIT_EXCEEDED',
    });
  }
  const now = practice.clock.now();
  const definition: PropertyDefinition = {
    ...input,
    options: withOrder(input.options),
    hasUniqueValue: existing?.hasUniqueValue ?? input.hasUniqueValue,
    hubspotDefined: false,
    externalOptions: false,
    readOnlyValue: false,
    createdAt: existing?.createdAt ?? now,
    updatedAt: now,
    archivedAt: null,
  };
  properties.put(definition.name, definition);
  return done(definition);
}

const withOrder = (options: readonly z.infer<typeof Option>[]): z.infer<typeof Option>[] =>
  options.map((option, index) => ({ ...option, displayOrder: option.displayOrder < 0 ? index : option.displayOrder }));

function createOne(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, PropertyCreate);
  if (!input.ok) return refuse(input.problem);
  const created = create(practice, scope, input.value);
  return created.ok ? json(propertyView(created.value), 201) : refuse(created.problem);
}

function createBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, CreateBatch);
  if (!input.ok) return refuse(input.problem);
  if (input.value.inputs.length > BATCH_MAX) return refuse(invalidInput(`At most ${BATCH_MAX} inputs`));
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const one of input.value.inputs) {
    const created = create(practice, scope, one);
    if (created.ok) results.push(propertyView(created.value));
    else {
      const { category, message, subCategory } = created.problem;
      errors.push({
        status: 'error',
        category,
        message,
        context: { name: [one.name] },
        ...(subCategory === undefined ? {} : { subCategory }),
      });
    }
  }
  return batchReply(practice, { results, errors, whole: 201 });
}

function batchReply(
  practice: Practice,
  batch: { results: readonly unknown[]; errors: readonly unknown[]; whole: number },
): Reply {
  const now = new Date(practice.clock.now()).toISOString();
  const body = { status: 'COMPLETE', results: batch.results, startedAt: now, completedAt: now };
  return batch.errors.length === 0
    ? json(body, batch.whole)
    : json({ ...body, numErrors: batch.errors.length, errors: batch.errors }, 207);
}

function readBatch(practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const input = readJson(call, Names);
  if (!input.ok) return refuse(input.problem);
  const results: unknown[] = [];
  const missing: string[] = [];
  for (const { name } of input.value.inputs) {
    const property = portal.properties[type.id].get(name);
    if (property === undefined || (property.archivedAt !== null) !== input.value.archived) missing.push(name);
    else results.push(propertyView(property));
  }
  const errors = missing.map((name) => ({
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: `Property ${name} does not exist`,
    context: { name: [name] },
  }));
  return batchReply(practice, { results, errors, whole: 200 });
}

function updateProperty(practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const input = readJson(call, PropertyUpdate);
  if (!input.ok) return refuse(input.problem);
  const name = call.params.propertyName ?? '';
  const property = portal.properties[type.id].get(name);
  if (property === undefined || property.archivedAt !== null) return refuse(missingProperty(name));
  if (property.hubspotDefined)
    return refuse(invalidInput(`Property ${name} is defined by HubSpot and its definition is read-only`));
  const { options, ...rest } = input.value;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const next: PropertyDefinition = {
    ...property,
    ...given,
    ...(options === undefined ? {} : { options: withOrder(options) }),
    updatedAt: practice.clock.now(),
  };
  portal.properties[type.id].put(name, next);
  return json(propertyView(next));
}

/** A property that a list filters by is in use (HubSpot docs, Properties: CANNOT_DELETE_PROPERTY_IN_USE). */
function archiveByName(practice: Practice, { portal, type }: RecordScope, name: string): Outcome<null> {
  const property = portal.properties[type.id].get(name);
  if (property === undefined || property.archivedAt !== null) return failed(missingProperty(name));
  if (property.hubspotDefined)
    return failed(invalidInput(`Property ${name} is defined by HubSpot and cannot be archived`));
  const users = [...portal.lists.values()].filter(
    (list) =>
      list.deletedAt === null &&
      list.objectTypeId === type.id &&
      JSON.stringify(list.filterBranch ?? null).includes(`"property":"${name}"`),
  );
  if (users.length > 0) {
    return failed({
      httpStatus: 400,
      category: 'VALIDATION_ERROR',
      subCategory: 'Properties.CANNOT_DELETE_PROPERTY_IN_USE',
      message: `Property ${name} is used by ${users.length} list(s)`,
    });
  }
  portal.properties[type.id].put(name, { ...property, archivedAt: practice.clock.now() });
  return done(null);
}

function archiveProperty(practice: Practice, call: Call, scope: RecordScope): Reply {
  const archived = archiveByName(practice, scope, call.params.propertyName ?? '');
  return archived.ok ? empty() : refuse(archived.problem);
}

function archiveBatch(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, Names);
  if (!input.ok) return refuse(input.problem);
  for (const { name } of input.value.inputs) {
    const archived = archiveByName(practice, scope, name);
    if (!archived.ok && archived.problem.httpStatus !== 404) return refuse(archived.problem);
  }
  return empty();
}

function listGroups(_practice: Practice, _call: Call, { portal, type }: RecordScope): Reply {
  return json({ results: [...portal.groups[type.id].values()] });
}

function getGroup(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const group = portal.groups[type.id].get(call.params.groupName ?? '');
  return group === undefined ? refuse(notFound('Property group does not exist')) : json(group);
}

function createGroup(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const input = readJson(call, GroupCreate);
  if (!input.ok) return refuse(input.problem);
  const { name } = input.value;
  if (portal.groups[type.id].get(name) !== undefined) {
    return refuse({
      httpStatus: 409,
      category: 'OBJECT_ALREADY_EXISTS',
      subCategory: 'Properties.GROUP_WITH_NAME_EXISTS',
      message: `A property group named '${name}' already exists.`,
    });
  }
  const group = { ...input.value, archived: false };
  portal.groups[type.id].put(name, group);
  return json(group, 201);
}

function updateGroup(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const input = readJson(call, GroupUpdate);
  if (!input.ok) return refuse(input.problem);
  const group = portal.groups[type.id].get(call.params.groupName ?? '');
  if (group === undefined) return refuse(notFound('Property group does not exist'));
  const next = {
    ...group,
    label: input.value.label ?? group.label,
    displayOrder: input.value.displayOrder ?? group.displayOrder,
  };
  portal.groups[type.id].put(group.name, next);
  return json(next);
}

/** A group with live properties cannot go (HubSpot docs, Properties: conformance run of 2026-09-29). */
function deleteGroup(_practice: Practice, call: Call, { portal, type }: RecordScope): Reply {
  const name = call.params.groupName ?? '';
  if (portal.groups[type.id].get(name) === undefined) return refuse(notFound('Property group does not exist'));
  const used = [...portal.properties[type.id].values()].some(
    (property) => property.groupName === name && property.archivedAt === null,
  );
  if (used) return refuse(invalidInput(`Property group ${name} still has properties`));
  portal.groups[type.id].delete(name);
  return empty();
}
