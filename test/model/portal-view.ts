/** A record as its portal holds it: the test's own eye on the world, past every call of the system. */
import { currentValues } from '../../extensions/practice/hubspot/stored-record.ts';
import { fromHubSpotProperties } from '../../server/crm/hubspot/fields.ts';
import { PROPERTY_NAMES } from '../../server/crm/hubspot/properties.ts';
import { MIRROR_FIELD_NAMES, type MirrorField } from '../../server/domain/mirror.ts';
import type { ModelSystem } from './model-system.ts';
import { type Author, NOTHING_SHOWN, type RecordModel, type Shown } from './possible-world.ts';

const TYPE_IDS = { opportunity: '0-3', account: '0-2' } as const;

export function portalView(
  system: ModelSystem,
  portalId: string,
  { type, id }: Pick<RecordModel, 'type' | 'id'>,
): { readonly shown: Shown; readonly author: RecordModel['author'] } {
  const record = system.hubspot().portals.get(portalId)?.records[TYPE_IDS[type]].get(id);
  if (record === undefined) throw new Error(`portal ${portalId} has no record ${id}`);
  const values = currentValues(record);
  const ours = (field: MirrorField): Author =>
    record.versions[PROPERTY_NAMES[field]]?.[0]?.sourceType === 'INTEGRATION' ? 'us' : 'person';
  return {
    shown: { ...NOTHING_SHOWN, ...fromHubSpotProperties(values) },
    // Every name of the closed set is given its author.
    author: Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, ours(field)])) as RecordModel['author'],
  };
}

/** Writes that the portal took from the app since its call log was emptied. */
export function writeCalls(system: ModelSystem, portalId: string): readonly string[] {
  return system
    .hubspot()
    .practice.calls.of(portalId)
    .filter(
      ({ method, path }) => method !== 'GET' && /batch\/(update|create|upsert|archive)$|objects\/[^/]+$/.test(path),
    )
    .map(({ method, path }) => `${method} ${path}`);
}
