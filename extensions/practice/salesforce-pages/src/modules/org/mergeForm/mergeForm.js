/** Merges two or three accounts: which one remains is the person's choice. Resolves with the account that remains. */
import { api } from 'lwc';
import LightningModal from 'lightning/modal';
import { mergeRecords } from '../../../org/org-api.js';
import { wordsOf } from '../../../org/words.js';

export default class MergeForm extends LightningModal {
  /** The accounts chosen in a list, or the one whose page this is. */
  @api rows;
  found = [];
  masterId = null;
  failure = null;
  isSaving = false;
  words = wordsOf({
    body: 'merge.body',
    master: 'merge.master',
    do: 'merge.do',
    pick: 'merge.pick',
    cancel: 'record.cancel',
  });

  get all() {
    return [...this.rows, ...this.found];
  }
  get isOne() {
    return this.rows.length === 1;
  }
  get ids() {
    return this.all.map(({ id }) => id);
  }
  get lookupField() {
    return { label: this.words.pick, referenceTo: ['Account'], required: true };
  }
  get pickedId() {
    return this.found[0]?.id ?? null;
  }
  get pickedName() {
    return this.found[0]?.name ?? '';
  }
  get options() {
    return this.all.map(({ id, name, values }) => ({
      value: id,
      label: [name, values?.BillingCity?.display].filter(Boolean).join(', '),
    }));
  }
  get master() {
    return this.masterId ?? this.all[0].id;
  }
  get isMergeOff() {
    return this.isSaving || this.all.length < 2;
  }
  get message() {
    return this.failure?.message ?? '';
  }

  handlePick(event) {
    const { value, name } = event.detail;
    this.found = value === null ? [] : [{ id: value, name }];
  }
  handleMaster(event) {
    this.masterId = event.detail.value;
  }
  handleCancel() {
    this.close();
  }

  async handleMerge() {
    this.isSaving = true;
    this.failure = null;
    try {
      const others = this.ids.filter((id) => id !== this.master);
      this.close(await mergeRecords('Account', this.master, others));
    } catch (failure) {
      this.failure = failure;
    } finally {
      this.isSaving = false;
    }
  }
}
