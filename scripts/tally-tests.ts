/**
 * One sum over the reports of Vitest, Jest and Playwright. A test counts as passed when it ran and passed: skipped ones do not count, one that
 * passed only when tried again counts as failed, and so does whatever kept tests from running, such as a file that cannot be loaded.
 */
import { z } from 'zod';

/** Jest's report (Jest docs, `--json`), whose shape Vitest's `json` reporter has too (Vitest docs, Reporters). */
const jestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })).default([]) }),
  ),
});

/** Playwright's `json` reporter (Playwright docs, JSONReport): `expected` ended as they should, `errors` belong to no test. */
const playwrightReport = z.object({
  stats: z.object({ expected: z.int(), unexpected: z.int(), flaky: z.int() }),
  errors: z.array(z.unknown()).default([]),
});

export type Tally = { readonly passed: number; readonly failed: number };

/** Counts the report of Vitest or Jest, parsed from JSON; a missing or foreign one counts nothing. */
export function tallyJest(report: unknown): Tally {
  const { success, data } = jestReport.safeParse(report);
  if (!success) return { passed: 0, failed: 0 };
  const unloadable = data.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  );
  return { passed: data.numPassedTests, failed: data.numFailedTests + unloadable.length };
}

/** Counts Playwright's report, parsed from JSON; a missing or foreign one counts nothing. */
export function tallyPlaywright(report: unknown): Tally {
  const { success, data } = playwrightReport.safeParse(report);
  if (!success) return { passed: 0, failed: 0 };
  const { expected, unexpected, flaky } = data.stats;
  return { passed: expected, failed: unexpected + flaky + data.errors.length };
}
