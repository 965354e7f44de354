/** Jest for the Lightning components, with Salesforce's own preset. Run by `node scripts/test-lightning.mjs`. */
const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
  ...jestConfig,
  // Checking a whole card for accessibility takes seconds on a busy machine.
  testTimeout: 30_000,
  testMatch: ['<rootDir>/force-app/**/__tests__/**/*.test.js'],
  setupFilesAfterEnv: [...jestConfig.setupFilesAfterEnv, '<rootDir>/jest-support/setup.js'],
  moduleNameMapper: {
    // Modules of the platform that the preset does not bring.
    '^lightning/(actions|modal)$': '<rootDir>/jest-support/lightning/$1.js',
    '^jest-support/(.*)$': '<rootDir>/jest-support/$1',
    '^card-fixtures$': '<rootDir>/../../test/cards/card-fixtures.ts',
  },
};
