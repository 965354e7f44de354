/** The highlights panel: what record this is, its most telling fields, and what can be done with it. */
import { LightningElement, api } from 'lwc';
import { session } from 'practice/session';
import { fieldOf, pageOf } from '../../../org/object-pages.js';
import { t, wordsOf } from '../../../org/words.js';

const ATTACHABLE = new Set(['Opportunity', 'Account']);

export default class Highlights extends LightningElement {
  @api record;
  @api object;
  words = wordsOf({
    edit: 'record.edit',
    more: 'nav.more',
    attach: 'record.attach',
    delete: 'record.delete',
    merge: 'list.merge',
  });

  get icon() {
    return pageOf(this.object.name).icon;
  }

  get title() {
    return this.record.values.counterpart__Title__c?.display || this.record.name;
  }

  get fields() {
    return pageOf(this.object.name)
      .highlights.flatMap((name) => fieldOf(this.object, name) ?? [])
      .map((field) => ({ name: field.name, label: field.label, field, value: this.record.values[field.name] }));
  }

  get canAct() {
    return !this.record.isDeleted;
  }
  get canAttach() {
    return ATTACHABLE.has(this.object.name) && session().org.packageInstalled;
  }
  get canEdit() {
    return this.object.fields.some(({ editable }) => editable);
  }
  get canMore() {
    return this.object.deletable || this.object.mergeable;
  }

  handleAttach() {
    this.ask('attach');
  }
  handleEdit() {
    this.ask('edit');
  }
  handleMore(event) {
    this.ask(event.detail.value);
  }

  ask(action) {
    this.dispatchEvent(new CustomEvent('action', { detail: { action } }));
  }

  get recordWord() {
    return t('section.information', { object: this.object.label });
  }
}
