// The page's half of a card: what HubSpot's host gives an extension, on top of the practice portal's own API.
import { retain } from '@remote-ui/rpc';
import { z } from 'zod';
import { HOST_LOCALE } from '../portal/languages.ts';
import type { Language } from '../portal/languages.ts';
import { OBJECT_TYPE_FACTS, parseObjectType } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { PAGE_SIZE, portalApi } from '../portal/portal-api.ts';
import { filterSchema, proxyEnvelopeSchema } from '../portal/portal-schema.ts';
import type { Extension, Portal } from '../portal/portal-schema.ts';
import { TOAST_TONES } from '../portal/toasts.tsx';
import type { Toast } from '../portal/toasts.tsx';
import type { CardHost, CrmProperties, HookAnswer, HostAction, ProxyAnswer, ProxyRequest } from './card-protocol.ts';

export type IframeRequest = {
  readonly uri: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly onClose: () => void;
};

/** The record a card sits on, or null for app home and settings pages. */
export type CardRecord = {
  readonly type: ObjectType;
  readonly id: string;
  readonly properties: () => CrmProperties;
  readonly associations: () => Readonly<
    Record<ObjectType, readonly { readonly id: string; readonly label?: string | null | undefined }[]>
  >;
  readonly refresh: () => Promise<void>;
};

export type CardSurroundings = {
  readonly portal: Portal;
  readonly extension: Extension;
  readonly language: Language;
  readonly record: CardRecord | null;
  readonly showToast: (toast: Toast) => void;
  readonly openIframe: (request: IframeRequest) => void;
  readonly closeOverlay: (id: string) => void;
  readonly onLog: (level: string, detail: unknown) => void;
  readonly onCrash: (message: string) => void;
};

type PropertyNames = readonly string[] | '*';
type PropertyListener = {
  readonly names: PropertyNames;
  readonly call: (properties: CrmProperties) => void;
  last: string;
};

const namesSchema = z.union([z.literal('*'), z.array(z.string())]);
const listenerSchema = z.custom<(properties: CrmProperties) => void>((value) => typeof value === 'function');
const alertSchema = z.object({
  type: z.enum(TOAST_TONES).catch('info').optional(),
  title: z.string().optional(),
  message: z.string(),
});
const iframeSchema = z.object({
  uri: z.string(),
  width: z.number(),
  height: z.number(),
  title: z.string().default(''),
});
const associationsRequestSchema = z.object({
  toObjectType: z.string(),
  properties: z.array(z.string()).default([]),
  pageLength: z.number().default(10),
  offset: z.number().default(0),
});
const searchRequestSchema = z.object({
  objectType: z.string(),
  properties: z.array(z.string()).default([]),
  query: z.string().default(''),
  filterGroups: z
    .array(z.object({ filters: z.array(filterSchema.omit({ property: true }).extend({ propertyName: z.string() })) }))
    .default([]),
  pageLength: z.number().default(10),
  after: z.string().nullish(),
});
const formatRequestSchema = z.object({ propertiesList: z.unknown() }).partial();

function pick(properties: CrmProperties, names: PropertyNames): CrmProperties {
  if (names === '*') return properties;
  return Object.fromEntries(names.map((name) => [name, properties[name] ?? null]));
}

/** What the extension hooks hand out as context (HubSpot docs, UI extensions SDK: context object). */
function contextOf({ portal, extension, language, record }: CardSurroundings): unknown {
  const { user } = portal;
  return {
    location: extension.location,
    ...(record
      ? { crm: { objectId: Number(record.id), objectTypeId: OBJECT_TYPE_FACTS[record.type].objectTypeId } }
      : {}),
    user: { ...user, emails: [user.email], roles: [], teams: [], permissions: [], ...HOST_LOCALE[language] },
    portal: { id: portal.id, timezone: portal.timeZone },
    extension: { appId: extension.appId, appName: extension.appName, cardTitle: extension.title },
    variables: {},
  };
}

export class CardConnection {
  readonly #around: CardSurroundings;
  readonly #listeners = new Set<PropertyListener>();

  constructor(around: CardSurroundings) {
    this.#around = around;
  }

  /** Tells the card's listeners about values that changed since they were last told. */
  propertiesChanged(): void {
    const { record } = this.#around;
    if (!record) return;
    for (const listener of this.#listeners) {
      const values = pick(record.properties(), listener.names);
      const key = JSON.stringify(values);
      if (key === listener.last) continue;
      listener.last = key;
      listener.call(values);
    }
  }

  host(): CardHost {
    const around = this.#around;
    return {
      context: contextOf(around),
      action: (name, args) => this.#act(name, args),
      fetchCrmProperties: async (names, onChange) => this.#crmProperties(names, onChange),
      fetchAssociations: (request) => this.#associations(request),
      fetchCrmSearch: (request) => this.#search(request),
      formatCrmProperties: async (request) => ({ data: formatRequestSchema.parse(request).propertiesList }),
      proxy: (request) => proxy(around, request),
      log: (level, detail) => around.onLog(level, detail),
      crashed: (message) => around.onCrash(message),
    };
  }

