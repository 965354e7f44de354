/**
 * What people and the CRM do while the server is killed. Each workload says beforehand what must be true in the end; its acts come back
 * only when they were acknowledged, after the restart if need be.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { CREDENTIALS_KEPT_MS } from '../../server/store/prisma/credential-cache.ts';
import { pageFor, textAt } from '../support/practice.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { attach, createDeal, createOn, dayAfter, detach, importRows, restoreLink } from './kill-acts.ts';
import { type KillTemplate, NEW_PORTAL_DEALS, type Placed } from './kill-scene.ts';
import type { Expectation } from './kill-checks.ts';
import type { KillClient } from './kill-client.ts';
import type { WorkloadName } from './kill-points.ts';
import { type KillPortal, type PortalId, PORTALS } from './kill-portal.ts';

export type KillScene = {
  readonly template: KillTemplate;
  readonly portal: KillPortal;
  readonly client: KillClient;
  readonly sql: Client;
  readonly random: SeededRandom;
  /** Counts the kills of this copy from 1: names and keys of one round are used in no other. */
  readonly round: number;
  /** The portals' clock when the round began. */
  readonly beganAt: number;
  /** Numbers what can be used only once on one copy, from 0. */
  readonly use: (what: 'portal' | 'pair') => number;
  readonly expect: (expectation: Expectation) => void;
};

export type Workload = {
  /** While the server runs; absent when the place is reached by what follows a start. */
  readonly act?: (scene: KillScene) => Promise<void>;
  /** Before that start, and how long it lets wait for itself. */
  readonly whileDown?: (scene: KillScene) => Promise<void>;
  readonly awayMs?: number;
  /** What must hold of the database at the moment of death. */
  readonly atDeath?: (scene: KillScene) => Promise<readonly string[]>;
  /** After the restart, when a person has to help. */
  readonly help?: (scene: KillScene) => Promise<void>;
  /** Leaves too little behind for other work on the same copy. */
  readonly endsCopy?: boolean;
};

/** Acts of one burst are spread over this span, so that seeds differ in what overlaps. */
const SPREAD_MS_MAX = 60;
/** Renewal dates of one round, of one edit. */
const DAYS_PER_ROUND = 60;
const DAYS_PER_EDIT = 20;
const THREE_DAYS_MS = 270_000_000;

export const KILL_WORKLOADS: Record<WorkloadName, Workload> = {
  edits: { act: edits },
  slow_edits: { act: slowEdits, atDeath: quickAgain },
  card: { act: card },
  undo: { act: undo },
  import: { act: importRegister },
  merge: { act: merge },
  archive: { act: archive, endsCopy: true },
  sweep: { whileDown: unheardEdits, atDeath: sweptNothingAway },
  cases: { act: cases },
  install: { act: install, atDeath: readNothingAway },
  refresh: { act: (scene) => refresh(scene, { rotates: false }) },
  rotated_refresh: { act: (scene) => refresh(scene, { rotates: true }), help: authoriseAgain },
  uninstalled: { act: uninstalled, endsCopy: true },
  disconnect: { act: disconnect, endsCopy: true },
  day_roll: { whileDown: signedContract, awayMs: THREE_DAYS_MS, endsCopy: true },
};

const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
};

const dealOf = ({ deals }: Placed, portalId: PortalId): string => {
  const deal = deals[portalId];
  if (deal === undefined) throw new Error(`the contract is not shown in ${portalId}`);
  return deal;
};

/** What a person does in a portal; `path` is below the portal's own. */
const page = (scene: KillScene, method: string, path: `${PortalId}/${string}`, body?: object) =>
  pageFor(scene.portal.practice)(method, `/practice/api/portals/${path}`, body);

/** All at once, each after a moment of its own. */
async function together(scene: KillScene, acts: readonly (() => Promise<void>)[]): Promise<void> {
  const pauses = acts.map(() => scene.random.between(0, SPREAD_MS_MAX));
  await Promise.all(
    acts.map(async (act, index) => {
      await delay(pauses[index] ?? 0);
      await act();
    }),
  );
}

type HostEdit = {
  readonly placed: Placed;
  readonly portalId: PortalId;
  readonly field: 'renewalDecision' | 'renewalDate';
  readonly value: string;
};

