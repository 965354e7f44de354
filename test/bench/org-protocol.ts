/** What the process that plays Salesforce is told and what it answers. */
import { z } from 'zod';
import { makeId } from '../../extensions/practice/salesforce/record-id.ts';

export const orgCommand = z.discriminatedUnion('kind', [
  /** Lets the app in and hands over the tokens, with the addresses that the server needs. */
  z.object({ kind: z.literal('install'), id: z.number() }),
  /** A person sets a renewal date on each of the first `records` opportunities, all at this instant. */
  z.object({ kind: z.literal('edit'), id: z.number(), records: z.number() }),
  /** A person sets one opportunity's renewal date; answered with the instant, epoch ms. */
  z.object({ kind: z.literal('set'), id: z.number(), index: z.number(), date: z.string() }),
  /** When an opportunity first showed that renewal date, epoch ms; null when it has not within the patience. */
  z.object({
    kind: z.literal('arrival'),
    id: z.number(),
    index: z.number(),
    date: z.string(),
    patienceMs: z.number(),
  }),
  /** Calls since they were last forgotten. */
  z.object({ kind: z.literal('calls'), id: z.number(), forget: z.boolean() }),
]);
export type OrgCommand = z.infer<typeof orgCommand>;

export const orgSetup = z.object({ opportunities: z.number() });
export type OrgSetup = z.infer<typeof orgSetup>;

export const orgInstalled = z.object({
  orgId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  pubSubEndpoint: z.string(),
  accessToken: z.string(),
  refreshToken: z.string(),
  instanceUrl: z.string(),
});

/**
 * What a call was for. A reading confirms a record that the app has written since it was last read; a call that reads both sorts counts
 * for each by its share of the records.
 */
export const CALL_KINDS = ['read', 'confirm', 'write', 'rows', 'sweep', 'token', 'other'] as const;
export type CallKind = (typeof CALL_KINDS)[number];

const tally = z.object({ calls: z.number(), records: z.number() });
export const orgCalls = z.object({
  kinds: z.record(z.enum(CALL_KINDS), tally),
  /** The org's own log. */
  log: z.array(z.object({ method: z.string(), path: z.string(), status: z.number(), count: z.number() })),
  /** Streams of change events that are open now. */
  streams: z.number(),
  /** RPCs of the Pub/Sub API by name; they count against no API allowance. */
  rpcs: z.record(z.string(), z.number()),
});
export type OrgCalls = z.infer<typeof orgCalls>;

/** 18-character id of the opportunity of a number, counted from 0. */
export const opportunityId = (index: number): string => makeId('006', index + 1);
