/** A CRM record with the full history of each property, newest version first. */
import type { ObjectTypeId } from './object-type.ts';

export interface PropertyVersion {
  readonly value: string;
  readonly at: number;
  /** `INTEGRATION` for an app's API write, `CRM_UI` for a person, `MERGE_OBJECTS` for a merge, … */
  readonly sourceType: string;
  /** App id for an app, `userId:N` for a person. */
  readonly sourceId: string;
  readonly updatedByUserId?: number;
}

export interface StoredRecord {
  readonly id: string;
  readonly typeId: ObjectTypeId;
  readonly versions: Readonly<Record<string, readonly PropertyVersion[]>>;
  readonly mergedIds: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
  /** When the present state becomes visible to search. */
  readonly indexedAt: number;
}

/** Versions kept per property; the oldest fall away. */
export const VERSIONS_MAX = 200;

/** The present value, or undefined when the property was never set or is cleared. */
export function valueOf(record: StoredRecord, name: string): string | undefined {
  if (!Object.hasOwn(record.versions, name)) return undefined;
  const value = record.versions[name]?.[0]?.value;
  return value === '' ? undefined : value;
}

/** All present values; a cleared property is absent. */
export function currentValues(record: StoredRecord): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, versions] of Object.entries(record.versions)) {
    const value = versions[0]?.value;
    if (value !== undefined && value !== '') values[name] = value;
  }
  return values;
}

const versionView = (version: PropertyVersion): Record<string, unknown> => ({
  value: version.value,
  timestamp: new Date(version.at).toISOString(),
  sourceType: version.sourceType,
  sourceId: version.sourceId,
  ...(version.updatedByUserId === undefined ? {} : { updatedByUserId: version.updatedByUserId }),
});

export interface RecordSelection {
  readonly properties: readonly string[];
  readonly withHistory: readonly string[];
}

/** History of the named properties, newest version first; a property without history has no entry. */
export function historyView(record: StoredRecord, names: readonly string[]): Record<string, unknown> {
  const known = names.filter((name) => Object.hasOwn(record.versions, name));
  return Object.fromEntries(known.map((name) => [name, (record.versions[name] ?? []).map(versionView)]));
}

const ALWAYS_ANSWERED = ['createdate', 'hs_lastmodifieddate', 'hs_object_id'] as const;

/**
 * The `SimplePublicObject` of the objects API. A known property without a value is null; the caller has already dropped unknown names,
 * which HubSpot ignores.
 */
export function recordView(record: StoredRecord, selection: RecordSelection): Record<string, unknown> {
  const names = new Set([...selection.properties, ...ALWAYS_ANSWERED]);
  const properties = Object.fromEntries([...names].map((name) => [name, valueOf(record, name) ?? null]));
  return {
    id: record.id,
    properties,
    ...(selection.withHistory.length === 0
      ? {}
      : { propertiesWithHistory: historyView(record, selection.withHistory) }),
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    archived: record.archivedAt !== null,
    ...(record.archivedAt === null ? {} : { archivedAt: new Date(record.archivedAt).toISOString() }),
  };
}
