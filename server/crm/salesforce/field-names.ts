/**
 * The fields that the package adds to opportunities and accounts: one table, from which queries, writes, journals and errors follow. Names
 * are permanent: customers build reports, list views and flows on them. In an org each carries the package's prefix.
 */
import { MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { MirrorField } from '../../domain/mirror.ts';

export const PACKAGE_PREFIX = 'counterpart__';

const FIELD_NAMES: Record<MirrorField, string> = {
  leadContractNumber: 'Lead_Contract_Number__c',
  leadContractTitle: 'Lead_Contract_Title__c',
  contractCount: 'Contract_Count__c',
  stage: 'Contract_Stage__c',
  health: 'Contract_Health__c',
  renewalKind: 'Renewal_Type__c',
  renewalDate: 'Renewal_Date__c',
  renewalDecision: 'Renewal_Decision__c',
  noticeDeadline: 'Notice_Deadline__c',
  endDate: 'Contract_End_Date__c',
  contractValue: 'Contract_Value__c',
  contractCurrency: 'Contract_Currency__c',
  riskFlags: 'Risk_Flags__c',
  slaStatus: 'Sla_Status__c',
  availabilityLastMonth: 'Availability_Last_Month__c',
  responseComplianceLastMonth: 'Response_Compliance_Last_Month__c',
  breachesTwelveMonths: 'Breaches_12_Months__c',
  contractUrl: 'Contract_Url__c',
};
const SYNC_TOKEN_NAME = 'Sync_Token__c';

/** As an org knows it: `counterpart__Contract_Stage__c`. */
export function packaged(name: string): string {
  return `${PACKAGE_PREFIX}${name}`;
}

export function fieldName(field: MirrorField): string {
  return packaged(FIELD_NAMES[field]);
}

export const SYNC_TOKEN_FIELD = packaged(SYNC_TOKEN_NAME);
/** Raised by the package's trigger with every change that concerns us. */
export const VERSION_FIELD = packaged('Mirror_Version__c');
/** The version that a write of ours is based on; the trigger refuses it when there is a newer one. */
export const BASE_VERSION_FIELD = packaged('Base_Version__c');
export const JOURNAL_FIELD = packaged('Edit_Journal__c');
export const FIRST_RESPONSE_FIELD = packaged('First_Response_At__c');

export const MIRROR_FIELD_API_NAMES: readonly string[] = MIRROR_FIELD_NAMES.map(fieldName);

const BY_NAME: ReadonlyMap<string, MirrorField | 'syncToken'> = new Map([
  ...MIRROR_FIELD_NAMES.map((field) => [FIELD_NAMES[field], field] as const),
  [SYNC_TOKEN_NAME, 'syncToken'] as const,
]);

/** By API name, with the prefix or without (journals leave it out); null for a field that is not ours. */
export function fieldOfName(name: string): MirrorField | 'syncToken' | null {
  return BY_NAME.get(name.startsWith(PACKAGE_PREFIX) ? name.slice(PACKAGE_PREFIX.length) : name) ?? null;
}
