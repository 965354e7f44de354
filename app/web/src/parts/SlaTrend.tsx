/** One objective month by month against its target: a strip of verdicts with the figures in a table for those who cannot see it. */
import type { ContractDetail } from '@counterpart/app/wire/card.ts';
import { Group, Text, VisuallyHidden } from '@mantine/core';
import { useWords } from '../words.tsx';
import { VERDICT_COLOURS } from './Badges.tsx';

const WIDTH = 520;
const HEIGHT = 104;
const MONTHS_MAX = 24;

export function SlaTrend({ trend }: { readonly trend: ContractDetail['slaTrend'][number] }) {
  const { t, code, month: nameOf } = useWords();
  const months = trend.months.slice(-MONTHS_MAX);
  const values = months.flatMap(({ value }) => (value === null ? [] : [Number(value)]));
  const target = Number(trend.target);
  const lowest = Math.min(target - (100 - target), ...values);
  const y = (value: number) => 8 + ((100 - value) / Math.max(100 - lowest, 0.01)) * (HEIGHT - 34);
  const slot = WIDTH / Math.max(months.length, 1);
  const wording = (month: (typeof months)[number]) =>
    t('sla.month', { month: nameOf(month.period), value: month.value ?? '–', verdict: code('sla', month.verdict) });
  return (
    <div style={{ marginBottom: 14 }}>
      <Group justify="space-between" mb={2}>
        <Text size="sm" fw={560}>
          {t(`metric.${trend.metric}`)}
        </Text>
        <Text size="xs" c="dimmed">
          {t('sla.target', { value: trend.target })}
        </Text>
      </Group>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="cp-trend" aria-hidden>
        <line
          x1={0}
          x2={WIDTH}
          y1={y(target)}
          y2={y(target)}
          stroke="var(--mantine-color-dimmed)"
          strokeDasharray="4 4"
        />
        {months.map((month, index) =>
          month.value === null ? null : (
            <circle
              key={month.period}
              cx={slot * (index + 0.5)}
              cy={y(Number(month.value))}
              r={4.5}
              fill={`var(--mantine-color-${VERDICT_COLOURS[month.verdict]}-6)`}
            >
              <title>{wording(month)}</title>
            </circle>
          ),
        )}
        {months.map((month, index) =>
          index % 6 === 0 ? (
            <text key={month.period} x={slot * index} y={HEIGHT - 4} fontSize="11" fill="var(--mantine-color-dimmed)">
              {nameOf(month.period)}
            </text>
          ) : null,
        )}
      </svg>
      <VisuallyHidden>
        <ul>
          {months.map((month) => (
            <li key={month.period}>{wording(month)}</li>
          ))}
        </ul>
      </VisuallyHidden>
    </div>
  );
}
