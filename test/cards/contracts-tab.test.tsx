/** The tab card with data, empty, failed and in both languages; what it sends, and what it does with answers that come late or not at all. */
import {
  Alert,
  Button,
  EmptyState,
  ErrorState,
  Form,
  Input,
  Link,
  LineChart,
  LoadingButton,
  LoadingSpinner,
  SearchInput,
  StepIndicator,
  Table,
  TableRow,
} from '@hubspot/ui-extensions';
import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../app/core/locale.ts';
import { ContractsTab } from '../../extensions/hubspot/app/cards/components/contracts-tab.tsx';
import { UNDO_MS } from '../../extensions/hubspot/app/cards/components/undo-notice.tsx';
import {
  CRM_LICENCES_ID,
  ANALYTICS_ID,
  crmLicences,
  emptyRecordCard,
  manyContracts,
  recordCardFixture,
  support,
  SUPPORT_ID,
} from './card-fixtures.ts';
import { held, problem, stageCard, textOf, typeInto, type Script } from './card-stage.tsx';

const answer = (body: unknown) => ({ body });
const reads =
  (body: unknown): Script =>
  (call) =>
    call.path.startsWith('/v1/card/records/') ? answer(body) : undefined;
const written = (contracts: readonly unknown[]) =>
  answer({ card: { ...recordCardFixture, contracts }, contractId: null });

async function opened(script?: Script, contractId = CRM_LICENCES_ID) {
  const card = stageCard(<ContractsTab />, script === undefined ? {} : { script });
  await card.waitFor(() => card.findByTestId(Link, `open-${contractId}`));
  card.findByTestId(Link, `open-${contractId}`).trigger('onClick');
  return card;
}

describe('the four states', () => {
  test('loading says so in words', () => {
    const card = stageCard(<ContractsTab />);
    expect(card.find(LoadingSpinner).props.label).toBe('Loading contracts');
  });

  test('data: one request shows every contract with stage, renewal, notice, SLA, value and risks', async () => {
    const card = stageCard(<ContractsTab />);
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    const row = card.findAll(TableRow)[1];
    for (const text of [
      'CRM licences and implementation',
      'MSA-2024-017',
      'Active',
      '15 Mar 2027',
      'Notice due in 23 days',
      'SLA missed',
      '3 open risks',
      '$186,400',
    ]) {
      expect(textOf(row)).toContain(text);
    }
    expect(card.findByTestId(Alert, 'attention').props.title).toBe(crmLicences.title);
    expect(card.calls).toHaveLength(1);
  });

  test('empty says what to do', async () => {
    const card = stageCard(<ContractsTab />, { script: reads(emptyRecordCard) });
    await card.waitFor(() => card.findByTestId(EmptyState, 'empty'));
    expect(card.text()).toContain('Attach contract');
  });

  test('failed gives the reason and a way on', async () => {
    let up = false;
    const card = stageCard(<ContractsTab />, { script: () => (up ? undefined : 'offline') });
    await card.waitFor(() => card.findByTestId(ErrorState, 'failed'));
    expect(card.text()).toContain('Check your connection');
    up = true;
    card.findByTestId(Button, 'retry').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
  });

  test.each(LOCALES)('%s: nothing on the list or in a contract is left in the other language', async (locale) => {
    const card = stageCard(<ContractsTab />, { locale });
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    expect(/通知截止还有 23 天/.test(card.text())).toBe(locale === 'zh-CN');
    card.findByTestId(Link, `open-${CRM_LICENCES_ID}`).trigger('onClick');
    await card.waitFor(() => card.findByTestId(LineChart, 'trend-availability'));
    const text = card.text();
    expect(/Renewal|Notice due|Risks|History/.test(text)).toBe(locale === 'en');
    expect(/续签|风险|历史/.test(text)).toBe(locale === 'zh-CN');
  });
});

describe('one surface, one main button', () => {
  test.each(['list', 'contract', 'attach', 'create'])('%s', async (surface) => {
    const card = stageCard(<ContractsTab />);
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    if (surface === 'contract') card.findByTestId(Link, `open-${CRM_LICENCES_ID}`).trigger('onClick');
    if (surface === 'attach' || surface === 'create') card.findByTestId(Button, surface).trigger('onClick');
    const primary = [
      ...card.findAll(Button, { variant: 'primary' }),
      ...card.findAll(LoadingButton, { variant: 'primary' }),
    ];
    expect(primary.length).toBeLessThanOrEqual(1);
    for (const field of [...card.findAll(Input), ...card.findAll(SearchInput)]) expect(field.props.label).not.toBe('');
  });
});

