/** What each action of the card sends through Apex, and what its answer leads to. */
import ContractCard from 'c/contractCard';
import ConfirmMove from 'c/confirmMove';
import { notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import {
  NO_ANSWER,
  RECORD_ID,
  apex,
  apexAnswers,
  click,
  enter,
  find,
  mount,
  ok,
  refusal,
  requestOf,
  select,
  submit,
  textOf,
  waitFor,
  written,
} from 'jest-support/stage.js';
import { ANALYTICS_ID, CRM_LICENCES_ID, crmLicences, hosting, recordCardFixture, support } from 'card-fixtures';

const KEY = /^[0-9a-f]{32}$/;
const withFirst = (patch) => ({ ...recordCardFixture, contracts: [{ ...crmLicences, ...patch }, hosting, support] });
/** Signed, decided, and so with "Activate" as its one next step. */
const SIGNED = withFirst({ stage: 'signed', nextStages: ['active', 'terminated'], renewalDecision: 'renew' });

async function shown(over = {}) {
  apexAnswers(over);
  const card = mount('c-contract-card', ContractCard, { recordId: RECORD_ID, objectApiName: 'Opportunity' });
  const toasts = [];
  card.addEventListener('lightning__showtoast', (event) => toasts.push(event.detail.title));
  await waitFor(() => find(card, 'c-contract-table'));
  return { card, toasts };
}

async function opened(over) {
  const stage = await shown(over);
  const { card } = stage;
  click(find(card, 'c-contract-table', `[data-open="${CRM_LICENCES_ID}"]`));
  await waitFor(() => find(card, 'c-contract-detail', 'lightning-tabset'));
  const action = (name) => find(card, 'c-contract-detail', 'c-contract-actions', `[data-id="${name}"]`);
  return { ...stage, action };
}

test('attach: searches after a pause in typing, sends the contract with a key, says so and goes back to the list', async () => {
  const { card, toasts } = await shown();
  click(find(card, '[data-id="attach"]'));
  await waitFor(() => find(card, 'c-attach-contract', '[data-id="found"]'));
  expect(apex.search).toHaveBeenCalledWith({ recordId: RECORD_ID, query: '', limitTo: 20 });
  await expect(card).toBeAccessible();
  enter(find(card, 'c-attach-contract', '[data-id="query"]'), 'lan');
  enter(find(card, 'c-attach-contract', '[data-id="query"]'), ' lantern ');
  await waitFor(() => apex.search.mock.calls.length === 2);
  expect(apex.search).toHaveBeenLastCalledWith({ recordId: RECORD_ID, query: 'lantern', limitTo: 20 });
  const buttons = () => [...find(card, 'c-attach-contract').shadowRoot.querySelectorAll('[data-id="attach"]')];
  await waitFor(() => buttons().length === 2 && !buttons()[0].disabled);
  // A contract that is attached already cannot be attached again.
  expect(buttons().map((button) => button.disabled)).toEqual([false, true]);
  click(buttons()[0]);
  await waitFor(() => find(card, 'c-contract-table'));
  expect(apex.attach.mock.calls[0][0].recordId).toBe(RECORD_ID);
  expect(requestOf('attach')).toEqual({ idempotencyKey: expect.stringMatching(KEY), contractId: ANALYTICS_ID });
  expect(toasts).toEqual(['“Analytics subscription” is attached to this record.']);
  expect(notifyRecordUpdateAvailable).toHaveBeenCalledWith([{ recordId: RECORD_ID }]);
});

test('attach: a search that fails says why and is asked again', async () => {
  const { card } = await shown({ search: [NO_ANSWER, ok({ results: [], more: false })] });
  click(find(card, '[data-id="attach"]'));
  await waitFor(() => find(card, 'c-attach-contract', '[data-id="failed"]'));
  click(find(card, 'c-attach-contract', '[data-id="retry"]'));
  await waitFor(() => find(card, 'c-attach-contract', '[data-id="none"]'));
  expect(find(card, 'c-attach-contract', '[data-id="none"]').heading).toBe('No contract to attach yet');
});

test('create: mistakes stand at their fields and nothing is sent; put right, it is sent and attached', async () => {
  const { card, toasts } = await shown();
  click(find(card, '[data-id="create"]'));
  const field = (name) => find(card, 'c-create-contract', `[data-field="${name}"]`);
  await waitFor(() => field('title'));
  const refused = jest.spyOn(field('title'), 'setCustomValidity');
  submit(find(card, 'c-create-contract', 'form'));
  expect(refused).toHaveBeenCalledWith('Enter a value.');
  expect(apex.create).not.toHaveBeenCalled();
  enter(field('title'), 'Data platform');
  enter(field('counterparty'), 'Lantern Analytics Inc.');
  enter(field('renewalKind'), 'auto');
  enter(field('amount'), '12,500.50');
  await waitFor(() => field('renewalMonths') && field('noticeCount'));
  enter(field('effectiveDate'), '2027-01-01');
  enter(field('noticeCount'), '90');
  await expect(card).toBeAccessible();
  submit(find(card, 'c-create-contract', 'form'));
  await waitFor(() => find(card, 'c-contract-table'));
  expect(requestOf('create')).toEqual({
    idempotencyKey: expect.stringMatching(KEY),
    contract: {
      title: 'Data platform',
      counterparty: 'Lantern Analytics Inc.',
      number: null,
      side: 'buy',
      effectiveDate: '2027-01-01',
      endDate: null,
      renewalKind: 'auto',
      renewalMonths: 12,
      notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' },
      calendarId: 'weekends',
      value: { minor: '1250050', currency: 'USD' },
    },
  });
  expect(toasts).toEqual(['“Data platform” is created and attached.']);
});

test('create: what the server refuses stands at the field it names, until that is edited', async () => {
  const errors = [{ pointer: '/contract/number', message: 'number_taken' }];
  const { card } = await shown({ create: refusal(422, 'invalid_body', { errors }) });
  click(find(card, '[data-id="create"]'));
  const field = (name) => find(card, 'c-create-contract', `[data-field="${name}"]`);
  await waitFor(() => field('number'));
  enter(field('title'), 'Data platform');
  enter(field('counterparty'), 'Lantern Analytics Inc.');
  const validity = jest.spyOn(field('number'), 'setCustomValidity');
  submit(find(card, 'c-create-contract', 'form'));
  await waitFor(() => find(card, '[data-id="write-failed"]'));
  expect(validity).toHaveBeenLastCalledWith('Another contract has this number.');
  enter(field('number'), 'ANA-2');
  await waitFor(() => find(card, '[data-id="write-failed"]') === null);
  expect(validity).toHaveBeenLastCalledWith('');
});

test('move: the next step is one press, sent against the revision shown', async () => {
  const { card, toasts, action } = await opened({ load: ok(SIGNED), moveStage: written(withFirst({ revision: 8 })) });
  expect(action('advance').label).toBe('Activate');
  click(action('advance'));
  await waitFor(() => toasts.length === 1);
  expect(apex.moveStage.mock.calls[0][0]).toMatchObject({ recordId: RECORD_ID, contractId: CRM_LICENCES_ID });
  expect(requestOf('moveStage')).toEqual({
    idempotencyKey: expect.stringMatching(KEY),
    expectedRevision: 7,
    to: 'active',
  });
  expect(toasts).toEqual(['“CRM licences and implementation” is now Active.']);
  // The contract moved, and so what is shown of it in full is asked for again.
  await waitFor(() => apex.detail.mock.calls.length === 2);
});

test('move: what ends a contract asks first, and is not sent when the person goes back', async () => {
  const { action } = await opened();
  const ask = jest.spyOn(ConfirmMove, 'open').mockResolvedValueOnce(undefined).mockResolvedValueOnce(true);
  select(action('more'), 'move-terminated');
  await waitFor(() => ask.mock.calls.length === 1);
  expect(ask.mock.calls[0][0]).toMatchObject({
    label: 'Terminate contract?',
    action: 'Terminate contract',
    message: expect.stringContaining('will count as ended'),
  });
  expect(apex.moveStage).not.toHaveBeenCalled();
  select(action('more'), 'move-terminated');
  await waitFor(() => apex.moveStage.mock.calls.length === 1);
  expect(requestOf('moveStage').to).toBe('terminated');
});

test('move: a refusal says why in words and offers no repetition', async () => {
  const { card, action } = await opened({
    load: ok(SIGNED),
    moveStage: refusal(409, 'stage_move_refused', { reason: 'effective_date_in_future' }),
  });
  click(action('advance'));
  await waitFor(() => find(card, '[data-id="write-failed"]'));
  expect(find(card, '[data-id="write-failed"]').message).toBe('The effective date has not come yet.');
  expect(find(card, '[data-id="write-retry"]')).toBeNull();
  await expect(find(card, '[data-id="write-failed"]')).toBeAccessible();
  click(find(card, '[data-id="write-dismiss"]'));
  await waitFor(() => find(card, '[data-id="write-failed"]') === null);
});

test('move: somebody was faster, and the card asks for what is true now', async () => {
  const { action } = await opened({ load: ok(SIGNED), moveStage: refusal(409, 'revision_conflict') });
  click(action('advance'));
  await waitFor(() => apex.load.mock.calls.length === 2);
});

test('a write whose answer was lost is sent again with the same key, and two presses are one write', async () => {
  const { card, toasts, action } = await opened({ load: ok(SIGNED), moveStage: [NO_ANSWER, written()] });
  click(action('advance'));
  click(action('advance'));
  await waitFor(() => find(card, '[data-id="write-retry"]'));
  expect(apex.moveStage).toHaveBeenCalledTimes(1);
  click(find(card, '[data-id="write-retry"]'));
  await waitFor(() => toasts.length === 1);
  expect(requestOf('moveStage', 1)).toEqual(requestOf('moveStage', 0));
});

test('decide: needs a choice, is sent, and closes the form', async () => {
  const { card, toasts, action } = await opened();
  click(action('decide'));
  const form = () => find(card, 'c-contract-detail', 'c-decision-form');
  await waitFor(form);
  await expect(form()).toBeAccessible();
  submit(find(form(), 'form'));
  expect(apex.decideRenewal).not.toHaveBeenCalled();
  enter(find(form(), '[data-id="decision"]'), 'renegotiate');
  submit(find(form(), 'form'));
  await waitFor(() => form() === null);
  expect(requestOf('decideRenewal')).toMatchObject({ expectedRevision: 7, decision: 'renegotiate' });
  expect(toasts).toEqual(['Decision for “CRM licences and implementation”: Renegotiate.']);
});

test('incident: its moment is read in the zone of the user, who is told which; a start to come is refused', async () => {
  const { card, toasts, action } = await opened();
  click(action('incident'));
  const form = () => find(card, 'c-contract-detail', 'c-incident-form');
  await waitFor(form);
  expect(textOf(form())).toContain('Times are in America/Los_Angeles.');
  await expect(form()).toBeAccessible();
  const field = (selector) => find(form(), selector);
  enter(field('[data-field="title"]'), 'Login unavailable');
  enter(field('[data-field="started"]'), '2999-01-01');
  submit(field('form'));
  expect(apex.logIncident).not.toHaveBeenCalled();
  enter(field('[data-field="started"]'), '2026-01-12');
  enter(field('[data-id="started-time"]'), '13:30:00.000');
  submit(field('form'));
  await waitFor(() => form() === null);
  expect(requestOf('logIncident')).toEqual({
    idempotencyKey: expect.stringMatching(KEY),
    title: 'Login unavailable',
    severity: 'high',
    startedAt: '2026-01-12T21:30:00.000Z',
    restoredAt: null,
  });
  expect(toasts).toEqual(['Incident logged.']);
});

test('detach: goes back to the list and is undone in one press', async () => {
  const { card, toasts, action } = await opened({
    detach: written({ contracts: [hosting, support], attention: null }),
  });
  select(action('more'), 'detach');
  await waitFor(() => find(card, '[data-id="undo-notice"]'));
  expect(find(card, '[data-id="undo-notice"]').heading).toBe(
    '“CRM licences and implementation” is no longer attached.',
  );
  expect(requestOf('detach')).toEqual({ idempotencyKey: expect.stringMatching(KEY), contractId: CRM_LICENCES_ID });
  await expect(card).toBeAccessible();
  click(find(card, '[data-id="undo"]'));
  await waitFor(() => find(card, '[data-id="undo-notice"]') === null);
  expect(requestOf('restoreLink').contractId).toBe(CRM_LICENCES_ID);
  expect(toasts).toEqual(['“CRM licences and implementation” is attached again.']);
});

test('a write that Salesforce does not hold yet is followed until it does', async () => {
  const pending = { state: 'pending', pendingChanges: 1, lastAgreedAt: null, reason: null };
  const { action } = await opened({
    load: [ok(SIGNED), ok(recordCardFixture)],
    moveStage: written({ sync: pending }),
  });
  click(action('advance'));
  await waitFor(() => notifyRecordUpdateAvailable.mock.calls.length === 2);
  expect(apex.load).toHaveBeenCalledTimes(2);
});
