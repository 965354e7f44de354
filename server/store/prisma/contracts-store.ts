/** The contract port on PostgreSQL: every statement runs in a transaction confined to one workspace. */
import { z } from 'zod';
import { comparableName, registeredDomain } from '../../domain/record-match.ts';
import type { World } from '../../world.ts';
import type { ContractStore } from '../contract-port.ts';
import { writeDerived } from './contract-writes.ts';
import { listChanges, listConflicts, loadConflict } from './contracts-history.ts';
import { attachRecord, detachRecord, linkedAmong, restoreLink } from './contracts-links.ts';
import { listContracts } from './contracts-list.ts';
import { findOnce, writeOnce } from './contracts-once.ts';
import { loadContracts, loadDetail, loadRecordCard, WORKSPACE_OBJECT, workspaceSchema } from './contracts-read.ts';
import { createContract, updateContract } from './contracts-write.ts';
import { type Database, instant, jsonb, type Reader, type Sql } from './database.ts';
import { keepOurs } from './keep-ours.ts';
import { readPortfolioTotals } from './portfolio-totals.ts';
import { loadSlaInputs, recordIncident, saveSlaResults } from './sla-results.ts';
import { listUnderived } from './underived.ts';
import { listVendors } from './vendor-totals.ts';

/** Names looked up at once when an import finds its counterparties. */
const NAMES_MAX = 25_000;

export function createContractStore(database: Database, world: World): ContractStore {
  const read = <T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(workspaceId, work);
  /** For questions of a single statement, and for those whose statements need not see one moment. */
  const each = (workspaceId: string): Reader => database.eachInWorkspace(workspaceId);
  return {
    getWorkspace: (workspaceId) => getWorkspace(each(workspaceId), workspaceId),
    loadRecordCard: (workspaceId, target) => loadRecordCard(each(workspaceId), workspaceId, target),
    rememberRecord: (workspaceId, target, seen) =>
      read(workspaceId, (sql) => rememberRecord(sql, workspaceId, { target, seen })),
    loadContract: async (workspaceId, contractId) =>
      (await loadContracts(each(workspaceId), workspaceId, [contractId]))[0] ?? null,
    loadContracts: (workspaceId, ids) => loadContracts(each(workspaceId), workspaceId, ids),
    loadDetail: (workspaceId, contractId) => loadDetail(each(workspaceId), workspaceId, contractId),
    listContracts: (workspaceId, query) => listContracts(each(workspaceId), workspaceId, query),
    linkedAmong: (workspaceId, target, contractIds) =>
      read(workspaceId, (sql) => linkedAmong(sql, { workspaceId, target, contractIds })),
    isLinked: async (workspaceId, target, contractId) => {
      const request = { workspaceId, target, contractIds: [contractId] };
      return (await read(workspaceId, (sql) => linkedAmong(sql, request))).length === 1;
    },
    findOrganisations: (workspaceId, names) => read(workspaceId, (sql) => findOrganisations(sql, workspaceId, names)),
    nextNumber: (workspaceId, year) => read(workspaceId, (sql) => nextNumber(sql, workspaceId, year)),
    findOnce: (workspaceId, once) => read(workspaceId, (sql) => findOnce(sql, workspaceId, once)),
    createContract: (context, command) =>
      writeOnce(database, world, context, (write) => createContract(write, command)),
    updateContract: (context, command) =>
      writeOnce(database, world, context, (write) => updateContract(write, command)),
    keepOurs: (workspaceId, answer) => keepOurs(database, workspaceId, answer),
    attach: (context, target, contractId) =>
      writeOnce(database, world, context, (write) => attachRecord(write, target, contractId)),
    detach: (context, target, contractId) =>
      writeOnce(database, world, context, (write) => detachRecord(write, target, contractId)),
    restoreLink: (context, target, contractId) =>
      writeOnce(database, world, context, (write) => restoreLink(write, target, contractId)),
    recordIncident: (context, incident) =>
      writeOnce(database, world, context, (write) => recordIncident(write, incident)),
    listUnderived: (workspaceId, asOf, limit) => listUnderived(each(workspaceId), workspaceId, { asOf, limit }),
    readPortfolioTotals: (workspaceId, question) =>
      read(workspaceId, (sql) => readPortfolioTotals(sql, workspaceId, question)),
    saveDerived: (workspaceId, columns) =>
      read(workspaceId, (sql) =>
        writeDerived({ sql, workspaceId, random: world.random, now: world.clock.now(), derived: new Map() }, columns),
      ),
    listContractsWithObjectives: (workspaceId, afterId, limit) =>
      read(workspaceId, (sql) => listContractsWithObjectives(sql, workspaceId, { afterId, limit })),
    listServedContracts: (workspaceId, page) => read(workspaceId, (sql) => listServedContracts(sql, workspaceId, page)),
    loadSlaInputs: (workspaceId, contractId, fromAt, toAt) =>
      read(workspaceId, (sql) => loadSlaInputs(sql, workspaceId, { contractId, fromAt, toAt })),
    saveSlaResults: async (context, contractId, results, summary) => {
      await writeOnce(database, world, context, async (write) => {
        await saveSlaResults(write, contractId, { results, summary });
        return { kind: 'written', contractId };
      });
    },
    listConflicts: (workspaceId, request) => read(workspaceId, (sql) => listConflicts(sql, workspaceId, request)),
    loadConflict: (workspaceId, conflictId) => read(workspaceId, (sql) => loadConflict(sql, workspaceId, conflictId)),
    listChanges: (workspaceId, request) => read(workspaceId, (sql) => listChanges(sql, workspaceId, request)),
    listVendors: (workspaceId, question) => read(workspaceId, (sql) => listVendors(sql, workspaceId, question)),
  };
}

