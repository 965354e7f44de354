/**
 * Values that lost, kept with both sides and the reason; one click makes the other value the contract's. Where people decide, both values
 * wait here until somebody chooses one.
 */
import { conflictList, type ConflictView, restoreConflictResponse } from '@counterpart/app/wire/workspace.ts';
import { Badge, Button, Group, SegmentedControl, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { ConflictPolicy } from '../parts/ConflictPolicy.tsx';
import { Empty, Loaded, PageTitle, reasonOf } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

export default function Conflicts() {
  const { t } = useWords();
  const [state, setState] = useState('open');
  const conflicts = useQuery({
    queryKey: ['conflicts', state],
    queryFn: () => call(`/v1/conflicts${query({ state })}`, conflictList),
  });
  return (
    <>
      <PageTitle
        aside={
          <SegmentedControl
            value={state}
            onChange={setState}
            aria-label={t('conflicts.show')}
            data={[
              { value: 'open', label: t('conflicts.open') },
              { value: 'all', label: t('conflicts.all') },
            ]}
          />
        }
      >
        {t('nav.conflicts')}
      </PageTitle>
      <Loaded of={conflicts}>
        {({ results }) =>
          results.length === 0 ? (
            <Empty title={t('conflicts.none')}>
              <Text c="dimmed">{t('conflicts.noneHint')}</Text>
            </Empty>
          ) : (
            <Table.ScrollContainer minWidth={900} className="cp-panel">
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('conflicts.where')}</Table.Th>
                    <Table.Th>{t('conflicts.ours')}</Table.Th>
                    <Table.Th>{t('conflicts.theirs')}</Table.Th>
                    <Table.Th>{t('conflicts.why')}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((conflict) => (
                    <Row key={conflict.id} conflict={conflict} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      <ConflictPolicy />
    </>
  );
}

function Row({ conflict }: { readonly conflict: ConflictView }) {
  const words = useWords();
  const { t, code, moment } = words;
  const queries = useQueryClient();
  const restore = useMutation({
    mutationFn: () =>
      call(`/v1/conflicts/${conflict.id}/restore`, restoreConflictResponse, { method: 'POST', json: {} }),
    onSuccess: () => {
      notifications.show({ message: t('conflicts.restored'), color: 'green' });
      void queries.invalidateQueries();
    },
    onError: (error) => notifications.show({ message: reasonOf(error, words), color: 'red' }),
  });
  const isDecided = conflict.winner !== 'undecided';
  const value = (text: string | null, won: boolean) => (
    <Text size="sm" {...(won || !isDecided ? { fw: 620 } : { td: 'line-through', c: 'dimmed' })}>
      {words.value(conflict.field, text)}
    </Text>
  );
  return (
    <Table.Tr>
      <Table.Td>
        {conflict.contractId === null ? (
          (conflict.record?.name ?? conflict.record?.recordId)
        ) : (
          <Link href={`/contracts/${conflict.contractId}`} className="cp-rowlink">
            {conflict.contractTitle}
          </Link>
        )}
        <Text size="xs" c="dimmed">
          {code('field', conflict.field)} · {conflict.place ?? '–'} · {moment(conflict.at)}
        </Text>
      </Table.Td>
      <Table.Td>{value(conflict.ours, conflict.winner === 'ours')}</Table.Td>
      <Table.Td>{value(conflict.theirs, conflict.winner === 'theirs')}</Table.Td>
      <Table.Td>
        <Text size="sm">{code('conflict', conflict.reason)}</Text>
        {conflict.question === 'open' && <Text size="xs">{t('conflicts.question')}</Text>}
        <Text size="xs" c="dimmed">
          {code('moveReason', conflict.detail) === conflict.detail ? '' : code('moveReason', conflict.detail)}
        </Text>
      </Table.Td>
      <Table.Td className="cp-number">
        <Answer conflict={conflict} />
        {conflict.restored ? (
          <Badge variant="light" tt="none">
            {t('conflicts.isRestored')}
          </Badge>
        ) : (
          conflict.restorable && (
            <Button size="xs" variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>
              {t('conflicts.takeOther')}
            </Button>
          )
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** Of a field that people decide: the choice, or what became of it. */
function Answer({ conflict }: { readonly conflict: ConflictView }) {
  const words = useWords();
  const { t } = words;
  const queries = useQueryClient();
  const { ours, theirs } = conflict;
  const answer = useMutation({
    mutationFn: (choose: 'ours' | 'theirs') =>
      call(`/v1/conflicts/${conflict.id}/answer`, restoreConflictResponse, {
        method: 'POST',
        json: { choose, ours, theirs },
      }),
    onSuccess: () => notifications.show({ message: t('conflicts.answered'), color: 'green' }),
    onError: (error) => notifications.show({ message: reasonOf(error, words), color: 'red' }),
    onSettled: () => void queries.invalidateQueries(),
  });
  if (conflict.question === null) return null;
  if (conflict.question !== 'open')
    return (
      <Badge variant="light" tt="none">
        {t(conflict.question === 'answered' ? 'conflicts.isAnswered' : 'conflicts.isSettled')}
      </Badge>
    );
  const choice = (choose: 'ours' | 'theirs') => {
    const text = words.value(conflict.field, choose === 'ours' ? ours : theirs);
    return (
      <Button
        size="xs"
        variant="default"
        aria-label={t(choose === 'ours' ? 'conflicts.keepOursOf' : 'conflicts.takeTheirsOf', { value: text })}
        loading={answer.isPending && answer.variables === choose}
        disabled={answer.isPending}
        onClick={() => answer.mutate(choose)}
      >
        {t(choose === 'ours' ? 'conflicts.keepOurs' : 'conflicts.takeTheirs')}
      </Button>
    );
  };
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      {choice('ours')}
      {choice('theirs')}
    </Group>
  );
}
