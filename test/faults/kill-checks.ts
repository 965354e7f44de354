/**
 * What must hold after a kill and a restart. `unsettled` is asked again until it has nothing to say: everything that was acknowledged has its
 * effect and all places agree. `doubled` is asked once, at the end: nothing was done twice, and the books are in order.
 */
import type { Client } from 'pg';
import type { StoredRecord } from '../../extensions/practice/hubspot/stored-record.ts';
import { instant, openDatabase } from '../../server/store/prisma/database.ts';
import { verifyAuditChain } from '../../server/store/prisma/audit-chain.ts';
import { silentLog } from '../support/practice.ts';
import type { KillPortal } from './kill-portal.ts';

export type Expectation =
  /** A value that a person set is the contract's, or once was, or stands in a conflict. */
  | { readonly kind: 'value'; readonly contractId: string; readonly field: ValueField; readonly value: string }
  /** A statement that counts rows gives this number. */
  | {
      readonly kind: 'count';
      readonly what: string;
      readonly sql: string;
      readonly given: readonly unknown[];
      readonly count: number;
    };

const VALUE_COLUMNS = {
  renewalDecision: 'renewal_decision',
  stage: 'stage',
  renewalDate: 'renewal_date::text',
} as const;
type ValueField = keyof typeof VALUE_COLUMNS;

const WAITING: readonly { readonly what: string; readonly sql: string }[] = [
  { what: 'a delivery', sql: `SELECT attempts FROM delivery WHERE state = 'waiting'` },
  {
    what: 'a mark',
    sql: `SELECT c.account_id, d.record_id, d.reason, d.attempts, d.failure, d.detail, d.not_before FROM dirty d
      JOIN connection c ON c.workspace_id = d.workspace_id AND c.id = d.connection_id AND c.state = 'active'`,
  },
  { what: 'a lane', sql: `SELECT leased_until FROM lane_lease WHERE leased_by IS NOT NULL` },
  {
    what: 'a new portal',
    sql: `SELECT account_id, state, backfill FROM connection
      WHERE state = 'installing' OR (state = 'active' AND coalesce(backfill->>'phase', '') <> 'done')`,
  },
];

/**
 * What waits: webhooks, deliveries, marks, readings of new portals; empty when all rests. A write-ahead intent may stay for a quarter of an
 * hour after a write that never left, because such a write might still arrive.
 */
async function waiting(sql: Client, portal: KillPortal): Promise<readonly string[]> {
  const pending = portal.practice.hubspot.webhooks.pendingCount();
  const found = pending === 0 ? [] : [`${pending} webhooks wait`];
  for (const { what, sql: statement } of WAITING) {
    const { rows } = await sql.query<object>(statement);
    found.push(...rows.map((row) => `${what} waits: ${JSON.stringify(row)}`));
  }
  return found;
}

export const isAtRest = async (sql: Client, portal: KillPortal): Promise<boolean> =>
  (await waiting(sql, portal)).length === 0;

/** What is still missing; empty when everything is settled. */
export async function unsettled(
  sql: Client,
  portal: KillPortal,
  { expectations, since }: { readonly expectations: readonly Expectation[]; readonly since: number },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const expectation of expectations) found.push(...(await missing(sql, expectation, since)));
  found.push(...(await waiting(sql, portal)));
  return [...found, ...(await disagreements(sql, portal)), ...(await lostDeliveries(sql, portal))];
}

