/** Everything deleted in this org that can still be restored. */
import { LightningElement } from 'lwc';
import { objects } from 'practice/session';
import { sayDone, sayFailed } from '../../../org/announce.js';
import { afterBurst, onNews } from '../../../org/live-news.js';
import { pageOf, TABS } from '../../../org/object-pages.js';
import { listRecords, undeleteRecord } from '../../../org/org-api.js';
import { addressOf } from '../../../org/route.js';
import { t, wordsOf } from '../../../org/words.js';

const ROWS_MAX = 200;
const BURST_MS = 250;

export default class RecycleBin extends LightningElement {
  rows = null;
  failure = null;
  stop = () => {};
  words = wordsOf({
    title: 'bin.title',
    empty: 'bin.empty',
    object: 'bin.object',
    restore: 'record.restore',
    name: 'setup.person',
  });

  connectedCallback() {
    void this.load();
    this.stop = onNews(afterBurst(() => this.load(), BURST_MS));
  }
  disconnectedCallback() {
    this.stop();
  }

  async load() {
    try {
      const known = objects().filter(({ name }) => TABS.includes(name));
      const lists = await Promise.all(known.map(({ name }) => listRecords(name, { deleted: true, limit: ROWS_MAX })));
      this.rows = lists.flatMap(({ rows }, index) =>
        rows.map((row) => ({
          ...row,
          label: known[index].label,
          icon: pageOf(row.object).icon,
          href: addressOf.record(row.object, row.id),
          restoreLabel: `${t('record.restore')}: ${row.name}`,
        })),
      );
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }

  get isLoading() {
    return this.rows === null && this.failure === null;
  }
  get isFailed() {
    return this.rows === null;
  }
  get isEmpty() {
    return this.rows.length === 0;
  }

  async handleRestore(event) {
    const { id } = event.currentTarget.dataset;
    const row = this.rows.find((each) => each.id === id);
    try {
      await undeleteRecord(row.object, id);
      sayDone(this, t('record.restored', { name: row.name }));
      await this.load();
    } catch (failure) {
      sayFailed(this, failure);
    }
  }
  handleRetry() {
    this.failure = null;
    void this.load();
  }
}
