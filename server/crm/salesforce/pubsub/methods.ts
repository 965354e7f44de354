/** The calls of the Pub/Sub API that we use, from its public description `pubsub_api.proto` (github.com/forcedotcom/pub-sub-api). */
import path from 'node:path';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

const PROTO_FILE = path.join(import.meta.dirname, 'pubsub_api.proto');
const SERVICE = 'eventbus.v1.PubSub';

const PUBSUB_METHODS = ['GetTopic', 'GetSchema', 'Subscribe'] as const;
export type PubSubMethods = Readonly<Record<(typeof PUBSUB_METHODS)[number], MethodDefinition<object, object>>>;

/** Reads the file; numbers of 64 bits and enum values come as text, absent fields with the default of their type. */
export function loadMethods(): PubSubMethods {
  const service = loadSync(PROTO_FILE, { longs: String, enums: String, defaults: true })[SERVICE];
  if (service === undefined || 'format' in service) throw new Error(`${PROTO_FILE} describes no ${SERVICE}`);
  const methodOf = (name: (typeof PUBSUB_METHODS)[number]): MethodDefinition<object, object> => {
    const method = service[name];
    if (method === undefined) throw new Error(`${SERVICE} has no ${name}`);
    return method;
  };
  return { GetTopic: methodOf('GetTopic'), GetSchema: methodOf('GetSchema'), Subscribe: methodOf('Subscribe') };
}
