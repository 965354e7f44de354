/** The import port on PostgreSQL. A commit is one transaction over all rows, whatever their number. */
import { z } from 'zod';
import type { World } from '../../world.ts';
import { IMPORT_STATES, type ImportCounts, type ImportJobRow, type ImportStore } from '../import-port.ts';
import {
  insertContracts,
  insertOrganisations,
  type OnRows,
  replaceParties,
  updateContracts,
} from './contracts-write.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';
import { epochMs } from './contracts-row.ts';

const IMPORT_OBJECT = `jsonb_build_object('id', j.id, 'state', j.state, 'fileName', j.file_name, 'format', j.format,
  'stored', j.options, 'rows', j.rows_total, 'createdBy', j.created_by, 'createdAt', ${epochMs('j.created_at')})`;

const countsSchema = z.object({
  created: z.number(),
  updated: z.number(),
  skipped: z.number(),
  invalid: z.number(),
});
const jobSchema = z.object({
  id: z.string(),
  state: z.enum(IMPORT_STATES),
  fileName: z.string(),
  format: z.enum(['csv', 'xlsx', 'ocds']),
  stored: z.object({
    encoding: z.string().nullable(),
    headers: z.array(z.string()),
    options: z.unknown(),
    counts: countsSchema.nullable(),
  }),
  rows: z.number(),
  createdBy: z.string().nullable(),
  createdAt: z.number(),
});

function jobOf(item: unknown): ImportJobRow {
  const { stored, ...job } = jobSchema.parse(item);
  return { ...job, ...stored };
}

const cellsSchema = z.array(z.string());

/** A commit that must leave nothing behind; never seen outside this file. */
class NothingCommitted extends Error {
  readonly outcome: 'stale' | 'not_open';

  constructor(outcome: 'stale' | 'not_open') {
    super(`nothing committed: ${outcome}`);
    this.outcome = outcome;
  }
}

