/** A HubSpot endpoint as the adapter uses it: a path, a body, a schema for the answer; no answer passes unparsed. */
import type { z } from 'zod';
import type { Clock } from '../../world.ts';
import type { CallOptions, ConnectionRef, HostResult } from '../port.ts';
import { createTransport, failed } from '../transport.ts';
import type { BudgetBucket, BudgetGate, CallEffect, CallMetrics, TokenSource } from '../transport.ts';
import type { HubSpotClient, HubSpotRequest } from './client.ts';
import { budgetOf, failureOf } from './failures.ts';

/** Date-versioned paths; this one is served until about March 2028 (HubSpot docs, API versions). */
export const API_VERSION = '2026-09';

type Endpoint = HubSpotRequest & {
  /** A template without ids, for measurements. */
  readonly operation: string;
  readonly effect: CallEffect;
  readonly bucket?: BudgetBucket;
};

export type Parsed<T> = {
  readonly status: number;
  readonly value: T;
  readonly headers: Readonly<Record<string, string>>;
};

export interface HubSpotApi {
  request<T>(
    connection: ConnectionRef,
    endpoint: Endpoint,
    schema: z.ZodType<T>,
    options: CallOptions,
  ): Promise<HostResult<Parsed<T>>>;
}

export type HubSpotApiDependencies = {
  readonly client: HubSpotClient;
  readonly clock: Clock;
  readonly gate: BudgetGate;
  readonly tokens: TokenSource;
  readonly metrics?: CallMetrics;
  readonly timeoutMs?: number;
};

export function createHubSpotApi({ client, ...deps }: HubSpotApiDependencies): HubSpotApi {
  const transport = createTransport({ ...deps, rules: { failureOf, budgetOf } });
  return {
    async request(connection, endpoint, schema, options) {
      const result = await transport.call(connection, {
        operation: endpoint.operation,
        effect: endpoint.effect,
        bucket: endpoint.bucket ?? 'burst',
        options,
        send: (accessToken, signal) => client.send(endpoint, accessToken, signal),
      });
      if (!result.ok) return result;
      const { status, headers, body } = result.value;
      const parsed = schema.safeParse(body);
      if (parsed.success) return { ok: true, value: { status, headers, value: parsed.data } };
      const at = parsed.error.issues[0]?.path.join('.') ?? '';
      const detail = `${endpoint.operation}: ${parsed.error.issues[0]?.code ?? 'invalid'} at ${at}`;
      return failed(endpoint.effect === 'write' ? { kind: 'unknown', detail } : { kind: 'malformed', detail });
    },
  };
}

export function objectsPath(objectPath: string, rest = ''): string {
  return `/crm/objects/${API_VERSION}/${objectPath}${rest}`;
}
