/** What happened to the record's fields: the org's own history, and the journal that the package's trigger keeps of the shared fields. */
import { LightningElement, api } from 'lwc';
import { formatInstant, formatValue } from '../../../org/format-value.js';
import { fieldOf, JOURNAL, NAMESPACE } from '../../../org/object-pages.js';
import { t, wordsOf } from '../../../org/words.js';

const TOKEN = `${NAMESPACE}__Sync_Token__c`;

export default class History extends LightningElement {
  @api record;
  @api object;
  words = wordsOf({
    date: 'history.date',
    field: 'history.field',
    user: 'history.user',
    from: 'history.from',
    to: 'history.to',
    origin: 'history.origin',
    empty: 'history.empty',
    journal: 'history.journal',
    journalEmpty: 'history.journalEmpty',
    title: 'record.history',
  });

  get entries() {
    return this.record.history.map((entry, index) => ({
      key: `${entry.at}-${entry.field}-${index}`,
      at: formatInstant(entry.at),
      label: entry.label,
      user:
        entry.client === null ? entry.userName : t('history.through', { user: entry.userName, client: entry.client }),
      from: this.read(entry.field, entry.oldValue),
      to: this.read(entry.field, entry.newValue),
    }));
  }

  get isEmptyHistory() {
    return !this.hasEntries;
  }

  get hasEntries() {
    return this.record.history.length > 0;
  }

  /** A person without the right to the journal's field has no journal. */
  get hasJournal() {
    return fieldOf(this.object, JOURNAL) !== undefined;
  }

  get journal() {
    return readJournal(this.record.values[JOURNAL]?.value)
      .map(({ f, v, t: at, o, u }, index) => ({
        name: `${NAMESPACE}__${f}`,
        value: v,
        at,
        key: `${at}-${f}-${index}`,
        origin: t(o ? 'history.byServer' : 'history.byPerson'),
        user: u,
      }))
      .filter(({ name }) => name !== TOKEN)
      .toReversed()
      .map((entry) => ({
        ...entry,
        at: formatInstant(entry.at),
        label: fieldOf(this.object, entry.name)?.label ?? entry.name,
        to: this.read(entry.name, entry.value),
      }));
  }

  get hasJournalEntries() {
    return this.journal.length > 0;
  }

  read(name, value) {
    const field = fieldOf(this.object, name);
    if (field === undefined) return value ?? '';
    const label = field.picklistValues.find((entry) => entry.value === value)?.label;
    return formatValue(field, { value, display: label ?? String(value ?? '') });
  }
}

function readJournal(text) {
  try {
    const parsed = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
