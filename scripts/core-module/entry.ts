/** What the Lightning card takes from the shared code; `scripts/build-core-module.mjs` bundles it into the module `c/counterpartCore`. */
import {
  contractSide,
  contractStage,
  renewalDecision,
  renewalKind,
  severity,
  type ContractCardView,
} from '../../app/wire/card.ts';

export { createCardClient } from '../../app/core/card-client.ts';
export { failureMessageKey, isWorthRetrying } from '../../app/core/card-failure.ts';
export { CARD_STATE_START, createCardReducer } from '../../app/core/card-state.ts';
export { attentionOf, canDecide, nextStep, stageMoves, stagePath } from '../../app/core/contract-actions.ts';
export {
  CALENDAR_IDS,
  RENEWING_KINDS,
  errorsAtFields,
  newContractDraft,
  readContractDraft,
  readIncidentDraft,
} from '../../app/core/contract-form.ts';
export { FILTER_FROM_COUNT, LIST_VIEW_START, SORT_COLUMNS, listPage } from '../../app/core/contract-list.ts';
export { followUpDelayMs, isUnsettled } from '../../app/core/follow-up.ts';
export { idempotencyKeyFrom } from '../../app/core/idempotency-key.ts';
export { pickLocale } from '../../app/core/locale.ts';
export { dayAndTimeIn } from '../../app/core/plain-date.ts';
export { createPresenter } from '../../app/core/present.ts';
export { risksInOrder } from '../../app/core/risk-order.ts';
export { chartRows } from '../../app/core/sla-chart.ts';

/** The closed sets that the forms offer, in their order. */
export const CONTRACT_STAGES: readonly ContractCardView['stage'][] = contractStage.options;
export const CONTRACT_SIDES = contractSide.options;
export const RENEWAL_KINDS = renewalKind.options;
export const RENEWAL_DECISIONS = renewalDecision.options;
export const SEVERITIES = severity.options;
