/** Batch associations (HubSpot docs, Associations; `associations` specification 2026-09), also under the older `/crm/v4` paths of the guides. */
import { z } from 'zod';
import {
  type AssociationType,
  addLink,
  defaultAssociationType,
  findAssociationType,
  linksFrom,
  removeLink,
} from './association-store.ts';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { type ObjectType, findObjectType } from './object-type.ts';
import type { Portal } from './portal.ts';
import { appSource } from './portal-change.ts';
import type { Practice } from './practice.ts';
import { type Outcome, done, failed, invalidInput, notFound } from './problem.ts';

const READ_MAX = 1_000;
const CREATE_MAX = 2_000;
const ARCHIVE_MAX = 100;

const Id = z.union([z.string(), z.number()]).transform(String);
const Ref = z.object({ id: Id });
const Spec = z.object({
  associationCategory: z.string().default('HUBSPOT_DEFINED'),
  associationTypeId: z.coerce.number(),
});
const ReadInput = z.object({ inputs: z.array(z.object({ id: Id, after: z.string().optional() })) });
const CreateInput = z.object({ inputs: z.array(z.object({ from: Ref, to: Ref, types: z.array(Spec) })) });
const DefaultInput = z.object({ inputs: z.array(z.object({ from: Ref, to: Ref })) });
const ArchiveInput = z.object({ inputs: z.array(z.object({ from: Ref, to: z.array(Ref) })) });

interface PairScope {
  readonly portal: Portal;
  readonly from: ObjectType;
  readonly to: ObjectType;
}
type Handler = (practice: Practice, call: Call, scope: PairScope) => Reply;

/** The association routes; reading needs one of the two objects' read scopes, writing one of their write scopes. */
export function associationRoutes(practice: Practice): readonly Route[] {
  const scopes = (kind: 'readScope' | 'writeScope') => (params: Readonly<Record<string, string>>) =>
    [params.fromType, params.toType].flatMap((name) => {
      const type = findObjectType(name ?? '');
      return type === undefined
        ? []
        : kind === 'readScope'
          ? [[type.readScope], [type.writeScope]]
          : [[type.writeScope]];
    });
  const route = (method: Route['method'], path: string, handle: Handler): Route => ({
    method,
    path,
    kind: 'api',
    scopes: scopes(path.endsWith('/read') || method === 'GET' ? 'readScope' : 'writeScope'),
    handle: (call) => withPair(practice, call, handle),
  });
  const batch = (base: string): Route[] => [
    route('POST', `${base}/{fromType}/{toType}/batch/read`, read),
    route('POST', `${base}/{fromType}/{toType}/batch/create`, create),
    route('POST', `${base}/{fromType}/{toType}/batch/associate/default`, createDefault),
    route('POST', `${base}/{fromType}/{toType}/batch/archive`, archive),
  ];
  const single = '/crm/objects/2026-09/{fromType}/{fromId}/associations';
  return [
    ...batch('/crm/associations/2026-09'),
    ...batch('/crm/v4/associations'),
    route('PUT', `${single}/default/{toType}/{toId}`, putDefault),
    route('PUT', `${single}/{toType}/{toId}`, putLabels),
    route('DELETE', `${single}/{toType}/{toId}`, removePair),
  ];
}

function withPair(practice: Practice, call: Call, handle: Handler): Reply {
  const portal = practice.portals.get(call.caller.portalId);
  const from = findObjectType(call.params.fromType ?? '');
  const to = findObjectType(call.params.toType ?? '');
  if (portal === undefined) return refuse(notFound('account not found'));
  if (from === undefined || to === undefined) return refuse(invalidInput('Unable to infer object type from the path'));
  return handle(practice, call, { portal, from, to });
}

const label = (type: AssociationType): string | null => (type.primary ? 'Primary' : null);

function multiStatus(
  practice: Practice,
  outcome: { results: readonly unknown[]; errors: readonly unknown[]; status: number },
): Reply {
  const now = new Date(practice.clock.now()).toISOString();
  const body = { status: 'COMPLETE', results: outcome.results, startedAt: now, completedAt: now };
  if (outcome.errors.length === 0) return json(body, outcome.status);
  return json({ ...body, numErrors: outcome.errors.length, errors: outcome.errors }, 207);
}

function read(practice: Practice, call: Call, scope: PairScope): Reply {
  const input = readJson(call, ReadInput);
  if (!input.ok) return refuse(input.problem);
  if (input.value.inputs.length > READ_MAX) return refuse(invalidInput(`At most ${READ_MAX} inputs`));
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const { id } of input.value.inputs) {
    const links = linksFrom(scope.portal, { typeId: scope.from.id, id }, scope.to.id);
    if (links.length === 0) errors.push(noLinks(scope, id));
    else
      results.push({
        from: { id },
        to: links.map((link) => ({ toObjectId: link.toId, associationTypes: link.typeIds.flatMap(typeView) })),
      });
  }
  return multiStatus(practice, { results, errors, status: 200 });
}

function noLinks(scope: PairScope, id: string): Record<string, unknown> {
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${scope.to.singular} is associated with ${scope.from.singular} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [scope.from.id], toObjectType: [scope.to.id] },
  };
}

const typeView = (typeId: number): unknown[] => {
  const type = findAssociationType(typeId);
  return type === undefined ? [] : [{ category: 'HUBSPOT_DEFINED', typeId, label: label(type) }];
};

