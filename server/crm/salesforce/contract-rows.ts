/**
 * Contracts, their links and monthly results as rows of the package's own objects. Which row goes where and what each of its fields says;
 * people of the org read these objects and never write them.
 */
import type { ContractSource, LinkSource, RowKind, RowSource, SlaResultSource } from '../../domain/contract-row.ts';
import { formatDecimal } from '../../domain/money.ts';
import type { CallOptions, ConnectionRef, HostFailure, HostResult } from '../port.ts';
import { parseDecimal } from './decimals.ts';
import { packaged } from './field-names.ts';
import { type ProjectedRow, type RowUpserter, type RowValue, UPSERT_BATCH_MAX } from './upsert-rows.ts';

const OBJECTS: Record<RowKind, string> = {
  contract: packaged('Contract_Record__c'),
  link: packaged('Contract_Link__c'),
  sla_result: packaged('Sla_Result__c'),
};
const EXTERNAL_ID_FIELD = packaged('External_Id__c');

/** Lengths of the package's text fields; a longer text is cut, for a refused row would show nothing at all. */
const NAME_LENGTH_MAX = 80;
/** Of Salesforce's own field types (Object reference, Field types). */
const EMAIL_LENGTH_MAX = 80;
const URL_LENGTH_MAX = 255;
const TEXT_LENGTH_MAX = 255;
/** Decimal places of the package's field for amounts. */
const AMOUNT_PLACES = 2;
/** Picklists without a value for what they do not know: the field stays empty. */
const METRICS: ReadonlySet<string> = new Set(['availability', 'response', 'resolution']);

/** The row's id in the org: the same for the same thing, so that writing it twice makes one row. */
export function externalIdOf(source: RowSource): string {
  switch (source.kind) {
    case 'contract':
      return source.contractId;
    case 'link':
      return `${source.objectType}/${source.recordId}/${source.contractId}`;
    case 'sla_result':
      return `${source.objectiveId}/${source.period}`;
  }
}

/** What a row says besides its source. */
export type RowSetting = {
  /** When the source was read; of two rows with one revision, the package keeps the one that was read later. */
  readonly readAt: number;
  /** Address of the contract in the workspace. */
  readonly contractUrl: (contractId: string) => string;
};

export function rowOf(source: RowSource, setting: RowSetting): ProjectedRow {
  const externalId = externalIdOf(source);
  const fields = { ...fieldsOf(source, setting), ...named({ Last_Synced_At__c: instant(setting.readAt) }) };
  return { externalId, fields };
}

function fieldsOf(source: RowSource, { contractUrl }: RowSetting): Readonly<Record<string, RowValue>> {
  switch (source.kind) {
    case 'contract':
      return contractFields(source, contractUrl(source.contractId));
    case 'link':
      return linkFields(source);
    case 'sla_result':
      return resultFields(source);
  }
}

const EMPTY: RowValue = { kind: 'empty' };
const text = (value: string | null, lengthMax = TEXT_LENGTH_MAX): RowValue =>
  value === null || value === '' ? EMPTY : { kind: 'text', text: Array.from(value).slice(0, lengthMax).join('') };
const day = (value: string | null): RowValue => (value === null ? EMPTY : { kind: 'date', day: value });
const decimal = (value: string | null): RowValue =>
  value !== null && /^-?\d+(\.\d+)?$/.test(value) ? { kind: 'number', decimal: value } : EMPTY;
/** An amount that needs more places than the field has is left out: Salesforce would round it. */
const amount = (value: string | null): RowValue =>
  value === null || (parseDecimal(value)?.fraction.length ?? 0) > AMOUNT_PLACES ? EMPTY : decimal(value);
const instant = (at: number): RowValue => ({ kind: 'instant', at });
/** Part of an address is another address, or none: one that is too long is left out. */
const whole = (value: string | null, lengthMax: number): RowValue =>
  value === null || value.length > lengthMax ? EMPTY : text(value, lengthMax);
const checkbox = (checked: boolean): RowValue => ({ kind: 'checkbox', checked });
const contract = (contractId: string): RowValue => ({
  kind: 'lookup',
  externalIdField: EXTERNAL_ID_FIELD,
  externalId: contractId,
});
const record = (recordId: string | null): RowValue => (recordId === null ? EMPTY : { kind: 'reference', recordId });

function named(fields: Readonly<Record<string, RowValue>>): Readonly<Record<string, RowValue>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [packaged(name), value]));
}

