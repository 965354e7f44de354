/** One HubSpot account: its profile and every table that holds its data. */
import type { Database, Table } from './database.ts';
import { OBJECT_TYPE_IDS, OBJECT_TYPES, type ObjectTypeId } from './object-type.ts';
import { type Pipeline, standardPipelines } from './pipeline.ts';
import type { PropertyDefinition, PropertyGroup } from './property-definition.ts';
import { standardGroup, standardProperties } from './standard-properties.ts';
import { type RecordTable, createRecordTable } from './record-table.ts';

interface PortalUser {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly locale: string;
}

export interface PortalOwner {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly archived?: boolean;
}

export interface PortalProfile {
  readonly id: string;
  readonly name: string;
  /** Host, and port if need be, of the record pages; empty for this server's own. */
  readonly uiDomain: string;
  /** The company's own domain, told when a token is introspected. */
  readonly hubDomain?: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly locale: string;
  readonly accountType: 'STANDARD' | 'DEVELOPER_TEST' | 'SANDBOX' | 'APP_DEVELOPER';
  readonly dataHostingLocation: string;
  /** The person at the keyboard of the practice pages. */
  readonly user: PortalUser;
  /** `overallLimit` of the custom-properties limit. */
  readonly customPropertyLimit: number;
}

/** Association type ids by pair (HubSpot docs, Associations: type ids); the labelled one is the primary company. */
export interface AssociationLink {
  readonly fromType: ObjectTypeId;
  readonly fromId: string;
  readonly toType: ObjectTypeId;
  readonly toId: string;
  readonly typeIds: readonly number[];
}

export interface StoredList {
  readonly listId: string;
  readonly name: string;
  readonly objectTypeId: ObjectTypeId;
  readonly processingType: 'MANUAL' | 'DYNAMIC' | 'SNAPSHOT';
  readonly filterBranch: unknown;
  /** Records of a manual or snapshot list. */
  readonly memberIds: readonly string[];
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt: number | null;
}

export interface Portal {
  readonly id: string;
  readonly profile: PortalProfile;
  readonly records: Readonly<Record<ObjectTypeId, RecordTable>>;
  readonly properties: Readonly<Record<ObjectTypeId, Table<PropertyDefinition>>>;
  readonly groups: Readonly<Record<ObjectTypeId, Table<PropertyGroup>>>;
  readonly pipelines: Readonly<Record<ObjectTypeId, Table<Pipeline>>>;
  /** Merged-away id to the id of the record that took it over. */
  readonly aliases: Readonly<Record<ObjectTypeId, Table<string>>>;
  /** Keyed by `type:id`; each row lists all links from that record. */
  readonly links: Table<readonly AssociationLink[]>;
  readonly owners: Table<PortalOwner>;
  readonly users: Table<PortalUser>;
  readonly lists: Table<StoredList>;
  readonly counters: Table<number>;
}

const perType = <T>(make: (typeId: ObjectTypeId) => T): Readonly<Record<ObjectTypeId, T>> => ({
  '0-3': make('0-3'),
  '0-2': make('0-2'),
  '0-5': make('0-5'),
});

/** Opens the portal's tables, and gives a new portal its standard properties, groups, pipelines and first user. */
export function openPortal(database: Database, profile: PortalProfile, now: number): Portal {
  const name = (kind: string, typeId?: ObjectTypeId): string =>
    `${profile.id}/${kind}${typeId === undefined ? '' : `/${typeId}`}`;
  const portal: Portal = {
    id: profile.id,
    profile,
    records: perType((typeId) => createRecordTable(database.table(name('records', typeId)))),
    properties: perType((typeId) => database.table(name('properties', typeId))),
    groups: perType((typeId) => database.table(name('groups', typeId))),
    pipelines: perType((typeId) => database.table(name('pipelines', typeId))),
    aliases: perType((typeId) => database.table(name('aliases', typeId))),
    links: database.table(name('links')),
    owners: database.table(name('owners')),
    users: database.table(name('users')),
    lists: database.table(name('lists')),
    counters: database.table(name('counters')),
  };
  for (const typeId of OBJECT_TYPE_IDS) {
    if (portal.groups[typeId].size > 0) continue;
    portal.groups[typeId].put(standardGroup(typeId).name, standardGroup(typeId));
    for (const property of standardProperties(typeId, now)) portal.properties[typeId].put(property.name, property);
    for (const pipeline of standardPipelines(typeId)) portal.pipelines[typeId].put(pipeline.id, pipeline);
  }
  if (portal.users.size === 0) portal.users.put(profile.user.id, profile.user);
  if (portal.owners.size === 0) {
    const { id, email, firstName, lastName } = profile.user;
    portal.owners.put(`9${id}`, { id: `9${id}`, userId: id, email, firstName, lastName });
  }
  return portal;
}

/** First record id of a portal: ids of live accounts have left the 32-bit range. */
const FIRST_ID = 20_000_000_000;

/** The next number of a named sequence. */
export function nextNumber(portal: Portal, sequence: string, first: number = FIRST_ID): number {
  const next = (portal.counters.get(sequence) ?? first - 1) + 1;
  portal.counters.put(sequence, next);
  return next;
}

/** The definition of a property that is not archived. */
export function liveProperty(portal: Portal, typeId: ObjectTypeId, name: string): PropertyDefinition | undefined {
  const property = portal.properties[typeId].get(name);
  return property === undefined || property.archivedAt !== null ? undefined : property;
}

/** Values allowed for a property whose options live outside its definition; undefined when the portal does not check it. */
export function externalValues(portal: Portal, typeId: ObjectTypeId, name: string): readonly string[] | undefined {
  const pipelines = [...portal.pipelines[typeId].values()];
  switch (name) {
    case 'pipeline':
    case 'hs_pipeline':
      return pipelines.map((pipeline) => pipeline.id);
    case 'dealstage':
    case 'hs_pipeline_stage':
      return pipelines.flatMap((pipeline) => pipeline.stages.map((stage) => stage.id));
    case 'hubspot_owner_id':
      return [...portal.owners.values()].map((owner) => owner.id);
    default:
      return undefined;
  }
}

/** The name people know a record's type by, for messages. */
export const typeLabel = (typeId: ObjectTypeId): string => OBJECT_TYPES[typeId].singular.toUpperCase();
