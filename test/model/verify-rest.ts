/** What must hold once the engine has nothing left to do: every view of the system shows one and the same possible world. */
import { at } from '../support/practice.ts';
import { contractFacts, linkCount } from './model-acts.ts';
import { dayFrom, rest, type Run } from './model-run.ts';
import { portalView, writeCalls } from './portal-view.ts';
import { AUDITED_FIELDS, auditText, PORTALS, type PossibleWorld, recordAt } from './possible-world.ts';
import { Disagreement } from './possible-worlds.ts';

const AUDIT_PAGES_MAX = 40;

/** After `due` work alone; or after all `jobs`, when lists are narrowed by the day and a quiet time follows. */
export async function verifyRest(run: Run, after: 'due' | 'jobs'): Promise<void> {
  seeRecords(run);
  await seeContracts(run);
  await seeConflicts(run);
  seeNothingLeftBehind(run);
  await seeQueues(run);
  if (after === 'due') return;
  await seeFilters(run);
  await seeAudit(run);
  await seeQuiet(run);
}

/** Every live record shows what the model says, whether linked, unlinked or never touched. */
function seeRecords(run: Run): void {
  for (const key of run.records) {
    if (!isLiveNow(run, key)) continue;
    run.worlds.see(`record ${key}`, run.shown(key).shown, (world) => recordAt(world, key).shown);
  }
}

const isLiveNow = (run: Run, key: string): boolean => recordAt(run.worlds.any(), key).life === 'live';

async function seeContracts(run: Run): Promise<void> {
  const { asOf } = run.moment();
  const results = await listed(run, '');
  const seen = Object.fromEntries(
    results.map((row) => [
      String(at(row, 'id')),
      {
        stage: at(row, 'stage'),
        endDate: at(row, 'endDate'),
        renewalDate: at(row, 'renewalDate'),
        renewalDecision: at(row, 'renewalDecision'),
        links: at(row, 'links'),
      },
    ]),
  );
  const ordered = Object.fromEntries(run.contracts.map((id) => [id, seen[id]]));
  run.worlds.see(
    'the list of contracts',
    ordered,
    (world) =>
      Object.fromEntries(
        run.contracts.map((id) => [id, { ...contractFacts(world, id, asOf), links: linkCount(world, id) }]),
      ) as typeof ordered,
  );
}

async function listed(run: Run, filters: string): Promise<readonly unknown[]> {
  const answer = await run.page('GET', `/v1/contracts?limit=200${filters}`);
  const results = at(answer.body, 'results');
  if (!Array.isArray(results)) throw new Disagreement(`the list: ${JSON.stringify(answer.body)}`);
  return results;
}

/** The list narrowed by what is stored shows what the model finds by looking at each contract. */
async function seeFilters(run: Run): Promise<void> {
  const { asOf } = run.moment();
  const [from, to] = [dayFrom(run, 0), dayFrom(run, 120)];
  const filters: readonly (readonly [string, (facts: Readonly<Record<string, string | null>>) => boolean])[] = [
    ['&stage=active,renewing,expired', ({ stage }) => ['active', 'renewing', 'expired'].includes(stage ?? '')],
    ['&decision=renew,exit', ({ renewalDecision }) => ['renew', 'exit'].includes(renewalDecision ?? '')],
    [
      `&renewalFrom=${from}&renewalTo=${to}`,
      ({ renewalDate }) =>
        renewalDate !== null && renewalDate !== undefined && renewalDate >= from && renewalDate <= to,
    ],
  ];
  for (const [query, keeps] of filters) {
    const seen = (await listed(run, query)).map((row) => String(at(row, 'id'))).toSorted();
    run.worlds.see(`the list by ${query}`, seen, (world) =>
      run.contracts.filter((id) => keeps(contractFacts(world, id, asOf))).toSorted(),
    );
  }
}

