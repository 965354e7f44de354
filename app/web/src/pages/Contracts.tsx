/** The register: filters live in the address, so a filtered list can be sent to a colleague. */
import { CONTRACT_SORTS, contractList, type ContractRow } from '@counterpart/app/wire/workspace.ts';
import { Button, Group, Menu, MultiSelect, Select, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconDownload, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { HealthBadge, NoticeText, SlaBadge, StageBadge } from '../parts/Badges.tsx';
import { Empty, Failed, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

const PAGE_SIZE = 50;
const SEARCH_DELAY_MS = 250;
const STAGES = [
  'draft',
  'in_review',
  'approved',
  'signed',
  'active',
  'renewing',
  'expired',
  'terminated',
  'void',
] as const;
const DECISIONS = ['undecided', 'renew', 'renegotiate', 'exit'] as const;
const VERDICTS = ['met', 'missed', 'no_data', 'excused', 'provisional'] as const;

export default function Contracts() {
  const words = useWords();
  const { t, code } = words;
  const [search, setSearch] = useSearchParams();
  const filters = Object.fromEntries(search.entries());
  const set = (name: string, value: string | null) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
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
  const rows = pages.data?.pages.flatMap(({ results }) => results) ?? [];
  const total = pages.data?.pages[0]?.total ?? 0;
  const options = (group: string, values: readonly string[]) =>
    values.map((value) => ({ value, label: code(group, value) }));
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
      <Group gap="sm" mb="md" align="flex-end">
        <SearchBox value={filters['text'] ?? ''} onChange={(text) => set('text', text)} />
        <Many
          label={t('contracts.stage')}
          value={filters['stage']}
          data={options('stage', STAGES)}
          onChange={(value) => set('stage', value)}
        />
        <Many
          label={t('contracts.decision')}
          value={filters['decision']}
          data={options('decision', DECISIONS)}
          onChange={(value) => set('decision', value)}
        />
        <Many
          label={t('contracts.sla')}
          value={filters['sla']}
          data={options('sla', VERDICTS)}
          onChange={(value) => set('sla', value)}
        />
        <TextInput
          type="date"
          label={t('contracts.noticeBefore')}
          value={filters['noticeDueBefore'] ?? ''}
          onChange={(event) => set('noticeDueBefore', event.currentTarget.value)}
        />
        <Select
          label={t('contracts.sort')}
          data={CONTRACT_SORTS.map((value) => ({ value, label: t(`contracts.sort.${value}`) }))}
          value={filters['sort'] ?? 'notice'}
          onChange={(value) => set('sort', value)}
          w={160}
          allowDeselect={false}
        />
        {search.size > 0 && (
          <Button variant="subtle" onClick={() => setSearch(new URLSearchParams())}>
            {t('contracts.clear')}
          </Button>
        )}
      </Group>
      {pages.isError && <Failed error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isPending ? (
        <Text c="dimmed">{t('loading')}</Text>
      ) : rows.length === 0 && !pages.isError ? (
        <Empty title={t(search.size > 0 ? 'contracts.noneMatch' : 'contracts.none')}>
          <Text c="dimmed">{t(search.size > 0 ? 'contracts.noneMatchHint' : 'contracts.noneHint')}</Text>
        </Empty>
      ) : (
        <ContractTable rows={rows} />
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

function ContractTable({ rows }: { readonly rows: readonly ContractRow[] }) {
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
            {headings.map((heading) => (
              <Table.Th key={heading} className={heading === 'value' ? 'cp-number' : 'cp-nowrap'}>
                {t(`contracts.col.${heading}`)}
              </Table.Th>
            ))}
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

function SearchBox({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  const { t } = useWords();
  const [text, setText] = useState(value);
  const report = useDebouncedCallback(onChange, SEARCH_DELAY_MS);
  return (
    <TextInput
      label={t('contracts.search')}
      placeholder={t('contracts.searchHint')}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        report(event.currentTarget.value);
      }}
      w={220}
    />
  );
}

type ManyProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly data: { value: string; label: string }[];
  readonly onChange: (value: string | null) => void;
};

function Many({ label, value, data, onChange }: ManyProps) {
  const { t } = useWords();
  const chosen = value === undefined ? [] : value.split(',');
  return (
    <MultiSelect
      label={label}
      data={data}
      value={chosen}
      onChange={(next) => onChange(next.join(','))}
      placeholder={chosen.length === 0 ? t('contracts.any') : ''}
      w={168}
      clearable
    />
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
