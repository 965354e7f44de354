/**
 * Finds what no event told (sync rules S1, S12). Three sweeps: what the host says has changed, every minute; its recycle bin, every
 * ten minutes; and once a day each linked record, whether it seems changed or not, which also carries values that follow from the date. A cursor
 * is saved together with the marks it produced. A record missing from a page proves nothing and is never taken for deleted.
 */
import type { ChangeStream, ConnectionRef, CrmPort, HostFailure, HostObjectType, HostRecordRef } from '../crm/port.ts';
import type { PlainDate } from '../domain/contract.ts';
import type { DirtyMark } from '../store/port.ts';
import { findMirrored } from './ingest.ts';
import { saveFactsOfNew } from './save-facts.ts';
import type { EngineParts } from './settings.ts';
import { createSweepMemory, type SweepMemory } from './sweep-memory.ts';
import { chunksOf, STORE_BATCH_MAX } from './turn.ts';

/** Pages of one stream in one run; the next run goes on from the cursor. */
const SWEEP_PAGES_MAX = 40;
const CHECK_PAGES_MAX = 50;

/** `more`: the run ended at its bound, not at the end. `marked`: it gave the lanes something to do. */
export type SweepEnd =
  | { readonly kind: 'done' | 'more'; readonly marked: boolean }
  | { readonly kind: 'failed'; readonly failure: HostFailure };

/** Where the sweep of changed records keeps its place. */
export function changedCursor(objectType: HostObjectType): string {
  return `changed:${objectType}`;
}

export async function sweepStream(
  parts: EngineParts,
  source: { readonly connection: ConnectionRef; readonly port: CrmPort; readonly memory?: SweepMemory },
  request: { readonly objectType: HostObjectType; readonly stream: Exclude<ChangeStream, 'all'> },
): Promise<SweepEnd> {
  const { connection, port, memory = createSweepMemory() } = source;
  const name = request.stream === 'changed' ? changedCursor(request.objectType) : `archived:${request.objectType}`;
  let cursor = await parts.store.readCursor(connection, name);
  let marked = false;
  for (let page = 0; page < SWEEP_PAGES_MAX; page += 1) {
    const from = cursor === RESTART ? null : cursor;
    const answer = await port.listChanges(connection, { ...request, cursor: from }, { priority: 'sweep' });
    if (!answer.ok) return { kind: 'failed', failure: answer.failure };
    const marks = await marksOf(parts, connection, memory.news(connection, answer.value), request.stream);
    marked ||= marks.length > 0;
    cursor = answer.value.done && request.stream === 'archived' ? RESTART : answer.value.cursor;
    await parts.store.advanceCursor(connection, { name, value: cursor, at: parts.world.clock.now() }, marks);
    memory.learn(connection, answer.value);
    if (request.stream === 'changed') await saveFactsOfNew(parts, source, answer.value.refs);
    if (answer.value.done) return { kind: 'done', marked };
  }
  return { kind: 'more', marked };
}

/** The recycle bin has no order of its own: each run reads it from the start. */
const RESTART = '';

/** Marks for the records that a page of a stream names; those that nothing links are of no concern. */
export async function marksOf(
  parts: EngineParts,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
  stream: 'changed' | 'archived',
): Promise<readonly DirtyMark[]> {
  const cases = refs.filter((ref) => ref.objectType === 'case');
  const others = refs.filter((ref) => ref.objectType !== 'case');
  const mirrored = (await findMirrored(parts, connection, others)).map(({ ref }) => ref);
  const due = stream === 'archived' ? await withActiveLinks(parts, connection, mirrored) : mirrored;
  const { workspaceId, connectionId } = connection;
  return [...cases, ...due].map((ref) => ({ workspaceId, connectionId, ref, reason: 'sweep' }));
}

/** What lies in the recycle bin and is known to lie there needs no reading. */
async function withActiveLinks(
  parts: EngineParts,
  connection: ConnectionRef,
  refs: readonly HostRecordRef[],
): Promise<readonly HostRecordRef[]> {
  const active: HostRecordRef[] = [];
  for (const chunk of chunksOf(refs, STORE_BATCH_MAX)) {
    const states = await parts.store.loadRecords(connection, chunk);
    active.push(...states.filter((state) => state.contracts.length > 0).map((state) => state.ref));
  }
  return active;
}

const CHECK_CURSOR = 'daily-check';

/** Marks every linked record once per day of the workspace. Resumes where an earlier run stopped. */
export async function checkAll(parts: EngineParts, connection: ConnectionRef, today: PlainDate): Promise<SweepEnd> {
  const { store, world } = parts;
  let progress = parseProgress(await store.readCursor(connection, CHECK_CURSOR), today);
  let marked = false;
  for (let page = 0; page < CHECK_PAGES_MAX; page += 1) {
    if (progress === 'done') return { kind: 'done', marked };
    const refs = await store.listMirrored(connection, progress, STORE_BATCH_MAX);
    const last = refs.at(-1);
    marked ||= last !== undefined;
    const isLast = refs.length < STORE_BATCH_MAX || last === undefined;
    progress = isLast ? 'done' : last;
    const { workspaceId, connectionId } = connection;
    await store.advanceCursor(
      connection,
      { name: CHECK_CURSOR, value: formatProgress(progress, today), at: world.clock.now() },
      refs.map((ref) => ({ workspaceId, connectionId, ref, reason: 'sweep' })),
    );
  }
  return { kind: progress === 'done' ? 'done' : 'more', marked };
}

type Progress = HostRecordRef | null | 'done';

function formatProgress(progress: HostRecordRef | 'done', today: PlainDate): string {
  return JSON.stringify(progress === 'done' ? [today, 'done'] : [today, progress.objectType, progress.recordId]);
}

/** Anything but today's own progress starts the day's check from the first record. */
function parseProgress(text: string | null, today: PlainDate): Progress {
  const parts: unknown = text === null ? null : JSON.parse(text);
  if (!Array.isArray(parts) || parts[0] !== today) return null;
  if (parts[1] === 'done') return 'done';
  const objectType = (['opportunity', 'account', 'case'] as const).find((type) => type === parts[1]);
  return objectType === undefined || typeof parts[2] !== 'string' ? null : { objectType, recordId: parts[2] };
}
