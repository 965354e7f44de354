/** What people do during a schedule: they edit in the portals and in the workspace, link and unlink, archive, restore and merge. */
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import {
  CONTRACT_STAGES,
  type PlainDate,
  RENEWAL_DECISIONS,
  SHARED_FIELDS,
  type SharedField,
} from '../../server/domain/contract.ts';
import { addDays } from '../../server/domain/dates.ts';
import { sharedValue } from '../../server/domain/wanted-values.ts';
import { applyEdit } from '../../server/sync/apply-edit.ts';
import { changesBetween } from '../../server/sync/contract-drafts.ts';
import { TRAITS } from './host-traits.ts';
import { keyOf, type MemoryRecord } from './memory-host.ts';
import { allRecords, hostOf, type Scene, todayOf } from './simulation-scene.ts';
import { day } from './simulation-world.ts';

export function planEdits(scene: Scene, withinMs: number): void {
  const { random, clock } = scene;
  const count = random.between(4, 40);
  for (let index = 0; index < count; index += 1)
    clock.at(clock.now() + random.between(1_000, withinMs), () => {
      const draw = random.next();
      if (draw < 0.5) editOnHost(scene);
      else if (draw < 0.85) editOnCard(scene);
      else if (draw < 0.93) relink(scene);
      else changeRecord(scene);
    });
}

/**
 * What people do where two vendors meet: one contract is changed on several of its records and in the workspace within half a second, and
 * what lost a conflict is put back.
 */
export function planMeetings(scene: Scene, withinMs: number): void {
  const { extra, clock } = scene;
  for (let count = extra.between(1, 6); count > 0; count -= 1)
    clock.at(clock.now() + extra.between(1_000, withinMs), () => meet(scene));
  for (let count = extra.between(0, 4); count > 0; count -= 1)
    clock.at(clock.now() + extra.between(withinMs / 4, withinMs), () => restoreLoser(scene));
}

function meet(scene: Scene): void {
  const { extra, store, clock } = scene;
  const contractId = extra.pick(scene.connections.flatMap(({ workspaceId }) => store.contractIds(workspaceId)));
  const { number } = store.contract(contractId).contract;
  const places = allRecords(scene).filter(
    ({ record }) =>
      record.state === 'live' && record.mergedInto === null && record.values.leadContractNumber === number,
  );
  const field = extra.pick(['renewalDate', 'renewalDate', 'stage', 'renewalDecision'] as const);
  for (const place of places)
    if (extra.chance(0.8))
      clock.at(clock.now() + extra.between(0, 500), () => {
        if (place.record.state === 'live' && place.record.mergedInto === null)
          editRecord(scene, place, { field, value: valueFor(scene, field) });
      });
  if (extra.chance(0.6))
    clock.at(clock.now() + extra.between(0, 500), () =>
      editContract(scene, contractId, { field, value: valueFor(scene, field) }),
    );
}

function valueFor(scene: Scene, field: SharedField): string {
  if (field === 'renewalDate') return freshDay(scene);
  return field === 'stage' ? scene.extra.pick(CONTRACT_STAGES) : scene.extra.pick(RENEWAL_DECISIONS);
}

/** The click that puts back the value that lost. */
function restoreLoser(scene: Scene): void {
  const { extra, store, counts } = scene;
  const open = store.conflicts.flatMap(({ contractId, field, winner, ours, theirs }) => {
    const value = winner === 'ours' ? theirs : ours;
    const shared = SHARED_FIELDS.find((candidate) => candidate === field);
    return contractId === null || shared === undefined ? [] : [{ contractId, field: shared, value }];
  });
  if (open.length === 0) return;
  const { contractId, field, value } = extra.pick(open);
  if (editContract(scene, contractId, { field, value }))
    counts['conflictRestored'] = (counts['conflictRestored'] ?? 0) + 1;
}

/** Renewal dates are never chosen twice, so that each can be traced to its edit. */
function freshDay(scene: Scene): PlainDate {
  scene.nextDay += 1;
  return addDays(day('2027-09-01'), scene.nextDay);
}

function drawEdit(scene: Scene): Change {
  const { random } = scene;
  const draw = random.next();
  if (draw < 0.6) return { field: 'renewalDate', value: freshDay(scene) };
  if (draw < 0.8) return { field: 'renewalDecision', value: random.pick(RENEWAL_DECISIONS) };
  if (draw < 0.97) return { field: 'stage', value: random.pick(CONTRACT_STAGES) };
  return { field: 'renewalDate', value: random.pick(['2020-01-01', null]) };
}

function editOnHost(scene: Scene): void {
  const { random, edits, clock } = scene;
  const places = allRecords(scene).filter(({ record }) => record.state === 'live' && record.mergedInto === null);
  if (places.length === 0) return;
  const { connection, record } = random.pick(places);
  if (random.chance(0.08)) {
    const value = `typed by hand ${clock.now()}`;
    hostOf(scene, connection).edit(connection.accountId, record.ref, { leadContractTitle: value });
    scene.trace(`${clock.now()} host ${connection.connectionId} ${keyOf(record.ref)} title -> ${value}`);
    edits.push({ kind: 'ours_field', connectionId: connection.connectionId, ref: record.ref, value });
    return;
  }
  editRecord(scene, { connection, record }, drawEdit(scene));
}

