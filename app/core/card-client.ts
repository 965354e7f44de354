/**
 * The card's half of the HTTP API, over a fetch that the host injects. Every answer is parsed with the wire schema before anybody
 * sees it; nothing here throws for an answer the network or the server can give. A write carries an idempotency key made by the
 * caller: the host may send it twice by itself, and the person may press "Try again".
 */
import type { z } from 'zod';
import {
  cardWriteResponse,
  contractDetail,
  contractSearch,
  recordCard,
  type linkRequest,
  type createContractRequest,
  type logIncidentRequest,
  type CardWriteResponse,
  type ContractDetail,
  type ContractSearch,
  type RecordCard,
} from '../wire/card.ts';
import { plainFailure, readBody, type CardFailure } from './card-failure.ts';

export type RecordRef = z.infer<typeof linkRequest>['record'];
export type NewContract = z.infer<typeof createContractRequest>['contract'];
export type NewIncident = Pick<z.infer<typeof logIncidentRequest>, 'title' | 'severity' | 'startedAt' | 'restoredAt'>;
export type ContractStage = RecordCard['contracts'][number]['stage'];
export type RenewalDecision = RecordCard['contracts'][number]['renewalDecision'];

export type CardRequest = {
  readonly method: 'GET' | 'POST';
  readonly timeoutMs: number;
  readonly body?: Record<string, unknown>;
};
/** The host's door to our server. It rejects when no answer came; `json` rejects when the body is not JSON. */
export type CardFetch = (
  url: string,
  request: CardRequest,
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: CardFailure };

/** What a person can do to a contract of a record; the key makes a repetition harmless. */
export type CardWrite =
  | { readonly kind: 'attach' | 'detach' | 'restore'; readonly contractId: string }
  | { readonly kind: 'create'; readonly contract: NewContract }
  | {
      readonly kind: 'move';
      readonly contractId: string;
      readonly expectedRevision: number;
      readonly to: ContractStage;
    }
  | {
      readonly kind: 'decide';
      readonly contractId: string;
      readonly expectedRevision: number;
      readonly decision: RenewalDecision;
    }
  | { readonly kind: 'incident'; readonly contractId: string; readonly incident: NewIncident };

export type CardClient = {
  loadCard(): Promise<Answer<RecordCard>>;
  loadContract(contractId: string): Promise<Answer<ContractDetail>>;
  searchContracts(query: string): Promise<Answer<ContractSearch>>;
  write(intent: CardWrite, idempotencyKey: string): Promise<Answer<CardWriteResponse>>;
};

/** hubspot.fetch gives up at 15 s by itself (HubSpot docs, Fetching data); asking for less tells people sooner. */
export const CARD_TIMEOUT_MS = 12_000;
export const SEARCH_RESULTS_MAX = 20;

export function createCardClient(options: {
  /** `https://…` without a trailing slash. */
  readonly baseUrl: string;
  readonly record: RecordRef;
  readonly fetch: CardFetch;
}): CardClient {
  const { record } = options;
  const base = `${options.baseUrl.replace(/\/+$/, '')}/v1/card`;
  const place = { objectType: record.objectType, recordId: record.recordId };

  const call = async <T>(schema: z.ZodType<T>, url: string, request: CardRequest): Promise<Answer<T>> => {
    const read = await fetchBody(options.fetch, url, request);
    if (read.kind === 'failure') return { ok: false, failure: read.failure };
    const parsed = schema.safeParse(read.document);
    return parsed.success ? { ok: true, value: parsed.data } : { ok: false, failure: plainFailure('malformed') };
  };
  const get = <T>(
    schema: z.ZodType<T>,
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> =>
    call(schema, `${base}${path}${queryString(query)}`, { method: 'GET', timeoutMs: CARD_TIMEOUT_MS });

  return {
    loadCard: () => get(recordCard, `/records/${segment(record.objectType)}/${segment(record.recordId)}`),
    loadContract: (contractId) => get(contractDetail, `/contracts/${segment(contractId)}`, place),
    searchContracts: (query) =>
      get(contractSearch, '/contracts', { query, ...place, limit: String(SEARCH_RESULTS_MAX) }),
    write: (intent, idempotencyKey) => {
      const { path, body } = writeRequest(intent);
      const request = {
        method: 'POST',
        timeoutMs: CARD_TIMEOUT_MS,
        body: { idempotencyKey, record: place, ...body },
      } as const;
      return call(cardWriteResponse, `${base}${path}`, request);
    },
  };
}

function writeRequest(intent: CardWrite): { readonly path: string; readonly body: Record<string, unknown> } {
  switch (intent.kind) {
    case 'attach':
      return { path: '/links', body: { contractId: intent.contractId } };
    case 'detach':
    case 'restore':
      return { path: `/links/${intent.kind}`, body: { contractId: intent.contractId } };
    case 'create':
      return { path: '/contracts', body: { contract: intent.contract } };
    case 'move':
      return {
        path: `/contracts/${segment(intent.contractId)}/stage`,
        body: { expectedRevision: intent.expectedRevision, to: intent.to },
      };
    case 'decide':
      return {
        path: `/contracts/${segment(intent.contractId)}/renewal-decision`,
        body: { expectedRevision: intent.expectedRevision, decision: intent.decision },
      };
    case 'incident':
      return { path: `/contracts/${segment(intent.contractId)}/incidents`, body: { ...intent.incident } };
  }
}

async function fetchBody(fetch: CardFetch, url: string, request: CardRequest): Promise<ReturnType<typeof readBody>> {
  const answer = await fetch(url, request).then(
    (response) => ({ response }),
    () => null,
  );
  if (answer === null) return { kind: 'failure', failure: plainFailure('offline') };
  const { status } = answer.response;
  return answer.response.json().then(
    (body) => readBody(status, body),
    // A gateway's HTML page or an empty body: the status is all there is to go by.
    () =>
      status >= 200 && status < 300 ? { kind: 'failure', failure: plainFailure('malformed') } : readBody(status, null),
  );
}

function segment(text: string): string {
  return encodeURIComponent(text);
}

/** Not URLSearchParams: it writes spaces as `+`, which HubSpot's signature rules do not name (HubSpot docs, Validating requests). */
function queryString(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${segment(name)}=${segment(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
