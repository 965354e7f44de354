/**
 * Installing the app and signing in, which are one thing: an administrator of a portal or org authorises it. The state is bound to the
 * browser, used once and lives ten minutes; account and user are what the host's own endpoints say, never what the callback says.
 */
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { APP_NOT_INSTALLED, type HostGrant, type OAuthHost } from '../crm/oauth-host.ts';
import { type ConnectionRef, type Host, HOSTS } from '../crm/port.ts';
import type { HttpDependencies } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import { beginSession, findCaller, keyedHash, newSecret, readCookie, setCookie } from './session.ts';

export const oauthStartPath = (host: Host): string => `/oauth/${host}/start`;
export const oauthCallbackPath = (host: Host): string => `/oauth/${host}/callback`;
/** Which CRMs somebody can sign in with here, and where; told to anybody. */
const SIGN_IN_HOSTS_PATH = '/oauth/hosts';
const OAUTH_STATE_MS = 600_000;
/** The page that says so, and what to do first. */
/** Where a person reads, in their language, why signing in did not end well. */
const noticePage = (why: string): string => `/?signIn=${why}`;

const HOST_NAMES: Record<Host, string> = { hubspot: 'HubSpot', salesforce: 'Salesforce' };

const startQuery = z.object({
  returnPath: z.string().max(300).optional(),
  /** Name of the sign-in host, for orgs that take their people on their own domain only. */
  host: z.string().min(1).max(255).optional(),
});
const callbackQuery = z.object({
  code: z.string().min(1).max(1024).optional(),
  state: z.string().max(200).optional(),
  error: z.string().max(200).optional(),
  step: z.enum(['authorize', 'finalize']).optional(),
  returnUrl: z.string().max(1000).optional(),
});

export function mountOauth(router: Router, deps: HttpDependencies): void {
  const starts = Object.fromEntries(
    HOSTS.map((host) => [host, deps.oauth.hosts[host] === undefined ? null : oauthStartPath(host)]),
  );
  router.get(SIGN_IN_HOSTS_PATH, (_request, response) => void response.json(starts));
  for (const host of HOSTS) {
    const oauth = deps.oauth.hosts[host];
    if (oauth === undefined) continue;
    router.get(oauthStartPath(host), (request, response) => start(deps, oauth, { request, response }));
    router.get(oauthCallbackPath(host), (request, response) => callback(deps, oauth, { request, response }));
  }
}

type Exchange = { readonly request: Request; readonly response: Response };

async function start(deps: HttpDependencies, oauth: OAuthHost, { request, response }: Exchange): Promise<void> {
  const query = startQuery.safeParse(request.query);
  const asked = query.success ? query.data : {};
  const loginHost = asked.host === undefined ? null : oauth.acceptLoginHost(asked.host);
  if (asked.host !== undefined && loginHost === null)
    return sendProblem(response, { code: 'bad_request', reason: 'login_host' });
  const caller = await findCaller(deps, request);
  await sendToConsent(deps, oauth, response, {
    // Only an admin adds an account to the workspace they are in; anybody else signs in to the account's own.
    workspaceId: caller !== null && caller.user.role === 'admin' ? caller.workspace.id : null,
    returnPath: localPath(asked.returnPath),
    loginHost,
  });
}

type Begin = {
  readonly workspaceId: string | null;
  readonly returnPath: string | null;
  readonly loginHost: string | null;
};

async function sendToConsent(
  deps: HttpDependencies,
  oauth: OAuthHost,
  response: Response,
  begin: Begin,
): Promise<void> {
  const state = newSecret(deps);
  const browser = newSecret(deps);
  const verifier = oauth.createVerifier();
  const at = deps.world.clock.now();
  await deps.workspaces.saveOauthState({
    stateHash: keyedHash(deps.settings, state),
    browserHash: keyedHash(deps.settings, browser),
    host: oauth.host,
    codeVerifier: verifier,
    ...begin,
    at,
    expiresAt: at + OAUTH_STATE_MS,
  });
  setCookie(response, deps.settings, { name: 'oauth', value: browser, maxAgeMs: OAUTH_STATE_MS });
  response.redirect(302, oauth.authorizeUrl({ state, verifier, loginHost: begin.loginHost }));
}