type Place = { readonly connection: ConnectionRef; readonly record: MemoryRecord };
type Change = { readonly field: SharedField; readonly value: string | null };

function editRecord(scene: Scene, { connection, record }: Place, { field, value }: Change): void {
  const { edits, clock } = scene;
  const parent = record.values[field];
  if (parent === value) return;
  hostOf(scene, connection).edit(connection.accountId, record.ref, { [field]: value }, 'person-7');
  const shown = record.values.leadContractNumber;
  const contractId = shown === null ? null : shown.slice(2);
  scene.trace(
    `${clock.now()} host ${connection.connectionId} ${keyOf(record.ref)} ${field} ${parent} -> ${value} (${shown})`,
  );
  edits.push({
    kind: 'host',
    connectionId: connection.connectionId,
    ref: record.ref,
    contractId,
    field,
    parent,
    value,
  });
}

function editOnCard(scene: Scene): void {
  const { random, store } = scene;
  const workspaceId = random.pick(['w1', 'w2']);
  const contractId = random.pick(store.contractIds(workspaceId));
  editContract(scene, contractId, drawEdit(scene));
}

/** False when the contract's rules refuse it or it changes nothing. */
function editContract(scene: Scene, contractId: string, { field, value }: Change): boolean {
  const { store, edits, clock } = scene;
  const { contract } = store.contract(contractId);
  const today = todayOf(scene);
  const parent = sharedValue(contract, field, today);
  const applied = applyEdit(contract, field, value, today);
  if (!applied.ok || parent === value) return false;
  const provenance = {
    source: 'card',
    actor: 'user-1',
    connectionId: null,
    ref: null,
    eventId: null,
    at: clock.now(),
  } as const;
  const changes = changesBetween(contract, applied.contract);
  const fields = { [field]: provenance, ...(changes.endDate === undefined ? {} : { renewalDate: provenance }) };
  const workspaceId = contractId.slice(0, 2);
  store.updateContract(workspaceId, { contractId, expectedRevision: contract.revision, changes, provenance: fields });
  scene.wake();
  scene.trace(`${clock.now()} card ${contractId} ${field} ${parent} -> ${value}`);
  edits.push({ kind: 'card', contractId, field, parent, value });
  return true;
}

function relink(scene: Scene): void {
  const { random, store } = scene;
  const places = allRecords(scene).filter(({ record }) => record.state === 'live' && record.mergedInto === null);
  if (places.length === 0) return;
  const { connection, record } = random.pick(places);
  const contractId = random.pick(store.contractIds(connection.workspaceId));
  scene.changesMade += 1;
  const isLinked = store
    .links()
    .some(
      (link) =>
        link.connectionId === connection.connectionId &&
        keyOf(link.ref) === keyOf(record.ref) &&
        link.contractId === contractId,
    );
  scene.trace(
    `${scene.clock.now()} ${isLinked ? 'unlink' : 'link'} ${connection.connectionId} ${keyOf(record.ref)} ${contractId}`,
  );
  if (isLinked) store.unlink(connection, record.ref, contractId);
  const place = `${connection.connectionId}|${keyOf(record.ref)}`;
  if (isLinked) scene.unlinkedOnce.add(place);
  if (!isLinked) store.link(connection, record.ref, contractId);
}

function changeRecord(scene: Scene): void {
  const { random, counts } = scene;
  const places = allRecords(scene).filter(({ record }) => record.mergedInto === null);
  const { connection, record } = random.pick(places);
  const host = hostOf(scene, connection);
  scene.changesMade += 1;
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  scene.trace(`${scene.clock.now()} record ${connection.connectionId} ${keyOf(record.ref)} was ${record.state}`);
  if (record.state === 'archived') {
    count('restore');
    host.restore(connection.accountId, record.ref);
    return;
  }
  const other = places.find((place) => canMerge(place, connection, record.ref));
  if (other !== undefined && random.chance(0.4)) {
    count('merge');
    host.merge(connection.accountId, record.ref, other.record.ref, `m${scene.clock.now()}`);
    return;
  }
  count('archive');
  host.archive(connection.accountId, record.ref);
}

function canMerge(
  place: { readonly connection: ConnectionRef; readonly record: MemoryRecord },
  connection: ConnectionRef,
  ref: HostRecordRef,
): boolean {
  const { record } = place;
  return (
    place.connection === connection &&
    record.state === 'live' &&
    record.ref.objectType === ref.objectType &&
    TRAITS[connection.host].mergeable.has(ref.objectType) &&
    record.ref.recordId !== ref.recordId
  );
}