function link(
  practice: Practice,
  call: Call,
  scope: PairScope,
  pair: { from: string; to: string; typeIds: readonly number[] },
): Outcome<Record<string, unknown>> {
  const types: AssociationType[] = [];
  for (const typeId of pair.typeIds) {
    const type = findAssociationType(typeId);
    if (type === undefined || type.from !== scope.from.id || type.to !== scope.to.id) {
      return failed(
        invalidInput(
          `associationTypeId ${typeId} is not valid between ${scope.from.singular} and ${scope.to.singular}`,
        ),
      );
    }
    types.push(type);
  }
  for (const [typeId, id] of [
    [scope.from.id, pair.from],
    [scope.to.id, pair.to],
  ] as const) {
    const record = scope.portal.records[typeId].get(id);
    if (record === undefined || record.archivedAt !== null)
      return failed({ ...notFound(`One or more objects in the association do not exist: ${id}`, { id: [id] }) });
  }
  const ends = { fromType: scope.from.id, fromId: pair.from, toType: scope.to.id, toId: pair.to };
  for (const type of types) addLink(practice.writer(scope.portal), ends, type, appSource(call.caller.appId));
  return done({
    fromObjectTypeId: scope.from.id,
    fromObjectId: pair.from,
    toObjectTypeId: scope.to.id,
    toObjectId: pair.to,
    labels: types.flatMap((type) => label(type) ?? []),
  });
}

function create(practice: Practice, call: Call, scope: PairScope): Reply {
  const input = readJson(call, CreateInput);
  if (!input.ok) return refuse(input.problem);
  if (input.value.inputs.length > CREATE_MAX) return refuse(invalidInput(`At most ${CREATE_MAX} inputs`));
  return linkAll(
    practice,
    input.value.inputs.map((one) => ({
      from: one.from.id,
      to: one.to.id,
      typeIds: one.types.map((type) => type.associationTypeId),
    })),
    (pair) => link(practice, call, scope, pair),
  );
}

function linkAll(
  practice: Practice,
  pairs: readonly { from: string; to: string; typeIds: readonly number[] }[],
  make: (pair: { from: string; to: string; typeIds: readonly number[] }) => Outcome<Record<string, unknown>>,
): Reply {
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const pair of pairs) {
    const made = make(pair);
    if (made.ok) results.push(made.value);
    else
      errors.push({
        status: 'error',
        category: made.problem.category,
        message: made.problem.message,
        context: { fromObjectId: [pair.from], toObjectId: [pair.to] },
      });
  }
  return multiStatus(practice, { results, errors, status: 200 });
}

function createDefault(practice: Practice, call: Call, scope: PairScope): Reply {
  const input = readJson(call, DefaultInput);
  if (!input.ok) return refuse(input.problem);
  const type = defaultAssociationType(scope.from.id, scope.to.id);
  if (type === undefined) return refuse(invalidInput('These objects cannot be associated'));
  const pairs = input.value.inputs.map((one) => ({ from: one.from.id, to: one.to.id, typeIds: [type.typeId] }));
  return linkAll(practice, pairs, (pair) => {
    const made = link(practice, call, scope, pair);
    if (!made.ok) return made;
    return done({
      from: { id: pair.from },
      to: { id: pair.to },
      associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type.typeId },
    });
  });
}

function archive(practice: Practice, call: Call, scope: PairScope): Reply {
  const input = readJson(call, ArchiveInput);
  if (!input.ok) return refuse(input.problem);
  if (input.value.inputs.length > ARCHIVE_MAX) return refuse(invalidInput(`At most ${ARCHIVE_MAX} inputs`));
  for (const { from, to } of input.value.inputs)
    for (const { id } of to) unlink(practice, call, scope, { from: from.id, to: id });
  return multiStatus(practice, { results: [], errors: [], status: 200 });
}

function unlink(practice: Practice, call: Call, scope: PairScope, pair: { from: string; to: string }): void {
  const ends = { fromType: scope.from.id, fromId: pair.from, toType: scope.to.id, toId: pair.to };
  removeLink(practice.writer(scope.portal), ends, appSource(call.caller.appId));
}

const pathPair = (call: Call): { from: string; to: string } => ({
  from: call.params.fromId ?? '',
  to: call.params.toId ?? '',
});

function putDefault(practice: Practice, call: Call, scope: PairScope): Reply {
  const type = defaultAssociationType(scope.from.id, scope.to.id);
  if (type === undefined) return refuse(invalidInput('These objects cannot be associated'));
  const pair = pathPair(call);
  const made = link(practice, call, scope, { ...pair, typeIds: [type.typeId] });
  if (!made.ok) return refuse(made.problem);
  const result = {
    from: { id: pair.from },
    to: { id: pair.to },
    associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type.typeId },
  };
  return multiStatus(practice, { results: [result], errors: [], status: 200 });
}

/** PUT with a list of labels replaces the former set (HubSpot docs, Associations). */
function putLabels(practice: Practice, call: Call, scope: PairScope): Reply {
  const input = readJson(call, z.array(Spec));
  if (!input.ok) return refuse(input.problem);
  const pair = pathPair(call);
  unlink(practice, call, scope, pair);
  const made = link(practice, call, scope, { ...pair, typeIds: input.value.map((type) => type.associationTypeId) });
  return made.ok ? json(made.value, 201) : refuse(made.problem);
}

function removePair(practice: Practice, call: Call, scope: PairScope): Reply {
  unlink(practice, call, scope, pathPair(call));
  return empty();
}
