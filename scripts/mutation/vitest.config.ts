/** Vitest as the mutation run needs it: the tests that stryker.config.mjs chose, and PostgreSQL only where one of them asks for it. */
import { defineConfig } from 'vitest/config';

const include = (process.env['MUTATION_TESTS'] ?? '').split(',').filter((file) => file !== '');
const needsPostgres = include.some((file) => !file.startsWith('test/unit/'));

export default defineConfig({
  test: {
    include,
    globalSetup: needsPostgres ? ['test/support/global-setup.ts'] : [],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