/** A person edits a deal in the portal. */
async function hostEdit(scene: KillScene, { placed, portalId, field, value }: HostEdit): Promise<void> {
  const name = field === 'renewalDate' ? 'counterpart_renewal_date' : 'counterpart_renewal_decision';
  scene.expect({ kind: 'value', contractId: placed.contractId, field, value });
  const answer = await page(scene, 'PATCH', `${portalId}/objects/deals/${dealOf(placed, portalId)}`, {
    properties: { [name]: value },
  });
  if (answer.status !== 200) throw new Error(`editing a deal: ${answer.status} ${JSON.stringify(answer.body)}`);
}

type CardEdit = { readonly placed: Placed; readonly portalId: PortalId };

const DECISIONS = ['renew', 'renegotiate', 'exit'] as const;

async function contractNow(
  scene: KillScene,
  contractId: string,
): Promise<{ readonly revision: number; readonly renewal_decision: string }> {
  const { rows } = await scene.sql.query<{ revision: number; renewal_decision: string }>(
    'SELECT revision, renewal_decision FROM contract WHERE id = $1',
    [contractId],
  );
  return at(rows, 0);
}

/** Decisions that differ from the one that stands. */
async function otherDecisions(scene: KillScene, { contractId }: Placed): Promise<readonly string[]> {
  const { renewal_decision: standing } = await contractNow(scene, contractId);
  return DECISIONS.filter((decision) => decision !== standing);
}

