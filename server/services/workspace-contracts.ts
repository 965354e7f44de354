/** Lists, figures and vendors for managers. All are read from stored columns that the domain has worked out and that are brought up to the day first. */
import {
  type ContractFilters,
  type ContractList,
  type ContractListQuery,
  type ContractRow as ContractRowView,
  type Overview,
  type VendorRow,
  VENDORS_MAX,
} from '../../app/wire/workspace.ts';
import { VERDICTS_WORST_FIRST } from '../domain/breach.ts';
import type { PlainDate } from '../domain/contract.ts';
import { addDays, addMonths, parsePlainDate } from '../domain/dates.ts';
import { monthOf, shiftMonth } from '../domain/month.ts';
import { LIVE_STAGES } from '../domain/stage.ts';
import type {
  ContractQuery,
  ContractRow,
  ContractSort,
  PortfolioTotals,
  TotalsQuestion,
  VendorTotals,
  WorkspaceRow,
} from '../store/contract-port.ts';
import { contractRowView, moneyView, type ViewDay } from './contract-view.ts';
import type { DerivedRefresh } from './derived-refresh.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { decodePlace, encodePlace } from './page-place.ts';
import { type ServiceParts, todayOf, viewDay } from './service-parts.ts';

const LIST_LIMIT_DEFAULT = 50;
const EXPORT_ROWS_MAX = 20_000;
const EXPORT_PAGE = 1000;
const OVERVIEW_MONTHS = 12;
/** Months of results that a vendor is shown with. */
const VENDOR_MONTHS = 25;
/** Spans ahead in which a notice deadline counts as due. */
const NOTICE_DUE_DAYS = [30, 60, 90] as const;
const SORT_DEFAULT: ContractSort = 'notice';

export function createWorkspaceContracts(parts: ServiceParts, derived: DerivedRefresh) {
  return {
    list: async (workspace: WorkspaceRow, query: ContractListQuery): Promise<Outcome<ContractList>> => {
      const after = query.after === undefined ? null : decodePlace(query.after);
      if (after === 'malformed' || !isPlaceIn(query.sort ?? SORT_DEFAULT, after))
        return refused('bad_request', { reason: 'after' });
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
      await derived.refresh(workspace);
      const asOf = todayOf(parts, workspace);
      return overviewView(await parts.contracts.readPortfolioTotals(workspace.id, totalsQuestion(asOf)), asOf);
    },
    vendors: async (workspace: WorkspaceRow): Promise<readonly VendorRow[]> => {
      await derived.refresh(workspace);
      const asOf = todayOf(parts, workspace);
      const vendors = await parts.contracts.listVendors(workspace.id, {
        asOf,
        liveStages: LIVE_STAGES,
        healthOrder: WORST_HEALTH,
        verdictOrder: VERDICTS_WORST_FIRST,
        firstPeriod: shiftMonth(monthOf(asOf), -VENDOR_MONTHS),
        limit: VENDORS_MAX,
      });
      return vendors.map(vendorView);
    },
  };
}

/** Whether a place can be one in a list sorted so: keys come back from outside. */
function isPlaceIn(sort: ContractSort, after: { readonly key: string | null } | null): boolean {
  return after === null || after.key === null || IS_KEY[sort](after.key);
}

const isDate = (key: string): boolean => parsePlainDate(key) !== null;
const IS_KEY: Record<ContractSort, (key: string) => boolean> = {
  notice: isDate,
  renewal: isDate,
  title: () => true,
  number: () => true,
  value: (key) => /^-?\d{1,18}$/.test(key),
  updated: (key) => /^\d{1,14}$/.test(key),
};

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
    sort: sort ?? SORT_DEFAULT,
    direction: direction ?? 'ascending',
  };
}

function totalsQuestion(asOf: PlainDate): TotalsQuestion {
  const [first, second, third] = NOTICE_DUE_DAYS;
  return {
    asOf,
    liveStages: LIVE_STAGES,
    noticeDueThrough: [addDays(asOf, first), addDays(asOf, second), addDays(asOf, third)],
    firstMonth: asOf.slice(0, 7),
    lastMonth: addMonths(asOf, OVERVIEW_MONTHS - 1).slice(0, 7),
  };
}

function overviewView(totals: PortfolioTotals, asOf: PlainDate): Overview {
  const [in30Days, in60Days, in90Days] = totals.noticeDue;
  return {
    today: asOf,
    contracts: totals.contracts,
    live: totals.live,
    byStage: totals.byStage,
    byHealth: totals.byHealth,
    noticeDue: { in30Days, in60Days, in90Days },
    undecided: totals.undecided,
    slaMissedLastMonth: totals.slaMissed,
    liveValue: totals.liveValue.map(moneyView),
    renewalsByMonth: Array.from({ length: OVERVIEW_MONTHS }, (_, index) => {
      const month = addMonths(asOf, index).slice(0, 7);
      const due = totals.renewals.find((renewal) => renewal.month === month);
      return { month, contracts: due?.contracts ?? 0, value: (due?.value ?? []).map(moneyView) };
    }),
  };
}

const WORST_HEALTH = ['at_risk', 'attention', 'unknown', 'good'] as const;

function vendorView({ periods, health, liveValue, ...vendor }: VendorTotals): VendorRow {
  const trend = (wanted: 'availability' | 'response'): VendorRow['availability'] =>
    periods.flatMap(({ metric, period, value, verdict }) =>
      metric === wanted
        ? [{ period, value, verdict: VERDICTS_WORST_FIRST.find((known) => known === verdict) ?? 'no_data' }]
        : [],
    );
  return {
    ...vendor,
    liveValue: liveValue.map(moneyView),
    health: WORST_HEALTH.find((known) => known === health) ?? 'unknown',
    availability: trend('availability'),
    response: trend('response'),
  };
}
