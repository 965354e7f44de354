/** Pairs of records that may stand for the same thing, found by equal comparable name, registered domain or known id. */
import { z } from 'zod';
import type { MatchFacts } from '../../domain/record-match.ts';
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
const factsSchema: z.ZodType<MatchFacts> = z.object({
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

/** Those of the right side with one of these names or domains, a few of each; and those with one of these ids. */
const byKey = (column: 'match_name' | 'match_domain'): string => `
SELECT ${facts('r')} AS item FROM (
  SELECT h.*, row_number() OVER (PARTITION BY h.${column} ORDER BY h.record_id) AS place FROM host_record h
  WHERE h.workspace_id = $1 AND h.connection_id = $2 AND h.object_type = 'account' AND h.${column} = ANY($3::text[])) r
WHERE r.place <= ${PER_KEY_MAX}`;
const BY_ID = `
SELECT ${facts('r')} AS item FROM host_record r
WHERE r.workspace_id = $1 AND r.connection_id = $2 AND r.object_type = 'account' AND r.record_id = ANY($3::text[])`;
const LEFTS = `
SELECT ${facts('l')} AS item FROM host_record l WHERE l.workspace_id = $1 AND l.connection_id = $2 AND l.object_type = 'account'
  AND l.record_id > $3 ORDER BY l.record_id LIMIT ${PAGE}`;

/** Three plain look-ups for a page, paired here: whatever the tables' statistics say, no statement compares all with all. */
export async function listAccountPairs(
  sql: Sql,
  workspaceId: string,
  { sides, after }: { readonly sides: MatchSides; readonly after: string | null },
): Promise<CandidatePage> {
  const read = async (text: string, values: readonly unknown[]): Promise<readonly MatchFacts[]> => {
    const rows = await sql.rows<{ item: unknown }>(text, [workspaceId, ...values]);
    return rows.map(({ item }) => factsSchema.parse(item));
  };
  const lefts = await read(LEFTS, [sides.left, after ?? '']);
  const keysOf = (key: (record: MatchFacts) => string | null): readonly string[] => [
    ...new Set(lefts.flatMap((record) => key(record) ?? [])),
  ];
  const named = grouped(await read(byKey('match_name'), [sides.right, keysOf(nameOf)]), nameOf);
  const housed = grouped(await read(byKey('match_domain'), [sides.right, keysOf(domainOf)]), domainOf);
  const known = grouped(await read(BY_ID, [sides.right, keysOf(({ otherId }) => otherId)]), ({ recordId }) => recordId);
  const pairs = lefts.flatMap((left) => {
    const rights = [
      ...(named.get(left.comparableName ?? '') ?? []),
      ...(housed.get(left.domain ?? '') ?? []),
      ...(known.get(left.otherId ?? '') ?? []),
    ];
    const once = new Map(rights.map((right) => [right.recordId, right]));
    return [...once.values()].map((right) => ({ left, right, sharesContract: false }));
  });
  return { pairs, next: lefts.length < PAGE ? null : (lefts.at(-1)?.recordId ?? null), seen: lefts.length };
}

const nameOf = ({ comparableName }: MatchFacts): string | null => comparableName;
const domainOf = ({ domain }: MatchFacts): string | null => domain;

function grouped(
  records: readonly MatchFacts[],
  key: (record: MatchFacts) => string | null,
): ReadonlyMap<string, readonly MatchFacts[]> {
  const groups = new Map<string, MatchFacts[]>();
  for (const record of records) {
    const of = key(record);
    if (of !== null) groups.set(of, [...(groups.get(of) ?? []), record]);
  }
  return groups;
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
  return {
    pairs: rows.map(({ item }) => pairSchema.parse(item)),
    next: ids.length < COMPANIES_PER_PAGE ? null : (ids.at(-1) ?? null),
    seen: ids.length,
  };
}
