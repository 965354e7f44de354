import { type VendorRow, vendorList } from '@counterpart/app/wire/workspace.ts';
import { Table, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { HealthBadge, VERDICT_COLOURS } from '../parts/Badges.tsx';
import { Empty, Loaded, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

const MONTHS_MAX = 12;

export default function Vendors() {
  const { t, day, money, number } = useWords();
  const vendors = useQuery({ queryKey: ['vendors'], queryFn: () => call('/v1/vendors', vendorList) });
  return (
    <>
      <PageTitle>{t('nav.vendors')}</PageTitle>
      <Loaded of={vendors}>
        {({ results }) =>
          results.length === 0 ? (
            <Empty title={t('vendors.none')} />
          ) : (
            <Table.ScrollContainer minWidth={960} className="cp-panel">
              <Table verticalSpacing="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('vendors.name')}</Table.Th>
                    <Table.Th>{t('metric.availability')}</Table.Th>
                    <Table.Th>{t('metric.response')}</Table.Th>
                    <Table.Th className="cp-number">{t('vendors.breaches')}</Table.Th>
                    <Table.Th>{t('contracts.col.notice')}</Table.Th>
                    <Table.Th>{t('contracts.col.health')}</Table.Th>
                    <Table.Th className="cp-number">{t('vendors.value')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {results.map((row) => (
                    <Table.Tr key={row.organisationId}>
                      <Table.Td>
                        <Link
                          href={`/contracts${query({ organisationId: row.organisationId })}`}
                          className="cp-rowlink"
                        >
                          {row.name}
                        </Link>
                        <Text size="xs" c="dimmed">
                          {t('vendors.contracts', { live: row.liveContracts, all: row.contracts })}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Strip months={row.availability} />
                      </Table.Td>
                      <Table.Td>
                        <Strip months={row.response} />
                      </Table.Td>
                      <Table.Td className="cp-number">{number(row.breachesTwelveMonths)}</Table.Td>
                      <Table.Td className="cp-nowrap">{day(row.nextNoticeDate)}</Table.Td>
                      <Table.Td>
                        <HealthBadge health={row.health} />
                      </Table.Td>
                      <Table.Td className="cp-number">
                        {row.liveValue.map((amount) => money(amount)).join(' + ') || '–'}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </>
  );
}

/** Twelve months as twelve marks, the newest on the right, and the last figure in words. */
function Strip({ months }: { readonly months: VendorRow['availability'] }) {
  const { code } = useWords();
  const shown = months.slice(-MONTHS_MAX);
  const last = shown.at(-1);
  if (last === undefined) {
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  }
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <span className="cp-strip" aria-hidden>
        {shown.map((month) => (
          <span
            key={month.period}
            title={`${month.period}: ${month.value ?? '–'} %`}
            style={{
              background: `var(--mantine-color-${VERDICT_COLOURS[month.verdict]}-${month.verdict === 'no_data' ? 3 : 6})`,
            }}
          />
        ))}
      </span>
      <Text span size="sm" ml={8}>
        {last.value === null ? '–' : `${last.value} %`}
      </Text>
      <VisuallyHidden>{code('sla', last.verdict)}</VisuallyHidden>
    </span>
  );
}
