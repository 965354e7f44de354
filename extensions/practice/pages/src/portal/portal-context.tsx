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
  /** Grows whenever the portal's own facts were read again. */
  readonly revision: number;
  /** Calls back on every change of a record in this portal; returns the function that stops it. */
  readonly onRecordChange: (listener: RecordListener) => () => void;
};

const PortalContext = createContext<PortalState | null>(null);

export function usePortal(): PortalState {
  const state = useContext(PortalContext);
  if (state === null) throw new Error('usePortal needs a PortalProvider around it.');
  return state;
}

/** After an install the app adds its properties and lists step by step; the portal's own facts are read again meanwhile. */
const RELOADS_AFTER_INSTALL_MS = [1_500, 5_000, 12_000, 30_000] as const;

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
  const [revision, setRevision] = useState(0);
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
    setRevision((count) => count + 1);
  }, [portalId]);

  useEffect(() => {
    let timers: readonly ReturnType<typeof setTimeout>[] = [];
    void reload();
    const stop = followPortal(portalId, (event) => {
      if (event.type === 'install') {
        onInstall();
        timers.forEach(clearTimeout);
        timers = RELOADS_AFTER_INSTALL_MS.map((delayMs) => setTimeout(() => void reload(), delayMs));
        return;
      }
      const type = parseObjectType(event.objectType);
      if (type) for (const listener of listeners.current) listener(type, event.id);
    });
    return () => {
      timers.forEach(clearTimeout);
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
    () => ({ portal, portals, owners, extensions, lists, revision, onRecordChange }),
    [portal, portals, owners, extensions, lists, revision, onRecordChange],
  );
  return <PortalContext.Provider value={state}>{children}</PortalContext.Provider>;
}

export type Catalogue = PropertyCatalogue & { readonly pipelines: readonly Pipeline[] };

/** The property definitions and pipelines of an object type; null until they are known, a text when they cannot be read. */
export function useCatalogue(type: ObjectType): Catalogue | string | null {
  const { portal, revision } = usePortal();
  const [catalogue, setCatalogue] = useState<Catalogue | string | null>(null);
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
  }, [portal.id, type, revision]);
  return catalogue;
}
