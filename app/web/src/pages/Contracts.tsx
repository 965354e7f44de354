/** The register: filters live in the address, so a filtered list can be sent to a colleague. */
import { failureKindOf } from '@counterpart/app/core/card-failure.ts';
import { contractList } from '@counterpart/app/wire/workspace.ts';
import { Button, Group, Menu, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { call, isRefusal, query } from '../api/workspace-api.ts';
import { FilterFields, UnseenFilters } from '../parts/ContractFilters.tsx';
import { type ContractColumn, ContractTable } from '../parts/ContractTable.tsx';
import { Empty, Failed, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

const PAGE_SIZE = 50;
const COLUMNS: readonly ContractColumn[] = [
  'title',
  'counterparty',
  'stage',
  'notice',
  'renewal',
  'decision',
  'sla',
  'health',
  'value',
];

export default function Contracts() {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  const filters = Object.fromEntries(search.entries());
  const change = (values: Readonly<Record<string, string | null>>) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  const pages = useInfiniteQuery({
    queryKey: ['contracts', filters],
    queryFn: ({ pageParam }) =>
      call(`/v1/contracts${query({ ...filters, limit: PAGE_SIZE, after: pageParam })}`, contractList),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const isNarrowed = Object.keys(filters).some((name) => name !== 'sort' && name !== 'direction');
  // An address that somebody typed, or an old link.
  const isMisread = isNarrowed && isRefusal(pages.error) && failureKindOf(pages.error.problem.code) === 'invalid';
  const rows = pages.data?.pages.flatMap(({ results }) => results) ?? [];
  const total = pages.data?.pages[0]?.total ?? 0;
  return (
    <>
      <PageTitle aside={<Export filters={filters} />}>
        {t('nav.contracts')}
        {pages.data !== undefined && (
          <Text span c="dimmed" fz="md" ml="sm" fw={400} role="status">
            {t('contracts.count', { count: total })}
          </Text>
        )}
      </PageTitle>
      <FilterFields filters={filters} onChange={change} />
      {isNarrowed && (
        <UnseenFilters
          filters={filters}
          counterparty={rows[0]?.counterparty ?? null}
          onChange={change}
          onClear={() => setSearch(new URLSearchParams())}
        />
      )}
      {isMisread ? (
        <Empty title={t('contracts.misread')}>
          <Text c="dimmed">{t('contracts.misreadHint')}</Text>
        </Empty>
      ) : (
        pages.isError && <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending ? (
        <Text c="dimmed">{t('loading')}</Text>
      ) : pages.isError && rows.length === 0 ? null : rows.length === 0 ? (
        <Empty title={t(isNarrowed ? 'contracts.noneMatch' : 'contracts.none')}>
          <Text c="dimmed">{t(isNarrowed ? 'contracts.noneMatchHint' : 'contracts.noneHint')}</Text>
        </Empty>
      ) : (
        <ContractTable
          rows={rows}
          columns={COLUMNS}
          order={{
            sort: filters['sort'] ?? 'notice',
            direction: filters['direction'] === 'descending' ? 'descending' : 'ascending',
            onSort: (sort, direction) => change({ sort, direction }),
          }}
          minWidth={1080}
          className="cp-panel"
        />
      )}
      {pages.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
            {t('contracts.more', { shown: rows.length, total })}
          </Button>
        </Group>
      )}
    </>
  );
}

function Export({ filters }: { readonly filters: Readonly<Record<string, string>> }) {
  const { t, locale } = useWords();
  const href = (format: string) => `/v1/contracts/export${query({ ...filters, format, locale })}`;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          {t('contracts.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={href('xlsx')}>
          Excel (.xlsx)
        </Menu.Item>
        <Menu.Item component="a" href={href('csv')}>
          CSV
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
