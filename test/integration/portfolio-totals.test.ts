/** What SQL adds up is what the domain says of each contract: totals, vendors and lists over random contracts, and the day that moves on. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCalendars } from '../../server/calendars/calendars.ts';
import { overallVerdict, VERDICTS_WORST_FIRST } from '../../server/domain/breach.ts';
import type { Money, PlainDate } from '../../server/domain/contract.ts';
import { addDays, addMonths, DAY_MS, plainDateIn } from '../../server/domain/dates.ts';
import { isLive } from '../../server/domain/stage.ts';
import { calendarsOf, derivedColumns, derivedColumnsAhead } from '../../server/services/derived-columns.ts';
import { createEventHub } from '../../server/services/event-hub.ts';
import { contractView, moneyView, type ViewDay } from '../../server/services/contract-view.ts';
import { createServices } from '../../server/services/services.ts';
import type { ContractQuery, ContractRow, WorkspaceRow } from '../../server/store/contract-port.ts';
import { createContractStore } from '../../server/store/prisma/contracts-store.ts';
import { createImportStore } from '../../server/store/prisma/imports.ts';
import { createMatchStore } from '../../server/store/prisma/matches.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';
import { createWorkspaceStore } from '../../server/store/prisma/workspaces-store.ts';
import { randomContract, writeArchetypes } from '../bench/workspace-archetypes.ts';
import { addWorkspace, testWorld, useDatabase } from '../support/database.ts';
import { createSeededRandom } from '../support/seeded-random.ts';

/** `PORTFOLIO_RUNS=200` looks harder. */
const RUNS = Number(process.env['PORTFOLIO_RUNS'] ?? 4);
const START_AT = Date.parse('2026-11-22T12:00:00Z');
const world = testWorld(START_AT);
const database = useDatabase();
const calendars = createCalendars();
let store: Store;

const partsOf = () => ({
  contracts: createContractStore(store.database, world),
  workspaces: createWorkspaceStore(store.database, world),
  imports: createImportStore(store.database, world),
  crm: {},
  calendars,
  world,
  events: createEventHub(),
  publicUrl: 'https://counterpart.example',
  wake: () => undefined,
});
const today = (): PlainDate => plainDateIn('UTC', world.clock.now());

beforeAll(() => {
  store = database.openStore(world);
});

async function filledWorkspace(seed: number, count: number): Promise<WorkspaceRow> {
  const workspaceId = await addWorkspace(store.database);
  await writeArchetypes(store.database, {
    workspaceId,
    count,
    today: today(),
    seed,
    calendars,
    now: world.clock.now(),
  });
  const { rows } = await database.admin.query<{ id: string }>(
    'SELECT id FROM contract WHERE workspace_id = $1 AND side = $2 ORDER BY id LIMIT 8',
    [workspaceId, 'buy'],
  );
  for (const [index, { id }] of rows.entries()) await addResults(workspaceId, id, index);
  const workspace = await partsOf().contracts.getWorkspace(workspaceId);
  if (workspace === null) throw new Error('the workspace is there');
  return workspace;
}

/** Two objectives with a corrected month each, and an incident that lasts. */
async function addResults(workspaceId: string, contractId: string, index: number): Promise<void> {
  for (const metric of ['availability', 'response']) {
    const { rows } = await database.admin.query<{ id: string }>(
      `INSERT INTO sla_objective (workspace_id, id, contract_id, metric, target, comparator, unit, "window", zone, sample_source, definition, created_at)
       VALUES ($1, gen_random_uuid(), $2, $3, '99.50', 'gte', 'percent', 'calendar_month', 'UTC', 'tickets', '{}', now()) RETURNING id`,
      [workspaceId, contractId, metric],
    );
    const verdicts = [...VERDICTS_WORST_FIRST.slice(index % 4), ...VERDICTS_WORST_FIRST];
    for (const [back, revision] of [
      [0, 1],
      [1, 1],
      [1, 2],
      [30, 1],
    ] as const) {
      const period = addMonths(today(), -back - 1).slice(0, 7);
      const display = (index + back) % 3 === 0 ? null : `9${(index + revision) % 10}.50`;
      await database.admin.query(
        `INSERT INTO sla_result (workspace_id, objective_id, period, revision, contract_id, verdict, display, inputs_hash, rule_version, computed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'hash', '1', now())`,
        [workspaceId, rows[0]?.id, period, revision, contractId, verdicts[back % 2], display],
      );
    }
  }
  await database.admin.query(
    `INSERT INTO incident (workspace_id, id, contract_id, title, opened_at, created_at) VALUES ($1, gen_random_uuid(), $2, 'Outage', now(), now())`,
    [workspaceId, contractId],
  );
}

