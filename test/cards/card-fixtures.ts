/** Answers of the card API as a server would give them: one record with contracts in different situations, and one contract in full. */
import type { ContractCardView, ContractDetail, ContractSearch, RecordCard } from '../../app/wire/card.ts';

export const CRM_LICENCES_ID = '0190a1b2-0000-7000-8000-000000000001';
const HOSTING_ID = '0190a1b2-0000-7000-8000-000000000002';
export const SUPPORT_ID = '0190a1b2-0000-7000-8000-000000000003';
export const ANALYTICS_ID = '0190a1b2-0000-7000-8000-000000000004';
export const TODAY = '2026-11-21';

export const crmLicences: ContractCardView = {
  id: CRM_LICENCES_ID,
  number: 'MSA-2024-017',
  title: 'CRM licences and implementation',
  side: 'buy',
  counterparty: 'Northwind Software Ltd',
  stage: 'active',
  nextStages: ['renewing', 'expired', 'terminated'],
  health: 'attention',
  value: { minor: '18640000', currency: 'USD' },
  effectiveDate: '2024-03-15',
  endDate: '2027-03-14',
  renewalDate: '2027-03-15',
  renewalKind: 'auto',
  renewalDecision: 'undecided',
  notice: {
    legalDate: '2026-12-14',
    safeDate: '2026-12-14',
    decisionDueDate: '2026-11-30',
    provisional: false,
    daysLeft: 23,
    window: 'soon',
  },
  sla: {
    status: 'missed',
    availabilityLastMonth: '99.71',
    responseComplianceLastMonth: '96.40',
    breachesTwelveMonths: 2,
  },
  risks: [
    { code: 'auto_renews_silently', severity: 'critical', state: 'open' },
    { code: 'notice_window_soon', severity: 'high', state: 'open' },
    { code: 'sla_breach_open', severity: 'high', state: 'open' },
    { code: 'signed_copy_missing', severity: 'high', state: 'unknown' },
  ],
  isLead: true,
  revision: 7,
};

export const hosting: ContractCardView = {
  ...crmLicences,
  id: HOSTING_ID,
  number: 'HST-2025-004',
  title: 'Managed hosting, Shanghai region',
  counterparty: '上海云枢信息技术有限公司',
  stage: 'active',
  nextStages: ['renewing', 'expired', 'terminated'],
  health: 'good',
  value: { minor: '96000000', currency: 'CNY' },
  effectiveDate: '2025-07-01',
  endDate: '2027-06-30',
  renewalDate: '2027-07-01',
  renewalKind: 'mutual_written',
  renewalDecision: 'renew',
  notice: {
    legalDate: '2027-03-31',
    safeDate: '2027-03-31',
    decisionDueDate: '2027-03-17',
    provisional: true,
    daysLeft: 130,
    window: 'open',
  },
  sla: {
    status: 'met',
    availabilityLastMonth: '99.98',
    responseComplianceLastMonth: '100.00',
    breachesTwelveMonths: 0,
  },
  risks: [],
  isLead: false,
  revision: 3,
};

export const support: ContractCardView = {
  ...crmLicences,
  id: SUPPORT_ID,
  number: 'SUP-2026-001',
  title: 'Premium support, second year',
  stage: 'in_review',
  nextStages: ['draft', 'approved', 'void'],
  health: 'unknown',
  value: { minor: '2400000', currency: 'USD' },
  effectiveDate: null,
  endDate: null,
  renewalDate: null,
  renewalKind: 'none',
  renewalDecision: 'undecided',
  notice: null,
  sla: { status: 'none', availabilityLastMonth: null, responseComplianceLastMonth: null, breachesTwelveMonths: 0 },
  risks: [{ code: 'no_sla', severity: 'high', state: 'open' }],
  isLead: false,
  revision: 1,
};

export const recordCardFixture: RecordCard = {
  record: { objectType: 'opportunity', recordId: '31000000101', name: 'Northwind renewal' },
  contracts: [crmLicences, hosting, support],
  attention: { contractId: CRM_LICENCES_ID, reason: 'notice_closing', date: '2026-12-14' },
  sync: { state: 'current', pendingChanges: 0, lastAgreedAt: '2026-11-21T06:02:00Z', reason: null },
  today: TODAY,
  permissions: { canEdit: true },
  workspaceUrl: 'https://counterpart.example/contracts',
};

export const emptyRecordCard: RecordCard = { ...recordCardFixture, contracts: [], attention: null };

const MONTHS = ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10'] as const;
const AVAILABILITY = ['99.96', '99.93', null, '99.84', '99.95', '99.71'] as const;
const RESPONSE = ['98.00', '97.50', '99.10', '95.20', '96.00', '96.40'] as const;

