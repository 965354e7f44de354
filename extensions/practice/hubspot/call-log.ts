/** Counts every API call by method, path template and status, so that a test can show how many calls something cost, or none. */
interface CallCount {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly count: number;
}

export interface CallLog {
  record(portalId: string, call: { readonly method: string; readonly path: string; readonly status: number }): void;
  of(portalId: string): readonly CallCount[];
  clear(portalId?: string): void;
}

export function createCallLog(): CallLog {
  const portals = new Map<string, Map<string, CallCount>>();
  return {
    record: (portalId, { method, path, status }) => {
      const counts = portals.get(portalId) ?? new Map<string, CallCount>();
      portals.set(portalId, counts);
      const key = `${method} ${path} ${status}`;
      counts.set(key, { method, path, status, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    of: (portalId) => [...(portals.get(portalId)?.values() ?? [])],
    clear: (portalId) => {
      if (portalId === undefined) portals.clear();
      else portals.delete(portalId);
    },
  };
}