/** A person decides on a card. Refused as outdated, they look again and decide again. */
async function cardDecision(scene: KillScene, { placed, portalId }: CardEdit): Promise<void> {
  const { contractId } = placed;
  const record = { objectType: 'opportunity', recordId: dealOf(placed, portalId) };
  const value = scene.random.pick(await otherDecisions(scene, placed));
  const triesMax = 20;
  for (let attempt = 1; attempt <= triesMax; attempt += 1) {
    const { revision } = await contractNow(scene, contractId);
    const answer = await scene.client.card(portalId, `/v1/card/contracts/${contractId}/renewal-decision`, {
      idempotencyKey: `decision-${scene.round}-${attempt}-${portalId}-${contractId.slice(0, 8)}`,
      record,
      expectedRevision: revision,
      decision: value,
    });
    if (answer.status === 200) return scene.expect({ kind: 'value', contractId, field: 'renewalDecision', value });
    if (answer.status !== 409) throw new Error(`a decision: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  throw new Error('a decision was refused as outdated for ever');
}

/** Renewal dates that no other edit uses, so that each can be traced. */
const freshDay = (scene: KillScene, index: number): string =>
  dayAfter(
    '2028-03-01',
    scene.round * DAYS_PER_ROUND + index * DAYS_PER_EDIT + scene.random.between(0, DAYS_PER_EDIT - 1),
  );

async function edits(scene: KillScene): Promise<void> {
  const { shared } = scene.template;
  const decisions = await otherDecisions(scene, at(shared, 2));
  const [a, b] = [at(decisions, 0), at(decisions, 1)];
  await together(scene, [
    () => hostEdit(scene, { placed: at(shared, 0), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 0) }),
    () => hostEdit(scene, { placed: at(shared, 1), portalId: '1002', field: 'renewalDate', value: freshDay(scene, 1) }),
    // Two portals disagree about one contract: one of them wins and the other stands in a conflict or in the history.
    () => hostEdit(scene, { placed: at(shared, 2), portalId: '1001', field: 'renewalDecision', value: a }),
    () => hostEdit(scene, { placed: at(shared, 2), portalId: '1002', field: 'renewalDecision', value: b }),
    () => cardDecision(scene, { placed: at(shared, 3), portalId: '1002' }),
    () => hostEdit(scene, { placed: at(shared, 3), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 2) }),
    () => cardDecision(scene, { placed: at(shared, 4), portalId: '1001' }),
  ]);
}

/** Longer than half a lane's lease, so that the lease is renewed while a call is under way. */
const SLOW_MS = 6_500;

function answerAfter(scene: KillScene, ms: number): void {
  const { practice } = scene.portal.practice.hubspot;
  practice.setFaults({ ...practice.faults(), latencyMsMin: ms, latencyMsMax: ms });
}

async function slowEdits(scene: KillScene): Promise<void> {
  answerAfter(scene, SLOW_MS);
  await cardDecision(scene, { placed: at(scene.template.shared, 3), portalId: '1002' });
  await cardDecision(scene, { placed: at(scene.template.shared, 4), portalId: '1001' });
}

function quickAgain(scene: KillScene): Promise<readonly string[]> {
  answerAfter(scene, 0);
  return Promise.resolve([]);
}

async function card(scene: KillScene): Promise<void> {
  const { client, template, expect, round } = scene;
  const { shared, single } = template;
  const bare = {
    '1001': await createDeal(scene.portal, '1001', 'Bare'),
    '1002': await createDeal(scene.portal, '1002', 'Bare'),
  };
  await together(scene, [
    () => cardDecision(scene, { placed: at(shared, 0), portalId: '1002' }),
    () => cardDecision(scene, { placed: at(single, 0), portalId: '1001' }),
    () => incident(scene, at(shared, 1)),
    async () => {
      const title = `Made in round ${round}`;
      await createOn(client, '1001', { recordId: bare['1001'], title });
      const sql = `SELECT count(*) AS n FROM contract k JOIN contract_link l ON l.contract_id = k.id WHERE k.title = $1 AND l.record_id = $2`;
      expect({ kind: 'count', what: 'contracts made', sql, given: [title, bare['1001']], count: 1 });
    },
    async () => {
      const { contractId } = at(shared, 4);
      await attach(client, '1002', { recordId: bare['1002'], contractId, key: `attach-in-round-${round}` });
      expectLink(scene, { recordId: bare['1002'], contractId, state: 'active', count: 1 });
    },
  ]);
}

async function incident(scene: KillScene, placed: Placed): Promise<void> {
  const title = `Login down in round ${scene.round}`;
  const answer = await scene.client.card('1001', `/v1/card/contracts/${placed.contractId}/incidents`, {
    idempotencyKey: `incident-in-round-${scene.round}`,
    record: { objectType: 'opportunity', recordId: dealOf(placed, '1001') },
    title,
    severity: 'high',
    startedAt: '2026-10-01T08:00:00Z',
    restoredAt: '2026-10-01T09:00:00Z',
  });
  if (answer.status !== 200) throw new Error(`an incident: ${answer.status} ${JSON.stringify(answer.body)}`);
  const sql = 'SELECT count(*) AS n FROM incident WHERE title = $1';
  scene.expect({ kind: 'count', what: 'incidents', sql, given: [title], count: 1 });
}

type LinkState = {
  readonly recordId: string;
  readonly contractId: string;
  readonly state: 'active' | 'tombstone';
  readonly count: number;
};

function expectLink(scene: KillScene, { recordId, contractId, state, count }: LinkState): void {
  const sql = `SELECT count(*) AS n FROM contract_link WHERE record_id = $1 AND contract_id = $2 AND state = $3 AND detached_at IS NULL`;
  scene.expect({
    kind: 'count',
    what: `${state} links of ${recordId}`,
    sql,
    given: [recordId, contractId, state],
    count,
  });
}

/** One link is taken away and given back, another one is taken away or given back for good. */
async function undo(scene: KillScene): Promise<void> {
  const { client, round } = scene;
  const [back, other] = [at(scene.template.single, 0), at(scene.template.single, 1)];
  const act = (placed: Placed, key: string) => ({
    recordId: dealOf(placed, '1001'),
    contractId: placed.contractId,
    key: `${key}-in-round-${round}`,
  });
  const { rows } = await scene.sql.query<{ here: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM contract_link WHERE contract_id = $1 AND detached_at IS NULL) AS here`,
    [other.contractId],
  );
  const isHere = at(rows, 0).here;
  await together(scene, [
    async () => {
      await detach(client, '1001', act(back, 'detach-and-undo'));
      await restoreLink(client, '1001', act(back, 'undo-the-detach'));
      expectLink(scene, { ...act(back, ''), state: 'active', count: 1 });
    },
    async () => {
      await (isHere ? detach : restoreLink)(client, '1001', act(other, 'toggle-for-good'));
      expectLink(scene, { ...act(other, ''), state: 'active', count: isHere ? 0 : 1 });
    },
    () => cardDecision(scene, { placed: at(scene.template.shared, 0), portalId: '1001' }),
  ]);
}

async function importRegister(scene: KillScene): Promise<void> {
  const { client, round } = scene;
  const count = 30;
  const rows = Array.from(
    { length: count },
    (_, index) =>
      `IM-${round}-${index},Imported ${round}-${index},Vendor ${index % 4},2026-01-01,2027-12-31,10,USD,草稿`,
  );
  await together(scene, [
    async () => {
      await importRows(client, rows);
      const sql = 'SELECT count(*) AS n FROM contract WHERE number LIKE $1';
      scene.expect({ kind: 'count', what: 'imported contracts', sql, given: [`IM-${round}-%`], count });
    },
    () => cardDecision(scene, { placed: at(scene.template.shared, 0), portalId: '1001' }),
  ]);
}

async function merge(scene: KillScene): Promise<void> {
  const pair = 2 * scene.use('pair');
  const [first, second] = [at(scene.template.single, 2 + pair), at(scene.template.single, 3 + pair)];
  const ids = { primaryId: dealOf(first, '1001'), mergedId: dealOf(second, '1001') };
  const merged = await page(scene, 'POST', '1001/objects/deals/merge', ids);
  const into = textAt(merged.body, 'id');
  for (const { contractId } of [first, second]) {
    const sql = `SELECT count(*) AS n FROM contract_link WHERE contract_id = $1 AND state = 'active' AND detached_at IS NULL`;
    scene.expect({ kind: 'count', what: 'links after the merge', sql, given: [contractId], count: 1 });
    expectLink(scene, { recordId: into, contractId, state: 'active', count: 1 });
  }
  const { shared } = scene.template;
  await hostEdit(scene, { placed: at(shared, 0), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 0) });
}

