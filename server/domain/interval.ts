/**
 * Sets of instants as half-open intervals `[startAt, endAt)` in epoch ms. Every function returns them sorted, merged and non-empty.
 */
export type Interval = { readonly startAt: number; readonly endAt: number };

/** Sorts, drops empty intervals and joins those that touch or overlap. */
export function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.filter(isFilled).toSorted((a, b) => a.startAt - b.startAt)) {
    const last = merged.at(-1);
    if (last === undefined || next.startAt > last.endAt) merged.push(next);
    else merged[merged.length - 1] = { startAt: last.startAt, endAt: Math.max(last.endAt, next.endAt) };
  }
  return merged;
}

export function intersect(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const [left, right] = [mergeIntervals(a), mergeIntervals(b)];
  const shared: Interval[] = [];
  let [i, j] = [0, 0];
  for (let x = left[i], y = right[j]; x !== undefined && y !== undefined; x = left[i], y = right[j]) {
    const overlap = { startAt: Math.max(x.startAt, y.startAt), endAt: Math.min(x.endAt, y.endAt) };
    if (isFilled(overlap)) shared.push(overlap);
    if (x.endAt < y.endAt) i += 1;
    else j += 1;
  }
  return shared;
}

/** What of `a` lies outside `b`. */
export function subtract(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const removed = mergeIntervals(b);
  const first = removed[0];
  if (first === undefined) return mergeIntervals(a);
  const gaps = removed.map((interval, index) => ({
    startAt: interval.endAt,
    endAt: removed[index + 1]?.startAt ?? Number.POSITIVE_INFINITY,
  }));
  return intersect(a, [{ startAt: Number.NEGATIVE_INFINITY, endAt: first.startAt }, ...gaps]);
}

/** Total length in ms of the union, each instant counted once. */
export function totalMs(intervals: readonly Interval[]): number {
  return mergeIntervals(intervals).reduce((sum, interval) => sum + interval.endAt - interval.startAt, 0);
}

/** The part of the union that comes first and lasts `limitMs` in all. */
export function firstMs(intervals: readonly Interval[], limitMs: number): readonly Interval[] {
  let leftMs = limitMs;
  const kept: Interval[] = [];
  for (const interval of mergeIntervals(intervals)) {
    if (leftMs <= 0) break;
    const endAt = Math.min(interval.endAt, interval.startAt + leftMs);
    kept.push({ startAt: interval.startAt, endAt });
    leftMs -= endAt - interval.startAt;
  }
  return kept;
}

function isFilled(interval: Interval): boolean {
  return interval.endAt > interval.startAt;
}
