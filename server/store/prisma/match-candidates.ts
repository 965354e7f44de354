/** Pairs of records that may stand for the same thing, found by equal comparable name, registered domain or known id. */
import { z } from 'zod';
import type { CandidatePage, CandidatePair, MatchSides } from '../match-port.ts';
import type { Sql } from './database.ts';

/** Records of the left side looked at by one statement. */
const PAGE = 500;
/** Records of the right side that one name or domain brings; more share it only where it tells nothing. */
const PER_KEY_MAX = 10;
/** Deals on each side of one pair of companies. */
const DEALS_PER_COMPANY_MAX = 100;

const facts = (alias: string): string => `jsonb_build_object('recordId', ${alias}.record_id, 'name', ${alias}.name,
  'comparableName', ${alias}.match_name, 'domain', ${alias}.match_domain, 'country', ${alias}.facts -> 'country',
  'city', ${alias}.facts -> 'city', 'otherId', ${alias}.facts -> 'salesforceId')`;

const textOrNull = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
const factsSchema = z.object({
  recordId: z.string(),
  name: textOrNull,
  comparableName: textOrNull,
  domain: textOrNull,
  country: textOrNull,
  city: textOrNull,
  otherId: textOrNull,
});
const pairSchema: z.ZodType<CandidatePair> = z.object({
  left: factsSchema,
  right: factsSchema,
  sharesContract: z.boolean(),
});

const OF_RIGHT = `r.workspace_id = $1 AND r.connection_id = $3 AND r.object_type = 'account'`;
const ACCOUNT_PAIRS = `
WITH lefts AS (
  SELECT l.* FROM host_record l WHERE l.workspace_id = $1 AND l.connection_id = $2 AND l.object_type = 'account' AND l.record_id = ANY($4::text[])
), pairs AS (
  SELECT l.record_id AS left_id, x.record_id AS right_id FROM lefts l CROSS JOIN LATERAL (
    SELECT r.record_id FROM host_record r WHERE ${OF_RIGHT} AND r.match_domain = l.match_domain ORDER BY r.record_id LIMIT ${PER_KEY_MAX}) x
  UNION
  SELECT l.record_id, x.record_id FROM lefts l CROSS JOIN LATERAL (
    SELECT r.record_id FROM host_record r WHERE ${OF_RIGHT} AND r.match_name = l.match_name ORDER BY r.record_id LIMIT ${PER_KEY_MAX}) x
  UNION
  SELECT l.record_id, r.record_id FROM lefts l JOIN host_record r ON ${OF_RIGHT} AND r.record_id = l.facts ->> 'salesforceId'
)
SELECT jsonb_build_object('left', ${facts('l')}, 'right', ${facts('r')}, 'sharesContract', false) AS item
FROM pairs p JOIN lefts l ON l.record_id = p.left_id JOIN host_record r ON ${OF_RIGHT} AND r.record_id = p.right_id
ORDER BY l.record_id, r.record_id`;

export async function listAccountPairs(
  sql: Sql,
  workspaceId: string,
  { sides, after }: { readonly sides: MatchSides; readonly after: string | null },
): Promise<CandidatePage> {
  const lefts = await sql.rows<{ record_id: string }>(
    `SELECT record_id FROM host_record WHERE workspace_id = $1 AND connection_id = $2 AND object_type = 'account' AND record_id > $3
     ORDER BY record_id LIMIT ${PAGE}`,
    [workspaceId, sides.left, after ?? ''],
  );
  const ids = lefts.map(({ record_id }) => record_id);
  const rows = await sql.rows<{ item: unknown }>(ACCOUNT_PAIRS, [workspaceId, sides.left, sides.right, ids]);
  return pageOf(ids, rows);
}

/** By the company's own id, so that a page takes up a company's deals together. */
const DEAL_PAIRS = `
SELECT jsonb_build_object('left', ${facts('l')}, 'right', ${facts('r')}, 'sharesContract', s.shares) AS item
FROM record_match m
CROSS JOIN LATERAL (
  SELECT h.* FROM host_record h WHERE h.workspace_id = $1 AND h.connection_id = $2 AND h.object_type = 'opportunity'
    AND h.associations -> 'account' ? m.left_record_id ORDER BY h.record_id LIMIT ${DEALS_PER_COMPANY_MAX}) l
CROSS JOIN LATERAL (
  SELECT h.* FROM host_record h WHERE h.workspace_id = $1 AND h.connection_id = $3 AND h.object_type = 'opportunity'
    AND h.associations -> 'account' ? m.right_record_id ORDER BY h.record_id LIMIT ${DEALS_PER_COMPANY_MAX}) r
CROSS JOIN LATERAL (SELECT EXISTS (
  SELECT 1 FROM contract_link a JOIN contract_link b ON b.workspace_id = a.workspace_id AND b.contract_id = a.contract_id
  WHERE a.workspace_id = $1 AND a.connection_id = $2 AND a.object_type = 'opportunity' AND a.record_id = l.record_id AND a.state = 'active'
    AND b.connection_id = $3 AND b.object_type = 'opportunity' AND b.record_id = r.record_id AND b.state = 'active') AS shares) s
WHERE m.workspace_id = $1 AND m.object_type = 'account' AND m.state = 'confirmed' AND m.left_connection_id = $2
  AND m.right_connection_id = $3 AND m.left_record_id = ANY($4::text[])
  AND (s.shares OR l.match_name = r.match_name OR r.record_id = l.facts ->> 'salesforceId')
ORDER BY l.record_id, r.record_id`;
const COMPANIES_PER_PAGE = 50;

export async function listDealPairs(
  sql: Sql,
  workspaceId: string,
  { sides, after }: { readonly sides: MatchSides; readonly after: string | null },
): Promise<CandidatePage> {
  const companies = await sql.rows<{ record_id: string }>(
    `SELECT left_record_id AS record_id FROM record_match WHERE workspace_id = $1 AND object_type = 'account' AND state = 'confirmed'
       AND left_connection_id = $2 AND right_connection_id = $3 AND left_record_id > $4 ORDER BY left_record_id LIMIT ${COMPANIES_PER_PAGE}`,
    [workspaceId, sides.left, sides.right, after ?? ''],
  );
  const ids = companies.map(({ record_id }) => record_id);
  const rows = await sql.rows<{ item: unknown }>(DEAL_PAIRS, [workspaceId, sides.left, sides.right, ids]);
  const page = pageOf(ids, rows);
  return ids.length < COMPANIES_PER_PAGE ? { ...page, next: null } : { ...page, next: ids.at(-1) ?? null };
}

function pageOf(ids: readonly string[], rows: readonly { readonly item: unknown }[]): CandidatePage {
  return {
    pairs: rows.map(({ item }) => pairSchema.parse(item)),
    next: ids.length < PAGE ? null : (ids.at(-1) ?? null),
    seen: ids.length,
  };
}
