/** Contracts as rows: the register, and the short lists that show some of its columns. */
import type { CONTRACT_SORTS, ContractRow } from '@counterpart/app/wire/workspace.ts';
import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useWords, type Words } from '../words.tsx';
import { HealthBadge, NoticeText, SlaBadge, StageBadge } from './Badges.tsx';
import { type Direction, SortHeading } from './SortHeading.tsx';

type ContractSort = (typeof CONTRACT_SORTS)[number];

const CELLS = {
  title: (row, { code }) => (
    <>
      <Link href={`/contracts/${row.id}`} className="cp-rowlink">
        {row.title}
      </Link>
      <Text size="xs" c="dimmed">
        {row.number} · {code('side', row.side)}
      </Text>
    </>
  ),
  counterparty: (row) => row.counterparty ?? '–',
  stage: (row) => <StageBadge stage={row.stage} />,
  notice: (row) => <NoticeText notice={row.notice} />,
  renewal: (row, { day }) => <span className="cp-nowrap">{day(row.renewalDate)}</span>,
  decision: (row, { code }) => <span className="cp-nowrap">{code('decision', row.renewalDecision)}</span>,
  sla: (row) => <SlaBadge status={row.sla.status} />,
  health: (row) => <HealthBadge health={row.health} />,
  value: (row, { money }) => money(row.value),
} as const satisfies Record<string, (row: ContractRow, words: Words) => ReactNode>;
export type ContractColumn = keyof typeof CELLS;

/** Which order of the list a column shows. */
const COLUMN_SORTS: { readonly [C in ContractColumn]?: ContractSort } = {
  title: 'title',
  notice: 'notice',
  renewal: 'renewal',
  value: 'value',
};

type Order = {
  readonly sort: string;
  readonly direction: Direction;
  readonly onSort: (sort: ContractSort, direction: Direction) => void;
};
type TableProps = {
  readonly rows: readonly ContractRow[];
  readonly columns: readonly ContractColumn[];
  /** Absent where the order is part of the question. */
  readonly order?: Order;
  /** Pixels below which the table scrolls sideways. */
  readonly minWidth: number;
  readonly className?: string;
};

const classOf = (column: ContractColumn): string => (column === 'value' ? 'cp-number' : '');

export function ContractTable({ rows, columns, order, minWidth, className = '' }: TableProps) {
  const words = useWords();
  return (
    <Table.ScrollContainer minWidth={minWidth} className={className}>
      <Table verticalSpacing="sm" highlightOnHover stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => {
              const label = words.t(`contracts.col.${column}`);
              const sort = COLUMN_SORTS[column];
              return order === undefined || sort === undefined ? (
                <Table.Th key={column} className={`cp-nowrap ${classOf(column)}`}>
                  {label}
                </Table.Th>
              ) : (
                <SortHeading
                  key={column}
                  label={label}
                  direction={order.sort === sort ? order.direction : null}
                  onSort={(direction) => order.onSort(sort, direction)}
                  className={`cp-nowrap ${classOf(column)}`}
                />
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id}>
              {columns.map((column) => (
                <Table.Td key={column} className={classOf(column)}>
                  {CELLS[column](row, words)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
