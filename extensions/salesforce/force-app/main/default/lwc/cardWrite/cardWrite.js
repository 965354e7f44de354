/**
 * Sends one intent of a person at a time. "Try again" sends the same intent with the same idempotency key, so that an answer lost on the way
 * never makes a second contract or a second incident.
 */
import { isWorthRetrying } from 'c/counterpartCore';

const IDLE = { pending: null, failed: null, canRetry: false };

/** `record` takes over what a write answers (see `c/recordCard`); `onChange` is called after every change of `state`. */
export function createCardWrite({ host, record, onChange }) {
  let state = IDLE;
  let whenSaved = () => {};

  const change = (next) => {
    state = { ...IDLE, ...next };
    onChange();
  };

  const sendWithKey = async (intent, key) => {
    if (state.pending !== null) return;
    change({ pending: intent });
    const answer = await host.client.write(intent, key);
    if (!answer.ok) {
      const { failure } = answer;
      change({ failed: { intent, failure, key }, canRetry: isWorthRetrying(failure) });
      if (failure.kind === 'revision_conflict') record.reload();
      return;
    }
    change({});
    record.takeOver(answer.value.card);
    whenSaved(intent);
  };

  return {
    get state() {
      return state;
    },
    /** While another intent is on its way nothing is sent. */
    send(intent, onSaved) {
      if (state.pending !== null) return;
      whenSaved = onSaved;
      sendWithKey(intent, host.newKey());
    },
    retry() {
      if (state.failed !== null && state.canRetry) sendWithKey(state.failed.intent, state.failed.key);
    },
    dismiss() {
      if (state.failed !== null) change({});
    },
  };
}
