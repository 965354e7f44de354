/** The Pub/Sub API's service as its public description has it; the RPCs that the practice org does not play answer UNIMPLEMENTED. */
import { join } from 'node:path';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

const SERVICE = 'eventbus.v1.PubSub';

export function loadService(): ServiceDefinition {
  const file = join(import.meta.dirname, 'pubsub_api.proto');
  const service = loadSync(file, { longs: String, enums: String, defaults: true })[SERVICE];
  if (service === undefined || 'format' in service) throw new Error(`${file} describes no ${SERVICE}`);
  return service;
}
