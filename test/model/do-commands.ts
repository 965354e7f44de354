/** Each command done to the system and to the model; a command that makes no sense at that moment does nothing. */
import { CONTRACT_STAGES, type PlainDate, RENEWAL_DECISIONS } from '../../server/domain/contract.ts';
import { addDays } from '../../server/domain/dates.ts';
import type { MirrorField } from '../../server/domain/mirror.ts';
import { STAGE_MOVES, stageAsOf } from '../../server/domain/stage.ts';
import { PROPERTY_NAMES } from '../../server/crm/hubspot/properties.ts';
import { at } from '../support/practice.ts';
import {
  answerTo,
  attach,
  cardFacts,
  type Change,
  changeContract,
  contractFacts,
  detach,
  editRecord,
  merge,
  openConflict,
  restoreConflict,
  restoring,
  setLife,
} from './model-acts.ts';
import { newContract } from './new-contract.ts';
import type { Command } from './model-commands.ts';
import { answered, dayFrom, deliver, type DoCommand, newKey, noonAfter, PLURALS, rest, type Run } from './model-run.ts';
import { authorise, idOf, purge } from './model-system.ts';
import { contractAt, newRecord, recordAt, recordKey, type RecordModel } from './possible-world.ts';
import { Disagreement } from './possible-worlds.ts';
import { verifyRest } from './verify-rest.ts';

const pick = <T>(items: readonly T[], index: number): T | undefined => items[index % Math.max(1, items.length)];

/** The record that a number means, if it lives. */
function liveRecord(run: Run, index: number, only: (record: RecordModel) => boolean = () => true): string | undefined {
  const world = run.worlds.any();
  const live = run.records.filter((key) => {
    const record = recordAt(world, key);
    return record.life === 'live' && only(record);
  });
  return pick(live, index);
}

const isConnected =
  (run: Run) =>
  ({ portal }: RecordModel): boolean =>
    run.worlds.any().connected[portal];

const DAYS_FROM_TODAY = [1, 30, 45, 90, 180, 400, -5] as const;

function sharedText(
  run: Run,
  key: string,
  field: 'stage' | 'renewalDate' | 'renewalDecision',
  value: number,
): string | null {
  switch (field) {
    case 'stage': {
      const { lead } = recordAt(run.worlds.any(), key);
      return lead === null ? (pick(CONTRACT_STAGES, value) ?? null) : stageFor(run, lead, value);
    }
    case 'renewalDecision':
      return pick([...RENEWAL_DECISIONS, ...RENEWAL_DECISIONS, null], value) ?? null;
    case 'renewalDate':
      return dateFor(run, value);
  }
}

/** More often a stage that may follow than any other. */
function stageFor(run: Run, contractId: string, value: number): (typeof CONTRACT_STAGES)[number] {
  const stage = stageAsOf(contractAt(run.worlds.any(), contractId).contract, run.moment().asOf);
  const moves = STAGE_MOVES[stage];
  return pick([...moves, ...moves, ...moves, ...CONTRACT_STAGES], value) ?? 'draft';
}

function dateFor(run: Run, value: number): PlainDate | null {
  const days = pick([...DAYS_FROM_TODAY, ...DAYS_FROM_TODAY, null], value) ?? null;
  return days === null ? null : dayFrom(run, days);
}

async function editByPerson(run: Run, key: string, field: MirrorField, value: string | null): Promise<void> {
  run.worlds.see(`record ${key}`, run.shown(key).shown, (world) => recordAt(world, key).shown);
  const { portal, type, id } = recordAt(run.worlds.any(), key);
  const route = `/objects/${PLURALS[type]}/${id}`;
  const properties = { [PROPERTY_NAMES[field]]: value ?? '' };
  const answer = await run.system.person('PATCH', run.portalIds[portal], route, { properties });
  // A portal that never had the app has no such property.
  if (answer.status === 400) return;
  if (answer.status !== 200) throw new Error(`the portal refused an edit: ${JSON.stringify(answer.body)}`);
  const edit = { field, value, at: run.system.clock.now() };
  run.worlds.act((world) => editRecord(world, key, edit));
}

const OUR_VALUES = (run: Run): Readonly<Record<'leadContractTitle' | 'noticeDeadline' | 'contractCount', string>> => ({
  leadContractTitle: 'A title by hand',
  noticeDeadline: dayFrom(run, 17),
  contractCount: '7',
});

