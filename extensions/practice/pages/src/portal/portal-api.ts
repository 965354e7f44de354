import { z } from 'zod';
import type { ObjectType } from './object-types.ts';
import {
  crmListSchema,
  extensionSchema,
  historyEntrySchema,
  ownerSchema,
  pipelineSchema,
  portalEventSchema,
  portalSchema,
  propertyCatalogueSchema,
  recordPageSchema,
  recordSchema,
} from './portal-schema.ts';
import type {
  CrmList,
  CrmRecord,
  Extension,
  Filter,
  HistoryEntry,
  Owner,
  Pipeline,
  Portal,
  PortalEvent,
  PropertyCatalogue,
  RecordPage,
} from './portal-schema.ts';

// The one place that talks to the practice server. Every answer is either data or a refusal with a readable reason;
// a refusal is a value, because a wrong date in a form is ordinary and must reach the field it belongs to.

type Refusal = {
  readonly ok: false;
  readonly status: number;
  readonly message: string;
  /** The refused property, where the server names it. */
  readonly property: string | null;
};
export type Answer<T> = { readonly ok: true; readonly data: T } | Refusal;

/** HubSpot pages hold 100 rows. */
export const PAGE_SIZE = 100;

export type RecordQuery = {
  readonly q: string;
  readonly filters: readonly Filter[];
  readonly sort: string | null;
  readonly direction: 'asc' | 'desc';
  readonly after: string | null;
};

const refusalSchema = z.object({
  message: z.string().optional(),
  errors: z
    .array(
      z.object({
        message: z.string().optional(),
        name: z.string().optional(),
        in: z.string().optional(),
        context: z.record(z.string(), z.array(z.string())).optional(),
      }),
    )
    .optional(),
});

function readRefusal(status: number, body: unknown): Refusal {
  const parsed = refusalSchema.safeParse(body);
  const first = parsed.success ? parsed.data.errors?.[0] : undefined;
  const message = first?.message ?? (parsed.success ? parsed.data.message : undefined) ?? `HTTP ${status}`;
  return { ok: false, status, message, property: first?.name ?? first?.context?.['propertyName']?.[0] ?? null };
}

async function call<T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<Answer<T>> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, init);
    const raw = await response.text();
    body = raw === '' ? {} : JSON.parse(raw);
  } catch (error) {
    return { ok: false, status: 0, message: error instanceof Error ? error.message : String(error), property: null };
  }
  if (!response.ok) return readRefusal(response.status, body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, data: parsed.data };
  return { ok: false, status: response.status, message: z.prettifyError(parsed.error), property: null };
}

function send(method: 'POST' | 'PATCH', body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function queryString(query: RecordQuery, limit: number): string {
  const search = new URLSearchParams({ limit: String(limit) });
  if (query.q !== '') search.set('q', query.q);
  if (query.filters.length > 0) search.set('filters', JSON.stringify(query.filters));
  if (query.sort !== null) {
    search.set('sort', query.sort);
    search.set('direction', query.direction);
  }
  if (query.after !== null) search.set('after', query.after);
  return search.toString();
}

const entriesByProperty = z.record(z.string(), z.array(historyEntrySchema));
const historySchema = z.union([
  entriesByProperty,
  z.object({ propertiesWithHistory: entriesByProperty }).transform((body) => body.propertiesWithHistory),
]);

const nothing = z.unknown();

export const portalApi = {
  portals: (): Promise<Answer<Portal[]>> => call(z.array(portalSchema), '/practice/api/portals'),

  records(
    portalId: number,
    type: ObjectType,
    query: RecordQuery,
    limit: number = PAGE_SIZE,
  ): Promise<Answer<RecordPage>> {
    return call(recordPageSchema, `${portalPath(portalId)}/objects/${type}?${queryString(query, limit)}`);
  },

  record: (portalId: number, type: ObjectType, id: string): Promise<Answer<CrmRecord>> =>
    call(recordSchema, recordPath(portalId, type, id)),

  edit(portalId: number, type: ObjectType, id: string, properties: Record<string, string>): Promise<Answer<unknown>> {
    return call(nothing, `${recordPath(portalId, type, id)}?${inReadersLanguage()}`, send('PATCH', { properties }));
  },

  create(portalId: number, type: ObjectType, properties: Record<string, string>): Promise<Answer<{ id: string }>> {
    const created = z.object({ id: z.coerce.string() });
    const path = `${portalPath(portalId)}/objects/${type}?${inReadersLanguage()}`;
    return call(created, path, send('POST', { properties, associations: [] }));
  },

  archive: (portalId: number, type: ObjectType, id: string): Promise<Answer<unknown>> =>
    call(nothing, `${recordPath(portalId, type, id)}/archive`, send('POST', {})),

  restore: (portalId: number, type: ObjectType, id: string): Promise<Answer<unknown>> =>
    call(nothing, `${recordPath(portalId, type, id)}/restore`, send('POST', {})),

  merge(
    portalId: number,
    type: ObjectType,
    primaryId: string,
    mergedId: string,
  ): Promise<Answer<{ id?: string | undefined }>> {
    const merged = z.object({ id: z.coerce.string() }).partial();
    return call(merged, `${portalPath(portalId)}/objects/${type}/merge`, send('POST', { primaryId, mergedId }));
  },

  /** The values of several properties over time, newest first, by property name. */
  async histories(
    portalId: number,
    type: ObjectType,
    id: string,
    properties: readonly string[],
  ): Promise<Answer<Readonly<Record<string, readonly HistoryEntry[]>>>> {
    const path = `${recordPath(portalId, type, id)}/history?properties=${encodeURIComponent(properties.join(','))}`;
    return call(historySchema, path);
  },

  properties: (portalId: number, type: ObjectType): Promise<Answer<PropertyCatalogue>> =>
    call(propertyCatalogueSchema, `${portalPath(portalId)}/properties/${type}`),

  pipelines: (portalId: number, type: ObjectType): Promise<Answer<Pipeline[]>> =>
    call(z.array(pipelineSchema), `${portalPath(portalId)}/pipelines/${type}`),

  owners: (portalId: number): Promise<Answer<Owner[]>> => call(z.array(ownerSchema), `${portalPath(portalId)}/owners`),

  lists: (portalId: number): Promise<Answer<CrmList[]>> =>
    call(z.array(crmListSchema), `${portalPath(portalId)}/lists`),

  extensions: (portalId: number): Promise<Answer<Extension[]>> =>
    call(z.array(extensionSchema), `${portalPath(portalId)}/extensions`),
};

/** Refusals come in the language chosen in the portal, which need not be the browser's. */
function inReadersLanguage(): string {
  return new URLSearchParams({ locale: document.documentElement.lang || 'en' }).toString();
}

function portalPath(portalId: number): string {
  return `/practice/api/portals/${portalId}`;
}

function recordPath(portalId: number, type: ObjectType, id: string): string {
  return `${portalPath(portalId)}/objects/${type}/${encodeURIComponent(id)}`;
}

/** Follows the portal's change feed. Returns the function that ends it; the browser reconnects by itself. */
export function followPortal(portalId: number, onEvent: (event: PortalEvent) => void): () => void {
  const source = new EventSource(`${portalPath(portalId)}/events`);
  source.addEventListener('message', (message) => {
    const parsed = portalEventSchema.safeParse(JSON.parse(String(message.data)));
    if (parsed.success) onEvent(parsed.data);
  });
  return () => source.close();
}
