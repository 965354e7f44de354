/** Lists, figures and vendors for managers. Lists are narrowed by stored columns that are brought up to the day before they are read. */
import type {
  ContractFilters,
  ContractList,
  ContractListQuery,
  ContractRow as ContractRowView,
  Overview,
  VendorRow,
} from '../../app/wire/workspace.ts';
import { overallVerdict } from '../domain/breach.ts';
import type { Money, PlainDate } from '../domain/contract.ts';
import { addDays, addMonths } from '../domain/dates.ts';
import { renewalDateOf } from '../domain/renewal.ts';
import { isLive } from '../domain/stage.ts';
import type { ContractQuery, ContractRow, VendorFacts, WorkspaceRow } from '../store/contract-port.ts';
import { contractRowView, contractView, moneyView, type ViewDay } from './contract-view.ts';
import type { DerivedRefresh } from './derived-refresh.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { decodePlace, encodePlace } from './page-place.ts';
import { type ServiceParts, viewDay } from './service-parts.ts';

const LIST_LIMIT_DEFAULT = 50;
const EXPORT_ROWS_MAX = 20_000;
const EXPORT_PAGE = 1000;
const OVERVIEW_MONTHS = 12;
const VENDORS_MAX = 500;

export function createWorkspaceContracts(parts: ServiceParts, derived: DerivedRefresh) {
  return {
    list: async (workspace: WorkspaceRow, query: ContractListQuery): Promise<Outcome<ContractList>> => {
      const after = query.after === undefined ? null : decodePlace(query.after);
      if (after === 'malformed') return refused('bad_request', { reason: 'after' });
      await derived.refresh(workspace);
      const limit = query.limit ?? LIST_LIMIT_DEFAULT;
      const page = await parts.contracts.listContracts(workspace.id, {
        ...(await storeQuery(parts, workspace, query)),
        after,
        limit,
      });
      const day = await dayFor(parts, workspace, page.rows);
      return done({
        results: page.rows.map((row) => contractRowView(row, day)),
        next: page.next === null ? null : encodePlace(page.next),
        total: page.total,
      });
    },
    /** All rows of a filtered list, bounded. */
    exportRows: async (workspace: WorkspaceRow, filters: ContractFilters): Promise<readonly ContractRowView[]> => {
      await derived.refresh(workspace);
      const query = await storeQuery(parts, workspace, filters);
      const views: ContractRowView[] = [];
      let after: ContractQuery['after'] = null;
      do {
        const page = await parts.contracts.listContracts(workspace.id, { ...query, after, limit: EXPORT_PAGE });
        const day = await dayFor(parts, workspace, page.rows);
        views.push(...page.rows.map((row) => contractRowView(row, day)));
        after = page.next;
      } while (after !== null && views.length < EXPORT_ROWS_MAX);
      return views.slice(0, EXPORT_ROWS_MAX);
    },
    overview: async (workspace: WorkspaceRow): Promise<Overview> => {
      const rows = await allRows(parts, workspace);
      return overviewOf(rows, await dayFor(parts, workspace, rows));
    },
    vendors: async (workspace: WorkspaceRow): Promise<readonly VendorRow[]> => {
      const vendors = await parts.contracts.listVendors(workspace.id, VENDORS_MAX);
      const day = await dayFor(
        parts,
        workspace,
        vendors.flatMap(({ contracts }) => contracts),
      );
      return vendors.map((vendor) => vendorView(vendor, day));
    },
  };
}

const dayFor = (parts: ServiceParts, workspace: WorkspaceRow, rows: readonly ContractRow[]): Promise<ViewDay> =>
  viewDay(
    parts,
    workspace,
    rows.map(({ contract }) => contract),
  );

async function storeQuery(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  filters: ContractFilters,
): Promise<Omit<ContractQuery, 'after' | 'limit'>> {
  const { noticeDueBefore, noticeDueFrom, sort, direction, ...same } = filters;
  const { asOf } = await viewDay(parts, workspace, []);
  return {
    ...same,
    noticeTo: noticeDueBefore,
    noticeFrom: noticeDueFrom ?? (noticeDueBefore === undefined ? undefined : asOf),
    sort: sort ?? 'notice',
    direction: direction ?? 'ascending',
  };
}

/** Every contract that is not archived; the figures of the first page are about all of them. */
async function allRows(parts: ServiceParts, workspace: WorkspaceRow): Promise<readonly ContractRow[]> {
  const rows: ContractRow[] = [];
  let after: ContractQuery['after'] = null;
  do {
    const query: ContractQuery = { sort: 'number', direction: 'ascending', after, limit: EXPORT_PAGE };
    const page = await parts.contracts.listContracts(workspace.id, query);
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null && rows.length < EXPORT_ROWS_MAX);
  return rows;
}

