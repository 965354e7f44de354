/** A Salesforce endpoint as the adapter uses it: a path, a body, a schema for the answer; no answer passes unparsed. */
import type { z } from 'zod';
import type { Clock } from '../../world.ts';
import type { CallOptions, ConnectionRef, HostResult } from '../port.ts';
import { createTransport, failed } from '../transport.ts';
import type { BudgetGate, CallEffect, CallMetrics, HttpAnswer, TokenSource } from '../transport.ts';
import { API_VERSION, maySpeakOfFormerAddress } from './client.ts';
import type { SalesforceClient, SalesforceRequest } from './client.ts';
import { budgetOf, failureOf } from './failures.ts';
import type { Session, SessionSource } from './session-source.ts';

type Endpoint = SalesforceRequest & {
  /** A template without ids, for measurements. */
  readonly operation: string;
  readonly effect: CallEffect;
};

export type Parsed<T> = {
  readonly status: number;
  readonly value: T;
  readonly headers: Readonly<Record<string, string>>;
};

export interface SalesforceApi {
  request<T>(
    connection: ConnectionRef,
    endpoint: Endpoint,
    schema: z.ZodType<T>,
    options: CallOptions,
  ): Promise<HostResult<Parsed<T>>>;
}

export type SalesforceApiDependencies = {
  readonly client: SalesforceClient;
  readonly clock: Clock;
  readonly gate: BudgetGate;
  readonly sessions: SessionSource;
  readonly metrics?: CallMetrics;
  readonly timeoutMs?: number;
};

export function createSalesforceApi({ client, sessions, ...deps }: SalesforceApiDependencies): SalesforceApi {
  return {
    async request(connection, endpoint, schema, options) {
      const tracker = trackSession(sessions);
      const transport = createTransport({ ...deps, tokens: tracker.tokens, rules: { failureOf, budgetOf } });
      const call = {
        operation: endpoint.operation,
        effect: endpoint.effect,
        bucket: 'daily',
        options,
        send: (accessToken: string, signal: AbortSignal) =>
          client.send(tracker.session().instanceUrl, endpoint, { accessToken, signal }),
      } as const;
      const first = await transport.call(connection, call);
      const hasMoved = mayHaveMoved(first) && (await findMoved(sessions, connection, tracker.session()));
      const result = hasMoved ? await transport.call(connection, call) : first;
      return result.ok ? parse(endpoint, schema, result.value) : result;
    },
  };
}

function parse<T>(endpoint: Endpoint, schema: z.ZodType<T>, answer: HttpAnswer): HostResult<Parsed<T>> {
  const { status, headers, body } = answer;
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: { status, headers, value: parsed.data } };
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  const detail = `${endpoint.operation}: ${parsed.error.issues[0]?.code ?? 'invalid'} at ${at}`;
  return failed(endpoint.effect === 'write' ? { kind: 'unknown', detail } : { kind: 'malformed', detail });
}

function mayHaveMoved(result: HostResult<unknown>): boolean {
  return !result.ok && 'detail' in result.failure && maySpeakOfFormerAddress(result.failure.detail);
}

/** A refresh tells where the org is now; true when that is another address than before. */
async function findMoved(sessions: SessionSource, connection: ConnectionRef, former: Session): Promise<boolean> {
  const renewed = await sessions.renewed(connection, former.accessToken);
  return renewed.ok && renewed.value.instanceUrl !== former.instanceUrl;
}

/** A token and the address it is for belong together: a refresh within the call may bring both. */
function trackSession(sessions: SessionSource): { readonly tokens: TokenSource; readonly session: () => Session } {
  let current: Session | null = null;
  const keep = (result: HostResult<Session>): HostResult<string> => {
    if (!result.ok) return result;
    current = result.value;
    return { ok: true, value: result.value.accessToken };
  };
  return {
    tokens: {
      accessToken: async (connection) => keep(await sessions.session(connection)),
      refreshed: async (connection, stale) => keep(await sessions.renewed(connection, stale)),
    },
    session: () => {
      if (current === null) throw new Error('a call has its token before it is sent');
      return current;
    },
  };
}

export function dataPath(rest: string): string {
  return `/services/data/v${API_VERSION}${rest}`;
}