export const contractDetailFixture: ContractDetail = {
  contract: crmLicences,
  timeline: [
    { stage: 'draft', at: '2024-02-01T02:10:00Z', actor: 'Mia Chen', source: 'workspace' },
    { stage: 'signed', at: '2024-03-08T09:40:00Z', actor: 'Mia Chen', source: 'host' },
    { stage: 'active', at: '2024-03-15T00:00:00Z', actor: null, source: 'system' },
  ],
  terms: {
    signedDate: '2024-03-08',
    renewalMonths: 12,
    notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' },
    calendarId: 'CN',
    owner: 'mia.chen@example.com',
    parties: [
      { name: 'Harbour Trading (Shanghai) Co., Ltd', role: 'buyer', sideLabel: null },
      { name: 'Northwind Software Ltd', role: 'supplier', sideLabel: null },
    ],
  },
  slaTrend: [
    {
      objective: 'CRM application',
      metric: 'availability',
      target: '99.9',
      months: MONTHS.map((period, index) => {
        const value = AVAILABILITY[index] ?? null;
        return { period, value, verdict: value === null ? 'no_data' : Number(value) >= 99.9 ? 'met' : 'missed' };
      }),
    },
    {
      objective: 'Urgent requests, two hours',
      metric: 'response',
      target: '95',
      months: MONTHS.map((period, index) => ({ period, value: RESPONSE[index] ?? null, verdict: 'met' })),
    },
  ],
  incidents: [
    {
      id: '0190a1b2-0000-7000-8000-0000000000a1',
      title: 'Login unavailable in Asia',
      severity: 'critical',
      startedAt: '2026-10-12T01:20:00Z',
      restoredAt: '2026-10-12T03:29:00Z',
      excused: false,
    },
    {
      id: '0190a1b2-0000-7000-8000-0000000000a2',
      title: 'Slow reports during announced maintenance',
      severity: 'medium',
      startedAt: '2026-10-18T14:00:00Z',
      restoredAt: '2026-10-18T16:00:00Z',
      excused: true,
    },
  ],
  provenance: [
    {
      field: 'renewalDate',
      value: '2027-03-15',
      previous: '2027-03-01',
      source: 'host',
      actor: 'Mia Chen',
      place: 'HubSpot',
      at: '2026-11-21T06:02:00Z',
    },
    {
      field: 'stage',
      value: 'active',
      previous: 'signed',
      source: 'system',
      actor: null,
      place: null,
      at: '2024-03-15T00:00:00Z',
    },
  ],
  conflicts: [
    {
      id: '0190a1b2-0000-7000-8000-0000000000c1',
      field: 'renewalDecision',
      ours: 'renegotiate',
      theirs: 'undecided',
      winner: 'theirs',
      reason: 'both_changed',
      detail: 'both sides changed after the same base',
      at: '2026-11-20T09:15:00Z',
      restored: false,
    },
  ],
  links: [
    { host: 'hubspot', objectType: 'opportunity', recordId: '31000000101', name: 'Northwind renewal', url: null },
    {
      host: 'hubspot',
      objectType: 'account',
      recordId: '20000000101',
      name: 'Northwind Software Ltd',
      url: 'https://app.hubspot.com/contacts/4310077/record/0-2/20000000101',
    },
  ],
  sync: recordCardFixture.sync,
  today: TODAY,
};

export const searchFixture: ContractSearch = {
  results: [
    {
      id: ANALYTICS_ID,
      number: 'ANA-2026-002',
      title: 'Analytics subscription',
      counterparty: 'Lantern Analytics Inc.',
      stage: 'signed',
      renewalDate: '2027-12-01',
      value: { minor: '3600000', currency: 'USD' },
      alreadyAttached: false,
    },
    {
      id: HOSTING_ID,
      number: hosting.number,
      title: hosting.title,
      counterparty: hosting.counterparty,
      stage: hosting.stage,
      renewalDate: hosting.renewalDate,
      value: hosting.value,
      alreadyAttached: true,
    },
  ],
  more: false,
};

/** Enough contracts for search, filter and paging. */
export function manyContracts(count: number): readonly ContractCardView[] {
  return Array.from({ length: count }, (_, index) => ({
    ...(index % 3 === 0 ? crmLicences : index % 3 === 1 ? hosting : support),
    id: `0190a1b2-0000-7000-8000-${String(index + 100).padStart(12, '0')}`,
    number: `CP-${String(index + 1).padStart(4, '0')}`,
    title: `Contract ${String(index + 1).padStart(2, '0')}`,
    isLead: index === 0,
  }));
}
