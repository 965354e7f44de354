import { type VendorRow, VENDORS_MAX, vendorList } from '@counterpart/app/wire/workspace.ts';
import { Table, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { HealthBadge, VERDICT_COLOURS } from '../parts/Badges.tsx';
import { type Direction, SortHeading } from '../parts/SortHeading.tsx';
import { Empty, Loaded, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

const MONTHS_MAX = 12;
const WORST_FIRST: readonly VendorRow['health'][] = ['at_risk', 'attention', 'unknown', 'good'];

type Key = string | number | null;
const SORTS = {
  name: (row) => row.name.toLowerCase(),
  availability: (row) => percentOf(lastFinal(row.availability)),
  response: (row) => percentOf(lastFinal(row.response)),
  breaches: (row) => row.breachesTwelveMonths,
  notice: (row) => row.nextNoticeDate,
  health: (row) => WORST_FIRST.indexOf(row.health),
} as const satisfies Record<string, (row: VendorRow) => Key>;
type Column = keyof typeof SORTS;
type Month = VendorRow['availability'][number];

/** The month that runs is provisional: what counts is the newest one that is final. */
const lastFinal = (months: readonly Month[]): Month | undefined =>
  months.findLast(({ verdict }) => verdict !== 'provisional');
const percentOf = (month: Month | undefined): number | null =>
  month === undefined || month.value === null ? null : Number(month.value);

function sorted(rows: readonly VendorRow[], column: Column, direction: Direction, locale: string): VendorRow[] {
  const sign = direction === 'ascending' ? 1 : -1;
  const collator = new Intl.Collator(locale);
  const compare = (a: Key, b: Key): number => {
    // What has no figure comes last in either direction.
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === 'string' ? collator.compare(a, String(b)) : a - Number(b));
  };
  return rows.toSorted((a, b) => compare(SORTS[column](a), SORTS[column](b)) || collator.compare(a.name, b.name));
}

export default function Vendors() {
  const { t, day, money, number, locale } = useWords();
  const [sort, setSort] = useState<{ column: Column; direction: Direction }>({
    column: 'name',
    direction: 'ascending',
  });
  const heading = (column: Column, label: string, className = 'cp-nowrap') => (
    <SortHeading
      label={label}
      direction={sort.column === column ? sort.direction : null}
      onSort={(direction) => setSort({ column, direction })}
      className={className}
    />
  );
  const vendors = useQuery({ queryKey: ['vendors'], queryFn: () => call('/v1/vendors', vendorList) });
  return (
    <>
      <PageTitle>{t('nav.vendors')}</PageTitle>
      <Text size="sm" c="dimmed" mb="sm">
        {t('vendors.hint')} {vendors.data?.results.length === VENDORS_MAX && t('vendors.first', { count: VENDORS_MAX })}
      </Text>
      <Loaded of={vendors}>
        {({ results }) =>
          results.length === 0 ? (
            <Empty title={t('vendors.none')} />
          ) : (
            <Table.ScrollContainer minWidth={960} className="cp-panel">
              <Table verticalSpacing="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    {heading('name', t('vendors.name'))}
                    {heading('availability', t('metric.availability'))}
                    {heading('response', t('metric.response'))}
                    {heading('breaches', t('vendors.breaches'), 'cp-number')}
                    {heading('notice', t('contracts.col.notice'))}
                    {heading('health', t('contracts.col.health'))}
                    <Table.Th className="cp-number">{t('vendors.value')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {sorted(results, sort.column, sort.direction, locale).map((row) => (
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

/** Twelve months as twelve marks, the newest on the right, and the newest final one in words. */
function Strip({ months }: { readonly months: VendorRow['availability'] }) {
  const { t, code, month: nameOf } = useWords();
  const shown = months.slice(-MONTHS_MAX);
  const last = lastFinal(shown);
  if (shown.length === 0) {
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  }
  const wording = (month: Month) =>
    t('sla.month', { month: nameOf(month.period), value: month.value ?? '–', verdict: code('sla', month.verdict) });
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <span className="cp-strip" aria-hidden>
        {shown.map((month) => (
          <span
            key={month.period}
            title={wording(month)}
            style={
              month.verdict === 'no_data'
                ? {}
                : { background: `var(--mantine-color-${VERDICT_COLOURS[month.verdict]}-6)` }
            }
          />
        ))}
      </span>
      {last !== undefined && (
        <>
          <Text span size="sm" ml={8} aria-hidden>
            {last.value === null ? '–' : `${last.value} %`}
          </Text>
          <VisuallyHidden>{wording(last)}</VisuallyHidden>
        </>
      )}
    </span>
  );
}
