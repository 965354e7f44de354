/**
 * Mutation testing of the code on which others' data depends: merging, signatures, lanes and the walls between tenants. `npm run mutate` runs it
 * all; `npm run mutate -- --mutate server/domain/merge.ts` one file, with its own tests only.
 */
import path from 'node:path';
import { TARGETS, testsFor } from './targets.mjs';

const here = import.meta.dirname;
const asked = process.argv.indexOf('--mutate');
const files = asked === -1 ? [] : (process.argv[asked + 1] ?? '').split(',').map((file) => file.replace(/:.*$/, ''));
// The test runners are processes of their own; they read this in vitest.config.ts.
process.env.MUTATION_TESTS ??= testsFor(files).join(',');

export default {
  testRunner: 'vitest',
  plugins: [path.join(here, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
  vitest: { configFile: 'scripts/mutation/vitest.config.ts' },
  mutate: Object.keys(TARGETS),
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
