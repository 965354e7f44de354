/**
 * The sign-in of a browser. The cookie holds the workspace id and a secret; the database holds only a keyed hash of the secret, so that
 * neither a database copy nor a change of the server's secret leaves a usable session behind.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { HttpDependencies, HttpSettings } from './dependencies.ts';
import type { WorkspaceCaller } from './route.ts';

const SESSION_MS = 12 * 60 * 60 * 1000;
const SECRET_BYTES = 32;
const COOKIE_LENGTH_MAX = 200;

const cookieName = ({ publicUrl }: HttpSettings, name: string): string =>
  publicUrl.startsWith('https:') ? `__Host-counterpart-${name}` : `counterpart-${name}`;

const cookieOptions = ({ publicUrl }: HttpSettings, maxAgeMs: number): CookieOptions => ({
  httpOnly: true,
  secure: publicUrl.startsWith('https:'),
  sameSite: 'lax',
  path: '/',
  maxAge: maxAgeMs,
});

/** Hex of HMAC-SHA-256 under the session secret. */
export function keyedHash(settings: HttpSettings, text: string): string {
  return createHmac('sha256', settings.sessionSecret).update(text).digest('hex');
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** One cookie of the request; the first wins, and an overlong one counts as absent. */
export function readCookie(request: Request, settings: HttpSettings, name: string): string | null {
  const wanted = `${cookieName(settings, name)}=`;
  const found = (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(wanted));
  const value = found?.slice(wanted.length) ?? '';
  return value === '' || value.length > COOKIE_LENGTH_MAX ? null : value;
}

export function setCookie(
  response: Response,
  settings: HttpSettings,
  cookie: { readonly name: string; readonly value: string; readonly maxAgeMs: number },
): void {
  response.cookie(cookieName(settings, cookie.name), cookie.value, cookieOptions(settings, cookie.maxAgeMs));
}

export function newSecret(deps: HttpDependencies): string {
  return Buffer.from(deps.world.random.bytes(SECRET_BYTES)).toString('base64url');
}

export async function beginSession(
  deps: HttpDependencies,
  response: Response,
  who: { readonly workspaceId: string; readonly userId: string },
): Promise<void> {
  const secret = newSecret(deps);
  const at = deps.world.clock.now();
  await deps.workspaces.createSession(who.workspaceId, {
    userId: who.userId,
    tokenHash: keyedHash(deps.settings, secret),
    at,
    expiresAt: at + SESSION_MS,
  });
  setCookie(response, deps.settings, {
    name: 'session',
    value: `${who.workspaceId}.${secret}`,
    maxAgeMs: SESSION_MS,
  });
}

const COOKIE_PATTERN = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

export async function findCaller(deps: HttpDependencies, request: Request): Promise<WorkspaceCaller | null> {
  const match = COOKIE_PATTERN.exec(readCookie(request, deps.settings, 'session') ?? '');
  const [, workspaceId, secret] = match ?? [];
  if (workspaceId === undefined || secret === undefined) return null;
  const sessionHash = keyedHash(deps.settings, secret);
  const found = await deps.workspaces.findSession(workspaceId, sessionHash, deps.world.clock.now());
  if (found === null || found.user.disabled) return null;
  return { kind: 'workspace', workspace: found.workspace, user: found.user, sessionHash };
}
