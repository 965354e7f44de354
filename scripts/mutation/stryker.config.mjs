/**
 * Mutation testing of the code on which others' data depends: merging, signatures, lanes and the walls between tenants. `npm run mutate` runs it
 * all; `npm run mutate -- --mutate server/domain/merge.ts` one file.
 */
import path from 'node:path';

const here = import.meta.dirname;

export default {
  testRunner: 'vitest',
  plugins: [path.join(here, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
  vitest: { configFile: 'scripts/mutation/vitest.config.ts' },
  mutate: [
    'server/domain/merge.ts',
    'server/crm/hubspot/verify.ts',
    'server/sync/lane-turn.ts',
    'server/store/prisma/lanes.ts',
    'server/store/prisma/database.ts',
  ],
  coverageAnalysis: 'perTest',
  // Only its absence keeps Stryker from asking TypeScript 7 for an interface that it no longer has.
  tsconfigFile: 'no-tsconfig.json',
  ignorePatterns: ['docs', 'reports', 'dist', 'data', '.counterpart'],
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 2,
  thresholds: { high: 95, low: 90, break: 90 },
  allowConsoleColors: false,
};