async function missing(sql: Client, expectation: Expectation, since: number): Promise<readonly string[]> {
  if (expectation.kind === 'count') {
    const { rows } = await sql.query<{ n: string }>(expectation.sql, [...expectation.given]);
    const n = Number(rows[0]?.n ?? 0);
    return n === expectation.count ? [] : [`${expectation.what}: ${n} instead of ${expectation.count}`];
  }
  const { contractId, field, value } = expectation;
  const { rows } = await sql.query<{ ok: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM contract WHERE id = $1 AND ${VALUE_COLUMNS[field]} = $2)
       OR EXISTS (SELECT 1 FROM field_change WHERE contract_id = $1 AND value = $2 AND at >= $3)
       OR EXISTS (SELECT 1 FROM conflict WHERE contract_id = $1 AND $2 IN (ours, theirs) AND at >= $3) AS ok`,
    [contractId, value, instant(since)],
  );
  return rows[0]?.ok === true ? [] : [`lost: ${field} ${value} of contract ${contractId}`];
}

type MirrorRow = {
  readonly account_id: string;
  readonly object_type: 'opportunity' | 'account';
  readonly record_id: string;
  readonly counterpart_lead_contract_number: string | null;
  readonly counterpart_lead_contract_title: string | null;
  readonly counterpart_stage: string | null;
  readonly counterpart_renewal_date: string | null;
  readonly counterpart_renewal_decision: string | null;
};
const SHOWN = [
  'counterpart_lead_contract_number',
  'counterpart_lead_contract_title',
  'counterpart_stage',
  'counterpart_renewal_date',
  'counterpart_renewal_decision',
] as const;

/** Every linked record of a connected portal shows what its contract says; so two portals of one contract agree as well. */
async function disagreements(sql: Client, portal: KillPortal): Promise<readonly string[]> {
  const { rows } = await sql.query<MirrorRow>(
    `SELECT DISTINCT c.account_id, l.object_type, l.record_id, k.number AS counterpart_lead_contract_number,
       k.title AS counterpart_lead_contract_title, k.stage AS counterpart_stage,
       k.renewal_date::text AS counterpart_renewal_date, k.renewal_decision AS counterpart_renewal_decision
     FROM contract_link l
     JOIN connection c ON c.workspace_id = l.workspace_id AND c.id = l.connection_id AND c.state = 'active'
     LEFT JOIN mirror m ON m.workspace_id = l.workspace_id AND m.connection_id = l.connection_id AND m.object_type = l.object_type
       AND m.record_id = l.record_id
     LEFT JOIN contract k ON k.workspace_id = l.workspace_id AND k.id = m.lead_contract_id
     WHERE l.state = 'active' AND l.detached_at IS NULL`,
  );
  return rows.flatMap((row) => {
    const record = recordOf(portal, row);
    return SHOWN.filter((name) => valueOf(record, name) !== row[name]).map(
      (name) =>
        `portal ${row.account_id}, ${row.object_type} ${row.record_id}: ${name} is ${valueOf(record, name)}, not ${row[name]}`,
    );
  });
}

function recordOf(
  portal: KillPortal,
  row: Pick<MirrorRow, 'account_id' | 'object_type' | 'record_id'>,
): StoredRecord | null {
  const type = row.object_type === 'opportunity' ? '0-3' : '0-2';
  return portal.practice.hubspot.portals.get(row.account_id)?.records[type].get(row.record_id) ?? null;
}

/** The newest version stands first. */
function valueOf(record: StoredRecord | null, name: string): string | null {
  const value = record?.versions[name]?.[0]?.value ?? '';
  return value === '' ? null : value;
}

/** Acknowledged webhooks that are not stored, byte for byte, or were never digested. */
async function lostDeliveries(sql: Client, portal: KillPortal): Promise<readonly string[]> {
  const { rows } = await sql.query<{ body: Buffer; state: string }>('SELECT body, state FROM delivery');
  const finished = new Set(rows.filter(({ state }) => state === 'finished').map(({ body }) => body.toString('utf8')));
  const lost = portal.relay.acknowledged.filter((body) => !finished.has(body));
  return lost.map((body) => `lost: an acknowledged webhook, ${body.slice(0, 200)}`);
}

/** Each names what is there too often, with the beginning of the round as its parameter. */
const NEVER_TWICE: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: 'the same change of a field twice',
    sql: `SELECT contract_id, field, previous, value FROM field_change WHERE at >= $1 GROUP BY 1, 2, 3, 4 HAVING count(*) > 1`,
  },
  {
    what: 'two changes of a field in one revision',
    sql: `SELECT contract_id, field, contract_revision FROM field_change WHERE at >= $1 GROUP BY 1, 2, 3 HAVING count(*) > 1`,
  },
  {
    what: 'the same conflict twice',
    sql: `SELECT connection_id, record_id, field, base, ours, theirs FROM conflict WHERE at >= $1 GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1`,
  },
  {
    what: 'an incident twice',
    sql: `SELECT contract_id, title FROM incident WHERE $1::timestamptz IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1`,
  },
  {
    what: 'a contract twice',
    sql: `SELECT title FROM contract WHERE $1::timestamptz IS NOT NULL GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    what: 'a portal twice',
    sql: `SELECT account_id FROM connection WHERE $1::timestamptz IS NOT NULL GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    what: 'a dead letter',
    sql: `SELECT record_id, failure, detail FROM dirty WHERE state = 'dead' AND $1::timestamptz IS NOT NULL`,
  },
  {
    what: 'an unexpected workspace',
    sql: `SELECT count(*) FROM workspace WHERE $1::timestamptz IS NOT NULL HAVING count(*) > 1`,
  },
];

/** What was done twice or left in disorder; empty when all is well. */
export async function doubled(
  sql: Client,
  portal: KillPortal,
  { databaseUrl, since }: { readonly databaseUrl: string; readonly since: number },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { what, sql: statement } of NEVER_TWICE) {
    const { rows } = await sql.query<object>(statement, [instant(since)]);
    found.push(...rows.map((row) => `doubled: ${what}, ${JSON.stringify(row)}`));
  }
  return [...found, ...emptyWrites(portal), ...(await brokenChains(sql, databaseUrl))];
}

const SYNC_TOKEN = 'counterpart_sync_token';

/** Writes of ours that changed nothing but their own token: the same thing written twice. */
function emptyWrites(portal: KillPortal): readonly string[] {
  return [...portal.practice.hubspot.portals].flatMap(([portalId, { records }]) =>
    [...records['0-3'].values()].flatMap((record) => {
      const others = Object.entries(record.versions).filter(
        ([name]) => name.startsWith('counterpart_') && name !== SYNC_TOKEN,
      );
      const changedAt = new Set(others.flatMap(([, versions]) => versions.map(({ at }) => at)));
      const empty = (record.versions[SYNC_TOKEN] ?? []).filter(({ at }) => !changedAt.has(at));
      return empty.map(({ at }) => `doubled: portal ${portalId}, deal ${record.id}: a write at ${at} changed nothing`);
    }),
  );
}

async function brokenChains(sql: Client, databaseUrl: string): Promise<readonly string[]> {
  const { rows } = await sql.query<{ id: string }>('SELECT id FROM workspace');
  const database = openDatabase({ url: databaseUrl, log: silentLog, poolSize: 1 });
  try {
    const broken = await Promise.all(
      rows.map(({ id }) => database.inWorkspace(id, (within) => verifyAuditChain(within, id))),
    );
    return broken.flatMap((seq) => (seq === null ? [] : [`the audit chain breaks at ${seq}`]));
  } finally {
    await database.close();
  }
}

/** How many write calls the portals have answered so far. */
export function writeCalls(portal: KillPortal): number {
  const { calls } = portal.practice.hubspot.practice;
  const all = [...portal.practice.hubspot.portals.keys()].flatMap((portalId) => calls.of(portalId));
  return all.filter(({ path }) => path.endsWith('/batch/update')).reduce((sum, { count }) => sum + count, 0);
}
