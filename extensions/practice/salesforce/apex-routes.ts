/** Apex as the pages call it, and callouts through named credentials as Apex makes them (Apex guide, Named credentials as callout endpoints). */
import type { ApexOrg, CalloutAnswer } from './apex-bridge.ts';
import { type Call, type Reply, type Route, isObject, json, readBody } from './exchange.ts';
import type { ApexFailure } from './page-wire.ts';
import type { PracticeOrg } from './practice-org.ts';
import { scopeOf } from './query-routes.ts';
import { readId } from './record-id.ts';
import { textOf } from './record-store.ts';
import { OrgRefusal, notFound } from './refusal.ts';
import { runQuery } from './soql-run.ts';

const SERVER_ERROR = 500;
/** Apex guide, Callout limits: 6 MB for a synchronous request or answer. */
const BODY_BYTES_MAX = 6_000_000;

export function apexRoutes(org: PracticeOrg): readonly Route[] {
  return [{ method: 'POST', path: '/apex/{className}/{method}', kind: 'open', handle: (call) => callApex(org, call) }];
}

async function callApex(org: PracticeOrg, call: Call): Promise<Reply> {
  const params = readBody(call);
  const userId = readId(call.headers['x-practice-user'] ?? '');
  const answer = await org.apex?.(
    {
      className: call.params.className ?? '',
      method: call.params.method ?? '',
      params: isObject(params) ? params : {},
      userId: userId !== null && org.members.get(userId) !== undefined ? userId : org.adminId,
    },
    apexOrg(org),
  );
  if (answer === undefined || org.installedPackage() === null) throw notFound();
  return answer.kind === 'value'
    ? json(answer.value ?? null)
    : json({ body: { message: answer.message } } satisfies ApexFailure, SERVER_ERROR);
}

/** What Apex may do in this org. */
function apexOrg(org: PracticeOrg): ApexOrg {
  return {
    orgId: org.orgId,
    user: (userId) => {
      const row = org.records.get('User', userId);
      return row === undefined
        ? undefined
        : { id: userId, email: textOf(row, 'Email') ?? '', name: textOf(row, 'Name') ?? '' };
    },
    query: (userId, soql) => {
      try {
        return runQuery(scopeOf(org, userId, { soql, includeDeleted: false, base: '' })).records;
      } catch (error) {
        if (error instanceof OrgRefusal) return null;
        throw error;
      }
    },
    callout: (request) => callout(org, request),
  };
}

type CalloutRequest = Parameters<ApexOrg['callout']>[0];

async function callout(org: PracticeOrg, request: CalloutRequest): Promise<CalloutAnswer> {
  const [, name = '', path = ''] = /^callout:([A-Za-z0-9_]+)(\/.*)?$/.exec(request.endpoint) ?? [];
  const origin = org.namedCredentials[name];
  const secret = secretOf(org, name);
  if (origin === undefined || secret === undefined)
    return {
      kind: 'exception',
      message: `We couldn't access the credential(s). You might not have the required permissions, or the external credential "${name}" might not exist.`,
    };
  const local = org.publicToLocal[origin] ?? origin;
  const signal = AbortSignal.timeout(org.behaviour().calloutTimeoutMs);
  try {
    const response = await fetch(`${local}${path}`, {
      method: request.method,
      headers: { ...request.headers, authorization: `Bearer ${secret}` },
      ...(request.body === '' ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
    const body = await response.text();
    if (Buffer.byteLength(body) > BODY_BYTES_MAX)
      return { kind: 'exception', message: 'Exceeded max size limit of 6000000' };
    return { kind: 'answer', status: response.status, body };
  } catch (error) {
    return {
      kind: 'exception',
      message: signal.aborted
        ? 'Read timed out'
        : `Unable to connect: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The external credential of the package has the same developer name as the named credential. */
function secretOf(org: PracticeOrg, name: string): string | undefined {
  for (const [key, parameters] of org.credentials.entries()) if (key.split(':')[0] === name) return parameters.Secret;
  return undefined;
}
