/** The rows of the benchmark, in the order of the list of headline figures. */
import { apiCalls } from './api-calls.ts';
import { backfillQuota } from './backfill-quota.ts';
import type { BenchRow } from './bench-row.ts';
import { mirrorLatency } from './mirror-latency.ts';
import { orgApiCalls } from './org-api-calls.ts';
import { queueMemory } from './queue-memory.ts';
import { restartAfterKill } from './restart.ts';
import { webhookIntake } from './webhook-intake.ts';
import { cardRow } from './workspace-card-row.ts';
import { registerRow } from './workspace-register-row.ts';

export const BENCH_ROWS: readonly BenchRow[] = [
  mirrorLatency,
  apiCalls,
  backfillQuota,
  webhookIntake,
  cardRow,
  registerRow,
  queueMemory,
  restartAfterKill,
  orgApiCalls,
];
