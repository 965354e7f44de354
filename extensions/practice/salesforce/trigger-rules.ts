/**
 * The package's triggers and validation rules, in the same words as its Apex classes: `MirrorJournal` on opportunities and accounts,
 * `CaseFirstResponse` on cases and their comments, `ContractRevisions` and the validation rules on the package's own objects. They run in
 * system mode inside the save of a record, before it (values may still change) or after it.
 */
import { type FieldValue, instantText } from './field-value.ts';
import { NAMESPACE } from './package-source.ts';
import { OrgRefusal } from './refusal.ts';
import { type StoredRow, textOf, valueOf } from './record-store.ts';
import type { Transaction } from './transaction.ts';

const own = (name: string): string => `${NAMESPACE}__${name}`;

const SYNC_TOKEN = own('Sync_Token__c');
const BASE_VERSION = own('Base_Version__c');
const MIRROR_VERSION = own('Mirror_Version__c');
const EDIT_JOURNAL = own('Edit_Journal__c');
/** Fields of the machinery, which no page shows. */
export const MACHINERY: ReadonlySet<string> = new Set([SYNC_TOKEN, BASE_VERSION, MIRROR_VERSION, EDIT_JOURNAL]);
/** Their changes are entered in the journal. */
const JOURNALLED = [
  'Lead_Contract_Number__c',
  'Contract_Stage__c',
  'Renewal_Date__c',
  'Renewal_Decision__c',
  'Sync_Token__c',
] as const;
/** Their changes raise the version. */
const VERSIONED = [
  ...JOURNALLED,
  'Lead_Contract_Title__c',
  'Contract_Count__c',
  'Contract_Health__c',
  'Renewal_Type__c',
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
const JOURNAL_PER_FIELD_MAX = 20;
const JOURNAL_CHARACTERS_MAX = 32_000;
const REVISION = own('Revision__c');
const LAST_SYNCED = own('Last_Synced_At__c');
const FIRST_RESPONSE = own('First_Response_At__c');

/** What a before-trigger may look at and change: `values` is what will be saved. */
export interface SaveInProgress {
  readonly transaction: Transaction;
  readonly object: string;
  readonly before: StoredRow | undefined;
  readonly values: Record<string, FieldValue>;
}

/** Before-insert and before-update triggers; throws what `addError` would say. */
export function runBeforeTriggers(save: SaveInProgress): void {
  if (save.transaction.org.installedPackage() === null) return;
  switch (save.object) {
    case 'Opportunity':
    case 'Account':
      keepMirrorJournal(save);
      return;
    case 'Case':
      stampFirstResponse(save);
      return;
    case own('Contract_Record__c'):
      refuseLateRevision(save);
      return;
    default:
      return;
  }
}

interface JournalEntry {
  readonly f: string;
  readonly v: FieldValue;
  readonly t: number;
  readonly o: boolean;
  readonly u: string;
}

/** `MirrorJournal`: a new record carries no history of ours, an update that changes the token must be based on the stored version. */
function keepMirrorJournal({ transaction, before, values }: SaveInProgress): void {
  if (before === undefined) for (const name of MACHINERY) values[name] = null;
  values[MIRROR_VERSION] = valueOf(before, MIRROR_VERSION);
  values[EDIT_JOURNAL] = valueOf(before, EDIT_JOURNAL);
  const version = Number(values[MIRROR_VERSION] ?? 0);
  const differs = (name: string): boolean => (values[own(name)] ?? null) !== valueOf(before, own(name));
  if (!VERSIONED.some(differs)) return;
  const changed = JOURNALLED.filter(differs);
  const ours = changed.includes('Sync_Token__c');
  const basedOn = Number(values[BASE_VERSION] ?? 0);
  if (ours && basedOn !== version)
    throw refusedByTrigger(`STALE_BASE_VERSION: written on version ${basedOn}, the record is at ${version}`);
  const email = textOf(transaction.org.records.get('User', transaction.origin.userId), 'Email') ?? '';
  const added = changed.map(
    (name): JournalEntry => ({ f: name, v: values[own(name)] ?? null, t: transaction.at, o: ours, u: email }),
  );
  values[MIRROR_VERSION] = version + 1;
  if (added.length > 0) values[EDIT_JOURNAL] = writeJournal([...readJournal(textOf(before, EDIT_JOURNAL)), ...added]);
}

/** What `addError` on a record becomes. */
const refusedByTrigger = (message: string): OrgRefusal => new OrgRefusal('FIELD_CUSTOM_VALIDATION_EXCEPTION', message);

/** `ContractRevisions`: a write with a lower revision than the stored one, or the same revision read earlier, is late. */
function refuseLateRevision({ before, values }: SaveInProgress): void {
  const stored = valueOf(before, REVISION);
  if (typeof stored !== 'number') return;
  const written = values[REVISION] ?? null;
  const [readAt, storedReadAt] = [values[LAST_SYNCED] ?? null, valueOf(before, LAST_SYNCED)];
  const earlierRead = typeof readAt === 'string' && typeof storedReadAt === 'string' && readAt < storedReadAt;
  if (typeof written !== 'number' || written < stored || (written === stored && earlierRead))
    throw refusedByTrigger(`STALE_REVISION: written ${String(written)}, the record is at ${stored}`);
}

function readJournal(text: string | null): readonly JournalEntry[] {
  // Only this trigger writes the field, and it restores what anybody else writes.
  return text === null ? [] : (JSON.parse(text) as JournalEntry[]);
}

/** At most twenty entries a field, and no more characters than the field holds; the oldest go first. */
function writeJournal(entries: readonly JournalEntry[]): string {
  const perField = Map.groupBy(entries, ({ f }) => f);
  let kept = entries.filter((entry) => (perField.get(entry.f) ?? []).slice(-JOURNAL_PER_FIELD_MAX).includes(entry));
  while (JSON.stringify(kept).length > JOURNAL_CHARACTERS_MAX) kept = kept.slice(1);
  return JSON.stringify(kept);
}

function stampFirstResponse({ transaction, before, values }: SaveInProgress): void {
  if (before === undefined || (values[FIRST_RESPONSE] ?? null) !== null) return;
  if (valueOf(before, 'Status') === 'New' && values.Status !== 'New')
    values[FIRST_RESPONSE] = instantText(transaction.at);
}

/** What after-triggers do: changes to other records, by id. */
export function runAfterTriggers(
  save: SaveInProgress,
): readonly { readonly object: string; readonly id: string; readonly values: Readonly<Record<string, FieldValue>> }[] {
  const { transaction, object, before, values } = save;
  if (transaction.org.installedPackage() === null || object !== 'CaseComment' || before !== undefined) return [];
  const parentId = values.ParentId;
  if (values.IsPublished !== true || typeof parentId !== 'string' || !isStaff(save)) return [];
  const parent = transaction.org.records.get('Case', parentId);
  if (parent === undefined || valueOf(parent, FIRST_RESPONSE) !== null) return [];
  return [{ object: 'Case', id: parentId, values: { [FIRST_RESPONSE]: instantText(transaction.at) } }];
}

/** A comment that a customer writes in a portal is no response. */
function isStaff({ transaction }: SaveInProgress): boolean {
  const user = transaction.org.records.get('User', transaction.origin.userId);
  return user !== undefined && valueOf(user, 'UserType') === 'Standard';
}

type RuleCheck = (save: SaveInProgress) => boolean;
const blank = (value: FieldValue | undefined): boolean => value === null || value === undefined;
const earlier =
  (first: string, second: string): RuleCheck =>
  ({ values }) => {
    const [a, b] = [values[own(first)], values[own(second)]];
    return typeof a === 'string' && typeof b === 'string' && b < a;
  };

/** Whether the error condition of a rule holds; keys are `Object.Rule` without the prefix. */
const RULES: Readonly<Record<string, RuleCheck>> = {
  'Contract_Link__c.One_Record': ({ values }) =>
    !blank(values[own('Opportunity__c')]) && !blank(values[own('Account__c')]),
  'Contract_Record__c.End_Not_Before_Effective': earlier('Effective_Date__c', 'End_Date__c'),
  'Contract_Record__c.Renewal_Not_Before_Effective': earlier('Effective_Date__c', 'Renewal_Date__c'),
  'Contract_Record__c.Revision_Never_Goes_Back': ({ before, values }) => {
    const revision = values[own('Revision__c')];
    if (typeof revision !== 'number' || revision < 1) return true;
    return before !== undefined && revision < Number(valueOf(before, own('Revision__c')) ?? 0);
  },
  'Sla_Result__c.First_Day_Of_Month': ({ values }) => {
    const month = values[own('Month__c')];
    return typeof month === 'string' && !month.endsWith('-01');
  },
};

/** The package's validation rules; throws the first whose condition holds, and for a rule that is not written down here. */
export function runValidationRules(save: SaveInProgress): void {
  const { org } = save.transaction;
  for (const rule of org.installedPackage()?.validationRules ?? []) {
    if (rule.object !== save.object) continue;
    const key = `${rule.object.replace(`${NAMESPACE}__`, '')}.${rule.name}`;
    const holds = RULES[key];
    if (holds === undefined) throw new Error(`the validation rule ${key} has no counterpart in trigger-rules.ts`);
    if (holds(save)) {
      throw new OrgRefusal('FIELD_CUSTOM_VALIDATION_EXCEPTION', rule.message, {
        fields: rule.displayField === null ? [] : [rule.displayField],
      });
    }
  }
}
