/** Creates a contract in Counterpart and attaches it here. Mistakes are shown at their fields, ours before sending, the server's after. */
import { useState } from 'react';
import { Button, ButtonRow, Flex, Form, LoadingButton } from '@hubspot/ui-extensions';
import {
  errorsAtFields,
  newContractDraft,
  readContractDraft,
  type ContractDraft,
} from '@counterpart/app/core/contract-form.ts';
import type { RecordCard } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';
import { WriteFailure } from './card-states.tsx';
import { ContractFields } from './contract-fields.tsx';
import { SurfaceHead } from './surface-head.tsx';

export type CreateContractProps = {
  readonly card: RecordCard;
  readonly write: CardWriteHandle;
  readonly onBack: () => void;
};

export function CreateContract({ card, write, onBack }: CreateContractProps) {
  const host = useHost();
  const { t, locale } = host.presenter;
  const [draft, setDraft] = useState(() =>
    newContractDraft({
      currency:
        card.contracts.find((contract) => contract.value !== null)?.value?.currency ??
        (locale === 'zh-CN' ? 'CNY' : 'USD'),
      // A company record is the counterparty itself.
      counterparty: card.record.objectType === 'account' ? (card.record.name ?? '') : '',
    }),
  );
  const [tried, setTried] = useState(false);
  const read = readContractDraft(draft, t);
  const refused = write.failed?.intent.kind === 'create' ? errorsAtFields(write.failed.failure.fields, t) : {};
  const errors = { ...refused, ...(tried && !read.ok ? read.errors : {}) };

  const change = (part: Partial<ContractDraft>): void => {
    write.dismiss();
    setDraft({ ...draft, ...part });
  };
  const submit = (): void => {
    setTried(true);
    if (!read.ok) return;
    write.send({ kind: 'create', contract: read.contract }, () => {
      host.addAlert('success', t('create.done', { title: read.contract.title }));
      onBack();
    });
  };
  return (
    <Form onSubmit={submit} preventDefault testId="create-form">
      <Flex direction="column" gap="md">
        <SurfaceHead title={t('create.title')} onBack={onBack} />
        <WriteFailure write={write} />
        <ContractFields draft={draft} errors={errors} change={change} />
        <ButtonRow disableDropdown>
          <LoadingButton
            variant="primary"
            size="sm"
            type="submit"
            loading={write.pending?.kind === 'create'}
            testId="create-save"
          >
            {t('create.submit')}
          </LoadingButton>
          <Button variant="secondary" size="sm" onClick={onBack}>
            {t('card.cancel')}
          </Button>
        </ButtonRow>
      </Flex>
    </Form>
  );
}
