/** Event schemas of an org as its objects are now, and those it had before: events that lie on the bus are still written in them. */
import type { ObjectDefinition, Schema } from '../object-definition.ts';
import { type EventSchema, makeEventSchema } from './event-schema.ts';

const SCHEMAS_KEPT_MAX = 200;

export interface SchemaShelf {
  of(entityName: string): EventSchema | null;
  find(schemaId: string): EventSchema | null;
}

export function createSchemaShelf(schema: () => Schema): SchemaShelf {
  const made = new WeakMap<ObjectDefinition, EventSchema>();
  const known = new Map<string, EventSchema>();
  return {
    of(entityName) {
      const object = schema().findObject(entityName);
      if (object === undefined) return null;
      const current = made.get(object) ?? makeEventSchema(object);
      made.set(object, current);
      known.set(current.schemaId, current);
      const oldest = known.keys().next().value;
      if (known.size > SCHEMAS_KEPT_MAX && oldest !== undefined) known.delete(oldest);
      return current;
    },
    find: (schemaId) => known.get(schemaId) ?? null,
  };
}
