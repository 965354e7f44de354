/**
 * Installing the app and signing in, which are one thing: an administrator of a portal authorises it. The state is bound to the browser,
 * used once and lives ten minutes; portal and user are what the token endpoint says, never what the callback says.
 */
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import type { HubSpotOAuth } from '../crm/hubspot/oauth.ts';
import type { ConnectionRef } from '../crm/port.ts';
import type { HttpDependencies, HostOauth } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import { beginSession, findCaller, keyedHash, newSecret, readCookie, setCookie } from './session.ts';

export const OAUTH_START_PATH = '/oauth/hubspot/start';
export const OAUTH_CALLBACK_PATH = '/oauth/hubspot/callback';
const OAUTH_STATE_MS = 600_000;

/** Addresses HubSpot may be returned to after an install that began in its marketplace. */
const HUBSPOT_RETURN = /^https:\/\/app(-[a-z0-9]{2,6})?\.hubspot\.com\//;

const startQuery = z.object({ returnPath: z.string().max(300).optional() });
const callbackQuery = z.object({
  code: z.string().min(1).max(1024).optional(),
  state: z.string().max(200).optional(),
  error: z.string().max(200).optional(),
  step: z.enum(['authorize', 'finalize']).optional(),
  returnUrl: z.string().max(1000).optional(),
});

export function mountOauth(router: Router, deps: HttpDependencies): void {
  const { oauth } = deps;
  if (oauth === null) return;
  router.get(OAUTH_START_PATH, (request, response) => start(deps, oauth, { request, response }));
  router.get(OAUTH_CALLBACK_PATH, (request, response) => callback(deps, oauth, { request, response }));
}

type Grant = Extract<Awaited<ReturnType<HubSpotOAuth['exchange']>>, { ok: true }>['value'];
type Exchange = { readonly request: Request; readonly response: Response };

async function start(deps: HttpDependencies, oauth: HostOauth, { request, response }: Exchange): Promise<void> {
  const query = startQuery.safeParse(request.query);
  const caller = await findCaller(deps, request);
  await sendToConsent(deps, oauth, response, {
    // Only an admin adds a portal to the workspace they are in; anybody else signs in to the portal's own.
    workspaceId: caller !== null && caller.user.role === 'admin' ? caller.workspace.id : null,
    returnPath: query.success ? localPath(query.data.returnPath) : null,
  });
}

type Begin = { readonly workspaceId: string | null; readonly returnPath: string | null };

async function sendToConsent(
  deps: HttpDependencies,
  oauth: HostOauth,
  response: Response,
  begin: Begin,
): Promise<void> {
  const state = newSecret(deps);
  const browser = newSecret(deps);
  const verifier = oauth.client.createVerifier();
  const at = deps.world.clock.now();
  await deps.workspaces.saveOauthState({
    stateHash: keyedHash(deps.settings, state),
    browserHash: keyedHash(deps.settings, browser),
    host: 'hubspot',
    codeVerifier: verifier,
    ...begin,
    at,
    expiresAt: at + OAUTH_STATE_MS,
  });
  setCookie(response, deps.settings, { name: 'oauth', value: browser, maxAgeMs: OAUTH_STATE_MS });
  response.redirect(302, oauth.client.authorizeUrl({ state, verifier }));
}

