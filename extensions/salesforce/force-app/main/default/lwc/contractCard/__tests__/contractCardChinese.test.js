/** The card in the language of a user who works in Simplified Chinese. */
import ContractCard from 'c/contractCard';
import { RECORD_ID, apexAnswers, click, find, mount, textOf, waitFor } from 'jest-support/stage.js';
import { CRM_LICENCES_ID } from 'card-fixtures';

jest.mock('@salesforce/i18n/lang', () => ({ __esModule: true, default: 'zh-CN' }), { virtual: true });

test('every word of ours is Chinese, dates and money included', async () => {
  apexAnswers();
  const card = mount('c-contract-card', ContractCard, { recordId: RECORD_ID, objectApiName: 'Account' });
  await waitFor(() => find(card, 'c-contract-table'));
  for (const text of [
    '合同 (3)',
    '关联合同',
    '新建合同',
    '2027年3月15日',
    '通知截止还有 23 天',
    'SLA 未达标',
    'US$186,400',
  ])
    expect(textOf(card)).toContain(text);
  click(find(card, 'c-contract-table', `[data-open="${CRM_LICENCES_ID}"]`));
  await waitFor(() => find(card, 'c-contract-detail', 'lightning-tabset'));
  expect(textOf(find(card, 'c-contract-detail'))).toContain('全部合同');
});
