import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { OBJECT_TYPE_FACTS } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { Property, RecordSummary } from '../portal/portal-schema.ts';
import { propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { PropertyValue } from '../portal/property-value.tsx';
import { linkTo, recordPath } from '../portal/route.ts';
import type { ListView } from './list-query.ts';

type RecordTableProps = {
  readonly type: ObjectType;
  readonly rows: readonly RecordSummary[];
  readonly columns: readonly Property[];
  readonly view: ListView;
  readonly context: FormatContext;
  readonly onSort: (property: Property) => void;
};

/** Rows of a view. The arrow keys walk down the record links. */
export function RecordTable({ type, rows, columns, view, context, onSort }: RecordTableProps) {
  const { portal } = usePortal();
  const body = useRef<HTMLTableSectionElement>(null);
  const { nameProperty } = OBJECT_TYPE_FACTS[type];
  const walk = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !(event.target instanceof HTMLAnchorElement)) return;
    const links = [...(body.current?.querySelectorAll<HTMLAnchorElement>('a.row-link') ?? [])];
    links[links.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  };
  const hasName = columns.some((property) => property.name === nameProperty);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={columns.map((one) => one.label).join(', ')}>
      <table className="record-table">
        <thead>
          <tr>
            {columns.map((property) => (
              <SortHeader key={property.name} property={property} view={view} context={context} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={walk}>
          {rows.map((row) => (
            <tr key={row.id}>
              {columns.map((property, index) => {
                const linked = property.name === nameProperty || (!hasName && index === 0);
                const value = (
                  <PropertyValue property={property} value={row.properties[property.name]} context={context} />
                );
                const numeric = property.type === 'number';
                return linked ? (
                  <th key={property.name} scope="row">
                    <a className="row-link" {...linkTo(recordPath(portal.id, type, row.id))}>
                      {row.properties[property.name] ? value : row.id}
                    </a>
                  </th>
                ) : (
                  <td key={property.name} className={numeric ? 'numeric' : undefined}>
                    {value}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type SortHeaderProps = Pick<RecordTableProps, 'view' | 'context' | 'onSort'> & { readonly property: Property };

function SortHeader({ property, view, context, onSort }: SortHeaderProps) {
  const sorted = view.sort === property.name ? view.direction : null;
  return (
    <th
      scope="col"
      className={property.type === 'number' ? 'numeric' : undefined}
      aria-sort={sorted === null ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'}
    >
      <button type="button" className="sort-button" onClick={() => onSort(property)}>
        {propertyLabel(property, context.language)}
        <span className={`sort-mark${sorted ? ' on' : ''}`}>
          <Glyph name={sorted === 'desc' ? 'chevron-down' : sorted === 'asc' ? 'chevron-up' : 'sort'} size={13} />
        </span>
      </button>
    </th>
  );
}
