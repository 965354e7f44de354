/** Account information, owners, pipelines, the custom-property limit and uninstalling (specifications 2026-09 of the same names). */
import { type Call, type Reply, type Route, empty, json, refuse } from './exchange.ts';
import { OBJECT_TYPES, OBJECT_TYPE_IDS, type ObjectTypeId, findObjectType } from './object-type.ts';
import type { Pipeline } from './pipeline.ts';
import type { Portal, PortalOwner } from './portal.ts';
import { type Practice, installKey, uiDomainOf } from './practice.ts';
import { invalidInput, notFound } from './problem.ts';

const OWNERS_LIMIT_DEFAULT = 100;
const OWNERS_LIMIT_MAX = 500;
const MINUTE_MS = 60_000;

/** Routes of the account itself. */
export function accountRoutes(practice: Practice): readonly Route[] {
  const inPortal =
    (handle: (call: Call, portal: Portal) => Reply) =>
    (call: Call): Reply => {
      const portal = practice.portals.get(call.caller.portalId);
      return portal === undefined ? refuse(notFound('account not found')) : handle(call, portal);
    };
  const ofObject = (params: Readonly<Record<string, string>>): string[][] => {
    const type = findObjectType(params.objectType ?? '');
    return type === undefined
      ? []
      : [[type.readScope], [type.writeScope], [type.schemaReadScope], [type.schemaWriteScope]];
  };
  const anyObject = (): string[][] =>
    Object.values(OBJECT_TYPES).flatMap((type) => [
      [type.readScope],
      [type.writeScope],
      [type.schemaReadScope],
      [type.schemaWriteScope],
    ]);
  const owners = (): string[][] => [['crm.objects.owners.read']];
  return [
    {
      method: 'GET',
      path: '/account-info/2026-09/details',
      kind: 'api',
      handle: inPortal((_call, portal) => json(details(practice, portal))),
    },
    {
      method: 'DELETE',
      path: '/appinstalls/2026-09/external-install',
      kind: 'api',
      handle: (call) => uninstall(practice, call),
    },
    { method: 'GET', path: '/crm/owners/2026-09', kind: 'api', scopes: owners, handle: inPortal(listOwners) },
    { method: 'GET', path: '/crm/owners/2026-09/{ownerId}', kind: 'api', scopes: owners, handle: inPortal(getOwner) },
    {
      method: 'GET',
      path: '/crm/pipelines/2026-09/{objectType}',
      kind: 'api',
      scopes: ofObject,
      handle: inPortal(listPipelines),
    },
    {
      method: 'GET',
      path: '/crm/pipelines/2026-09/{objectType}/{pipelineId}',
      kind: 'api',
      scopes: ofObject,
      handle: inPortal(getPipeline),
    },
    {
      method: 'GET',
      path: '/crm/pipelines/2026-09/{objectType}/{pipelineId}/stages',
      kind: 'api',
      scopes: ofObject,
      handle: inPortal(listStages),
    },
    {
      method: 'GET',
      path: '/crm/limits/2026-09/custom-properties',
      kind: 'api',
      scopes: anyObject,
      handle: inPortal((_call, portal) => json(limits(portal))),
    },
  ];
}

