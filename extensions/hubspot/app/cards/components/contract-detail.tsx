/** One contract in full: where it stands and the next step on top, everything else in four tabs below. */
import { useState } from 'react';
import { Flex, StatusTag, StepIndicator, Tab, Tabs, Text } from '@hubspot/ui-extensions';
import { stagePath } from '@counterpart/app/core/contract-actions.ts';
import type { ContractCardView, ContractDetail as Detail, RecordCard } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useContractDetail } from '../hooks/use-contract-detail.ts';
import { useHost } from './card-frame.tsx';
import { FailedCard, LoadingCard, StaleNotice } from './card-states.tsx';
import { ContractActions } from './contract-actions.tsx';
import { ContractHistory } from './contract-history.tsx';
import { ContractOverview } from './contract-overview.tsx';
import { ContractRisks } from './contract-risks.tsx';
import { ContractSla } from './contract-sla.tsx';
import { DecisionForm } from './decision-form.tsx';
import { IncidentForm } from './incident-form.tsx';
import { SurfaceHead } from './surface-head.tsx';
import { SyncLine, contractUrl } from './sync-line.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

export type ContractDetailProps = {
  readonly contract: ContractCardView;
  readonly card: RecordCard;
  readonly write: CardWriteHandle;
  readonly onBack: () => void;
  readonly onDetach: (contract: ContractCardView) => void;
};

/** A form takes the place of the tabs while it is open, so that one surface never shows two main buttons. */
type OpenForm = 'none' | 'decision' | 'incident';

export function ContractDetail({ contract, card, write, onBack, onDetach }: ContractDetailProps) {
  const { t } = useHost().presenter;
  const [form, setForm] = useState<OpenForm>('none');
  const detail = useContractDetail(contract.id, contract.revision, card.sync.lastAgreedAt);
  const { state } = detail;
  const close = (): void => {
    write.dismiss();
    setForm('none');
  };
  return (
    <Flex direction="column" gap="md">
      <SurfaceHead title={contract.title} onBack={onBack} />
      <ContractStanding contract={contract} />
      {form === 'decision' ? (
        <DecisionForm contract={contract} write={write} onClose={close} />
      ) : form === 'incident' ? (
        <IncidentForm contract={contract} write={write} onClose={close} />
      ) : (
        <>
          {card.permissions.canEdit ? (
            <ContractActions
              contract={contract}
              write={write}
              onDecide={() => setForm('decision')}
              onIncident={() => setForm('incident')}
              onDetach={onDetach}
            />
          ) : (
            <Text variant="microcopy">{t('card.readOnly')}</Text>
          )}
          {state.status === 'loading' ? (
            <LoadingCard label={t('detail.loading')} />
          ) : state.status === 'failed' ? (
            <FailedCard failure={state.failure} onRetry={detail.reload} />
          ) : (
            <>
              {state.stale === null ? null : <StaleNotice failure={state.stale} onRetry={detail.reload} />}
              <DetailTabs detail={state.data} contract={contract} card={card} />
              <SyncLine
                sync={card.sync}
                today={card.today}
                refreshing={state.refreshing}
                url={contractUrl(card.workspaceUrl, contract.id)}
              />
            </>
          )}
        </>
      )}
    </Flex>
  );
}

function ContractStanding({ contract }: { readonly contract: ContractCardView }) {
  const { t, stage, notice, money } = useHost().presenter;
  const shownStage = stage(contract.stage);
  const shownNotice = notice(contract.notice);
  const path = stagePath(contract.stage);
  const facts = [
    contract.number,
    contract.counterparty,
    contract.value === null ? null : money(contract.value),
    contract.isLead ? t('card.lead') : null,
  ];
  return (
    <Flex direction="column" gap="sm">
      <Flex direction="row" gap="sm" align="center" wrap>
        <StatusTag variant={STATUS_TAG_VARIANTS[shownStage.tone]}>{shownStage.text}</StatusTag>
        {contract.notice === null ? null : (
          <StatusTag variant={STATUS_TAG_VARIANTS[shownNotice.tone]} hollow>
            {t('notice.on', { countdown: shownNotice.text, date: shownNotice.date ?? '' })}
          </StatusTag>
        )}
        <Text variant="microcopy">{facts.filter(Boolean).join(' · ')}</Text>
      </Flex>
      <StepIndicator
        stepNames={path.stages.map((each) => t(`stage.${each}`))}
        currentStep={path.current}
        direction="horizontal"
        circleSize="xs"
        variant="default"
        testId="stage-path"
      />
    </Flex>
  );
}

type DetailTabsProps = { readonly detail: Detail; readonly contract: ContractCardView; readonly card: RecordCard };

function DetailTabs({ detail, contract, card }: DetailTabsProps) {
  const { t } = useHost().presenter;
  return (
    <Tabs defaultSelected="overview" variant="default">
      <Tab tabId="overview" title={t('detail.tab.overview')}>
        <ContractOverview detail={detail} contract={contract} />
      </Tab>
      <Tab tabId="sla" title={t('detail.tab.sla')}>
        <ContractSla detail={detail} contract={contract} />
      </Tab>
      <Tab tabId="risks" title={t('detail.tab.risks')}>
        <ContractRisks contract={contract} />
      </Tab>
      <Tab tabId="history" title={t('detail.tab.history')}>
        <ContractHistory detail={detail} url={contractUrl(card.workspaceUrl, contract.id)} />
      </Tab>
    </Tabs>
  );
}
