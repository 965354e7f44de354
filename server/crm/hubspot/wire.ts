/**
 * What HubSpot sends, as schemas: every field we use and no other. Error bodies are wholly optional, because HubSpot's page on error
 * handling says so. Ids arrive as text in objects and as numbers in events and associations; both become text.
 */
import { z } from 'zod';

/** Ids beyond 2^53 would have lost digits in JSON.parse, so they are refused rather than guessed. */
export const HUBSPOT_ID = z
  .union([z.string().regex(/^[0-9]{1,20}$/), z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)])
  .transform(String);

const TEXT_OR_NULL = z.string().nullable();

const ERROR_CONTEXT = z.record(z.string(), z.array(z.string()).catch([])).optional().catch(undefined);
const OPTIONAL_TEXT = z.string().optional().catch(undefined);

const ERROR_DETAIL = z.object({
  code: OPTIONAL_TEXT,
  category: OPTIONAL_TEXT,
  subCategory: OPTIONAL_TEXT,
  message: OPTIONAL_TEXT,
  in: OPTIONAL_TEXT,
  context: ERROR_CONTEXT,
});
export type ErrorDetail = z.infer<typeof ERROR_DETAIL>;

/** An error answer, and equally one error part of a 207 answer. */
export const ERROR_BODY = ERROR_DETAIL.extend({
  policyName: OPTIONAL_TEXT,
  errors: z.array(ERROR_DETAIL).optional().catch(undefined),
});
export type ErrorBody = z.infer<typeof ERROR_BODY>;

const HISTORY_ENTRY = z.object({
  value: z.string().nullable().default(null),
  timestamp: z.string(),
  sourceType: z.string(),
  sourceId: z.string().nullish(),
  updatedByUserId: z.union([z.number(), z.string()]).nullish(),
});
export type HistoryEntry = z.infer<typeof HISTORY_ENTRY>;

export const OBJECT = z.object({
  id: HUBSPOT_ID,
  properties: z.record(z.string(), TEXT_OR_NULL),
  propertiesWithHistory: z.record(z.string(), z.array(HISTORY_ENTRY)).optional(),
  updatedAt: z.string(),
  archived: z.boolean().optional(),
});
export type HubSpotRecord = z.infer<typeof OBJECT>;

export const BATCH_READ = z.object({ results: z.array(OBJECT) });

/** A batch write answers with what it did; 207 adds what it did not. */
export const BATCH_WRITE = z.object({
  results: z.array(z.object({ id: HUBSPOT_ID, objectWriteTraceId: z.string().nullish() })),
  errors: z.array(ERROR_BODY).optional().catch(undefined),
});

export const PAGE = z.object({
  results: z.array(OBJECT),
  total: z.number().int().nonnegative().optional(),
  paging: z.object({ next: z.object({ after: z.string() }).optional() }).optional(),
});

export const ASSOCIATION_BATCH = z.object({
  results: z.array(
    z.object({
      from: z.object({ id: HUBSPOT_ID }),
      to: z.array(z.object({ toObjectId: HUBSPOT_ID })),
    }),
  ),
});

const PROPERTY_OPTION = z.object({
  label: z.string(),
  value: z.string(),
  hidden: z.boolean().default(false),
  displayOrder: z.number().optional(),
  description: z.string().nullish(),
});
export type PropertyOption = z.infer<typeof PROPERTY_OPTION>;
const PROPERTY = z.object({
  name: z.string(),
  type: z.string(),
  fieldType: z.string(),
  groupName: z.string().nullish(),
  archived: z.boolean().optional(),
  options: z.array(PROPERTY_OPTION).default([]),
});
export type HubSpotProperty = z.infer<typeof PROPERTY>;
export const PROPERTY_LIST = z.object({ results: z.array(PROPERTY) });

/** Limits are read leniently: their shape is the least certain of all, and a wrong guess must not stop an install. */
export const PROPERTY_LIMITS = z.object({
  byObjectType: z.array(z.object({ objectTypeId: z.string(), limit: z.number(), usage: z.number() })).default([]),
});

export const LIST_ANSWER = z.object({
  list: z.object({ listId: z.union([z.string(), z.number()]).transform(String) }),
});

export const ACCOUNT_DETAILS = z.object({
  portalId: HUBSPOT_ID,
  timeZone: z.string(),
  companyCurrency: z.string().nullish(),
  uiDomain: z.string().regex(/^[a-z0-9.-]+(:[0-9]+)?$/i),
});

export const OWNER_PAGE = z.object({
  results: z.array(
    z.object({
      id: HUBSPOT_ID,
      email: z.string().nullish(),
      userId: HUBSPOT_ID.nullish().catch(null),
      userIdIncludingInactive: HUBSPOT_ID.nullish().catch(null),
    }),
  ),
  paging: z.object({ next: z.object({ after: z.string() }).optional() }).optional(),
});

export const TOKEN_ANSWER = z.object({
  access_token: z.string().min(1).max(4096),
  refresh_token: z.string().min(1).max(4096),
  expires_in: z.number().positive(),
  hub_id: HUBSPOT_ID.optional(),
  user_id: HUBSPOT_ID.optional(),
  scopes: z.array(z.string()).optional(),
});
export const INTROSPECTION = z.object({
  active: z.boolean(),
  app_id: HUBSPOT_ID.optional(),
  hub_id: HUBSPOT_ID.optional(),
  hub_domain: z.string().optional(),
  user_id: HUBSPOT_ID.optional(),
  user: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  expires_in: z.number().optional(),
});
export const OAUTH_ERROR = z.object({
  error: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
});
