/** Bulk data for a portal, put in as if it had always been there: back-dated, without webhooks and without checks a person would meet. */
import { z } from 'zod';
import { defaultAssociationType, findAssociationType } from './association-store.ts';
import { OBJECT_TYPES, type ObjectTypeId, findObjectType } from './object-type.ts';
import { type AssociationLink, type Portal, nextNumber } from './portal.ts';
import type { PropertyVersion, StoredRecord } from './stored-record.ts';

const Instant = z
  .union([z.number(), z.string().transform((text) => Date.parse(text))])
  .refine((at) => Number.isFinite(at), 'not an instant');

const SeedRecord = z.object({
  id: z.string().regex(/^\d+$/),
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
  createdAt: Instant,
  updatedAt: Instant.optional(),
  archivedAt: Instant.optional(),
  /** Owner's user id whose edits the first values are; the integration of no app when absent. */
  userId: z.string().optional(),
});
type SeedRecord = z.infer<typeof SeedRecord>;

/** What `loadPortal` takes: users and owners first, then records by plural name, then links by record id. */
export const PortalSeed = z.object({
  users: z
    .array(
      z.object({
        id: z.string(),
        email: z.string(),
        firstName: z.string(),
        lastName: z.string(),
        locale: z.string().default('en'),
      }),
    )
    .default([]),
  owners: z
    .array(
      z.object({
        id: z.string(),
        userId: z.string(),
        email: z.string(),
        firstName: z.string(),
        lastName: z.string(),
        archived: z.boolean().default(false),
      }),
    )
    .default([]),
  companies: z.array(SeedRecord).default([]),
  deals: z.array(SeedRecord).default([]),
  tickets: z.array(SeedRecord).default([]),
  associations: z
    .array(
      z.object({
        from: z.object({ type: z.string(), id: z.string() }),
        to: z.object({ type: z.string(), id: z.string() }),
        typeId: z.number().optional(),
      }),
    )
    .default([]),
});
export type PortalSeed = z.input<typeof PortalSeed>;

/** Puts the seed into the portal; rows with an id that is there already are overwritten. Throws when the seed does not parse. */
export function loadPortalSeed(portal: Portal, seed: PortalSeed): void {
  const data = PortalSeed.parse(seed);
  for (const user of data.users) portal.users.put(user.id, user);
  for (const owner of data.owners) portal.owners.put(owner.id, owner);
  let highest = 0;
  for (const type of Object.values(OBJECT_TYPES)) {
    for (const record of data[type.plural]) {
      portal.records[type.id].put(record.id, storedRecord(type.id, record));
      highest = Math.max(highest, Number(record.id));
    }
  }
  if (highest >= (portal.counters.get('record') ?? 0))
    portal.counters.put('record', Math.max(highest, nextNumber(portal, 'record')));
  loadLinks(portal, data.associations);
}

function storedRecord(typeId: ObjectTypeId, seed: SeedRecord): StoredRecord {
  const { createdAt } = seed;
  const updatedAt = seed.updatedAt ?? createdAt;
  const source =
    seed.userId === undefined
      ? { sourceType: 'IMPORT', sourceId: 'seed' }
      : { sourceType: 'CRM_UI', sourceId: `userId:${seed.userId}`, updatedByUserId: Number(seed.userId) };
  const values: Record<string, string> = {
    createdate: new Date(createdAt).toISOString(),
    ...seed.properties,
    hs_createdate: new Date(createdAt).toISOString(),
    hs_lastmodifieddate: new Date(updatedAt).toISOString(),
    hs_object_id: seed.id,
  };
  const versions: Record<string, readonly PropertyVersion[]> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== '') versions[name] = [{ value, at: createdAt, ...source }];
  return {
    id: seed.id,
    typeId,
    versions,
    mergedIds: [],
    createdAt,
    updatedAt,
    archivedAt: seed.archivedAt ?? null,
    indexedAt: updatedAt,
  };
}

interface SeedLink {
  readonly from: { readonly type: string; readonly id: string };
  readonly to: { readonly type: string; readonly id: string };
  readonly typeId?: number | undefined;
}

function loadLinks(portal: Portal, links: readonly SeedLink[]): void {
  const rows = new Map<string, AssociationLink[]>();
  const add = (link: AssociationLink): void => {
    const key = `${link.fromType}:${link.fromId}`;
    const all = rows.get(key) ?? [...(portal.links.get(key) ?? [])];
    const known = all.find((one) => one.toType === link.toType && one.toId === link.toId);
    const typeIds = [...new Set([...(known?.typeIds ?? []), ...link.typeIds])];
    rows.set(key, [...all.filter((one) => one !== known), { ...link, typeIds }]);
  };
  for (const { from, to, typeId } of links) {
    const fromType = findObjectType(from.type)?.id;
    const toType = findObjectType(to.type)?.id;
    if (fromType === undefined || toType === undefined)
      throw new Error(`unknown object type in association ${from.type} to ${to.type}`);
    const plain = defaultAssociationType(fromType, toType);
    const chosen = typeId === undefined ? plain : findAssociationType(typeId);
    if (plain === undefined || chosen === undefined || chosen.from !== fromType || chosen.to !== toType)
      throw new Error(`no association type ${typeId ?? ''} from ${from.type} to ${to.type}`);
    const typeIds = [...new Set([plain.typeId, chosen.typeId])];
    const inverse = [...new Set([plain.inverse, chosen.inverse])];
    add({ fromType, fromId: from.id, toType, toId: to.id, typeIds });
    add({ fromType: toType, fromId: to.id, toType: fromType, toId: from.id, typeIds: inverse });
  }
  for (const [key, all] of rows) portal.links.put(key, all);
}
