/** Children of a record: a few fields of each, or in the sidebar only the names. */
import { LightningElement, api } from 'lwc';
import { objects } from 'practice/session';
import { formatValue } from '../../../org/format-value.js';
import { fieldOf, pageOf } from '../../../org/object-pages.js';
import { addressOf } from '../../../org/route.js';
import { t } from '../../../org/words.js';

const COMPACT_MAX = 3;
const FIELDS_MAX = 4;

export default class RelatedList extends LightningElement {
  /** One of `PageRecord.related`. */
  @api list;
  @api parent;
  @api compact = false;
  none = t('related.empty');

  get object() {
    return objects().find(({ name }) => name === this.list.object);
  }
  get icon() {
    return pageOf(this.list.object).icon;
  }
  get heading() {
    return t('related.count', { label: this.object?.labelPlural ?? this.list.object, count: this.list.rows.length });
  }
  get isEmpty() {
    return this.list.rows.length === 0;
  }
  get isHidden() {
    return this.object === undefined || (this.compact && this.isEmpty);
  }

  /** The object's most telling fields, without the way back to the parent. */
  get fields() {
    const own = pageOf(this.list.object).highlights.flatMap((name) => fieldOf(this.object, name) ?? []);
    return own.filter((field) => !field.referenceTo.includes(this.parent.object)).slice(0, FIELDS_MAX);
  }

  get rows() {
    const shown = this.compact ? this.list.rows.slice(0, COMPACT_MAX) : this.list.rows;
    return shown.map((row) => {
      const cells = this.fields.map((field) => ({
        name: field.name,
        label: field.label,
        text: formatValue(field, row.values[field.name]),
      }));
      return {
        id: row.id,
        name: row.values.counterpart__Title__c?.display || row.name,
        href: addressOf.record(row.object, row.id),
        cells,
        facts: cells.filter(({ text }) => text !== '').slice(0, 2),
      };
    });
  }
}
