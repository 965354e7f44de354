/** Hot questions find their rows by index, with row-level security on and as the application's own role. */
import { beforeAll, describe, expect, test } from 'vitest';
import { VERDICTS_WORST_FIRST } from '../../server/domain/breach.ts';
import { LIVE_STAGES } from '../../server/domain/stage.ts';
import { parsePlainDate } from '../../server/domain/dates.ts';
import { must } from '../../server/domain/assert.ts';
import type { ContractQuery } from '../../server/store/contract-port.ts';
import { listContracts } from '../../server/store/prisma/contracts-list.ts';
import { loadContracts, loadDetail, loadRecordCard } from '../../server/store/prisma/contracts-read.ts';
import type { Sql } from '../../server/store/prisma/database.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { readPortfolioTotals } from '../../server/store/prisma/portfolio-totals.ts';
import { listUnderived } from '../../server/store/prisma/underived.ts';
import { listVendors } from '../../server/store/prisma/vendor-totals.ts';
import { type BenchWorkspace, fillDatabase } from '../bench/workspace-data.ts';
import { testWorld, useDatabase } from '../support/database.ts';
import { explainIn, nodesOf } from '../support/explained-sql.ts';

const database = useDatabase();
/** One workspace among many, as a database with customers has it: in a small table reading everything would rightly be cheapest. */
const SIZE = { largest: 6000, large: 500, small: { workspaces: 30, contracts: 250 }, archetypes: 300 };
const day = (text: string) => must(parsePlainDate(text), 'day');
let store: Store;
let workspace: BenchWorkspace;

beforeAll(async () => {
  const data = await fillDatabase(database.url, SIZE);
  workspace = must(data.workspaces[0], 'workspace');
  store = database.openStore(testWorld(Date.now()));
});

/** Tables that grow with the number of contracts; here they have enough rows for the planner to care. */
const LARGE_TABLES = ['contract', 'contract_party', 'contract_link', 'host_record', 'mirror', 'field_change'];

async function readsWholeTables(work: (sql: Sql) => Promise<unknown>): Promise<readonly string[]> {
  const explained = await explainIn(store.database, workspace.id, { analyze: false, work });
  expect(explained.length).toBeGreaterThan(0);
  return explained.flatMap(({ plan, text }) =>
    nodesOf(plan).flatMap((node) =>
      node['Node Type'].endsWith('Seq Scan') && LARGE_TABLES.includes(node['Relation Name'] ?? '')
        ? [`${node['Relation Name']}: ${text}`]
        : [],
    ),
  );
}

const BASE = { sort: 'notice', direction: 'ascending', after: null, limit: 50 } as const;
const PLACE = '80000000-0000-4000-8000-000000000000';
const LISTS: Readonly<Record<string, Partial<ContractQuery>>> = {
  'first page': {},
  'renewal filter': { noticeFrom: '2026-11-22', noticeTo: '2027-02-20', decision: ['undecided'] },
  'by renewal, last first': { sort: 'renewal', direction: 'descending' },
  'deep by notice': { after: { key: '2027-06-01', id: PLACE } },
  'deep by notice, last first': { after: { key: '2027-06-01', id: PLACE }, direction: 'descending' },
  'deep by title': { sort: 'title', after: { key: 'office lease', id: PLACE } },
  'deep by number': { sort: 'number', after: { key: 'C-2026-003000', id: PLACE } },
  'deep by value': { sort: 'value', direction: 'descending', after: { key: '450000000', id: PLACE } },
  'deep by change': { sort: 'updated', direction: 'descending', after: { key: '1790000000000', id: PLACE } },
  'without a key': { after: { key: null, id: PLACE } },
  'by stage': { stage: ['active'] },
  'by health and side': { health: ['at_risk'], side: 'buy' },
  'by text': { text: 'hosting 12' },
  'by counterparty': { text: 'contoso 9 ' },
  'by organisation': { organisationId: PLACE },
};

