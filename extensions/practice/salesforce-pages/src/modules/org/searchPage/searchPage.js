/** Results of the global search, object by object. */
import { LightningElement, api } from 'lwc';
import { objects } from 'practice/session';
import { TABS, pageOf } from '../../../org/object-pages.js';
import { listRecords } from '../../../org/org-api.js';
import { addressOf } from '../../../org/route.js';
import { t } from '../../../org/words.js';

const LENGTH_MIN = 2;
const RESULTS_MAX = 5;

export default class SearchPage extends LightningElement {
  given = '';
  groups = null;
  failure = null;

  @api get term() {
    return this.given;
  }
  set term(term) {
    this.given = term;
    void this.find();
  }

  async find() {
    const { given } = this;
    if (this.isShort) return;
    this.groups = null;
    this.failure = null;
    try {
      const known = TABS.flatMap((name) => objects().find((object) => object.name === name) ?? []);
      const lists = await Promise.all(
        known.map(({ name }) => listRecords(name, { search: given, limit: RESULTS_MAX })),
      );
      if (given === this.given)
        this.groups = lists
          .map((list, index) => this.groupOf(known[index], list))
          .filter(({ rows }) => rows.length > 0);
    } catch (failure) {
      this.failure = failure;
    }
  }

  groupOf(object, { rows, total }) {
    return {
      name: object.name,
      heading: t('related.count', { label: object.labelPlural, count: total }),
      icon: pageOf(object.name).icon,
      rows: rows.map((row) => ({
        id: row.id,
        name: row.values.counterpart__Title__c?.display || row.name,
        href: addressOf.record(row.object, row.id),
      })),
    };
  }

  get isShort() {
    return this.given.length < LENGTH_MIN;
  }
  get heading() {
    return t('search.results', { term: this.given });
  }
  get shortText() {
    return t('search.short');
  }
  get noneText() {
    return t('search.none', { term: this.given });
  }
  get isLoading() {
    return this.groups === null && this.failure === null;
  }
  get isFailed() {
    return this.failure !== null;
  }
  get isEmpty() {
    return this.groups.length === 0;
  }
  handleRetry() {
    void this.find();
  }
}
