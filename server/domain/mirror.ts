/**
 * Which values of a contract a CRM record carries, who owns each (sync rule S9), and how they are written as canonical text.
 * Canonical text: dates `YYYY-MM-DD`, numbers as plain decimals, closed sets as their code, sets as codes sorted and joined by `;`,
 * booleans `true`/`false`, nothing as null. Adapters translate canonical text to their host's own form and back.
 */
const FIELD_OWNERSHIPS = ['ours', 'shared'] as const;
export type FieldOwnership = (typeof FIELD_OWNERSHIPS)[number];

export const MIRROR_FIELDS = {
  leadContractNumber: { ownership: 'ours', kind: 'text' },
  leadContractTitle: { ownership: 'ours', kind: 'text' },
  contractCount: { ownership: 'ours', kind: 'integer' },
  stage: { ownership: 'shared', kind: 'code' },
  health: { ownership: 'ours', kind: 'code' },
  renewalKind: { ownership: 'ours', kind: 'code' },
  renewalDate: { ownership: 'shared', kind: 'date' },
  renewalDecision: { ownership: 'shared', kind: 'code' },
  noticeDeadline: { ownership: 'ours', kind: 'date' },
  endDate: { ownership: 'ours', kind: 'date' },
  contractValue: { ownership: 'ours', kind: 'decimal' },
  contractCurrency: { ownership: 'ours', kind: 'text' },
  riskFlags: { ownership: 'ours', kind: 'code_set' },
  slaStatus: { ownership: 'ours', kind: 'code' },
  availabilityLastMonth: { ownership: 'ours', kind: 'decimal' },
  responseComplianceLastMonth: { ownership: 'ours', kind: 'decimal' },
  breachesTwelveMonths: { ownership: 'ours', kind: 'integer' },
  contractUrl: { ownership: 'ours', kind: 'text' },
} as const satisfies Record<
  string,
  {
    readonly ownership: FieldOwnership;
    readonly kind: 'text' | 'integer' | 'decimal' | 'date' | 'code' | 'code_set';
  }
>;

export type MirrorField = keyof typeof MIRROR_FIELDS;
export const MIRROR_FIELD_NAMES = Object.keys(MIRROR_FIELDS) as readonly MirrorField[];

/** Canonical text by field; an absent key means "not known", null means "known to be empty". */
export type MirrorValues = { readonly [F in MirrorField]?: string | null };
