/**
 * Requests to the server for one record through the named credential, as `CounterpartApi` and `CardAnswer` of the package make and answer
 * them. The credential's secret never comes this way: the org adds it.
 */
import type { ApexCall, ApexOrg } from '../apex-bridge.ts';
import { isObject } from '../exchange.ts';
import type { CardRecord } from './contract-card-controller.ts';

const CREDENTIAL = 'callout:counterpart__Counterpart';
const CARD_PATH = '/v1/card';
const REQUEST_LENGTH_MAX = 100_000;
const BODY_LENGTH_MAX = 2_000_000;
const BAD_REQUEST = 400;
/** `System.CalloutException`: timed out, refused, or not set up. */
const NO_ANSWER = 0;

export interface CardContext {
  readonly call: ApexCall;
  readonly org: ApexOrg;
  readonly record: CardRecord;
}
type CardRequest =
  | { readonly method: 'GET'; readonly path: string; readonly query: Readonly<Record<string, string>> }
  | { readonly method: 'POST'; readonly path: string; readonly request: string };

/** A path segment that can only be an id; null when it is none. */
export const contractSegment = (contractId: unknown): string | null =>
  typeof contractId === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(contractId) ? `/contracts/${contractId}` : null;

export const refusal = (status: number): string => answerText(status, null);

function answerText(status: number, body: string | null): string {
  return `{"status":${status},"body":${body ?? 'null'}}`;
}

/** JSON text `{"status", "body"}`; the server's body goes on as it was written. */
export async function cardRequest(context: CardContext, request: CardRequest): Promise<string> {
  if (request.method === 'GET') return send(context, { method: 'GET', path: withQuery(request), body: null });
  const given = parseObject(request.request);
  if (given === null) return refusal(BAD_REQUEST);
  const { objectType, recordId } = context.record;
  const body = { ...given, record: { objectType, recordId } };
  return send(context, { method: 'POST', path: request.path, body });
}

function withQuery({
  path,
  query,
}: {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

async function send(
  { call, org, record }: CardContext,
  request: { readonly method: string; readonly path: string; readonly body: Readonly<Record<string, unknown>> | null },
): Promise<string> {
  const { body } = request;
  const answer = await org.callout({
    endpoint: `${CREDENTIAL}${CARD_PATH}${request.path}`,
    method: request.method,
    headers: {
      accept: 'application/json',
      'x-counterpart-org': org.orgId,
      'x-counterpart-user-id': call.userId,
      'x-counterpart-user-email': org.user(call.userId)?.email ?? '',
      'x-counterpart-record': `${record.objectType}/${record.recordId}`,
      ...(body === null
        ? {}
        : { 'content-type': 'application/json', 'idempotency-key': String(body['idempotencyKey']) }),
    },
    body: body === null ? '' : JSON.stringify(body),
  });
  if (answer.kind === 'exception') return refusal(NO_ANSWER);
  return answerText(answer.status, isJson(answer.body) ? answer.body : null);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  if (text === '' || text.length > REQUEST_LENGTH_MAX || !isJson(text)) return null;
  const parsed: unknown = JSON.parse(text);
  return isObject(parsed) ? parsed : null;
}

function isJson(text: string): boolean {
  if (text.trim() === '' || text.length > BODY_LENGTH_MAX) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
