/**
 * Contracts, their links and monthly results as rows of the package's own objects. Which row goes where and what each of its fields says;
 * people of the org read these objects and never write them.
 */
import type { ContractSource, LinkSource, RowKind, RowSource, SlaResultSource } from '../../domain/contract-row.ts';
import { formatDecimal } from '../../domain/money.ts';
import type { CallOptions, ConnectionRef, HostFailure, HostResult } from '../port.ts';
import { packaged } from './field-names.ts';
import { type ProjectedRow, type RowUpserter, type RowValue, UPSERT_BATCH_MAX } from './upsert-rows.ts';

const OBJECTS: Record<RowKind, string> = {
  contract: packaged('Contract_Record__c'),
  link: packaged('Contract_Link__c'),
  sla_result: packaged('Sla_Result__c'),
};
export const EXTERNAL_ID_FIELD = packaged('External_Id__c');

/** Lengths of the package's text fields; a longer text is cut, for a refused row would show nothing at all. */
const NAME_LENGTH_MAX = 80;
const TEXT_LENGTH_MAX = 255;
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

export function rowOf(source: RowSource): ProjectedRow {
  const externalId = externalIdOf(source);
  switch (source.kind) {
    case 'contract':
      return { externalId, fields: contractFields(source) };
    case 'link':
      return { externalId, fields: linkFields(source) };
    case 'sla_result':
      return { externalId, fields: resultFields(source) };
  }
}

const EMPTY: RowValue = { kind: 'empty' };
const text = (value: string | null, lengthMax = TEXT_LENGTH_MAX): RowValue =>
  value === null || value === '' ? EMPTY : { kind: 'text', text: [...value].slice(0, lengthMax).join('') };
const day = (value: string | null): RowValue => (value === null ? EMPTY : { kind: 'date', day: value });
const decimal = (value: string | null): RowValue =>
  value !== null && /^-?\d+(\.\d+)?$/.test(value) ? { kind: 'number', decimal: value } : EMPTY;
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

function contractFields(source: ContractSource): Readonly<Record<string, RowValue>> {
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
      Contract_Value__c: decimal(value),
      Contract_Currency__c: text(currency),
      Counterparty__c: text(source.counterparty),
      Owner_Email__c: text(source.ownerEmail),
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
    Objective__c: text(source.objectiveId),
    Target__c: decimal(source.target),
    Value__c: decimal(source.value),
    Verdict__c: text(source.verdict),
    Met__c: checkbox(source.verdict === 'met'),
  });
}

/** A row as it is due: our id of it, and what it says. */
type Due = { readonly rowId: string; readonly source: RowSource };
type RowEnd = { readonly rowId: string; readonly failure: HostFailure | null };

/** Rows of one kind in one call; the ends come under the ids that the rows came with. */
export function createContractRows(upserter: RowUpserter) {
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
      const rows = due.map(({ source }) => rowOf(source));
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
