/** What may be done with a contract: the next step as the one main button, the rest in a menu; moves that end it ask first. */
import {
  Button,
  ButtonRow,
  Dropdown,
  LoadingButton,
  Modal,
  ModalBody,
  ModalFooter,
  Text,
} from '@hubspot/ui-extensions';
import { canDecide, nextStep, stageMoves, type StageMove } from '@counterpart/app/core/contract-actions.ts';
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';

export type ContractActionsProps = {
  readonly contract: ContractCardView;
  readonly write: CardWriteHandle;
  readonly onDecide: () => void;
  readonly onIncident: () => void;
  readonly onDetach: (contract: ContractCardView) => void;
};

type Stage = ContractCardView['stage'];

export function ContractActions(props: ContractActionsProps) {
  const { contract, write } = props;
  const host = useHost();
  const { t } = host.presenter;
  const step = nextStep(contract);
  const moves = stageMoves(contract);
  const others = moves.filter((move) => !(step.kind === 'move' && step.to === move.to) && !move.ends);
  const endings = moves.filter((move) => move.ends);

  const moveTo = (to: Stage): void =>
    write.send({ kind: 'move', contractId: contract.id, expectedRevision: contract.revision, to }, () =>
      host.addAlert('success', t('done.stage', { title: contract.title, stage: t(`stage.${to}`) })),
    );
  return (
    <ButtonRow disableDropdown>
      {step.kind === 'decide' ? (
        <Button variant="primary" size="sm" onClick={props.onDecide} testId="decide">
          {t('decision.set')}
        </Button>
      ) : step.kind === 'move' ? (
        <LoadingButton
          variant="primary"
          size="sm"
          loading={write.pending?.kind === 'move'}
          onClick={() => moveTo(step.to)}
          testId="advance"
        >
          {t(`move.${step.to}`)}
        </LoadingButton>
      ) : null}
      <Button variant="secondary" size="sm" onClick={props.onIncident} testId="incident">
        {t('incident.log')}
      </Button>
      <Dropdown buttonText={t('move.more')} variant="secondary" buttonSize="sm" disabled={write.pending !== null}>
        {step.kind !== 'decide' && canDecide(contract) ? (
          <Dropdown.ButtonItem onClick={props.onDecide}>{t('decision.change')}</Dropdown.ButtonItem>
        ) : null}
        {others.map((move) => (
          <Dropdown.ButtonItem key={move.to} onClick={() => moveTo(move.to)} testId={`move-${move.to}`}>
            {t(`move.${move.to}`)}
          </Dropdown.ButtonItem>
        ))}
        {endings.map((move) => (
          <EndingItem key={move.to} move={move} contract={contract} onConfirm={() => moveTo(move.to)} />
        ))}
        <Dropdown.ButtonItem onClick={() => props.onDetach(contract)} testId="detach">
          {t('detach.button')}
        </Dropdown.ButtonItem>
      </Dropdown>
    </ButtonRow>
  );
}

type EndingItemProps = {
  readonly move: StageMove;
  readonly contract: ContractCardView;
  readonly onConfirm: () => void;
};

function EndingItem({ move, contract, onConfirm }: EndingItemProps) {
  const host = useHost();
  const { t } = host.presenter;
  const action = t(`move.${move.to}`);
  const modalId = `confirm-${move.to}-${contract.id}`;
  return (
    <Dropdown.ButtonItem
      testId={`move-${move.to}`}
      overlay={
        <Modal id={modalId} title={t('move.confirm.title', { action })} variant="danger" width="sm">
          <ModalBody>
            <Text>{endingSentence(move.to, contract.title, t)}</Text>
          </ModalBody>
          <ModalFooter>
            <Button
              variant="destructive"
              onClick={() => {
                host.closeOverlay(modalId);
                onConfirm();
              }}
              testId={`confirm-${move.to}`}
            >
              {action}
            </Button>
            <Button variant="secondary" onClick={() => host.closeOverlay(modalId)}>
              {t('card.cancel')}
            </Button>
          </ModalFooter>
        </Modal>
      }
    >
      {action}
    </Dropdown.ButtonItem>
  );
}

function endingSentence(to: Stage, title: string, t: ReturnType<typeof useHost>['presenter']['t']): string {
  if (to === 'terminated') return t('move.confirm.terminated', { title });
  if (to === 'void') return t('move.confirm.void', { title });
  return t('move.confirm.expired', { title });
}
