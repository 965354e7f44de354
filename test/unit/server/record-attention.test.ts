import { describe, expect, test } from 'vitest';
import type { ContractCardView, RecordCard } from '../../../app/wire/card.ts';
import { WEEKENDS_CALENDAR } from '../../../server/domain/calendar.ts';
import type { Contract, PlainDate } from '../../../server/domain/contract.ts';
import { NO_SLA, type SlaSummary } from '../../../server/domain/sla-summary.ts';
import { wantedValues } from '../../../server/domain/wanted-values.ts';
import { recordCardView } from '../../../server/services/contract-view.ts';
import { contract, day, term } from '../domain/contract-fixture.ts';

const TODAY = day('2026-11-23');
const ref = { objectType: 'opportunity', recordId: '1' } as const;

function card(
  contracts: readonly Contract[],
  { asOf = TODAY, sla = NO_SLA }: { asOf?: PlainDate; sla?: SlaSummary } = {},
): RecordCard {
  const connection = {
    id: 'k1',
    host: 'hubspot',
    accountId: '1001',
    name: 'Portal',
    uiOrigin: null,
    state: 'active',
    stateReason: null,
  } as const;
  const rows = contracts.map((each) => ({
    contract: each,
    sla,
    createdAt: 0,
    updatedAt: 0,
    changedAt: { stage: 0, renewalDate: 0, renewalDecision: 0 },
    links: 1,
  }));
  return recordCardView(
    {
      workspace: {
        id: 'w1',
        name: 'W',
        timeZone: 'UTC',
        currency: 'USD',
        locale: 'en',
        conflictPolicy: { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' },
      },
      connection,
      recordName: 'Deal',
      recordKnown: true,
      mergedInto: null,
      contracts: rows,
      mirror: null,
      dirty: null,
      openConflicts: 0,
    },
    ref,
    { asOf, calendarOf: () => WEEKENDS_CALENDAR, workspaceUrl: 'https://counterpart.example', canEdit: true },
  );
}

const attention = (...contracts: readonly Contract[]): RecordCard['attention'] => card(contracts).attention;

const closedLongAgo = contract({
  id: 'old',
  number: 'C-0',
  stage: 'expired',
  term: term({ effectiveDate: day('2022-01-01'), endDate: day('2022-12-31'), renewalKind: 'none' }),
});
const successor = contract({
  id: 'new',
  number: 'C-1',
  term: term({ effectiveDate: day('2026-01-01'), endDate: day('2027-12-31') }),
});

describe('what needs attention first', () => {
  test('a contract that closed years ago never stands before its successor in force', () => {
    expect(attention(closedLongAgo, successor)?.contractId).toBe('new');
    expect(attention(successor, closedLongAgo)?.contractId).toBe('new');
  });

  test.each(['expired', 'terminated', 'void'] as const)('alone, a contract recorded as %s is fine', (stage) => {
    expect(attention({ ...closedLongAgo, stage })).toMatchObject({ contractId: 'old', reason: 'fine' });
  });

  test('a draft stands before what has ended', () => {
    const draft = contract({ id: 'draft', number: 'C-9', stage: 'draft' });
    expect(attention(closedLongAgo, draft)).toMatchObject({ contractId: 'draft', reason: 'fine' });
  });

  test('a term that ran out unrecorded is said, with the last day of the term', () => {
    const ranOut = { ...closedLongAgo, stage: 'active' as const };
    expect(attention(ranOut)).toEqual({ contractId: 'old', reason: 'expired', date: '2022-12-31' });
  });

  test('a closing notice window comes before everything, with its date', () => {
    const closing = contract({
      id: 'closing',
      number: 'C-2',
      term: term({ endDate: day('2027-03-05'), notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' } }),
    });
    expect(attention(closedLongAgo, successor, closing)).toEqual({
      contractId: 'closing',
      reason: 'notice_closing',
      date: '2026-12-04',
    });
  });

  test('the list of a record begins with the contract that is named first, whichever leads the record', () => {
    const notice = { count: 60, unit: 'days', countedFrom: 'before_expiry' } as const;
    const decided = contract({
      id: 'decided',
      number: 'C-3',
      stage: 'renewing',
      renewalDecision: 'renew',
      term: term({ endDate: day('2027-02-10'), notice }),
    });
    const missedNotice = contract({ id: 'missed', number: 'C-4', term: term({ endDate: day('2026-12-21'), notice }) });
    const { attention: named, contracts } = card([closedLongAgo, decided, missedNotice]);
    expect(named).toMatchObject({ contractId: 'missed', reason: 'notice_closed' });
    expect(contracts.map(({ id, isLead }) => [id, isLead])).toEqual([
      ['missed', false],
      ['decided', true],
      ['old', false],
    ]);
  });

  test('a missed service level of a contract that has ended is past', () => {
    const missed = { ...NO_SLA, status: 'missed' } as const;
    expect(card([closedLongAgo], { sla: missed }).attention).toMatchObject({ reason: 'fine' });
    expect(card([successor], { sla: missed }).attention).toMatchObject({ contractId: 'new', reason: 'sla_missed' });
  });
});

describe('a card and the fields of its CRM record say the same', () => {
  const days = ['2026-06-01', '2027-12-31', '2028-01-01', '2031-05-05'].map(day);
  const kinds = ['none', 'auto', 'evergreen', 'mutual_written'] as const;
  const decisions = ['undecided', 'exit'] as const;
  const summaries: readonly SlaSummary[] = [
    NO_SLA,
    { ...NO_SLA, status: 'missed', breachesTwelveMonths: 3, breachedLastTwoOfThree: true },
    { ...NO_SLA, status: 'met', availabilityLastMonth: '99.95' },
  ];
  const cases = days.flatMap((asOf) =>
    kinds.flatMap((renewalKind) => decisions.map((renewalDecision) => ({ asOf, renewalKind, renewalDecision }))),
  );

  test.each(cases)('on $asOf, $renewalKind, $renewalDecision', ({ asOf, renewalKind, renewalDecision }) => {
    for (const sla of summaries) {
      const one = contract({ renewalDecision, term: term({ endDate: day('2027-12-31'), renewalKind }) });
      const { values } = wantedValues([{ contract: one, sla }], {
        asOf,
        calendarOf: () => WEEKENDS_CALENDAR,
        contractUrl: (id) => id,
      });
      const [view] = card([one], { asOf, sla }).contracts;
      expect(shown(view)).toEqual({
        stage: values.stage,
        health: values.health,
        endDate: values.endDate,
        renewalDate: values.renewalDate,
        noticeDeadline: values.noticeDeadline,
        slaStatus: values.slaStatus,
        riskFlags: values.riskFlags,
      });
    }
  });
});

function shown(view: ContractCardView | undefined): unknown {
  const open = view?.risks.flatMap(({ code, state }) => (state === 'open' ? [code] : [])) ?? [];
  return {
    stage: view?.stage,
    health: view?.health,
    endDate: view?.endDate,
    renewalDate: view?.renewalDate,
    noticeDeadline: view?.notice?.safeDate ?? null,
    slaStatus: view?.sla.status,
    riskFlags: open.length === 0 ? null : open.toSorted().join(';'),
  };
}
