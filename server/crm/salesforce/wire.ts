/** Salesforce's answers as far as we read them. Numbers arrive as their own text (see `client.ts`). */
import { z } from 'zod';

/** Eighteen characters in every answer; the first fifteen tell records apart, the rest guards their case. */
export const RECORD_ID = z.string().regex(/^[a-zA-Z0-9]{18}$/);
const COUNT = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const OPTIONAL_TEXT = z.string().optional().catch(undefined);

/** One error of a failed call, or of one record of a call. */
const API_ERROR = z.object({
  errorCode: OPTIONAL_TEXT,
  statusCode: OPTIONAL_TEXT,
  message: OPTIONAL_TEXT,
  fields: z.array(z.string()).optional().catch(undefined),
});
export type ApiError = z.infer<typeof API_ERROR>;
export const API_ERRORS = z.array(API_ERROR).min(1);

/** A record as a query gives it: texts, nulls, flags and, for a relationship, a record within. */
const ROW = z.record(z.string(), z.unknown());
export type Row = z.infer<typeof ROW>;

export const QUERY_PAGE = z.object({
  totalSize: COUNT,
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(ROW),
});

export const SAVE_RESULTS = z.array(
  z.object({
    id: z.string().nullish(),
    success: z.boolean(),
    created: z.boolean().optional(),
    errors: z.array(API_ERROR).default([]),
  }),
);
export type SaveResult = z.infer<typeof SAVE_RESULTS>[number];

/** Instants as `2026-11-22T04:00:00.000+0000`. */
export const DELETED_PAGE = z.object({
  deletedRecords: z.array(z.object({ id: RECORD_ID })),
  earliestDateAvailable: z.string(),
});

export const DESCRIBE = z.object({
  name: z.string(),
  fields: z.array(z.object({ name: z.string(), type: z.string(), updateable: z.boolean() })),
});
export type DescribedField = z.infer<typeof DESCRIBE>['fields'][number];

const BULK_JOB_STATES = ['UploadComplete', 'InProgress', 'Aborted', 'JobComplete', 'Failed'] as const;
export const BULK_JOB = z.object({ id: RECORD_ID, state: z.enum(BULK_JOB_STATES) });
export type BulkJobState = z.infer<typeof BULK_JOB>['state'];
export const BULK_RESULTS = z.string();

const TOKEN = z.string().min(1).max(8_192);
export const TOKEN_ANSWER = z.object({
  access_token: TOKEN,
  /** Present with every answer once refresh tokens rotate; without rotation the former one goes on. */
  refresh_token: TOKEN.optional(),
  instance_url: z.string().max(2_048),
  /** The identity URL, `…/id/<org>/<user>`. */
  id: z.string().max(2_048),
  /** Epoch ms. */
  issued_at: z
    .string()
    .regex(/^\d{13}$/)
    .optional()
    .catch(undefined),
  scope: z.string().optional(),
});
export const IDENTITY = z.object({
  organization_id: RECORD_ID,
  user_id: RECORD_ID,
  email: z.string().nullish(),
  display_name: z.string().nullish(),
  locale: z.string().nullish(),
  language: z.string().nullish(),
});
export const OAUTH_ERROR = z.object({ error: z.string(), error_description: OPTIONAL_TEXT });