async function archive(scene: KillScene): Promise<void> {
  const placed = at(scene.template.shared, 5);
  const recordId = dealOf(placed, '1001');
  await together(scene, [
    async () => void (await page(scene, 'POST', `1001/objects/deals/${recordId}/archive`)),
    () => cardDecision(scene, { placed, portalId: '1002' }),
  ]);
  expectLink(scene, { recordId, contractId: placed.contractId, state: 'tombstone', count: 1 });
}

/** Edits that no webhook tells of: only the sweep can find them. */
async function unheardEdits(scene: KillScene): Promise<void> {
  const { practice } = scene.portal.practice.hubspot;
  const { shared } = scene.template;
  practice.setFaults({ ...practice.faults(), webhookDropRate: 1 });
  await hostEdit(scene, { placed: at(shared, 0), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 0) });
  await hostEdit(scene, { placed: at(shared, 1), portalId: '1002', field: 'renewalDate', value: freshDay(scene, 1) });
  practice.setFaults({ ...practice.faults(), webhookDropRate: 0 });
}

/** A cursor that has moved on since the edits has left a mark on what it passed, or that is already judged. */
async function sweptNothingAway(scene: KillScene): Promise<readonly string[]> {
  const { shared } = scene.template;
  const edited = [
    { portalId: '1001', contractId: at(shared, 0).contractId },
    { portalId: '1002', contractId: at(shared, 1).contractId },
  ] as const;
  const ahead: string[] = [];
  for (const { portalId, contractId } of edited) {
    const { rows } = await scene.sql.query<{ record_id: string }>(
      `SELECT l.record_id FROM contract_link l
       JOIN connection c ON c.workspace_id = l.workspace_id AND c.id = l.connection_id AND c.account_id = $1
       JOIN cursor u ON u.workspace_id = l.workspace_id AND u.connection_id = l.connection_id AND u.name = 'changed:opportunity'
       WHERE l.contract_id = $2 AND u.at > $3::timestamptz
         AND NOT EXISTS (SELECT 1 FROM dirty d WHERE d.connection_id = l.connection_id AND d.record_id = l.record_id)
         AND NOT EXISTS (SELECT 1 FROM field_change f WHERE f.contract_id = $2 AND f.at > $3::timestamptz)`,
      [portalId, contractId, new Date(scene.beganAt).toISOString()],
    );
    ahead.push(...rows.map((row) => `lost: the cursor of ${portalId} is ahead of record ${row.record_id}`));
  }
  return ahead;
}

async function cases(scene: KillScene): Promise<void> {
  const made = await page(scene, 'POST', '1001/objects/tickets', {
    properties: { subject: 'It is slow', hs_pipeline_stage: '1' },
  });
  const recordId = textAt(made.body, 'id');
  const sql = 'SELECT count(*) AS n FROM support_case WHERE record_id = $1';
  scene.expect({ kind: 'count', what: 'support cases', sql, given: [recordId], count: 1 });
  const { shared } = scene.template;
  await hostEdit(scene, { placed: at(shared, 0), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 0) });
}

/** Portals from the third on are installed once each. */
const newPortal = (index: number): PortalId => at(PORTALS, 2 + index);

async function install(scene: KillScene): Promise<void> {
  const accountId = newPortal(scene.use('portal'));
  await scene.client.install(accountId);
  const sql = `SELECT count(*) AS n FROM connection c JOIN credential d ON d.connection_id = c.id
    WHERE c.account_id = $1 AND c.state = 'active' AND c.backfill->>'phase' = 'done'`;
  scene.expect({ kind: 'count', what: 'the new portal', sql, given: [accountId], count: 1 });
  const records = `SELECT count(*) AS n FROM host_record h JOIN connection c ON c.id = h.connection_id
    WHERE c.account_id = $1 AND h.object_type = 'opportunity'`;
  const given = [accountId];
  scene.expect({ kind: 'count', what: 'records of the new portal', sql: records, given, count: NEW_PORTAL_DEALS });
}

