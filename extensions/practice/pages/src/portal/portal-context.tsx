// What every page of one portal needs: the portal, its people, the extensions installed in it, and its change feed.
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { ObjectType } from './object-types.ts';
import { parseObjectType } from './object-types.ts';
import { followPortal, portalApi } from './portal-api.ts';
import type { CrmList, Extension, Owner, Pipeline, Portal, PropertyCatalogue } from './portal-schema.ts';

type RecordListener = (type: ObjectType, id: string) => void;

export type PortalState = {
  readonly portal: Portal;
  readonly portals: readonly Portal[];
  readonly owners: readonly Owner[];
  readonly extensions: readonly Extension[];
  readonly lists: readonly CrmList[];
  /** Calls back on every change of a record in this portal; returns the function that stops it. */
  readonly onRecordChange: (listener: RecordListener) => () => void;
};

const PortalContext = createContext<PortalState | null>(null);

export function usePortal(): PortalState {
  const state = useContext(PortalContext);
  if (state === null) throw new Error('usePortal needs a PortalProvider around it.');
  return state;
}

/** Changes come in bursts (an install writes hundreds of records); the portal's own facts are read again after them. */
const RELOAD_DELAY_MS = 1_500;

export function PortalProvider(props: {
  readonly portal: Portal;
  readonly portals: readonly Portal[];
  readonly onInstall: () => void;
  readonly children: ReactNode;
}) {
  const { portal, portals, onInstall, children } = props;
  const [owners, setOwners] = useState<readonly Owner[]>([]);
  const [extensions, setExtensions] = useState<readonly Extension[]>([]);
  const [lists, setLists] = useState<readonly CrmList[]>([]);
  const listeners = useRef(new Set<RecordListener>());
  const portalId = portal.id;

  const reload = useCallback(async () => {
    const [owned, extended, listed] = await Promise.all([
      portalApi.owners(portalId),
      portalApi.extensions(portalId),
      portalApi.lists(portalId),
    ]);
    if (owned.ok) setOwners(owned.data);
    if (extended.ok) setExtensions(extended.data);
    if (listed.ok) setLists(listed.data);
  }, [portalId]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    void reload();
    const stop = followPortal(portalId, (event) => {
      if (event.type === 'install') {
        onInstall();
        clearTimeout(timer);
        timer = setTimeout(() => void reload(), RELOAD_DELAY_MS);
        return;
      }
      const type = parseObjectType(event.objectType);
      if (type) for (const listener of listeners.current) listener(type, event.id);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [portalId, reload, onInstall]);

  const onRecordChange = useCallback((listener: RecordListener) => {
    listeners.current.add(listener);
    return () => {
      listeners.current.delete(listener);
    };
  }, []);
  const state = useMemo(
    () => ({ portal, portals, owners, extensions, lists, onRecordChange }),
    [portal, portals, owners, extensions, lists, onRecordChange],
  );
  return <PortalContext.Provider value={state}>{children}</PortalContext.Provider>;
}

export type Catalogue = PropertyCatalogue & { readonly pipelines: readonly Pipeline[] };

/** The property definitions and pipelines of an object type; null until they are known, a text when they cannot be read. */
export function useCatalogue(type: ObjectType): Catalogue | string | null {
  const { portal, extensions } = usePortal();
  const [catalogue, setCatalogue] = useState<Catalogue | string | null>(null);
  const installed = extensions.length;
  useEffect(() => {
    let current = true;
    void Promise.all([portalApi.properties(portal.id, type), portalApi.pipelines(portal.id, type)]).then(
      ([properties, pipelines]) => {
        if (!current) return;
        if (!properties.ok) setCatalogue(properties.message);
        else setCatalogue({ ...properties.data, pipelines: pipelines.ok ? pipelines.data : [] });
      },
    );
    return () => {
      current = false;
    };
  }, [portal.id, type, installed]);
  return catalogue;
}
