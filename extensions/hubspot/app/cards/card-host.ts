/**
 * What a card gets from HubSpot, reduced to what its components use. Time, randomness and the network enter the card here and
 * nowhere else, so that tests hand in their own.
 */
import { hubspot, type CrmContext } from '@hubspot/ui-extensions';
import {
  createCardClient,
  type CardClient,
  type CardFetch,
  type RecordRef,
} from '@counterpart/app/core/card-client.ts';
import { SHARED_PROPERTIES, type SharedValues } from '@counterpart/app/core/follow-up.ts';
import { idempotencyKeyFrom } from '@counterpart/app/core/idempotency-key.ts';
import { pickLocale } from '@counterpart/app/core/locale.ts';
import { createPresenter, type Presenter } from '@counterpart/app/core/present.ts';

/** Used when the profile names no other backend; also the origin that the app configuration permits by default. */
const BACKEND_URL_DEFAULT = 'https://counterpart.example';
const COMPANY_OBJECT_TYPE_ID = '0-2';

type AlertKind = 'success' | 'danger' | 'info';

export type CardHost = {
  readonly client: CardClient;
  readonly presenter: Presenter;
  readonly addAlert: (type: AlertKind, message: string) => void;
  readonly closeOverlay: (id: string) => void;
  /** Asks the record page to read its properties again. */
  readonly refreshRecord: () => void;
  readonly onSharedPropertiesUpdate: (listener: (values: SharedValues) => void) => void;
  readonly newKey: () => string;
  readonly nowMs: () => number;
  /** Runs `task` after `delayMs`; the returned function cancels it. */
  readonly schedule: (task: () => void, delayMs: number) => () => void;
};

/** The part of HubSpot's actions that the cards call, in any record location. */
export type HostActions = {
  addAlert(alert: { type?: AlertKind; message: string }): void;
  closeOverlay(id: string): void;
  refreshObjectProperties(): void;
  onCrmPropertiesUpdate(names: string[], listener: (values: Record<string, string>) => void): void;
};

export function createCardHost(context: CrmContext, actions: HostActions): CardHost {
  return {
    client: createCardClient({ baseUrl: backendUrl(context), record: recordOf(context), fetch: fetchThroughHubSpot }),
    presenter: createPresenter(pickLocale(context.user.locale ?? context.user.language), context.portal.timezone),
    addAlert: (type, message) => actions.addAlert({ type, message }),
    closeOverlay: (id) => actions.closeOverlay(id),
    refreshRecord: () => actions.refreshObjectProperties(),
    onSharedPropertiesUpdate: (listener) => actions.onCrmPropertiesUpdate([...SHARED_PROPERTIES], listener),
    newKey: () => idempotencyKeyFrom((count) => crypto.getRandomValues(new Uint8Array(count))),
    nowMs: () => Date.now(),
    schedule: (task, delayMs) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/** Our server speaks of opportunities and accounts in both CRMs; HubSpot's deals (0-3) and companies (0-2) are those. */
function recordOf(context: CrmContext): RecordRef {
  const objectType = context.crm.objectTypeId === COMPANY_OBJECT_TYPE_ID ? 'account' : 'opportunity';
  return { objectType, recordId: String(context.crm.objectId) };
}

function backendUrl(context: CrmContext): string {
  const configured = context.variables?.['BACKEND_URL'];
  return typeof configured === 'string' && configured !== '' ? configured : BACKEND_URL_DEFAULT;
}

const fetchThroughHubSpot: CardFetch = (url, request) =>
  hubspot.fetch(url, {
    method: request.method,
    timeout: request.timeoutMs,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