  #listen(names: PropertyNames, call: (properties: CrmProperties) => void): () => void {
    const { record } = this.#around;
    retain(call);
    const listener = { names, call, last: JSON.stringify(pick(record?.properties() ?? {}, names)) };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #act(name: HostAction, args: readonly unknown[]): Promise<unknown> {
    const { record, showToast, openIframe, closeOverlay } = this.#around;
    const actions: Record<HostAction, () => unknown> = {
      addAlert: () => {
        const { type = 'info', title, message } = alertSchema.parse(args[0]);
        showToast({ tone: type, message, ...(title === undefined ? {} : { title }) });
      },
      reloadPage: () => location.reload(),
      fetchCrmObjectProperties: () => pick(record?.properties() ?? {}, namesSchema.parse(args[0])),
      openIframeModal: () => {
        const request = iframeSchema.parse(args[0]);
        const onClose = args[1] === undefined ? () => undefined : listenerSchema.parse(args[1]);
        retain(onClose);
        openIframe({ ...request, onClose: () => onClose({}) });
      },
      refreshObjectProperties: () => record?.refresh(),
      onCrmPropertiesUpdate: () => {
        this.#listen(namesSchema.parse(args[0]), listenerSchema.parse(args[1]));
      },
      closeOverlay: () => closeOverlay(z.string().parse(args[0])),
      copyTextToClipboard: () => navigator.clipboard.writeText(z.string().parse(args[0])),
      navigateToPage: () => {
        const { to } = z.object({ to: z.string() }).parse(args[0]);
        showToast({ tone: 'info', message: to });
      },
    };
    return actions[name]();
  }

  #crmProperties(names: unknown, onChange: unknown): HookAnswer {
    const { record } = this.#around;
    if (!record) return { error: 'This extension is not on a record.' };
    const wanted = namesSchema.parse(names);
    const cleanup = this.#listen(wanted, listenerSchema.parse(onChange));
    return { data: pick(record.properties(), wanted), cleanup };
  }

  async #associations(raw: unknown): Promise<HookAnswer> {
    const { record, portal } = this.#around;
    const request = associationsRequestSchema.parse(raw);
    const type = parseObjectType(request.toObjectType);
    if (!record || !type) return { error: `No associations to ${request.toObjectType} here.` };
    const all = record.associations()[type];
    const page = all.slice(request.offset, request.offset + request.pageLength);
    const results = await Promise.all(
      page.map(async (association) => {
        const answer = await portalApi.record(portal.id, type, association.id);
        return {
          toObjectId: Number(association.id),
          associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 0, label: association.label ?? '' }],
          properties: pick(answer.ok ? answer.data.properties : {}, request.properties),
        };
      }),
    );
    const nextOffset = request.offset + page.length;
    return { data: { results, hasMore: nextOffset < all.length, nextOffset } };
  }

  async #search(raw: unknown): Promise<HookAnswer> {
    const request = searchRequestSchema.parse(raw);
    const type = parseObjectType(request.objectType);
    if (!type) return { error: `Unknown object type ${request.objectType}.` };
    const filters = (request.filterGroups[0]?.filters ?? []).map(({ propertyName, ...rest }) => ({
      property: propertyName,
      ...rest,
    }));
    const query = { q: request.query, filters, sort: null, direction: 'asc', after: request.after ?? null } as const;
    const answer = await portalApi.records(
      this.#around.portal.id,
      type,
      query,
      Math.min(request.pageLength, PAGE_SIZE),
    );
    if (!answer.ok) return { error: answer.message };
    const { total, after, results } = answer.data;
    const rows = results.map((row) => ({
      objectId: Number(row.id),
      properties: pick(row.properties, request.properties),
    }));
    return { data: { results: rows, total, hasMore: after !== undefined, ...(after === undefined ? {} : { after }) } };
  }
}

/** Sends a card's hubspot.fetch through the portal's proxy, which signs it; unwraps the documented envelope. */
async function proxy({ portal, extension }: CardSurroundings, request: ProxyRequest): Promise<ProxyAnswer> {
  const search = new URLSearchParams({ portalId: String(portal.id), appId: String(extension.appId) });
  const response = await fetch(`/api/crm-extensibility/execution/internal/v3/proxy?${search}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      requestUri: request.url,
      method: request.method,
      requestTimeoutMillis: request.timeoutMs,
      requestBody: request.body,
      requestHeaders: request.headers,
    }),
  });
  const raw: unknown = await response.json();
  const envelope = proxyEnvelopeSchema.safeParse(raw);
  const appStatus = envelope.success ? Number(envelope.data.context?.appServerStatusCode?.[0]) : Number.NaN;
  const answered = envelope.success && !Number.isNaN(appStatus);
  const body = answered ? envelope.data.responseBody : raw;
  return {
    status: answered ? appStatus : response.ok ? 502 : response.status,
    contentType: 'application/json',
    body: typeof body === 'string' ? body : JSON.stringify(body ?? null),
  };
}
