/**
 * A practice Salesforce: one org behind an HTTP server that speaks the documented protocol, so that the product can be tried, tested and
 * shown without an account. Behaviour that Salesforce does not document is a switch (`behaviour.ts`), never a guess.
 */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRouter } from '../hubspot/router.ts';
import { apexRoutes } from './apex-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { collectionRoutes } from './collection-routes.ts';
import { type Dispatch, compositeRoutes } from './composite-routes.ts';
import { controlRoutes } from './control-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import type { Route } from './exchange.ts';
import { approvalsOf, endAllGrants, expireSessions, useSession } from './grants.ts';
import { identityRoutes } from './identity-routes.ts';
import { loadOrg } from './load-org.ts';
import { approveRequest, oauthRoutes, readAuthorization } from './oauth-routes.ts';
import { objectRoutes } from './object-routes.ts';
import { openOrg } from './org-state.ts';
import { pageRoutes } from './page-routes.ts';
import { peopleActs } from './people.ts';
import type { PracticeOrg } from './practice-org.ts';
import { queryRoutes } from './query-routes.ts';
import { longId, readId } from './record-id.ts';
import { notFound } from './refusal.ts';
import { recordRoutes } from './record-routes.ts';
import { replicationRoutes } from './replication-routes.ts';
import { answerRequest } from './request-pipeline.ts';
import type { PracticeSalesforce, PracticeSalesforceOptions } from './running-org.ts';

const LOOPBACK = '127.0.0.1';
const ID_LENGTH = 15;

/** Starts the server on the loopback interface and resolves once it listens. */
export async function startPracticeSalesforce(options: PracticeSalesforceOptions): Promise<PracticeSalesforce> {
  const own = { url: '' };
  const org = openOrg(options, own);
  const findRoute = createRouter(routesOf(org));
  const server = createServer((request, response) => {
    answerRequest(org, findRoute, { request, response }).catch((error: unknown) => {
      org.log.error(
        { error: error instanceof Error ? error.stack : String(error), url: request.url },
        'request failed',
      );
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end('[{"message":"internal error","errorCode":"UNKNOWN_EXCEPTION"}]');
    });
  });
  own.url = await listen(server, options.port);
  return runningOrg(org, { url: own.url, stop: () => stopServer(org, server) });
}

function routesOf(org: PracticeOrg): readonly Route[] {
  const single = createRouter([
    ...recordRoutes(org),
    ...collectionRoutes(org),
    ...objectRoutes(org),
    ...queryRoutes(org),
  ]);
  const dispatch: Dispatch = (call) => {
    const match = single(call.method, call.path);
    if (match === undefined) throw notFound();
    return match.route.handle({ ...call, params: match.params });
  };
  return [
    ...compositeRoutes(org, dispatch),
    ...replicationRoutes(org),
    ...bulkRoutes(org),
    ...oauthRoutes(org),
    ...identityRoutes(org),
    ...objectRoutes(org),
    ...recordRoutes(org),
    ...collectionRoutes(org),
    ...queryRoutes(org),
    ...credentialRoutes(org),
    ...pageRoutes(org),
    ...apexRoutes(org),
    ...controlRoutes(org),
  ];
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  if (!isAddressInfo(address)) throw new Error('the server has no TCP address');
  return `http://${LOOPBACK}:${address.port}`;
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

async function stopServer(org: PracticeOrg, server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  org.database.close();
}

function runningOrg(
  org: PracticeOrg,
  { url, stop }: { readonly url: string; readonly stop: () => Promise<void> },
): PracticeSalesforce {
  return {
    url,
    orgId: org.orgId,
    app: org.app,
    adminId: org.adminId,
    approve: (authorizeUrl, userId) => approve(org, authorizeUrl, userId ?? org.adminId),
    people: peopleActs(org),
    record: (objectName, recordId) => {
      const object = org.schema().findObject(objectName);
      return object === undefined ? undefined : org.records.get(object.name, readId(recordId) ?? '')?.values;
    },
    schema: () => org.schema(),
    onChange: (listener) => org.onChange(listener),
    session: (token) => useSession(org, token),
    setBehaviour: (change) => org.setBehaviour(change),
    setFaults: (change) => org.setFaults(change),
    lockRows: (ids) => {
      for (const id of ids) org.lockedRows.add(longId(id.slice(0, ID_LENGTH)));
    },
    unlockRows: () => org.lockedRows.clear(),
    installPackage: () => org.setInstalled(true),
    grantsOf: (userId) => approvalsOf(org, userId),
    uninstallPackage: () => org.setInstalled(false),
    assignPermissionSets: (userId, permissionSets) => {
      const member = org.members.get(userId);
      if (member === undefined) throw new Error(`no user ${userId}`);
      org.members.put(userId, { ...member, permissionSets });
    },
    credential: (externalCredential, parameter) => credentialOf(org, externalCredential, parameter),
    expireSessions: () => expireSessions(org),
    revokeGrants: () => endAllGrants(org),
    apiCallCounts: () => org.calls.of(org.orgId),
    load: (seed) => {
      loadOrg(org, seed);
      org.database.flush();
    },
    stop,
  };
}

function approve(org: PracticeOrg, authorizeUrl: string, userId: string): string {
  const read = readAuthorization(org, new URL(authorizeUrl).searchParams);
  switch (read.kind) {
    case 'request':
      return approveRequest(org, read.request, userId);
    case 'back':
      return read.location;
    case 'page':
      throw new Error('the authorisation page refuses the request instead of sending the browser on');
  }
}

function credentialOf(org: PracticeOrg, externalCredential: string, parameter: string): string | undefined {
  for (const [key, parameters] of org.credentials.entries())
    if (key.startsWith(`${externalCredential}:`) && parameters[parameter] !== undefined) return parameters[parameter];
  return undefined;
}
