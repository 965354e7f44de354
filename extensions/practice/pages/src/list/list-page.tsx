import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS, parseObjectType } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { PAGE_SIZE, portalApi } from '../portal/portal-api.ts';
import type { Answer } from '../portal/portal-api.ts';
import { useCatalogue, usePortal } from '../portal/portal-context.tsx';
import type { Catalogue } from '../portal/portal-context.tsx';
import type { Property, RecordPage } from '../portal/portal-schema.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { listPath, navigate, useAddress } from '../portal/route.ts';
import { useToast } from '../portal/toasts.tsx';
import { EmptyState, FailedState, LoadingState } from '../shell/page-states.tsx';
import { ColumnPicker } from './column-picker.tsx';
import { CreateRecord } from './create-record.tsx';
import { downloadCsv, EXPORT_ROWS_MAX, exportCsv } from './csv-export.ts';
import { FilterBar } from './filter-bar.tsx';
import { defaultColumns, effectiveSort, EMPTY_VIEW, isComplete, listViewSearch, parseListView } from './list-query.ts';
import type { ListView } from './list-query.ts';
import { RecordTable } from './record-table.tsx';
import { ViewTabs } from './view-tabs.tsx';

export function ListPage({ type, view: viewId }: { readonly type: ObjectType; readonly view: string }) {
  const catalogue = useCatalogue(type);
  if (catalogue === null) return <LoadingState />;
  if (typeof catalogue === 'string') return <FailedState message={catalogue} />;
  return <ReadyList type={type} viewId={viewId} catalogue={catalogue} />;
}

/** Changes arrive in bursts while a sync runs; the list is read again after the burst. */
const REFRESH_DELAY_MS = 700;

