/** The tab card: which surface is shown, and the writes they share. One surface at a time, each with a way back. */
import { useState } from 'react';
import { Flex } from '@hubspot/ui-extensions';
import { LIST_VIEW_START } from '@counterpart/app/core/contract-list.ts';
import type { RecordCard } from '@counterpart/app/wire/card.ts';
import { useCardWrite } from '../hooks/use-card-write.ts';
import { useRecordCard, type RecordCardHandle } from '../hooks/use-record-card.ts';
import { AttachContract } from './attach-contract.tsx';
import { useHost } from './card-frame.tsx';
import { FailedCard, LoadingCard, StaleNotice, WriteFailure } from './card-states.tsx';
import { ContractDetail } from './contract-detail.tsx';
import { ContractList, EmptyRecord } from './contract-list.tsx';
import { CreateContract } from './create-contract.tsx';
import { UndoNotice, useUndo } from './undo-notice.tsx';

type Surface =
  | { readonly kind: 'list' }
  | { readonly kind: 'contract'; readonly contractId: string }
  | { readonly kind: 'attach' }
  | { readonly kind: 'create' };

const LIST: Surface = { kind: 'list' };

export function ContractsTab() {
  const { t } = useHost().presenter;
  const record = useRecordCard();
  const { state } = record;
  if (state.status === 'loading') return <LoadingCard label={t('card.loading')} />;
  if (state.status === 'failed') return <FailedCard failure={state.failure} onRetry={record.reload} />;
  return (
    <Flex direction="column" gap="md">
      {state.stale === null ? null : <StaleNotice failure={state.stale} onRetry={record.reload} />}
      <LoadedTab card={state.data} refreshing={state.refreshing} record={record} />
    </Flex>
  );
}

type LoadedTabProps = { readonly card: RecordCard; readonly refreshing: boolean; readonly record: RecordCardHandle };

function LoadedTab({ card, refreshing, record }: LoadedTabProps) {
  const host = useHost();
  const { t } = host.presenter;
  const [surface, setSurface] = useState<Surface>(LIST);
  const [view, setView] = useState(LIST_VIEW_START);
  const write = useCardWrite(record.takeOver, record.reload);
  const undo = useUndo();

  const go = (next: Surface): void => {
    write.dismiss();
    setSurface(next);
  };
  const detach = (contract: RecordCard['contracts'][number]): void =>
    write.send({ kind: 'detach', contractId: contract.id }, () => {
      setSurface(LIST);
      undo.offer(contract);
    });
  const restore = (contractId: string, title: string): void =>
    write.send({ kind: 'restore', contractId }, () => {
      undo.withdraw();
      host.addAlert('success', t('detach.undone', { title }));
    });

  const contract =
    surface.kind === 'contract' ? card.contracts.find((each) => each.id === surface.contractId) : undefined;
  return (
    <>
      {undo.offered === null ? null : <UndoNotice undo={undo} write={write} onRestore={restore} />}
      {surface.kind === 'create' ? null : <WriteFailure write={write} />}
      {surface.kind === 'attach' ? (
        <AttachContract write={write} onBack={() => go(LIST)} />
      ) : surface.kind === 'create' ? (
        <CreateContract card={card} write={write} onBack={() => go(LIST)} />
      ) : contract !== undefined ? (
        <ContractDetail contract={contract} card={card} write={write} onBack={() => go(LIST)} onDetach={detach} />
      ) : card.contracts.length === 0 ? (
        <EmptyRecord card={card} onAttach={() => go({ kind: 'attach' })} onCreate={() => go({ kind: 'create' })} />
      ) : (
        <ContractList
          card={card}
          refreshing={refreshing}
          view={view}
          onView={setView}
          onOpen={(contractId) => go({ kind: 'contract', contractId })}
          onAttach={() => go({ kind: 'attach' })}
          onCreate={() => go({ kind: 'create' })}
        />
      )}
    </>
  );
}
