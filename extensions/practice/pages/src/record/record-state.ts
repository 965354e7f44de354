// One record on a page: read, followed through the portal's change feed, edited optimistically and rolled back when the
// server refuses. Readers learn which properties changed, so that a change made elsewhere can be shown softly.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import type { Answer } from '../portal/portal-api.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { CrmRecord } from '../portal/portal-schema.ts';

type RecordState =
  | { readonly status: 'loading' }
  | { readonly status: 'failed'; readonly message: string; readonly missing: boolean }
  | { readonly status: 'ready'; readonly record: CrmRecord };

export type RecordTools = {
  readonly state: RecordState;
  /** Names of properties whose value just changed from elsewhere. */
  readonly changed: ReadonlySet<string>;
  readonly reload: () => Promise<void>;
  readonly edit: (properties: Record<string, string>) => Promise<Answer<unknown>>;
};

/** A change made elsewhere keeps its tint this long. */
const CHANGE_SHOWN_MS = 2_600;

function changedNames(before: CrmRecord, after: CrmRecord): ReadonlySet<string> {
  const names = new Set([...Object.keys(before.properties), ...Object.keys(after.properties)]);
  return new Set([...names].filter((name) => (before.properties[name] ?? '') !== (after.properties[name] ?? '')));
}

export function useRecord(type: ObjectType, id: string): RecordTools {
  const { portal, onRecordChange } = usePortal();
  const [state, setState] = useState<RecordState>({ status: 'loading' });
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const shown = useRef<CrmRecord | null>(null);
  const requests = useRef(0);

  const reload = useCallback(async () => {
    requests.current += 1;
    const request = requests.current;
    const answer = await portalApi.record(portal.id, type, id);
    // A late answer never replaces a newer one.
    if (request !== requests.current) return;
    if (!answer.ok) {
      setState({ status: 'failed', message: answer.message, missing: answer.status === 404 });
      return;
    }
    if (shown.current) setChanged(changedNames(shown.current, answer.data));
    shown.current = answer.data;
    setState({ status: 'ready', record: answer.data });
  }, [portal.id, type, id]);

  useEffect(() => {
    shown.current = null;
    setState({ status: 'loading' });
    setChanged(new Set());
    void reload();
    return onRecordChange((changedType, changedId) => {
      const related = shown.current?.associations[changedType].some((other) => other.id === changedId) ?? false;
      if ((changedType === type && changedId === id) || related) void reload();
    });
  }, [reload, onRecordChange, type, id]);

  useEffect(() => {
    if (changed.size === 0) return;
    const timer = setTimeout(() => setChanged(new Set()), CHANGE_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [changed]);

  const edit = useCallback(
    async (properties: Record<string, string>) => {
      const before = shown.current;
      if (before) {
        shown.current = { ...before, properties: { ...before.properties, ...properties } };
        setState({ status: 'ready', record: shown.current });
      }
      const answer = await portalApi.edit(portal.id, type, id, properties);
      if (!answer.ok && before) {
        shown.current = before;
        setState({ status: 'ready', record: before });
      }
      if (answer.ok) await reload();
      return answer;
    },
    [portal.id, type, id, reload],
  );
  return { state, changed, reload, edit };
}
