/** The three RPCs as one org's calls, with what Salesforce answers checked at the edge. Failures are values. */
import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { z } from 'zod';
import type { Clock } from '../../../world.ts';
import { type RpcFailure, rpcFailure } from './failures.ts';
import type { PubSubMethods } from './methods.ts';

const CALL_TIMEOUT_MS = 30_000;

/** What identifies an org's calls (Pub/Sub API guide, Authentication): an access token, the org's own origin, its 18-character id. */
export type OrgAccess = { readonly accessToken: string; readonly instanceUrl: string; readonly orgId: string };

const TOPIC = z.object({ topicName: z.string(), canSubscribe: z.boolean(), schemaId: z.string() });
type Topic = z.infer<typeof TOPIC>;
const SCHEMA = z.object({ schemaJson: z.string(), schemaId: z.string() });

const BYTES = z.instanceof(Uint8Array);
const FETCH_RESPONSE = z.object({
  events: z.array(
    z.object({ event: z.object({ id: z.string(), schemaId: z.string(), payload: BYTES }), replayId: BYTES }),
  ),
  latestReplayId: BYTES,
  pendingNumRequested: z.number().int(),
});
export type FetchResponse = z.infer<typeof FETCH_RESPONSE>;

export type FetchRequest = {
  readonly topicName: string;
  readonly numRequested: number;
  readonly replayPreset?: 'LATEST' | 'EARLIEST' | 'CUSTOM';
  readonly replayId?: Uint8Array;
};
export type SubscribeCall = ClientDuplexStream<object, object>;

export type RpcResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: RpcFailure };

export interface PubSubRpc {
  getTopic(topicName: string): Promise<RpcResult<Topic>>;
  getSchema(schemaId: string): Promise<RpcResult<string>>;
  /** Begins the stream; nothing is sent before the first request is written. */
  subscribe(): SubscribeCall;
}

export function createRpc(parts: {
  readonly client: Client;
  readonly methods: PubSubMethods;
  readonly clock: Clock;
  readonly access: OrgAccess;
  /** Ends calls that are under way. */
  readonly signal: AbortSignal;
}): PubSubRpc {
  const { client, methods, access, clock, signal } = parts;
  const unary = (name: 'GetTopic' | 'GetSchema', argument: object): Promise<RpcResult<unknown>> =>
    new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = methods[name];
      const options = { deadline: clock.now() + CALL_TIMEOUT_MS };
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        argument,
        metadataOf(access),
        options,
        (error, value) => {
          signal.removeEventListener('abort', cancel);
          const failure = error === null ? null : rpcFailure(error);
          if (error === null) resolve({ ok: true, value });
          else if (failure === null) reject(error);
          else resolve({ ok: false, failure });
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
    });
  return {
    async getTopic(topicName) {
      const answer = await unary('GetTopic', { topicName });
      return answer.ok ? { ok: true, value: TOPIC.parse(answer.value) } : answer;
    },
    async getSchema(schemaId) {
      const answer = await unary('GetSchema', { schemaId });
      return answer.ok ? { ok: true, value: SCHEMA.parse(answer.value).schemaJson } : answer;
    },
    subscribe() {
      const { path, requestSerialize, responseDeserialize } = methods.Subscribe;
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadataOf(access));
    },
  };
}

export function parseFetchResponse(message: unknown): FetchResponse {
  return FETCH_RESPONSE.parse(message);
}

function metadataOf({ accessToken, instanceUrl, orgId }: OrgAccess): Metadata {
  const metadata = new Metadata();
  metadata.set('accesstoken', accessToken);
  metadata.set('instanceurl', instanceUrl);
  metadata.set('tenantid', orgId);
  return metadata;
}
