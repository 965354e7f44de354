/** Levers for people who try things out and for tests: faults, behaviour switches, call counts, locks, sessions, reset. */
import { z } from 'zod';
import type { PracticeBehaviour } from './behaviour.ts';
import { type Call, type Reply, type Route, empty, json, readBody } from './exchange.ts';
import { FaultSettings } from './faults.ts';
import { endAllGrants, expireSessions } from './grants.ts';
import type { PracticeOrg } from './practice-org.ts';
import { readId } from './record-id.ts';
import { OrgRefusal } from './refusal.ts';

const count = z.number().int().min(0);
const Behaviour = z
  .object({
    sessionTimeoutMs: count,
    rotateRefreshTokens: z.boolean(),
    refreshTokenIdleDays: z.number().min(0),
    tokenProcessingMs: count,
    dailyApiRequests: count,
    queryBatchMax: z.number().int().min(1),
    queryLocatorTtlMs: count,
    latestDateCoveredLagMs: count,
    clientIdOnCollections: z.boolean(),
    mergeChangeEvents: z.boolean(),
    sameValueTouchesRecord: z.boolean(),
    bulkPollsInProgress: count,
    bulkRecordsMax: z.number().int().min(1),
    adminSeesPackageFields: z.boolean(),
    timeoutHoldMs: count,
    calloutTimeoutMs: z.number().int().min(1),
  } satisfies Record<keyof PracticeBehaviour, z.ZodType>)
  .partial();
const Locks = z.object({ recordIds: z.array(z.string()) });

/** Absent keys are dropped, which is what the type of the result says. */
const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

function bodyOf<S extends z.ZodType>(call: Call, schema: S): z.infer<S> {
  const parsed = schema.safeParse(readBody(call));
  if (!parsed.success) throw new OrgRefusal('JSON_PARSER_ERROR', parsed.error.issues[0]?.message ?? 'invalid body');
  return parsed.data;
}

export function controlRoutes(org: PracticeOrg): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: (call: Call) => Reply): Route => ({
    method,
    path: `/practice/api${path}`,
    kind: 'open',
    handle,
  });
  return [
    route('GET', '/faults', () => json(org.faults())),
    route('PUT', '/faults', (call) => {
      org.setFaults(given(bodyOf(call, FaultSettings.partial())));
      return json(org.faults());
    }),
    route('GET', '/behaviour', () => json(org.behaviour())),
    route('PUT', '/behaviour', (call) => {
      org.setBehaviour(given(bodyOf(call, Behaviour)));
      return json(org.behaviour());
    }),
    route('GET', '/calls', () => json({ calls: org.calls.of(org.orgId) })),
    route('DELETE', '/calls', () => {
      org.calls.clear();
      return empty();
    }),
    route('PUT', '/locks', (call) => {
      org.lockedRows.clear();
      for (const id of bodyOf(call, Locks).recordIds) org.lockedRows.add(readId(id) ?? id);
      return empty();
    }),
    route('POST', '/sessions/expire', () => {
      expireSessions(org);
      return empty();
    }),
    route('POST', '/grants/revoke', () => {
      endAllGrants(org);
      return empty();
    }),
    route('POST', '/reset', () => {
      org.reset();
      return empty();
    }),
  ];
}
