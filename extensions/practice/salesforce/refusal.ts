/**
 * Why the org refuses. A refusal is thrown, because it unwinds the whole save of a record, triggers included, the way `addError` and a
 * failing check do; the routes and the per-record results of a collection are where it is caught.
 */
const ERROR_CODES = [
  'CANNOT_DELETE_REQUIRED',
  'DELETE_FAILED',
  'DUPLICATE_EXTERNAL_ID',
  'DUPLICATE_VALUE',
  'ENTITY_IS_DELETED',
  'ENTITY_IS_LOCKED',
  'EXCEEDED_ID_LIMIT',
  'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  'FIELD_INTEGRITY_EXCEPTION',
  'ILLEGAL_QUERY_PARAMETER_VALUE',
  'INSUFFICIENT_ACCESS_OR_READONLY',
  'INVALID_BATCH_SIZE',
  'INVALID_CROSS_REFERENCE_KEY',
  'INVALID_EMAIL_ADDRESS',
  'INVALID_FIELD',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
  'INVALID_ID_FIELD',
  'INVALID_LOCATOR',
  'INVALIDJOB',
  'INVALIDJOBSTATE',
  'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
  'INVALID_QUERY_FILTER_OPERATOR',
  'INVALID_QUERY_LOCATOR',
  'INVALID_REPLICATION_DATE',
  'INVALID_SESSION_ID',
  'INVALID_TYPE',
  'INVALID_TYPE_ON_FIELD_IN_RECORD',
  'JSON_PARSER_ERROR',
  'MALFORMED_ID',
  'MALFORMED_QUERY',
  'METHOD_NOT_ALLOWED',
  'MISSING_ARGUMENT',
  'NOT_FOUND',
  'NUMBER_OUTSIDE_VALID_RANGE',
  'PROCESSING_HALTED',
  'REQUEST_LIMIT_EXCEEDED',
  'REQUIRED_FIELD_MISSING',
  'SERVER_UNAVAILABLE',
  'STALE',
  'STRING_TOO_LONG',
  'UNABLE_TO_LOCK_ROW',
  'UNDELETE_FAILED',
  'UNKNOWN_EXCEPTION',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export class OrgRefusal extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly string[];
  /** Status where the refusal answers the whole request. */
  readonly httpStatus: number;
  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly fields?: readonly string[]; readonly httpStatus?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.fields = more.fields ?? [];
    this.httpStatus = more.httpStatus ?? STATUS_OF[code] ?? 400;
  }
}

/** REST guide, Status codes and error responses; every other code is 400. */
const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  INVALID_SESSION_ID: 401,
  REQUEST_LIMIT_EXCEEDED: 403,
  INSUFFICIENT_ACCESS_OR_READONLY: 403,
  NOT_FOUND: 404,
  ENTITY_IS_DELETED: 404,
  METHOD_NOT_ALLOWED: 405,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNKNOWN_EXCEPTION: 500,
  SERVER_UNAVAILABLE: 503,
};

export const notFound = (): OrgRefusal => new OrgRefusal('NOT_FOUND', 'The requested resource does not exist');

/** The body of a refused request (REST guide, Status codes and error responses). */
export function errorBody(refusal: OrgRefusal): readonly unknown[] {
  const { code, message, fields } = refusal;
  return [{ message, errorCode: code, ...(fields.length > 0 || DATA_CODES.has(code) ? { fields } : {}) }];
}
const DATA_CODES: ReadonlySet<ErrorCode> = new Set([
  'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  'FIELD_INTEGRITY_EXCEPTION',
  'REQUIRED_FIELD_MISSING',
  'STRING_TOO_LONG',
  'DUPLICATE_VALUE',
  'ENTITY_IS_DELETED',
  'UNABLE_TO_LOCK_ROW',
]);

/** One failed record of a collection (REST guide, sObject Collections). */
export function saveError(refusal: OrgRefusal): Readonly<Record<string, unknown>> {
  return { statusCode: refusal.code, message: refusal.message, fields: refusal.fields };
}
