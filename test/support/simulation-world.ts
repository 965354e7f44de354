/** The small world of a simulated schedule: portals, records, contracts and who is linked to whom. */
import type { ConnectionRef, Host, HostRecordRef } from '../../server/crm/port.ts';
import { type Contract, type PlainDate, SHARED_FIELDS } from '../../server/domain/contract.ts';
import { parsePlainDate } from '../../server/domain/dates.ts';
import { NO_SLA } from '../../server/domain/sla-summary.ts';
import type { LinkedContract } from '../../server/store/port.ts';

/** Shortly before midnight, so that every schedule meets a new day and its full check. */
export const SIMULATION_START = Date.parse('2026-11-23T23:53:00Z');

export function day(text: string): PlainDate {
  const date = parsePlainDate(text);
  if (date === null) throw new Error(`${text} is not a day`);
  return date;
}

export function sampleContract(id: string, change: Partial<Contract> = {}): Contract {
  return {
    id,
    number: `C-${id}`,
    title: `Contract ${id}`,
    side: 'buy',
    stage: 'active',
    term: {
      effectiveDate: day('2025-01-01'),
      endDate: day('2027-05-31'),
      renewalKind: 'mutual_written',
      renewalMonths: 12,
      renewalsLeft: null,
      notice: { count: 90, unit: 'days', countedFrom: 'before_expiry' },
      calendarId: 'weekends',
    },
    signedDate: day('2024-12-15'),
    value: { minor: 1_200_000n, currency: 'EUR' },
    renewalDecision: 'undecided',
    parties: [
      { organisationId: 'o1', legalName: 'Buyer GmbH', role: 'buyer', sideLabel: null },
      { organisationId: 'o2', legalName: 'Vendor Ltd', role: 'supplier', sideLabel: null },
    ],
    ownerEmail: null,
    archived: false,
    revision: 1,
    ...change,
  };
}

export function sampleLinked(contract: Contract, at = SIMULATION_START): LinkedContract {
  const changedAt = Object.fromEntries(SHARED_FIELDS.map((field) => [field, at])) as LinkedContract['changedAt'];
  return { contract, createdAt: at, changedAt, sla: NO_SLA };
}

export function portal(workspaceId: string, name: string, host: Host = 'hubspot'): ConnectionRef {
  return { workspaceId, connectionId: `conn-${name}`, host, accountId: `portal-${name}` };
}

export function deal(recordId: string): HostRecordRef {
  return { objectType: 'opportunity', recordId };
}

export function account(recordId: string): HostRecordRef {
  return { objectType: 'account', recordId };
}
