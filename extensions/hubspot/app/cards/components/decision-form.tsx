/** Records what was decided about the renewal. */
import { useState } from 'react';
import { Button, ButtonRow, Flex, Form, LoadingButton, Text, ToggleGroup } from '@hubspot/ui-extensions';
import { renewalDecision, type ContractCardView } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';

const OUTCOMES = renewalDecision.options.filter((decision) => decision !== 'undecided');

export type DecisionFormProps = {
  readonly contract: ContractCardView;
  readonly write: CardWriteHandle;
  /** Absent where the form is the surface's only content; dates that stand beside it already are then left out. */
  readonly onClose?: () => void;
};

export function DecisionForm({ contract, write, onClose }: DecisionFormProps) {
  const host = useHost();
  const { t, notice, dateOr } = host.presenter;
  const [decision, setDecision] = useState(contract.renewalDecision);
  const [tried, setTried] = useState(false);
  const missing = tried && decision === 'undecided';

  const submit = (): void => {
    setTried(true);
    if (decision === 'undecided') return;
    const intent = { kind: 'decide', contractId: contract.id, expectedRevision: contract.revision, decision } as const;
    write.send(intent, () => {
      host.addAlert('success', t('done.decision', { title: contract.title, decision: t(`decision.${decision}`) }));
      onClose?.();
    });
  };
  const facts =
    onClose === undefined
      ? []
      : [
          contract.renewalDate === null ? null : `${t('detail.renewal')}: ${dateOr(contract.renewalDate, '')}`,
          contract.notice === null
            ? null
            : t('notice.on', { countdown: notice(contract.notice).text, date: notice(contract.notice).date ?? '' }),
        ];
  return (
    <Form onSubmit={submit} preventDefault testId="decision-form">
      <Flex direction="column" gap="sm">
        <ToggleGroup
          toggleType="radioButtonList"
          name="renewal-decision"
          label={t('decision.label')}
          options={OUTCOMES.map((each) => ({
            value: each,
            label: t(`decision.${each}`),
            initialIsChecked: each === decision,
          }))}
          {...(decision === 'undecided' ? {} : { value: decision })}
          onChange={(value) => setDecision(OUTCOMES.find((each) => each === value) ?? 'undecided')}
          required
          error={missing}
          {...(missing ? { validationMessage: t('form.required') } : {})}
          testId="decision"
        />
        <Text variant="microcopy">{[...facts.filter(Boolean), t('decision.help')].join(' · ')}</Text>
        <ButtonRow disableDropdown>
          <LoadingButton
            variant="primary"
            size="sm"
            type="submit"
            loading={write.pending?.kind === 'decide'}
            testId="decision-save"
          >
            {t('decision.save')}
          </LoadingButton>
          {onClose === undefined ? null : (
            <Button variant="secondary" size="sm" onClick={onClose}>
              {t('card.cancel')}
            </Button>
          )}
        </ButtonRow>
      </Flex>
    </Form>
  );
}
