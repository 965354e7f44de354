/** RFC 9457 problem documents: one code per failure, with what to do about it. */
import { z } from 'zod';

export const PROBLEM_CODES = [
  'bad_request',
  'invalid_body',
  'not_signed_in',
  'signature_refused',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'record_not_in_portal',
  'revision_conflict',
  'stage_move_refused',
  'date_refused',
  'already_attached',
  'idempotency_mismatch',
  'not_connected',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'host_unavailable',
  'import_invalid',
  'internal',
  'unavailable',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(PROBLEM_CODES),
  /** What to do about it. */
  detail: z.string().optional(),
  /** A stable code of the domain's own, e.g. why a stage move was refused. */
  reason: z.string().optional(),
  instance: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
