/** The rows of the benchmark, in the order of the list of headline figures. */
import type { BenchRow } from './bench-row.ts';
import { webhookIntake } from './webhook-intake.ts';

export const BENCH_ROWS: readonly BenchRow[] = [webhookIntake];
