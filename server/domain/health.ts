/**
 * How a contract is doing, from its risk flags alone; where its paper is (the stage) is a different question (domain §1).
 */
import type { RiskFlag } from './risk.ts';

/** `unknown`: nothing speaks against it, but something that could is not known. */
const CONTRACT_HEALTHS = ['good', 'attention', 'at_risk', 'unknown'] as const;
export type ContractHealth = (typeof CONTRACT_HEALTHS)[number];

/**
 * Critical events (a closed notice window, repeated SLA misses) put a contract at risk. Clauses, however bad, ask for attention: they
 * are a standing condition and not an event. Low flags change nothing.
 */
export function contractHealth(flags: readonly RiskFlag[]): ContractHealth {
  const open = flags.filter(({ state }) => state === 'open');
  if (open.some(({ origin, severity }) => origin === 'event' && severity === 'critical')) return 'at_risk';
  if (open.some(({ severity }) => severity !== 'low')) return 'attention';
  const isUnclear =
    flags.length === 0 || flags.some(({ state, severity }) => state === 'unknown' && severity !== 'low');
  return isUnclear ? 'unknown' : 'good';
}