/** Sees the contract, changes it on what was seen, and compares the answer; done twice it must be as if once. */
async function changeByPage(run: Run, contractId: string, change: Change): Promise<void> {
  const revision = await seeContract(run, contractId);
  const moment = run.moment();
  const answer = answered(await run.page('POST', ...pageRequest(contractId, change, revision)));
  run.worlds.see(`answer to ${JSON.stringify(change)}`, answer, (world) => answerTo(world, contractId, change, moment));
  run.worlds.act((world) => changeContract(world, contractId, change, moment));
}

function pageRequest(contractId: string, change: Change, expectedRevision: number): [string, unknown] {
  const path = `/v1/contracts/${contractId}`;
  switch (change.kind) {
    case 'stage':
      return [`${path}/stage`, { expectedRevision, to: change.to }];
    case 'decision':
      return [`${path}/renewal-decision`, { expectedRevision, decision: change.to }];
    case 'end_date':
      return [`${path}/end-date`, { expectedRevision, endDate: change.to }];
    case 'renewal_date':
      throw new Error('the page asks for the end date');
  }
}

async function seeContract(run: Run, contractId: string): Promise<number> {
  const { asOf } = run.moment();
  const answer = await run.page('GET', `/v1/contracts/${contractId}`);
  const facts = factsOf(at(answer.body, 'contract'));
  run.worlds.see(`contract ${contractId}`, facts, (world) => contractFacts(world, contractId, asOf));
  return Number(at(answer.body, 'contract', 'revision'));
}

const factsOf = (contract: unknown): Record<string, unknown> => ({
  stage: at(contract, 'stage'),
  endDate: at(contract, 'endDate'),
  renewalDate: at(contract, 'renewalDate'),
  renewalDecision: at(contract, 'renewalDecision'),
});

