/**
 * Links between records. Each link is kept from both ends with its own type id (HubSpot docs, Associations: type ids), and a record has
 * at most one primary company.
 */
import type { ObjectTypeId } from './object-type.ts';
import type { AssociationLink, Portal } from './portal.ts';
import type { WriteContext, WriteSource } from './portal-change.ts';

export interface AssociationType {
  readonly typeId: number;
  readonly inverse: number;
  readonly from: ObjectTypeId;
  readonly to: ObjectTypeId;
  readonly primary: boolean;
  readonly name: string;
}

type AssociationRow = readonly [typeId: number, inverse: number, from: ObjectTypeId, to: ObjectTypeId, name: string];

const rows = (primary: boolean, ...list: readonly AssociationRow[]): readonly AssociationType[] =>
  list.map(([typeId, inverse, from, to, name]) => ({ typeId, inverse, from, to, primary, name }));

export const ASSOCIATION_TYPES: readonly AssociationType[] = [
  ...rows(
    false,
    [341, 342, '0-3', '0-2', 'deal_to_company'],
    [342, 341, '0-2', '0-3', 'company_to_deal'],
    [339, 340, '0-5', '0-2', 'ticket_to_company'],
    [340, 339, '0-2', '0-5', 'company_to_ticket'],
    [27, 28, '0-3', '0-5', 'deal_to_ticket'],
    [28, 27, '0-5', '0-3', 'ticket_to_deal'],
  ),
  ...rows(
    true,
    [5, 6, '0-3', '0-2', 'deal_to_company'],
    [6, 5, '0-2', '0-3', 'company_to_deal'],
    [26, 25, '0-5', '0-2', 'ticket_to_company'],
    [25, 26, '0-2', '0-5', 'company_to_ticket'],
  ),
];

const BY_ID: ReadonlyMap<number, AssociationType> = new Map(ASSOCIATION_TYPES.map((type) => [type.typeId, type]));

export const findAssociationType = (typeId: number): AssociationType | undefined => BY_ID.get(typeId);

/** The unlabelled type of a pair; undefined when the pair cannot be linked in the practice portal. */
export const defaultAssociationType = (from: ObjectTypeId, to: ObjectTypeId): AssociationType | undefined =>
  ASSOCIATION_TYPES.find((type) => type.from === from && type.to === to && !type.primary);

const key = (typeId: ObjectTypeId, id: string): string => `${typeId}:${id}`;

/** All links from a record, or those to one other object type. */
export function linksFrom(
  portal: Portal,
  from: { typeId: ObjectTypeId; id: string },
  to?: ObjectTypeId,
): readonly AssociationLink[] {
  const links = portal.links.get(key(from.typeId, from.id)) ?? [];
  return to === undefined ? links : links.filter((link) => link.toType === to);
}

interface LinkEnds {
  readonly fromType: ObjectTypeId;
  readonly fromId: string;
  readonly toType: ObjectTypeId;
  readonly toId: string;
}

const reversed = (ends: LinkEnds): LinkEnds => ({
  fromType: ends.toType,
  fromId: ends.toId,
  toType: ends.fromType,
  toId: ends.fromId,
});

function setTypeIds(portal: Portal, ends: LinkEnds, typeIds: readonly number[]): void {
  const from = key(ends.fromType, ends.fromId);
  const others = (portal.links.get(from) ?? []).filter(
    (link) => link.toType !== ends.toType || link.toId !== ends.toId,
  );
  const next = typeIds.length === 0 ? others : [...others, { ...ends, typeIds }];
  if (next.length === 0) portal.links.delete(from);
  else portal.links.put(from, next);
}

function typeIdsOf(portal: Portal, ends: LinkEnds): readonly number[] {
  const link = linksFrom(portal, { typeId: ends.fromType, id: ends.fromId }, ends.toType).find(
    (candidate) => candidate.toId === ends.toId,
  );
  return link?.typeIds ?? [];
}

