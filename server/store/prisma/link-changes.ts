/** What becomes of a record's links when the record is deleted, comes back, or is merged into another (sync rules S11, S12). */
import type { ConnectionRef, HostRecordRef } from '../../crm/port.ts';
import type { LinkChange } from '../port.ts';
import type { WriteScope } from './contract-writes.ts';
import { instant } from './database.ts';

const ON_REF = 'workspace_id = $1 AND connection_id = $2 AND object_type = $3 AND record_id = $4';

/** Links, mirror, intents and conflicts go to the record that carries on; the old id stays as an alias of it. */
async function moveTo(
  scope: WriteScope,
  connection: ConnectionRef,
  from: HostRecordRef,
  into: HostRecordRef,
): Promise<void> {
  if (from.recordId === into.recordId) return;
  const values = [connection.workspaceId, connection.connectionId, from.objectType, from.recordId, into.recordId];
  const { sql } = scope;
  await sql.run(
    `INSERT INTO contract_link AS l (workspace_id, connection_id, object_type, record_id, contract_id, state, source, linked_at, linked_by,
       tombstoned_at, tombstone_reason, detached_at, detached_by)
     SELECT workspace_id, connection_id, object_type, $5, contract_id, state, source, linked_at, linked_by, tombstoned_at,
       tombstone_reason, detached_at, detached_by
     FROM contract_link WHERE ${ON_REF}
     ON CONFLICT (workspace_id, connection_id, object_type, record_id, contract_id) DO UPDATE SET
       state = CASE WHEN 'active' IN (l.state, EXCLUDED.state) THEN 'active' ELSE l.state END`,
    values,
  );
  await sql.run(`DELETE FROM contract_link WHERE ${ON_REF}`, values.slice(0, 4));
  await sql.run(
    `UPDATE mirror SET record_id = $5 WHERE ${ON_REF} AND NOT EXISTS (SELECT 1 FROM mirror x
       WHERE x.workspace_id = $1 AND x.connection_id = $2 AND x.object_type = $3 AND x.record_id = $5)`,
    values,
  );
  await sql.run(`DELETE FROM mirror WHERE ${ON_REF}`, values.slice(0, 4));
  await sql.run(`UPDATE intent SET record_id = $5 WHERE ${ON_REF}`, values);
  await sql.run(`UPDATE conflict SET record_id = $5 WHERE ${ON_REF}`, values);
  await sql.run(
    `UPDATE record_alias SET into_record_id = $5
     WHERE workspace_id = $1 AND connection_id = $2 AND object_type = $3 AND into_record_id = $4`,
    values,
  );
  await sql.run(
    `INSERT INTO record_alias (workspace_id, connection_id, object_type, record_id, into_record_id, at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (workspace_id, connection_id, object_type, record_id) DO UPDATE SET into_record_id = EXCLUDED.into_record_id`,
    [...values, instant(scope.now)],
  );
}

export async function changeLink(
  scope: WriteScope,
  connection: ConnectionRef,
  ref: HostRecordRef,
  change: LinkChange,
): Promise<void> {
  const values = [connection.workspaceId, connection.connectionId, ref.objectType, ref.recordId];
  switch (change.kind) {
    case 'tombstone':
      await scope.sql.run(
        `UPDATE contract_link SET state = 'tombstone', tombstone_reason = $5, tombstoned_at = $6 WHERE ${ON_REF} AND state = 'active'`,
        [...values, change.reason, instant(scope.now)],
      );
      return;
    case 'restore':
      await scope.sql.run(
        `UPDATE contract_link SET state = 'active', tombstone_reason = NULL, tombstoned_at = NULL WHERE ${ON_REF} AND state = 'tombstone'`,
        values,
      );
      return;
    case 'alias':
      await moveTo(scope, connection, ref, change.into);
  }
}
