/** Levers for people who try things out and for tests: faults, behaviour switches, call counts, uninstalling, reset. */
import { z } from 'zod';
import { removeInstall } from './account-routes.ts';
import { DEFAULT_BEHAVIOUR, type PracticeBehaviour } from './behaviour.ts';
import { type Call, type Reply, type Route, empty, json, readJson, refuse } from './exchange.ts';
import { FaultSettings } from './faults.ts';
import type { Practice } from './practice.ts';
import { notFound } from './problem.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

const millis = z.number().min(0);
const Behaviour = z
  .object({
    rotateRefreshTokens: z.boolean(),
    multiStatus: z.object({ create: z.boolean(), update: z.boolean(), upsert: z.boolean() }),
    batchReadResolvesMergedIds: z.boolean(),
    sameValueMakesVersion: z.boolean(),
    duplicateBatchInputsRejected: z.boolean(),
    mergeSendsLifecycleEvents: z.boolean(),
    closingTicketSetsCloseDate: z.boolean(),
    searchIndexDelayMs: millis,
    dailyLimit: z.number().int().min(0).nullable(),
    accessTokenSeconds: z.number().int().min(1),
    webhookBatchWindowMs: millis,
    webhookRetrySpanMs: millis,
    webhookTimeoutMs: millis,
    proxyTimeoutMs: millis,
    timeoutHoldMs: millis,
  } satisfies Record<keyof PracticeBehaviour, z.ZodType>)
  .partial();

const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // Absent keys are dropped at run time, which is what the type says.
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** The routes below `/practice/api` that are not about one portal's data. */
export function controlRoutes(practice: Practice, webhooks: () => WebhookDelivery): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: (call: Call) => Reply): Route => ({
    method,
    path: `/practice/api${path}`,
    kind: 'page',
    handle,
  });
  return [
    route('GET', '/faults', () => json(practice.faults())),
    route('PUT', '/faults', (call) => {
      const input = readJson(call, FaultSettings.partial());
      if (!input.ok) return refuse(input.problem);
      practice.setFaults({ ...practice.faults(), ...given(input.value) });
      return json(practice.faults());
    }),
    route('GET', '/behaviour', () => json(practice.behaviour())),
    route('PUT', '/behaviour', (call) => {
      const input = readJson(call, Behaviour);
      if (!input.ok) return refuse(input.problem);
      practice.setBehaviour({ ...DEFAULT_BEHAVIOUR, ...practice.behaviour(), ...given(input.value) });
      return json(practice.behaviour());
    }),
    route('GET', '/webhooks', () => json({ pending: webhooks().pendingCount(), ...webhooks().counts() })),
    route('GET', '/portals/{portalId}/calls', (call) => json({ calls: practice.calls.of(call.params.portalId ?? '') })),
    route('DELETE', '/portals/{portalId}/calls', (call) => {
      practice.calls.clear(call.params.portalId ?? '');
      return empty();
    }),
    route('DELETE', '/portals/{portalId}/installs/{appId}', (call) => {
      const portalId = call.params.portalId ?? '';
      if (!practice.portals.has(portalId)) return refuse(notFound('Unknown portal'));
      removeInstall(practice, portalId, Number(call.params.appId));
      return empty();
    }),
    route('POST', '/reset', () => {
      practice.reset();
      return empty();
    }),
  ];
}
