/** The filtered, sorted, paged list of contracts. Paging is by key and id, so that rows which come and go shift no page. */
import type { ContractPage, ContractQuery, ContractSort } from '../contract-port.ts';
import { CONTRACT_OBJECT, contractOf } from './contracts-row.ts';
import type { Sql } from './database.ts';

/** Each sort key as text that sorts as the value does, with rows that have none last in either direction. */
const SORT_KEYS: Record<ContractSort, string> = {
  notice: `c.notice_deadline::text`,
  renewal: `c.renewal_date::text`,
  title: `lower(c.title)`,
  number: `c.number`,
  value: `lpad(c.value_minor::text, 24, '0')`,
  updated: `to_char(c.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`,
};

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
  const text = query.text === undefined || query.text === '' ? undefined : `%${escapeLike(query.text)}%`;
  where.add(
    text,
    (p) => `(c.number ILIKE ${p} OR c.title ILIKE ${p} OR EXISTS (SELECT 1 FROM contract_party tp
    JOIN organisation t ON t.workspace_id = tp.workspace_id AND t.id = tp.organisation_id
    WHERE tp.workspace_id = c.workspace_id AND tp.contract_id = c.id AND t.legal_name ILIKE ${p}))`,
  );
  where.add(query.stage, (p) => `c.stage = ANY(${p}::text[])`);
  where.add(query.side, (p) => `c.side = ${p}`);
  where.add(query.health, (p) => `c.health = ANY(${p}::text[])`);
  where.add(query.decision, (p) => `c.renewal_decision = ANY(${p}::text[])`);
  where.add(query.renewalKind, (p) => `c.renewal_kind = ANY(${p}::text[])`);
  where.add(query.sla, (p) => `coalesce(c.sla_summary->>'status', 'none') = ANY(${p}::text[])`);
  where.add(query.noticeFrom, (p) => `c.notice_deadline >= ${p}::date`);
  where.add(query.noticeTo, (p) => `c.notice_deadline <= ${p}::date`);
  where.add(query.renewalFrom, (p) => `c.renewal_date >= ${p}::date`);
  where.add(query.renewalTo, (p) => `c.renewal_date <= ${p}::date`);
  where.add(
    query.organisationId,
    (p) => `EXISTS (SELECT 1 FROM contract_party op
    WHERE op.workspace_id = c.workspace_id AND op.contract_id = c.id AND op.organisation_id = ${p}::uuid)`,
  );
  return where;
}

/** Rows after the last one of the page before. A null key stands after all others. */
function afterCondition(where: Conditions, query: ContractQuery): string | null {
  if (query.after === null) return null;
  const key = SORT_KEYS[query.sort];
  const id = where.value(query.after.id);
  if (query.after.key === null) return `(${key} IS NULL AND c.id > ${id}::uuid)`;
  const last = where.value(query.after.key);
  const beyond = query.direction === 'ascending' ? '>' : '<';
  return `(${key} COLLATE "C" ${beyond} ${last} COLLATE "C" OR (${key} COLLATE "C" = ${last} COLLATE "C" AND c.id > ${id}::uuid)
    OR ${key} IS NULL)`;
}

export async function listContracts(sql: Sql, workspaceId: string, query: ContractQuery): Promise<ContractPage> {
  const where = conditionsOf(workspaceId, query);
  const [counted] = await sql.rows<{ total: number }>(
    `SELECT count(*)::int AS total FROM contract c WHERE ${where.texts.join(' AND ')}`,
    where.values,
  );
  const after = afterCondition(where, query);
  const texts = after === null ? where.texts : [...where.texts, after];
  const direction = query.direction === 'ascending' ? 'ASC' : 'DESC';
  const key = SORT_KEYS[query.sort];
  const rows = await sql.rows<{ contract: unknown; key: string | null; id: string }>(
    `SELECT ${CONTRACT_OBJECT} AS contract, ${key} AS key, c.id AS id FROM contract c WHERE ${texts.join(' AND ')}
     ORDER BY ${key} COLLATE "C" ${direction} NULLS LAST, c.id LIMIT ${where.value(query.limit + 1)}`,
    where.values,
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    rows: page.map(({ contract }) => contractOf(contract)),
    next: last === undefined ? null : { key: last.key, id: last.id },
    total: counted?.total ?? 0,
  };
}
