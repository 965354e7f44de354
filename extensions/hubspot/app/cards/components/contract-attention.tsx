/** The sidebar card: the contract that needs attention first, why, how long is left, and the one next step. */
import { Divider, Flex, Link, LoadingButton, StatusTag, Text } from '@hubspot/ui-extensions';
import { attentionOf, type NextStep } from '@counterpart/app/core/contract-actions.ts';
import type { ContractCardView, RecordCard } from '@counterpart/app/wire/card.ts';
import { useCardWrite, type CardWriteHandle } from '../hooks/use-card-write.ts';
import { useRecordCard } from '../hooks/use-record-card.ts';
import { useHost } from './card-frame.tsx';
import { FailedCard, LoadingCard, StaleNotice, WriteFailure } from './card-states.tsx';
import { DecisionForm } from './decision-form.tsx';
import { contractUrl } from './sync-line.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

export function ContractAttention() {
  const { t } = useHost().presenter;
  const record = useRecordCard();
  const write = useCardWrite(record.takeOver, record.reload);
  const { state } = record;
  if (state.status === 'loading') return <LoadingCard label={t('card.loading')} />;
  if (state.status === 'failed') return <FailedCard failure={state.failure} onRetry={record.reload} />;
  const first = attentionOf(state.data);
  if (first === null) {
    return (
      <Flex direction="column" gap="flush">
        <Text format={{ fontWeight: 'demibold' }}>{t('sidebar.none')}</Text>
        <Text variant="microcopy">{t('sidebar.noneBody')}</Text>
      </Flex>
    );
  }
  return (
    <Flex direction="column" gap="sm">
      {state.stale === null ? null : <StaleNotice failure={state.stale} onRetry={record.reload} />}
      <FirstContract card={state.data} contract={first.contract} />
      <WriteFailure write={write} />
      {state.data.permissions.canEdit ? <Step card={state.data} {...first} write={write} /> : null}
      <Divider />
      <Text variant="microcopy">
        {state.data.contracts.length > 1
          ? t('sidebar.more', { count: state.data.contracts.length - 1 })
          : t('sidebar.only')}
      </Text>
    </Flex>
  );
}

function FirstContract({ card, contract }: { readonly card: RecordCard; readonly contract: ContractCardView }) {
  const { t, attention, notice, stage } = useHost().presenter;
  const reason = attention(card.attention);
  const shownNotice = notice(contract.notice);
  const shownStage = stage(contract.stage);
  return (
    <Flex direction="column" gap="xs">
      <Flex direction="row" gap="xs" align="center" wrap>
        <StatusTag variant={STATUS_TAG_VARIANTS[shownStage.tone]}>{shownStage.text}</StatusTag>
        {card.attention === null || reason.tone === 'good' ? null : (
          <Text variant="microcopy">{t('attention.first')}</Text>
        )}
      </Flex>
      <Link href={{ url: contractUrl(card.workspaceUrl, contract.id), external: true }}>{contract.title}</Link>
      <Text>{reason.text}</Text>
      {contract.notice === null ? null : (
        <Text variant="microcopy" format={{ fontWeight: shownNotice.tone === 'neutral' ? 'regular' : 'demibold' }}>
          {t('notice.on', { countdown: shownNotice.text, date: shownNotice.date ?? '' })}
        </Text>
      )}
    </Flex>
  );
}

type StepProps = {
  readonly card: RecordCard;
  readonly contract: ContractCardView;
  readonly step: NextStep;
  readonly write: CardWriteHandle;
};

function Step({ card, contract, step, write }: StepProps) {
  const host = useHost();
  const { t } = host.presenter;
  switch (step.kind) {
    case 'none':
      return null;
    case 'review':
      return (
        <Link href={{ url: contractUrl(card.workspaceUrl, contract.id), external: true }}>{t('sidebar.review')}</Link>
      );
    case 'decide':
      return <DecisionForm contract={contract} write={write} />;
    case 'move':
      return (
        <LoadingButton
          variant="primary"
          size="sm"
          loading={write.pending?.kind === 'move'}
          onClick={() =>
            write.send(
              { kind: 'move', contractId: contract.id, expectedRevision: contract.revision, to: step.to },
              () => host.addAlert('success', t('done.stage', { title: contract.title, stage: t(`stage.${step.to}`) })),
            )
          }
          testId="advance"
        >
          {t(`move.${step.to}`)}
        </LoadingButton>
      );
  }
}
