/** Lists, next steps, forms and follow-up: what the cards decide by themselves. */
import { describe, expect, test } from 'vitest';
import { attentionOf, nextStep, stageMoves, stagePath } from '../../../app/core/contract-actions.ts';
import {
  errorsAtFields,
  newContractDraft,
  readContractDraft,
  readIncidentDraft,
} from '../../../app/core/contract-form.ts';
import { LIST_VIEW_START, PAGE_SIZE, listPage } from '../../../app/core/contract-list.ts';
import { FOLLOW_UP_TRIES_MAX, followUpDelayMs, isUnsettled } from '../../../app/core/follow-up.ts';
import { idempotencyKeyFrom } from '../../../app/core/idempotency-key.ts';
import { chartRows } from '../../../app/core/sla-chart.ts';
import { createTranslate } from '../../../app/core/translate.ts';
import { contractStage, createContractRequest, idempotencyKey, logIncidentRequest } from '../../../app/wire/card.ts';
import {
  contractDetailFixture,
  crmLicences,
  hosting,
  manyContracts,
  recordCardFixture,
  support,
} from '../../cards/card-fixtures.ts';

const t = createTranslate('en');
const KEY = 'k'.repeat(32);
const RECORD = { objectType: 'opportunity', recordId: '1' } as const;

describe('list', () => {
  test('keeps the order of urgency until somebody sorts, and pages what matches', () => {
    const contracts = manyContracts(23);
    expect(listPage(contracts, LIST_VIEW_START)).toMatchObject({ matching: 23, pageCount: 3, page: 1 });
    expect(listPage(contracts, LIST_VIEW_START).contracts).toEqual(contracts.slice(0, PAGE_SIZE));
    expect(listPage(contracts, { ...LIST_VIEW_START, page: 9 })).toMatchObject({ page: 3 });
    expect(
      listPage(contracts, { ...LIST_VIEW_START, text: 'contract 1 云枢' }).contracts.every(
        (each) => each.counterparty === hosting.counterparty,
      ),
    ).toBe(true);
    expect(listPage(contracts, { ...LIST_VIEW_START, stage: 'in_review' }).matching).toBe(7);
  });

  test('puts contracts without a value last in either direction', () => {
    const contracts = [support, crmLicences, hosting];
    for (const direction of ['ascending', 'descending'] as const) {
      const sorted = listPage(contracts, { ...LIST_VIEW_START, sort: { column: 'renewal', direction } }).contracts;
      expect(sorted.at(-1)).toBe(support);
    }
  });
});

describe('next step', () => {
  test('is the decision while it is open, else the forward move, else nothing', () => {
    expect(nextStep(crmLicences)).toEqual({ kind: 'decide' });
    expect(nextStep(support)).toEqual({ kind: 'move', to: 'approved' });
    expect(nextStep(hosting)).toEqual({ kind: 'none' });
  });

  test('offers only moves that the server allows, endings last', () => {
    expect(stageMoves(support)).toEqual([
      { to: 'approved', ends: false },
      { to: 'draft', ends: false },
      { to: 'void', ends: true },
    ]);
  });

  test('of the sidebar follows the attention of the record', () => {
    expect(attentionOf(recordCardFixture)).toEqual({ contract: crmLicences, step: { kind: 'decide' } });
    const fine = { ...recordCardFixture, attention: { contractId: hosting.id, reason: 'fine', date: null } } as const;
    expect(attentionOf(fine)).toEqual({ contract: hosting, step: { kind: 'none' } });
    const missed = {
      ...recordCardFixture,
      attention: { contractId: crmLicences.id, reason: 'sla_missed', date: null },
    } as const;
    expect(attentionOf(missed)?.step).toEqual({ kind: 'review' });
    expect(attentionOf({ ...recordCardFixture, contracts: [] })).toBeNull();
  });

  test('every stage stands on its own path', () => {
    for (const stage of contractStage.options) {
      const path = stagePath(stage);
      expect(path.stages[path.current]).toBe(stage);
    }
  });
});