describe('long lists', () => {
  test('are searched, sorted and paged without asking the server again', async () => {
    const card = stageCard(<ContractsTab />, { script: reads({ ...recordCardFixture, contracts: manyContracts(23) }) });
    await card.waitFor(() => card.find(SearchInput));
    expect(card.findByTestId(Table, 'contracts').props).toMatchObject({ paginated: true, pageCount: 3 });
    typeInto(card.find(SearchInput), 'contract 07');
    await card.waitFor(() => expect(card.findAll(TableRow)).toHaveLength(2));
    typeInto(card.find(SearchInput), 'nothing like this');
    await card.waitFor(() => card.findByTestId(EmptyState, 'no-match'));
    expect(card.calls).toHaveLength(1);
  });
});

describe('one contract', () => {
  test('draws its stages, its trend against the target, its risks, and where its values come from', async () => {
    const card = await opened();
    expect(card.findByTestId(StepIndicator, 'stage-path').props).toMatchObject({ currentStep: 4 });
    await card.waitFor(() => card.findByTestId(LineChart, 'trend-availability'));
    for (const text of [
      '90 days before expiry',
      'China',
      'Renews without anyone agreeing',
      'Ask for written confirmation',
      'Renewal date set to 15 Mar 2027 by Mia Chen in HubSpot, 14:02',
      '“Not decided” was kept, “Renegotiate” was set aside',
    ]) {
      expect(card.text()).toContain(text);
    }
  });

  test('advances only where the server allows it, with the revision it saw, then refreshes the record', async () => {
    const card = await opened(
      (call) =>
        call.method === 'POST'
          ? written([{ ...support, stage: 'approved', nextStages: ['signed'], revision: 2 }])
          : undefined,
      SUPPORT_ID,
    );
    const advance = card.findByTestId(LoadingButton, 'advance');
    expect(advance.text).toBe('Mark as approved');
    advance.trigger('onClick');
    await card.waitFor(() => expect(card.findByTestId(LoadingButton, 'advance').text).toBe('Mark as signed'));
    expect(card.calls.find((call) => call.method === 'POST')).toMatchObject({
      path: `/v1/card/contracts/${SUPPORT_ID}/stage`,
      body: {
        to: 'approved',
        expectedRevision: support.revision,
        record: { objectType: 'opportunity', recordId: '31000000101' },
      },
    });
    expect(card.refreshes()).toBe(1);
    expect(card.alerts).toEqual([{ type: 'success', message: '“Premium support, second year” is now Approved.' }]);
  });

  test('ends only after a confirmation drawn as destructive', async () => {
    const card = await opened();
    expect(card.pathsOf('POST')).toEqual([]);
    const confirm = card.byTestId('confirm-terminated');
    expect(confirm?.props).toMatchObject({ variant: 'destructive' });
    confirm?.trigger('onClick');
    await card.waitFor(() => expect(card.pathsOf('POST')).toEqual([`/v1/card/contracts/${CRM_LICENCES_ID}/stage`]));
    expect(card.closed).toEqual([`confirm-terminated-${CRM_LICENCES_ID}`]);
  });

  test('records a renewal decision, and asks for one before it sends', async () => {
    const card = await opened((call) =>
      call.method === 'POST' ? written([{ ...crmLicences, renewalDecision: 'exit' }]) : undefined,
    );
    card.findByTestId(Button, 'decide').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Form, 'decision-form'));
    card.findByTestId(Form, 'decision-form').trigger('onSubmit');
    await card.waitFor(() =>
      expect(card.byTestId('decision')?.props).toMatchObject({
        error: true,
        validationMessage: 'Enter a value.',
      }),
    );
    expect(card.pathsOf('POST')).toEqual([]);
    card.byTestId('decision')?.trigger('onChange', 'exit');
    card.findByTestId(Form, 'decision-form').trigger('onSubmit');
    await card.waitFor(() =>
      expect(card.alerts).toEqual([
        { type: 'success', message: 'Decision for “CRM licences and implementation”: Exit.' },
      ]),
    );
    expect(card.calls.at(-2)?.body ?? card.calls.at(-1)?.body).toMatchObject({ decision: 'exit', expectedRevision: 7 });
  });

  test('logs an incident in the portal’s time zone', async () => {
    const card = await opened();
    card.findByTestId(Button, 'incident').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Form, 'incident-form'));
    typeInto(card.findByTestId(Input, 'incident-title'), 'Login down');
    await card.waitFor(() => expect(card.findByTestId(Input, 'incident-title').props.value).toBe('Login down'));
    card.findByTestId(Form, 'incident-form').trigger('onSubmit');
    await card.waitFor(() => expect(card.alerts).toHaveLength(1));
    expect(card.calls.find((call) => call.path.endsWith('/incidents'))?.body).toMatchObject({
      title: 'Login down',
      severity: 'high',
      startedAt: '2026-11-21T06:10:00.000Z',
      restoredAt: null,
    });
  });

  test('a person who may only read sees no way to change anything', async () => {
    const card = await opened(reads({ ...recordCardFixture, permissions: { canEdit: false } }));
    expect(card.findAll(Button).concat(card.findAll(LoadingButton))).toEqual([]);
    expect(card.text()).toContain('You can read contracts here');
  });
});

