/** Logs an outage or fault of the supplier; the month's SLA is computed again from it. */
import { useState } from 'react';
import { Button, ButtonRow, Checkbox, Flex, Form, Heading, Input, LoadingButton, Text } from '@hubspot/ui-extensions';
import { readIncidentDraft, type IncidentDraft } from '@counterpart/app/core/contract-form.ts';
import { dayAndTimeIn } from '@counterpart/app/core/plain-date.ts';
import { severity, type ContractCardView } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';
import { ChoiceSelect } from './choice-select.tsx';
import { MomentField } from './moment-field.tsx';

export type IncidentFormProps = {
  readonly contract: ContractCardView;
  readonly write: CardWriteHandle;
  readonly onClose: () => void;
};

export function IncidentForm({ contract, write, onClose }: IncidentFormProps) {
  const host = useHost();
  const { t, zone } = host.presenter;
  const [draft, setDraft] = useState<IncidentDraft>(() => newIncident(zone, host.nowMs()));
  const [tried, setTried] = useState(false);
  const read = readIncidentDraft(draft, t, { zone, nowMs: host.nowMs() });
  const errors = tried && !read.ok ? read.errors : {};
  const change = (part: Partial<IncidentDraft>): void => setDraft({ ...draft, ...part });

  const submit = (): void => {
    setTried(true);
    if (!read.ok) return;
    write.send({ kind: 'incident', contractId: contract.id, incident: read.incident }, () => {
      host.addAlert('success', t('incident.saved'));
      onClose();
    });
  };
  return (
    <Form onSubmit={submit} preventDefault testId="incident-form">
      <Flex direction="column" gap="sm">
        <Heading>{t('incident.log')}</Heading>
        <Input
          name="incident-title"
          label={t('incident.what')}
          value={draft.title}
          required
          onInput={(title) => change({ title })}
          onChange={(title) => change({ title })}
          error={errors.title !== undefined}
          {...(errors.title === undefined ? {} : { validationMessage: errors.title })}
          testId="incident-title"
        />
        <ChoiceSelect
          name="incident-severity"
          label={t('severity.label')}
          choices={severity.options}
          value={draft.severity}
          labelOf={(each) => t(`severity.${each}`)}
          onChange={(each) => change({ severity: each })}
        />
        <IncidentTimes draft={draft} errors={errors} change={change} />
        <Text variant="microcopy">{t('incident.zone', { zone })}</Text>
        <ButtonRow disableDropdown>
          <LoadingButton
            variant="primary"
            size="sm"
            type="submit"
            loading={write.pending?.kind === 'incident'}
            testId="incident-save"
          >
            {t('incident.log')}
          </LoadingButton>
          <Button variant="secondary" size="sm" onClick={onClose}>
            {t('card.cancel')}
          </Button>
        </ButtonRow>
      </Flex>
    </Form>
  );
}

type IncidentTimesProps = {
  readonly draft: IncidentDraft;
  readonly errors: { readonly started?: string; readonly restored?: string };
  readonly change: (part: Partial<IncidentDraft>) => void;
};

function IncidentTimes({ draft, errors, change }: IncidentTimesProps) {
  const { t } = useHost().presenter;
  return (
    <>
      <MomentField
        name="incident-start"
        labels={{ day: t('incident.startDate'), time: t('incident.startTime') }}
        value={draft.started}
        onChange={(started) => change({ started })}
        error={errors.started}
      />
      <Checkbox name="incident-restored" checked={draft.isRestored} onChange={(isRestored) => change({ isRestored })}>
        {t('incident.restored')}
      </Checkbox>
      {draft.isRestored ? (
        <MomentField
          name="incident-end"
          labels={{ day: t('incident.restoredDate'), time: t('incident.restoredTime') }}
          value={draft.restored}
          onChange={(restored) => change({ restored })}
          error={errors.restored}
        />
      ) : null}
    </>
  );
}

function newIncident(zone: string, nowMs: number): IncidentDraft {
  const now = dayAndTimeIn(zone, nowMs);
  return { title: '', severity: 'high', started: now, isRestored: false, restored: now };
}
