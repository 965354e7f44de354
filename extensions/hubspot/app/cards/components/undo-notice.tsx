/** After a detach: says so, and offers for some seconds to take it back. */
import { useEffect, useState } from 'react';
import { Alert, Flex, LoadingButton, Text } from '@hubspot/ui-extensions';
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';

/** Long enough to read the sentence and act without hurry (WCAG 2.2.1 asks for no less than is needed; attaching again stays possible). */
export const UNDO_MS = 20_000;

export type Undo = {
  readonly offered: Pick<ContractCardView, 'id' | 'title'> | null;
  readonly offer: (contract: Pick<ContractCardView, 'id' | 'title'>) => void;
  readonly withdraw: () => void;
};

export function useUndo(): Undo {
  const { schedule } = useHost();
  const [offered, setOffered] = useState<Undo['offered']>(null);
  useEffect(() => {
    if (offered === null) return undefined;
    return schedule(() => setOffered(null), UNDO_MS);
  }, [offered, schedule]);
  return { offered, offer: ({ id, title }) => setOffered({ id, title }), withdraw: () => setOffered(null) };
}

export type UndoNoticeProps = {
  readonly undo: Undo;
  readonly write: CardWriteHandle;
  readonly onRestore: (contractId: string, title: string) => void;
};

export function UndoNotice({ undo, write, onRestore }: UndoNoticeProps) {
  const { t } = useHost().presenter;
  const { offered } = undo;
  if (offered === null) return null;
  return (
    <Alert title={t('detach.done', { title: offered.title })} variant="success" testId="undo">
      <Flex direction="row" justify="between" align="center" gap="sm" wrap>
        <Text>{t('detach.doneBody')}</Text>
        <LoadingButton
          variant="secondary"
          size="xs"
          loading={write.pending?.kind === 'restore'}
          onClick={() => onRestore(offered.id, offered.title)}
          testId="undo-button"
        >
          {t('card.undo')}
        </LoadingButton>
      </Flex>
    </Alert>
  );
}
