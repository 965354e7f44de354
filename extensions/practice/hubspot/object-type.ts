/**
 * The three CRM objects the practice portal knows, and every name HubSpot accepts for each of them: type id, singular and plural.
 * Scopes come from the `security` blocks of HubSpot's published API specifications (deals, companies, tickets; 2026-09).
 */
export const OBJECT_TYPE_IDS = ['0-3', '0-2', '0-5'] as const;
export type ObjectTypeId = (typeof OBJECT_TYPE_IDS)[number];

export interface ObjectType {
  readonly id: ObjectTypeId;
  readonly singular: 'deal' | 'company' | 'ticket';
  readonly plural: 'deals' | 'companies' | 'tickets';
  readonly readScope: string;
  readonly writeScope: string;
  readonly schemaReadScope: string;
  readonly schemaWriteScope: string;
  /** Properties answered when the caller names none. */
  readonly defaultProperties: readonly string[];
  /** Property that people recognise the record by. */
  readonly nameProperty: string;
  /** Properties looked through by the `query` of a search (HubSpot docs, Search the CRM: default searchable properties). */
  readonly searchableProperties: readonly string[];
}

export const OBJECT_TYPES: Readonly<Record<ObjectTypeId, ObjectType>> = {
  '0-3': {
    id: '0-3',
    singular: 'deal',
    plural: 'deals',
    readScope: 'crm.objects.deals.read',
    writeScope: 'crm.objects.deals.write',
    schemaReadScope: 'crm.schemas.deals.read',
    schemaWriteScope: 'crm.schemas.deals.write',
    defaultProperties: [
      'amount',
      'closedate',
      'createdate',
      'dealname',
      'dealstage',
      'hs_lastmodifieddate',
      'pipeline',
    ],
    nameProperty: 'dealname',
    searchableProperties: ['dealname', 'pipeline', 'dealstage', 'description', 'dealtype'],
  },
  '0-2': {
    id: '0-2',
    singular: 'company',
    plural: 'companies',
    readScope: 'crm.objects.companies.read',
    writeScope: 'crm.objects.companies.write',
    schemaReadScope: 'crm.schemas.companies.read',
    schemaWriteScope: 'crm.schemas.companies.write',
    defaultProperties: ['createdate', 'domain', 'hs_lastmodifieddate', 'name'],
    nameProperty: 'name',
    searchableProperties: ['name', 'website', 'phone', 'domain'],
  },
  '0-5': {
    id: '0-5',
    singular: 'ticket',
    plural: 'tickets',
    readScope: 'tickets',
    writeScope: 'tickets',
    schemaReadScope: 'tickets',
    schemaWriteScope: 'tickets',
    defaultProperties: [
      'content',
      'createdate',
      'hs_lastmodifieddate',
      'hs_pipeline',
      'hs_pipeline_stage',
      'hs_ticket_priority',
      'subject',
    ],
    nameProperty: 'subject',
    searchableProperties: ['subject', 'content', 'hs_pipeline_stage', 'hs_ticket_category'],
  },
};

const BY_NAME: ReadonlyMap<string, ObjectType> = new Map(
  Object.values(OBJECT_TYPES).flatMap((type) => [
    [type.id, type],
    [type.singular, type],
    [type.plural, type],
  ]),
);

/** Finds an object type by its id, singular or plural name, in any letter case; undefined when the portal has no such object. */
export function findObjectType(name: string): ObjectType | undefined {
  return BY_NAME.get(name.toLowerCase());
}
