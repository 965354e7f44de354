/** How each object is shown: its icon, its tab, and which fields stand in the highlights panel. Page layouts are the org's to decide. */
export const NAMESPACE = 'counterpart';
const own = (name) => `${NAMESPACE}__${name}`;

export const CONTRACT = own('Contract_Record__c');
export const SLA_RESULT = own('Sla_Result__c');
export const TABS = ['Opportunity', 'Account', 'Case', CONTRACT, SLA_RESULT];

const PAGES = {
  Opportunity: {
    icon: 'standard:opportunity',
    highlights: ['AccountId', 'CloseDate', 'Amount', own('Notice_Deadline__c'), 'OwnerId'],
  },
  Account: {
    icon: 'standard:account',
    highlights: ['Type', 'Industry', 'Phone', 'Website', own('Notice_Deadline__c'), 'OwnerId'],
  },
  Case: {
    icon: 'standard:case',
    highlights: ['AccountId', 'Status', 'Priority', 'CreatedDate', own('First_Response_At__c')],
  },
  [CONTRACT]: {
    icon: 'standard:contract',
    highlights: ['Counterparty__c', 'Stage__c', 'Renewal_Date__c', 'Notice_Deadline__c', 'Sla_Status__c'].map(own),
  },
  [SLA_RESULT]: {
    icon: 'standard:metrics',
    highlights: ['Contract_Record__c', 'Month__c', 'Metric__c', 'Target__c', 'Value__c', 'Verdict__c'].map(own),
  },
  [own('Contract_Link__c')]: {
    icon: 'standard:related_list',
    highlights: ['Contract_Record__c', 'Opportunity__c', 'Account__c'].map(own),
  },
  User: { icon: 'standard:user', highlights: ['Email'] },
};
const OTHER = { icon: 'standard:record', highlights: [] };

export const pageOf = (object) => PAGES[object] ?? OTHER;

/** Machinery of the mirror and of the platform: no layout shows it. */
const HIDDEN = new Set([
  ...['Sync_Token__c', 'Base_Version__c', 'Mirror_Version__c', 'Edit_Journal__c'].map(own),
  'Id',
  'IsDeleted',
  'SystemModstamp',
  'MasterRecordId',
  'RecordTypeId',
  'LastViewedDate',
  'LastReferencedDate',
  'LastActivityDate',
  'ForecastCategory',
  'HasOpportunityLineItem',
  'IsWon',
  'FiscalQuarter',
  'FiscalYear',
  'Fiscal',
]);
const SYSTEM = new Set(['CreatedById', 'CreatedDate', 'LastModifiedById', 'LastModifiedDate']);
export const JOURNAL = own('Edit_Journal__c');

export const shownFields = (object) => object.fields.filter(({ name }) => !HIDDEN.has(name));
/** Fields a person may fill in. */
export const formFields = (object) => shownFields(object).filter(({ editable }) => editable);

/** The sections of the details tab; a package's objects are all its own. */
export function sectionsOf(object) {
  const shown = shownFields(object);
  const isOwn = ({ name }) => name.startsWith(`${NAMESPACE}__`) && !object.name.startsWith(`${NAMESPACE}__`);
  return [
    { name: 'information', fields: shown.filter((field) => !SYSTEM.has(field.name) && !isOwn(field)) },
    { name: 'counterpart', fields: shown.filter(isOwn) },
    { name: 'system', fields: shown.filter(({ name }) => SYSTEM.has(name)) },
  ].filter(({ fields }) => fields.length > 0);
}

export const fieldOf = (object, name) => object.fields.find((field) => field.name === name);