function contractFields(source: ContractSource, url: string): Readonly<Record<string, RowValue>> {
  const { valueMinor, currency } = source;
  const value =
    valueMinor === null || currency === null ? null : formatDecimal({ minor: BigInt(valueMinor), currency });
  return {
    Name: text(source.title, NAME_LENGTH_MAX),
    ...named({
      Contract_Number__c: text(source.number, NAME_LENGTH_MAX),
      Title__c: text(source.title),
      Side__c: text(source.side),
      Stage__c: text(source.stage),
      Health__c: text(source.health),
      Renewal_Type__c: text(source.renewalKind),
      Renewal_Decision__c: text(source.renewalDecision),
      Effective_Date__c: day(source.effectiveDate),
      End_Date__c: day(source.endDate),
      Signed_Date__c: day(source.signedDate),
      Renewal_Date__c: day(source.renewalDate),
      Notice_Deadline__c: day(source.noticeDeadline),
      Contract_Value__c: amount(value),
      Contract_Currency__c: text(currency),
      Counterparty__c: text(source.counterparty),
      Owner_Email__c: whole(source.ownerEmail, EMAIL_LENGTH_MAX),
      Contract_Url__c: whole(url, URL_LENGTH_MAX),
      Archived__c: checkbox(source.archived),
      Revision__c: decimal(String(source.revision)),
      Risk_Flags__c: text([...source.riskFlags].sort().join(';'), Number.POSITIVE_INFINITY),
      Sla_Status__c: text(source.slaStatus),
      Availability_Last_Month__c: decimal(source.availabilityLastMonth),
      Response_Compliance_Last_Month__c: decimal(source.responseComplianceLastMonth),
      Breaches_12_Months__c: decimal(String(source.breachesTwelveMonths)),
    }),
  };
}

/** A link that ended keeps its row and points nowhere: a row is never deleted from here, and the org may hold notes on it. */
function linkFields(source: LinkSource): Readonly<Record<string, RowValue>> {
  const recordOf = (objectType: LinkSource['objectType']): RowValue =>
    record(source.active && source.objectType === objectType ? source.recordId : null);
  return named({
    Contract_Record__r: contract(source.contractId),
    Opportunity__c: recordOf('opportunity'),
    Account__c: recordOf('account'),
    Is_Lead__c: checkbox(source.isLead),
  });
}

function resultFields(source: SlaResultSource): Readonly<Record<string, RowValue>> {
  return named({
    Contract_Record__r: contract(source.contractId),
    Account__c: record(source.accountId),
    Month__c: day(`${source.period}-01`),
    Metric__c: text(METRICS.has(source.metric) ? source.metric : null),
    Objective__c: text(wordsOf(source)),
    Target__c: decimal(source.target),
    Value__c: decimal(source.value),
    Verdict__c: text(source.verdict),
    Met__c: checkbox(source.verdict === 'met'),
  });
}

const MINUTES_PER_HOUR = 60;

/** What an objective measures, in English as the package's own words are. */
function wordsOf({ metric, severity, targetMinutes }: SlaResultSource): string {
  const measured = metric === 'response' ? `First response${withinOf(targetMinutes)}` : metric.replaceAll('_', ' ');
  const words = `${measured.slice(0, 1).toUpperCase()}${measured.slice(1)}`;
  return severity === null || severity === '' || severity === 'any' ? words : `${words}, severity ${severity}`;
}

function withinOf(minutes: number | null): string {
  if (minutes === null) return ' in time';
  const [count, unit] = minutes % MINUTES_PER_HOUR === 0 ? [minutes / MINUTES_PER_HOUR, 'hour'] : [minutes, 'minute'];
  return ` within ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A row as it is due: our id of it, what it says, and when that was read. */
type Due = { readonly rowId: string; readonly source: RowSource; readonly readAt: number };
type RowEnd = { readonly rowId: string; readonly failure: HostFailure | null };

/** Rows of one kind in one call; the ends come under the ids that the rows came with. */
export function createContractRows(upserter: RowUpserter, contractUrl: RowSetting['contractUrl']) {
  return {
    batchMax: UPSERT_BATCH_MAX,
    write: async (
      connection: ConnectionRef,
      due: readonly Due[],
      options: CallOptions,
    ): Promise<HostResult<readonly RowEnd[]>> => {
      const [first] = due;
      if (first === undefined) return { ok: true, value: [] };
      const rowIds = new Map(due.map(({ rowId, source }) => [externalIdOf(source), rowId]));
      const object = OBJECTS[first.source.kind];
      const rows = due.map(({ source, readAt }) => rowOf(source, { readAt, contractUrl }));
      const answer = await upserter.upsertRows(
        connection,
        { object, externalIdField: EXTERNAL_ID_FIELD, rows },
        options,
      );
      if (!answer.ok) return answer;
      const ends = answer.value.flatMap((outcome): readonly RowEnd[] => {
        const rowId = rowIds.get(outcome.externalId);
        if (rowId === undefined) return [];
        return [{ rowId, failure: outcome.kind === 'written' ? null : outcome.failure }];
      });
      return { ok: true, value: ends };
    },
  };
}