/** A reading that calls itself finished has stored every record. */
async function readNothingAway({ sql }: KillScene): Promise<readonly string[]> {
  const { rows } = await sql.query<{ account_id: string; n: string }>(
    `SELECT c.account_id, count(h.*) AS n FROM cursor u JOIN connection c ON c.id = u.connection_id AND c.account_id > '1002'
     LEFT JOIN host_record h ON h.connection_id = u.connection_id AND h.object_type = 'opportunity'
     WHERE u.name = 'all:opportunity' GROUP BY 1 HAVING count(h.*) < $1`,
    [NEW_PORTAL_DEALS],
  );
  return rows.map((row) => `lost: the reading of ${row.account_id} is ahead: ${row.n} records are stored`);
}

async function refresh(scene: KillScene, { rotates }: { readonly rotates: boolean }): Promise<void> {
  const { practice } = scene.portal.practice.hubspot;
  practice.setBehaviour({ ...practice.behaviour(), rotateRefreshTokens: rotates });
  await scene.sql.query(
    `UPDATE credential SET access_expires_at = to_timestamp(0) WHERE connection_id IN (SELECT id FROM connection WHERE account_id = '1001')`,
  );
  // The server remembers what it opened for this long.
  await delay(CREDENTIALS_KEPT_MS);
  const { shared } = scene.template;
  await hostEdit(scene, { placed: at(shared, 0), portalId: '1001', field: 'renewalDate', value: freshDay(scene, 0) });
  const sql = `SELECT count(*) AS n FROM connection WHERE account_id = '1001' AND state = 'active'`;
  scene.expect({ kind: 'count', what: 'the connection', sql, given: [], count: 1 });
}

/** The new refresh token died with the process and the old one was replaced: the connection is parked until somebody authorises again. */
async function authoriseAgain({ sql, client, portal }: KillScene): Promise<void> {
  const triesMax = 200;
  for (let attempt = 1; attempt <= triesMax; attempt += 1) {
    const { rows } = await sql.query<{ state: string }>(`SELECT state FROM connection WHERE account_id = '1001'`);
    if (rows[0]?.state === 'parked') {
      const { practice } = portal.practice.hubspot;
      practice.setBehaviour({ ...practice.behaviour(), rotateRefreshTokens: false });
      return await client.install('1001');
    }
    await delay(SPREAD_MS_MAX);
  }
  throw new Error('the connection was never parked');
}

async function uninstalled(scene: KillScene): Promise<void> {
  const { shared } = scene.template;
  await page(scene, 'DELETE', `1002/installs/${scene.portal.practice.app.appId}`);
  await cardDecision(scene, { placed: at(shared, 0), portalId: '1001' });
  const sql = `SELECT count(*) AS n FROM connection WHERE account_id = '1002' AND state = 'parked'`;
  scene.expect({ kind: 'count', what: 'the uninstalled portal', sql, given: [], count: 1 });
}

async function disconnect(scene: KillScene): Promise<void> {
  const { rows } = await scene.sql.query<{ id: string }>(`SELECT id FROM connection WHERE account_id = '1002'`);
  const answer = await scene.client.page('POST', `/v1/connections/${rows[0]?.id ?? ''}/disconnect`, {
    confirmAccountId: '1002',
  });
  if (answer.status >= 300) throw new Error(`disconnecting: ${answer.status} ${JSON.stringify(answer.body)}`);
  const sql = `SELECT count(*) AS n FROM connection c WHERE account_id = '1002' AND state = 'disconnected'
    AND NOT EXISTS (SELECT 1 FROM credential d WHERE d.connection_id = c.id)`;
  scene.expect({ kind: 'count', what: 'the removed portal', sql, given: [], count: 1 });
  await cardDecision(scene, { placed: at(scene.template.shared, 0), portalId: '1001' });
}

/** The template holds a signed contract that begins in two days: the roll makes it active. */
function signedContract(scene: KillScene): Promise<void> {
  const sql = `SELECT count(*) AS n FROM contract k JOIN field_change f ON f.contract_id = k.id AND f.field = 'stage' AND f.value = 'active'
    WHERE k.number = 'ROLL-1' AND k.stage = 'active'`;
  scene.expect({ kind: 'count', what: 'contracts that became active', sql, given: [], count: 1 });
  return Promise.resolve();
}
