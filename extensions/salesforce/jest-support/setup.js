/** Before each test file: accessible markup can be asserted, Apex is a set of mocks, and the page is empty after every test. */
const { registerSa11yMatcher } = require('@sa11y/jest');
const { APEX_METHODS } = require('./apex-methods.js');

registerSa11yMatcher();

for (const method of APEX_METHODS) {
  jest.doMock(`@salesforce/apex/ContractCardController.${method}`, () => ({ __esModule: true, default: jest.fn() }), {
    virtual: true,
  });
}

afterEach(() => {
  document.body.replaceChildren();
  jest.clearAllMocks();
});
