/** Requests per minute: by address before anything is read, by user and by workspace once the caller is known. */
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Clock } from '../world.ts';
import type { RateLimits } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import type { CardCaller, WorkspaceCaller } from './route.ts';

const WINDOW_MS = 60_000;
/** Most callers counted at once; when full, the window starts anew for all. */
const CALLERS_MAX = 20_000;

export function addressLimit(limits: RateLimits): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: limits.perAddress,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => sendProblem(response, { code: 'rate_limited' }),
  });
}

export interface CallerLimits {
  /** Counts one request; null when it may go on, else the seconds to wait. */
  take(caller: CardCaller | WorkspaceCaller): number | null;
}

export function createCallerLimits(limits: RateLimits, clock: Clock): CallerLimits {
  let windowEndsAt = 0;
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };
  return {
    take(caller) {
      const now = clock.now();
      if (now >= windowEndsAt || counts.size > CALLERS_MAX) {
        counts.clear();
        windowEndsAt = now + WINDOW_MS;
      }
      const { user, workspace } = keysOf(caller);
      const isOver = count(user) > limits.perUser || count(workspace) > limits.perWorkspace;
      return isOver ? Math.max(1, Math.ceil((windowEndsAt - now) / 1000)) : null;
    },
  };
}

function keysOf(caller: CardCaller | WorkspaceCaller): { readonly user: string; readonly workspace: string } {
  return caller.kind === 'card'
    ? {
        user: `c:${caller.connection.connectionId}:${caller.hostUserId}`,
        workspace: `w:${caller.connection.workspaceId}`,
      }
    : { user: `u:${caller.user.id}`, workspace: `w:${caller.workspace.id}` };
}
