/** Turns a change into the events an app subscribed to (HubSpot docs, Webhooks: classic and generic payloads). */
import { ASSOCIATION_TYPES } from './association-store.ts';
import type { AppManifest, WebhookSubscription } from './manifest.ts';
import { OBJECT_TYPES, findObjectType } from './object-type.ts';
import type { Change } from './portal-change.ts';

export type WebhookEvent = Readonly<Record<string, unknown>>;

/** Properties that HubSpot lets nobody subscribe to (HubSpot docs, Webhooks). */
const UNSUBSCRIBABLE: ReadonlySet<string> = new Set(['hs_lastmodifieddate', 'num_unique_conversion_events']);

interface Matched {
  readonly subscription: WebhookSubscription;
  readonly subscriptionId: number;
  readonly generic: boolean;
}

function matching(app: AppManifest, change: Change): readonly Matched[] {
  const { detail } = change;
  const singular = OBJECT_TYPES[change.typeId].singular;
  return (app.webhooks?.subscriptions ?? []).flatMap((subscription, index) => {
    const [subject, kind] = subscription.subscriptionType.split('.');
    const generic = subject === 'object';
    const named = generic ? findObjectType(subscription.objectType ?? '')?.singular : subject;
    if (named !== singular || kind !== detail.kind) return [];
    if (detail.kind === 'propertyChange' && subscription.propertyName !== detail.propertyName) return [];
    if (detail.kind === 'propertyChange' && UNSUBSCRIBABLE.has(detail.propertyName)) return [];
    return [{ subscription, subscriptionId: app.appId * 1_000 + index, generic }];
  });
}

function detailFields(change: Change, generic: boolean): Record<string, unknown> {
  const { detail } = change;
  switch (detail.kind) {
    case 'creation':
      return { changeFlag: 'NEW' };
    case 'deletion':
      return { changeFlag: 'DELETED' };
    case 'restore':
      return {};
    case 'propertyChange':
      return {
        propertyName: detail.propertyName,
        propertyValue: detail.propertyValue,
        ...(generic ? { isSensitive: false } : {}),
      };
    case 'merge':
      return {
        primaryObjectId: Number(detail.primaryObjectId),
        mergedObjectIds: detail.mergedObjectIds.map(Number),
        newObjectId: Number(detail.newObjectId),
        numberOfPropertiesMoved: detail.numberOfPropertiesMoved,
      };
    case 'associationChange':
      return {
        associationType: (
          ASSOCIATION_TYPES.find((type) => type.typeId === detail.associationTypeId)?.name ?? ''
        ).toUpperCase(),
        fromObjectId: Number(change.objectId),
        toObjectId: Number(detail.toId),
        associationRemoved: detail.removed,
        isPrimaryAssociation: detail.primary,
        ...(generic
          ? {
              fromObjectTypeId: change.typeId,
              toObjectTypeId: detail.toType,
              associationTypeId: detail.associationTypeId,
              associationCategory: 'HUBSPOT_DEFINED',
            }
          : {}),
      };
  }
}

/** Events of one change for one app, one per matching subscription; `nextEventId` draws an id, which need not be unique. */
export function eventsOf(app: AppManifest, change: Change, nextEventId: () => number): WebhookEvent[] {
  return matching(app, change).map(({ subscription, subscriptionId, generic }) => ({
    eventId: nextEventId(),
    subscriptionId,
    portalId: Number(change.portalId),
    appId: app.appId,
    occurredAt: change.at,
    subscriptionType: subscription.subscriptionType,
    attemptNumber: 0,
    objectId: Number(change.objectId),
    ...(generic ? { objectTypeId: change.typeId } : {}),
    changeSource: change.source.sourceType,
    sourceId: change.source.sourceId,
    ...detailFields(change, generic),
  }));
}
