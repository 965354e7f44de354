/** The card's states on the record page, and what a person finds in them. */
import ContractCard from 'c/contractCard';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import {
  NO_ANSWER,
  RECORD_ID,
  apex,
  apexAnswers,
  click,
  find,
  mount,
  ok,
  refusal,
  textOf,
  waitFor,
} from 'jest-support/stage.js';
import {
  CRM_LICENCES_ID,
  crmLicences,
  emptyRecordCard,
  hosting,
  manyContracts,
  recordCardFixture,
} from 'card-fixtures';

const show = (props = {}) =>
  mount('c-contract-card', ContractCard, { recordId: RECORD_ID, objectApiName: 'Opportunity', ...props });
const shown = async (props) => {
  const card = show(props);
  await waitFor(() => find(card, 'c-contract-table'));
  return card;
};

describe('the states of the card', () => {
  test('loading says so in words and asks once, for the record', async () => {
    apexAnswers({ load: new Promise(() => {}) });
    const card = show();
    expect(find(card, 'c-card-stencil').label).toBe('Loading contracts');
    expect(apex.load).toHaveBeenCalledTimes(1);
    expect(apex.load).toHaveBeenCalledWith({ recordId: RECORD_ID });
    await expect(card).toBeAccessible();
  });

  test('data: every contract with stage, renewal, notice, SLA, risks and value, the sums above and the state of the sync below', async () => {
    apexAnswers();
    const card = await shown();
    const table = textOf(find(card, 'c-contract-table'));
    for (const text of [
      'CRM licences and implementation',
      'MSA-2024-017 · Northwind Software Ltd',
      'Active',
      '15 Mar 2027',
      'Notice due in 23 days',
      'SLA missed',
      '3 open risks',
      '$186,400',
      'Premium support, second year',
    ])
      expect(table).toContain(text);
    expect(textOf(find(card, 'c-contract-summary'))).toContain('2 in force');
    expect(find(card, '[data-id="attention"]').message).toBe('Decide before notice closes on 14 Dec 2026.');
    expect(textOf(find(card, 'c-sync-line'))).toContain('In step with the CRM');
    expect(find(card, 'c-sync-line', 'a').href).toBe('https://counterpart.example/contracts');
    await expect(card).toBeAccessible();
  });

  test('data in a narrow column: the same facts as a list', async () => {
    apexAnswers();
    const card = await shown({ flexipageRegionWidth: 'SMALL' });
    expect(find(card, 'c-contract-table', 'table')).toBeNull();
    const text = textOf(find(card, 'c-contract-table'));
    for (const part of ['Notice due in 23 days', 'SLA missed', '3 open risks', '$186,400'])
      expect(text).toContain(part);
    await expect(card).toBeAccessible();
  });

  test('empty: says what will be here and offers both ways to get it', async () => {
    apexAnswers({ load: ok(emptyRecordCard) });
    const card = show();
    await waitFor(() => find(card, '[data-id="empty"]'));
    expect(find(card, '[data-id="empty"]').heading).toBe('No contract on this record yet');
    click(find(card, '[data-id="create"]'));
    await waitFor(() => find(card, 'c-create-contract'));
    await expect(card).toBeAccessible();
  });

  test('failed: says why and asks again', async () => {
    apexAnswers({ load: [refusal(403, 'not_connected'), ok(recordCardFixture)] });
    const card = show();
    await waitFor(() => find(card, '[data-id="failed"]'));
    expect(find(card, '[data-id="failed"]').message).toContain('not connected to Counterpart yet');
    expect(apex.mirrored).not.toHaveBeenCalled();
    await expect(card).toBeAccessible();
    click(find(card, '[data-id="retry"]'));
    await waitFor(() => find(card, 'c-contract-table'));
    expect(apex.load).toHaveBeenCalledTimes(2);
  });

  test('offline: what the record itself holds is shown, with a note', async () => {
    const fields = {
      Contract_Count__c: 3,
      Lead_Contract_Title__c: 'CRM licences and implementation',
      Contract_Stage__c: 'active',
      Renewal_Date__c: '2027-03-15',
      Sla_Status__c: 'missed',
      Availability_Last_Month__c: 99.71,
      Renewal_Decision__c: null,
    };
    apexAnswers({ load: NO_ANSWER, mirrored: ok({ name: 'Northwind renewal', fields }) });
    const card = show();
    await waitFor(() => find(card, 'c-mirrored-facts'));
    expect(find(card, '[data-id="failed"]').message).toContain('Counterpart cannot be reached');
    const text = textOf(find(card, 'c-mirrored-facts'));
    for (const part of ['may be out of date', 'Active', '15 Mar 2027', 'SLA missed', '99.71 %', '2 more contracts'])
      expect(text).toContain(part);
    // A field that the user may not read was left out, and so is its label.
    expect(text).not.toContain('Notice deadline');
    expect(apex.mirrored).toHaveBeenCalledWith({ recordId: RECORD_ID });
    await expect(card).toBeAccessible();
  });

  test('offline without mirrored facts: the failure stands alone', async () => {
    apexAnswers({ load: NO_ANSWER, mirrored: { status: 403, body: null } });
    const card = show();
    await waitFor(() => find(card, '[data-id="failed"]'));
    await waitFor(() => apex.mirrored.mock.results.length === 1);
    expect(find(card, 'c-mirrored-facts')).toBeNull();
  });

  test('an answer that is not the agreed document is refused, not shown', async () => {
    apexAnswers({ load: ok({ ...recordCardFixture, contracts: [{ id: 1 }] }) });
    const card = show();
    await waitFor(() => find(card, '[data-id="failed"]'));
    expect(find(card, '[data-id="failed"]').message).toContain('could not be read');
  });

  test('an exception out of Apex counts as no answer', async () => {
    apexAnswers();
    apex.load.mockRejectedValue(new Error('CalloutException'));
    const card = show();
    await waitFor(() => find(card, '[data-id="failed"]'));
    expect(find(card, '[data-id="failed"]').message).toContain('cannot be reached');
  });

  test('without the right to edit there is nothing to press that changes anything', async () => {
    apexAnswers({ load: ok({ ...recordCardFixture, permissions: { canEdit: false } }) });
    const card = await shown();
    expect(find(card, '[data-id="attach"]')).toBeNull();
    expect(textOf(card)).toContain('You can read contracts here.');
    find(card, 'c-contract-table').dispatchEvent(new CustomEvent('open', { detail: { contractId: CRM_LICENCES_ID } }));
    await waitFor(() => find(card, 'c-contract-detail', 'lightning-tabset'));
    expect(find(card, 'c-contract-detail', 'c-contract-actions')).toBeNull();
  });
});

