/** A column heading that sorts: a button with the direction said to everyone. */
import { Group, Table, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconSelector } from '@tabler/icons-react';

export type Direction = 'ascending' | 'descending';
type Props = {
  readonly label: string;
  /** `null`: the list is sorted by something else. */
  readonly direction: Direction | null;
  readonly onSort: (direction: Direction) => void;
  readonly className?: string;
};

const ICONS = { ascending: IconChevronUp, descending: IconChevronDown, none: IconSelector } as const;

export function SortHeading({ label, direction, onSort, className = 'cp-nowrap' }: Props) {
  const Icon = ICONS[direction ?? 'none'];
  return (
    <Table.Th className={className} aria-sort={direction ?? 'none'}>
      <UnstyledButton
        fz="sm"
        fw={700}
        onClick={() => onSort(direction === 'ascending' ? 'descending' : 'ascending')}
        className="cp-sort"
      >
        <Group component="span" gap={4} wrap="nowrap" display="inline-flex">
          {label}
          <Icon size={14} aria-hidden opacity={direction === null ? 0.45 : 1} />
        </Group>
      </UnstyledButton>
    </Table.Th>
  );
}
