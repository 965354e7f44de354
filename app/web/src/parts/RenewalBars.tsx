/** Renewals by month as plain bars with their figures, readable without colour; each leads to its contracts. */
import { lastDayOf } from '@counterpart/app/core/plain-date.ts';
import type { Overview } from '@counterpart/app/wire/workspace.ts';
import { Text } from '@mantine/core';
import { Link } from 'wouter';
import { query } from '../api/workspace-api.ts';
import { IN_FORCE } from './in-force.ts';
import { useWords } from '../words.tsx';

const WIDTH = 560;
const HEIGHT = 170;
const BASELINE = 138;

/** The list that a bar counts: contracts in force whose renewal date lies in the month. */
const renewingIn = (month: string) => ({
  ...IN_FORCE,
  renewalFrom: `${month}-01`,
  renewalTo: lastDayOf(month),
  sort: 'renewal',
});

export function RenewalBars({ months }: { readonly months: Overview['renewalsByMonth'] }) {
  const { locale, t, month: nameOf } = useWords();
  if (months.length === 0) return <Text c="dimmed">{t('overview.noRenewals')}</Text>;
  const most = Math.max(1, ...months.map(({ contracts }) => contracts));
  const slot = WIDTH / months.length;
  const name = new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' });
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="cp-trend" role="group" aria-label={t('overview.renewals')}>
      {months.map(({ month, contracts }, index) => {
        const height = (contracts / most) * 108;
        const x = index * slot;
        const label = t('overview.renewalsIn', { month: nameOf(month), count: contracts });
        const bar = (
          <>
            <title>{label}</title>
            <rect x={x} y={0} width={slot} height={HEIGHT} fill="transparent" />
            <rect
              x={x + slot * 0.2}
              y={BASELINE - height}
              width={slot * 0.6}
              height={Math.max(height, 1)}
              rx={3}
              fill="var(--mantine-primary-color-filled)"
              opacity={contracts === 0 ? 0.25 : 0.9}
            />
            {contracts > 0 && (
              <text x={x + slot / 2} y={BASELINE - height - 6} textAnchor="middle" fontSize="12" fill="currentColor">
                {contracts}
              </text>
            )}
            <text
              x={x + slot / 2}
              y={BASELINE + 18}
              textAnchor="middle"
              fontSize="11.5"
              fill="var(--mantine-color-dimmed)"
            >
              {name.format(new Date(`${month}-01T00:00:00Z`))}
            </text>
          </>
        );
        return contracts === 0 ? (
          <g key={month}>{bar}</g>
        ) : (
          <Link key={month} href={`/contracts${query(renewingIn(month))}`} className="cp-bar">
            {bar}
          </Link>
        );
      })}
    </svg>
  );
}
