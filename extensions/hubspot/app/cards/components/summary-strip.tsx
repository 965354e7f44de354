/** Four figures that say how the record's contracts stand. */
import { Statistics, StatisticsItem, Text } from '@hubspot/ui-extensions';
import type { RecordCard } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';

export function SummaryStrip({ card }: { readonly card: RecordCard }) {
  const { t, summary } = useHost().presenter;
  const shown = summary(card);
  return (
    <Statistics testId="summary">
      <StatisticsItem label={t('summary.contracts')} number={shown.count}>
        <Text variant="microcopy">{shown.live}</Text>
      </StatisticsItem>
      <StatisticsItem label={t('summary.nextNotice')} number={shown.notice.text}>
        {shown.notice.detail === null ? null : <Text variant="microcopy">{shown.notice.detail}</Text>}
      </StatisticsItem>
      <StatisticsItem label={t('summary.sla')} number={shown.sla.text}>
        {shown.sla.detail === null ? null : <Text variant="microcopy">{shown.sla.detail}</Text>}
      </StatisticsItem>
      <StatisticsItem label={t('summary.value')} number={shown.value}>
        {shown.moreValue === null ? null : <Text variant="microcopy">{shown.moreValue}</Text>}
      </StatisticsItem>
    </Statistics>
  );
}