describe('attach, create, detach', () => {
  test('searches after a pause in typing, and attaches', async () => {
    const card = stageCard(<ContractsTab />);
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    card.findByTestId(Button, 'attach').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Table, 'found'));
    for (const typed of ['a', 'an', 'analytics']) typeInto(card.findByTestId(SearchInput, 'attach-search'), typed);
    await card.waitFor(() => expect(card.findByTestId(SearchInput, 'attach-search').props.value).toBe('analytics'));
    await settle();
    card.advance(1_000);
    await card.waitFor(() => expect(card.pathsOf('GET').filter((path) => path.includes('query='))).toHaveLength(2));
    expect(card.pathsOf('GET').at(-1)).toContain('query=analytics');
    await card.waitFor(() => card.findByTestId(LoadingButton, `attach-${ANALYTICS_ID}`));
    card.findByTestId(LoadingButton, `attach-${ANALYTICS_ID}`).trigger('onClick');
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    expect(card.pathsOf('POST')).toEqual(['/v1/card/links']);
  });

  test('shows our own checks and the refusals of the server at the fields', async () => {
    const refusal = problem('invalid_body', { errors: [{ pointer: '/contract/number', message: 'already used' }] });
    const card = stageCard(<ContractsTab />, { script: (call) => (call.method === 'POST' ? refusal : undefined) });
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    card.findByTestId(Button, 'create').trigger('onClick');
    card.findByTestId(Form, 'create-form').trigger('onSubmit');
    await card.waitFor(() => expect(card.findByTestId(Input, 'create-title').props.error).toBe(true));
    expect(card.pathsOf('POST')).toEqual([]);
    typeInto(card.findByTestId(Input, 'create-title'), 'Hosting');
    await card.waitFor(() => expect(card.findByTestId(Input, 'create-title').props.value).toBe('Hosting'));
    typeInto(card.findByTestId(Input, 'create-counterparty'), 'Northwind');
    await card.waitFor(() => expect(card.findByTestId(Input, 'create-counterparty').props.value).toBe('Northwind'));
    card.findByTestId(Form, 'create-form').trigger('onSubmit');
    await card.waitFor(() =>
      expect(card.findByTestId(Input, 'create-number').props).toMatchObject({
        error: true,
        validationMessage: 'Not accepted: already used',
      }),
    );
  });

  test('a detach can be taken back for some seconds, then the offer goes', async () => {
    const rest = recordCardFixture.contracts.slice(1);
    const card = await opened((call) => (call.path.endsWith('/detach') ? written(rest) : undefined));
    const detach = card.byTestId('detach');
    detach?.trigger('onClick');
    await card.waitFor(() => card.findByTestId(Alert, 'undo'));
    expect(card.maybeFindByTestId(Link, `open-${CRM_LICENCES_ID}`)).toBeNull();
    card.findByTestId(LoadingButton, 'undo-button').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Link, `open-${CRM_LICENCES_ID}`));
    expect(card.pathsOf('POST')).toEqual(['/v1/card/links/detach', '/v1/card/links/restore']);
    expect(card.maybeFindByTestId(Alert, 'undo')).toBeNull();

    card.findByTestId(Link, `open-${CRM_LICENCES_ID}`).trigger('onClick');
    await card.waitFor(() => expect(card.byTestId('detach')).not.toBeNull());
    card.byTestId('detach')?.trigger('onClick');
    await card.waitFor(() => card.findByTestId(Alert, 'undo'));
    await settle();
    card.advance(UNDO_MS);
    await card.waitFor(() => expect(card.maybeFindByTestId(Alert, 'undo')).toBeNull());
  });
});

