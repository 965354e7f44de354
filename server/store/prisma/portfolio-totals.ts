/**
 * The figures of a whole portfolio. Counts and sums come from `contract_tally`, whose rows are differences that triggers on `contract` add
 * with every statement; their sum is exact at any time. Deadlines that are near are counted by index.
 */
import { z } from 'zod';
import type { PortfolioTotals, TotalsQuestion } from '../contract-port.ts';
import type { Reader, Sql } from './database.ts';

const KINDS = 'current_stage, health, sla_status, currency, renewal_month';
/** Differences are added together once there are this many more of them than kinds. */
const LOOSE_ROWS_MAX = 1000;

const TOTALS = `
WITH tally AS MATERIALIZED (
  SELECT ${KINDS}, sum(contracts) AS contracts, sum(value_minor) AS value_minor, count(*) AS parts
  FROM contract_tally WHERE workspace_id = $1 GROUP BY ${KINDS}),
live AS MATERIALIZED (SELECT * FROM tally WHERE current_stage = ANY($2::text[]) AND contracts <> 0),
renewal AS (SELECT to_char(renewal_month, 'YYYY-MM') AS month, currency, contracts, value_minor FROM live),
due AS (SELECT * FROM renewal WHERE month BETWEEN $3 AND $4)
SELECT jsonb_build_object(
  'contracts', (SELECT coalesce(sum(contracts), 0) FROM tally),
  'live', (SELECT coalesce(sum(contracts), 0) FROM live),
  'byStage', (SELECT coalesce(jsonb_object_agg(s.current_stage, s.contracts), '{}') FROM (
    SELECT current_stage, sum(contracts) AS contracts FROM tally WHERE current_stage IS NOT NULL GROUP BY 1 HAVING sum(contracts) <> 0) s),
  'byHealth', (SELECT coalesce(jsonb_object_agg(h.health, h.contracts), '{}') FROM (
    SELECT health, sum(contracts) AS contracts FROM live GROUP BY 1) h),
  'slaMissed', (SELECT coalesce(sum(contracts), 0) FROM live WHERE sla_status = 'missed'),
  'liveValue', (SELECT coalesce(jsonb_agg(jsonb_build_object('currency', v.currency, 'minor', v.minor::text) ORDER BY v.currency), '[]') FROM (
    SELECT currency, sum(value_minor) AS minor FROM live WHERE currency IS NOT NULL GROUP BY 1) v),
  'renewals', (SELECT coalesce(jsonb_agg(jsonb_build_object('month', m.month, 'contracts', m.contracts, 'value', m.value) ORDER BY m.month), '[]')
    FROM (SELECT c.month, sum(c.contracts) AS contracts,
        coalesce(jsonb_agg(jsonb_build_object('currency', c.currency, 'minor', c.minor::text) ORDER BY c.currency)
          FILTER (WHERE c.currency IS NOT NULL), '[]') AS value
      FROM (SELECT month, currency, sum(contracts) AS contracts, sum(value_minor) AS minor FROM due GROUP BY 1, 2) c GROUP BY c.month) m),
  'looseRows', (SELECT coalesce(sum(parts) - count(*), 0) FROM tally)
) AS totals`;

const NEAR = `
SELECT count(*) FILTER (WHERE c.notice_deadline <= $4::date)::int AS first, count(*) FILTER (WHERE c.notice_deadline <= $5::date)::int AS second,
  count(*)::int AS third, count(*) FILTER (WHERE c.renewal_decision = 'undecided')::int AS undecided
FROM contract c
WHERE c.workspace_id = $1 AND NOT c.archived AND c.notice_deadline BETWEEN $3::date AND $6::date AND c.current_stage = ANY($2::text[])`;

const money = z
  .object({ minor: z.string(), currency: z.string() })
  .transform(({ minor, currency }) => ({ minor: BigInt(minor), currency }));
const totalsSchema = z.object({
  contracts: z.number(),
  live: z.number(),
  byStage: z.record(z.string(), z.number()),
  byHealth: z.record(z.string(), z.number()),
  slaMissed: z.number(),
  liveValue: z.array(money),
  renewals: z.array(z.object({ month: z.string(), contracts: z.number(), value: z.array(money) })),
  looseRows: z.number(),
});

export async function readPortfolioTotals(
  sql: Sql,
  workspaceId: string,
  question: TotalsQuestion,
): Promise<PortfolioTotals> {
  const { asOf, liveStages, noticeDueThrough, firstMonth, lastMonth } = question;
  const values = [workspaceId, liveStages, firstMonth, lastMonth];
  const [row] = await sql.rows<{ totals: unknown }>(TOTALS, values, 'portfolio_totals');
  const { looseRows, ...totals } = totalsSchema.parse(row?.totals);
  const [near] = await sql.rows<{ first: number; second: number; third: number; undecided: number }>(NEAR, [
    workspaceId,
    liveStages,
    asOf,
    ...noticeDueThrough,
  ]);
  if (looseRows > LOOSE_ROWS_MAX) await compactTally(sql, workspaceId);
  return {
    ...totals,
    noticeDue: [near?.first ?? 0, near?.second ?? 0, near?.third ?? 0],
    undecided: near?.undecided ?? 0,
  };
}

/**
 * Adds the differences of each kind together. Rows that others add meanwhile are not touched, and of two that do this at once each takes
 * the rows that the other has not taken, so that the sum stays what it is.
 */
async function compactTally(sql: Sql, workspaceId: string): Promise<void> {
  await sql.run(
    `WITH taken AS (DELETE FROM contract_tally WHERE workspace_id = $1 RETURNING ${KINDS}, contracts, value_minor)
     INSERT INTO contract_tally (workspace_id, ${KINDS}, contracts, value_minor)
     SELECT $1, ${KINDS}, sum(contracts), sum(value_minor) FROM taken GROUP BY ${KINDS}
     HAVING sum(contracts) <> 0 OR sum(value_minor) <> 0`,
    [workspaceId],
  );
}

export type TallyFilter = {
  readonly stage?: readonly string[] | undefined;
  readonly health?: readonly string[] | undefined;
  readonly sla?: readonly string[] | undefined;
};

/** How many contracts there are of some stages, healths and verdicts. */
export async function countByTally(sql: Reader, workspaceId: string, filter: TallyFilter): Promise<number> {
  const [row] = await sql.rows<{ total: number }>(
    `SELECT coalesce(sum(contracts), 0)::int AS total FROM contract_tally WHERE workspace_id = $1
     AND ($2::text[] IS NULL OR current_stage = ANY($2)) AND ($3::text[] IS NULL OR health = ANY($3))
     AND ($4::text[] IS NULL OR sla_status = ANY($4))`,
    [workspaceId, filter.stage ?? null, filter.health ?? null, filter.sla ?? null],
  );
  return row?.total ?? 0;
}
