/** The sidebar card: one contract, why, how long is left, one step. */
import { Button, ErrorState, Form, Link, LoadingButton, LoadingSpinner } from '@hubspot/ui-extensions';
import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../app/core/locale.ts';
import type { RecordCard } from '../../app/wire/card.ts';
import { ContractAttention } from '../../extensions/hubspot/app/cards/components/contract-attention.tsx';
import {
  crmLicences,
  CRM_LICENCES_ID,
  emptyRecordCard,
  recordCardFixture,
  support,
  SUPPORT_ID,
} from './card-fixtures.ts';
import { stageCard } from './card-stage.tsx';

const staged = (body: RecordCard) =>
  stageCard(<ContractAttention />, { script: (call) => (call.method === 'GET' ? { body } : undefined) });

describe('the sidebar card', () => {
  test('says in words that it is loading', () => {
    expect(stageCard(<ContractAttention />).find(LoadingSpinner).props.label).toBe('Loading contracts');
  });

  test('names the contract that needs attention first, the reason, the countdown, and how many more there are', async () => {
    const card = staged(recordCardFixture);
    await card.waitFor(() => card.find(Link));
    for (const text of [
      crmLicences.title,
      'Decide before notice closes on 14 Dec 2026.',
      'Notice due in 23 days · 14 Dec 2026',
      '2 more contracts on the Contracts tab',
    ]) {
      expect(card.text()).toContain(text);
    }
    expect(card.find(Link).props.href).toEqual({
      url: `https://counterpart.example/contracts/${CRM_LICENCES_ID}`,
      external: true,
    });
    expect(card.findAll(LoadingButton, { variant: 'primary' })).toHaveLength(1);
  });

  test('sends the decision with the revision that was read', async () => {
    const card = staged(recordCardFixture);
    await card.waitFor(() => card.findByTestId(Form, 'decision-form'));
    card.byTestId('decision')?.trigger('onChange', 'renew');
    card.findByTestId(Form, 'decision-form').trigger('onSubmit');
    await card.waitFor(() => expect(card.alerts).toHaveLength(1));
    expect(card.calls.find((call) => call.method === 'POST')).toMatchObject({
      path: `/v1/card/contracts/${CRM_LICENCES_ID}/renewal-decision`,
      body: { decision: 'renew', expectedRevision: crmLicences.revision },
    });
  });

  test('offers the stage move when that is the next step', async () => {
    const card = staged({
      ...recordCardFixture,
      contracts: [support],
      attention: { contractId: SUPPORT_ID, reason: 'undecided', date: null },
    });
    await card.waitFor(() => card.findByTestId(LoadingButton, 'advance'));
    expect(card.findByTestId(LoadingButton, 'advance').text).toBe('Mark as approved');
  });

  test('leads to the workspace when the step is not one for a card', async () => {
    const card = staged({
      ...recordCardFixture,
      attention: { contractId: CRM_LICENCES_ID, reason: 'sla_missed', date: null },
    });
    await card.waitFor(() => expect(card.text()).toContain('Review in Counterpart'));
    expect(card.findAll(LoadingButton)).toEqual([]);
  });

  test('an empty record says where contracts are added', async () => {
    const card = staged(emptyRecordCard);
    await card.waitFor(() => expect(card.text()).toContain('Attach or create one on the Contracts tab.'));
  });

  test('a failure gives the reason and a way on', async () => {
    const card = stageCard(<ContractAttention />, { script: () => 'offline' });
    await card.waitFor(() => card.findByTestId(ErrorState, 'failed'));
    card.findByTestId(Button, 'retry').trigger('onClick');
    await card.waitFor(() => expect(card.calls).toHaveLength(2));
  });

  test.each(LOCALES)('%s: speaks one language only', async (locale) => {
    const card = stageCard(<ContractAttention />, { locale });
    await card.waitFor(() => card.findByTestId(Form, 'decision-form'));
    expect(card.text().includes('请在 2026年12月14日 通知截止前作出决定。')).toBe(locale === 'zh-CN');
    expect(/Renewal decision|Save/.test(card.text())).toBe(locale === 'en');
  });
});
