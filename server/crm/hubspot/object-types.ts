/** How HubSpot names the three kinds of record that the port speaks of. */
import type { HostObjectType } from '../port.ts';

export type HubSpotObject = {
  /** As written in paths. */
  readonly path: 'deals' | 'companies' | 'tickets';
  /** As written in generic webhook events and lists. */
  readonly typeId: '0-3' | '0-2' | '0-5';
  /** As written in the names of classic webhook events. */
  readonly eventPrefix: 'deal' | 'company' | 'ticket';
};

export const HUBSPOT_OBJECTS: Record<HostObjectType, HubSpotObject> = {
  opportunity: { path: 'deals', typeId: '0-3', eventPrefix: 'deal' },
  account: { path: 'companies', typeId: '0-2', eventPrefix: 'company' },
  case: { path: 'tickets', typeId: '0-5', eventPrefix: 'ticket' },
};

/** The record kinds that carry our properties. */
export const MIRRORED_OBJECT_TYPES = ['opportunity', 'account'] as const satisfies readonly HostObjectType[];

const BY_TYPE_ID: ReadonlyMap<string, HostObjectType> = new Map([
  ['0-3', 'opportunity'],
  ['0-2', 'account'],
  ['0-5', 'case'],
]);
const BY_EVENT_PREFIX: ReadonlyMap<string, HostObjectType> = new Map([
  ['deal', 'opportunity'],
  ['company', 'account'],
  ['ticket', 'case'],
]);

export function objectTypeOfTypeId(typeId: string): HostObjectType | null {
  return BY_TYPE_ID.get(typeId) ?? null;
}

/** `deal` in `deal.creation`, or `DEAL` in the association name `DEAL_TO_COMPANY`. */
export function objectTypeOfPrefix(prefix: string): HostObjectType | null {
  return BY_EVENT_PREFIX.get(prefix.toLowerCase()) ?? null;
}
