import { describe, expect, test } from 'vitest';
import { HOST_FAILURE_FATES } from '../../../server/crm/port.ts';
import { FAILURE_CLASSES, budgetOf, classify, failureOf, failureOfPart } from '../../../server/crm/hubspot/failures.ts';
import type { FailureClass } from '../../../server/crm/hubspot/failures.ts';
import { ERROR_BODY } from '../../../server/crm/hubspot/wire.ts';
import type { BudgetBucket, CallEffect, HttpAnswer } from '../../../server/crm/transport.ts';

const READ = { effect: 'read', bucket: 'burst' } as const;
const WRITE = { effect: 'write', bucket: 'burst' } as const;
const SEARCH = { effect: 'read', bucket: 'search' } as const;
const answer = (status: number, body: unknown = null, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body,
});

type Case = readonly [status: number, body: unknown, call: { effect: CallEffect; bucket: BudgetBucket }];
const CASES: Record<FailureClass, readonly Case[]> = {
  rejected: [
    [400, { category: 'VALIDATION_ERROR' }, READ],
    [409, {}, WRITE],
    [413, null, WRITE],
    [414, 'text', READ],
    [415, [], WRITE],
  ],
  token_refused: [
    [401, { category: 'EXPIRED_AUTHENTICATION' }, READ],
    [401, null, WRITE],
  ],
  missing_scopes: [[403, { category: 'MISSING_SCOPES' }, READ]],
  forbidden: [[403, { message: 'This account cannot' }, READ]],
  not_found: [
    [404, { message: 'resource not found' }, READ],
    [400, { category: 'OBJECT_NOT_FOUND' }, WRITE],
  ],
  locked: [[423, {}, WRITE]],
  burst_limited: [
    [429, { policyName: 'TEN_SECONDLY_ROLLING' }, READ],
    [429, null, WRITE],
  ],
  search_limited: [
    [429, { policyName: 'SECONDLY' }, SEARCH],
    [429, {}, SEARCH],
  ],
  daily_limited: [
    [429, { policyName: 'DAILY' }, READ],
    [429, { policyName: 'DAILY' }, SEARCH],
  ],
  migrating: [[477, {}, WRITE]],
  overloaded: [
    ...[500, 502, 503, 504, 521, 522, 523, 524, 525, 526].map((status): Case => [status, '<html>', READ]),
    [503, {}, WRITE],
    [521, {}, WRITE],
  ],
  outcome_unknown: [500, 502, 504, 524].map((status): Case => [status, {}, WRITE]),
  redirected: [
    [302, null, READ],
    [307, null, WRITE],
  ],
  unexpected: [
    [100, null, READ],
    [600, null, WRITE],
    [404, '<html>Not Found</html>', READ],
    [404, {}, READ],
    [403, null, WRITE],
  ],
};

describe('every answer has one class, and every class a failure with a fate', () => {
  test.each(FAILURE_CLASSES)('%s', (name) => {
    expect(CASES[name].length).toBeGreaterThan(0);
    for (const [status, body, call] of CASES[name]) {
      const parsed = ERROR_BODY.safeParse(body);
      expect(classify(answer(status), parsed.success ? parsed.data : {}, call)).toBe(name);
      const failure = failureOf(answer(status, body), call);
      expect(failure === null ? null : HOST_FAILURE_FATES[failure.kind]).toBeTypeOf('string');
    }
  });

  test('200, 201, 204 and 207 are no failures', () => {
    for (const status of [200, 201, 204, 207]) expect(failureOf(answer(status), WRITE)).toBeNull();
  });

  test('message texts decide nothing', () => {
    const misleading = { message: 'You have reached your daily limit. MISSING_SCOPES. Not found.' };
    expect(failureOf(answer(429, misleading), READ)).toMatchObject({ scope: 'burst' });
    expect(failureOf(answer(403, misleading), READ)).toEqual({ kind: 'forbidden', missing: [] });
    expect(failureOf(answer(400, misleading), READ)).toMatchObject({ kind: 'rejected', code: 'HTTP_400' });
  });
});

