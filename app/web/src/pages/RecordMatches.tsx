/** Companies and deals that both CRMs hold: each suggestion with its reasons, side by side, for an admin to confirm, dismiss or take back. */
import {
  confirmMatchRequest,
  recordMatchDetail,
  recordMatchList,
  type RecordMatchView,
} from '@counterpart/app/wire/record-match.ts';
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  List,
  Modal,
  Progress,
  SegmentedControl,
  Stack,
  Text,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { call, query } from '../api/workspace-api.ts';
import { ConfirmMatches } from '../parts/ConfirmMatches.tsx';
import { HOST_NAMES } from '../parts/hosts.ts';
import { Empty, Failed, Loaded, Loading, PageTitle, reasonOf } from '../parts/States.tsx';
import { useSession } from '../shell/session.tsx';
import { useWords } from '../words.tsx';

const STATES = ['suggested', 'confirmed', 'dismissed'] as const;
type State = (typeof STATES)[number];
type Page = z.infer<typeof recordMatchList>;

/** While a comparison runs, the page looks for its progress. */
const SEARCHING_MS = 1_500;

export default function RecordMatches() {
  const { t } = useWords();
  const { permissions } = useSession();
  const [state, setState] = useState<State>('suggested');
  const matches = useInfiniteQuery({
    queryKey: ['matches', state],
    queryFn: ({ pageParam }) => call(`/v1/record-matches${query({ state, after: pageParam })}`, recordMatchList),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state: { data } }) => (isSearching(data?.pages[0]) ? SEARCHING_MS : false),
  });
  const first = matches.data?.pages[0];
  const counts = first?.counts ?? { suggested: 0, confirmed: 0, dismissed: 0 };
  const shown = matches.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <>
      <PageTitle aside={<SearchAgain />}>{t('matches.title')}</PageTitle>
      <Text c="dimmed" mb="md">
        {t('matches.intro')}
      </Text>
      <Group justify="space-between" mb="md">
        <SegmentedControl
          aria-label={t('matches.show')}
          value={state}
          onChange={(value) => setState(STATES.find((known) => known === value) ?? 'suggested')}
          data={STATES.map((value) => ({ value, label: t(`matches.state.${value}`, { count: counts[value] }) }))}
        />
        <Group>
          <SearchState search={first?.search ?? null} />
          {permissions.canAdminister && <ConfirmMatches shown={shown} />}
        </Group>
      </Group>
      {matches.isPending && <Loading rows={5} />}
      {matches.isError && first === undefined && (
        <Failed error={matches.error} onRetry={() => void matches.refetch()} />
      )}
      {first !== undefined && shown.length === 0 && (
        <Empty title={t(`matches.none.${state}`)}>
          <Text c="dimmed">{t('matches.noneHint')}</Text>
        </Empty>
      )}
      <Stack gap="md" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {shown.map((match) => (
          <Match key={match.id} match={match} />
        ))}
      </Stack>
      {matches.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          onClick={() => void matches.fetchNextPage()}
          loading={matches.isFetchingNextPage}
        >
          {t('matches.more')}
        </Button>
      )}
    </>
  );
}

const isSearching = (page: Page | undefined): boolean =>
  page?.search !== null && page?.search !== undefined && page.search.finishedAt === null;

function SearchState({ search }: { readonly search: Page['search'] }) {
  const { t, moment, number } = useWords();
  if (search === null) return null;
  if (search.finishedAt !== null) {
    return (
      <Text size="sm" c="dimmed">
        {t('matches.searched', { time: moment(search.finishedAt) })}
      </Text>
    );
  }
  const percent = search.of === 0 ? 100 : Math.min(100, Math.round((search.seen / search.of) * 100));
  const said = t('matches.searching', { seen: number(search.seen), of: number(search.of) });
  return (
    <div style={{ minWidth: 220 }} aria-live="polite">
      <Text size="sm">{said}</Text>
      <Progress value={percent} aria-label={said} />
    </div>
  );
}

function SearchAgain() {
  const words = useWords();
  const { t } = words;
  const { permissions } = useSession();
  const queries = useQueryClient();
  const search = useMutation({
    mutationFn: () => call('/v1/record-matches/search', z.undefined(), { method: 'POST', json: {} }),
    onSuccess: () => {
      notifications.show({ message: t('matches.requested'), color: 'green' });
      void queries.invalidateQueries({ queryKey: ['matches'] });
    },
    onError: (error) => notifications.show({ message: reasonOf(error, words), color: 'red' }),
  });
  if (!permissions.canAdminister) return null;
  return (
    <Button variant="default" onClick={() => search.mutate()} loading={search.isPending}>
      {t('matches.search')}
    </Button>
  );
}

type Act = 'confirm' | 'dismiss' | 'undo';

/** Sends a decision and says what came of it. */
function useDecision(match: RecordMatchView, onDone?: () => void) {
  const words = useWords();
  const { t } = words;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ act, attach }: { readonly act: Act; readonly attach: boolean }) =>
      call(`/v1/record-matches/${match.id}/${act}`, recordMatchDetail, {
        method: 'POST',
        json: act === 'confirm' ? confirmMatchRequest.parse({ attach }) : {},
      }),
    onSuccess: (decided, { act }) => {
      const message = {
        confirm: t('matches.confirmed', { count: decided.match.attached }),
        dismiss: t('matches.dismissed'),
        undo: t('matches.undone'),
      }[act];
      notifications.show({ message, color: 'green' });
      onDone?.();
      void queries.invalidateQueries({ queryKey: ['matches'] });
    },
    onError: (error) => {
      notifications.show({ message: reasonOf(error, words), color: 'red' });
      void queries.invalidateQueries({ queryKey: ['matches'] });
    },
  });
}

