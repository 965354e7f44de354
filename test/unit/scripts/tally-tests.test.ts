import { describe, expect, test } from 'vitest';
import { tallyPlaywright, tallyJest } from '../../../scripts/tally-tests.ts';

const file = (...statuses: string[]) => ({
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});

describe('the sum of all tests', () => {
  test('counts what passed and what failed, and not what was skipped', () => {
    const testResults = [file('passed', 'passed', 'pending', 'todo'), file('passed', 'failed')];
    const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1, testResults };
    expect(tallyJest(report)).toEqual({ passed: 3, failed: 1 });
    const stats = { expected: 4, skipped: 2, unexpected: 1, flaky: 0 };
    expect(tallyPlaywright({ stats, errors: [] })).toEqual({ passed: 4, failed: 1 });
  });

  test('a file that cannot be loaded counts as a failure', () => {
    const testResults = [file('passed'), { status: 'failed', message: 'SyntaxError', assertionResults: [] }];
    expect(tallyJest({ numPassedTests: 1, numFailedTests: 0, testResults })).toEqual({ passed: 1, failed: 1 });
    const stats = { expected: 0, skipped: 0, unexpected: 0, flaky: 0 };
    expect(tallyPlaywright({ stats, errors: [{ message: 'no browser' }] })).toEqual({ passed: 0, failed: 1 });
  });

  test('passing only at a second try is a failure', () => {
    const stats = { expected: 1, skipped: 0, unexpected: 0, flaky: 1 };
    expect(tallyPlaywright({ stats })).toEqual({ passed: 1, failed: 1 });
  });

  test.each([undefined, null, {}, [], { stats: {} }, { numPassedTests: '9' }])(
    'the report %j counts nothing',
    (report) => {
      expect(tallyJest(report)).toEqual({ passed: 0, failed: 0 });
      expect(tallyPlaywright(report)).toEqual({ passed: 0, failed: 0 });
    },
  );
});
