/** What people do about the questions of a schedule whose policies leave fields to them. */
import { SHARED_FIELDS } from '../../server/domain/contract.ts';
import { sharedValue } from '../../server/domain/wanted-values.ts';
import { applyEdit } from '../../server/sync/apply-edit.ts';
import { changesBetween } from '../../server/sync/contract-drafts.ts';
import type { StoredConflict } from './memory-conflicts.ts';
import { keyOf } from './memory-host.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type Scene, todayOf } from './simulation-scene.ts';

const openQuestions = ({ store }: Scene): readonly StoredConflict[] =>
  store.conflicts.filter(({ winner, state }) => winner === 'undecided' && state === 'open');

/** Some of them during the schedule; the others are left for its end. */
export function planAnswers(scene: Scene, random: SeededRandom, withinMs: number): void {
  const { clock } = scene;
  for (let count = random.between(0, 8); count > 0; count -= 1)
    clock.at(clock.now() + random.between(1_000, withinMs), () => {
      const open = openQuestions(scene);
      if (open.length > 0) answer(scene, random, random.pick(open));
    });
}

/** Answers what stands; returns how many that were. */
export function answerAll(scene: Scene, random: SeededRandom): number {
  const open = openQuestions(scene);
  for (const question of open) answer(scene, random, question);
  return open.length;
}

/** A value that the contract refuses by now leaves the person with ours. */
function answer(scene: Scene, random: SeededRandom, question: StoredConflict): void {
  if (random.chance(0.5) && answerTheirs(scene, question)) return;
  const isAnswered = scene.store.answer(question, 'ours', null);
  counted(scene, question, isAnswered ? 'ours' : 'nothing');
}

function answerTheirs(scene: Scene, question: StoredConflict): boolean {
  const { store, clock, edits } = scene;
  const { contractId, theirs: value } = question;
  const field = SHARED_FIELDS.find((shared) => shared === question.field);
  if (contractId === null || field === undefined) return false;
  const { contract } = store.contract(contractId);
  const today = todayOf(scene);
  const parent = sharedValue(contract, field, today);
  const applied = applyEdit(contract, field, value, today);
  if (!applied.ok) return false;
  const provenance = { source: 'workspace', actor: 'user-2', connectionId: null, ref: null, eventId: null } as const;
  const said = { ...provenance, at: clock.now() };
  const changes = changesBetween(contract, applied.contract);
  const fields = { [field]: said, ...(changes.endDate === undefined ? {} : { renewalDate: said }) };
  const update = { contractId, expectedRevision: contract.revision, changes, provenance: fields };
  if (!store.answer(question, 'theirs', update)) return false;
  if (parent !== value) edits.push({ kind: 'card', contractId, field, parent, value });
  counted(scene, question, 'theirs');
  return true;
}

function counted(scene: Scene, { connectionId, ref, field, ours, theirs }: StoredConflict, chosen: string): void {
  const { counts, clock } = scene;
  const name = chosen === 'theirs' ? 'answeredTheirs' : 'answeredOurs';
  scene.trace(`${clock.now()} answer ${connectionId} ${keyOf(ref)} ${field} ${ours} or ${theirs}: ${chosen}`);
  scene.answersGiven += 1;
  counts[name] = (counts[name] ?? 0) + 1;
  scene.wake();
}