function Match({ match }: { readonly match: RecordMatchView }) {
  const { t, code, moment } = useWords();
  const { permissions } = useSession();
  const [opened, { open, close }] = useDisclosure();
  const decision = useDecision(match);
  const name = match.left.name ?? match.right.name ?? match.left.recordId;
  return (
    <li>
      <section className="cp-panel" style={{ padding: '1rem 1.125rem' }} aria-label={name}>
        <Group justify="space-between" mb="sm">
          <Group gap="sm">
            <Badge variant="light" tt="none">
              {t(`matches.${match.objectType}`)}
            </Badge>
            <Text fw={600}>{t('matches.score', { score: match.score })}</Text>
            <Text size="sm" c="dimmed">
              {match.reasons.map((reason) => code('matchReason', reason)).join(' · ')}
            </Text>
          </Group>
          {permissions.canAdminister && (
            <Group gap="xs">
              {match.state === 'suggested' ? (
                <>
                  <Button size="xs" onClick={open}>
                    {t('matches.confirm')}
                  </Button>
                  <Button
                    size="xs"
                    variant="default"
                    loading={decision.isPending}
                    onClick={() => decision.mutate({ act: 'dismiss', attach: false })}
                  >
                    {t('matches.dismiss')}
                  </Button>
                </>
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  loading={decision.isPending}
                  onClick={() => decision.mutate({ act: 'undo', attach: false })}
                >
                  {t('matches.undo')}
                </Button>
              )}
            </Group>
          )}
        </Group>
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(16rem, 1fr))', gap: 16 }}>
          <Side side={match.left} />
          <Side side={match.right} />
        </div>
        {match.decidedAt !== null && (
          <Text size="xs" c="dimmed" mt="sm">
            {t('matches.decided', { who: match.decidedBy ?? '–', time: moment(match.decidedAt) })}{' '}
            {t('matches.attached', { count: match.attached })}
          </Text>
        )}
        {opened && <Confirm match={match} name={name} onClose={close} />}
      </section>
    </li>
  );
}

function Side({ side }: { readonly side: RecordMatchView['left'] }) {
  const { t } = useWords();
  const name = side.name ?? side.recordId;
  const place = [side.domain, side.city, side.country].filter((part) => part !== null).join(' · ');
  return (
    <div>
      <Text size="xs" c="dimmed">
        {HOST_NAMES[side.host]} · {side.connectionName}
      </Text>
      {side.url === null ? (
        <Text fw={560}>{name}</Text>
      ) : (
        <a href={side.url} className="cp-rowlink">
          {name}
        </a>
      )}
      <Text size="sm">{place === '' ? '–' : place}</Text>
      <Text size="sm" c="dimmed">
        {t('matches.contracts', { count: side.contracts.length })}
        {side.contracts.length === 0 ? '' : `: ${side.contracts.map(({ number }) => number).join(', ')}`}
      </Text>
    </div>
  );
}

type ConfirmProps = { readonly match: RecordMatchView; readonly name: string; readonly onClose: () => void };

/** What will be attached is shown before anything is. */
function Confirm({ match, name, onClose }: ConfirmProps) {
  const { t } = useWords();
  const [attach, setAttach] = useState(true);
  const detail = useQuery({
    queryKey: ['matches', 'detail', match.id],
    queryFn: () => call(`/v1/record-matches/${match.id}`, recordMatchDetail),
    staleTime: 0,
  });
  const decision = useDecision(match, onClose);
  return (
    <Modal opened onClose={onClose} title={t('matches.previewTitle', { name })} size="lg">
      <Loaded of={detail} rows={3}>
        {({ preview }) => {
          const isNothing = preview.toLeft.length + preview.toRight.length === 0;
          return (
            <Stack>
              {isNothing ? (
                <Alert>{t('matches.previewNothing')}</Alert>
              ) : (
                <>
                  <Checkbox
                    checked={attach}
                    onChange={(event) => setAttach(event.currentTarget.checked)}
                    label={t('matches.attach')}
                  />
                  {attach && <Attached host={match.left.host} contracts={preview.toLeft} />}
                  {attach && <Attached host={match.right.host} contracts={preview.toRight} />}
                </>
              )}
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>
                  {t('cancel')}
                </Button>
                <Button
                  data-autofocus
                  loading={decision.isPending}
                  onClick={() => decision.mutate({ act: 'confirm', attach: attach && !isNothing })}
                >
                  {t('matches.confirm')}
                </Button>
              </Group>
            </Stack>
          );
        }}
      </Loaded>
    </Modal>
  );
}

type AttachedProps = {
  readonly host: RecordMatchView['left']['host'];
  readonly contracts: RecordMatchView['left']['contracts'];
};

function Attached({ host, contracts }: AttachedProps) {
  const { t } = useWords();
  if (contracts.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={560}>
        {t('matches.previewTo', { host: HOST_NAMES[host] })}
      </Text>
      <List size="sm">
        {contracts.map(({ id, number, title }) => (
          <List.Item key={id}>
            {number} · {title}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
