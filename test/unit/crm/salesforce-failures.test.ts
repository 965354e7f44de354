import { describe, expect, test } from 'vitest';
import { HOST_FAILURE_FATES } from '../../../server/crm/port.ts';
import type { FailureFate } from '../../../server/crm/port.ts';
import {
  budgetOf,
  classify,
  CODE_CLASSES,
  FAILURE_CLASSES,
  failureOf,
  failureOfPart,
} from '../../../server/crm/salesforce/failures.ts';
import type { FailureClass } from '../../../server/crm/salesforce/failures.ts';
import { failureOfToken, isBusy, TOKEN_REFUSALS } from '../../../server/crm/salesforce/oauth-failures.ts';
import type { CallEffect, HttpAnswer } from '../../../server/crm/transport.ts';

const READ = { effect: 'read' } as const;
const WRITE = { effect: 'write' } as const;
const answer = (status: number, body: unknown = null, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body,
});
const errors = (errorCode: string, fields: readonly string[] = []): unknown => [{ message: 'Text', errorCode, fields }];

/**
 * Every code that is known by name: the status it comes with, and its fate for a call as a whole and for one record of a call
 * that went through.
 */
type Fates = { readonly status: number; readonly call: FailureFate; readonly record: FailureFate };
const CODES: Record<string, Fates> = {
  UNABLE_TO_LOCK_ROW: { status: 400, call: 'retry_later', record: 'retry_later' },
  REQUEST_LIMIT_EXCEEDED: { status: 403, call: 'retry_later', record: 'retry_later' },
  SERVER_UNAVAILABLE: { status: 503, call: 'retry_later', record: 'retry_later' },
  QUERY_TIMEOUT: { status: 400, call: 'retry_later', record: 'retry_later' },
  UNKNOWN_EXCEPTION: { status: 500, call: 'retry_later', record: 'retry_later' },
  STORAGE_LIMIT_EXCEEDED: { status: 403, call: 'retry_later', record: 'retry_later' },
  INVALID_QUERY_LOCATOR: { status: 400, call: 'retry_later', record: 'retry_later' },
  INVALID_SESSION_ID: { status: 401, call: 'refresh_once', record: 'refresh_once' },
  INVALID_AUTH_HEADER: { status: 401, call: 'refresh_once', record: 'refresh_once' },
  ENTITY_IS_DELETED: { status: 404, call: 'tombstone', record: 'tombstone' },
  NOT_FOUND: { status: 404, call: 'tombstone', record: 'tombstone' },
  INVALID_CROSS_REFERENCE_KEY: { status: 404, call: 'tombstone', record: 'tombstone' },
  MALFORMED_ID: { status: 400, call: 'tombstone', record: 'tombstone' },
  ENTITY_IS_LOCKED: { status: 400, call: 'retry_later', record: 'retry_later' },
  RECORD_LOCKED: { status: 400, call: 'retry_later', record: 'retry_later' },
  ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE: { status: 400, call: 'replan', record: 'replan' },
  INSUFFICIENT_ACCESS_OR_READONLY: { status: 403, call: 'park_connection', record: 'dead_letter' },
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: { status: 403, call: 'park_connection', record: 'dead_letter' },
  FIELD_NOT_UPDATABLE: { status: 400, call: 'park_connection', record: 'park_connection' },
  INVALID_FIELD_FOR_INSERT_UPDATE: { status: 400, call: 'park_connection', record: 'park_connection' },
  API_CURRENTLY_DISABLED: { status: 403, call: 'park_connection', record: 'park_connection' },
  API_DISABLED_FOR_ORG: { status: 403, call: 'park_connection', record: 'park_connection' },
  INSUFFICIENT_ACCESS: { status: 403, call: 'park_connection', record: 'park_connection' },
  CLIENT_NOT_ACCESSIBLE_FOR_USER: { status: 403, call: 'park_connection', record: 'park_connection' },
  INVALID_TYPE: { status: 400, call: 'park_connection', record: 'park_connection' },
  INVALID_FIELD: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  REQUIRED_FIELD_MISSING: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  STRING_TOO_LONG: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  DUPLICATE_VALUE: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  DUPLICATES_DETECTED: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  DUPLICATE_EXTERNAL_ID: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  FIELD_CUSTOM_VALIDATION_EXCEPTION: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  FIELD_INTEGRITY_EXCEPTION: { status: 400, call: 'dead_letter', record: 'dead_letter' },
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: { status: 400, call: 'dead_letter', record: 'dead_letter' },
};