describe('answers that come late, twice or not at all', () => {
  test('an older reading never covers what a write answered', async () => {
    const late = held();
    let recordReads = 0;
    const card = stageCard(<ContractsTab />, {
      script: (call) => {
        if (call.method === 'POST') return written([{ ...support, stage: 'approved', nextStages: [] }]);
        if (!call.path.startsWith('/v1/card/records/')) return undefined;
        recordReads += 1;
        return recordReads === 2 ? late.reply : undefined;
      },
    });
    await card.waitFor(() => card.findByTestId(Link, `open-${SUPPORT_ID}`));
    card.editProperties({ counterpart_stage: 'active' });
    await card.waitFor(() => expect(recordReads).toBe(2));
    card.findByTestId(Link, `open-${SUPPORT_ID}`).trigger('onClick');
    card.findByTestId(LoadingButton, 'advance').trigger('onClick');
    await card.waitFor(() => expect(card.findByTestId(StepIndicator, 'stage-path').props.currentStep).toBe(2));
    late.release(answer(recordCardFixture));
    await settle();
    expect(card.findByTestId(StepIndicator, 'stage-path').props.currentStep).toBe(2);
  });

  test('a write whose answer was lost is repeated with the same key', async () => {
    let lost = true;
    const card = await opened((call) => {
      if (call.method !== 'POST' || !lost) return undefined;
      lost = false;
      return 'offline';
    }, SUPPORT_ID);
    card.findByTestId(LoadingButton, 'advance').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Button, 'write-retry'));
    card.findByTestId(Button, 'write-retry').trigger('onClick');
    await card.waitFor(() => expect(card.maybeFindByTestId(Alert, 'write-failed')).toBeNull());
    await card.waitFor(() => expect(card.pathsOf('POST')).toHaveLength(2));
    const keys = card.calls.filter((call) => call.method === 'POST').map((call) => call.body?.['idempotencyKey']);
    expect(new Set(keys).size).toBe(1);
  });

  test('pressing twice sends once', async () => {
    const slow = held();
    const card = await opened((call) => (call.method === 'POST' ? slow.reply : undefined), SUPPORT_ID);
    const advance = card.findByTestId(LoadingButton, 'advance');
    advance.trigger('onClick');
    advance.trigger('onClick');
    await card.waitFor(() => expect(card.findByTestId(LoadingButton, 'advance').props.loading).toBe(true));
    expect(card.pathsOf('POST')).toHaveLength(1);
  });

  test('a change by somebody else shows the newest values and why nothing was saved', async () => {
    const card = await opened(
      (call) => (call.method === 'POST' ? problem('revision_conflict') : undefined),
      SUPPORT_ID,
    );
    const readsBefore = card.pathsOf('GET').filter((path) => path.includes('/records/')).length;
    card.findByTestId(LoadingButton, 'advance').trigger('onClick');
    await card.waitFor(() => card.findByTestId(Alert, 'write-failed'));
    expect(card.text()).toContain('Someone changed this contract');
    await card.waitFor(() =>
      expect(card.pathsOf('GET').filter((path) => path.includes('/records/')).length).toBe(readsBefore + 1),
    );
  });

  test('a refused stage change says which rule stands in the way', async () => {
    const refusal = problem('stage_move_refused', { reason: 'effective_date_missing' });
    const card = await opened((call) => (call.method === 'POST' ? refusal : undefined), SUPPORT_ID);
    card.findByTestId(LoadingButton, 'advance').trigger('onClick');
    await card.waitFor(() => expect(card.text()).toContain('Set the effective date first.'));
  });
});

describe('edits on the record', () => {
  test('the card asks again until both sides agree, and then stops', async () => {
    let agreed = false;
    const card = stageCard(<ContractsTab />, {
      script: (call) =>
        call.path.includes('/records/') && agreed
          ? answer({ ...recordCardFixture, contracts: [{ ...crmLicences, renewalDate: '2027-04-01' }] })
          : undefined,
    });
    const recordReads = () => card.pathsOf('GET').filter((path) => path.includes('/records/')).length;
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    card.editProperties({ counterpart_renewal_date: '2027-04-01' });
    await card.waitFor(() => expect(recordReads()).toBe(2));
    await settle();
    card.advance(5_000);
    await card.waitFor(() => expect(recordReads()).toBe(3));
    agreed = true;
    await settle();
    card.advance(5_000);
    await card.waitFor(() => expect(card.text()).toContain('1 Apr 2027'));
    await settle();
    card.advance(60_000);
    await settle();
    expect(recordReads()).toBe(4);
  });

  test('and gives up after ten tries', async () => {
    const card = stageCard(<ContractsTab />);
    const recordReads = () => card.pathsOf('GET').filter((path) => path.includes('/records/')).length;
    await card.waitFor(() => card.findByTestId(Table, 'contracts'));
    card.editProperties({ counterpart_renewal_date: '2030-01-01' });
    for (let round = 0; round < 15; round += 1) {
      await settle();
      card.advance(10_000);
    }
    expect(recordReads()).toBe(12);
  });
});

/** Lets resolved promises, and the effects that React leaves for the next turn, take place. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
