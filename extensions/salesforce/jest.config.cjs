/** Jest for the Lightning components, with Salesforce's own preset. Run by `node scripts/test-lightning.mjs`. */
const { dirname } = require('node:path');
const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

/** The engine of the release that the templates are compiled for; left alone, the preset would run them on its own, older one. */
const engine = require.resolve('@lwc/engine-dom', { paths: [dirname(require.resolve('lwc'))] });

module.exports = {
  ...jestConfig,
  testMatch: ['<rootDir>/force-app/**/__tests__/**/*.test.js'],
  // Checking a whole card for accessibility takes seconds on a busy machine.
  testTimeout: 30_000,
  setupFilesAfterEnv: [...jestConfig.setupFilesAfterEnv, '<rootDir>/jest-support/setup.js'],
  moduleNameMapper: {
    '^(lwc|@lwc/engine-dom)$': engine,
    // Modules of the platform that the preset does not bring.
    '^lightning/(actions|modal)$': '<rootDir>/jest-support/lightning/$1.js',
    '^jest-support/(.*)$': '<rootDir>/jest-support/$1',
    '^card-fixtures$': '<rootDir>/../../test/cards/card-fixtures.ts',
  },
  // The engine comes as ES modules.
  transformIgnorePatterns: [
    '/node_modules/(?!(.*@lwc/(state|engine-dom|shared|features|signals))|(.*@salesforce/sfdx-lwc-jest/src/lightning-stubs)/)',
  ],
};
