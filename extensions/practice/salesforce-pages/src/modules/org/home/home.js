/** Where people begin: what has changed, and which renewal notices are due. */
import { LightningElement } from 'lwc';
import { objects, session } from 'practice/session';
import { formatValue } from '../../../org/format-value.js';
import { afterBurst, onNews } from '../../../org/live-news.js';
import { CONTRACT, fieldOf, pageOf } from '../../../org/object-pages.js';
import { listRecords, recentRecords } from '../../../org/org-api.js';
import { addressOf } from '../../../org/route.js';
import { t, wordsOf } from '../../../org/words.js';

const ROWS_MAX = 10;
const DUE_VIEW = 'Notice_Due_90_Days';
const DUE_FIELD = 'counterpart__Notice_Deadline__c';
const BURST_MS = 250;

export default class Home extends LightningElement {
  recent = null;
  due = null;
  failure = null;
  stop = () => {};
  dueAddress = addressOf.list(CONTRACT, `counterpart__${DUE_VIEW}`);
  words = wordsOf({
    recent: 'home.recent',
    recentEmpty: 'home.recentEmpty',
    due: 'home.due',
    dueEmpty: 'home.dueEmpty',
    viewAll: 'home.viewAll',
  });
  greeting = t('home.greeting', { name: session().user.name });

  connectedCallback() {
    void this.load();
    this.stop = onNews(afterBurst(() => this.load(), BURST_MS));
  }

  disconnectedCallback() {
    this.stop();
  }

  async load() {
    try {
      const contract = objects().find(({ name }) => name === CONTRACT);
      const view = contract?.listViews.find(({ name }) => name.endsWith(DUE_VIEW));
      const [recent, due] = await Promise.all([
        recentRecords(ROWS_MAX),
        view === undefined
          ? { rows: [] }
          : listRecords(CONTRACT, { view: view.name, sort: DUE_FIELD, order: 'asc', limit: ROWS_MAX }),
      ]);
      this.recent = recent.rows.map((row) => ({ ...this.item(row), detail: this.labelOf(row.object) }));
      this.due = due.rows.map((row) => ({
        ...this.item(row),
        name: row.values.counterpart__Title__c?.display || row.name,
        detail: formatValue(fieldOf(contract, DUE_FIELD), row.values[DUE_FIELD]),
      }));
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }

  item(row) {
    return { id: row.id, name: row.name, href: addressOf.record(row.object, row.id), icon: pageOf(row.object).icon };
  }

  labelOf(name) {
    return objects().find((object) => object.name === name)?.label ?? name;
  }

  get isLoading() {
    return this.recent === null && this.failure === null;
  }
  get isFailed() {
    return this.recent === null && this.failure !== null;
  }
  get hasRecent() {
    return this.recent.length > 0;
  }
  get hasDue() {
    return this.due.length > 0;
  }

  handleRetry() {
    this.failure = null;
    void this.load();
  }
}