/** One page of the view, read again when the view or a record of this type changes. */
function useRows(type: ObjectType, view: ListView, after: string | null) {
  const { portal, onRecordChange } = usePortal();
  const [answer, setAnswer] = useState<Answer<RecordPage> | null>(null);
  const [busy, setBusy] = useState(false);
  const requests = useRef(0);
  const key = JSON.stringify([view.q, view.filters, view.sort, view.direction, after]);
  const load = useCallback(async () => {
    requests.current += 1;
    const request = requests.current;
    setBusy(true);
    const filters = view.filters.filter(isComplete);
    const next = await portalApi.records(portal.id, type, {
      q: view.q,
      filters,
      ...effectiveSort(view),
      after,
    });
    if (request !== requests.current) return;
    setAnswer(next);
    setBusy(false);
  }, [portal.id, type, key]);
  useEffect(() => {
    void load();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onRecordChange((changedType) => {
      if (changedType !== type) return;
      clearTimeout(timer);
      timer = setTimeout(() => void load(), REFRESH_DELAY_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [load, onRecordChange, type]);
  return { answer, busy, load };
}

function useFormatContext(catalogue: Catalogue): FormatContext {
  const { language } = useLanguage();
  const { portal, owners } = usePortal();
  return useMemo(
    () => ({ language, timeZone: portal.timeZone, currency: portal.currency, owners, catalogue }),
    [language, portal, owners, catalogue],
  );
}

type ReadyListProps = { readonly type: ObjectType; readonly viewId: string; readonly catalogue: Catalogue };

function ReadyList({ type, viewId, catalogue }: ReadyListProps) {
  const { t } = useLanguage();
  const { portal, lists } = usePortal();
  const { search } = useAddress();
  const facts = OBJECT_TYPE_FACTS[type];
  const ownList = lists.find((list) => list.id === viewId && parseObjectType(list.objectType) === type);
  const written = useMemo(() => parseListView(search), [search]);
  // A list of the app brings its own filters; the address overrules them as soon as a person changes something.
  const view = useMemo(
    () => (search === '' && ownList ? { ...EMPTY_VIEW, filters: ownList.filters } : written),
    [search, ownList, written],
  );
  const [pages, setPages] = useState<readonly string[]>([]);
  const context = useFormatContext(catalogue);
  const { answer, busy, load } = useRows(type, view, pages.at(-1) ?? null);
  const columnNames = view.columns ?? defaultColumns(facts.listColumns, catalogue.properties);
  const columns = columnNames.flatMap((name) => catalogue.properties.find((property) => property.name === name) ?? []);

  const change = (next: ListView): void => {
    setPages([]);
    navigate(`${listPath(portal.id, type, viewId)}${listViewSearch(next)}`, { replace: true });
  };
  const sortBy = (property: Property): void => {
    const same = view.sort === property.name;
    change({ ...view, sort: property.name, direction: same && view.direction === 'asc' ? 'desc' : 'asc' });
  };

  return (
    <div className="list-page">
      <header className="list-head">
        <h1 className="page-title">{t(facts.plural)}</h1>
        <span className="list-count" aria-live="polite">
          {answer?.ok ? t('list.count', { n: answer.data.total }) : ''}
        </span>
        <span className="top-spacer" />
        <ListActions type={type} view={view} columns={columns} context={context} />
      </header>
      <ViewTabs type={type} viewId={viewId} view={view} onOpen={() => setPages([])} />
      <div className="list-tools">
        <SearchBox value={view.q} onChange={(q) => change({ ...view, q })} />
        <FilterBar filters={view.filters} context={context} onChange={(filters) => change({ ...view, filters })} />
        <span className="top-spacer" />
        <ColumnPicker
          catalogue={catalogue}
          chosen={columnNames}
          context={context}
          onChange={(names) => change({ ...view, columns: names })}
        />
      </div>
      <div className={`list-body${busy ? ' busy' : ''}`} aria-busy={busy}>
        {answer === null && <TableSkeleton />}
        {answer && !answer.ok && <FailedState message={answer.message} onRetry={() => void load()} />}
        {answer?.ok && answer.data.results.length === 0 && <NoRows view={view} onClear={() => change(EMPTY_VIEW)} />}
        {answer?.ok && answer.data.results.length > 0 && (
          <RecordTable
            type={type}
            rows={answer.data.results}
            columns={columns}
            view={view}
            context={context}
            onSort={sortBy}
          />
        )}
      </div>
      {answer?.ok && <Pager page={answer.data} trail={pages} onTrail={setPages} />}
    </div>
  );
}

function NoRows({ view, onClear }: { readonly view: ListView; readonly onClear: () => void }) {
  const { t } = useLanguage();
  const narrowed = view.q !== '' || view.filters.length > 0;
  return narrowed ? (
    <EmptyState
      title={t('list.noMatch')}
      text={t('list.noMatchText')}
      picture="voteAndSearch"
      action={{ label: t('filter.clear'), run: onClear }}
    />
  ) : (
    <EmptyState title={t('list.empty')} text={t('list.emptyText')} picture="multipleObjects" />
  );
}

const TYPING_PAUSE_MS = 250;

function SearchBox({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  const { t } = useLanguage();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="c-search list-search">
      <Glyph name="search" size={15} />
      <input
        className="field-control"
        role="searchbox"
        value={text}
        placeholder={t('list.search')}
        aria-label={t('list.search')}
        onChange={(event) => setText(event.target.value)}
      />
      {text !== '' && (
        <button type="button" className="c-bare c-clear" aria-label={t('action.clear')} onClick={() => setText('')}>
          <Glyph name="close" size={14} />
        </button>
      )}
    </div>
  );
}

type ListActionsProps = {
  readonly type: ObjectType;
  readonly view: ListView;
  readonly columns: readonly Property[];
  readonly context: FormatContext;
};

function ListActions({ type, view, columns, context }: ListActionsProps) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const showToast = useToast();
  const [busy, setBusy] = useState(false);
  const [creating, setCreating] = useState(false);
  const runExport = async (): Promise<void> => {
    setBusy(true);
    const result = await exportCsv({ portalId: portal.id, type, view, columns, context });
    setBusy(false);
    if (!result.ok) return showToast({ tone: 'danger', title: t('list.exportFailed'), message: result.message });
    downloadCsv(result.csv, `${type}-${portal.id}.csv`);
    const n = Math.min(result.csv.split('\r\n').length - 1, EXPORT_ROWS_MAX);
    showToast({ tone: 'success', message: t('list.exported', { n }) });
  };
  return (
    <>
      <button type="button" className="button secondary" disabled={busy} onClick={() => void runExport()}>
        {busy ? <span className="spinner small" aria-hidden="true" /> : <Glyph name="download" size={15} />}
        {t('list.export')}
      </button>
      <button type="button" className="button primary" onClick={() => setCreating(true)}>
        <Glyph name="add" size={15} />
        {t('list.create')}
      </button>
      {creating && <CreateRecord type={type} onClose={() => setCreating(false)} />}
    </>
  );
}

type PagerProps = {
  readonly page: RecordPage;
  readonly trail: readonly string[];
  readonly onTrail: (trail: readonly string[]) => void;
};

function Pager({ page, trail, onTrail }: PagerProps) {
  const { t } = useLanguage();
  const first = trail.length * PAGE_SIZE + 1;
  const last = first + page.results.length - 1;
  if (page.total <= PAGE_SIZE && trail.length === 0) return null;
  const { after } = page;
  return (
    <nav className="pager" aria-label={t('list.pages')}>
      <span>{t('list.range', { first, last, total: page.total })}</span>
      <button
        type="button"
        className="button secondary small"
        disabled={trail.length === 0}
        onClick={() => onTrail(trail.slice(0, -1))}
      >
        <Glyph name="chevron-left" size={14} />
        {t('list.previousPage')}
      </button>
      <button
        type="button"
        className="button secondary small"
        disabled={after === undefined}
        onClick={() => after !== undefined && onTrail([...trail, after])}
      >
        {t('list.nextPage')}
        <Glyph name="chevron-right" size={14} />
      </button>
    </nav>
  );
}

const SKELETON_ROWS = 9;

function TableSkeleton() {
  const { t } = useLanguage();
  return (
    <div className="skeleton table" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: SKELETON_ROWS }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}
