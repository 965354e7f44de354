/** What must hold when edits have stopped and links have healed, by the numbers of docs/sync-spec.md. */
import { WEEKENDS_CALENDAR } from '../../server/domain/calendar.ts';
import { addDays } from '../../server/domain/dates.ts';
import { MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import { sharedValue, wantedValues } from '../../server/domain/wanted-values.ts';
import { TEST_SETTINGS } from './engine-harness.ts';
import { keyOf } from './memory-host.ts';
import { allRecords, type Edit, hostOf, type Scene, todayOf } from './simulation-scene.ts';
import { day } from './simulation-world.ts';

export function checkSchedule(scene: Scene): readonly string[] {
  return [
    ...checkConvergence(scene),
    ...checkNothingLost(scene),
    ...checkAttribution(scene),
    ...checkNoDuplicates(scene),
    ...checkQuestions(scene),
    ...checkLinks(scene),
    ...checkQueues(scene),
    ...checkNoStorm(scene),
    ...checkNoPingPong(scene),
    ...checkDeliveries(scene),
  ];
}

/** S1, S8, S9, S10: every live linked record shows exactly what its contracts call for. */
function checkConvergence(scene: Scene): readonly string[] {
  const { store } = scene;
  return allRecords(scene).flatMap(({ connection, record }) => {
    if (record.state !== 'live' || record.mergedInto !== null) return [];
    const links = store
      .links()
      .filter((link) => link.connectionId === connection.connectionId && keyOf(link.ref) === keyOf(record.ref));
    const isKnown = links.length > 0 || store.mirror(connection.connectionId, record.ref) !== null;
    if (!isKnown) return [];
    const foreign = links.filter((link) => link.workspaceId !== connection.workspaceId);
    const wanted = wantedValues(
      links.map((link) => store.contract(link.contractId)),
      {
        asOf: todayOf(scene),
        calendarOf: () => WEEKENDS_CALENDAR,
        contractUrl: (contractId) => TEST_SETTINGS.contractUrl(connection, contractId),
      },
    ).values;
    // A record that nothing links any more keeps what people typed into it afterwards.
    const fields = links.length > 0 ? MIRROR_FIELD_NAMES : [];
    const different = fields.filter((field) => (record.values[field] ?? null) !== (wanted[field] ?? null));
    const where = `${connection.connectionId} ${keyOf(record.ref)}`;
    return [
      ...foreign.map(() => `S8: ${where} links a contract of another workspace`),
      ...different.map((field) => `S1: ${where} ${field} shows ${record.values[field]}, wanted ${wanted[field]}`),
    ];
  });
}

/**
 * S2: each renewal date that a person chose is final, was changed by somebody who saw it, or stands in a conflict. A value that nobody
 * saw before choosing another is a leaf of the tree of edits.
 */
function checkNothingLost(scene: Scene): readonly string[] {
  const { store, edits } = scene;
  const today = todayOf(scene);
  const dated = edits.filter(
    (edit) => edit.kind !== 'ours_field' && edit.field === 'renewalDate' && edit.value !== null,
  );
  const parents = new Set(
    edits.flatMap((edit) => (edit.kind === 'ours_field' ? [] : [`${edit.field}|${edit.parent}`])),
  );
  const inConflict = new Set(
    store.conflicts.flatMap(({ field, winner, ours, theirs }) => {
      const named = { ours: [theirs], theirs: [ours], undecided: [ours, theirs] }[winner];
      return named.map((value) => `${field}|${value}`);
    }),
  );
  const finals = new Set(
    ['w1', 'w2'].flatMap((workspaceId) =>
      store.contractIds(workspaceId).map((id) => sharedValue(store.contract(id).contract, 'renewalDate', today)),
    ),
  );
  const lost = dated.flatMap((edit) => {
    if (edit.kind === 'ours_field' || edit.value === '2020-01-01') return [];
    const key = `renewalDate|${edit.value}`;
    const isSafe = finals.has(edit.value) || parents.has(key) || inConflict.has(key);
    return isSafe || isGone(scene, edit)
      ? []
      : [`S2: ${edit.kind} edit to ${edit.value} is neither final, superseded nor logged`];
  });
  const typed = edits.flatMap((edit) =>
    edit.kind !== 'ours_field' ||
    inConflict.has(`leadContractTitle|${edit.value}`) ||
    isGone(scene, edit) ||
    isTypedOver(scene, edit)
      ? []
      : [`S9: ${edit.value} was put back without a word`],
  );
  return [...lost, ...typed];
}

/** S9: an edit in a CRM belongs to the contract that the record showed to its editor, and to no other. */
function checkAttribution({ edits, store }: Scene): readonly string[] {
  return edits.flatMap((edit) => {
    if (edit.kind !== 'host' || edit.field !== 'renewalDate' || edit.value === null) return [];
    const changes = store.fieldChanges.filter(
      (change) =>
        change.field === 'renewalDate' &&
        change.provenance.source === 'host' &&
        change.value !== null &&
        addDays(day(change.value), 1) === edit.value,
    );
    return changes
      .filter((change) => change.contractId !== edit.contractId && edit.value !== '2020-01-01')
      .map((change) => `S9: the edit to ${edit.value} of ${edit.contractId} went to ${change.contractId}`);
  });
}

/** Edits of records that nothing links, or that are in the recycle bin or were merged away before they were read. */
function isGone(scene: Scene, edit: Edit): boolean {
  if (edit.kind === 'card') return false;
  const connection = scene.connections.find((candidate) => candidate.connectionId === edit.connectionId);
  const record =
    connection === undefined ? undefined : hostOf(scene, connection).recordOf(connection.accountId, edit.ref);
  if (record === undefined || record.state !== 'live' || record.mergedInto !== null) return true;
  return (
    record.values[edit.kind === 'host' ? edit.field : 'leadContractTitle'] === edit.value || wasUnlinked(scene, edit)
  );
}

function wasUnlinked(scene: Scene, edit: Exclude<Edit, { kind: 'card' }>): boolean {
  return (
    isOfNobody(scene, edit) ||
    scene.store.mirror(edit.connectionId, edit.ref) === null ||
    scene.unlinkedOnce.has(`${edit.connectionId}|${keyOf(edit.ref)}`)
  );
}

/** Typed into a record that showed no contract and has none: it is nobody's, and a clearing write of ours that lands late may meet it. */
function isOfNobody({ store }: Scene, edit: Exclude<Edit, { kind: 'card' }>): boolean {
  const isLinked = store
    .links()
    .some(({ connectionId, ref }) => connectionId === edit.connectionId && keyOf(ref) === keyOf(edit.ref));
  return edit.kind === 'host' && edit.contractId === null && !isLinked;
}

/** A person typed over another person's text before anybody read it. */
function isTypedOver(scene: Scene, edit: Extract<Edit, { kind: 'ours_field' }>): boolean {
  const place = (other: Edit): boolean =>
    other.kind === 'ours_field' && other.connectionId === edit.connectionId && keyOf(other.ref) === keyOf(edit.ref);
  return scene.edits.slice(scene.edits.indexOf(edit) + 1).some(place);
}

/** S5: nothing is recorded twice. */
function checkNoDuplicates(scene: Scene): readonly string[] {
  const seen = new Set<string>();
  return scene.store.conflicts.flatMap(({ connectionId, ref, field, base, ours, theirs, reason, contractId }) => {
    if (field !== 'renewalDate' || theirs === null || theirs === '2020-01-01') return [];
    const key = JSON.stringify([connectionId, keyOf(ref), field, contractId, base, ours, theirs, reason]);
    if (seen.has(key)) return [`S5: the conflict ${key} was recorded twice`];
    seen.add(key);
    return [];
  });
}

/** S9: what is asked is answered by the end, and the records know of no question that has no row. */
function checkQuestions({ store, connections, sides }: Scene): readonly string[] {
  const open = store.conflicts.filter(({ winner, state }) => winner === 'undecided' && state === 'open');
  const held = connections.flatMap((connection) =>
    sides.flatMap(({ host }) =>
      host.recordsOf(connection.accountId).flatMap(({ ref }) => {
        const asked = Object.keys(store.mirror(connection.connectionId, ref)?.asked ?? {});
        return asked.map(
          (field) => `S9: ${connection.connectionId} ${keyOf(ref)} still holds a question about ${field}`,
        );
      }),
    ),
  );
  return [...open.map(({ ref, field }) => `S9: ${keyOf(ref)} is left with a question about ${field}`), ...held];
}

/** S11, S12: links follow their records: active on live ones, tombstones on archived ones, none on merged ones. */
function checkLinks(scene: Scene): readonly string[] {
  return scene.store.links().flatMap(({ connectionId, ref, state }) => {
    const connection = scene.connections.find((candidate) => candidate.connectionId === connectionId);
    const record = connection === undefined ? undefined : hostOf(scene, connection).recordOf(connection.accountId, ref);
    const where = `${connectionId} ${keyOf(ref)}`;
    if (record === undefined) return [`S11: a link to ${where}, which does not exist`];
    if (record.mergedInto !== null) return [`S11: a link to ${where}, which was merged`];
    const expected = record.state === 'live' ? 'active' : 'tombstone';
    return state === expected ? [] : [`S12: the link to ${where} is ${state}, the record ${record.state}`];
  });
}

/** Faults that may make us write a record again: what became of the first write was unknown, or the process forgot. */
const REWRITING_FAULTS = [
  'answerLost',
  'lateEffect',
  'truncatedAnswer',
  'requestLost',
  'partialBatch',
  'tokenExpiredMidBatch',
  'crash',
  'crashAtCall',
  'outage',
] as const;

/** S3, S6: a record is written at most once for each thing that happened in its workspace, and once more for each fault that hides a write. */
function checkNoStorm(scene: Scene): readonly string[] {
  const { sides, counts, edits, changesMade, answersGiven, mix } = scene;
  const faults = REWRITING_FAULTS.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const days = Math.ceil(mix.outageMs / DAY_MS) + 2;
  const most = 1 + edits.length + changesMade + answersGiven + days + faults;
  return sides
    .flatMap(({ host }) => [...host.writesTaken])
    .filter(([, writes]) => writes > most)
    .map(([place, writes]) => `S6: ${place} was written ${writes} times; ${most} would do`);
}

/** S3: once edits and faults are over, each record is written once, and once more for each edit that is still found then or that follows from the date. */
function checkNoPingPong({ sides, store, answersGiven, atHealing, mix, counts }: Scene): readonly string[] {
  const found = store.fieldChanges.length + store.conflicts.length + answersGiven - atHealing.events;
  // Writes under way when the faults end land up to twenty minutes later; each counts when it lands, and calls for one that puts it right.
  const most = 2 + found + Math.ceil(mix.outageMs / DAY_MS) + 2 * (counts['lateEffect'] ?? 0);
  return sides.flatMap(({ host }) =>
    [...host.writesTaken].flatMap(([place, writes]) => {
      const since = writes - (atHealing.writes.get(`${host.host} ${place}`) ?? 0);
      return since > most ? [`S3: ${place} was written ${since} times after the last edit; ${most} would do`] : [];
    }),
  );
}

/** S4: every delivery that was taken is digested, once. */
function checkDeliveries({ store }: Scene): readonly string[] {
  const open = store.unfinishedDeliveries();
  return open === 0 ? [] : [`S4: ${open} deliveries are not digested`];
}

const DAY_MS = 86_400_000;

/** S14: nothing is left undone, nothing died. */
function checkQueues(scene: Scene): readonly string[] {
  return scene.connections.flatMap(({ connectionId }) =>
    scene.store
      .dirtyRows(connectionId)
      .map((row) => `S1: ${connectionId} ${keyOf(row.ref)} is still ${row.dead ? 'dead' : 'dirty'} (${row.reason})`),
  );
}
