/**
 * Sends one intent of a person at a time. "Try again" sends the same intent with the same idempotency key, so that an answer lost on
 * the way never makes a second contract or a second incident.
 */
import { useRef, useState } from 'react';
import type { CardFailure } from '@counterpart/app/core/card-failure.ts';
import { isWorthRetrying } from '@counterpart/app/core/card-failure.ts';
import type { CardWrite } from '@counterpart/app/core/card-client.ts';
import type { CardWriteResponse, RecordCard } from '@counterpart/app/wire/card.ts';
import { useHost } from '../components/card-frame.tsx';

type FailedWrite = { readonly intent: CardWrite; readonly failure: CardFailure; readonly key: string };

export type CardWriteHandle = {
  /** The intent on its way, for its button to show. */
  readonly pending: CardWrite | null;
  readonly failed: FailedWrite | null;
  /** True once saved. While another intent is on its way nothing is sent. */
  readonly send: (intent: CardWrite, onSaved?: (answer: CardWriteResponse) => void) => void;
  readonly retry: (() => void) | null;
  readonly dismiss: () => void;
};

export function useCardWrite(takeOver: (card: RecordCard) => void, reload: () => void): CardWriteHandle {
  const host = useHost();
  const [pending, setPending] = useState<CardWrite | null>(null);
  const [failed, setFailed] = useState<FailedWrite | null>(null);
  const isSending = useRef(false);
  const lastOnSaved = useRef<((answer: CardWriteResponse) => void) | undefined>(undefined);

  const sendWithKey = (intent: CardWrite, key: string): void => {
    if (isSending.current) return;
    isSending.current = true;
    setPending(intent);
    setFailed(null);
    void host.client.write(intent, key).then((answer) => {
      isSending.current = false;
      setPending(null);
      if (answer.ok) {
        takeOver(answer.value.card);
        lastOnSaved.current?.(answer.value);
        return;
      }
      setFailed({ intent, failure: answer.failure, key });
      if (answer.failure.kind === 'revision_conflict') reload();
    });
  };

  return {
    pending,
    failed,
    send: (intent, onSaved) => {
      lastOnSaved.current = onSaved;
      sendWithKey(intent, host.newKey());
    },
    retry: failed !== null && isWorthRetrying(failed.failure) ? () => sendWithKey(failed.intent, failed.key) : null,
    dismiss: () => setFailed(null),
  };
}
