/**
 * A list view: the package's and the org's own, sorted, searched, filtered further and edited in place. Rows come page by page while the
 * person scrolls. Lightning's list is read anew when it is refreshed; this one also follows the org's news, without moving the reader.
 */
import { LightningElement, api } from 'lwc';
import { objects } from 'practice/session';
import { sayDone, sayFailed } from '../../../org/announce.js';
import { cellNameOf, columnsFor, csvOf, sortFieldOf, tableRow } from '../../../org/list-columns.js';
import { afterBurst, onNews } from '../../../org/live-news.js';
import { fieldOf, pageOf } from '../../../org/object-pages.js';
import { editRecord, listRecords } from '../../../org/org-api.js';
import { addressOf, goTo, replaceAddress } from '../../../org/route.js';
import { t, wordsOf } from '../../../org/words.js';
import MergeForm from 'org/mergeForm';
import RecordForm from 'org/recordForm';

const PAGE_ROWS = 50;
const EXPORT_PAGE_ROWS = 500;
const EXPORT_ROWS_MAX = 10_000;
const MERGE_MAX = 3;
const BURST_MS = 250;
const SEARCH_MS = 250;

export default class ListPage extends LightningElement {
  given;
  object;
  view = '';
  filters = [];
  search = '';
  rows = null;
  pageRows = [];
  columns = [];
  total = 0;
  failure = null;
  sort = { field: undefined, direction: 'asc' };
  drafts = [];
  errors = {};
  selected = [];
  isMoreLoading = false;
  filtersShown = false;
  asked = 0;
  stop = () => {};
  words = wordsOf({
    views: 'list.views',
    new: 'list.new',
    export: 'list.export',
    merge: 'list.merge',
    search: 'list.search',
    refresh: 'list.refresh',
    filters: 'list.filters',
    empty: 'list.empty',
    emptyBody: 'list.emptyBody',
  });

  @api get route() {
    return this.given;
  }

  set route(route) {
    const isOther = this.given?.object !== route.object;
    this.given = route;
    this.object = objects().find(({ name }) => name === route.object);
    this.view = this.viewNamed(route.view);
    this.search = route.search;
    this.filters = readFilters(route.filters);
    if (isOther)
      Object.assign(this, { sort: { field: undefined, direction: 'asc' }, drafts: [], selected: [], rows: null });
    if (this.filters.length > 0) this.filtersShown = true;
    void this.load();
  }

  connectedCallback() {
    const reload = afterBurst(() => this.drafts.length === 0 && this.load(), BURST_MS);
    this.stop = onNews((news) => {
      if (news.type !== 'record' || news.object === this.object.name) reload();
    });
  }

  disconnectedCallback() {
    this.stop();
  }

  viewNamed(name) {
    return this.object.listViews.find((each) => each.name === name || each.name.endsWith(`__${name}`))?.name ?? '';
  }

  /** Reads as many rows anew as are shown, so that the reader stays where they are. */
  async load() {
    this.asked += 1;
    const { asked } = this;
    try {
      const limit = Math.max(PAGE_ROWS, this.pageRows.length && this.rows ? this.pageRows.length : 0);
      const answer = await listRecords(this.object.name, { ...this.query(), limit, offset: 0 });
      if (asked !== this.asked) return;
      this.columns = columnsFor(this.object, answer.columns);
      this.take(answer.rows, answer.total);
      this.failure = null;
    } catch (failure) {
      if (asked === this.asked) this.failure = failure;
    }
  }

  query() {
    return {
      view: this.view,
      search: this.search,
      filters: this.filters.length === 0 ? '' : JSON.stringify(this.filters),
      sort: this.sort.field,
      order: this.sort.field === undefined ? undefined : this.sort.direction,
    };
  }

  take(rows, total) {
    this.pageRows = rows;
    this.rows = rows.map((row) => tableRow(this.object, row));
    this.total = total;
  }

  get icon() {
    return pageOf(this.object.name).icon;
  }

  get views() {
    const all = { value: '', label: t('list.all', { objects: this.object.labelPlural }) };
    const named = this.object.listViews.map(({ name, label }) => ({ value: name, label }));
    return [all, ...named].map((each) => ({ ...each, checked: each.value === this.view }));
  }

  get viewLabel() {
    return this.views.find(({ checked }) => checked).label;
  }

  get shownView() {
    return this.object.listViews.find(({ name }) => name === this.view);
  }

  get summary() {
    const sortedBy = this.sort.field === undefined ? undefined : fieldOf(this.object, this.sort.field)?.label;
    const parts = [
      this.rows.length < this.total
        ? t('list.shown', { shown: this.rows.length, total: this.total })
        : t('list.items', { count: this.total }),
      ...(sortedBy === undefined ? [] : [t('list.sorted', { field: sortedBy })]),
      ...(this.filters.length === 0 ? [] : [t('list.filtered', { count: this.filters.length })]),
    ];
    return parts.join(' • ');
  }

