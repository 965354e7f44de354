/** One contract: what it is now, what may be done, what happened, and where each value came from. */
import { type ContractDetail, contractDetail } from '@counterpart/app/wire/card.ts';
import { contractWriteResponse } from '@counterpart/app/wire/workspace.ts';
import {
  Anchor,
  Button,
  Group,
  Menu,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
  Timeline,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call } from '../api/workspace-api.ts';
import { HealthBadge, NoticeText, SlaBadge, StageBadge } from '../parts/Badges.tsx';
import { HOST_NAMES } from '../parts/hosts.ts';
import { Risks } from '../parts/Risks.tsx';
import { SlaTrend } from '../parts/SlaTrend.tsx';
import { Loaded, PageTitle, reasonOf } from '../parts/States.tsx';
import { useSession } from '../shell/session.tsx';
import { useWords } from '../words.tsx';

export default function Contract({ id }: { readonly id: string }) {
  const detail = useQuery({
    queryKey: ['contract', id],
    queryFn: () => call(`/v1/contracts/${encodeURIComponent(id)}`, contractDetail),
  });
  const { t } = useWords();
  return (
    <>
      <Anchor component={Link} href="/contracts" size="sm">
        ← {t('nav.contracts')}
      </Anchor>
      <Loaded of={detail}>{(data) => <Detail detail={data} />}</Loaded>
    </>
  );
}