async function callback(deps: HttpDependencies, oauth: HostOauth, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const query = callbackQuery.safeParse(request.query);
  if (!query.success) return sendProblem(response, { code: 'bad_request' });
  const { code, state, error, step, returnUrl } = query.data;
  const returnTo = returnUrl !== undefined && HUBSPOT_RETURN.test(returnUrl) ? returnUrl : null;
  if (step === 'authorize' || (code === undefined && error === undefined)) {
    return await sendToConsent(deps, oauth, response, { workspaceId: null, returnPath: null });
  }
  const browser = readCookie(request, deps.settings, 'oauth');
  if (error !== undefined) return response.redirect(302, '/?signIn=declined');
  if (state === undefined || browser === null || code === undefined) {
    return sendProblem(response, { code: 'forbidden', reason: 'oauth_state' });
  }
  const { settings } = deps;
  const begun = await deps.workspaces.takeOauthState(
    keyedHash(settings, state),
    keyedHash(settings, browser),
    deps.world.clock.now(),
  );
  if (begun === null) return sendProblem(response, { code: 'forbidden', reason: 'oauth_state' });
  const granted = await oauth.client.exchange({ code, verifier: begun.codeVerifier });
  if (!granted.ok) {
    deps.world.log.warn({ failure: granted.failure.kind }, 'the authorisation code was not accepted');
    const isRefused = granted.failure.kind === 'authRevoked' || granted.failure.kind === 'rejected';
    return isRefused
      ? sendProblem(response, { code: 'forbidden', reason: 'code_refused' })
      : sendProblem(response, { code: 'host_unavailable' });
  }
  const joined = await join(deps, oauth, granted.value, begun.workspaceId);
  if (joined === null) return sendProblem(response, { code: 'forbidden', reason: 'portal_of_another_workspace' });
  // An admin who adds a portal stays who they are; everybody else is signed in as the portal's user.
  if (begun.workspaceId === null) await beginSession(deps, response, joined);
  response.redirect(302, returnTo ?? begun.returnPath ?? '/');
}

/** The portal's workspace, found or made, with its tokens kept and its first reading begun; null when it belongs to another one. */
async function join(
  deps: HttpDependencies,
  oauth: HostOauth,
  grant: Grant,
  workspaceId: string | null,
): Promise<{ readonly workspaceId: string; readonly userId: string } | null> {
  const at = deps.world.clock.now();
  const inspected = await oauth.client.introspect(grant.accessToken);
  const told = inspected.ok ? inspected.value : null;
  const email = told?.userEmail ?? `hubspot-user-${grant.userId ?? 'unknown'}@${grant.accountId}.invalid`;
  const installed = await deps.workspaces.install({
    host: 'hubspot',
    accountId: grant.accountId,
    name: told?.accountDomain ?? `HubSpot ${grant.accountId}`,
    scopes: grant.scopes,
    installedBy: email,
    at,
    workspaceId,
  });
  if (installed.kind === 'taken') return null;
  const { connection, newWorkspace } = installed;
  await oauth.vault.write(connection, grant);
  await describe(deps, connection, { name: told?.accountDomain ?? null, newWorkspace });
  await oauth.setState(connection, 'installing', null);
  const user = await deps.workspaces.ensureUser(connection.workspaceId, {
    hostUser: grant.userId === null ? null : { host: 'hubspot', accountId: grant.accountId, userId: grant.userId },
    email,
    name: null,
    locale: null,
    roleIfNew: newWorkspace ? 'admin' : 'manager',
    at,
  });
  await deps.workspaces.recordAdminEvent({
    workspaceId: connection.workspaceId,
    actor: email,
    action: 'portal_authorised',
    subjectType: 'connection',
    subjectId: connection.connectionId,
    detail: { host: 'hubspot', accountId: grant.accountId },
    at,
  });
  deps.engine.wake();
  deps.events.publish(connection.workspaceId, { kind: 'connections' });
  return { workspaceId: connection.workspaceId, userId: user.id };
}

async function describe(
  deps: HttpDependencies,
  connection: ConnectionRef,
  { name, newWorkspace }: { readonly name: string | null; readonly newWorkspace: boolean },
): Promise<void> {
  const described = await deps.crm.hubspot?.describeAccount(connection, { priority: 'interactive' });
  if (described?.ok !== true) {
    deps.world.log.warn({ connectionId: connection.connectionId }, 'the portal could not be described');
    return;
  }
  const { uiOrigin, timeZone, currency } = described.value;
  const account = { name: name ?? described.value.name, uiOrigin, timeZone, currency, newWorkspace };
  await deps.workspaces.describeConnection(connection, account, deps.world.clock.now());
}

/** A path of this server: one leading slash, so that no browser takes it for another host. */
function localPath(path: string | undefined): string | null {
  return path !== undefined && /^\/(?![/\\])[\w\-./?=&%]*$/.test(path) ? path : null;
}
