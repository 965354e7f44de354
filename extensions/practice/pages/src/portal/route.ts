import { useSyncExternalStore } from 'react';
import type { MouseEvent } from 'react';
import { OBJECT_TYPE_FACTS, parseObjectType } from './object-types.ts';
import type { ObjectType } from './object-types.ts';

// Addresses are spelled as in HubSpot, so a link copied from a document lands on the same kind of page.

export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'list'; readonly portalId: number; readonly type: ObjectType; readonly view: string }
  | { readonly page: 'record'; readonly portalId: number; readonly type: ObjectType; readonly id: string }
  | { readonly page: 'app'; readonly portalId: number; readonly uid: string }
  | { readonly page: 'unknown'; readonly portalId: number | null };

const PATTERNS = {
  list: /^\/contacts\/(\d+)\/objects\/([^/]+)(?:\/views\/([^/]+)\/list)?\/?$/,
  record: /^\/contacts\/(\d+)\/record\/([^/]+)\/(\d+)\/?$/,
  app: /^\/contacts\/(\d+)\/apps\/([^/]+)\/?$/,
  portal: /^\/contacts\/(\d+)(?:\/|$)/,
} as const;

export function parseRoute(path: string): Route {
  if (path === '/') return { page: 'home' };
  const list = PATTERNS.list.exec(path);
  const listType = parseObjectType(list?.[2] ?? '');
  if (list && listType) return { page: 'list', portalId: Number(list[1]), type: listType, view: list[3] ?? 'all' };
  const record = PATTERNS.record.exec(path);
  const recordType = parseObjectType(record?.[2] ?? '');
  if (record?.[3] && recordType)
    return { page: 'record', portalId: Number(record[1]), type: recordType, id: record[3] };
  const app = PATTERNS.app.exec(path);
  if (app?.[2]) return { page: 'app', portalId: Number(app[1]), uid: decodeURIComponent(app[2]) };
  const portal = PATTERNS.portal.exec(path);
  return { page: 'unknown', portalId: portal ? Number(portal[1]) : null };
}

export function listPath(portalId: number, type: ObjectType, view = 'all'): string {
  return `/contacts/${portalId}/objects/${OBJECT_TYPE_FACTS[type].objectTypeId}/views/${view}/list`;
}

export function recordPath(portalId: number, type: ObjectType, id: string): string {
  return `/contacts/${portalId}/record/${OBJECT_TYPE_FACTS[type].objectTypeId}/${id}`;
}

export function appPath(portalId: number, uid: string): string {
  return `/contacts/${portalId}/apps/${encodeURIComponent(uid)}`;
}

const CHANGED = 'practice-portal:address';

/** Goes to an address of this portal without loading the page again. */
export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange);
  window.addEventListener(CHANGED, onChange);
  return () => {
    window.removeEventListener('popstate', onChange);
    window.removeEventListener(CHANGED, onChange);
  };
}

export function useAddress(): { readonly path: string; readonly search: string } {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  const search = useSyncExternalStore(subscribe, () => location.search);
  return { path, search };
}

/** Properties of a link inside the portal: an ordinary address that also works in a new tab. */
export function linkTo(to: string): { readonly href: string; readonly onClick: (event: MouseEvent) => void } {
  return {
    href: to,
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      navigate(to);
    },
  };
}
