/** The codes that the package's picklists hold, as API names of their values. Labels and translations are the package's. */
import { CONTRACT_STAGES, RENEWAL_DECISIONS, RENEWAL_KINDS } from '../../domain/contract.ts';
import type { ContractHealth } from '../../domain/health.ts';
import type { MirrorField } from '../../domain/mirror.ts';
import { RISK_CODES } from '../../domain/risk.ts';
import type { SlaVerdict } from '../../domain/sla.ts';

const HEALTHS: Record<ContractHealth, true> = { good: true, attention: true, at_risk: true, unknown: true };
const SLA_STATUSES: Record<SlaVerdict | 'none', true> = {
  met: true,
  missed: true,
  no_data: true,
  excused: true,
  provisional: true,
  disputed: true,
  none: true,
};

const CODES: { readonly [F in MirrorField]?: ReadonlySet<string> } = {
  stage: new Set(CONTRACT_STAGES),
  health: new Set(Object.keys(HEALTHS)),
  renewalKind: new Set(RENEWAL_KINDS),
  renewalDecision: new Set(RENEWAL_DECISIONS),
  slaStatus: new Set(Object.keys(SLA_STATUSES)),
  riskFlags: new Set(RISK_CODES),
};

export function hasCode(field: MirrorField, code: string): boolean {
  return CODES[field]?.has(code) ?? false;
}
