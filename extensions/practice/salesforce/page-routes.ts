/** The JSON behind the practice org's pages: what a person sees and does, as opposed to what an app calls. The shapes are in page-wire.ts. */
import { z } from 'zod';
import { type Call, type Reply, type Route, empty, json, readBody } from './exchange.ts';
import { listRecords } from './page-list.ts';
import type { FieldValues } from './field-value.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type {
  PageEdit,
  PageMe,
  PageMerge,
  PageNews,
  PageObjects,
  PagePackage,
  PageRecent,
  PageRecord,
  PageRefusal,
  PageRow,
  PageUsers,
} from './page-wire.ts';
import { type Reading, modifiedAtOf, readingOf, viewHistory, viewObject, viewRow, viewUser } from './page-view.ts';
import { peopleActs } from './people.ts';
import type { PracticeOrg } from './practice-org.ts';
import { readId } from './record-id.ts';
import { type StoredRow, isDeleted, textOf } from './record-store.ts';
import { OrgRefusal, notFound } from './refusal.ts';
import { childRelationships } from './schema.ts';

const BASE = '/practice/api';
const RECORDS = `${BASE}/objects/{object}/records`;
const RELATED_MAX = 50;
const RECENT_MAX = 50;
const KEEP_ALIVE_MS = 15_000;

const Edit = z.object({
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  ifUnmodifiedSince: z.number().optional(),
}) satisfies z.ZodType<Omit<PageEdit, 'ifUnmodifiedSince'>>;
const PackageState = z.object({ installed: z.boolean() }) satisfies z.ZodType<PagePackage>;
const Merge = z.object({ mergedIds: z.array(z.string()) }) satisfies z.ZodType<PageMerge>;
const MeChange = z
  .object({
    language: z.enum(['en_US', 'zh_CN']),
    theme: z.enum(['light', 'dark']),
    density: z.enum(['comfy', 'compact']),
  })
  .partial();

/** Reads a body of the pages; a shape that does not fit is refused like bad JSON. */
function bodyOf<S extends z.ZodType>(call: Call, schema: S): z.infer<S> {
  const parsed = schema.safeParse(readBody(call));
  if (!parsed.success) throw new OrgRefusal('JSON_PARSER_ERROR', parsed.error.issues[0]?.message ?? 'invalid body');
  return parsed.data;
}

export function pageRoutes(org: PracticeOrg): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: (call: Call, reading: Reading) => Reply): Route => ({
    method,
    path,
    kind: 'open',
    handle: (call) => answer(() => handle(call, readingOf(org, personOf(org, call)))),
  });
  return [
    route('GET', `${BASE}/me`, (_, reading) => json(viewMe(reading))),
    route('PATCH', `${BASE}/me`, (call, reading) => changeMe(call, reading)),
    route('POST', `${BASE}/package`, (call, reading) => {
      if (org.members.get(reading.userId)?.isAdmin !== true)
        throw new OrgRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'Only an administrator installs and removes packages.');
      org.setInstalled(bodyOf(call, PackageState).installed);
      return json(viewMe(reading));
    }),
    route('GET', `${BASE}/users`, () =>
      json({ users: [...org.members.values()].map(({ userId }) => viewUser(org, userId)) } satisfies PageUsers),
    ),
    route('GET', `${BASE}/objects`, (_, reading) =>
      json({ objects: visibleObjects(reading).map((one) => viewObject(reading, one)) } satisfies PageObjects),
    ),
    route('GET', `${BASE}/recent`, (call, reading) => json({ rows: recent(call, reading) } satisfies PageRecent)),
    route('GET', RECORDS, (call, reading) => json(listRecords(reading, objectOf(call, reading), call.query))),
    ...recordPages(org, route),
    { method: 'GET', path: `${BASE}/events`, kind: 'open', handle: () => eventStream(org) },
  ];
}

type MakeRoute = (method: Route['method'], path: string, handle: (call: Call, reading: Reading) => Reply) => Route;

function recordPages(org: PracticeOrg, route: MakeRoute): readonly Route[] {
  const people = peopleActs(org);
  const one = `${RECORDS}/{id}`;
  const target = (call: Call, reading: Reading): readonly [string, string] => {
    const object = objectOf(call, reading);
    return [object.name, rowOf(call, reading, object).id];
  };
  return [
    route('POST', RECORDS, (call, reading) => {
      const object = objectOf(call, reading);
      const id = people.create(object.name, bodyOf(call, Edit).values, { userId: reading.userId });
      return json(viewRecordPage(reading, stored(org, object, id)), 201);
    }),
    route('GET', one, (call, reading) => json(viewRecordPage(reading, rowOf(call, reading, objectOf(call, reading))))),
    route('PATCH', one, (call, reading) => {
      const object = objectOf(call, reading);
      const row = rowOf(call, reading, object);
      const { values, ifUnmodifiedSince } = bodyOf(call, Edit);
      if (ifUnmodifiedSince !== undefined && modifiedAtOf(row) > ifUnmodifiedSince)
        throw new OrgRefusal('STALE', 'The record was changed by somebody else since you opened it.');
      people.edit(object.name, row.id, changedOnly(row, values), { userId: reading.userId });
      return json(viewRecordPage(reading, stored(org, object, row.id)));
    }),
    route('DELETE', one, (call, reading) => {
      people.delete(...target(call, reading), { userId: reading.userId });
      return empty();
    }),
    route('POST', `${one}/undelete`, (call, reading) => {
      people.undelete(...target(call, reading), { userId: reading.userId });
      return empty();
    }),
    route('POST', `${one}/merge`, (call, reading) => {
      const [name, id] = target(call, reading);
      people.merge(name, id, bodyOf(call, Merge).mergedIds, { userId: reading.userId });
      return json(viewRecordPage(reading, stored(org, objectOf(call, reading), id)));
    }),
  ];
}

