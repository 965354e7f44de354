/**
 * The filtered, sorted, paged list of contracts. Paging is by key and id, so that rows which come and go shift no page, and every page is
 * found by index. Row-level security lets only leakproof comparisons into an index, so keys are plain columns and never expressions.
 */
import type { ContractPage, ContractQuery, ContractSort } from '../contract-port.ts';
import { loadContracts } from './contracts-read.ts';
import { instant, type Reader } from './database.ts';
import { countByTally } from './portfolio-totals.ts';

type SortKey = {
  readonly column: string;
  /** The key as text, for the next page. */
  readonly text: string;
  readonly type: 'date' | 'text' | 'bigint' | 'timestamptz';
};
const plainKey = (column: string, type: SortKey['type']): SortKey => ({ column, text: `${column}::text`, type });
/** Rows without a key come last in either direction. */
const SORT_KEYS: Record<ContractSort, SortKey> = {
  notice: plainKey('c.notice_deadline', 'date'),
  renewal: plainKey('c.renewal_date', 'date'),
  title: plainKey('c.search_text', 'text'),
  number: plainKey('c.number COLLATE "C"', 'text'),
  value: plainKey('c.value_minor', 'bigint'),
  updated: {
    column: 'c.updated_at',
    text: '(extract(epoch FROM c.updated_at) * 1000)::bigint::text',
    type: 'timestamptz',
  },
};

/** Contracts found by a text up to this number are listed by id; beyond it the text is one condition among others. */
const TEXT_HITS_MAX = 1000;

class Conditions {
  readonly values: unknown[] = [];
  readonly texts: string[] = [];

  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(value: unknown, text: (parameter: string) => string): void {
    if (value !== undefined) this.texts.push(text(this.value(value)));
  }
}

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);

function conditionsOf(workspaceId: string, query: ContractQuery): Conditions {
  const where = new Conditions();
  where.texts.push(`c.workspace_id = ${where.value(workspaceId)}`, 'NOT c.archived');
  where.add(query.stage, (p) => `c.current_stage = ANY(${p}::text[])`);
  where.add(query.side, (p) => `c.side = ${p}`);
  where.add(query.health, (p) => `c.health = ANY(${p}::text[])`);
  where.add(query.decision, (p) => `c.renewal_decision = ANY(${p}::text[])`);
  where.add(query.renewalKind, (p) => `c.renewal_kind = ANY(${p}::text[])`);
  where.add(query.sla, (p) => `c.sla_status = ANY(${p}::text[])`);
  where.add(query.noticeFrom, (p) => `c.notice_deadline >= ${p}::date`);
  where.add(query.noticeTo, (p) => `c.notice_deadline <= ${p}::date`);
  where.add(query.renewalFrom, (p) => `c.renewal_date >= ${p}::date`);
  where.add(query.renewalTo, (p) => `c.renewal_date <= ${p}::date`);
  where.add(
    query.organisationId,
    (p) =>
      `c.id IN (SELECT op.contract_id FROM contract_party op WHERE op.workspace_id = $1 AND op.organisation_id = ${p}::uuid)`,
  );
  return where;
}

const patternOf = (text: string): string => `%${escapeLike(text).toLowerCase()}%`;

/** Contracts with a party of such a name. */
const partyOf = (pattern: string): string =>
  `SELECT tp.contract_id FROM organisation t JOIN contract_party tp ON tp.workspace_id = t.workspace_id AND tp.organisation_id = t.id
   WHERE t.workspace_id = $1 AND lower(t.legal_name) LIKE ${pattern}`;

/** The contracts that a text finds in number, title or the name of a party: how many, and their ids while they are few. */
async function findText(
  sql: Reader,
  workspaceId: string,
  text: string,
): Promise<{ readonly count: number; readonly ids: readonly string[] | null }> {
  const [row] = await sql.rows<{ count: number; ids: readonly string[] | null }>(
    `WITH hit AS MATERIALIZED (
       SELECT c.id FROM contract c WHERE c.workspace_id = $1 AND NOT c.archived AND c.search_text LIKE $2
       UNION
       SELECT c.id FROM contract c WHERE c.workspace_id = $1 AND NOT c.archived AND c.id IN (${partyOf('$2')}))
     SELECT count(*)::int AS count, CASE WHEN count(*) <= ${TEXT_HITS_MAX} THEN array_agg(id) END AS ids FROM hit`,
    [workspaceId, patternOf(text)],
  );
  return { count: row?.count ?? 0, ids: row === undefined || row.count === 0 ? [] : row.ids };
}

