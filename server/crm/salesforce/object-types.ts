/** How Salesforce names the three kinds of record that the port speaks of. */
import type { HostObjectType } from '../port.ts';

export type SalesforceObject = {
  readonly name: 'Opportunity' | 'Account' | 'Case';
  /** Whether records of it can be merged, and then say into which one. */
  readonly mergeable: boolean;
};

export const SALESFORCE_OBJECTS: Record<HostObjectType, SalesforceObject> = {
  opportunity: { name: 'Opportunity', mergeable: false },
  account: { name: 'Account', mergeable: true },
  case: { name: 'Case', mergeable: true },
};

/** The record kinds that carry our fields. */
export const MIRRORED_OBJECT_TYPES = ['opportunity', 'account'] as const satisfies readonly HostObjectType[];