describe('new contract', () => {
  const filled = {
    ...newContractDraft({ currency: 'USD', counterparty: 'Northwind' }),
    title: ' Hosting ',
    renewalKind: 'auto' as const,
    noticeCount: '90',
    amount: '1,200.50',
  };

  test('becomes a request that the wire schema accepts', () => {
    const read = readContractDraft(filled, t);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(
      createContractRequest.parse({ idempotencyKey: KEY, record: RECORD, contract: read.contract }).contract,
    ).toMatchObject({
      title: 'Hosting',
      number: null,
      renewalMonths: 12,
      notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' },
      value: { minor: '120050', currency: 'USD' },
    });
  });

  test.each([
    [{ title: ' ' }, 'title'],
    [{ counterparty: '' }, 'counterparty'],
    [{ number: 'x'.repeat(61) }, 'number'],
    [{ effectiveDate: '2027-01-02', endDate: '2027-01-01' }, 'endDate'],
    [{ renewalMonths: '0' }, 'renewalMonths'],
    [{ noticeCount: '731' }, 'noticeCount'],
    [{ amount: '12,34' }, 'amount'],
    [{ currency: 'dollar' }, 'currency'],
  ])('%o is shown at %s before anything is sent', (part, field) => {
    const read = readContractDraft({ ...filled, ...part }, t);
    expect(read.ok ? [] : Object.keys(read.errors)).toEqual([field]);
  });

  test('shows a refusal of the server at the field it names', () => {
    expect(
      errorsAtFields(
        [
          { pointer: '/contract/number', message: 'already used' },
          { pointer: '/contract/endDate', message: 'end_date_before_effective_date' },
          { pointer: '/else', message: 'x' },
        ],
        t,
      ),
    ).toEqual({
      number: 'Not accepted: already used',
      endDate: 'The term cannot end before it starts.',
    });
  });
});

describe('incident', () => {
  const now = { zone: 'Asia/Shanghai', nowMs: Date.parse('2026-11-21T06:00:00Z') };
  const draft = {
    title: 'Login down',
    severity: 'high' as const,
    started: { date: '2026-11-21', hours: 9, minutes: 20 },
    isRestored: true,
    restored: { date: '2026-11-21', hours: 11, minutes: 0 },
  };

  test('turns the portal’s wall clock into instants that the wire schema accepts', () => {
    const read = readIncidentDraft(draft, t, now);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(logIncidentRequest.parse({ idempotencyKey: KEY, record: RECORD, ...read.incident })).toMatchObject({
      startedAt: '2026-11-21T01:20:00.000Z',
      restoredAt: '2026-11-21T03:00:00.000Z',
    });
  });

  test.each([
    [{ title: '' }, 'title'],
    [{ started: { date: '2026-11-21', hours: 15, minutes: 0 }, isRestored: false }, 'started'],
    [{ restored: { date: '2026-11-21', hours: 9, minutes: 0 } }, 'restored'],
  ])('%o is refused at %s', (part, field) => {
    const read = readIncidentDraft({ ...draft, ...part }, t, now);
    expect(read.ok ? [] : Object.keys(read.errors)).toEqual([field]);
  });
});

describe('follow-up', () => {
  test('asks at most ten times, further and further apart, within a minute', () => {
    const delays = Array.from({ length: FOLLOW_UP_TRIES_MAX + 1 }, (_, tries) => followUpDelayMs(tries));
    expect(delays.at(-1)).toBeNull();
    const waits = delays.slice(0, -1).map(Number);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(60_000);
  });

  test.each([
    ['nothing differs', { counterpart_stage: 'active', counterpart_renewal_date: '2027-03-15' }, false],
    ['HubSpot writes the day as milliseconds', { counterpart_renewal_date: String(Date.UTC(2027, 2, 15)) }, false],
    ['the record shows another day', { counterpart_renewal_date: '2027-04-01' }, true],
    ['the record was cleared', { counterpart_renewal_decision: '' }, true],
  ])('when %s', (_what, seen, unsettled) => {
    expect(isUnsettled(recordCardFixture, seen)).toBe(unsettled);
  });

  test('a write on its way is unsettled', () => {
    expect(
      isUnsettled(
        {
          ...recordCardFixture,
          sync: { ...recordCardFixture.sync, state: 'attention', reason: 'conflict', pendingChanges: 1 },
        },
        null,
      ),
    ).toBe(true);
  });
});

test('an idempotency key is 128 bits that the wire schema accepts', () => {
  const key = idempotencyKeyFrom((count) => new Uint8Array(count).fill(0xab));
  expect(idempotencyKey.parse(key)).toBe('ab'.repeat(16));
});

test('a month without a measurement leaves a gap in the chart, never a zero', () => {
  const [trend] = contractDetailFixture.slaTrend;
  if (trend === undefined) throw new Error('The fixture has no trend.');
  const rows = chartRows(trend, { actual: 'Measured', target: 'Target', month: (period) => period });
  expect(rows.filter((row) => row.series === 'Measured').map((row) => row.month)).not.toContain('2026-07');
  expect(rows.filter((row) => row.series === 'Target')).toHaveLength(6);
  const unmeasured = { ...trend, months: trend.months.map((month) => ({ ...month, value: null })) };
  expect(chartRows(unmeasured, { actual: 'a', target: 'b', month: (period) => period })).toEqual([]);
});
