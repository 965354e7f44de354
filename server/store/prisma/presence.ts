/**
 * How others see that a process is gone. A process that listens for work holds an advisory lock under the number of that session; the lock
 * ends with the session, kill -9 included, and a lease that names the session is then worth nothing. A process that is merely stopped or cut
 * off keeps its session for a while: its leases run out by time. Either way the fence decides who may write.
 */
import type { ClientBase } from 'pg';

/** First half of the lock's key, so that it meets no other advisory lock. */
const PRESENCE_LOCKS = 1_129_270_867;

/** Takes the lock for as long as this session lives; gives the session's number. */
export async function bePresent(session: ClientBase): Promise<number> {
  const { rows } = await session.query<{ session: number }>(
    `SELECT pg_backend_pid() AS session, pg_advisory_lock(${PRESENCE_LOCKS}, pg_backend_pid())`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a session has a number');
  return row.session;
}

/** Who holds a lease, with the session that tells whether they are still there. */
export function holderName(worker: string, presence: number | null): string {
  return presence === null ? worker : `${worker}@${presence}`;
}

/** A condition on two holders: the same worker, which may have another session by now, or none while it leaves. */
export function isSameWorkerSql(holder: string, other: string): string {
  return `split_part(${holder}, '@', 1) = split_part(${other}, '@', 1)`;
}

/** A condition on a column of holders: it names a session that has ended. Holders without a session are never known to be gone. */
export function isGoneSql(column: string): string {
  return `(strpos(${column}, '@') > 0 AND NOT EXISTS (
    SELECT 1 FROM pg_locks p WHERE p.locktype = 'advisory' AND p.classid = ${PRESENCE_LOCKS} AND p.objsubid = 2 AND p.granted
      AND p.objid = split_part(${column}, '@', 2)::oid
      AND p.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))`;
}

/** The same for a whole list of holders at once: `isGoneAmongSql` looks it up where this stands as `present` in a WITH clause. */
export const PRESENT_SESSIONS_SQL = `present AS MATERIALIZED (
  SELECT p.objid::text AS session FROM pg_locks p WHERE p.locktype = 'advisory' AND p.classid = ${PRESENCE_LOCKS} AND p.objsubid = 2
    AND p.granted AND p.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))`;

export function isGoneAmongSql(column: string): string {
  return `(strpos(${column}, '@') > 0 AND split_part(${column}, '@', 2) NOT IN (SELECT session FROM present))`;
}