describe('asking again', () => {
  test('a failed refresh keeps the data and says so', async () => {
    apexAnswers({ load: [ok(recordCardFixture), NO_ANSWER] });
    const card = await shown();
    click(find(card, '[data-id="refresh"]'));
    await waitFor(() => find(card, '[data-id="stale"]'));
    expect(find(card, 'c-contract-table')).not.toBeNull();
  });

  test('an edit of a shared field on the record is followed until both sides agree', async () => {
    const moved = { ...recordCardFixture, contracts: [{ ...crmLicences, stage: 'renewing' }, hosting] };
    apexAnswers({ load: [ok(recordCardFixture), ok(recordCardFixture), ok(moved)] });
    const card = await shown();
    getRecord.emit(
      record({ Contract_Stage__c: 'active', Renewal_Date__c: '2027-03-15', Renewal_Decision__c: 'undecided' }),
    );
    expect(apex.load).toHaveBeenCalledTimes(1);
    getRecord.emit(
      record({ Contract_Stage__c: 'renewing', Renewal_Date__c: '2027-03-15', Renewal_Decision__c: 'undecided' }),
    );
    await waitFor(() => textOf(find(card, 'c-contract-table')).includes('Renewing'));
    expect(apex.load).toHaveBeenCalledTimes(3);
  });

  test('a change of the record that the card shows already is no reason to ask', async () => {
    apexAnswers();
    await shown();
    getRecord.emit(
      record({ Contract_Stage__c: 'signed', Renewal_Date__c: '2027-03-15', Renewal_Decision__c: 'undecided' }),
    );
    getRecord.emit(
      record({ Contract_Stage__c: 'active', Renewal_Date__c: '2027-03-15', Renewal_Decision__c: 'undecided' }),
    );
    await Promise.resolve();
    expect(apex.load).toHaveBeenCalledTimes(1);
    expect(notifyRecordUpdateAvailable).not.toHaveBeenCalled();
  });

  function record(values) {
    const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
    return { id: RECORD_ID, apiName: 'Opportunity', fields };
  }
});