/** Every contract that lists show, read one by one. */
async function contractsOf(workspaceId: string): Promise<readonly ContractRow[]> {
  const { rows } = await database.admin.query<{ id: string }>(
    'SELECT id FROM contract WHERE workspace_id = $1 AND NOT archived',
    [workspaceId],
  );
  return await partsOf().contracts.loadContracts(
    workspaceId,
    rows.map(({ id }) => id),
  );
}

async function viewsOf(rows: readonly ContractRow[]) {
  const calendarOf = await calendarsOf(
    calendars,
    rows.map(({ contract }) => contract),
  );
  const day: ViewDay = { asOf: today(), calendarOf };
  return rows.map((row) => ({ row, view: contractView(row, null, day), live: isLive(row.contract, day.asOf) }));
}

function sums(amounts: readonly (Money | null)[]) {
  const byCurrency = new Map<string, bigint>();
  for (const money of amounts)
    if (money !== null) byCurrency.set(money.currency, (byCurrency.get(money.currency) ?? 0n) + money.minor);
  return [...byCurrency]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, minor]) => moneyView({ minor, currency }));
}

const countOf = (keys: readonly string[]) =>
  keys.reduce<Record<string, number>>((counts, key) => ({ ...counts, [key]: (counts[key] ?? 0) + 1 }), {});

/** The overview as the domain has it: each contract assessed, then added up. */
async function addedUp(workspaceId: string) {
  const all = await viewsOf(await contractsOf(workspaceId));
  const live = all.filter((item) => item.live);
  const due = (days: number) =>
    live.filter(({ view }) => view.notice !== null && view.notice.daysLeft >= 0 && view.notice.daysLeft <= days);
  return {
    today: today(),
    contracts: all.length,
    live: live.length,
    byStage: countOf(all.map(({ view }) => view.stage)),
    byHealth: countOf(live.map(({ view }) => view.health)),
    noticeDue: { in30Days: due(30).length, in60Days: due(60).length, in90Days: due(90).length },
    undecided: due(90).filter(({ view }) => view.renewalDecision === 'undecided').length,
    slaMissedLastMonth: live.filter(({ view }) => view.sla.status === 'missed').length,
    liveValue: sums(live.map(({ row }) => row.contract.value)),
    renewalsByMonth: Array.from({ length: 12 }, (_, index) => {
      const month = addMonths(today(), index).slice(0, 7);
      const renewing = live.filter(({ view }) => view.renewalDate?.startsWith(month) === true);
      return { month, contracts: renewing.length, value: sums(renewing.map(({ row }) => row.contract.value)) };
    }),
  };
}

