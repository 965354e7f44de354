/** The panel beside a list: what the list view itself leaves out, and further filters that a person adds. */
import { LightningElement, api } from 'lwc';
import { filterText, filtersOf, operatorsOf } from '../../../org/filter-words.js';
import { byLabel } from '../../../org/list-columns.js';
import { fieldOf, shownFields } from '../../../org/object-pages.js';
import { t, wordsOf } from '../../../org/words.js';

const FILTERS_MAX = 10;

export default class FilterPanel extends LightningElement {
  @api object;
  /** The `PageListView` that is shown; undefined for all records. */
  @api view;
  @api filters;
  field = '';
  operator = '';
  value = '';
  words = wordsOf({
    title: 'filter.title',
    own: 'filter.own',
    added: 'filter.added',
    all: 'filter.all',
    none: 'filter.none',
    field: 'filter.field',
    operator: 'filter.operator',
    value: 'filter.value',
    add: 'filter.add',
    clear: 'filter.clear',
    close: 'filter.close',
  });

  get own() {
    return (this.view?.filters ?? []).map((filter) => ({ text: filterText(this.object, filter) }));
  }

  get hasOwn() {
    return this.own.length > 0;
  }

  get added() {
    return this.filters.map((filter, index) => {
      const text = filterText(this.object, filter);
      return { index, text, remove: t('filter.remove', { text }) };
    });
  }

  get hasAdded() {
    return this.filters.length > 0;
  }

  get fieldOptions() {
    return shownFields(this.object)
      .map(({ name, label }) => ({ value: name, label }))
      .sort(byLabel);
  }

  get chosen() {
    return fieldOf(this.object, this.field);
  }

  get operatorOptions() {
    return operatorsOf(this.chosen).map((value) => ({ value, label: t(`op.${value}`) }));
  }

  get valueOptions() {
    if (this.chosen.type === 'boolean')
      return [
        { value: 'true', label: t('record.yes') },
        { value: 'false', label: t('record.no') },
      ];
    return this.chosen.picklistValues.map(({ value, label }) => ({ value, label }));
  }

  get isChoice() {
    return ['picklist', 'multipicklist', 'boolean'].includes(this.chosen.type);
  }

  get inputType() {
    if (this.operator === 'inNextDays') return 'number';
    const types = {
      date: 'date',
      datetime: 'date',
      int: 'number',
      double: 'number',
      currency: 'number',
      percent: 'number',
    };
    return types[this.chosen.type] ?? 'text';
  }

  get isAddOff() {
    return this.value === '' || this.filters.length >= FILTERS_MAX;
  }

  handleField(event) {
    this.field = event.detail.value;
    this.operator = operatorsOf(this.chosen)[0];
    this.value = this.operator === 'inNextDays' ? '90' : '';
  }

  handleOperator(event) {
    this.operator = event.detail.value;
    this.value = '';
  }

  handleValue(event) {
    this.value = event.detail.value;
  }

  handleAdd() {
    const more = filtersOf(this.field, this.operator, this.value);
    Object.assign(this, { field: '', operator: '', value: '' });
    this.change([...this.filters, ...more]);
  }

  handleRemove(event) {
    const index = Number(event.currentTarget.dataset.index);
    this.change(this.filters.filter((_each, at) => at !== index));
  }

  handleClear() {
    this.change([]);
  }

  handleClose() {
    this.dispatchEvent(new CustomEvent('close'));
  }

  change(filters) {
    this.dispatchEvent(new CustomEvent('filters', { detail: { filters } }));
  }
}
