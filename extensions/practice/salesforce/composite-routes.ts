/** Composite: up to 25 requests in one call, later ones referring to earlier answers (REST guide, Composite; Composite subrequest result). */
import { originOf, versioned } from './api-version.ts';
import { type Call, type Reply, type Route, isObject, json, readObject } from './exchange.ts';
import type { PracticeOrg } from './practice-org.ts';
import { OrgRefusal, errorBody } from './refusal.ts';
import { inTransaction } from './transaction.ts';

const SUBREQUESTS_MAX = 25;
/** At most five of them may be queries or collections. */
const QUERIES_MAX = 5;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

interface Subrequest {
  readonly method: string;
  readonly url: string;
  readonly referenceId: string;
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
}
interface Subresult {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}
/** Answers one request inside the call. */
export type Dispatch = (call: Call) => Reply | Promise<Reply>;

export function compositeRoutes(org: PracticeOrg, dispatch: Dispatch): readonly Route[] {
  return [versioned('POST', '/composite', (call) => composite(org, call, dispatch))];
}

function composite(org: PracticeOrg, call: Call, dispatch: Dispatch): Reply {
  const body = readObject(call);
  const requests = readSubrequests(body.compositeRequest);
  const allOrNone = body.allOrNone === true;
  const answered = new Map<string, Subresult>();
  const run = (): void => {
    for (const request of requests) {
      const result = runOne(call, { request, answered, dispatch });
      answered.set(request.referenceId, result);
      if (allOrNone && result.httpStatusCode >= 400) throw new Halted(request.referenceId);
    }
  };
  try {
    if (allOrNone) inTransaction(org, originOf(org, call, true), run);
    else run();
  } catch (error) {
    if (!(error instanceof Halted)) throw error;
    return json({ compositeResponse: requests.map(({ referenceId }) => rolledBack(referenceId, error, answered)) });
  }
  return json({ compositeResponse: [...answered.values()] });
}

class Halted extends Error {
  readonly referenceId: string;
  constructor(referenceId: string) {
    super('halted');
    this.referenceId = referenceId;
  }
}

/** REST guide: when one fails and all must succeed, the others answer 400 with PROCESSING_HALTED. */
function rolledBack(referenceId: string, halted: Halted, answered: ReadonlyMap<string, Subresult>): Subresult {
  const own = answered.get(referenceId);
  if (referenceId === halted.referenceId && own !== undefined) return own;
  const refusal = new OrgRefusal(
    'PROCESSING_HALTED',
    'The transaction was rolled back since another operation in the same transaction failed.',
  );
  return { body: errorBody(refusal), httpHeaders: {}, httpStatusCode: 400, referenceId };
}

function readSubrequests(value: unknown): readonly Subrequest[] {
  if (!Array.isArray(value) || !value.every(isObject))
    throw new OrgRefusal('JSON_PARSER_ERROR', 'compositeRequest must be a list of subrequests');
  if (value.length > SUBREQUESTS_MAX)
    throw new OrgRefusal(
      'INVALID_BATCH_SIZE',
      `The composite request cannot have more than ${SUBREQUESTS_MAX} operations`,
    );
  const requests = value.map(readSubrequest);
  if (new Set(requests.map(({ referenceId }) => referenceId)).size < requests.length)
    throw new OrgRefusal('JSON_PARSER_ERROR', 'Duplicate referenceId provided');
  const heavy = requests.filter(({ url }) => /\/(query|queryAll|composite\/sobjects)\b/.test(url));
  if (heavy.length > QUERIES_MAX)
    throw new OrgRefusal(
      'INVALID_BATCH_SIZE',
      `The composite request cannot have more than ${QUERIES_MAX} queries and collections`,
    );
  return requests;
}

function readSubrequest(value: Readonly<Record<string, unknown>>): Subrequest {
  const { method, url, referenceId, body, httpHeaders } = value;
  const known = METHODS.find((one) => one === method);
  if (
    known === undefined ||
    typeof url !== 'string' ||
    typeof referenceId !== 'string' ||
    !/^[A-Za-z0-9_]+$/.test(referenceId)
  )
    throw new OrgRefusal(
      'JSON_PARSER_ERROR',
      'Each subrequest needs a method, a url and a referenceId of letters, digits and underscores',
    );
  const headers = isObject(httpHeaders)
    ? Object.fromEntries(Object.entries(httpHeaders).map(([name, text]) => [name.toLowerCase(), String(text)]))
    : {};
  return { method: known, url, referenceId, body, httpHeaders: headers };
}

function runOne(
  call: Call,
  {
    request,
    answered,
    dispatch,
  }: { readonly request: Subrequest; readonly answered: ReadonlyMap<string, Subresult>; readonly dispatch: Dispatch },
): Subresult {
  const { referenceId } = request;
  try {
    const url = new URL(String(fillIn(request.url, answered)), 'http://org.example');
    const reply = dispatch({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      params: {},
      headers: { ...request.httpHeaders },
      body: Buffer.from(request.body === undefined ? '' : JSON.stringify(fillIn(request.body, answered))),
      caller: call.caller,
    });
    if (reply instanceof Promise) throw new Error('a subrequest answered later than its request');
    return toResult(referenceId, reply);
  } catch (error) {
    if (!(error instanceof OrgRefusal)) throw error;
    return { body: errorBody(error), httpHeaders: {}, httpStatusCode: error.httpStatus, referenceId };
  }
}

function toResult(referenceId: string, reply: Reply): Subresult {
  const body = reply.kind === 'json' ? reply.body : null;
  const headers = reply.kind === 'json' || reply.kind === 'empty' ? (reply.headers ?? {}) : {};
  const location = headers.location;
  return {
    body,
    httpHeaders: location === undefined ? {} : { Location: location },
    httpStatusCode: reply.kind === 'stream' ? 500 : reply.status,
    referenceId,
  };
}

/** Puts answers where `@{reference.path}` stands; a text that is nothing but a reference becomes the value itself. */
function fillIn(value: unknown, answered: ReadonlyMap<string, Subresult>): unknown {
  if (typeof value === 'string') {
    const whole = /^@\{([^}]+)\}$/.exec(value)?.[1];
    if (whole !== undefined) return lookUp(whole, answered);
    return value.replace(/@\{([^}]+)\}/g, (_, path: string) => String(lookUp(path, answered)));
  }
  if (Array.isArray(value)) return value.map((one) => fillIn(one, answered));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fillIn(one, answered)]));
}

function lookUp(path: string, answered: ReadonlyMap<string, Subresult>): unknown {
  const [reference = '', ...steps] = path.split(/[.[\]]+/).filter((step) => step !== '');
  let current: unknown = answered.get(reference)?.body;
  for (const step of steps) {
    if (Array.isArray(current)) current = current[Number(step)];
    else current = isObject(current) ? current[step] : undefined;
  }
  if (current === undefined)
    throw new OrgRefusal(
      'PROCESSING_HALTED',
      `Invalid reference specified. No value for ${path} found in ${reference}`,
    );
  return current;
}