type Narrowed = { readonly where: Conditions; readonly total: number };

async function narrowedBy(sql: Reader, workspaceId: string, query: ContractQuery): Promise<Narrowed> {
  const where = conditionsOf(workspaceId, query);
  const filters = where.values.length;
  const { text } = query;
  if (text !== undefined && text !== '') {
    const { count, ids } = await findText(sql, workspaceId, text);
    if (ids === null) where.add(patternOf(text), (p) => `(c.search_text LIKE ${p} OR c.id IN (${partyOf(p)}))`);
    else where.add(ids, (p) => `c.id = ANY(${p}::uuid[])`);
    if (filters === 1) return { where, total: count };
  } else if (isTallied({ ...query, text: undefined })) {
    return { where, total: await countByTally(sql, workspaceId, query) };
  }
  const [counted] = await sql.rows<{ total: number }>(
    `SELECT count(*)::int AS total FROM contract c WHERE ${where.texts.join(' AND ')}`,
    where.values,
  );
  return { where, total: counted?.total ?? 0 };
}

/** Filters that the tally knows nothing of. */
const UNTALLIED = [
  'text',
  'side',
  'decision',
  'renewalKind',
  'noticeFrom',
  'noticeTo',
  'renewalFrom',
  'renewalTo',
  'organisationId',
] as const satisfies readonly (keyof ContractQuery)[];

const isTallied = (query: ContractQuery): boolean => UNTALLIED.every((filter) => query[filter] === undefined);

type KeyRow = { readonly id: string; readonly key: string | null };

/** Rows with a key after the given place, then those without one. */
async function listKeys(sql: Reader, where: Conditions, query: ContractQuery): Promise<readonly KeyRow[]> {
  const { after, limit } = query;
  const wanted = limit + 1;
  const valued = after !== null && after.key === null ? [] : await listValued(sql, where, { query, wanted });
  if (valued.length === wanted) return valued;
  const { column } = SORT_KEYS[query.sort];
  const values = [...where.values, wanted - valued.length];
  const texts = [...where.texts, `${column} IS NULL`];
  if (after !== null && after.key === null) {
    values.push(after.id);
    texts.push(`c.id > $${values.length}::uuid`);
  }
  const unvalued = await sql.rows<KeyRow>(
    `SELECT c.id, NULL AS key FROM contract c WHERE ${texts.join(' AND ')} ORDER BY c.id LIMIT $${where.values.length + 1}`,
    values,
  );
  return [...valued, ...unvalued];
}

async function listValued(
  sql: Reader,
  where: Conditions,
  { query, wanted }: { readonly query: ContractQuery; readonly wanted: number },
): Promise<readonly KeyRow[]> {
  const { column, text, type } = SORT_KEYS[query.sort];
  const [order, beyond] = query.direction === 'ascending' ? ['ASC', '>'] : ['DESC', '<'];
  const values = [...where.values, wanted];
  const texts = [...where.texts, `${column} IS NOT NULL`];
  if (query.after !== null) {
    const { key, id } = query.after;
    values.push(type === 'timestamptz' ? instant(Number(key)) : key, id);
    texts.push(`(${column}, c.id) ${beyond} ($${values.length - 1}::${type}, $${values.length}::uuid)`);
  }
  return await sql.rows<KeyRow>(
    `SELECT c.id, ${text} AS key FROM contract c WHERE ${texts.join(' AND ')}
     ORDER BY ${column} ${order}, c.id ${order} LIMIT $${where.values.length + 1}`,
    values,
  );
}

export async function listContracts(sql: Reader, workspaceId: string, query: ContractQuery): Promise<ContractPage> {
  const { where, total } = await narrowedBy(sql, workspaceId, query);
  const keys = await listKeys(sql, where, query);
  const page = keys.slice(0, query.limit);
  const rows = await loadContracts(
    sql,
    workspaceId,
    page.map(({ id }) => id),
  );
  const byId = new Map(rows.map((row) => [row.contract.id, row]));
  const last = keys.length > query.limit ? page.at(-1) : undefined;
  return {
    rows: page.flatMap(({ id }) => byId.get(id) ?? []),
    next: last === undefined ? null : { key: last.key, id: last.id },
    total,
  };
}