describe('plans', () => {
  test.each(Object.keys(LISTS))('the register %s reads no large table whole', async (name) => {
    const query = { ...BASE, ...LISTS[name] };
    expect(await readsWholeTables((sql) => listContracts(sql, workspace.id, query))).toEqual([]);
  });

  test('a deep page starts at its place in the index instead of counting up to it', async () => {
    for (const name of Object.keys(LISTS).filter((key) => key.startsWith('deep'))) {
      const query = { ...BASE, ...LISTS[name] };
      const explained = await explainIn(store.database, workspace.id, {
        analyze: false,
        work: (sql) => listContracts(sql, workspace.id, query),
      });
      const page = explained.find(({ text }) => text.includes('IS NOT NULL'));
      const conditions = page === undefined ? [] : nodesOf(page.plan).map((node) => node['Index Cond'] ?? '');
      expect(
        conditions.some((condition) => condition.includes('ROW(')),
        `${name}: ${conditions.join('; ')}`,
      ).toBe(true);
    }
  });

  test('records of one portal are known to be many, so that one of them is looked for by the whole key', async () => {
    const [records] = await database.admin
      .query<{ mean: number }>(
        `SELECT count(*)::int / count(DISTINCT (connection_id, object_type))::int AS mean FROM host_record`,
      )
      .then(({ rows }) => rows);
    // The plan that a connection keeps, made without knowing which portal is asked about.
    const planned = await store.database.inWorkspace(workspace.id, async (sql) => {
      const [row] = await sql.rows<{ 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] }>(
        `EXPLAIN (GENERIC_PLAN, FORMAT JSON) SELECT 1 FROM host_record WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3`,
      );
      return must(row, 'plan')['QUERY PLAN'][0].Plan['Plan Rows'];
    });
    expect(planned).toBeGreaterThan(must(records, 'records').mean / 4);
  });

  test('card, detail, totals, vendors and the look for columns to work out read no large table whole', async () => {
    const target = {
      connectionId: workspace.connectionId,
      ref: { objectType: 'opportunity', recordId: '5000000010' },
    } as const;
    const { rows } = await database.admin.query<{ id: string }>(
      'SELECT id FROM contract WHERE workspace_id = $1 LIMIT 3',
      [workspace.id],
    );
    const ids = rows.map(({ id }) => id);
    const questions: Readonly<Record<string, (sql: Sql) => Promise<unknown>>> = {
      card: (sql) => loadRecordCard(sql, workspace.id, target),
      detail: (sql) => loadDetail(sql, workspace.id, ids[0] ?? PLACE),
      contracts: (sql) => loadContracts(sql, workspace.id, ids),
      underived: (sql) => listUnderived(sql, workspace.id, { asOf: day('2026-11-22'), limit: 1000 }),
      totals: (sql) =>
        readPortfolioTotals(sql, workspace.id, {
          asOf: day('2026-11-22'),
          liveStages: LIVE_STAGES,
          noticeDueThrough: [day('2026-12-22'), day('2027-01-21'), day('2027-02-20')],
          firstMonth: '2026-11',
          lastMonth: '2027-10',
        }),
      vendors: (sql) =>
        listVendors(sql, workspace.id, {
          asOf: day('2026-11-22'),
          liveStages: LIVE_STAGES,
          healthOrder: ['at_risk'],
          verdictOrder: VERDICTS_WORST_FIRST,
          firstPeriod: '2024-11',
          limit: 20,
        }),
    };
    for (const [name, work] of Object.entries(questions)) expect(await readsWholeTables(work), name).toEqual([]);
  });
});

describe('indexes', () => {
  test('every foreign key has an index on the side that refers, so that deleting a parent looks for its children by index', async () => {
    const { rows } = await database.admin.query<{ name: string }>(
      `SELECT k.conname AS name FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_index x WHERE x.indrelid = k.conrelid AND x.indpred IS NULL
         AND (x.indkey::int2[])[0:array_length(k.conkey, 1) - 1] @> k.conkey)`,
    );
    expect(rows.map(({ name }) => name)).toEqual([]);
  });

  test('every index of contracts begins with the workspace', async () => {
    const { rows } = await database.admin.query<{ name: string }>(
      `SELECT x.indexrelid::regclass::text AS name FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
       WHERE x.indrelid IN ('contract'::regclass, 'contract_tally'::regclass) AND a.attname <> 'workspace_id'`,
    );
    expect(rows).toEqual([]);
  });
});