function overviewOf(rows: readonly ContractRow[], day: ViewDay): Overview {
  const views = rows.map((row) => ({ row, view: contractView(row, null, day), live: isLive(row.contract, day.asOf) }));
  const live = views.filter((item) => item.live);
  const due = (days: number): number =>
    live.filter(({ view }) => isDueWithin(view.notice?.safeDate, day.asOf, days)).length;
  return {
    today: day.asOf,
    contracts: rows.length,
    live: live.length,
    byStage: countBy(views.map(({ view }) => view.stage)),
    byHealth: countBy(live.map(({ view }) => view.health)),
    noticeDue: { in30Days: due(30), in60Days: due(60), in90Days: due(90) },
    undecided: live.filter(
      ({ view }) => view.renewalDecision === 'undecided' && isDueWithin(view.notice?.safeDate, day.asOf, 90),
    ).length,
    slaMissedLastMonth: live.filter(({ view }) => view.sla.status === 'missed').length,
    liveValue: totals(live.flatMap(({ row }) => (row.contract.value === null ? [] : [row.contract.value]))),
    renewalsByMonth: renewalsByMonth(
      live.map(({ row }) => row),
      day.asOf,
    ),
  };
}

function isDueWithin(date: string | undefined, asOf: PlainDate, days: number): boolean {
  return date !== undefined && date >= asOf && date <= addDays(asOf, days);
}

function renewalsByMonth(rows: readonly ContractRow[], asOf: PlainDate): Overview['renewalsByMonth'] {
  return Array.from({ length: OVERVIEW_MONTHS }, (_, index) => {
    const month = addMonths(asOf, index).slice(0, 7);
    const due = rows.filter(({ contract }) => renewalDateOf(contract, asOf)?.startsWith(month) === true);
    return {
      month,
      contracts: due.length,
      value: totals(due.flatMap(({ contract }) => (contract.value === null ? [] : [contract.value]))),
    };
  });
}

function countBy<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** One total per currency, in the order of their codes: amounts of different currencies are never added. */
function totals(amounts: readonly Money[]): { minor: string; currency: string }[] {
  const sums = new Map<string, bigint>();
  for (const { minor, currency } of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + minor);
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => moneyView({ minor, currency }));
}

const WORST_HEALTH = ['at_risk', 'attention', 'unknown', 'good'] as const;

function vendorView(vendor: VendorFacts, day: ViewDay): VendorRow {
  const views = vendor.contracts.map((row) => ({ row, view: contractView(row, null, day) }));
  const live = views.filter(({ row }) => isLive(row.contract, day.asOf));
  const notices = live.flatMap(({ view }) =>
    view.notice === null || view.notice.window === 'closed' ? [] : [view.notice.safeDate],
  );
  const trend = (metric: 'availability' | 'response'): VendorRow['availability'] => {
    const periods = [
      ...new Set(vendor.results.filter((result) => result.metric === metric).map(({ period }) => period)),
    ];
    return periods.toSorted().map((period) => worstOf(vendor, metric, period));
  };
  return {
    organisationId: vendor.organisationId,
    name: vendor.name,
    domain: vendor.domain,
    contracts: vendor.contracts.length,
    liveContracts: live.length,
    liveValue: totals(live.flatMap(({ row }) => (row.contract.value === null ? [] : [row.contract.value]))),
    nextNoticeDate: notices.toSorted()[0] ?? null,
    health: WORST_HEALTH.find((health) => live.some(({ view }) => view.health === health)) ?? 'unknown',
    availability: trend('availability'),
    response: trend('response'),
    breachesTwelveMonths: views.reduce((sum, { view }) => sum + view.sla.breachesTwelveMonths, 0),
    openIncidents: vendor.openIncidents,
  };
}

/** The lowest figure of the month over the vendor's objectives, and the verdict over all of them. */
function worstOf(vendor: VendorFacts, metric: string, period: string): VendorRow['availability'][number] {
  const results = vendor.results.filter((result) => result.metric === metric && result.period === period);
  const figures = results.flatMap(({ display }) => (display === null ? [] : [display]));
  const [lowest] = figures.toSorted((a, b) => Number(a) - Number(b));
  return { period, value: lowest ?? null, verdict: overallVerdict(results.map(({ verdict }) => verdict)) };
}
