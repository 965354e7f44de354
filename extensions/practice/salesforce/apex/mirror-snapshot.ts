/** The mirror fields of a record as the running user may read them (`MirrorSnapshot` of the package); makes no callout. */
import type { ApexOrg } from '../apex-bridge.ts';
import type { CardRecord } from './contract-card-controller.ts';

const PREFIX = 'counterpart__';
const FIELDS = [
  'Lead_Contract_Number__c',
  'Lead_Contract_Title__c',
  'Contract_Count__c',
  'Contract_Stage__c',
  'Contract_Health__c',
  'Renewal_Type__c',
  'Renewal_Date__c',
  'Renewal_Decision__c',
  'Notice_Deadline__c',
  'Contract_End_Date__c',
  'Contract_Value__c',
  'Contract_Currency__c',
  'Risk_Flags__c',
  'Sla_Status__c',
  'Availability_Last_Month__c',
  'Response_Compliance_Last_Month__c',
  'Breaches_12_Months__c',
  'Contract_Url__c',
] as const;

/** JSON text `{"status": 200, "body": {"name", "fields"}}`; a field the user may not read is left out. */
export function readMirrored(org: ApexOrg, userId: string, record: CardRecord): string {
  const read = (names: readonly string[]) =>
    org.query(
      userId,
      `SELECT ${names.join(', ')} FROM ${record.objectName} WHERE Id = '${record.recordId}' LIMIT 1`,
    )?.[0];
  const all = read(FIELDS.map((name) => PREFIX + name));
  // User mode refuses a query that names one forbidden field, so that each is then asked for by itself.
  const fields = FIELDS.flatMap((name) => {
    const row = all ?? read([PREFIX + name]);
    return row === undefined ? [] : [[name, row[PREFIX + name] ?? null] as const];
  });
  const name = read(['Name'])?.['Name'] ?? null;
  return JSON.stringify({ status: 200, body: { name, fields: Object.fromEntries(fields) } });
}