describe('waits', () => {
  test('HubSpot docs, Error handling: a lock is tried again after two seconds', () => {
    expect(failureOf(answer(423), WRITE)).toMatchObject({ kind: 'unavailable', retryAfterMs: 2_000 });
  });
  test('HubSpot docs, Error handling: a migrating account says when, up to a day', () => {
    expect(failureOf(answer(477, {}, { 'retry-after': '600' }), WRITE)).toMatchObject({ retryAfterMs: 600_000 });
    expect(failureOf(answer(477, {}, { 'retry-after': '999999' }), WRITE)).toMatchObject({ retryAfterMs: 86_400_000 });
    expect(failureOf(answer(477, {}, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), WRITE)).toMatchObject({
      retryAfterMs: 3_600_000,
    });
  });
  test('HubSpot docs, Usage guidelines: ten seconds for a burst, one for search, an hour for a spent day', () => {
    expect(failureOf(answer(429, { policyName: 'TEN_SECONDLY_ROLLING' }), READ)).toEqual({
      kind: 'rateLimited',
      retryAfterMs: 10_000,
      scope: 'burst',
    });
    expect(failureOf(answer(429), SEARCH)).toEqual({ kind: 'rateLimited', retryAfterMs: 1_000, scope: 'burst' });
    expect(failureOf(answer(429, { policyName: 'DAILY' }), READ)).toEqual({
      kind: 'rateLimited',
      retryAfterMs: 3_600_000,
      scope: 'daily',
    });
  });
});

describe('refusals', () => {
  test('missing scopes are named wherever HubSpot puts them', () => {
    const context = { requiredGranularScopes: ['crm.objects.deals.write'] };
    for (const body of [
      { category: 'MISSING_SCOPES', errors: [{ context }] },
      { category: 'MISSING_SCOPES', context },
    ]) {
      expect(failureOf(answer(403, body), WRITE)).toEqual({ kind: 'forbidden', missing: ['crm.objects.deals.write'] });
    }
  });

  test("a customer's own rule is a refusal with the field it concerns, never a retry", () => {
    const body = {
      category: 'VALIDATION_ERROR',
      errors: [
        {
          code: 'MISSING_CONDITIONAL_REQUIRED_PROPERTY',
          message: 'x',
          context: { propertyName: ['counterpart_stage'] },
        },
      ],
    };
    const failure = failureOf(answer(400, body), WRITE);
    expect(failure).toMatchObject({ kind: 'rejected', code: 'MISSING_CONDITIONAL_REQUIRED_PROPERTY', field: 'stage' });
    expect(failure?.kind === 'rejected' && HOST_FAILURE_FATES[failure.kind]).toBe('dead_letter');
  });

  test("a property that is the customer's own is told in the detail", () => {
    const body = {
      category: 'VALIDATION_ERROR',
      errors: [{ code: 'MISSING_REQUIRED_PROPERTY', in: 'closed_lost_reason' }],
    };
    expect(failureOf(answer(400, body), WRITE)).toEqual({
      kind: 'rejected',
      code: 'MISSING_REQUIRED_PROPERTY',
      field: null,
      detail: 'closed_lost_reason',
    });
  });

  test('parts of a 207 answer are judged alike', () => {
    expect(failureOfPart({ category: 'OBJECT_NOT_FOUND' })).toEqual({ kind: 'notFound' });
    expect(
      failureOfPart({
        category: 'VALIDATION_ERROR',
        errors: [{ code: 'INVALID_OPTION', context: { propertyName: ['counterpart_health'] } }],
      }),
    ).toMatchObject({
      kind: 'rejected',
      code: 'INVALID_OPTION',
      field: 'health',
    });
  });

  test('S14 texts of the host are cut to a bounded length', () => {
    const failure = failureOf(answer(400, { message: 'x'.repeat(10_000) }), WRITE);
    expect(failure?.kind === 'rejected' ? failure.detail.length : 0).toBe(300);
  });

  test('bodies of any shape are survived', () => {
    for (const body of [
      null,
      'text',
      5,
      [],
      { errors: 'no' },
      { errors: [null] },
      { context: { a: 1 } },
      { category: 5 },
    ]) {
      expect(failureOf(answer(400, body), READ)).toMatchObject({ kind: 'rejected' });
    }
  });
});

describe('S7 what an answer says about the budget', () => {
  test('the headers of an ordinary answer', () => {
    const headers = {
      'x-hubspot-ratelimit-max': '110',
      'x-hubspot-ratelimit-remaining': '42',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
    };
    expect(budgetOf(answer(200, {}, headers), 'burst')).toEqual({
      bucket: 'burst',
      max: 110,
      remaining: 42,
      intervalMs: 10_000,
      limited: null,
    });
  });
  test('searches carry none', () => {
    expect(budgetOf(answer(200, {}), 'search')).toBeNull();
  });
  test('a refusal for limits', () => {
    expect(budgetOf(answer(429, { policyName: 'DAILY' }), 'burst')?.limited).toEqual({
      scope: 'daily',
      retryAfterMs: 3_600_000,
    });
    expect(budgetOf(answer(429, {}), 'search')?.limited).toEqual({ scope: 'burst', retryAfterMs: 1_000 });
  });
});
