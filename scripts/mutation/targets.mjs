/**
 * The mutated files, each with the smallest set of tests that is meant to notice a change in it. Slow tests that would notice as well (the
 * simulation, the model, the faults) are left out, so that a mutant costs seconds.
 */
const JUDGE_TESTS = [
  'test/unit/sync/judge-record.test.ts',
  'test/unit/sync/judge-fields.test.ts',
  'test/unit/sync/judge-news.test.ts',
];
const STORE_TESTS = [
  'test/conformance/store-battery-postgres.test.ts',
  'test/integration/store-lanes.test.ts',
  'test/integration/store-concurrency.test.ts',
];

export const TARGETS = {
  'server/domain/merge.ts': ['test/unit/domain/merge.test.ts'],
  'server/crm/hubspot/verify.ts': ['test/unit/crm/hubspot-signature.test.ts'],
  'server/sync/lane-turn.ts': ['test/unit/sync/lane-turn.test.ts'],
  'server/sync/turn.ts': ['test/unit/sync/turn.test.ts', 'test/unit/sync/lane-turn.test.ts'],
  'server/sync/judge-fields.ts': JUDGE_TESTS,
  'server/sync/judge-record.ts': JUDGE_TESTS,
  'server/store/prisma/envelope.ts': ['test/unit/server/envelope.test.ts'],
  'server/store/prisma/lanes.ts': STORE_TESTS,
  'server/store/prisma/database.ts': [
    'test/integration/store-database.test.ts',
    'test/faults/database-silence.test.ts',
  ],
};

/** The tests for the files named by `--mutate`, or for all. An unknown file gets every test of the table. */
export function testsFor(files) {
  const known = files.filter((file) => file in TARGETS);
  const chosen = known.length === files.length && files.length > 0 ? known : Object.keys(TARGETS);
  return [...new Set(chosen.flatMap((file) => TARGETS[file]))];
}