/** Sees the card of a record; gives the revision of each contract on it. */
async function seeCard(run: Run, key: string): Promise<ReadonlyMap<string, number>> {
  const { asOf } = run.moment();
  const { type, id } = recordAt(run.worlds.any(), key);
  const answer = await run.card('GET', key, `/v1/card/records/${type}/${id}`);
  const contracts = at(answer.body, 'contracts');
  if (!Array.isArray(contracts)) throw new Disagreement(`the card of ${key}: ${JSON.stringify(answer.body)}`);
  const seen = contracts
    .map((contract: unknown) => ({
      id: String(at(contract, 'id')),
      isLead: at(contract, 'isLead'),
      ...factsOf(contract),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  run.worlds.see(`card of ${key}`, seen, (world) => cardFacts(world, key, asOf) as typeof seen);
  return new Map(contracts.map((contract: unknown) => [String(at(contract, 'id')), Number(at(contract, 'revision'))]));
}

async function changeByCard(
  run: Run,
  command: { readonly record: number; readonly contract: number; readonly repeat: boolean },
  changeOf: (contractId: string) => Change,
): Promise<void> {
  const key = liveRecord(run, command.record, isConnected(run));
  if (key === undefined) return;
  const revisions = await seeCard(run, key);
  const contractId = pick([...revisions.keys()].toSorted(byAge(run)), command.contract);
  const expectedRevision = contractId === undefined ? undefined : revisions.get(contractId);
  if (contractId === undefined || expectedRevision === undefined) return;
  const change = changeOf(contractId);
  const moment = run.moment();
  const { type, id } = recordAt(run.worlds.any(), key);
  const record = { objectType: type, recordId: id };
  const fixed = { idempotencyKey: newKey(), record, expectedRevision };
  const [path, body] =
    change.kind === 'stage'
      ? ['stage', { ...fixed, to: change.to }]
      : ['renewal-decision', { ...fixed, decision: change.kind === 'decision' ? change.to : null }];
  const send = async (): Promise<string> =>
    answered(await run.card('POST', key, `/v1/card/contracts/${contractId}/${path}`, body));
  const first = await send();
  run.worlds.see(`answer to ${JSON.stringify(change)}`, first, (world) => answerTo(world, contractId, change, moment));
  run.worlds.act((world) => changeContract(world, contractId, change, moment));
  if (command.repeat && first === 'ok') run.worlds.see('the repetition', await send(), () => 'ok');
}

const byAge =
  (run: Run) =>
  (a: string, b: string): number =>
    run.contracts.indexOf(a) - run.contracts.indexOf(b);

type LinkCommand = { readonly record: number; readonly contract: number; readonly repeat?: boolean };

async function changeLink(run: Run, command: LinkCommand, act: 'attach' | 'detach' | 'restore'): Promise<void> {
  const key = liveRecord(run, command.record, isConnected(run));
  if (key === undefined) return;
  const linked = await seeCard(run, key);
  const candidates = act === 'detach' ? run.contracts.filter((id) => linked.has(id)) : run.contracts;
  const contractId = pick(candidates, command.contract);
  if (contractId === undefined) return;
  const { type, id } = recordAt(run.worlds.any(), key);
  const body = { idempotencyKey: newKey(), record: { objectType: type, recordId: id }, contractId };
  const path = { attach: '/v1/card/links', detach: '/v1/card/links/detach', restore: '/v1/card/links/restore' }[act];
  const send = async (): Promise<string> => answered(await run.card('POST', key, path, body));
  const first = await send();
  if (act === 'restore' && first === 'not_found') return;
  const expected = act !== 'detach' && linked.has(contractId) ? 'already_attached' : 'ok';
  run.worlds.see(`answer to ${act}`, first, () => expected);
  run.worlds.act((world) => (act === 'detach' ? detach(world, key, contractId) : attach(world, key, contractId)));
  if (command.repeat === true && first === 'ok') run.worlds.see('the repetition', await send(), () => 'ok');
}

async function recordLife(run: Run, index: number, change: 'archive' | 'restore' | 'purge'): Promise<void> {
  const world = run.worlds.any();
  const wanted = change === 'archive' ? ['live'] : change === 'restore' ? ['archived'] : ['live', 'archived'];
  const keys = run.records.filter((key) => wanted.includes(recordAt(world, key).life));
  const key = pick(keys, index);
  if (key === undefined) return;
  const { portal, type, id } = recordAt(world, key);
  const route = `/objects/${PLURALS[type]}/${id}/${change === 'restore' ? 'restore' : 'archive'}`;
  await run.system.person('POST', run.portalIds[portal], route);
  if (change === 'purge') purge(run.system, run.portalIds[portal], id);
  const life = change === 'restore' ? 'live' : change === 'purge' ? 'gone' : 'archived';
  run.worlds.act((each) => setLife(each, key, life));
}

async function mergeRecords(run: Run, command: Extract<Command, { act: 'merge' }>): Promise<void> {
  const primary = liveRecord(run, command.record);
  if (primary === undefined) return;
  const { portal, type, id } = recordAt(run.worlds.any(), primary);
  const other = liveRecord(
    run,
    command.other,
    (record) => record.portal === portal && record.type === type && record.id !== id,
  );
  if (other === undefined) return;
  for (const key of [primary, other])
    run.worlds.see(`record ${key}`, run.shown(key).shown, (world) => recordAt(world, key).shown);
  const answer = await run.system.person('POST', run.portalIds[portal], `/objects/${PLURALS[type]}/merge`, {
    primaryId: id,
    mergedId: recordAt(run.worlds.any(), other).id,
  });
  const survivor = newRecord({ portal, type, id: idOf(answer) });
  const key = recordKey(survivor);
  run.records.push(key);
  run.worlds.act((world) => merge(world, [primary, other], survivor));
  const view = run.shown(key);
  run.worlds.act((world) => merge(world, [primary, other], { ...survivor, ...view }));
}

async function undo(run: Run, index: number): Promise<void> {
  const list = at((await run.page('GET', '/v1/conflicts?state=open')).body, 'results');
  const restorable = (Array.isArray(list) ? list : []).filter(
    (conflict: unknown) => at(conflict, 'restorable') === true,
  );
  const conflict = pick(restorable, index);
  if (conflict === undefined) return;
  const contractId = String(at(conflict, 'contractId'));
  const text = JSON.stringify(['contractId', 'field', 'ours', 'theirs', 'winner'].map((name) => at(conflict, name)));
  run.worlds.see('an open conflict', true, (world) => openConflict(world, text) !== undefined);
  await seeContract(run, contractId);
  const moment = run.moment();
  const answer = answered(await run.page('POST', `/v1/conflicts/${String(at(conflict, 'id'))}/restore`, {}));
  run.worlds.see(`answer to undoing ${text}`, answer, (world) => {
    const found = openConflict(world, text);
    const change = found === undefined ? null : restoring(found);
    return change === null ? 'not restorable' : answerTo(world, contractId, change, moment);
  });
  run.worlds.act((world) => restoreConflict(world, text, moment));
}

async function setInstalled(run: Run, command: Extract<Command, { act: 'install' | 'uninstall' }>): Promise<void> {
  const { portal } = command;
  const wanted = command.act === 'install';
  if (run.worlds.any().connected[portal] === wanted) return;
  run.worlds.mayHaveStepped(run.moment());
  if (wanted) {
    await authorise(run.system, run.portalIds[portal], run.cookie);
    // The first reading goes on in steps, each a moment after the one before.
    run.system.untold.add('install');
  } else {
    await run.system.person('DELETE', run.portalIds[portal], '/installs/4242');
    run.system.held.splice(0).forEach((event) => {
      if (event.portalId !== run.portalIds[portal]) run.system.held.push(event);
      else run.system.untold.add('merge');
    });
  }
  run.worlds.act((world) => ({ ...world, connected: { ...world.connected, [portal]: wanted } }));
}

const DO: { readonly [A in Command['act']]: DoCommand<A> } = {
  edit: async (run, { record, field, value }) => {
    const key = liveRecord(run, record);
    if (key !== undefined) await editByPerson(run, key, field, sharedText(run, key, field, value));
  },
  edit_ours: async (run, { record, field }) => {
    const key = liveRecord(run, record);
    if (key !== undefined) await editByPerson(run, key, field, OUR_VALUES(run)[field]);
  },
  card_stage: (run, command) =>
    changeByCard(run, command, (contractId) => ({ kind: 'stage', to: stageFor(run, contractId, command.value) })),
  card_decision: (run, command) =>
    changeByCard(run, command, () => ({ kind: 'decision', to: pick(RENEWAL_DECISIONS, command.value) ?? 'undecided' })),
  page_stage: async (run, { contract, value }) => {
    const id = pick(run.contracts, contract);
    if (id !== undefined) await changeByPage(run, id, { kind: 'stage', to: stageFor(run, id, value) });
  },
  page_decision: async (run, { contract, value }) => {
    const id = pick(run.contracts, contract);
    const to = pick(RENEWAL_DECISIONS, value) ?? 'undecided';
    if (id !== undefined) await changeByPage(run, id, { kind: 'decision', to });
  },
  page_end_date: async (run, { contract, value }) => {
    const id = pick(run.contracts, contract);
    const date = dateFor(run, value);
    if (id !== undefined)
      await changeByPage(run, id, { kind: 'end_date', to: date === null ? null : addDays(date, -1) });
  },
  stale: async (run, { contract }) => {
    const id = pick(run.contracts, contract);
    if (id === undefined) return;
    const revision = await seeContract(run, id);
    for (const expected of [revision - 1, revision + 1]) {
      const answer = await run.page('POST', ...pageRequest(id, { kind: 'decision', to: 'renew' }, expected));
      run.worlds.see('answer to a stale change', answered(answer), () => 'revision_conflict');
    }
  },
  create: async (run, { record, kind, advance }) => {
    const key = record === null ? undefined : liveRecord(run, record, isConnected(run));
    const id = await newContract(run, { kind, key: key ?? null });
    for (const to of (['in_review', 'approved', 'signed', 'active'] as const).slice(0, advance))
      await changeByPage(run, id, { kind: 'stage', to });
  },
  attach: (run, command) => changeLink(run, command, 'attach'),
  detach: (run, command) => changeLink(run, command, 'detach'),
  reattach: (run, command) => changeLink(run, command, 'restore'),
  undo: (run, { conflict }) => undo(run, conflict),
  archive: (run, { record }) => recordLife(run, record, 'archive'),
  restore: (run, { record }) => recordLife(run, record, 'restore'),
  purge: (run, { record }) => recordLife(run, record, 'purge'),
  merge: mergeRecords,
  wait: async (run, { seconds }) => {
    run.system.clock.advanceTo(run.system.clock.now() + seconds * 1_000);
  },
  next_day: async (run, { days }) => {
    run.worlds.mayHaveStepped(run.moment());
    run.system.clock.advanceTo(noonAfter(run.system.clock.now(), days));
  },
  deliver: (run, { order }) => deliver(run, order),
  lose: async (run) => {
    for (const { event } of run.system.held.splice(0))
      run.system.untold.add(String(event['subscriptionType']).split('.')[1] ?? '');
  },
  turn: async (run, { count }) => {
    for (let turn = 0; turn < count; turn += 1) {
      if (!(await run.system.server().engine.turn())) run.system.clock.advanceTo(run.system.clock.now() + 200);
    }
    run.worlds.mayHaveStepped(run.moment());
  },
  settle: async (run) => {
    await deliver(run, 'in_order');
    await rest(run, 'due');
    await verifyRest(run, 'due');
  },
  restart: (run) => run.system.restart(),
  install: setInstalled,
  uninstall: setInstalled,
};

export async function doCommand(run: Run, command: Command): Promise<void> {
  run.tick();
  // The table has the function of exactly this command's name.
  const work = DO[command.act] as (run: Run, command: Command) => Promise<void>;
  await work(run, command);
}