async function addedUpVendors(workspaceId: string) {
  const all = (await viewsOf(await contractsOf(workspaceId))).filter(({ row }) => row.contract.side === 'buy');
  const names = new Map(
    all.flatMap(({ row }) =>
      row.contract.parties.flatMap((party) =>
        party.role === 'supplier' ? [[party.organisationId, party.legalName] as const] : [],
      ),
    ),
  );
  const vendors = [...names].map(async ([organisationId, name]) => {
    const own = all.filter(({ row }) =>
      row.contract.parties.some((party) => party.role === 'supplier' && party.organisationId === organisationId),
    );
    const live = own.filter((item) => item.live);
    const ids = own.map(({ row }) => row.contract.id);
    return {
      organisationId,
      name,
      domain: null,
      contracts: own.length,
      liveContracts: live.length,
      liveValue: sums(live.map(({ row }) => row.contract.value)),
      nextNoticeDate:
        live
          .flatMap(({ view }) =>
            view.notice === null || view.notice.window === 'closed' ? [] : [view.notice.safeDate],
          )
          .toSorted()[0] ?? null,
      health:
        (['at_risk', 'attention', 'unknown', 'good'] as const).find((health) =>
          live.some(({ view }) => view.health === health),
        ) ?? 'unknown',
      ...(await trendsOf(workspaceId, ids)),
      breachesTwelveMonths: own.reduce((sum, { view }) => sum + view.sla.breachesTwelveMonths, 0),
    };
  });
  return (await Promise.all(vendors)).toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

async function trendsOf(workspaceId: string, contractIds: readonly string[]) {
  const { rows: served } = await database.admin.query<{ id: string }>(
    'SELECT DISTINCT contract_id AS id FROM sla_objective WHERE workspace_id = $1 AND contract_id = ANY($2::uuid[])',
    [workspaceId, contractIds],
  );
  const details = await Promise.all(served.map(({ id }) => partsOf().contracts.loadDetail(workspaceId, id)));
  const results = details.flatMap((detail) =>
    (detail?.results ?? []).map((result) => ({
      ...result,
      metric: detail?.objectives.find(({ id }) => id === result.objectiveId)?.metric,
    })),
  );
  const first = addMonths(today(), -25).slice(0, 7);
  const trend = (metric: string) =>
    [
      ...new Set(
        results.filter((result) => result.metric === metric && result.period >= first).map(({ period }) => period),
      ),
    ]
      .toSorted()
      .map((period) => {
        const month = results.filter((result) => result.metric === metric && result.period === period);
        const figures = month.flatMap(({ display }) => (display === null ? [] : [display]));
        const [value] = figures.toSorted((a, b) => Number(a) - Number(b));
        return { period, value: value ?? null, verdict: overallVerdict(month.map(({ verdict }) => verdict)) };
      });
  return {
    availability: trend('availability'),
    response: trend('response'),
    openIncidents: details.flatMap((detail) => detail?.incidents ?? []).filter(({ restoredAt }) => restoredAt === null)
      .length,
  };
}

const services = () =>
  createServices(partsOf(), {
    uninstall: () => Promise.resolve('unreachable'),
    requiredScopes: {},
    matching: { matches: createMatchStore(store.database, partsOf().world), directory: store.sync },
  });

describe('totals', () => {
  test('what SQL adds up over random contracts is what the domain says of each, today and on later days', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ seed: fc.nat(), count: fc.integer({ min: 1, max: 60 }), days: fc.integer({ min: 1, max: 400 }) }),
        async ({ seed, count, days }) => {
          world.setNow(START_AT);
          const workspace = await filledWorkspace(seed, count);
          const { contracts } = services();
          expect(await contracts.overview(workspace)).toEqual(await addedUp(workspace.id));
          expect(await contracts.vendors(workspace)).toEqual(await addedUpVendors(workspace.id));
          world.setNow(START_AT + days * DAY_MS);
          expect(await contracts.overview(workspace)).toEqual(await addedUp(workspace.id));
          expect(await contracts.vendors(workspace)).toEqual(await addedUpVendors(workspace.id));
        },
      ),
      { numRuns: RUNS },
    );
  }, 60_000);

  test('totals follow every kind of change, and differences added together are the same sum', async () => {
    world.setNow(START_AT);
    const workspace = await filledWorkspace(7, 60);
    const { contracts } = services();
    const changes = [
      `UPDATE contract SET stage = 'terminated', revision = revision + 1, updated_at = updated_at + interval '1 s' WHERE workspace_id = $1 AND stage = 'active'`,
      `UPDATE contract SET archived = true, updated_at = updated_at + interval '1 s' WHERE workspace_id = $1 AND side = 'sell'`,
      `UPDATE contract SET value_minor = 5, currency = 'EUR', updated_at = updated_at + interval '1 s' WHERE workspace_id = $1 AND value_minor IS NULL`,
      `UPDATE contract SET sla_summary = '{"status":"missed","availabilityLastMonth":null,"responseComplianceLastMonth":null,"breachesTwelveMonths":2,"breachedLastTwoOfThree":true}', updated_at = updated_at + interval '1 s' WHERE workspace_id = $1 AND stage = 'renewing'`,
      `DELETE FROM contract WHERE workspace_id = $1 AND number LIKE '%7'`,
      `UPDATE contract SET archived = false, updated_at = updated_at + interval '1 s' WHERE workspace_id = $1`,
    ];
    for (const change of changes) {
      await database.admin.query(change, [workspace.id]);
      expect(await contracts.overview(workspace), change).toEqual(await addedUp(workspace.id));
    }
    // Each of these adds two differences; many of them are added together when totals are read.
    for (let round = 0; round < 40; round += 1)
      await database.admin.query(
        `UPDATE contract SET health = CASE health WHEN 'good' THEN 'unknown' ELSE 'good' END WHERE workspace_id = $1 AND NOT archived`,
        [workspace.id],
      );
    const rows = async () =>
      (
        await database.admin.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM contract_tally WHERE workspace_id = $1',
          [workspace.id],
        )
      ).rows[0]?.n ?? 0;
    const before = await rows();
    await database.admin.query('UPDATE contract SET derived_from = NULL WHERE workspace_id = $1', [workspace.id]);
    expect(await contracts.overview(workspace)).toEqual(await addedUp(workspace.id));
    expect(await rows()).toBeLessThan(before);
    expect(await contracts.overview(workspace)).toEqual(await addedUp(workspace.id));
  });

  test('totals stay exact when many write and many read and compact at once', async () => {
    world.setNow(START_AT);
    const workspace = await filledWorkspace(11, 100);
    const { contracts } = services();
    const flip = (digit: number) =>
      store.database.inWorkspace(workspace.id, (sql) =>
        sql.run(
          `UPDATE contract SET renewal_date = renewal_date + 40, sla_status = CASE sla_status WHEN 'met' THEN 'missed' ELSE 'met' END
           WHERE workspace_id = $1 AND number LIKE '%' || $2`,
          [workspace.id, String(digit)],
        ),
      );
    for (let round = 0; round < 4; round += 1)
      await Promise.all([
        ...Array.from({ length: 10 }, (_, digit) => flip(digit)),
        contracts.overview(workspace),
        contracts.overview(workspace),
      ]);
    await database.admin.query('UPDATE contract SET derived_from = NULL WHERE workspace_id = $1', [workspace.id]);
    expect(await contracts.overview(workspace)).toEqual(await addedUp(workspace.id));
  });

  test('a deleted workspace takes its tally with it', async () => {
    world.setNow(START_AT);
    const workspace = await filledWorkspace(3, 20);
    // A contract's parties hold on to organisations, which the workspace would take with it.
    await database.admin.query('DELETE FROM contract_party WHERE workspace_id = $1', [workspace.id]);
    await database.admin.query('DELETE FROM workspace WHERE id = $1', [workspace.id]);
    const { rows } = await database.admin.query('SELECT 1 FROM contract_tally WHERE workspace_id = $1', [workspace.id]);
    expect(rows).toEqual([]);
  });
});

