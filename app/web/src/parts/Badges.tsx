/** Stage, health, SLA and notice in the same words and colours everywhere. Colour never stands alone: the word is always there. */
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import { Badge, Text } from '@mantine/core';
import { useWords } from '../words.tsx';

const STAGE_COLOURS: Record<ContractCardView['stage'], string> = {
  draft: 'gray',
  in_review: 'blue',
  approved: 'blue',
  signed: 'teal',
  active: 'green',
  renewing: 'violet',
  expired: 'gray',
  terminated: 'red',
  void: 'gray',
};
const HEALTH_COLOURS: Record<ContractCardView['health'], string> = {
  good: 'green',
  attention: 'yellow',
  at_risk: 'red',
  unknown: 'gray',
};
export const VERDICT_COLOURS: Record<ContractCardView['sla']['status'], string> = {
  met: 'green',
  missed: 'red',
  no_data: 'gray',
  excused: 'blue',
  provisional: 'yellow',
  disputed: 'orange',
  none: 'gray',
};

export function StageBadge({ stage }: { readonly stage: ContractCardView['stage'] }) {
  const { code } = useWords();
  return (
    <Badge variant="light" color={STAGE_COLOURS[stage]} radius="sm" tt="none">
      {code('stage', stage)}
    </Badge>
  );
}

export function HealthBadge({ health }: { readonly health: ContractCardView['health'] }) {
  const { code } = useWords();
  return (
    <Badge variant="dot" color={HEALTH_COLOURS[health]} radius="sm" tt="none">
      {code('health', health)}
    </Badge>
  );
}

export function SlaBadge({ status }: { readonly status: ContractCardView['sla']['status'] }) {
  const { code } = useWords();
  if (status === 'none') {
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  }
  return (
    <Badge variant="light" color={VERDICT_COLOURS[status]} radius="sm" tt="none">
      {code('sla', status)}
    </Badge>
  );
}

export function NoticeText({ notice }: { readonly notice: ContractCardView['notice'] }) {
  const { day, t } = useWords();
  if (notice === null) {
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  }
  const urgent = notice.window === 'soon';
  return (
    <>
      <Text span size="sm" className="cp-nowrap">
        {day(notice.safeDate)}
      </Text>
      <Text size="xs" {...(urgent ? {} : { c: 'dimmed' })} className={urgent ? 'cp-nowrap cp-urgent' : 'cp-nowrap'}>
        {notice.daysLeft < 0
          ? t('notice.passed', { days: -notice.daysLeft })
          : t('notice.left', { days: notice.daysLeft })}
        {notice.provisional ? ` · ${t('notice.provisional')}` : ''}
      </Text>
    </>
  );
}
