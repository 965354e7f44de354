/**
 * Which of the records that are due make up a turn. A job in the CRM that edits a thousand records is heard of in pieces, and a piece that
 * is served alone costs a call that the whole would not have needed: as in a group commit, a piece waits a little for the rest. Edits that
 * come one by one never wait, however many, nor does anybody for long.
 */
import type { DirtyItem, DirtyReason } from '../store/port.ts';

/** Heard of at one instant. People edit fewer at a time, and edits that come one by one are heard of in smaller groups. */
const BURST_RECORDS_MIN = 50;
/** No further piece for so long: that was all of it. */
const BURST_PAUSE_MS = 250;
/** The longest that the first of a burst waits for the last, however steadily they come. */
const BURST_WAIT_MS_MAX = 750;
/** How soon a piece that waits is looked at again: calls may be full by then. */
const LOOK_AGAIN_MS = 50;

/** Somebody waits for these. */
const URGENT: ReadonlySet<DirtyReason> = new Set(['ours', 'replay']);

export type Piece = {
  readonly items: readonly DirtyItem[];
  /** Until when (epoch ms) what is left may wait for more; null when it is to be served next. */
  readonly waitsUntil: number | null;
};

/**
 * `full`: as many records as leave no call half empty. What is over a whole number of those stays dirty: the next turn takes it first, with
 * what has come meanwhile. In a burst, confirming readings are counted apart, since they seldom lead to a write: whole calls of the others
 * make whole calls of writes.
 */
export function pieceOf(
  due: readonly DirtyItem[],
  { now, full }: { readonly now: number; readonly full: number },
): Piece {
  if (!isBurst(due)) return { items: due.length < full ? due : wholeOf(due, full), waitsUntil: null };
  const confirming = due.filter(({ reason }) => reason === 'confirm');
  const others = due.filter(({ reason }) => reason !== 'confirm');
  const whole = wholeOf(others, full);
  const until = waitOf(others.slice(whole.length), now);
  const ready = others.length < full && until === null ? others : whole;
  const waits = ready.length === 0 && until !== null;
  const items = [...ready, ...(confirming.length < full && !waits ? confirming : wholeOf(confirming, full))];
  // What a turn left over is too small to be known for part of a burst: it is looked at when its wait is over, and a turn takes time.
  return { items, waitsUntil: until !== null && waits ? Math.min(until, now + LOOK_AGAIN_MS) : until };
}

function wholeOf(items: readonly DirtyItem[], full: number): readonly DirtyItem[] {
  return items.slice(0, items.length - (items.length % full));
}

function isBurst(items: readonly DirtyItem[]): boolean {
  if (items.some(({ reason }) => URGENT.has(reason))) return false;
  const together = Map.groupBy(items.filter(isNews), ({ dirtySince }) => dirtySince);
  return [...together.values()].some(({ length }) => length >= BURST_RECORDS_MIN);
}

/** Heard of from the host and not tried yet: a second try has waited already. */
function isNews({ reason, attempts }: DirtyItem): boolean {
  return reason === 'event' && attempts === 0;
}

function waitOf(left: readonly DirtyItem[], now: number): number | null {
  const heardAt = left.filter(isNews).map(({ dirtySince }) => dirtySince);
  if (heardAt.length === 0) return null;
  const until = Math.min(Math.max(...heardAt) + BURST_PAUSE_MS, Math.min(...heardAt) + BURST_WAIT_MS_MAX);
  return until > now ? until : null;
}
