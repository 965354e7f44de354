/** One contract in full: what its four tabs say, and its own loading and failing. */
import ContractDetail from 'c/contractDetail';
import { createCardHost } from 'c/cardHost';
import {
  NO_ANSWER,
  RECORD_ID,
  apex,
  apexAnswers,
  click,
  find,
  mount,
  ok,
  textOf,
  waitFor,
} from 'jest-support/stage.js';
import { CRM_LICENCES_ID, contractDetailFixture, crmLicences, hosting, recordCardFixture } from 'card-fixtures';

const show = (props = {}) =>
  mount('c-contract-detail', ContractDetail, {
    cardHost: createCardHost(RECORD_ID, 'Opportunity'),
    contract: crmLicences,
    card: recordCardFixture,
    ...props,
  });
const shown = async (props) => {
  const detail = show(props);
  await waitFor(() => find(detail, 'lightning-tabset'));
  return detail;
};

test('says where the contract stands: path, countdown, number, counterparty, value', async () => {
  apexAnswers();
  const detail = await shown();
  expect(apex.detail).toHaveBeenCalledWith({ recordId: RECORD_ID, contractId: CRM_LICENCES_ID });
  expect(find(detail, '[data-id="path"]').currentStep).toBe('active');
  for (const text of [
    'CRM licences and implementation',
    'MSA-2024-017 · Northwind Software Ltd · $186,400 · Shown on this record',
    'Notice due in 23 days · 14 Dec 2026',
  ])
    expect(textOf(detail)).toContain(text);
  await expect(detail).toBeAccessible();
});

test('overview, service levels, risks and history say what the server knows', async () => {
  apexAnswers();
  const detail = await shown();
  const expected = {
    'c-contract-overview': [
      'Renews automatically, 12 months each time',
      '90 days before expiry',
      'Northwind Software Ltd (supplier)',
      'Also on',
    ],
    'c-contract-sla': [
      '99.71 %',
      '96.40 %',
      'Availability by month · CRM application',
      'Oct 2026: 99.71 % · SLA missed',
      'Login unavailable in Asia',
      'Excused',
    ],
    'c-contract-risks': [
      'Renews without anyone agreeing',
      'Ask for written confirmation by both parties.',
      'Critical',
      'Not enough is known to judge this.',
    ],
    'c-contract-history': [
      'Renewal decision: “Not decided” was kept, “Renegotiate” was set aside',
      'Both sides changed this value at the same time.',
      'Renewal date set to 15 Mar 2027 by Mia Chen in HubSpot',
      'Before: 1 Mar 2027',
      'Draft · Mia Chen',
    ],
  };
  for (const [tag, texts] of Object.entries(expected))
    for (const text of texts) expect(textOf(find(detail, tag))).toContain(text);
});

test('links lead to the contract in the workspace', async () => {
  apexAnswers();
  const detail = await shown();
  const address = `https://counterpart.example/contracts/${CRM_LICENCES_ID}`;
  expect(find(detail, 'c-sync-line', 'a').href).toBe(address);
  expect(find(detail, 'c-contract-history', 'a').href).toBe(address);
});

test('a contract without service levels, risks or conflicts says so instead of showing nothing', async () => {
  apexAnswers({
    detail: ok({ ...contractDetailFixture, slaTrend: [], incidents: [], conflicts: [], provenance: [], timeline: [] }),
  });
  const detail = await shown({ contract: hosting });
  expect(textOf(find(detail, 'c-contract-sla'))).toContain('No service level agreed');
  expect(textOf(find(detail, 'c-contract-risks'))).toContain('No open risk');
  expect(textOf(find(detail, 'c-contract-history'))).toContain('No change has been recorded yet.');
});

test('failed: says why below what the card knows already, and asks again', async () => {
  apexAnswers({ detail: [NO_ANSWER, ok(contractDetailFixture)] });
  const detail = show();
  await waitFor(() => find(detail, '[data-id="failed"]'));
  expect(textOf(detail)).toContain('CRM licences and implementation');
  await expect(detail).toBeAccessible();
  click(find(detail, '[data-id="retry"]'));
  await waitFor(() => find(detail, 'lightning-tabset'));
});

test('an answer to an older question never covers a newer one', async () => {
  let answerFirst;
  const late = new Promise((resolve) => {
    answerFirst = () =>
      resolve(ok({ ...contractDetailFixture, terms: { ...contractDetailFixture.terms, owner: 'old@example.com' } }));
  });
  apexAnswers({ detail: [late, ok(contractDetailFixture)] });
  const detail = show();
  detail.contract = { ...crmLicences, revision: 8 };
  await waitFor(() => find(detail, 'lightning-tabset'));
  answerFirst();
  await waitFor(() => apex.detail.mock.results.length === 2);
  await Promise.resolve();
  expect(textOf(find(detail, 'c-contract-overview'))).toContain('mia.chen@example.com');
});
