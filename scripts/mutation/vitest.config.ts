/** The tests that are meant to notice a change in the mutated files; the slow ones that would notice as well are left out. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'test/unit/domain/merge.test.ts',
      'test/unit/crm/hubspot-signature.test.ts',
      'test/unit/sync/engine.test.ts',
      'test/unit/sync/limits.test.ts',
      'test/conformance/store-battery-postgres.test.ts',
      'test/conformance/tenancy.test.ts',
      'test/integration/store-concurrency.test.ts',
    ],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
