/** Service levels: last month in words, the months as a line against the target, and the incidents behind them. */
import {
  DescriptionList,
  DescriptionListItem,
  Divider,
  EmptyState,
  Flex,
  Heading,
  LineChart,
  StatusTag,
  Table,
  TableBody,
  TableCell,
  TableRow,
  Text,
} from '@hubspot/ui-extensions';
import { chartRows } from '@counterpart/app/core/sla-chart.ts';
import type { ContractCardView, ContractDetail } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

export type ContractSlaProps = { readonly detail: ContractDetail; readonly contract: ContractCardView };

export function ContractSla({ detail, contract }: ContractSlaProps) {
  const { t, sla } = useHost().presenter;
  if (detail.slaTrend.length === 0 && detail.incidents.length === 0) {
    return (
      <EmptyState title={t('sla.empty.title')} layout="vertical" imageName="emptyStateCharts" imageWidth={140} flush>
        <Text>{t('sla.empty.body')}</Text>
      </EmptyState>
    );
  }
  const verdict = sla(contract.sla.status);
  const { availabilityLastMonth, responseComplianceLastMonth, breachesTwelveMonths } = contract.sla;
  return (
    <Flex direction="column" gap="md">
      <DescriptionList direction="row">
        <DescriptionListItem label={t('sla.label')}>
          <StatusTag variant={STATUS_TAG_VARIANTS[verdict.tone]}>{verdict.text}</StatusTag>
        </DescriptionListItem>
        <DescriptionListItem label={t('field.availabilityLastMonth')}>
          <Text>
            {availabilityLastMonth === null ? t('card.none') : t('sla.percent', { value: availabilityLastMonth })}
          </Text>
        </DescriptionListItem>
        <DescriptionListItem label={t('field.responseComplianceLastMonth')}>
          <Text>
            {responseComplianceLastMonth === null
              ? t('card.none')
              : t('sla.percent', { value: responseComplianceLastMonth })}
          </Text>
        </DescriptionListItem>
        <DescriptionListItem label={t('field.breachesTwelveMonths')}>
          <Text>{String(breachesTwelveMonths)}</Text>
        </DescriptionListItem>
      </DescriptionList>
      {detail.slaTrend.map((trend) => (
        <SlaTrend key={`${trend.objective}-${trend.metric}`} trend={trend} />
      ))}
      <Divider />
      <Heading>{t('incident.title')}</Heading>
      <Incidents detail={detail} />
    </Flex>
  );
}

function SlaTrend({ trend }: { readonly trend: ContractDetail['slaTrend'][number] }) {
  const { t, month, sla, objective } = useHost().presenter;
  const actual = t('sla.trend.actual');
  const target = t('sla.trend.target', { value: trend.target });
  const rows = chartRows(trend, { actual, target, month });
  const last = trend.months.at(-1);
  if (last === undefined || rows.length === 0) return <Text variant="microcopy">{t('sla.trend.noPoints')}</Text>;
  const verdict = sla(last.verdict).text;
  return (
    <Flex direction="column" gap="xs">
      <LineChart
        data={rows}
        axes={{
          x: { field: 'month', fieldType: 'category', label: t('sla.trend.month') },
          y: { field: 'percent', fieldType: 'linear', label: t('sla.trend.percent') },
          options: { groupFieldByColor: 'series', colors: { [actual]: 'darkAqua', [target]: 'orange' } },
        }}
        options={{
          title: objective(trend),
          showLegend: true,
          showTooltips: true,
        }}
        testId={`trend-${trend.metric}`}
      />
      <Text variant="microcopy">
        {last.value === null
          ? t('sla.trend.lastMonthEmpty', { month: month(last.period), verdict })
          : t('sla.trend.lastMonth', { month: month(last.period), value: last.value, verdict })}
      </Text>
    </Flex>
  );
}

function Incidents({ detail }: { readonly detail: ContractDetail }) {
  const { t, severity, instant } = useHost().presenter;
  if (detail.incidents.length === 0) return <Text>{t('incident.none')}</Text>;
  return (
    <Table density="condensed" flush testId="incidents">
      <TableBody>
        {detail.incidents.map((incident) => {
          const shown = severity(incident.severity);
          const start = instant(incident.startedAt, detail.today);
          const when =
            incident.restoredAt === null
              ? t('incident.open', { start })
              : t('incident.closed', { start, end: instant(incident.restoredAt, detail.today) });
          return (
            <TableRow key={incident.id}>
              <TableCell width="max">
                <Flex direction="column" gap="flush">
                  <Text>{incident.title}</Text>
                  <Text variant="microcopy">{incident.excused ? `${when} · ${t('incident.excused')}` : when}</Text>
                </Flex>
              </TableCell>
              <TableCell width="min" align="right">
                <StatusTag variant={STATUS_TAG_VARIANTS[shown.tone]} hollow>
                  {shown.text}
                </StatusTag>
              </TableCell>
            </TableRow>
          );
        })}
      </TableBody>
    </Table>
  );
}