/** Adds one association type to a pair, from both ends, and says so once per end; a link that exists already changes nothing. */
export function addLink(context: WriteContext, ends: LinkEnds, type: AssociationType, source: WriteSource): void {
  if (typeIdsOf(context.portal, ends).includes(type.typeId)) return;
  if (type.primary) dropFormerPrimary(context, ends, type, source);
  const unlabelled = defaultAssociationType(ends.fromType, ends.toType);
  const added = [type, ...(unlabelled === undefined || unlabelled.typeId === type.typeId ? [] : [unlabelled])];
  for (const one of added) {
    if (typeIdsOf(context.portal, ends).includes(one.typeId)) continue;
    setTypeIds(context.portal, ends, [...typeIdsOf(context.portal, ends), one.typeId]);
    const back = reversed(ends);
    setTypeIds(context.portal, back, [...typeIdsOf(context.portal, back), one.inverse]);
    announce(context, ends, { type: one, removed: false, source });
  }
}

function dropFormerPrimary(context: WriteContext, ends: LinkEnds, type: AssociationType, source: WriteSource): void {
  // The company side may be primary for many records; only the record that points at the company has a single primary.
  const owner = ends.toType === '0-2' ? ends : reversed(ends);
  const primary = owner === ends ? type : findAssociationType(type.inverse);
  if (primary === undefined) return;
  for (const link of linksFrom(context.portal, { typeId: owner.fromType, id: owner.fromId }, owner.toType)) {
    if (link.typeIds.includes(primary.typeId)) removeType(context, link, primary, source);
  }
}

function removeType(context: WriteContext, ends: LinkEnds, type: AssociationType, source: WriteSource): void {
  const { fromType, fromId, toType, toId } = ends;
  const plain: LinkEnds = { fromType, fromId, toType, toId };
  setTypeIds(
    context.portal,
    plain,
    typeIdsOf(context.portal, plain).filter((id) => id !== type.typeId),
  );
  const back = reversed(plain);
  setTypeIds(
    context.portal,
    back,
    typeIdsOf(context.portal, back).filter((id) => id !== type.inverse),
  );
  announce(context, plain, { type, removed: true, source });
}

/** Removes every association between two records. */
export function removeLink(context: WriteContext, ends: LinkEnds, source: WriteSource): void {
  for (const typeId of typeIdsOf(context.portal, ends)) {
    const type = findAssociationType(typeId);
    if (type !== undefined) removeType(context, ends, type, source);
  }
}

/** Re-points every link of `oldId` at `newId`, silently: a merge is announced as a merge. */
export function moveLinks(portal: Portal, typeId: ObjectTypeId, oldId: string, newId: string): void {
  for (const link of linksFrom(portal, { typeId, id: oldId })) {
    const oldEnds: LinkEnds = { fromType: typeId, fromId: oldId, toType: link.toType, toId: link.toId };
    const newEnds: LinkEnds = { ...oldEnds, fromId: newId };
    const kept = new Set([...typeIdsOf(portal, newEnds), ...link.typeIds]);
    const inverse = [...kept].flatMap((id) => findAssociationType(id)?.inverse ?? []);
    setTypeIds(portal, oldEnds, []);
    setTypeIds(portal, reversed(oldEnds), []);
    setTypeIds(portal, newEnds, [...kept]);
    setTypeIds(portal, reversed(newEnds), inverse);
  }
}

function announce(
  context: WriteContext,
  ends: LinkEnds,
  change: { type: AssociationType; removed: boolean; source: WriteSource },
): void {
  const at = context.clock.now();
  const sides = [
    { ends, associationTypeId: change.type.typeId },
    { ends: reversed(ends), associationTypeId: change.type.inverse },
  ];
  for (const side of sides) {
    context.emit({
      portalId: context.portal.id,
      typeId: side.ends.fromType,
      objectId: side.ends.fromId,
      at,
      source: change.source,
      detail: {
        kind: 'associationChange',
        toType: side.ends.toType,
        toId: side.ends.toId,
        associationTypeId: side.associationTypeId,
        removed: change.removed,
        primary: change.type.primary,
      },
    });
  }
}