/** Exactly the values that the model says have lost. */
async function seeConflicts(run: Run): Promise<void> {
  const seen: string[] = [];
  let after = '';
  do {
    const answer = await run.page(
      'GET',
      `/v1/conflicts?state=all${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    );
    const results = at(answer.body, 'results');
    if (!Array.isArray(results)) throw new Disagreement(`the conflicts: ${JSON.stringify(answer.body)}`);
    for (const row of results as readonly unknown[])
      seen.push(
        JSON.stringify(
          Object.fromEntries(
            ['contractId', 'field', 'ours', 'theirs', 'winner', 'restored'].map((name) => [name, at(row, name)]),
          ),
        ),
      );
    const next = at(answer.body, 'next');
    after = typeof next === 'string' ? next : '';
  } while (after !== '');
  run.worlds.see('the conflicts', seen.toSorted(), conflictTexts);
}

const conflictTexts = ({ conflicts }: PossibleWorld): string[] =>
  conflicts
    .map(({ contractId, field, ours, theirs, winner, restored }) =>
      JSON.stringify({ contractId, field, ours, theirs, winner, restored }),
    )
    .toSorted();

/** One entry for each recorded change, and none besides. */
async function seeAudit(run: Run): Promise<void> {
  for (const id of run.contracts) {
    const seen: string[] = [];
    let after = '';
    for (let page = 0; page < AUDIT_PAGES_MAX; page += 1) {
      const query = `contractId=${id}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
      const answer = await run.page('GET', `/v1/audit?${query}`);
      const results = at(answer.body, 'results');
      if (!Array.isArray(results)) throw new Disagreement(`the history: ${JSON.stringify(answer.body)}`);
      for (const row of results as readonly unknown[]) {
        const field = String(at(row, 'field'));
        const text = (name: string): string | null => {
          const value = at(row, name);
          return typeof value === 'string' ? value : null;
        };
        if (AUDITED_FIELDS.includes(field)) seen.push(auditText(field, text('previous'), text('value')));
      }
      const next = at(answer.body, 'next');
      if (typeof next !== 'string') break;
      after = next;
    }
    run.worlds.see(`the history of ${id}`, seen.toSorted(), (world) => [...(world.contracts[id]?.audit ?? [])]);
  }
}

/** What we wrote stays on no record of a connected portal that nothing links any more. */
function seeNothingLeftBehind(run: Run): void {
  const world = run.worlds.any();
  for (const key of run.records) {
    const record = recordAt(world, key);
    if (record.life !== 'live' || record.links.length > 0 || !world.connected[record.portal]) continue;
    const { shown, author } = portalView(run.system, run.portalIds[record.portal], record);
    for (const [field, value] of Object.entries(shown))
      if (value !== null && author[field as keyof typeof author] === 'us')
        throw new Disagreement(`S9: ${key} has no contract and still shows ${field} ${value}, which we wrote`);
  }
}

/** S14: nothing waits, nothing was given up. */
async function seeQueues(run: Run): Promise<void> {
  const connections = at((await run.page('GET', '/v1/connections')).body, 'results');
  for (const connection of Array.isArray(connections) ? (connections as readonly unknown[]) : []) {
    const portal = PORTALS.find((name) => run.portalIds[name] === at(connection, 'accountId'));
    if (portal === undefined || !run.worlds.any().connected[portal]) continue;
    const queue = JSON.stringify([
      at(connection, 'state'),
      at(connection, 'queue', 'dirty'),
      at(connection, 'queue', 'deadLetters'),
    ]);
    if (queue !== '["active",0,0]') throw new Disagreement(`portal ${portal}: state, waiting, given up ${queue}`);
  }
}

/** S3: a quarter of an hour in which nobody does anything is one without a write. */
async function seeQuiet(run: Run): Promise<void> {
  const { practice } = run.system.hubspot();
  run.system.held.length = 0;
  for (const portal of PORTALS) practice.calls.clear(run.portalIds[portal]);
  await rest(run, 'jobs');
  const written = PORTALS.flatMap((portal) => writeCalls(run.system, run.portalIds[portal]));
  if (written.length > 0) throw new Disagreement(`S3: a quiet system wrote: ${written.join(', ')}`);
  seeRecords(run);
}
