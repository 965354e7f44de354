/** The contracts of the record, one line each: what it is, where it stands, when it must be decided, how it performs, what it is worth. */
import {
  EmptyState,
  Flex,
  Link,
  StatusTag,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
  Text,
} from '@hubspot/ui-extensions';
import { SORT_COLUMNS, listPage, type ListView, type SortColumn } from '@counterpart/app/core/contract-list.ts';
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

/** Pixels for columns whose text must stay on one line; the contract takes what is left. */
const COLUMN_WIDTHS = { contract: 'auto', stage: 98, renewal: 124, sla: 104, value: 108 } as const satisfies Record<
  SortColumn,
  'auto' | number
>;

export type ContractTableProps = {
  readonly contracts: readonly ContractCardView[];
  readonly view: ListView;
  readonly onView: (view: ListView) => void;
  readonly onOpen: (contractId: string) => void;
};

export function ContractTable({ contracts, view, onView, onOpen }: ContractTableProps) {
  const { t } = useHost().presenter;
  const shown = listPage(contracts, view);
  if (shown.matching === 0) {
    return (
      <EmptyState title={t('list.noMatch')} layout="vertical" imageWidth={120} flush testId="no-match">
        <Text variant="microcopy">{view.text}</Text>
      </EmptyState>
    );
  }
  const rows = (
    <>
      <TableHead>
        <TableRow>
          {SORT_COLUMNS.map((column) => (
            <ColumnHeader key={column} column={column} view={view} onView={onView} />
          ))}
        </TableRow>
      </TableHead>
      <TableBody>
        {shown.contracts.map((contract) => (
          <ContractRow key={contract.id} contract={contract} onOpen={onOpen} />
        ))}
      </TableBody>
    </>
  );
  if (shown.pageCount === 1) {
    return (
      <Table bordered density="condensed" testId="contracts">
        {rows}
      </Table>
    );
  }
  return (
    <Table
      bordered
      density="condensed"
      paginated
      page={shown.page}
      pageCount={shown.pageCount}
      onPageChange={(page) => onView({ ...view, page })}
      testId="contracts"
    >
      {rows}
    </Table>
  );
}

function ColumnHeader(props: { readonly column: SortColumn } & Pick<ContractTableProps, 'view' | 'onView'>) {
  const { column, view, onView } = props;
  const { t } = useHost().presenter;
  return (
    <TableHeader
      align={column === 'value' ? 'right' : 'left'}
      width={COLUMN_WIDTHS[column]}
      sortDirection={view.sort.column === column ? view.sort.direction : 'none'}
      onSortChange={(direction) => onView({ ...view, sort: { column, direction }, page: 1 })}
    >
      {t(`list.column.${column}`)}
    </TableHeader>
  );
}

function ContractRow({
  contract,
  onOpen,
}: {
  readonly contract: ContractCardView;
  readonly onOpen: (contractId: string) => void;
}) {
  const presenter = useHost().presenter;
  const { t } = presenter;
  const stage = presenter.stage(contract.stage);
  const notice = presenter.notice(contract.notice);
  const openRisks = contract.risks.filter((risk) => risk.state === 'open').length;
  const under = [contract.number, contract.counterparty].filter(Boolean).join(' · ');
  return (
    <TableRow>
      <TableCell>
        <Flex direction="column" gap="flush">
          <Link href="#" preventDefault onClick={() => onOpen(contract.id)} testId={`open-${contract.id}`}>
            {contract.title}
          </Link>
          <Text variant="microcopy">{under}</Text>
        </Flex>
      </TableCell>
      <TableCell width="min">
        <StatusTag variant={STATUS_TAG_VARIANTS[stage.tone]}>{stage.text}</StatusTag>
      </TableCell>
      <TableCell>
        <Flex direction="column" gap="flush">
          <Text>{presenter.dateOr(contract.renewalDate, t('list.noRenewal'))}</Text>
          <Text variant="microcopy" format={{ fontWeight: notice.tone === 'neutral' ? 'regular' : 'demibold' }}>
            {notice.text}
          </Text>
        </Flex>
      </TableCell>
      <TableCell>
        <Flex direction="column" gap="flush">
          <Text format={{ fontWeight: contract.sla.status === 'missed' ? 'demibold' : 'regular' }}>
            {presenter.sla(contract.sla.status).text}
          </Text>
          <Text variant="microcopy">{t('risk.count', { count: openRisks })}</Text>
        </Flex>
      </TableCell>
      <TableCell align="right">
        <Text>{contract.value === null ? t('card.none') : presenter.money(contract.value)}</Text>
      </TableCell>
    </TableRow>
  );
}
