import { contractList, overview } from '@counterpart/app/wire/workspace.ts';
import { Anchor, Group, SimpleGrid, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { type ContractColumn, ContractTable } from '../parts/ContractTable.tsx';
import { IN_FORCE } from '../parts/in-force.ts';
import { RenewalBars } from '../parts/RenewalBars.tsx';
import { Loaded, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';
import { useSession } from '../shell/session.tsx';

const NEXT_COUNT = 8;
const NEXT_COLUMNS: readonly ContractColumn[] = [
  'notice',
  'title',
  'counterparty',
  'stage',
  'decision',
  'health',
  'value',
];
const DAY_MS = 86_400_000;
const daysAfter = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

export default function Overview() {
  const words = useWords();
  const { workspace } = useSession();
  const figures = useQuery({ queryKey: ['overview'], queryFn: () => call('/v1/overview', overview) });
  return (
    <>
      <PageTitle>{workspace.name}</PageTitle>
      <Loaded of={figures}>
        {(data) => (
          <>
            <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md" mb="lg">
              <Figure
                value={words.number(data.noticeDue.in90Days)}
                label={words.t('overview.notice90')}
                detail={words.t('overview.notice30', { count: data.noticeDue.in30Days })}
                href={`/contracts${query({ noticeDueFrom: data.today, noticeDueBefore: daysAfter(data.today, 90), sort: 'notice' })}`}
              />
              <Figure
                value={words.number(data.undecided)}
                label={words.t('overview.undecided')}
                detail={words.t('overview.undecidedDetail')}
                href={`/contracts${query({ decision: 'undecided', noticeDueFrom: data.today, noticeDueBefore: daysAfter(data.today, 90), sort: 'notice' })}`}
              />
              <Figure
                value={words.number(data.slaMissedLastMonth)}
                label={words.t('overview.slaMissed')}
                detail={words.t('overview.slaMissedDetail')}
                href="/contracts?sla=missed"
              />
              <Figure
                value={words.number(data.live)}
                label={words.t('overview.live')}
                detail={words.t('overview.ofAll', { count: data.contracts })}
                href={`/contracts${query(IN_FORCE)}`}
              />
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
              <section className="cp-panel" style={{ padding: '1.125rem' }}>
                <Title order={2} mb="sm">
                  {words.t('overview.renewals')}
                </Title>
                <RenewalBars months={data.renewalsByMonth} />
              </section>
              <section className="cp-panel" style={{ padding: '1.125rem' }}>
                <Title order={2} mb="sm">
                  {words.t('overview.value')}
                </Title>
                {data.liveValue.map((amount) => (
                  <Text key={amount.currency} fz="lg" fw={560} lh={1.9}>
                    {words.money(amount)}
                  </Text>
                ))}
                <Text size="sm" c="dimmed" mt="xs">
                  {words.t('overview.valueDetail')}
                </Text>
              </section>
            </SimpleGrid>
            <NextNotices today={data.today} />
          </>
        )}
      </Loaded>
    </>
  );
}

type FigureProps = { readonly value: string; readonly label: string; readonly detail: string; readonly href: string };

function Figure({ value, label, detail, href }: FigureProps) {
  return (
    <Link href={href} className="cp-panel cp-figure">
      <Text fz={30} fw={640} lh={1.15}>
        {value}
      </Text>
      <Text fw={560}>{label}</Text>
      <Text size="sm" c="dimmed">
        {detail}
      </Text>
    </Link>
  );
}

/** What has to be decided next, so that a renewal surprises nobody. */
function NextNotices({ today }: { readonly today: string }) {
  const { t } = useWords();
  const due = { noticeDueFrom: today, sort: 'notice' };
  const next = useQuery({
    queryKey: ['contracts', due, NEXT_COUNT],
    queryFn: () => call(`/v1/contracts${query({ ...due, limit: NEXT_COUNT })}`, contractList),
  });
  return (
    <section className="cp-panel" style={{ padding: '1.125rem', marginTop: 'var(--mantine-spacing-md)' }}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t('overview.next')}</Title>
        <Anchor
          component={Link}
          href={`/contracts${query({ ...due, noticeDueBefore: daysAfter(today, 90) })}`}
          size="sm"
        >
          {t('overview.nextAll')}
        </Anchor>
      </Group>
      <Loaded of={next}>
        {({ results }) =>
          results.length === 0 ? (
            <Text c="dimmed">{t('overview.nextNone')}</Text>
          ) : (
            <ContractTable rows={results} columns={NEXT_COLUMNS} minWidth={860} />
          )
        }
      </Loaded>
    </section>
  );
}
