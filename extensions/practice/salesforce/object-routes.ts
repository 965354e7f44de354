/** Versions, resources, objects, describe, limits and what was seen lately (REST guide, Reference). */
import { baseOf, versionList, versioned } from './api-version.ts';
import { describeBriefly, describeFully, type Reader } from './describe.ts';
import { type Call, type Route, json } from './exchange.ts';
import { identityUrl } from './oauth-routes.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { accessOf } from './permissions.ts';
import type { PracticeOrg } from './practice-org.ts';
import { isDeleted, textOf } from './record-store.ts';
import { OrgRefusal, notFound } from './refusal.ts';
import { nameFieldOf } from './schema.ts';

const RECENT_MAX = 200;
const RESOURCES = ['sobjects', 'query', 'queryAll', 'limits', 'composite', 'jobs', 'recent', 'tabs', 'theme'] as const;

export function readerOf(org: PracticeOrg, userId: string): Reader {
  const language = textOf(org.records.get('User', userId), 'LanguageLocaleKey') ?? org.profile.language;
  return { schema: org.schema(), access: accessOf(org, userId), language };
}

/** The object of a request's path, as far as this user may see it. */
export function objectOf(org: PracticeOrg, call: Call): ObjectDefinition {
  const name = call.params.object ?? '';
  const found = org.schema().findObject(name);
  if (found === undefined || !accessOf(org, call.caller.userId).canRead(found)) throw notFound();
  return found;
}

export function objectRoutes(org: PracticeOrg): readonly Route[] {
  const visible = (call: Call): readonly ObjectDefinition[] => {
    const { access } = readerOf(org, call.caller.userId);
    return [...org.schema().objects.values()]
      .filter((one) => access.canRead(one))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  };
  return [
    { method: 'GET', path: '/services/data', kind: 'open', handle: () => json(versionList()) },
    versioned('GET', '', (call) =>
      json({
        ...Object.fromEntries(RESOURCES.map((name) => [name, `${baseOf(call)}/${name}`])),
        identity: identityUrl(org, call.caller.userId),
      }),
    ),
    versioned('GET', '/sobjects', (call) => {
      const reader = readerOf(org, call.caller.userId);
      return json({
        encoding: 'UTF-8',
        maxBatchSize: 200,
        sobjects: visible(call).map((one) => describeBriefly(one, baseOf(call), reader)),
      });
    }),
    versioned('GET', '/sobjects/{object}', (call) => {
      const object = objectOf(org, call);
      return json({
        objectDescribe: describeBriefly(object, baseOf(call), readerOf(org, call.caller.userId)),
        recentItems: recentItems(org, call, [object], RECENT_MAX),
      });
    }),
    versioned('GET', '/sobjects/{object}/describe', (call) =>
      json(describeFully(objectOf(org, call), baseOf(call), readerOf(org, call.caller.userId))),
    ),
    versioned('GET', '/recent', (call) => json(recentItems(org, call, visible(call), recentLimit(call)))),
    versioned('GET', '/limits', () => json(limits(org))),
    versioned('GET', '/tabs', () => json([])),
    versioned('GET', '/theme', () => json({ themeItems: [] })),
  ];
}

function recentLimit(call: Call): number {
  const asked = Number(call.query.get('limit') ?? RECENT_MAX);
  if (!Number.isInteger(asked) || asked < 1 || asked > RECENT_MAX)
    throw new OrgRefusal('ILLEGAL_QUERY_PARAMETER_VALUE', 'limit must be between 1 and 200');
  return asked;
}

function recentItems(
  org: PracticeOrg,
  call: Call,
  objects: readonly ObjectDefinition[],
  limit: number,
): readonly unknown[] {
  return objects
    .filter(({ name }) => name !== 'Organization')
    .flatMap((object) =>
      [...org.records.rows(object.name)].filter((row) => !isDeleted(row)).map((row) => ({ object, row })),
    )
    .toSorted((a, b) => (String(a.row.values.LastModifiedDate) < String(b.row.values.LastModifiedDate) ? 1 : -1))
    .slice(0, limit)
    .map(({ object, row }) => ({
      attributes: { type: object.name, url: `${baseOf(call)}/sobjects/${object.name}/${row.id}` },
      Id: row.id,
      [nameFieldOf(object)]: row.values[nameFieldOf(object)] ?? null,
    }));
}

/** REST guide, Limits: a few of the entries, each with what is left of it. */
function limits(org: PracticeOrg): Readonly<Record<string, unknown>> {
  const max = org.behaviour().dailyApiRequests;
  const full = (amount: number): { readonly Max: number; readonly Remaining: number } => ({
    Max: amount,
    Remaining: amount,
  });
  return {
    DailyApiRequests: { Max: max, Remaining: Math.max(0, max - org.apiUsage.used()) },
    DailyBulkApiBatches: full(15_000),
    DailyBulkV2QueryJobs: full(10_000),
    DailyBulkV2QueryFileStorageMB: full(976_562),
    DailyAsyncApexExecutions: full(250_000),
    DailyDeliveredPlatformEvents: full(50_000),
    HourlyPublishedPlatformEvents: full(250_000),
    DataStorageMB: full(1_073),
    FileStorageMB: full(1_073),
    SingleEmail: full(5_000),
  };
}
