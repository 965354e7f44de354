/** How long uploaded files are kept: an upload nobody committed for a week, the rows of an import for a quarter. */
import { instant, type Sql } from './database.ts';

const DAY_MS = 86_400_000;
const UPLOAD_MS = 7 * DAY_MS;
const IMPORT_ROWS_MS = 90 * DAY_MS;
/** Rows deleted by one run; what is left over is for the next one. */
const ROWS_MAX = 50_000;

/** Safe to repeat; gives how many rows went. */
export async function expireImports(sql: Sql, workspaceId: string, now: number): Promise<number> {
  await sql.run(
    `UPDATE import_job SET state = 'expired', updated_at = $3 WHERE workspace_id = $1 AND state = 'uploaded' AND created_at < $2`,
    [workspaceId, instant(now - UPLOAD_MS), instant(now)],
  );
  return await sql.run(
    `DELETE FROM import_row WHERE workspace_id = $1 AND (import_job_id, row_number) IN (
       SELECT r.import_job_id, r.row_number FROM import_row r JOIN import_job j ON j.workspace_id = r.workspace_id AND j.id = r.import_job_id
       WHERE r.workspace_id = $1 AND (j.state = 'expired' OR j.created_at < $2) LIMIT ${ROWS_MAX})`,
    [workspaceId, instant(now - IMPORT_ROWS_MS)],
  );
}