export function createImportStore(database: Database, world: World): ImportStore {
  const read = <T>(workspaceId: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.inWorkspace(workspaceId, work);
  return {
    createImport: (workspaceId, job, rows) => read(workspaceId, (sql) => insertImport(sql, workspaceId, { job, rows })),
    findImport: async (workspaceId, importId) => {
      const [row] = await read(workspaceId, (sql) =>
        sql.rows<{ item: unknown }>(
          `SELECT ${IMPORT_OBJECT} AS item FROM import_job j WHERE j.workspace_id = $1 AND j.id = $2`,
          [workspaceId, importId],
        ),
      );
      return row === undefined ? null : jobOf(row.item);
    },
    listImports: async (workspaceId, limit) => {
      const rows = await read(workspaceId, (sql) =>
        sql.rows<{ item: unknown }>(
          `SELECT ${IMPORT_OBJECT} AS item FROM import_job j WHERE j.workspace_id = $1 ORDER BY j.created_at DESC, j.id LIMIT $2`,
          [workspaceId, limit],
        ),
      );
      return rows.map(({ item }) => jobOf(item));
    },
    loadImportRows: async (workspaceId, importId) => {
      const rows = await read(workspaceId, (sql) =>
        sql.rows<{ row_number: number; values: unknown }>(
          'SELECT row_number, values FROM import_row WHERE workspace_id = $1 AND import_job_id = $2 ORDER BY row_number',
          [workspaceId, importId],
        ),
      );
      return rows.map((row) => ({ row: row.row_number, cells: cellsSchema.parse(row.values) }));
    },
    loadOutcomes: async (workspaceId, importId) => {
      const rows = await read(workspaceId, (sql) =>
        sql.rows<{ row_number: number; action: string | null; contract_id: string | null; errors: unknown }>(
          `SELECT row_number, action, contract_id, errors FROM import_row WHERE workspace_id = $1 AND import_job_id = $2
           ORDER BY row_number`,
          [workspaceId, importId],
        ),
      );
      return rows.map((row) => ({
        row: row.row_number,
        action: z.enum(['create', 'update', 'skip', 'invalid']).catch('invalid').parse(row.action),
        contractId: row.contract_id,
        errors: row.errors,
      }));
    },
    findByNumber: async (workspaceId, numbers) => {
      const rows = await read(workspaceId, (sql) =>
        sql.rows<{ number: string; id: string }>(
          'SELECT number, id FROM contract WHERE workspace_id = $1 AND number = ANY($2::text[])',
          [workspaceId, numbers],
        ),
      );
      return rows.map(({ number, id }) => ({ number, contractId: id }));
    },
    commitImport: async (context, importId, work, onRows) => {
      try {
        await read(context.workspaceId, (sql) =>
          commit({ sql, context, random: world.random, now: world.clock.now() }, { importId, work, onRows }),
        );
        if (work.creates.length + work.updates.length >= LARGE_IMPORT_ROWS) await refreshStatistics(database, world);
        return 'committed';
      } catch (error) {
        if (error instanceof NothingCommitted) return error.outcome;
        throw error;
      }
    },
  };
}

/** From so many rows on, the planner's picture of the tables is too old to wait for the server's own refresh. */
const LARGE_IMPORT_ROWS = 1_000;

/** As the login role, which owns the tables. A refusal costs speed until the server refreshes them by itself, and nothing else. */
async function refreshStatistics(database: Database, { log }: World): Promise<void> {
  await database.pool
    .query('ANALYZE organisation, contract, contract_party, field_change')
    .catch((error: unknown) =>
      log.warn({ err: error }, 'the statistics of the contract tables could not be refreshed'),
    );
}

type Job = Parameters<ImportStore['createImport']>[1];
type Rows = Parameters<ImportStore['createImport']>[2];

async function insertImport(
  sql: Sql,
  workspaceId: string,
  { job, rows }: { readonly job: Job; readonly rows: Rows },
): Promise<void> {
  const stored = { encoding: job.encoding, headers: job.headers, options: job.options, counts: null };
  await sql.run(
    `INSERT INTO import_job (workspace_id, id, state, file_name, format, options, rows_total, created_by, created_at, updated_at)
     VALUES ($1, $2, 'uploaded', $3, $4, $5::jsonb, $6, $7, $8, $8)`,
    [workspaceId, job.id, job.fileName, job.format, jsonb(stored), job.rows, job.createdBy, instant(job.createdAt)],
  );
  await sql.run(
    `INSERT INTO import_row (workspace_id, import_job_id, row_number, values, errors)
     SELECT $1, $2, r.row, r.cells, '[]'::jsonb FROM jsonb_to_recordset($3::jsonb) AS r(row int, cells jsonb)`,
    [workspaceId, job.id, jsonb(rows)],
  );
}

type Commit = {
  readonly importId: string;
  readonly work: Parameters<ImportStore['commitImport']>[2];
  readonly onRows: OnRows;
};

async function commit(write: Parameters<typeof insertContracts>[0], { importId, work, onRows }: Commit): Promise<void> {
  const { sql, context, now } = write;
  const taken = await sql.run(
    `UPDATE import_job SET state = 'committed', updated_at = $3, rows_valid = $4, rows_done = $4,
       options = options || jsonb_build_object('options', $5::jsonb, 'counts', $6::jsonb)
     WHERE workspace_id = $1 AND id = $2 AND state = 'uploaded'`,
    [context.workspaceId, importId, instant(now), validRows(work.counts), jsonb(work.options), jsonb(work.counts)],
  );
  if (taken !== 1) throw new NothingCommitted('not_open');
  // Foreign keys are checked by plans kept from when the tables were small; thousands of rows later a scan for each is what takes the time.
  await sql.run('SET LOCAL plan_cache_mode = force_custom_plan');
  await insertOrganisations(write, work.newOrganisations);
  let done = 0;
  const tell: OnRows = (count) => onRows((done += count));
  if ((await insertContracts(write, work.creates, tell)) === 'duplicate_number') throw new NothingCommitted('stale');
  if ((await updateContracts(write, work.updates, tell)) === 'stale') throw new NothingCommitted('stale');
  if (work.updates.length > 0)
    await replaceParties(
      write,
      work.updates.map(({ contract }) => contract),
    );
  await sql.run(
    `UPDATE import_row t SET action = o.action, contract_id = o."contractId", errors = o.errors
     FROM jsonb_to_recordset($3::jsonb) AS o(row int, action text, "contractId" uuid, errors jsonb)
     WHERE t.workspace_id = $1 AND t.import_job_id = $2 AND t.row_number = o.row`,
    [context.workspaceId, importId, jsonb(work.outcomes)],
  );
}

const validRows = ({ created, updated, skipped }: ImportCounts): number => created + updated + skipped;