describe('derived columns', () => {
  test('columns said to hold through a day are the columns of every day until then', async () => {
    const calendarOf = await calendarsOf(calendars, []);
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 20 }), (seed, daysMax) => {
        const { contract, sla } = randomContract(createSeededRandom(seed), today(), 1);
        const calendar = calendarOf(contract.term.calendarId);
        const ahead = derivedColumnsAhead(contract, sla, { calendar, asOf: today(), daysMax });
        for (let asOf = today(); asOf <= ahead.throughDate; asOf = addDays(asOf, 1))
          expect({ ...derivedColumns(contract, sla, { calendar, asOf }), throughDate: null }).toEqual({
            ...ahead,
            throughDate: null,
          });
        expect(ahead.throughDate <= addDays(today(), daysMax)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('columns of a state that has passed are not stored, and the contract is named again', async () => {
    world.setNow(START_AT);
    const workspace = await filledWorkspace(5, 3);
    const { contracts, calendars: known } = partsOf();
    const [row] = await contractsOf(workspace.id);
    if (row === undefined) throw new Error('there is a contract');
    const calendarOf = await calendarsOf(known, [row.contract]);
    const columns = derivedColumns(row.contract, row.sla, {
      calendar: calendarOf(row.contract.term.calendarId),
      asOf: today(),
    });
    await services().derived.refresh(workspace);
    expect(await contracts.listUnderived(workspace.id, today(), 10)).toEqual([]);
    await database.admin.query(
      `UPDATE contract SET revision = revision + 1, updated_at = updated_at + interval '1 s' WHERE id = $1`,
      [row.contract.id],
    );
    await contracts.saveDerived(workspace.id, [columns]);
    expect((await contracts.listUnderived(workspace.id, today(), 10)).map(({ contract }) => contract.id)).toEqual([
      row.contract.id,
    ]);
    await database.admin.query(`UPDATE contract SET sla_summary = '{"status":"missed"}' WHERE id = $1`, [
      row.contract.id,
    ]);
    await contracts.saveDerived(workspace.id, [{ ...columns, revision: columns.revision + 1 }]);
    expect(await contracts.listUnderived(workspace.id, today(), 10).catch(() => 'unreadable')).not.toEqual([]);
  });
});

describe('lists', () => {
  const SORTS = ['notice', 'renewal', 'title', 'number', 'value', 'updated'] as const;

  test('paging through any list meets every contract once, in order, and the total is their number', async () => {
    world.setNow(START_AT);
    const workspace = await filledWorkspace(21, 50);
    await database.admin.query(
      `UPDATE contract SET updated_at = to_timestamp(1763000000 + (hashtext(number) % 20)), derived_from = to_timestamp(1763000000 + (hashtext(number) % 20)) WHERE workspace_id = $1`,
      [workspace.id],
    );
    const views = await viewsOf(await contractsOf(workspace.id));
    const { contracts } = partsOf();
    const filters: readonly {
      readonly query: Partial<ContractQuery>;
      readonly has: (item: (typeof views)[number]) => boolean;
    }[] = [
      { query: {}, has: () => true },
      { query: { stage: ['active', 'expired'] }, has: ({ view }) => ['active', 'expired'].includes(view.stage) },
      {
        query: { health: ['at_risk'], sla: ['missed', 'none'] },
        has: ({ view }) => view.health === 'at_risk' && ['missed', 'none'].includes(view.sla.status),
      },
      {
        query: { side: 'sell', decision: ['undecided'] },
        has: ({ view }) => view.side === 'sell' && view.renewalDecision === 'undecided',
      },
      { query: { text: 'CLOUD' }, has: ({ view }) => view.title.toLowerCase().includes('cloud') },
      { query: { text: '订阅' }, has: ({ view }) => view.title.includes('订阅') },
      {
        query: { text: 'supplier 1' },
        has: ({ row }) => row.contract.parties.some(({ legalName }) => legalName.toLowerCase().includes('supplier 1')),
      },
      {
        query: { text: 'a-00004', renewalKind: ['auto'] },
        has: ({ view }) => view.number.startsWith('A-00004') && view.renewalKind === 'auto',
      },
      { query: { text: '%' }, has: () => false },
    ];
    // Every sort without a filter; each filter with two of them.
    for (const [index, { query, has }] of filters.entries())
      for (const sort of SORTS.filter((_, at) => index === 0 || at % 3 === index % 3))
        for (const direction of ['ascending', 'descending'] as const) {
          const seen: string[] = [];
          const keys: (string | null)[] = [];
          let after: ContractQuery['after'] = null;
          do {
            const page = await contracts.listContracts(workspace.id, { ...query, sort, direction, after, limit: 20 });
            expect(page.total).toBe(views.filter(has).length);
            seen.push(...page.rows.map(({ contract }) => contract.id));
            keys.push(...page.rows.map(({ contract, updatedAt }) => keyOf(views, contract.id, { sort, updatedAt })));
            after = page.next;
          } while (after !== null);
          expect(seen.toSorted(), `${JSON.stringify(query)} ${sort}`).toEqual(
            views
              .filter(has)
              .map(({ row }) => row.contract.id)
              .toSorted(),
          );
          expect(keys).toEqual(inOrder(keys, direction));
        }
  }, 60_000);

  function keyOf(
    views: Awaited<ReturnType<typeof viewsOf>>,
    id: string,
    { sort, updatedAt }: { readonly sort: (typeof SORTS)[number]; readonly updatedAt: number },
  ): string | null {
    const found = views.find(({ row }) => row.contract.id === id);
    if (found === undefined) return null;
    const keys = {
      notice: found.view.notice?.safeDate ?? null,
      renewal: found.view.renewalDate,
      title: found.view.title.toLowerCase(),
      number: found.view.number,
      value: found.view.value === null ? null : found.view.value.minor.padStart(20, '0'),
      updated: String(updatedAt).padStart(20, '0'),
    };
    return keys[sort];
  }

  function inOrder(
    keys: readonly (string | null)[],
    direction: 'ascending' | 'descending',
  ): readonly (string | null)[] {
    const sign = direction === 'ascending' ? 1 : -1;
    return keys.toSorted((a, b) => {
      if (a === null || b === null) return Number(a === null) - Number(b === null);
      return sign * Buffer.compare(Buffer.from(a), Buffer.from(b));
    });
  }

  test('a place that cannot be in the list is refused', async () => {
    const workspace = await filledWorkspace(2, 2);
    const place = (key: string) =>
      Buffer.from(JSON.stringify([key, '00000000-0000-4000-8000-000000000000'])).toString('base64url');
    const { contracts } = services();
    for (const [sort, key] of [
      ['notice', 'soon'],
      ['renewal', '2026-02-30'],
      ['value', '1e3'],
      ['value', '99999999999999999999'],
      ['updated', '-5'],
    ] as const)
      expect(await contracts.list(workspace, { sort, after: place(key) }), `${sort} ${key}`).toMatchObject({
        ok: false,
      });
    expect(await contracts.list(workspace, { sort: 'title', after: place("'; DROP") })).toMatchObject({ ok: true });
  });
});
