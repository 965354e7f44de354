/** The rows of the register, with the orders that the server keeps under the columns that show them. */
import type { CONTRACT_SORTS, ContractRow } from '@counterpart/app/wire/workspace.ts';
import { Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useWords } from '../words.tsx';
import { HealthBadge, NoticeText, SlaBadge, StageBadge } from './Badges.tsx';
import { type Direction, SortHeading } from './SortHeading.tsx';

type ContractSort = (typeof CONTRACT_SORTS)[number];

/** Which order of the list a column shows. */
const COLUMN_SORTS: Readonly<Record<string, ContractSort>> = {
  title: 'title',
  notice: 'notice',
  renewal: 'renewal',
  value: 'value',
};

type TableProps = {
  readonly rows: readonly ContractRow[];
  readonly sort: string;
  readonly direction: Direction;
  readonly onSort: (sort: ContractSort, direction: Direction) => void;
};

export function ContractTable({ rows, sort, direction, onSort }: TableProps) {
  const { t, day, money, code } = useWords();
  const headings = [
    'title',
    'counterparty',
    'stage',
    'notice',
    'renewal',
    'decision',
    'sla',
    'health',
    'value',
  ] as const;
  return (
    <Table.ScrollContainer minWidth={1080} className="cp-panel">
      <Table verticalSpacing="sm" highlightOnHover stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {headings.map((heading) => {
              const label = t(`contracts.col.${heading}`);
              const column = COLUMN_SORTS[heading];
              const className = heading === 'value' ? 'cp-number' : 'cp-nowrap';
              return column === undefined ? (
                <Table.Th key={heading} className={className}>
                  {label}
                </Table.Th>
              ) : (
                <SortHeading
                  key={heading}
                  label={label}
                  direction={sort === column ? direction : null}
                  onSort={(next) => onSort(column, next)}
                  className={className}
                />
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td>
                <Link href={`/contracts/${row.id}`} className="cp-rowlink">
                  {row.title}
                </Link>
                <Text size="xs" c="dimmed">
                  {row.number} · {code('side', row.side)}
                </Text>
              </Table.Td>
              <Table.Td>{row.counterparty ?? '–'}</Table.Td>
              <Table.Td>
                <StageBadge stage={row.stage} />
              </Table.Td>
              <Table.Td>
                <NoticeText notice={row.notice} />
              </Table.Td>
              <Table.Td className="cp-nowrap">{day(row.renewalDate)}</Table.Td>
              <Table.Td className="cp-nowrap">{code('decision', row.renewalDecision)}</Table.Td>
              <Table.Td>
                <SlaBadge status={row.sla.status} />
              </Table.Td>
              <Table.Td>
                <HealthBadge health={row.health} />
              </Table.Td>
              <Table.Td className="cp-number">{money(row.value)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
