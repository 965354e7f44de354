/**
 * Nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed. It is always one of the values and
 * never interpolated (domain §7.4). Null for no values.
 */
export function percentileNearestRank(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent * sorted.length) / 100);
  return sorted[Math.max(rank, 1) - 1] ?? null;
}