async function getWorkspace(sql: Reader, workspaceId: string): ReturnType<ContractStore['getWorkspace']> {
  const [row] = await sql.rows<{ item: unknown }>(
    `SELECT ${WORKSPACE_OBJECT} AS item FROM workspace w WHERE w.id = $1`,
    [workspaceId],
  );
  return row === undefined ? null : workspaceSchema.parse(row.item);
}

type Remember = {
  readonly target: Parameters<ContractStore['rememberRecord']>[1];
  readonly seen: Parameters<ContractStore['rememberRecord']>[2];
};

async function rememberRecord(sql: Sql, workspaceId: string, { target, seen }: Remember): Promise<void> {
  await sql.run(
    `INSERT INTO host_record (workspace_id, connection_id, object_type, record_id, name, domain, match_name, match_domain, facts,
       associations, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $9, $10, $7::jsonb, '{}'::jsonb, $8)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET name = EXCLUDED.name, domain = EXCLUDED.domain,
       match_name = EXCLUDED.match_name, match_domain = EXCLUDED.match_domain, facts = EXCLUDED.facts, seen_at = EXCLUDED.seen_at`,
    [
      workspaceId,
      target.connectionId,
      target.ref.objectType,
      target.ref.recordId,
      seen.name,
      seen.facts['domain'] ?? null,
      jsonb(seen.facts),
      instant(seen.at),
      comparableName(seen.name),
      registeredDomain(seen.facts['domain'] ?? null),
    ],
  );
}

async function findOrganisations(
  sql: Sql,
  workspaceId: string,
  names: readonly string[],
): ReturnType<ContractStore['findOrganisations']> {
  const rows = await sql.rows<{ id: string; legal_name: string; domain: string | null }>(
    `SELECT DISTINCT ON (lower(o.legal_name)) o.id, o.legal_name, o.domain FROM organisation o
     WHERE o.workspace_id = $1 AND lower(o.legal_name) = ANY($2::text[]) ORDER BY lower(o.legal_name), o.created_at, o.id`,
    [workspaceId, [...new Set(names.map((name) => name.trim().toLowerCase()))].slice(0, NAMES_MAX)],
  );
  return rows.map(({ id, legal_name, domain }) => ({ id, legalName: legal_name, domain }));
}

/** `C-2026-0001` and on: one more than the highest of the year. Two people at once may get the same; the second write is refused. */
async function nextNumber(sql: Sql, workspaceId: string, year: number): Promise<string> {
  const prefix = `C-${year}-`;
  const [row] = await sql.rows<{ highest: string | null }>(
    `SELECT max(substr(number, ${prefix.length + 1})::int)::text AS highest FROM contract
     WHERE workspace_id = $1 AND number ~ ('^' || $2 || '[0-9]{1,8}$')`,
    [workspaceId, prefix],
  );
  return `${prefix}${String(Number(row?.highest ?? '0') + 1).padStart(4, '0')}`;
}

async function listContractsWithObjectives(
  sql: Sql,
  workspaceId: string,
  page: { readonly afterId: string | null; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await sql.rows<{ contract_id: unknown }>(
    `SELECT DISTINCT o.contract_id FROM sla_objective o WHERE o.workspace_id = $1 AND o.retired_at IS NULL
     AND ($2::uuid IS NULL OR o.contract_id > $2) ORDER BY o.contract_id LIMIT $3`,
    [workspaceId, page.afterId, page.limit],
  );
  return rows.map(({ contract_id }) => z.string().parse(contract_id));
}

async function listServedContracts(
  sql: Sql,
  workspaceId: string,
  page: Parameters<ContractStore['listServedContracts']>[1],
): Promise<readonly string[]> {
  const rows = await sql.rows<{ contract_id: unknown }>(
    `SELECT DISTINCT l.contract_id FROM contract_link l WHERE l.workspace_id = $1 AND l.connection_id = $2 AND l.object_type = 'account'
       AND l.record_id = ANY($3::text[]) AND l.state = 'active' AND ($4::uuid IS NULL OR l.contract_id > $4)
       AND EXISTS (SELECT 1 FROM sla_objective o WHERE o.workspace_id = $1 AND o.contract_id = l.contract_id AND o.retired_at IS NULL)
     ORDER BY l.contract_id LIMIT $5`,
    [workspaceId, page.connectionId, page.accountIds, page.afterId, page.limit],
  );
  return rows.map(({ contract_id }) => z.string().parse(contract_id));
}
