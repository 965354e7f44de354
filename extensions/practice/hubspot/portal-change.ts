/** What happened to a portal's data; webhooks and the live pages are both fed from these. */
import type { Portal } from './portal.ts';
import type { PracticeBehaviour } from './behaviour.ts';
import type { ObjectTypeId } from './object-type.ts';
import type { Clock } from './world.ts';

export interface WriteSource {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly updatedByUserId?: number;
}

/** An API write of an app shows as INTEGRATION with the app's id (HubSpot docs, Webhooks: changeSource; captured payloads). */
export const appSource = (appId: number): WriteSource => ({ sourceType: 'INTEGRATION', sourceId: String(appId) });

/** A person's edit shows as CRM_UI with `userId:N`. */
export const personSource = (userId: string): WriteSource => ({
  sourceType: 'CRM_UI',
  sourceId: `userId:${userId}`,
  updatedByUserId: Number(userId),
});

type ChangeDetail =
  | { readonly kind: 'creation' }
  | { readonly kind: 'deletion' }
  | { readonly kind: 'restore' }
  | { readonly kind: 'propertyChange'; readonly propertyName: string; readonly propertyValue: string }
  | {
      readonly kind: 'merge';
      readonly primaryObjectId: string;
      readonly mergedObjectIds: readonly string[];
      readonly newObjectId: string;
      readonly numberOfPropertiesMoved: number;
    }
  | {
      readonly kind: 'associationChange';
      readonly toType: ObjectTypeId;
      readonly toId: string;
      readonly associationTypeId: number;
      readonly removed: boolean;
      readonly primary: boolean;
    };

export interface Change {
  readonly portalId: string;
  readonly typeId: ObjectTypeId;
  readonly objectId: string;
  readonly at: number;
  readonly source: WriteSource;
  readonly detail: ChangeDetail;
}

/** What a write needs besides its own arguments. */
export interface WriteContext {
  readonly portal: Portal;
  readonly clock: Clock;
  readonly behaviour: () => PracticeBehaviour;
  readonly emit: (change: Change) => void;
}