describe('where the focus goes', () => {
  const focused = (element) => element?.shadowRoot.activeElement;

  test('into the surface that opened, and back to where the person came from', async () => {
    apexAnswers();
    const card = await shown();
    click(find(card, 'c-contract-table', `[data-open="${hosting.id}"]`));
    const detail = await waitFor(() => find(card, 'c-contract-detail'));
    await waitFor(() => focused(detail)?.textContent === hosting.title);
    click(find(detail, '[data-id="back"]'));
    const table = await waitFor(() => find(card, 'c-contract-table'));
    await waitFor(() => focused(table)?.dataset.open === hosting.id);
  });
});

test('another record on the same page is loaded anew, and a late answer for the first is not shown', async () => {
  let answerFirst;
  const late = new Promise((resolve) => {
    answerFirst = () => resolve(ok(recordCardFixture));
  });
  apexAnswers({ load: [late, ok(emptyRecordCard)] });
  const card = show();
  card.recordId = '006000000000202AAA';
  await waitFor(() => find(card, '[data-id="empty"]'));
  answerFirst();
  await late;
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(apex.load).toHaveBeenLastCalledWith({ recordId: '006000000000202AAA' });
  expect(find(card, '[data-id="empty"]')).not.toBeNull();
});

describe('long lists', () => {
  const many = { ...recordCardFixture, contracts: manyContracts(23), attention: null };

  test('are searched, filtered, sorted and paged without asking the server', async () => {
    apexAnswers({ load: ok(many) });
    const card = await shown();
    const table = () => find(card, 'c-contract-table');
    const titles = () => [...table().shadowRoot.querySelectorAll('[data-open]')].map((link) => link.textContent);
    expect(titles()).toHaveLength(10);
    click(find(card, 'c-contract-table', '[data-id="next"]'));
    await waitFor(() => titles()[0] === 'Contract 11');
    find(card, '[data-id="find"]').dispatchEvent(new CustomEvent('change', { detail: { value: 'CP-0007' } }));
    await waitFor(() => titles().length === 1);
    find(card, '[data-id="find"]').dispatchEvent(new CustomEvent('change', { detail: { value: '' } }));
    find(card, '[data-id="stage-filter"]').dispatchEvent(new CustomEvent('change', { detail: { value: 'in_review' } }));
    await waitFor(() => titles().length === 7);
    click(find(card, 'c-contract-table', '[data-column="contract"]'));
    await waitFor(() => find(card, 'c-contract-table', 'th[aria-sort="ascending"]'));
    click(find(card, 'c-contract-table', '[data-column="contract"]'));
    await waitFor(() => titles()[0] === 'Contract 21');
    expect(find(card, 'c-contract-table', 'th[aria-sort="descending"]').textContent).toContain('Contract');
    expect(apex.load).toHaveBeenCalledTimes(1);
  });

  test('say when nothing matches', async () => {
    apexAnswers({ load: ok(many) });
    const card = await shown();
    find(card, '[data-id="find"]').dispatchEvent(new CustomEvent('change', { detail: { value: 'no such thing' } }));
    await waitFor(() => find(card, 'c-contract-table', '[data-id="no-match"]'));
  });
});
