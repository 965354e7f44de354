/** Schemas by id, least recently used out first. An org's ids are its own: none is read with what another org was told. */
import { type EventSchema, parseEventSchema } from './event-schema.ts';
import type { PubSubRpc, RpcResult } from './rpc.ts';

const SCHEMAS_KEPT_MAX = 500;

/** A null value: Salesforce gave a schema that is none of a change event. */
export type SchemaCache = {
  get(orgId: string, schemaId: string, rpc: PubSubRpc): Promise<RpcResult<EventSchema | null>>;
};

export function createSchemaCache(keptMax = SCHEMAS_KEPT_MAX): SchemaCache {
  const kept = new Map<string, EventSchema | null>();
  const keep = (key: string, schema: EventSchema | null): void => {
    kept.delete(key);
    kept.set(key, schema);
    const oldest = kept.keys().next().value;
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  };
  return {
    async get(orgId, schemaId, rpc) {
      const key = `${orgId}/${schemaId}`;
      const known = kept.get(key);
      if (known !== undefined) {
        keep(key, known);
        return { ok: true, value: known };
      }
      const answer = await rpc.getSchema(schemaId);
      if (!answer.ok) return answer;
      const schema = parseEventSchema(answer.value);
      keep(key, schema);
      return { ok: true, value: schema };
    },
  };
}
