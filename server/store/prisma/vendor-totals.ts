/** Vendors compared: the suppliers that come first by name, each with figures added up over its contracts. */
import { z } from 'zod';
import type { VendorsQuestion, VendorTotals } from '../contract-port.ts';
import type { Sql } from './database.ts';

/**
 * Names are walked in the order of their index until enough of them have a contract, so that a large portfolio is not read for the vendors
 * that are not shown. `current` holds the newest revision of each result.
 */
const VENDORS = `
WITH vendor AS MATERIALIZED (
  SELECT g.id, g.legal_name, g.domain FROM organisation g
  CROSS JOIN LATERAL (SELECT 1 FROM contract_party v JOIN contract c ON c.workspace_id = v.workspace_id AND c.id = v.contract_id
    WHERE v.workspace_id = $1 AND v.organisation_id = g.id AND v.role = 'supplier' AND c.side = 'buy' AND NOT c.archived LIMIT 1) one
  WHERE g.workspace_id = $1 ORDER BY lower(g.legal_name), g.id LIMIT $7),
held AS MATERIALIZED (
  SELECT v.organisation_id AS vendor_id, c.id, c.current_stage = ANY($3::text[]) AS live, c.health, c.currency, c.value_minor,
    CASE WHEN c.notice_legal_date >= $2::date THEN c.notice_deadline END AS notice_deadline, c.sla_breaches
  FROM vendor g JOIN contract_party v ON v.workspace_id = $1 AND v.organisation_id = g.id AND v.role = 'supplier'
  JOIN contract c ON c.workspace_id = $1 AND c.id = v.contract_id WHERE c.side = 'buy' AND NOT c.archived),
figures AS (
  SELECT vendor_id, count(*) AS contracts, count(*) FILTER (WHERE live) AS live_contracts, min(notice_deadline) FILTER (WHERE live) AS next_notice,
    min(array_position($4::text[], health)) FILTER (WHERE live) AS worst, coalesce(sum(sla_breaches), 0) AS breaches
  FROM held GROUP BY vendor_id),
worth AS (
  SELECT vendor_id, jsonb_agg(jsonb_build_object('currency', currency, 'minor', minor::text) ORDER BY currency) AS value
  FROM (SELECT vendor_id, currency, sum(value_minor) AS minor FROM held WHERE live AND currency IS NOT NULL GROUP BY 1, 2) s GROUP BY 1),
current AS (
  SELECT DISTINCT ON (h.vendor_id, s.objective_id, s.period) h.vendor_id, o.metric, s.period, s.display, s.verdict
  FROM held h JOIN sla_result s ON s.workspace_id = $1 AND s.contract_id = h.id AND s.period >= $6
  JOIN sla_objective o ON o.workspace_id = $1 AND o.id = s.objective_id
  ORDER BY h.vendor_id, s.objective_id, s.period, s.revision DESC),
periods AS (
  SELECT vendor_id, jsonb_agg(jsonb_build_object('metric', metric, 'period', period, 'value', value, 'worst', worst) ORDER BY period) AS list
  FROM (SELECT vendor_id, metric, period, min(display::numeric)::text AS value, min(array_position($5::text[], verdict)) AS worst
    FROM current GROUP BY 1, 2, 3) s GROUP BY 1),
broken AS (
  SELECT h.vendor_id, count(*) AS incidents FROM held h JOIN incident i ON i.workspace_id = $1 AND i.contract_id = h.id
  WHERE i.restored_at IS NULL GROUP BY 1)
SELECT jsonb_build_object('organisationId', g.id, 'name', g.legal_name, 'domain', g.domain, 'contracts', f.contracts,
  'liveContracts', f.live_contracts, 'liveValue', coalesce(w.value, '[]'), 'nextNoticeDate', f.next_notice, 'worstHealth', f.worst,
  'periods', coalesce(p.list, '[]'), 'breachesTwelveMonths', f.breaches, 'openIncidents', coalesce(b.incidents, 0)) AS item
FROM vendor g JOIN figures f ON f.vendor_id = g.id LEFT JOIN worth w ON w.vendor_id = g.id LEFT JOIN periods p ON p.vendor_id = g.id
  LEFT JOIN broken b ON b.vendor_id = g.id
ORDER BY lower(g.legal_name), g.id`;

const vendorSchema = z.object({
  organisationId: z.string(),
  name: z.string(),
  domain: z.string().nullable(),
  contracts: z.number(),
  liveContracts: z.number(),
  liveValue: z.array(z.object({ minor: z.string(), currency: z.string() })),
  nextNoticeDate: z.string().nullable(),
  /** Positions in the orders asked for, from one. */
  worstHealth: z.number().nullable(),
  periods: z.array(
    z.object({
      metric: z.enum(['availability', 'response']),
      period: z.string(),
      value: z.string().nullable(),
      worst: z.number(),
    }),
  ),
  breachesTwelveMonths: z.number(),
  openIncidents: z.number(),
});

export async function listVendors(
  sql: Sql,
  workspaceId: string,
  question: VendorsQuestion,
): Promise<readonly VendorTotals[]> {
  const { asOf, liveStages, healthOrder, verdictOrder, firstPeriod, limit } = question;
  const rows = await sql.rows<{ item: unknown }>(VENDORS, [
    workspaceId,
    asOf,
    liveStages,
    healthOrder,
    verdictOrder,
    firstPeriod,
    limit,
  ]);
  return rows.map(({ item }) => {
    const { worstHealth, periods, liveValue, ...vendor } = vendorSchema.parse(item);
    return {
      ...vendor,
      liveValue: liveValue.map(({ minor, currency }) => ({ minor: BigInt(minor), currency })),
      health: worstHealth === null ? null : (healthOrder[worstHealth - 1] ?? null),
      periods: periods.map(({ worst, ...period }) => ({ ...period, verdict: verdictOrder[worst - 1] ?? 'no_data' })),
    };
  });
}
