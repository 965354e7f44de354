/**
 * Loads the record's card, takes over what writes answer, and follows changes made elsewhere: when a shared field of the record changes,
 * the card asks again, a bounded number of times, until the record and the store agree. All cards of one record on the page show the same.
 */
import { notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { CARD_STATE_START, createCardReducer, followUpDelayMs, isUnsettled } from 'c/counterpartCore';

const reduce = createCardReducer((card) => card.contracts.length === 0);
/** Every card that is on the page now. */
const onPage = new Set();

/** `onChange` is called after every change of `state`. */
export function createRecordCard(host, onChange) {
  let state = CARD_STATE_START;
  let requests = 0;
  let cancelFollowUp = () => {};

  const apply = (event) => {
    state = reduce(state, event);
    onChange();
  };

  const load = async () => {
    requests += 1;
    const request = requests;
    apply({ kind: 'asked', request });
    const answer = await host.client.loadCard();
    apply(
      answer.ok
        ? { kind: 'answered', request, data: answer.value }
        : { kind: 'refused', request, failure: answer.failure },
    );
    return answer.ok ? answer.value : null;
  };

  const followUp = (seen, whenSettled) => {
    cancelFollowUp();
    let isCancelled = false;
    let cancelTimer = () => {};
    cancelFollowUp = () => {
      isCancelled = true;
      cancelTimer();
    };
    const tryAfter = (tries) => {
      const delayMs = followUpDelayMs(tries);
      if (delayMs === null || isCancelled) return;
      cancelTimer = host.schedule(async () => {
        const card = await load();
        if (isCancelled) return;
        if (card !== null && !isUnsettled(card, seen)) whenSettled();
        else tryAfter(tries + 1);
      }, delayMs);
    };
    tryAfter(0);
  };

  const show = (card) => {
    requests += 1;
    apply({ kind: 'replaced', request: requests, data: card });
  };

  const self = {
    recordId: host.recordId,
    show,
    get state() {
      return state;
    },
    start() {
      onPage.add(self);
      return load();
    },
    stop() {
      onPage.delete(self);
      cancelFollowUp();
    },
    reload: load,
    /** Shows what a write answered, here and on the page's other cards of the record, and follows it until Salesforce holds it too. */
    takeOver(card) {
      show(card);
      for (const other of onPage) if (other !== self && other.recordId === self.recordId) other.show(card);
      refreshRecord(host.recordId);
      if (isUnsettled(card, null)) followUp(null, () => refreshRecord(host.recordId));
    },
    /** The record's shared fields as the page now shows them, by the names of `app/core/follow-up.ts`. */
    async recordShows(seen) {
      if ('data' in state && !isUnsettled(state.data, seen)) return;
      const card = await load();
      if (card === null || isUnsettled(card, seen)) followUp(seen, () => {});
    },
  };
  return self;
}

/** Asks the page to read the record again, so that its fields and highlights show what was written. */
function refreshRecord(recordId) {
  // It rejects when the record went away meanwhile; then there is nothing to show either.
  notifyRecordUpdateAvailable([{ recordId }]).catch(() => {});
}
