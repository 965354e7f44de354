/** What the process that plays HubSpot is told and what it answers. */
import { z } from 'zod';

export const hostCommand = z.discriminatedUnion('kind', [
  /** Installs the app and hands over the tokens. */
  z.object({ kind: z.literal('install'), id: z.number(), portalId: z.string() }),
  /** Lets go of the documented limits, or takes them up again. */
  z.object({ kind: z.literal('lift_limits'), id: z.number(), lifted: z.boolean() }),
  z.object({ kind: z.literal('latency'), id: z.number(), latencyMs: z.number() }),
  /** A person's edits, all at this instant: `edits` of them over the first `records` deals. */
  z.object({
    kind: z.literal('burst'),
    id: z.number(),
    portalId: z.string(),
    records: z.number(),
    edits: z.number(),
  }),
  /** Edits at an even pace; answered when each has reached the target portal or the patience is over. */
  z.object({
    kind: z.literal('pace'),
    id: z.number(),
    portalId: z.string(),
    targetPortalId: z.string(),
    records: z.number(),
    perSecond: z.number().positive(),
    durationMs: z.number(),
    patienceMs: z.number(),
  }),
  /** A person sets one deal's renewal date; answered with the instant, epoch ms. */
  z.object({ kind: z.literal('set'), id: z.number(), portalId: z.string(), index: z.number(), date: z.string() }),
  /** When a deal first showed that renewal date, epoch ms; null when it has not within the patience. */
  z.object({
    kind: z.literal('arrival'),
    id: z.number(),
    portalId: z.string(),
    index: z.number(),
    date: z.string(),
    patienceMs: z.number(),
  }),
  /** API calls since the last question of this kind, and how long ago the last edit and the last call were. */
  z.object({ kind: z.literal('calls'), id: z.number(), portalIds: z.array(z.string()), forget: z.boolean() }),
  /** Whether every deal of the two portals shows the same renewal date. */
  z.object({ kind: z.literal('agreement'), id: z.number(), portalIds: z.array(z.string()) }),
]);
export type HostCommand = z.infer<typeof hostCommand>;

export const hostTokens = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresInSeconds: z.number() });
export const instantReport = z.number();
export const arrivalReport = z.number().nullable();
export const paceReport = z.object({
  sent: z.number(),
  latencies: z.array(z.number()),
  /** Edits that had not arrived when patience was over. */
  missing: z.number(),
  /** Processor milliseconds of this process while it went on. */
  cpuMs: z.number(),
  wallMs: z.number(),
});
export type PaceReport = z.infer<typeof paceReport>;
export const callReport = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string(), status: z.number(), count: z.number() })),
  /** Webhook events not yet taken by the server. */
  pendingEvents: z.number(),
});
export type CallReport = z.infer<typeof callReport>;
export const agreementReport = z.object({ records: z.number(), differing: z.number() });

export const hostSetup = z.object({
  serverPort: z.number(),
  portals: z.array(z.object({ id: z.string(), deals: z.number(), companies: z.number() })),
  webhookWindowMs: z.number(),
});
export type HostSetup = z.infer<typeof hostSetup>;

export const hostMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), url: z.string() }),
  z.object({ kind: z.literal('answer'), id: z.number(), value: z.unknown() }),
  z.object({ kind: z.literal('failure'), id: z.number(), message: z.string() }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** Ids of the seeded records, the same in each portal. */
export const FIRST_DEAL_ID = 1_000_000;
export const FIRST_COMPANY_ID = 5_000_000;