describe('every error code has a fate, as a call and as a record', () => {
  test('the table has every code that the code knows', () => {
    expect(Object.keys(CODES).toSorted()).toEqual(Object.keys(CODE_CLASSES).toSorted());
  });

  test.each(Object.entries(CODES))('%s', (code, { status, call, record }) => {
    for (const effect of [READ, WRITE]) {
      const failure = failureOf(answer(status, errors(code)), effect);
      expect(failure === null ? null : HOST_FAILURE_FATES[failure.kind]).toBe(call);
    }
    const part = failureOfPart([{ statusCode: code, message: 'Text', fields: [] }]);
    expect(HOST_FAILURE_FATES[part.kind]).toBe(record);
  });

  test('a code that nobody has seen is a plain refusal with its own name', () => {
    const part = failureOfPart([
      { statusCode: 'NEW_IN_2028', message: 'Text', fields: ['counterpart__Contract_Stage__c'] },
    ]);
    expect(part).toEqual({
      kind: 'rejected',
      code: 'NEW_IN_2028',
      field: 'stage',
      detail: 'counterpart__Contract_Stage__c: Text',
    });
    expect(failureOfPart([])).toMatchObject({ kind: 'rejected', code: 'UNKNOWN' });
  });
});

type Case = readonly [status: number, body: unknown, call: { effect: CallEffect }];
const CASES: Record<FailureClass, readonly Case[]> = {
  rejected: [
    [400, [{ message: 'Text', errorCode: 'JSON_PARSER_ERROR' }], WRITE],
    [300, ['/services/data/v68.0/sobjects/x'], WRITE],
    [405, null, READ],
    [409, null, WRITE],
    [415, [], WRITE],
  ],
  stale: [[412, null, WRITE]],
  token_refused: [
    [401, null, READ],
    [401, [{ message: 'Session expired', errorCode: 'INVALID_SESSION_ID' }], WRITE],
  ],
  field_forbidden: [[400, errors('INVALID_FIELD_FOR_INSERT_UPDATE'), WRITE]],
  record_forbidden: [[403, errors('INSUFFICIENT_ACCESS_OR_READONLY'), READ]],
  app_forbidden: [[403, errors('SOMETHING_ELSE'), READ]],
  not_found: [[404, errors('SOMETHING_ELSE'), READ]],
  row_locked: [[400, errors('UNABLE_TO_LOCK_ROW'), WRITE]],
  approval_locked: [[400, errors('ENTITY_IS_LOCKED'), WRITE]],
  request_limited: [
    [403, errors('REQUEST_LIMIT_EXCEEDED'), READ],
    [429, null, READ],
  ],
  storage_full: [[403, errors('STORAGE_LIMIT_EXCEEDED'), WRITE]],
  paging_lost: [[400, errors('INVALID_QUERY_LOCATOR'), READ]],
  overloaded: [
    [503, '<html>', READ],
    [503, null, WRITE],
    [500, errors('UNKNOWN_EXCEPTION'), READ],
  ],
  outcome_unknown: [
    [500, errors('UNKNOWN_EXCEPTION'), WRITE],
    [502, '<html>', WRITE],
    [504, null, WRITE],
  ],
  redirected: [
    [302, null, READ],
    [307, null, WRITE],
  ],
  unexpected: [
    [100, null, READ],
    [403, '<html>Forbidden</html>', READ],
    [404, null, READ],
    [404, [{}], READ],
    [600, null, WRITE],
  ],
};

describe('every answer has one class, and every class a failure with a fate', () => {
  test.each(FAILURE_CLASSES)('%s', (name) => {
    for (const [status, body, call] of CASES[name]) {
      const [error = {}] = Array.isArray(body) ? (body as readonly object[]) : [];
      expect(classify(status, typeof error === 'string' ? {} : error, call)).toBe(name);
      const failure = failureOf(answer(status, body), call);
      expect(failure === null ? null : HOST_FAILURE_FATES[failure.kind]).toBeTypeOf('string');
    }
  });

  test('200, 201 and 204 are no failures', () => {
    for (const status of [200, 201, 204]) expect(failureOf(answer(status), WRITE)).toBeNull();
  });
});

