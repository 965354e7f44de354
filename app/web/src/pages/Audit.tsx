import { auditList } from '@counterpart/app/wire/workspace.ts';
import { Button, Group, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { Empty, Failed, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

export default function Audit() {
  const { t, code, moment, value } = useWords();
  const pages = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) => call(`/v1/audit${query({ after: pageParam })}`, auditList),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const entries = pages.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <>
      <PageTitle>{t('nav.audit')}</PageTitle>
      {pages.isError && <Failed error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isPending && <Text c="dimmed">{t('loading')}</Text>}
      {pages.data !== undefined && entries.length === 0 && <Empty title={t('audit.none')} />}
      {entries.length > 0 && (
        <Table.ScrollContainer minWidth={760} className="cp-panel">
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('audit.when')}</Table.Th>
                <Table.Th>{t('audit.who')}</Table.Th>
                <Table.Th>{t('audit.what')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Table.Tr key={entry.id}>
                  <Table.Td className="cp-nowrap">{moment(entry.at)}</Table.Td>
                  <Table.Td>{entry.actor ?? (entry.kind === 'field' ? code('source', entry.source) : '–')}</Table.Td>
                  <Table.Td>
                    {entry.kind === 'field' ? (
                      <>
                        <Link href={`/contracts/${entry.contractId}`} className="cp-rowlink">
                          {entry.contractTitle}
                        </Link>
                        <Text size="xs" c="dimmed">
                          {code('field', entry.field)}: {value(entry.field, entry.previous)} →{' '}
                          {value(entry.field, entry.value)}
                          {entry.place === null ? '' : ` · ${entry.place}`}
                        </Text>
                      </>
                    ) : (
                      <>
                        {code('audit.action', entry.action)}
                        <Text size="xs" c="dimmed">
                          {entry.detail}
                        </Text>
                      </>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {pages.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('audit.more')}
          </Button>
        </Group>
      )}
    </>
  );
}
