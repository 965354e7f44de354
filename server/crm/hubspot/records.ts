/** HubSpot's record as the port's record: mirrored values, facts and history, with every instant as epoch ms. */
import { MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { HostFieldEdit, HostObjectType, HostRecord } from '../port.ts';
import { fromHubSpotProperties, toCanonical } from './fields.ts';
import { MIRROR_PROPERTY_NAMES, PROPERTY_NAMES, SYNC_TOKEN_PROPERTY } from './properties.ts';
import type { HistoryEntry, HubSpotRecord } from './wire.ts';

/** How a HubSpot property becomes a fact: as it stands, as a calendar day, or as an instant in epoch ms written as text. */
type FactForm = 'text' | 'date' | 'instant';
type FactTable = Readonly<Record<string, { readonly property: string; readonly form: FactForm }>>;

const FACTS: Record<HostObjectType, FactTable> = {
  opportunity: {
    name: { property: 'dealname', form: 'text' },
    amount: { property: 'amount', form: 'text' },
    currency: { property: 'deal_currency_code', form: 'text' },
    closeDate: { property: 'closedate', form: 'date' },
    dealStage: { property: 'dealstage', form: 'text' },
    pipeline: { property: 'pipeline', form: 'text' },
    // Kept by HubSpot's own Salesforce integration; a portal without it has no such property and answers without it.
    salesforceId: { property: 'salesforceopportunityid', form: 'text' },
    ownerId: { property: 'hubspot_owner_id', form: 'text' },
  },
  account: {
    name: { property: 'name', form: 'text' },
    domain: { property: 'domain', form: 'text' },
    city: { property: 'city', form: 'text' },
    country: { property: 'country', form: 'text' },
    salesforceId: { property: 'salesforceaccountid', form: 'text' },
    ownerId: { property: 'hubspot_owner_id', form: 'text' },
  },
  case: {
    subject: { property: 'subject', form: 'text' },
    priority: { property: 'hs_ticket_priority', form: 'text' },
    openedAt: { property: 'createdate', form: 'instant' },
    respondedAt: { property: 'first_agent_reply_date', form: 'instant' },
    closedAt: { property: 'closed_date', form: 'instant' },
  },
};

const MERGED_IDS_PROPERTY = 'hs_merged_object_ids';

/** Everything one read asks for. Tickets carry none of our properties. */
export function requestedProperties(objectType: HostObjectType): readonly string[] {
  const facts = Object.values(FACTS[objectType]).map((fact) => fact.property);
  const mirrored = objectType === 'case' ? [] : MIRROR_PROPERTY_NAMES;
  return [...mirrored, ...facts, MERGED_IDS_PROPERTY, 'hs_lastmodifieddate'];
}

export type RecordContext = {
  readonly objectType: HostObjectType;
  readonly history: boolean;
  /** Our app's id: what HubSpot names as the source of our own writes. */
  readonly appId: string;
};

export function toHostRecord(raw: HubSpotRecord, context: RecordContext): HostRecord {
  return {
    ref: { objectType: context.objectType, recordId: raw.id },
    syncToken: emptyToNull(raw.properties[SYNC_TOKEN_PROPERTY]),
    version: null,
    values: fromHubSpotProperties(raw.properties),
    facts: toFacts(raw, context.objectType),
    associations: {},
    mergedIds: (raw.properties[MERGED_IDS_PROPERTY] ?? '').split(';').filter((id) => id !== ''),
    updatedAt: instantOf(raw.properties['hs_lastmodifieddate'] ?? null) ?? instantOf(raw.updatedAt) ?? 0,
    history: context.history ? toHistory(raw, context.appId) : null,
  };
}

function toFacts(raw: HubSpotRecord, objectType: HostObjectType): Readonly<Record<string, string | null>> {
  const entries = Object.entries(FACTS[objectType]).map(([name, { property, form }]) => {
    return [name, toFact(emptyToNull(raw.properties[property]), form)] as const;
  });
  return Object.fromEntries(entries);
}

function toFact(value: string | null, form: FactForm): string | null {
  if (value === null || form === 'text') return value;
  if (form === 'date') return toCanonical('endDate', value);
  return instantOf(value)?.toString() ?? null;
}

/** Oldest first over all properties; entries of one instant keep the order in which HubSpot recorded them. */
function toHistory(raw: HubSpotRecord, appId: string): readonly HostFieldEdit[] {
  const history = raw.propertiesWithHistory ?? {};
  const named = [
    ...MIRROR_FIELD_NAMES.map((field) => [field, history[PROPERTY_NAMES[field]] ?? []] as const),
    ['syncToken', history[SYNC_TOKEN_PROPERTY] ?? []] as const,
  ];
  const edits = named.flatMap(([field, entries]) =>
    entries.toReversed().map((entry): HostFieldEdit => {
      return {
        field,
        value: field === 'syncToken' ? emptyToNull(entry.value) : toCanonical(field, entry.value),
        at: instantOf(entry.timestamp) ?? 0,
        ...authorOf(entry, appId),
      };
    }),
  );
  return edits.toSorted((left, right) => left.at - right.at);
}

/** `INTEGRATION` with our own app id is us; another app, an import, a workflow or a person is `person`. */
function authorOf(entry: HistoryEntry, appId: string): Pick<HostFieldEdit, 'author' | 'authorId'> {
  const author = entry.sourceType === 'INTEGRATION' && entry.sourceId === appId ? 'us' : 'person';
  const userId = entry.updatedByUserId ?? userIdOfSource(entry.sourceId ?? '');
  return { author, authorId: userId === null ? `${entry.sourceType}:${entry.sourceId ?? ''}` : String(userId) };
}

/** `userId:123` is how HubSpot names a person as a source. */
function userIdOfSource(sourceId: string): string | null {
  return /^userId:(\d+)$/.exec(sourceId)?.[1] ?? null;
}

/** The HubSpot user behind an edit as `toHostRecord` gives it; null for apps, imports and workflows. */
export function userIdOf({ author, authorId }: HostFieldEdit): string | null {
  return author === 'person' && authorId !== null && /^\d+$/.test(authorId) ? authorId : null;
}

/** HubSpot writes instants as ISO text or as epoch ms; null when it is neither. */
export function instantOf(value: string | null): number | null {
  if (value === null || value === '') return null;
  const at = /^\d{1,16}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isFinite(at) ? at : null;
}

function emptyToNull(value: string | null | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
