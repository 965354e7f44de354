/** Salesforce's record as the port's record: mirrored values, facts, version and history, with every instant as epoch ms. */
import type { HostObjectType, HostRecord } from '../port.ts';
import { plainDecimal } from './decimals.ts';
import {
  FIRST_RESPONSE_FIELD,
  JOURNAL_FIELD,
  MIRROR_FIELD_API_NAMES,
  SYNC_TOKEN_FIELD,
  VERSION_FIELD,
} from './field-names.ts';
import { fromSalesforceFields } from './fields.ts';
import { parseJournal } from './journal.ts';
import type { Row } from './wire.ts';

/** How a field becomes a fact: as it stands, as a plain number, as the host of a web address, or as an instant in epoch ms as text. */
type FactForm = 'text' | 'number' | 'domain' | 'instant';
type Fact = { readonly path: string; readonly form: FactForm };

const OWNER_EMAIL: Fact = { path: 'Owner.Email', form: 'text' };
const FACTS: Record<HostObjectType, Readonly<Record<string, Fact>>> = {
  opportunity: {
    name: { path: 'Name', form: 'text' },
    amount: { path: 'Amount', form: 'number' },
    currency: { path: 'CurrencyIsoCode', form: 'text' },
    closeDate: { path: 'CloseDate', form: 'text' },
    dealStage: { path: 'StageName', form: 'text' },
    ownerId: { path: 'OwnerId', form: 'text' },
    ownerEmail: OWNER_EMAIL,
  },
  account: {
    name: { path: 'Name', form: 'text' },
    domain: { path: 'Website', form: 'domain' },
    city: { path: 'BillingCity', form: 'text' },
    country: { path: 'BillingCountry', form: 'text' },
    ownerId: { path: 'OwnerId', form: 'text' },
    ownerEmail: OWNER_EMAIL,
  },
  case: {
    subject: { path: 'Subject', form: 'text' },
    priority: { path: 'Priority', form: 'text' },
    openedAt: { path: 'CreatedDate', form: 'instant' },
    respondedAt: { path: FIRST_RESPONSE_FIELD, form: 'instant' },
    closedAt: { path: 'ClosedDate', form: 'instant' },
  },
};

/** Without these a record cannot be kept in step: the package or a permission is missing. */
export function requiredFields(objectType: HostObjectType): readonly string[] {
  if (objectType === 'case') return ['AccountId', FIRST_RESPONSE_FIELD];
  return [...MIRROR_FIELD_API_NAMES, SYNC_TOKEN_FIELD, VERSION_FIELD, JOURNAL_FIELD];
}

/**
 * What one read asks for, given the fields that the app's user may see. An org without several currencies has no `CurrencyIsoCode`, and
 * an administrator may hide a standard field; a query that named it would fail as a whole.
 */
export function requestedFields(
  objectType: HostObjectType,
  { visible, history }: { readonly visible: ReadonlySet<string>; readonly history: boolean },
): readonly string[] {
  const facts = Object.values(FACTS[objectType])
    .map(({ path }) => path)
    .filter((path) => visible.has(path === OWNER_EMAIL.path ? 'OwnerId' : path));
  const ours = requiredFields(objectType).filter((name) => history || name !== JOURNAL_FIELD);
  return [...new Set(['Id', 'SystemModstamp', ...facts, ...ours])];
}

export type RecordContext = { readonly objectType: HostObjectType; readonly history: boolean };

export function toHostRecord(row: Row, { objectType, history }: RecordContext): HostRecord {
  const isMirrored = objectType !== 'case';
  const edits = isMirrored && history ? parseJournal(textAt(row, JOURNAL_FIELD), currencyOf(row)) : null;
  const modifiedAt = instantOf(textAt(row, 'SystemModstamp')) ?? 0;
  const account = textAt(row, 'AccountId');
  return {
    ref: { objectType, recordId: textAt(row, 'Id') ?? '' },
    version: isMirrored ? (textAt(row, VERSION_FIELD) ?? NO_VERSION) : null,
    syncToken: textAt(row, SYNC_TOKEN_FIELD),
    values: fromSalesforceFields(row),
    facts: toFacts(row, objectType),
    associations: isMirrored ? {} : { account: account === null ? [] : [account] },
    // The record that was merged away names the one that carries on; that one names nobody.
    mergedIds: [],
    // Salesforce keeps the second, the journal the millisecond.
    updatedAt: Math.max(modifiedAt, edits?.at(-1)?.at ?? 0),
    history: edits,
  };
}

/** A record that the package's trigger has not met yet; the trigger reads nothing as this, too. */
const NO_VERSION = '0';

function toFacts(row: Row, objectType: HostObjectType): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(FACTS[objectType]).map(([name, { path, form }]) => [name, toFact(textAt(row, path), form)] as const),
  );
}

function toFact(value: string | null, form: FactForm): string | null {
  if (value === null || form === 'text') return value;
  switch (form) {
    case 'number':
      return plainDecimal(value, 0);
    case 'domain':
      return domainOf(value);
    case 'instant':
      return instantOf(value)?.toString() ?? null;
  }
}

/** People enter websites with and without scheme, path and `www`. */
function domainOf(website: string): string | null {
  const text = website.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  return url === null ? null : url.hostname.replace(/^www\./, '');
}

function currencyOf(row: Row): string | null {
  return fromSalesforceFields(row).contractCurrency ?? null;
}

/** `Owner.Email` is the field of a record within. Null for what is absent, empty or no text. */
export function textAt(row: Row, path: string): string | null {
  const [name = '', inner] = path.split('.');
  const value = row[name];
  if (inner !== undefined) return isRow(value) ? textAt(value, inner) : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Salesforce writes instants as `2026-11-22T04:00:00.000+0000`; null when it is none. */
export function instantOf(text: string | null): number | null {
  if (text === null) return null;
  const at = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isFinite(at) ? at : null;
}
