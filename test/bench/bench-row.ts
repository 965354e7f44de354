/**
 * What one row of the benchmark is. A row measures real product code and, in the same run, the physical limit that stands beside its
 * figure, so that no figure depends on a machine that the reader does not have.
 */

/** A goal that a figure is held against, in the figure's own unit. */
type Goal = { readonly kind: 'atMost'; readonly value: number } | { readonly kind: 'atLeast'; readonly value: number };

/** One number of a row. `value` is the median of `runs`. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: Goal | null;
  /** What the machine could do at best, measured in the same run and in the same unit. */
  readonly limit: number | null;
  /** One value per run, in order. */
  readonly runs: readonly number[];
};

export type BenchResult = { readonly figures: readonly Figure[]; readonly notes: readonly string[] };

export type BenchContext = {
  /** How often each figure is measured. */
  readonly runs: number;
  /** Small sizes: the shape of the output is right, the figures mean little. */
  readonly quick: boolean;
  /** A migrated database of its own, in a cluster with fsync on; dropped when the row ends. */
  createDatabase(): Promise<string>;
  /** Superuser connection string of the cluster's maintenance database. */
  readonly clusterUrl: string;
  /** Seconds of processor time of PostgreSQL and its sessions so far; null where the system does not tell. */
  postgresCpuSeconds(): number | null;
  /** A folder of the row's own, removed when it ends. */
  readonly folder: string;
  /** Says on standard error what is being done. */
  say(text: string): void;
  /** Aborted when the whole run has used up its time. */
  readonly signal: AbortSignal;
};

export type BenchRow = {
  /** The row's number in the list of headline figures. */
  readonly id: string;
  readonly title: string;
  /** The goal in words. */
  readonly goal: string;
  /** The physical limit in words, and how it is measured here. */
  readonly limit: string;
  run(context: BenchContext): Promise<BenchResult>;
};

export type FigureOptions = {
  readonly unit: string;
  readonly goal?: Goal;
  /** Per run, like the values. */
  readonly limits?: readonly number[];
};

/** A figure from the values of its runs. */
export function figureOf(name: string, runs: readonly number[], { unit, goal, limits }: FigureOptions): Figure {
  const limit = limits === undefined || limits.length === 0 ? null : median(limits);
  return { name, value: median(runs), unit, goal: goal ?? null, limit, runs };
}

/** The middle value, or the mean of the two middle ones; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The smallest value that the given share of the values does not exceed (nearest rank); NaN without values. */
export function percentileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Null without a goal. */
export function isHeld({ goal, value }: Pick<Figure, 'goal' | 'value'>): boolean | null {
  if (goal === null) return null;
  return goal.kind === 'atMost' ? value <= goal.value : value >= goal.value;
}