describe('details that decide', () => {
  test('S2 our own trigger’s refusal means that the record has moved on; any other rule’s words do not', () => {
    const refusal = (message: string) =>
      failureOfPart([{ statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message, fields: [] }]);
    expect(refusal('STALE_BASE_VERSION: written on version 3, the record is at 4')).toEqual({ kind: 'stale' });
    expect(refusal('STALE_REVISION: written 3, the record is at 4')).toEqual({ kind: 'stale' });
    expect(refusal('STALE_REVISIONS are kept')).toMatchObject({ kind: 'rejected' });
    expect(refusal('Close date first. STALE_BASE_VERSION')).toMatchObject({ kind: 'rejected' });
  });

  test('the names of fields that may not be written are handed on', () => {
    const part = { statusCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['counterpart__Sync_Token__c'] };
    expect(failureOfPart([part])).toEqual({ kind: 'forbidden', missing: ['counterpart__Sync_Token__c'] });
  });

  test('S7 a spent day waits a quarter of an hour, too many calls at once ten seconds', () => {
    const body = errors('REQUEST_LIMIT_EXCEEDED');
    const at = (usage: string | null) =>
      failureOf(answer(403, body, usage === null ? {} : { 'sforce-limit-info': usage }), READ);
    const daily = { kind: 'rateLimited', scope: 'daily', retryAfterMs: 900_000 };
    expect(at('api-usage=15001/15000')).toEqual(daily);
    expect(at(null)).toEqual(daily);
    expect(at('api-usage=20/15000')).toEqual({ kind: 'rateLimited', scope: 'burst', retryAfterMs: 10_000 });
  });
});

describe('S7 what an answer says of the day’s calls', () => {
  const info = (text: string) => ({ 'sforce-limit-info': text });
  test('used and allowed, on successes and refusals', () => {
    const report = { bucket: 'daily', max: 15_000, remaining: 14_900, intervalMs: 86_400_000, limited: null };
    expect(budgetOf(answer(200, null, info('api-usage=100/15000')))).toEqual(report);
    expect(budgetOf(answer(200, null, info('api-usage=100/15000, per-app-api-usage=7/250(appName=x)')))).toEqual(
      report,
    );
    expect(budgetOf(answer(400, errors('INVALID_FIELD'), info('api-usage=100/15000')))).toEqual(report);
  });
  test('more than allowed leaves none', () => {
    expect(budgetOf(answer(200, null, info('api-usage=16000/15000')))).toMatchObject({ max: 15_000, remaining: 0 });
  });
  test('a refusal without numbers still stops the day', () => {
    expect(budgetOf(answer(403, errors('REQUEST_LIMIT_EXCEEDED')))).toEqual({
      bucket: 'daily',
      max: null,
      remaining: null,
      intervalMs: null,
      limited: { scope: 'daily', retryAfterMs: 900_000 },
    });
  });
  test('nothing said, nothing reported', () => {
    expect(budgetOf(answer(200))).toBeNull();
    expect(budgetOf(answer(200, null, info('nonsense')))).toBeNull();
    expect(budgetOf(answer(500))).toBeNull();
  });
});

describe('the token endpoint', () => {
  const refusal = (error: string, description = '') => answer(400, { error, error_description: description });
  test.each(Object.entries(TOKEN_REFUSALS))('%s', (error, refusalClass) => {
    const kinds = {
      revoked: 'authRevoked',
      barred: 'rejected',
      client: 'rejected',
      rate: 'rateLimited',
      outage: 'unavailable',
    };
    expect(failureOfToken(refusal(error)).kind).toBe(kinds[refusalClass]);
  });
  test('an app that is not installed in the org is named so', () => {
    for (const error of ['OAUTH_APPROVAL_ERROR_GENERIC', 'invalid_client'])
      expect(failureOfToken(refusal(error))).toEqual({
        kind: 'rejected',
        code: 'APP_NOT_INSTALLED',
        field: null,
        detail: error,
      });
  });
  test('an outage and an unreadable answer end no grant', () => {
    expect(failureOfToken(answer(503, '<html>')).kind).toBe('unavailable');
    expect(failureOfToken(answer(400, '<html>'))).toMatchObject({ kind: 'rejected', code: 'HTTP_400' });
    expect(failureOfToken(refusal('constructor'))).toMatchObject({ kind: 'rejected', code: 'constructor' });
  });
  test('a refresh under way elsewhere is not an ended grant', () => {
    expect(isBusy(refusal('invalid_grant', 'Token request is already being processed'))).toBe(true);
    expect(isBusy(refusal('invalid_grant', 'expired access/refresh token'))).toBe(false);
    expect(isBusy(answer(200, {}))).toBe(false);
  });
});
