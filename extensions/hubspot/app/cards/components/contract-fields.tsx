/** The fields of a new contract, in three groups; fields that do not apply to the chosen renewal are not shown. */
import { AutoGrid, Flex, Heading, Input } from '@hubspot/ui-extensions';
import {
  CALENDAR_IDS,
  RENEWING_KINDS,
  type ContractDraft,
  type DraftErrors,
} from '@counterpart/app/core/contract-form.ts';
import { contractSide, renewalKind } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';
import { ChoiceSelect } from './choice-select.tsx';
import { DayField } from './day-field.tsx';

export type ContractFieldsProps = {
  readonly draft: ContractDraft;
  readonly errors: DraftErrors;
  readonly change: (part: Partial<ContractDraft>) => void;
};

const FIELD_WIDTH = 220;
type TextFieldName = 'title' | 'counterparty' | 'number' | 'renewalMonths' | 'noticeCount' | 'amount' | 'currency';

export function ContractFields(props: ContractFieldsProps) {
  const { t } = useHost().presenter;
  return (
    <Flex direction="column" gap="md">
      <Heading>{t('create.group.contract')}</Heading>
      <ContractGroup {...props} />
      <Heading>{t('create.group.term')}</Heading>
      <TermGroup {...props} />
      <Heading>{t('create.group.money')}</Heading>
      <AutoGrid columnWidth={FIELD_WIDTH} flexible gap="sm">
        <TextField {...props} field="amount" />
        <TextField {...props} field="currency" />
      </AutoGrid>
    </Flex>
  );
}

function ContractGroup(props: ContractFieldsProps) {
  const { t } = useHost().presenter;
  const { draft, change } = props;
  return (
    <AutoGrid columnWidth={FIELD_WIDTH} flexible gap="sm">
      <TextField {...props} field="title" required />
      <TextField {...props} field="counterparty" required />
      <TextField {...props} field="number" placeholder={t('create.field.numberHelp')} />
      <ChoiceSelect
        name="side"
        label={t('create.field.side')}
        choices={contractSide.options}
        value={draft.side}
        labelOf={(side) => t(`side.${side}`)}
        onChange={(side) => change({ side })}
        error={props.errors.side}
      />
    </AutoGrid>
  );
}

function TermGroup(props: ContractFieldsProps) {
  const { t } = useHost().presenter;
  const { draft, errors, change } = props;
  return (
    <AutoGrid columnWidth={FIELD_WIDTH} flexible gap="sm">
      <DayField
        name="effectiveDate"
        label={t('create.field.effectiveDate')}
        value={draft.effectiveDate}
        onChange={(effectiveDate) => change({ effectiveDate })}
        error={errors.effectiveDate}
      />
      <DayField
        name="endDate"
        label={t('create.field.endDate')}
        value={draft.endDate}
        onChange={(endDate) => change({ endDate })}
        error={errors.endDate}
        testId="create-endDate"
      />
      <ChoiceSelect
        name="renewalKind"
        label={t('create.field.renewalKind')}
        choices={renewalKind.options}
        value={draft.renewalKind}
        labelOf={(kind) => t(`renewalKind.${kind}`)}
        onChange={(kind) => change({ renewalKind: kind })}
        error={errors.renewalKind}
        testId="create-renewalKind"
      />
      {RENEWING_KINDS.includes(draft.renewalKind) ? <TextField {...props} field="renewalMonths" required /> : null}
      {draft.renewalKind === 'none' ? null : <NoticeFields {...props} />}
    </AutoGrid>
  );
}

function NoticeFields(props: ContractFieldsProps) {
  const { t, calendar } = useHost().presenter;
  const { draft, errors, change } = props;
  return (
    <>
      <TextField {...props} field="noticeCount" />
      <ChoiceSelect
        name="noticeUnit"
        label={t('create.field.noticeUnit')}
        choices={['days', 'months']}
        value={draft.noticeUnit}
        labelOf={(unit) => t(`unit.${unit}`)}
        onChange={(noticeUnit) => change({ noticeUnit })}
        error={errors.noticeUnit}
      />
      <ChoiceSelect
        name="noticeFrom"
        label={t('create.field.noticeFrom')}
        choices={['before_expiry', 'before_renewal']}
        value={draft.noticeFrom}
        labelOf={(from) => t(`from.${from}`)}
        onChange={(noticeFrom) => change({ noticeFrom })}
        error={errors.noticeFrom}
      />
      <ChoiceSelect
        name="calendarId"
        label={t('create.field.calendar')}
        choices={CALENDAR_IDS}
        value={draft.calendarId}
        labelOf={calendar}
        onChange={(calendarId) => change({ calendarId })}
        error={errors.calendarId}
      />
    </>
  );
}

type TextFieldProps = ContractFieldsProps & {
  readonly field: TextFieldName;
  readonly required?: boolean;
  readonly placeholder?: string;
};

function TextField({ draft, errors, change, field, required = false, placeholder }: TextFieldProps) {
  const { t } = useHost().presenter;
  const error = errors[field];
  return (
    <Input
      name={field}
      label={t(`create.field.${field}`)}
      value={draft[field]}
      required={required}
      onInput={(text) => change({ [field]: text })}
      onChange={(text) => change({ [field]: text })}
      error={error !== undefined}
      {...(error === undefined ? {} : { validationMessage: error })}
      {...(placeholder === undefined ? {} : { placeholder })}
      testId={`create-${field}`}
    />
  );
}
