/** In what the two vendors' records behave differently, so that one host in memory can play either. */
import { SHARED_FIELDS } from '../../server/domain/contract.ts';
import { MIRROR_FIELD_NAMES, type MirrorField } from '../../server/domain/mirror.ts';
import type { CrmPort, Host } from '../../server/crm/port.ts';

export type HostTraits = {
  readonly host: Host;
  readonly batchMax: CrmPort['batchMax'];
  /** Fields whose changes are kept with author and time. Where there are versions, a change of any field raises the version. */
  readonly journalled: ReadonlySet<MirrorField | 'syncToken'>;
  /** Whether a write planned from an older version is refused, at the instant at which it would take effect. */
  readonly comparesVersions: boolean;
  /** Grain of the time of change by which the change feed goes; the history is finer. */
  readonly stampMs: number;
  /** HubSpot makes a third record that names both; Salesforce keeps the first, which does not tell, and the other names it. */
  readonly merge: 'into_third' | 'into_first';
  readonly mergeable: ReadonlySet<'opportunity' | 'account' | 'case'>;
};

export const HUBSPOT_LIKE: HostTraits = {
  host: 'hubspot',
  batchMax: { read: 100, readWithHistory: 50, write: 100 },
  journalled: new Set([...MIRROR_FIELD_NAMES, 'syncToken']),
  comparesVersions: false,
  stampMs: 1,
  merge: 'into_third',
  mergeable: new Set(['opportunity', 'account', 'case']),
};

/** As the package's trigger keeps the journal. */
export const SALESFORCE_LIKE: HostTraits = {
  host: 'salesforce',
  batchMax: { read: 200, readWithHistory: 200, write: 200 },
  journalled: new Set(['leadContractNumber', ...SHARED_FIELDS, 'syncToken']),
  comparesVersions: true,
  stampMs: 1_000,
  merge: 'into_first',
  mergeable: new Set(['account']),
};

export const TRAITS: Record<Host, HostTraits> = { hubspot: HUBSPOT_LIKE, salesforce: SALESFORCE_LIKE };