/** A form sends every field it shows; only what differs is a change, so that fields the person may not write do not stop the rest. */
const changedOnly = (row: StoredRow, values: FieldValues): FieldValues =>
  Object.fromEntries(
    Object.entries(values).filter(([name, value]) => (row.values[name] ?? null) !== (value === '' ? null : value)),
  );

function answer(handle: () => Reply): Reply {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof OrgRefusal)) throw error;
    const { code, message, fields } = error;
    return json({ code, message, fields } satisfies PageRefusal, code === 'NOT_FOUND' ? 404 : 400);
  }
}

function personOf(org: PracticeOrg, call: Call): string {
  const id = readId(call.headers['x-practice-user'] ?? '');
  return id !== null && org.members.get(id) !== undefined ? id : org.adminId;
}

function viewMe({ org, userId }: Reading): PageMe {
  const member = org.members.get(userId);
  return {
    user: viewUser(org, userId),
    theme: member?.theme ?? 'light',
    density: member?.density ?? 'comfy',
    org: {
      id: org.orgId,
      name: org.profile.name,
      instanceUrl: org.instanceUrl(),
      timeZone: org.profile.timeZone,
      currency: org.profile.currency,
      packageInstalled: org.installedPackage() !== null,
    },
  };
}

function changeMe(call: Call, { org, userId }: Reading): Reply {
  const change = bodyOf(call, MeChange);
  const member = org.members.get(userId);
  if (member !== undefined)
    org.members.put(userId, {
      ...member,
      theme: change.theme ?? member.theme,
      density: change.density ?? member.density,
    });
  const row = org.records.get('User', userId);
  if (row !== undefined && change.language !== undefined) {
    org.records.put({ ...row, values: { ...row.values, LanguageLocaleKey: change.language } });
    org.records.takeLog();
  }
  return json(viewMe(readingOf(org, userId)));
}

const HIDDEN_OBJECTS: ReadonlySet<string> = new Set(['Organization', 'CaseComment']);

const visibleObjects = ({ org, access }: Reading): readonly ObjectDefinition[] =>
  [...org.schema().objects.values()].filter((object) => access.canRead(object) && !HIDDEN_OBJECTS.has(object.name));

function objectOf(call: Call, { org, access }: Reading): ObjectDefinition {
  const object = org.schema().findObject(call.params.object ?? '');
  if (object === undefined || !access.canRead(object)) throw notFound();
  return object;
}

function rowOf(call: Call, { org }: Reading, object: ObjectDefinition): StoredRow {
  const row = org.records.get(object.name, readId(call.params.id ?? '') ?? '');
  if (row === undefined) throw notFound();
  return row;
}

function stored(org: PracticeOrg, object: ObjectDefinition, id: string): StoredRow {
  const row = org.records.get(object.name, id);
  if (row === undefined) throw notFound();
  return row;
}

function viewRecordPage(reading: Reading, row: StoredRow): PageRecord {
  const { org, access } = reading;
  const object = org.schema().objects.get(row.object);
  const relations = object === undefined ? [] : childRelationships(org.schema(), object);
  return {
    ...viewRow(reading, row),
    history: viewHistory(reading, row),
    related: relations.flatMap(({ child, field }) => {
      if (field.childRelationshipName === null || !access.canRead(child)) return [];
      const rows = [...org.records.rows(child.name)].filter(
        (one) => one.values[field.name] === row.id && !isDeleted(one),
      );
      return [
        {
          relationship: field.childRelationshipName,
          object: child.name,
          rows: rows.slice(0, RELATED_MAX).map((one) => viewRow(reading, one)),
        },
      ];
    }),
    masterRecordId: textOf(row, 'MasterRecordId'),
    lastModifiedAt: modifiedAtOf(row),
  };
}

function recent(call: Call, reading: Reading): readonly PageRow[] {
  const limit = Math.min(RECENT_MAX, Number(call.query.get('limit') ?? RECENT_MAX) || RECENT_MAX);
  return visibleObjects(reading)
    .filter(({ name }) => name !== 'User')
    .flatMap((object) => [...reading.org.records.rows(object.name)])
    .filter((row) => !isDeleted(row))
    .toSorted((a, b) => modifiedAtOf(b) - modifiedAtOf(a))
    .slice(0, limit)
    .map((row) => viewRow(reading, row));
}

function eventStream(org: PracticeOrg): Reply {
  return {
    kind: 'stream',
    open: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': open\n\n');
      const end = org.onPageNews((news: PageNews) => response.write(`data: ${JSON.stringify(news)}\n\n`));
      const beat = setInterval(() => response.write(': alive\n\n'), KEEP_ALIVE_MS);
      response.on('close', () => {
        clearInterval(beat);
        end();
      });
    },
  };
}
