/** What the record routes share: naming the object type, finding a record by any of its ids, and choosing what an answer shows. */
import { linksFrom, findAssociationType } from './association-store.ts';
import type { Call, Reply } from './exchange.ts';
import { refuse } from './exchange.ts';
import { findObjectType, type ObjectType } from './object-type.ts';
import { liveProperty, type Portal } from './portal.ts';
import { type Outcome, done, failed, invalidInput, notFound } from './problem.ts';
import { findByUniqueValue } from './property-check.ts';
import type { RecordSelection, StoredRecord } from './stored-record.ts';
import type { Practice } from './practice.ts';

export interface RecordScope {
  readonly portal: Portal;
  readonly type: ObjectType;
}

/** The caller's portal and the object type named in the path. */
function scopeOf(practice: Practice, call: Call): Outcome<RecordScope> {
  const portal = practice.portals.get(call.caller.portalId);
  const name = call.params.objectType ?? '';
  const type = findObjectType(name);
  if (portal === undefined) return failed(notFound('account not found'));
  if (type === undefined) return failed(invalidInput(`Unable to infer object type from: ${name}`));
  return done({ portal, type });
}

/** Runs a handler with the scope of the call, or answers why there is none. */
export function inScope(practice: Practice, handle: (call: Call, scope: RecordScope) => Reply): (call: Call) => Reply {
  return (call) => {
    const scope = scopeOf(practice, call);
    return scope.ok ? handle(call, scope.value) : refuse(scope.problem);
  };
}

/**
 * A single record by id, by an old id that a merge replaced, or by a unique property (HubSpot docs, Using object APIs: merged ids resolve
 * on single GET and PATCH).
 */
export function findRecord(scope: RecordScope, id: string, idProperty: string | null): StoredRecord | undefined {
  const { portal, type } = scope;
  if (idProperty !== null && idProperty !== 'hs_object_id') return findByUniqueValue(portal, type.id, idProperty, id);
  const direct = portal.records[type.id].get(id);
  if (direct !== undefined) return direct;
  const alias = portal.aliases[type.id].get(id);
  return alias === undefined ? undefined : portal.records[type.id].get(alias);
}

/** An `idProperty` must name a property with unique values. */
export function checkIdProperty(scope: RecordScope, idProperty: string | undefined): Outcome<string | null> {
  if (idProperty === undefined) return done(null);
  const property = liveProperty(scope.portal, scope.type.id, idProperty);
  if (property?.hasUniqueValue === true) return done(idProperty);
  return failed(invalidInput(`Property ${idProperty} is not a unique identifier property of ${scope.type.plural}`));
}

export const commaList = (text: string | null): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Drops unknown names, which HubSpot ignores, and falls back to the object's default properties. */
export function selectionOf(
  scope: RecordScope,
  properties: readonly string[],
  withHistory: readonly string[],
): RecordSelection {
  const known = (names: readonly string[]): readonly string[] =>
    names.filter((name) => liveProperty(scope.portal, scope.type.id, name) !== undefined);
  const history = known(withHistory);
  const wanted = properties.length === 0 ? scope.type.defaultProperties : known(properties);
  return { properties: [...new Set([...wanted, ...history])], withHistory: history };
}

/** The `associations` object of single reads and lists: one collection per object type asked for. */
export function associationsView(
  scope: RecordScope,
  record: StoredRecord,
  names: readonly string[],
): Record<string, unknown> {
  const asked = names.flatMap((name) => findObjectType(name) ?? []);
  const collections = asked.flatMap((to) => {
    const links = linksFrom(scope.portal, { typeId: scope.type.id, id: record.id }, to.id);
    const results = links.flatMap((link) =>
      link.typeIds.map((typeId) => ({ id: link.toId, type: findAssociationType(typeId)?.name ?? '' })),
    );
    return results.length === 0 ? [] : [[to.plural, { results }]];
  });
  return collections.length === 0 ? {} : { associations: Object.fromEntries(collections) };
}
