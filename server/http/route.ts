/**
 * A route is data: who may call it, what it takes, what it answers, and the function between. Checking, signing in, rate limits and
 * the API description are all read from it, so that none of them can be forgotten for one route.
 */
import type { Response } from 'express';
import type { z } from 'zod';
import type { ConnectionRef } from '../crm/port.ts';
import type { Outcome } from '../services/outcome.ts';
import type { WorkspaceRow } from '../store/contract-port.ts';
import type { Role, UserRow } from '../store/workspace-port.ts';
import type { HttpDependencies } from './dependencies.ts';

const METHODS = ['get', 'post', 'patch'] as const;
type Method = (typeof METHODS)[number];

/** Who a card request speaks for: taken from the signed query string only. */
export type CardCaller = {
  readonly kind: 'card';
  readonly connection: ConnectionRef;
  readonly hostUserId: string;
  readonly email: string;
};
export type WorkspaceCaller = {
  readonly kind: 'workspace';
  readonly workspace: WorkspaceRow;
  readonly user: UserRow;
  readonly sessionHash: string;
};

export type RouteInput<P, Q, B> = { readonly params: P; readonly query: Q; readonly body: B; readonly bytes: Buffer };
export type RouteContext<C> = { readonly deps: HttpDependencies; readonly caller: C; readonly signal: AbortSignal };

type RouteTexts = {
  readonly method: Method;
  /** With `:name` for parameters, as Express writes them. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
};

export type RouteDefinition<C, P, Q, B, R> = RouteTexts & {
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** A body that is not JSON: its media types and size, handed over as bytes. */
  readonly upload?: { readonly mediaTypes: readonly string[]; readonly bytesMax: number };
  /** Absent: answered with 204, or by `stream`. */
  readonly response?: z.ZodType<R>;
  readonly status?: 200 | 201 | 204;
  /** Longest time an answer may take; when absent, less than the 15 s that HubSpot gives a card. */
  readonly handlerMsMax?: number;
  /** For files and event streams: writes the answer itself after `handle` allowed it. */
  readonly stream?: { readonly mediaType: string; readonly write: (value: R, response: Response) => Promise<void> };
  readonly handle: (input: RouteInput<P, Q, B>, context: RouteContext<C>) => Promise<Outcome<R>>;
};

type Erased<C> = RouteDefinition<C, unknown, unknown, unknown, unknown>;
export type CardRoute = Erased<CardCaller> & { readonly access: 'card' };
export type WorkspaceRoute = Erased<WorkspaceCaller> & { readonly access: Role };
export type Route = CardRoute | WorkspaceRoute;

/** The schemas parse what the handler receives, which is what makes forgetting their types sound. */
export function cardRoute<P, Q, B, R>(definition: RouteDefinition<CardCaller, P, Q, B, R>): CardRoute {
  return { ...(definition as unknown as Erased<CardCaller>), access: 'card' };
}

/** `access` is the least role that may call it. */
export function workspaceRoute<P, Q, B, R>(
  access: Role,
  definition: RouteDefinition<WorkspaceCaller, P, Q, B, R>,
): WorkspaceRoute {
  return { ...(definition as unknown as Erased<WorkspaceCaller>), access };
}
