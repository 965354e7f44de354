/**
 * The first reading of a newly connected CRM: make our properties exist, read every account and opportunity for their names and
 * domains, link contracts by web domain where that is wanted, then mirror what is linked. Each step may be repeated and the whole
 * resumes from its cursors after a stop; progress and the host's own total are shown while it runs.
 */
import type { ConnectionRef, CrmPort, HostFailure, HostObjectType, HostRecordRef } from '../crm/port.ts';
import type { BackfillState } from '../store/port.ts';
import { saveFactsOf } from './save-facts.ts';
import type { EngineParts } from './settings.ts';
import { STORE_BATCH_MAX } from './turn.ts';

/** Pages read in one run of the job; the next run goes on. */
const BACKFILL_PAGES_MAX = 20;
const LINKED_PAGES_MAX = 5000;
const READ_TYPES = ['account', 'opportunity'] as const satisfies readonly HostObjectType[];
const FINISHED = 'finished';

/** `marked`: the lanes have something to do now. */
export type BackfillEnd =
  | { readonly kind: 'done' | 'more'; readonly marked: boolean }
  | { readonly kind: 'failed'; readonly failure: HostFailure };

type Source = { readonly connection: ConnectionRef; readonly port: CrmPort };

export async function runBackfill(parts: EngineParts, source: Source): Promise<BackfillEnd> {
  const now = parts.world.clock.now();
  const state: BackfillState = (await parts.store.readBackfill(source.connection)) ?? {
    phase: 'schema',
    read: 0,
    total: null,
    startedAt: now,
    updatedAt: now,
  };
  switch (state.phase) {
    case 'schema':
      return makeSchema(parts, source, state);
    case 'reading':
      return readAll(parts, source, state);
    case 'matching':
      return matchAndMark(parts, source, state);
    case 'done':
      return { kind: 'done', marked: false };
  }
}

async function makeSchema(
  parts: EngineParts,
  { connection, port }: Source,
  state: BackfillState,
): Promise<BackfillEnd> {
  const made = await port.ensureSchema(connection, { priority: 'backfill' });
  if (!made.ok) return { kind: 'failed', failure: made.failure };
  // Lanes are served from here on: before this, the CRM has no property to write to.
  await parts.store.setConnectionState(connection, 'active', null);
  await saveState(parts, connection, { ...state, phase: 'reading' });
  return { kind: 'more', marked: true };
}

async function readAll(parts: EngineParts, source: Source, before: BackfillState): Promise<BackfillEnd> {
  const { connection, port } = source;
  let state = before;
  for (let page = 0; page < BACKFILL_PAGES_MAX; page += 1) {
    const next = await nextStream(parts, connection);
    if (next === null) {
      await saveState(parts, connection, { ...state, phase: 'matching' });
      return { kind: 'more', marked: false };
    }
    const request = { objectType: next.objectType, stream: 'all', cursor: next.cursor } as const;
    const listed = await port.listChanges(connection, request, { priority: 'backfill' });
    if (!listed.ok) return { kind: 'failed', failure: listed.failure };
    const { refs, cursor, done, total } = listed.value;
    const failure = await saveFactsOf(parts, source, { refs, priority: 'backfill' });
    if (failure !== null) return { kind: 'failed', failure };
    state = {
      ...state,
      read: state.read + refs.length,
      // Types are read one after the other, so a type's own total adds to what was promised before it: a shortfall stays visible.
      total: total === null || next.cursor !== null ? state.total : (state.total ?? state.read) + total,
    };
    const value = done ? FINISHED : cursor;
    await parts.store.advanceCursor(connection, { name: next.name, value, at: parts.world.clock.now() }, []);
    await saveState(parts, connection, state);
  }
  return { kind: 'more', marked: false };
}

async function nextStream(
  parts: EngineParts,
  connection: ConnectionRef,
): Promise<{ readonly objectType: HostObjectType; readonly name: string; readonly cursor: string | null } | null> {
  for (const objectType of READ_TYPES) {
    const name = `all:${objectType}`;
    const cursor = await parts.store.readCursor(connection, name);
    if (cursor !== FINISHED) return { objectType, name, cursor };
  }
  return null;
}

/** Linking twice makes no second link, and marking twice is one mark: this phase may be repeated as a whole. */
async function matchAndMark(parts: EngineParts, { connection }: Source, state: BackfillState): Promise<BackfillEnd> {
  const { store, settings, world } = parts;
  if (settings.linksByDomain) await store.linkByDomain(connection, world.clock.now());
  let after: HostRecordRef | null = null;
  for (let page = 0; page < LINKED_PAGES_MAX; page += 1) {
    const refs: readonly HostRecordRef[] = await store.listMirrored(connection, after, STORE_BATCH_MAX);
    const { workspaceId, connectionId } = connection;
    await store.markDirty(refs.map((ref) => ({ workspaceId, connectionId, ref, reason: 'backfill' })));
    after = refs.at(-1) ?? null;
    if (after === null || refs.length < STORE_BATCH_MAX) break;
  }
  await saveState(parts, connection, { ...state, phase: 'done' });
  return { kind: 'done', marked: true };
}

async function saveState(parts: EngineParts, connection: ConnectionRef, state: BackfillState): Promise<void> {
  await parts.store.writeBackfill(connection, { ...state, updatedAt: parts.world.clock.now() });
}
