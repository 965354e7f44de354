import type { TableCellProps, TableElementProps, TableHeaderProps, TableProps } from '@hubspot/ui-extensions';
import { createContext, useContext } from 'react';
import type { CSSProperties } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import { useCardWords } from '../card-words.ts';

const SectionContext = createContext<'head' | 'body' | 'foot'>('body');

export function Table(props: TableProps) {
  const { bordered = true, flush, density = 'default', children } = props;
  return (
    <div className={`c-table-frame${flush ? ' flush' : ''}`}>
      <div className="c-table-scroll" tabIndex={0} role="group">
        <table className={`c-table ${density}${bordered ? ' bordered' : ''}`}>{children}</table>
      </div>
      {props.paginated && <TablePager {...props} />}
    </div>
  );
}

/** HubSpot's table shows at most so many page numbers unless the card says otherwise. */
const PAGE_BUTTONS_MAX = 5;

function TablePager(props: Extract<TableProps, { paginated: true }>) {
  const t = useCardWords();
  const { pageCount, page = 1, onPageChange, showButtonLabels = true } = props;
  const shown = Math.min(pageCount, props.maxVisiblePageButtons ?? PAGE_BUTTONS_MAX);
  const first = Math.max(1, Math.min(page - Math.floor(shown / 2), pageCount - shown + 1));
  const go = (target: number): void => onPageChange(target);
  const step = (label: string, target: number, usable: boolean) => (
    <button type="button" className="c-page" aria-label={label} disabled={!usable} onClick={() => go(target)}>
      {showButtonLabels ? label : target < page ? '‹' : '›'}
    </button>
  );
  return (
    <nav className="c-pager" aria-label={t('list.pages')}>
      {props.showFirstLastButtons && step(t('list.firstPage'), 1, page > 1)}
      {step(t('list.previousPage'), page - 1, page > 1)}
      {Array.from({ length: shown }, (_, index) => first + index).map((number) => (
        <button
          key={number}
          type="button"
          className="c-page"
          aria-current={number === page ? 'page' : undefined}
          onClick={() => go(number)}
        >
          {number}
        </button>
      ))}
      {step(t('list.nextPage'), page + 1, page < pageCount)}
      {props.showFirstLastButtons && step(t('list.lastPage'), pageCount, page < pageCount)}
    </nav>
  );
}

export function TableHead({ children }: TableElementProps) {
  return (
    <SectionContext.Provider value="head">
      <thead>{children}</thead>
    </SectionContext.Provider>
  );
}

export function TableBody({ children }: TableElementProps) {
  return <tbody>{children}</tbody>;
}

export function TableFooter({ children }: TableElementProps) {
  return (
    <SectionContext.Provider value="foot">
      <tfoot>{children}</tfoot>
    </SectionContext.Provider>
  );
}

export function TableRow({ children }: TableElementProps) {
  return <tr>{children}</tr>;
}

function cellStyle(align: string | undefined, width: string | number | undefined): CSSProperties {
  const style: CSSProperties = {};
  if (align === 'left' || align === 'center' || align === 'right') style.textAlign = align;
  if (typeof width === 'number') style.width = width;
  if (width === 'min') Object.assign(style, { width: '1%', whiteSpace: 'nowrap' });
  if (width === 'max') style.width = '100%';
  return style;
}

const ARIA_SORT = { ascending: 'ascending', descending: 'descending', none: 'none' } as const;

export function TableHeader(props: TableHeaderProps) {
  const section = useContext(SectionContext);
  const sorted = props.sortDirection === undefined || props.sortDirection === 'never' ? null : props.sortDirection;
  const next = sorted === 'ascending' ? 'descending' : 'ascending';
  const style = cellStyle(props.align, props.width);
  if (sorted === null || !('onSortChange' in props)) {
    return (
      <th scope={section === 'head' ? 'col' : 'row'} style={style}>
        {props.children}
      </th>
    );
  }
  return (
    <th scope="col" style={style} aria-sort={ARIA_SORT[sorted]}>
      <button type="button" className="c-sort" disabled={props.disabled} onClick={() => props.onSortChange(next)}>
        {props.children}
        <Glyph name={sorted === 'none' ? 'sort' : sorted === 'ascending' ? 'chevron-up' : 'chevron-down'} size={13} />
      </button>
    </th>
  );
}

export function TableCell({ children, align, width, colSpan }: TableCellProps) {
  return (
    <td style={cellStyle(align, width)} colSpan={colSpan}>
      {children}
    </td>
  );
}