/** `PortalInformationResponse` of the account-info specification. */
function details(practice: Practice, portal: Portal): Record<string, unknown> {
  const { profile } = portal;
  const offsetMs = zoneOffsetMs(profile.timeZone, practice.clock.now());
  const minutes = Math.abs(offsetMs) / MINUTE_MS;
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    portalId: Number(profile.id),
    accountType: profile.accountType,
    timeZone: profile.timeZone,
    companyCurrency: profile.currency,
    additionalCurrencies: [],
    utcOffset: `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
    utcOffsetMilliseconds: offsetMs,
    uiDomain: uiDomainOf(practice, portal),
    dataHostingLocation: profile.dataHostingLocation,
  };
}

function zoneOffsetMs(timeZone: string, at: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const local = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day ?? 1, parts.hour ?? 0, parts.minute ?? 0);
  return local - Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** The app leaves the account: its tokens end at once (HubSpot docs, Uninstall an app). */
function uninstall(practice: Practice, call: Call): Reply {
  removeInstall(practice, call.caller.portalId, call.caller.appId);
  return empty();
}

/** Forgets an install and all its tokens. */
export function removeInstall(practice: Practice, portalId: string, appId: number): void {
  practice.grants.installs.delete(installKey(portalId, appId));
  for (const grants of [practice.grants.accessTokens, practice.grants.refreshTokens, practice.grants.codes]) {
    for (const [key, grant] of grants.entries()) {
      if (grant.portalId === portalId && grant.appId === appId) grants.delete(key);
    }
  }
  practice.announce({ type: 'install', portalId });
}

const ownerView = (owner: PortalOwner, portal: Portal): Record<string, unknown> => {
  const at = new Date(portal.counters.get('openedAt') ?? 0).toISOString();
  return {
    id: owner.id,
    email: owner.email,
    type: 'PERSON',
    firstName: owner.firstName,
    lastName: owner.lastName,
    userId: Number(owner.userId),
    userIdIncludingInactive: Number(owner.userId),
    createdAt: at,
    updatedAt: at,
    archived: owner.archived ?? false,
  };
};

function listOwners(call: Call, portal: Portal): Reply {
  const limit = Number(call.query.get('limit') ?? OWNERS_LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > OWNERS_LIMIT_MAX)
    return refuse(invalidInput(`limit must be between 1 and ${OWNERS_LIMIT_MAX}`));
  const archived = call.query.get('archived') === 'true';
  const email = call.query.get('email');
  const all = [...portal.owners.values()].filter(
    (owner) => (owner.archived ?? false) === archived && (email === null || owner.email === email),
  );
  const start = Number(call.query.get('after') ?? 0);
  const page = all.slice(start, start + limit);
  const more = start + limit < all.length;
  return json({
    results: page.map((owner) => ownerView(owner, portal)),
    ...(more ? { paging: { next: { after: String(start + limit) } } } : {}),
  });
}

function getOwner(call: Call, portal: Portal): Reply {
  const id = call.params.ownerId ?? '';
  const byUser = call.query.get('idProperty') === 'userId';
  const owner = byUser
    ? [...portal.owners.values()].find((candidate) => candidate.userId === id)
    : portal.owners.get(id);
  return owner === undefined ? refuse(notFound(`Owner ${id} not found`)) : json(ownerView(owner, portal));
}

const pipelineView = (pipeline: Pipeline): Record<string, unknown> => ({
  id: pipeline.id,
  label: pipeline.label,
  displayOrder: pipeline.displayOrder,
  archived: false,
  stages: pipeline.stages.map((stage) => ({
    ...stage,
    archived: false,
    writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT',
  })),
});

function pipelinesOf(call: Call, portal: Portal): readonly Pipeline[] {
  const type = findObjectType(call.params.objectType ?? '');
  return type === undefined ? [] : [...portal.pipelines[type.id].values()];
}

const listPipelines = (call: Call, portal: Portal): Reply =>
  json({ results: pipelinesOf(call, portal).map(pipelineView) });

function getPipeline(call: Call, portal: Portal): Reply {
  const pipeline = pipelinesOf(call, portal).find((candidate) => candidate.id === call.params.pipelineId);
  return pipeline === undefined ? refuse(notFound('Pipeline not found')) : json(pipelineView(pipeline));
}

function listStages(call: Call, portal: Portal): Reply {
  const pipeline = pipelinesOf(call, portal).find((candidate) => candidate.id === call.params.pipelineId);
  return pipeline === undefined
    ? refuse(notFound('Pipeline not found'))
    : json({ results: pipelineView(pipeline).stages });
}

/** `CustomPropertyLimitResponse` of the limits-tracking specification. */
function limits(portal: Portal): Record<string, unknown> {
  const limit = portal.profile.customPropertyLimit;
  const used = (typeId: ObjectTypeId): number =>
    [...portal.properties[typeId].values()].filter(
      (property) => !property.hubspotDefined && property.archivedAt === null,
    ).length;
  const byObjectType = OBJECT_TYPE_IDS.map((typeId) => ({
    objectTypeId: typeId,
    singularLabel: OBJECT_TYPES[typeId].singular,
    pluralLabel: OBJECT_TYPES[typeId].plural,
    limit,
    usage: used(typeId),
    percentage: (used(typeId) / limit) * 100,
  }));
  const usage = byObjectType.reduce((sum, entry) => sum + entry.usage, 0);
  const overallLimit = limit * OBJECT_TYPE_IDS.length;
  return { overallLimit, overallUsage: usage, overallPercentage: (usage / overallLimit) * 100, byObjectType };
}
