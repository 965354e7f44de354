/** Sync health, portal by portal: is it connected, is it up to date, what waits, what failed, and what to do about it. */
import {
  connectionList,
  type ConnectionView,
  deadLetterList,
  replayResponse,
} from '@counterpart/app/wire/workspace.ts';
import {
  Alert,
  Badge,
  Button,
  Group,
  Modal,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { call, query } from '../api/workspace-api.ts';
import { HOST_NAMES } from '../parts/hosts.ts';
import { Empty, Loaded, PageTitle, reasonOf } from '../parts/States.tsx';
import { parkedText } from './parked-reason.ts';
import { refusalText } from './refusal-text.ts';
import { useSession } from '../shell/session.tsx';
import { useWords, type Words } from '../words.tsx';

const REFRESH_MS = 3_000;
const RETURN = '?returnPath=/connections';
const DAY_SECONDS = 86_400;
const STATE_COLOURS: Record<ConnectionView['state'], string> = {
  installing: 'blue',
  active: 'green',
  parked: 'orange',
  disconnected: 'gray',
};

export default function Connections() {
  const { t } = useWords();
  const { permissions } = useSession();
  const connections = useQuery({
    queryKey: ['connections'],
    queryFn: () => call('/v1/connections', connectionList),
    refetchInterval: REFRESH_MS,
  });
  const connectUrls = connections.data?.connectUrls ?? { hubspot: null, salesforce: null };
  return (
    <>
      <PageTitle
        aside={
          permissions.canAdminister && (
            <Group gap="sm">
              {connectUrls.hubspot !== null && (
                <Button component="a" href={`${connectUrls.hubspot}${RETURN}`}>
                  {t('connections.connectHubSpot')}
                </Button>
              )}
              {connectUrls.salesforce !== null && <ConnectSalesforce connectUrl={connectUrls.salesforce} />}
            </Group>
          )
        }
      >
        {t('nav.connections')}
      </PageTitle>
      <Loaded of={connections} rows={3}>
        {({ results }) =>
          results.length === 0 ? (
            <Empty title={t('connections.none')}>
              <Text c="dimmed">{t('connections.noneHint')}</Text>
            </Empty>
          ) : (
            <Stack gap="md">
              {results.map((connection) => (
                <Connection
                  key={connection.id}
                  connection={connection}
                  connectUrl={permissions.canAdminister ? connectUrls[connection.host] : null}
                />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </>
  );
}

/** An org that does not sign in at the common page is asked for its own. */
function ConnectSalesforce({ connectUrl }: { readonly connectUrl: string }) {
  const { t } = useWords();
  const [opened, { open, close }] = useDisclosure();
  const [host, setHost] = useState('');
  return (
    <>
      <Button onClick={open}>{t('connections.connectSalesforce')}</Button>
      <Modal opened={opened} onClose={close} title={t('connections.salesforceTitle')}>
        <form method="get" action={connectUrl}>
          <Stack>
            <Text size="sm">{t('connections.salesforceBody')}</Text>
            <input type="hidden" name="returnPath" value="/connections" />
            <TextInput
              {...(host.trim() === '' ? {} : { name: 'host' })}
              label={t('connections.myDomain')}
              description={t('connections.myDomainHint')}
              value={host}
              onChange={(event) => setHost(event.currentTarget.value)}
              autoComplete="off"
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('cancel')}
              </Button>
              <Button type="submit" data-autofocus>
                {t('connections.continue')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

type ConnectionProps = { readonly connection: ConnectionView; readonly connectUrl: string | null };

function Connection({ connection, connectUrl }: ConnectionProps) {
  const { t, code, moment, number } = useWords();
  const { permissions } = useSession();
  const figures = [
    [t('connections.links'), number(connection.links)],
    [t('connections.waiting'), number(connection.queue.dirty)],
    [
      t('connections.oldest'),
      connection.queue.oldestDirtySeconds === null
        ? '–'
        : t('connections.seconds', { count: connection.queue.oldestDirtySeconds }),
    ],
    [t('connections.failed'), number(connection.queue.deadLetters)],
    [t('connections.conflicts'), number(connection.openConflicts)],
    [t('connections.budget'), connection.budget === null ? '–' : budgetText(t, connection.budget.burst)],
    ...(connection.host === 'salesforce' ? [[t('connections.heard'), moment(connection.lastHeardAt)] as const] : []),
    ...(connection.cardsReady === null
      ? []
      : [
          [
            t('connections.cards'),
            t(connection.cardsReady ? 'connections.cardsReady' : 'connections.cardsWaiting'),
          ] as const,
        ]),
    [t('connections.agreed'), moment(connection.lastAgreedAt)],
    [t('connections.since'), moment(connection.installedAt)],
  ] as const;
  return (
    <section className="cp-panel" style={{ padding: '1.125rem' }} aria-label={connection.name}>
      <Group justify="space-between" mb="md">
        <div>
          <Group gap="sm">
            <Title order={2}>{connection.name}</Title>
            <Badge variant="light" color={STATE_COLOURS[connection.state]} tt="none">
              {t(`connections.state.${connection.state}`)}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed">
            {HOST_NAMES[connection.host]} · {connection.accountId}
            {connection.timeZone === null ? '' : ` · ${connection.timeZone}`}
          </Text>
        </div>
        {permissions.canAdminister && connection.state !== 'disconnected' && <Disconnect connection={connection} />}
      </Group>
      {connection.state === 'parked' && (
        <Alert color="orange" mb="md" title={t('connections.parked')}>
          {connection.missingScopes.length > 0
            ? t('connections.missingScopes', { scopes: connection.missingScopes.join(', ') })
            : parkedText(code, connection.reason ?? '')}{' '}
          {t(connection.host === 'hubspot' ? 'connections.whatHubSpot' : 'connections.whatSalesforce')}{' '}
          {t('connections.reconnect')}
          {connectUrl !== null && (
            <div style={{ marginTop: 12 }}>
              <Button component="a" size="xs" href={`${connectUrl}${RETURN}`}>
                {t('connections.again')}
              </Button>
            </div>
          )}
        </Alert>
      )}
      <BackfillProgress connection={connection} />
      <SimpleGrid component="dl" cols={{ base: 2, md: 4 }} spacing="md" m={0}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <Text component="dt" size="xs" c="dimmed">
              {name}
            </Text>
            <Text component="dd" m={0} fw={560}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {connection.queue.deadLetters > 0 && <DeadLetters connectionId={connection.id} />}
    </section>
  );
}

type Burst = NonNullable<ConnectionView['budget']>['burst'];

function budgetText(t: Words['t'], { left, limit, perSeconds }: Burst): string {
  return perSeconds === DAY_SECONDS
    ? t('connections.usedToday', { left, limit })
    : t('connections.budgetLeft', { left, limit, seconds: perSeconds });
}

function BackfillProgress({ connection: { backfill } }: { readonly connection: ConnectionView }) {
  const { t, moment, number } = useWords();
  if (backfill === null || backfill.phase === 'done') return null;
  const percent =
    backfill.total === null || backfill.total === 0
      ? null
      : Math.min(100, Math.round((backfill.read / backfill.total) * 100));
  return (
    <div style={{ marginBottom: 16 }}>
      <Group justify="space-between" mb={4}>
        <Text size="sm">{t(`connections.phase.${backfill.phase}`)}</Text>
        <Text size="sm" c="dimmed">
          {number(backfill.read)}
          {backfill.total === null ? '' : ` / ${number(backfill.total)}`}
          {backfill.estimatedDoneAt === null
            ? ''
            : ` · ${t('connections.doneAt', { time: moment(backfill.estimatedDoneAt) })}`}
        </Text>
      </Group>
      <Progress
        value={percent ?? 100}
        animated={percent === null}
        aria-label={t(`connections.phase.${backfill.phase}`)}
      />
    </div>
  );
}

function DeadLetters({ connectionId }: { readonly connectionId: string }) {
  const words = useWords();
  const { t, code, moment } = words;
  const queries = useQueryClient();
  const letters = useQuery({
    queryKey: ['dead-letters', connectionId],
    queryFn: () => call(`/v1/dead-letters${query({ connectionId })}`, deadLetterList),
  });
  const replay = useMutation({
    mutationFn: () =>
      call('/v1/dead-letters/replay', replayResponse, { method: 'POST', json: { connectionId, records: null } }),
    onSuccess: ({ replayed }) => {
      notifications.show({ message: t('connections.replayed', { count: replayed }), color: 'green' });
      void queries.invalidateQueries();
    },
    onError: (error) => notifications.show({ message: reasonOf(error, words), color: 'red' }),
  });
  return (
    <div style={{ marginTop: 16 }}>
      <Group justify="space-between" mb="xs">
        <Text fw={600}>{t('connections.failedTitle')}</Text>
        <Button size="xs" variant="default" onClick={() => replay.mutate()} loading={replay.isPending}>
          {t('connections.replay')}
        </Button>
      </Group>
      <Loaded of={letters} rows={2}>
        {({ results }) => (
          <Table verticalSpacing={6}>
            <Table.Tbody>
              {results.map((letter) => (
                <Table.Tr key={`${letter.objectType}${letter.recordId}`}>
                  <Table.Td>
                    {letter.url === null ? (
                      (letter.name ?? letter.recordId)
                    ) : (
                      <a href={letter.url}>{letter.name ?? letter.recordId}</a>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {code('hostFailure', letter.failure)}
                    <Text size="xs" c="dimmed">
                      {refusalText(code, letter.detail)}
                    </Text>
                  </Table.Td>
                  <Table.Td className="cp-nowrap">{t('connections.attempts', { count: letter.attempts })}</Table.Td>
                  <Table.Td className="cp-nowrap">{moment(letter.since)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
    </div>
  );
}

function Disconnect({ connection }: { readonly connection: ConnectionView }) {
  const words = useWords();
  const { t } = words;
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const [typed, setTyped] = useState('');
  const disconnect = useMutation({
    mutationFn: () =>
      call(`/v1/connections/${connection.id}/disconnect`, z.undefined(), {
        method: 'POST',
        json: { confirmAccountId: typed },
      }),
    onSuccess: () => {
      close();
      void queries.invalidateQueries();
    },
    onError: (error) => notifications.show({ message: reasonOf(error, words), color: 'red' }),
  });
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {t('connections.disconnect')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('connections.disconnectTitle', { name: connection.name })}>
        <Stack>
          <Text size="sm">{t('connections.disconnectBody')}</Text>
          <TextInput
            label={t('connections.confirm', { id: connection.accountId })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('cancel')}
            </Button>
            <Button
              color="red"
              disabled={typed !== connection.accountId}
              loading={disconnect.isPending}
              onClick={() => disconnect.mutate()}
            >
              {t('connections.disconnect')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
