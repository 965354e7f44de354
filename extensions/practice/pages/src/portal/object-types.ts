import type { MessageKey } from './messages-en.ts';

// The three standard objects the practice portal has, and how HubSpot numbers them in addresses (0-3 is a deal).

export const OBJECT_TYPES = ['deals', 'companies', 'tickets'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

type ObjectTypeFacts = {
  readonly objectTypeId: string;
  readonly plural: MessageKey;
  readonly singular: MessageKey;
  /** The property shown as the record's name. */
  readonly nameProperty: string;
  readonly listColumns: readonly string[];
  /** Shown first on the record page, before anybody opens "View all properties". */
  readonly keyProperties: readonly string[];
};

export const OBJECT_TYPE_FACTS: Record<ObjectType, ObjectTypeFacts> = {
  deals: {
    objectTypeId: '0-3',
    plural: 'object.deals',
    singular: 'object.deal',
    nameProperty: 'dealname',
    listColumns: ['dealname', 'amount', 'dealstage', 'closedate', 'hubspot_owner_id'],
    keyProperties: ['dealname', 'amount', 'dealstage', 'pipeline', 'closedate', 'hubspot_owner_id'],
  },
  companies: {
    objectTypeId: '0-2',
    plural: 'object.companies',
    singular: 'object.company',
    nameProperty: 'name',
    listColumns: ['name', 'domain', 'city', 'industry', 'hubspot_owner_id'],
    keyProperties: ['name', 'domain', 'industry', 'city', 'country', 'hubspot_owner_id'],
  },
  tickets: {
    objectTypeId: '0-5',
    plural: 'object.tickets',
    singular: 'object.ticket',
    nameProperty: 'subject',
    listColumns: ['subject', 'hs_pipeline_stage', 'hs_ticket_priority', 'createdate', 'hubspot_owner_id'],
    keyProperties: ['subject', 'content', 'hs_pipeline_stage', 'hs_ticket_priority', 'source_type', 'hubspot_owner_id'],
  },
};

/** Finds the object type behind a name or a HubSpot number (`deals`, `deal`, `0-3`), or null. */
export function parseObjectType(text: string): ObjectType | null {
  const wanted = text.toLowerCase();
  return (
    OBJECT_TYPES.find((type) => {
      const facts = OBJECT_TYPE_FACTS[type];
      return wanted === type || wanted === facts.objectTypeId || wanted === facts.singular.slice('object.'.length);
    }) ?? null
  );
}