  get isLoading() {
    return this.rows === null && this.failure === null;
  }
  get isFailed() {
    return this.rows === null && this.failure !== null;
  }
  get isEmpty() {
    return this.rows?.length === 0;
  }
  get hasMore() {
    return this.rows.length < this.total;
  }
  get sortedBy() {
    return cellNameOf(this.columns, this.sort.field);
  }
  get canMerge() {
    return this.object.mergeable;
  }
  get isMergeOff() {
    return this.selected.length < 2 || this.selected.length > MERGE_MAX;
  }
  get hideCheckboxes() {
    return !this.canMerge;
  }
  get bodyClass() {
    return `org-list__body ${this.filtersShown ? 'org-list__body_filtered' : ''}`;
  }

  go(change) {
    const { view, search, filters } = { view: this.view, search: this.search, filters: this.filters, ...change };
    const query = new URLSearchParams();
    if (view !== '') query.set('filterName', view);
    if (search !== '') query.set('search', search);
    if (filters.length > 0) query.set('filters', JSON.stringify(filters));
    const text = query.toString();
    replaceAddress(addressOf.list(this.object.name) + (text === '' ? '' : `?${text}`));
    Object.assign(this, { view, search, filters, pageRows: [] });
    void this.load();
  }

  handleView(event) {
    this.selected = [];
    this.go({ view: event.detail.value });
  }

  handleSearch(event) {
    const search = event.detail.value.trim();
    clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => this.go({ search }), SEARCH_MS);
  }

  handleFilters(event) {
    this.go({ filters: event.detail.filters });
  }

  handleToggleFilters() {
    this.filtersShown = !this.filtersShown;
  }

  handleSort(event) {
    const { fieldName, sortDirection } = event.detail;
    this.sort = { field: sortFieldOf(this.columns, fieldName), direction: sortDirection };
    void this.load();
  }

  handleRefresh() {
    void this.load();
  }

  handleSelect(event) {
    this.selected = event.detail.selectedRows.map(({ id }) => id);
  }

  async handleMore(event) {
    const table = event.target;
    if (this.isMoreLoading || !this.hasMore) return;
    this.isMoreLoading = true;
    const { asked } = this;
    try {
      const answer = await listRecords(this.object.name, {
        ...this.query(),
        limit: PAGE_ROWS,
        offset: this.rows.length,
      });
      if (asked === this.asked) this.take([...this.pageRows, ...answer.rows], answer.total);
    } catch (failure) {
      sayFailed(this, failure);
    } finally {
      this.isMoreLoading = false;
      table.isLoading = false;
    }
  }

  handleDraft(event) {
    this.drafts = event.detail.draftValues;
  }

  handleCancel() {
    this.drafts = [];
    this.errors = {};
  }

  /** Each row is saved by itself; one that is refused stays open with the reason. */
  async handleSave(event) {
    const rows = {};
    const kept = [];
    let saved = 0;
    for (const { id, ...values } of event.detail.draftValues) {
      try {
        await editRecord(this.object.name, id, { values: this.typed(values) });
        saved += 1;
      } catch (failure) {
        kept.push({ id, ...values });
        rows[id] = { title: t('record.fix'), messages: [failure.message], fieldNames: failure.fields ?? [] };
      }
    }
    this.drafts = kept;
    this.errors = { rows };
    if (saved > 0) sayDone(this, t('list.saved', { count: saved }));
    void this.load();
  }

  typed(values) {
    const numbers = new Set(['currency', 'double', 'int', 'percent']);
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        if (value === '' || value === null) return [name, null];
        return [name, numbers.has(fieldOf(this.object, name).type) ? Number(value) : value];
      }),
    );
  }

  async handleNew() {
    const made = await RecordForm.open({
      size: 'medium',
      label: t('record.newTitle', { object: this.object.label }),
      objectName: this.object.name,
    });
    if (made === undefined) return;
    sayDone(this, t('record.created', { object: this.object.label, name: made.name }));
    goTo(addressOf.record(made.object, made.id));
  }

  async handleMerge() {
    const chosen = this.pageRows.filter(({ id }) => this.selected.includes(id));
    const master = await MergeForm.open({ size: 'small', label: t('merge.title'), rows: chosen });
    if (master === undefined) return;
    this.selected = [];
    sayDone(this, t('merge.done', { name: master.name }));
    void this.load();
  }

  async handleExport() {
    try {
      const rows = [];
      for (let total = Infinity; rows.length < Math.min(total, EXPORT_ROWS_MAX); ) {
        const answer = await listRecords(this.object.name, {
          ...this.query(),
          limit: EXPORT_PAGE_ROWS,
          offset: rows.length,
        });
        if (answer.rows.length === 0) break;
        rows.push(...answer.rows);
        total = answer.total;
      }
      offerFile(`${this.viewLabel}.csv`, csvOf(this.object, this.columns, rows));
      sayDone(this, t('list.exported', { count: rows.length }));
    } catch (failure) {
      sayFailed(this, failure);
    }
  }

  handleRetry() {
    this.failure = null;
    void this.load();
  }
}

function readFilters(text) {
  try {
    const parsed = JSON.parse(text === '' ? '[]' : text);
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** A byte order mark tells spreadsheets that the text is UTF-8. */
function offerFile(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
