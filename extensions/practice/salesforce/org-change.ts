/** What one committed transaction did to records: the source of change events, of field history and of the pages' live news. */
import type { FieldValues } from './field-value.ts';

const CHANGE_TYPES = ['CREATE', 'UPDATE', 'DELETE', 'UNDELETE'] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** One change event before it is put into a schema (Change Data Capture guide, Change event header fields). */
export interface OrgChange {
  readonly orgId: string;
  /** API name with the package's prefix, such as `Opportunity` or `counterpart__Contract_Record__c`. */
  readonly entityName: string;
  readonly changeType: ChangeType;
  /** 18-character ids; more than one when the same change hit several records in one transaction. */
  readonly recordIds: readonly string[];
  /** API names; an update always names `LastModifiedDate`, and a DELETE names none. */
  readonly changedFields: readonly string[];
  /** The new value of each changed field, null where it was emptied; for CREATE and UNDELETE every field that has a value. */
  readonly values: FieldValues;
  /** Changed fields that are empty now. */
  readonly nulledFields: readonly string[];
  readonly transactionKey: string;
  /** Position in the transaction, from 1. */
  readonly sequenceNumber: number;
  readonly commitNumber: bigint;
  /** Epoch milliseconds. */
  readonly commitTimestamp: number;
  /** 18-character user id. */
  readonly commitUser: string;
  /** `com/salesforce/api/rest/68.0;client=Counterpart` for the API; `com/salesforce/api/soap/68.0;client=SfdcInternalAPI/` for people. */
  readonly changeOrigin: string;
}