async function callback(deps: HttpDependencies, oauth: OAuthHost, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const query = callbackQuery.safeParse(request.query);
  if (!query.success) return sayRefused(exchange, { code: 'bad_request' });
  const { code, state, error, step, returnUrl } = query.data;
  const returnTo = returnUrl !== undefined && oauth.mayReturnTo(returnUrl) ? returnUrl : null;
  if (step === 'authorize' || (code === undefined && error === undefined)) {
    return await sendToConsent(deps, oauth, response, { workspaceId: null, returnPath: null, loginHost: null });
  }
  const browser = readCookie(request, deps.settings, 'oauth');
  if (error !== undefined)
    return response.redirect(
      302,
      oauth.saysNotInstalled(error) ? noticePage('app_not_installed') : noticePage('declined'),
    );
  if (state === undefined || browser === null || code === undefined) {
    return sayRefused(exchange, { code: 'forbidden', reason: 'oauth_state' });
  }
  const begun = await deps.workspaces.takeOauthState({
    host: oauth.host,
    stateHash: keyedHash(deps.settings, state),
    browserHash: keyedHash(deps.settings, browser),
    at: deps.world.clock.now(),
  });
  if (begun === null) return sayRefused(exchange, { code: 'forbidden', reason: 'oauth_state' });
  const granted = await oauth.exchange({ code, verifier: begun.codeVerifier, loginHost: begun.loginHost });
  if (!granted.ok) {
    deps.world.log.warn({ failure: granted.failure.kind }, 'the authorisation code was not accepted');
    const { failure } = granted;
    if (failure.kind === 'rejected' && failure.code === APP_NOT_INSTALLED)
      return response.redirect(302, noticePage('app_not_installed'));
    const isRefused = failure.kind === 'authRevoked' || failure.kind === 'rejected';
    return isRefused
      ? sayRefused(exchange, { code: 'forbidden', reason: 'code_refused' })
      : sayRefused(exchange, { code: 'host_unavailable' });
  }
  const joined = await join(deps, oauth, granted.value, begun.workspaceId);
  if (joined === null) return sayRefused(exchange, { code: 'forbidden', reason: 'portal_of_another_workspace' });
  // An admin who adds an account stays who they are; everybody else is signed in as the account's user.
  if (begun.workspaceId === null) await beginSession(deps, response, joined);
  response.redirect(302, returnTo ?? begun.returnPath ?? '/');
}

/** A browser that was sent here is sent on to a page that says it in words; a program is answered with the problem itself. */
function sayRefused({ request, response }: Exchange, refusal: Parameters<typeof sendProblem>[1]): void {
  if (request.accepts(['json', 'html']) !== 'html') return sendProblem(response, refusal);
  response.redirect(302, noticePage(refusal.reason ?? refusal.code));
}

/** The account's workspace, found or made, with its tokens kept and its first reading begun; null when it belongs to another one. */
async function join(
  deps: HttpDependencies,
  oauth: OAuthHost,
  { credential, accountId, accountName, user }: HostGrant,
  workspaceId: string | null,
): Promise<{ readonly workspaceId: string; readonly userId: string } | null> {
  const { host } = oauth;
  const at = deps.world.clock.now();
  const email = user.email ?? `${host}-user-${user.id ?? 'unknown'}@${accountId}.invalid`;
  const installed = await deps.workspaces.install({
    host,
    accountId,
    name: accountName ?? `${HOST_NAMES[host]} ${accountId}`,
    scopes: credential.scopes,
    installedBy: email,
    at,
    workspaceId,
    grantedBy: user.id,
    // Whoever begins it as an admin of the workspace means to connect, as everybody does where only admins can authorise.
    renews: oauth.onlyAdminsAuthorise || workspaceId !== null,
  });
  if (installed.kind === 'taken') return null;
  const { connection, newWorkspace, grant } = installed;
  if (grant === 'unused') await endUnusedGrant(deps, oauth, { connection, credential });
  else await keepGrant(deps, connection, credential);
  if (grant === 'begins') {
    await describe(deps, connection, { name: accountName, newWorkspace });
    await deps.oauth.setState(connection, 'installing', null);
    await deps.oauth.afterInstall(connection);
  }
  const person = await deps.workspaces.ensureUser(connection.workspaceId, {
    hostUser: user.id === null ? null : { host, accountId, userId: user.id },
    email,
    name: user.name,
    locale: user.locale,
    roleIfNew: newWorkspace ? 'admin' : 'manager',
    at,
  });
  await deps.workspaces.recordAdminEvent({
    workspaceId: connection.workspaceId,
    actor: email,
    action: grant === 'begins' ? 'portal_authorised' : 'signed_in_with_crm',
    subjectType: 'connection',
    subjectId: connection.connectionId,
    detail: { host, accountId },
    at,
  });
  deps.engine.wake('records');
  deps.events.publish(connection.workspaceId, { kind: 'connections' });
  return { workspaceId: connection.workspaceId, userId: person.id };
}

/** A renewal of the former grant that is under way would else be stored over this one. */
async function keepGrant(
  { oauth: { vault } }: HttpDependencies,
  connection: ConnectionRef,
  credential: HostGrant['credential'],
): Promise<void> {
  await vault.withRefreshLock(connection, () => vault.write(connection, credential));
}

/** A sign-in that connects nothing leaves a grant that nobody uses. */
async function endUnusedGrant(
  deps: HttpDependencies,
  oauth: OAuthHost,
  { connection, credential }: { readonly connection: ConnectionRef; readonly credential: HostGrant['credential'] },
): Promise<void> {
  const ended = await oauth.end(credential);
  if (ended === 'unreachable')
    deps.world.log.warn({ connectionId: connection.connectionId }, 'a grant that nobody uses was not ended');
}

async function describe(
  deps: HttpDependencies,
  connection: ConnectionRef,
  { name, newWorkspace }: { readonly name: string | null; readonly newWorkspace: boolean },
): Promise<void> {
  const described = await deps.crm[connection.host]?.describeAccount(connection, { priority: 'interactive' });
  if (described?.ok !== true) {
    deps.world.log.warn({ connectionId: connection.connectionId }, 'the account could not be described');
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
