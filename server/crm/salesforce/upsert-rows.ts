/**
 * Puts rows of our own objects into an org under our own ids, so that saying the same thing twice changes nothing: Salesforce has no
 * idempotency key, and an external id is what takes its place (REST API guide, sObject Collections: upsert). Up to 200 rows go in one call
 * that counts once; each row has its own outcome.
 */
import type { CallOptions, ConnectionRef, HostFailure, HostResult } from '../port.ts';

export const UPSERT_BATCH_MAX = 200;

/** What a field of a row may hold. Numbers travel as decimal text, so that no digit is lost on our side; days as `YYYY-MM-DD`. */
export type RowValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly decimal: string }
  | { readonly kind: 'date'; readonly day: string }
  | { readonly kind: 'checkbox'; readonly checked: boolean }
  /** The row of another object that has this external id; the field is the relationship's name, `Contract_Record__r`. */
  | { readonly kind: 'lookup'; readonly externalIdField: string; readonly externalId: string }
  /** The id of a record of the org, `Opportunity__c`. */
  | { readonly kind: 'reference'; readonly recordId: string }
  | { readonly kind: 'empty' };

export type ProjectedRow = {
  readonly externalId: string;
  /** By API name as the org knows it, with the package's prefix. Absent fields are left alone. */
  readonly fields: Readonly<Record<string, RowValue>>;
};

export type RowOutcome =
  | { readonly kind: 'written'; readonly externalId: string; readonly recordId: string; readonly created: boolean }
  | { readonly kind: 'failed'; readonly externalId: string; readonly failure: HostFailure };

export type UpsertRequest = {
  /** `counterpart__Contract_Record__c`. */
  readonly object: string;
  /** `counterpart__External_Id__c`. */
  readonly externalIdField: string;
  /** At most `UPSERT_BATCH_MAX`, each external id once. */
  readonly rows: readonly ProjectedRow[];
};

export interface RowUpserter {
  /** One outcome per row in the order given, or the failure of the call as a whole. */
  upsertRows(
    connection: ConnectionRef,
    request: UpsertRequest,
    options: CallOptions,
  ): Promise<HostResult<readonly RowOutcome[]>>;
}
