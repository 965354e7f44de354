/** Records of two CRMs that seem to stand for the same company or deal: what managers see of them and admins decide. */
import { z } from 'zod';
import { instant } from './card.ts';

export const MATCH_REASON_CODES = [
  'external_id',
  'same_domain',
  'same_name',
  'same_name_without_form',
  'similar_name',
  'same_place',
  'same_contract',
  'other_domain',
  'other_country',
] as const;

const contractName = z.object({ id: z.string(), number: z.string(), title: z.string() });
const side = z.object({
  host: z.enum(['hubspot', 'salesforce']),
  connectionName: z.string(),
  recordId: z.string(),
  name: z.string().nullable(),
  domain: z.string().nullable(),
  city: z.string().nullable(),
  country: z.string().nullable(),
  url: z.string().nullable(),
  contracts: z.array(contractName).max(50),
});
export const matchState = z.enum(['suggested', 'confirmed', 'dismissed']);
export const recordMatchView = z.object({
  id: z.string(),
  objectType: z.enum(['opportunity', 'account']),
  state: matchState,
  score: z.int().min(0).max(100),
  reasons: z.array(z.enum(MATCH_REASON_CODES)),
  left: side,
  right: side,
  attached: z.int().describe('Links that confirming made'),
  decidedAt: instant.nullable(),
  decidedBy: z.string().nullable(),
});
export type RecordMatchView = z.infer<typeof recordMatchView>;

/** GET /v1/record-matches?state=&after= */
export const recordMatchList = z.object({
  results: z.array(recordMatchView).max(25),
  next: z.string().nullable(),
  counts: z.object({ suggested: z.int(), confirmed: z.int(), dismissed: z.int() }),
  search: z
    .object({ startedAt: instant, finishedAt: instant.nullable(), seen: z.int(), of: z.int() })
    .nullable()
    .describe('The last comparison of names and domains; null before the first one'),
});
export type RecordMatchList = z.infer<typeof recordMatchList>;

/** GET /v1/record-matches/{id}, and the answer to each decision */
export const recordMatchDetail = z.object({
  match: recordMatchView,
  preview: z
    .object({ toLeft: z.array(contractName), toRight: z.array(contractName) })
    .describe('What confirming would attach to each side, as it is now'),
});
export type RecordMatchDetail = z.infer<typeof recordMatchDetail>;

/** POST /v1/record-matches/{id}/confirm */
export const confirmMatchRequest = z.strictObject({
  attach: z.boolean().describe("Attach each side's contracts to the other side"),
});
