/**
 * Sweeps once more over what a change feed left out. A feed that lost its position, or whose host gave up naming single records, asks for
 * it; the sweep then begins at a place it had passed before that time, and goes to the end beside the ordinary one, whose cursor it does not
 * touch. Places are noted a few times a day, because a sweep's cursor can be kept but not worked out from an instant.
 */
import type { ConnectionRef, CrmPort, HostObjectType } from '../crm/port.ts';
import { HOST_OBJECT_TYPES } from '../crm/port.ts';
import type { SyncStore } from '../store/port.ts';
import type { EngineParts } from './settings.ts';
import { changedCursor, marksOf, type SweepEnd } from './sweep.ts';

const REQUEST_CURSOR = 'recheck-wanted';
const STATE_CURSOR = 'recheck';
const NOTE_INTERVAL_MS = 6 * 3_600_000;
/** Longer than a host keeps its events (72 h, and a purge may be late), at one note each interval. */
const NOTES_KEPT_MAX = 16;
/** Changes may have been committed before the host says they were. */
const EARLIER_MS = 600_000;
const PAGES_MAX = 40;

type Request = { readonly id: string; readonly sinceAt: number };
/** An absent cursor is the beginning. */
type Places = { readonly [T in HostObjectType]?: string };
type Note = { readonly at: number; readonly places: Places };
type State = {
  /** Oldest first. */
  readonly notes: readonly Note[];
  /** The request that was served last. */
  readonly served: string | null;
  readonly run: { readonly id: string; readonly left: readonly HostObjectType[]; readonly places: Places } | null;
};
type Cursor = { readonly name: string; readonly value: string };

/** The cursor to store for asking, which keeps an earlier time that was asked for and not served yet. */
export async function recheckRequest(
  store: Pick<SyncStore, 'readCursor'>,
  connection: ConnectionRef,
  request: Request,
): Promise<Cursor> {
  const [open, state] = await Promise.all([readRequest(store, connection), readState(store, connection)]);
  const pending = open !== null && open.id !== state.served ? open.sinceAt : request.sinceAt;
  const merged: Request = { id: request.id, sinceAt: Math.min(pending, request.sinceAt) };
  return { name: REQUEST_CURSOR, value: JSON.stringify(merged) };
}

/** One bounded piece of work: notes where the sweep is when that is due, then goes on with what was asked for. */
export async function recheck(
  parts: EngineParts,
  source: { readonly connection: ConnectionRef; readonly port: CrmPort },
): Promise<SweepEnd> {
  const { store } = parts;
  const { connection } = source;
  const request = await readRequest(store, connection);
  const noted = await note(parts, connection, await readState(store, connection));
  let state = noted;
  if (state.run === null) {
    if (request === null || request.id === state.served) return { kind: 'done', marked: false };
    const places = placesBefore(state.notes, request.sinceAt - EARLIER_MS);
    state = { ...state, run: { id: request.id, left: HOST_OBJECT_TYPES, places } };
  }
  return await goOn(parts, source, state);
}

async function goOn(
  parts: EngineParts,
  { connection, port }: { readonly connection: ConnectionRef; readonly port: CrmPort },
  begun: State,
): Promise<SweepEnd> {
  let state = begun;
  let marked = false;
  for (let page = 0; page < PAGES_MAX && state.run !== null; page += 1) {
    const [objectType, ...later] = state.run.left;
    if (objectType === undefined) break;
    const cursor = state.run.places[objectType] ?? null;
    const answer = await port.listChanges(connection, { objectType, stream: 'changed', cursor }, { priority: 'sweep' });
    if (!answer.ok) return { kind: 'failed', failure: answer.failure };
    const marks = await marksOf(parts, connection, answer.value.refs, 'changed');
    marked ||= marks.length > 0;
    const left = answer.value.done ? later : state.run.left;
    const places = { ...state.run.places, [objectType]: answer.value.cursor };
    state =
      left.length === 0
        ? { notes: state.notes, served: state.run.id, run: null }
        : { ...state, run: { id: state.run.id, left, places } };
    await save(parts, connection, state, marks);
  }
  return { kind: state.run === null ? 'done' : 'more', marked };
}

async function note(parts: EngineParts, connection: ConnectionRef, state: State): Promise<State> {
  const at = parts.world.clock.now();
  const last = state.notes.at(-1);
  if (last !== undefined && last.at > at - NOTE_INTERVAL_MS) return state;
  const cursors = await Promise.all(
    HOST_OBJECT_TYPES.map(async (type) => [type, await parts.store.readCursor(connection, changedCursor(type))]),
  );
  // Before the first sweep there is no place to come back to.
  if (cursors.some(([, cursor]) => cursor === null)) return state;
  const places: Places = Object.fromEntries(cursors);
  const next: State = { ...state, notes: [...state.notes, { at, places }].slice(-NOTES_KEPT_MAX) };
  await save(parts, connection, next, []);
  return next;
}

/** Where the sweep was at that time or before; the beginning when nothing that old is noted. */
function placesBefore(notes: readonly Note[], at: number): Places {
  return notes.findLast((each) => each.at <= at)?.places ?? {};
}

async function save(
  parts: EngineParts,
  connection: ConnectionRef,
  state: State,
  marks: Parameters<SyncStore['advanceCursor']>[2],
): Promise<void> {
  const at = parts.world.clock.now();
  await parts.store.advanceCursor(connection, { name: STATE_CURSOR, value: JSON.stringify(state), at }, marks);
}

async function readRequest(store: Pick<SyncStore, 'readCursor'>, connection: ConnectionRef): Promise<Request | null> {
  const text = await store.readCursor(connection, REQUEST_CURSOR);
  // Written by `recheckRequest` alone.
  return text === null ? null : (JSON.parse(text) as Request);
}

async function readState(store: Pick<SyncStore, 'readCursor'>, connection: ConnectionRef): Promise<State> {
  const text = await store.readCursor(connection, STATE_CURSOR);
  // Written by `save` alone.
  return text === null ? { notes: [], served: null, run: null } : (JSON.parse(text) as State);
}