function Detail({ detail }: { readonly detail: ContractDetail }) {
  const { t, c, code, moment } = useWords();
  const { contract } = detail;
  return (
    <>
      <PageTitle aside={<Actions detail={detail} />}>
        {contract.title}
        <Text c="dimmed" size="sm" fw={400}>
          {contract.number} · {contract.counterparty ?? t('contract.noCounterparty')} · {code('side', contract.side)}
        </Text>
      </PageTitle>
      <Facts detail={detail} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md" mt="md">
        <Panel title={c('detail.tab.risks')}>
          <Risks risks={contract.risks} />
        </Panel>
        <Panel title={t('contract.sla')}>
          {detail.slaTrend.length === 0 ? (
            <Text c="dimmed">{t('contract.noSla')}</Text>
          ) : (
            detail.slaTrend.map((trend) => <SlaTrend key={trend.objective} trend={trend} />)
          )}
        </Panel>
        <Panel title={t('contract.stages')}>
          <Timeline active={detail.timeline.length} bulletSize={14} lineWidth={2}>
            {detail.timeline.map((step) => (
              <Timeline.Item key={`${step.stage}${step.at}`} title={code('stage', step.stage)}>
                <Text size="sm" c="dimmed">
                  {moment(step.at)} · {step.actor ?? code('source', step.source)}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        </Panel>
        <Panel title={t('contract.origin')}>
          <Provenance detail={detail} />
        </Panel>
        <Panel title={t('contract.links')}>
          {detail.links.length === 0 && <Text c="dimmed">{t('contract.noLinks')}</Text>}
          <Stack gap={6}>
            {detail.links.map((link) => (
              <Text key={`${link.host}${link.recordId}`} size="sm">
                {link.url === null ? (
                  (link.name ?? link.recordId)
                ) : (
                  <Anchor href={link.url}>{link.name ?? link.recordId}</Anchor>
                )}{' '}
                <Text span c="dimmed">
                  · {t(`objectType.${link.host}.${link.objectType}`)} · {HOST_NAMES[link.host]}
                </Text>
              </Text>
            ))}
          </Stack>
          {detail.conflicts.length > 0 && (
            <Anchor component={Link} href="/conflicts" size="sm" mt="sm" display="block">
              {t('contract.conflicts', { count: detail.conflicts.length })}
            </Anchor>
          )}
        </Panel>
      </SimpleGrid>
    </>
  );
}

function Facts({ detail: { contract, terms } }: { readonly detail: ContractDetail }) {
  const { t, day, money, code } = useWords();
  const facts = [
    [t('contracts.col.stage'), <StageBadge key="s" stage={contract.stage} />],
    [t('contracts.col.health'), <HealthBadge key="h" health={contract.health} />],
    [t('contracts.col.notice'), <NoticeText key="n" notice={contract.notice} />],
    [t('contracts.col.renewal'), day(contract.renewalDate)],
    [t('contract.term'), `${day(contract.effectiveDate)} – ${day(contract.endDate)}`],
    [t('contract.renewalKind'), code('renewalKind', contract.renewalKind)],
    [t('contracts.col.decision'), code('decision', contract.renewalDecision)],
    [t('contracts.col.value'), money(contract.value)],
    [t('contracts.col.sla'), <SlaBadge key="v" status={contract.sla.status} />],
    [t('contract.signed'), day(terms.signedDate)],
    [t('contract.owner'), terms.owner ?? '–'],
    [t('contract.parties'), terms.parties.map(({ name }) => name).join(' · ') || '–'],
  ] as const;
  return (
    <SimpleGrid component="dl" cols={{ base: 1, xs: 2, md: 4 }} spacing="lg" p="lg" m={0} className="cp-panel">
      {facts.map(([name, value]) => (
        <div key={name}>
          <Text component="dt" size="xs" c="dimmed" mb={2}>
            {name}
          </Text>
          <Text component="dd" m={0} size="sm" fw={520}>
            {value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

function Provenance({ detail }: { readonly detail: ContractDetail }) {
  const { t, code, moment, value } = useWords();
  if (detail.provenance.length === 0) return <Text c="dimmed">{t('contract.noOrigin')}</Text>;
  return (
    <Table verticalSpacing={6}>
      <Table.Tbody>
        {detail.provenance.slice(0, 12).map((entry) => (
          <Table.Tr key={`${entry.field}${entry.at}`}>
            <Table.Td>
              <Text size="sm">{code('field', entry.field)}</Text>
              <Text size="xs" c="dimmed">
                {value(entry.field, entry.previous)} → {value(entry.field, entry.value)}
              </Text>
            </Table.Td>
            <Table.Td>
              <Text size="sm">{entry.actor ?? code('source', entry.source)}</Text>
              <Text size="xs" c="dimmed">
                {entry.place ?? code('source', entry.source)} · {moment(entry.at)}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Panel({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section className="cp-panel" style={{ padding: '1.125rem' }}>
      <Title order={2} mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}

const DESTRUCTIVE = ['terminated', 'void'];
const DECISIONS = ['undecided', 'renew', 'renegotiate', 'exit'] as const;

function Actions({ detail: { contract } }: { readonly detail: ContractDetail }) {
  const words = useWords();
  const { t, code } = words;
  const { permissions } = useSession();
  const queries = useQueryClient();
  const write = useMutation({
    mutationFn: ({ path, json }: { path: string; json: object }) =>
      call(`/v1/contracts/${contract.id}/${path}`, contractWriteResponse, {
        method: 'POST',
        json: { expectedRevision: contract.revision, ...json },
      }),
    onSuccess: (answer) => {
      queries.setQueryData(['contract', contract.id], answer.contract);
      notifications.show({ message: t('contract.saved'), color: 'green' });
    },
    onError: (error) => {
      void queries.invalidateQueries({ queryKey: ['contract', contract.id] });
      notifications.show({
        title: t('contract.notSaved'),
        message: reasonOf(error, words),
        color: 'red',
        autoClose: 10_000,
      });
    },
  });
  if (!permissions.canEdit) return null;
  return (
    <Group gap="sm" align="flex-end">
      <EndDate
        key={contract.endDate}
        endDate={contract.endDate}
        onSet={(endDate) => write.mutate({ path: 'end-date', json: { endDate } })}
      />
      <SegmentedControl
        size="sm"
        aria-label={t('contracts.col.decision')}
        value={contract.renewalDecision}
        onChange={(decision) => write.mutate({ path: 'renewal-decision', json: { decision } })}
        data={DECISIONS.map((value) => ({ value, label: code('decision', value) }))}
      />
      {contract.nextStages.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button loading={write.isPending}>{t('contract.move')}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {contract.nextStages.map((to) => (
              <Menu.Item
                key={to}
                {...(DESTRUCTIVE.includes(to) ? { color: 'red' } : {})}
                onClick={() => write.mutate({ path: 'stage', json: { to } })}
              >
                {code('move', to)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}

type EndDateProps = { readonly endDate: string | null; readonly onSet: (endDate: string) => void };

/** Begins anew, by its key, when the date changes elsewhere: what it showed before must not be written back on leaving it. */
function EndDate({ endDate, onSet }: EndDateProps) {
  const { t } = useWords();
  const [typed, setTyped] = useState(endDate ?? '');
  return (
    <TextInput
      type="date"
      size="sm"
      label={t('contract.endDate')}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => {
        if (typed !== '' && typed !== endDate) onSet(typed);
      }}
    />
  );
}
