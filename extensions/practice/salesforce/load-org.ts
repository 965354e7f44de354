/** Bulk data for an org, put in as if it had always been there: back-dated, without triggers, events or checks. */
import { z } from 'zod';

const Instant = z
  .union([z.number(), z.string().transform((text) => Date.parse(text))])
  .refine((at) => Number.isFinite(at), 'not an instant');

const SeedRow = z.object({
  /** 15 or 18 characters. */
  id: z.string().regex(/^[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$/),
  /** References by 15- or 18-character id. */
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  createdAt: Instant,
  modifiedAt: Instant.optional(),
});

const SeedUser = z.object({
  id: z.string().regex(/^[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$/),
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  isAdmin: z.boolean().default(false),
  /** `en_US` or `zh_CN`. */
  language: z.string().default('en_US'),
  locale: z.string().default('en_GB'),
  timeZone: z.string().default('Europe/London'),
  /** API names with prefix. */
  permissionSets: z.array(z.string()).default([]),
});

/** What a new org is filled with: users first, then records by object API name. */
export const OrgSeed = z.object({
  users: z.array(SeedUser).default([]),
  records: z.record(z.string(), z.array(SeedRow)).default({}),
});
export type OrgSeed = z.input<typeof OrgSeed>;
