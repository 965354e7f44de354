/**
 * When a card asks again. A person edits a property of the record, HubSpot tells us a moment later, and the engine merges it a
 * moment after that; the card asks a few times, further and further apart, until both sides agree, and then stops.
 */
import type { RecordCard } from '../wire/card.ts';

export const FOLLOW_UP_TRIES_MAX = 10;
const FIRST_DELAY_MS = 400;
const GROWTH = 1.5;
const DELAY_MS_MAX = 5_000;

/** The properties that people and Counterpart share on a HubSpot record. */
export const SHARED_PROPERTIES = [
  'counterpart_stage',
  'counterpart_renewal_date',
  'counterpart_renewal_decision',
] as const;
export type SharedProperty = (typeof SHARED_PROPERTIES)[number];
export type SharedValues = { readonly [P in SharedProperty]?: string | null };

/** Milliseconds to wait before try `n` (0-based); null when it is time to stop. */
export function followUpDelayMs(tries: number): number | null {
  if (tries >= FOLLOW_UP_TRIES_MAX) return null;
  return Math.min(DELAY_MS_MAX, Math.round(FIRST_DELAY_MS * GROWTH ** tries));
}

/** Whether the card should ask again: a write is under way, or the record shows values that the store does not have yet. */
export function isUnsettled(card: RecordCard, seenOnRecord: SharedValues | null): boolean {
  // An open conflict or a failed change is shown first, though other changes may still be on their way.
  if (card.sync.state !== 'paused' && card.sync.pendingChanges > 0) return true;
  const lead = card.contracts.find((contract) => contract.isLead);
  if (lead === undefined || seenOnRecord === null) return false;
  const ours: Record<SharedProperty, string | null> = {
    counterpart_stage: lead.stage,
    counterpart_renewal_date: lead.renewalDate,
    counterpart_renewal_decision: lead.renewalDecision,
  };
  return SHARED_PROPERTIES.some((name) => {
    const theirs = seenOnRecord[name];
    return theirs !== undefined && canonical(name, theirs) !== ours[name];
  });
}

/** HubSpot shows a date as `YYYY-MM-DD` or as midnight UTC in milliseconds, and an empty value as `""`. */
function canonical(name: SharedProperty, value: string | null): string | null {
  if (value === null || value === '') return null;
  if (name !== 'counterpart_renewal_date' || !/^\d{10,14}$/.test(value)) return value;
  return new Date(Number(value)).toISOString().slice(0, 10);
}
