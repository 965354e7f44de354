/** Change feeds: who follows which, and what they bring. An event and the feed's position are one transaction. */
import type { ConnectionRef, Host } from '../../crm/port.ts';
import type { World } from '../../world.ts';
import { feedJob, type SyncStore } from '../port.ts';
import { becomeScheduler, type Database, instant } from './database.ts';
import { insertDeliveries } from './deliveries.ts';
import { holderName, isGoneAmongSql, isSameWorkerSql, PRESENT_SESSIONS_SQL } from './presence.ts';

type FeedMethods = Pick<SyncStore, 'listOpenFeeds' | 'acceptFeed'>;

/** One statement for all connections, however many there are: sessions that are there are looked up once. */
const LIST_OPEN = `
WITH ${PRESENT_SESSIONS_SQL}
SELECT c.workspace_id, c.id, c.host, c.account_id FROM connection c
LEFT JOIN job_lease j ON j.workspace_id = c.workspace_id AND j.name = '${feedJob('')}' || c.id::text
WHERE c.state = 'active' AND c.host = ANY($1::text[])
  AND (j.worker IS NULL OR j.leased_until <= $3 OR ${isSameWorkerSql('j.worker', '$2')} OR ${isGoneAmongSql('j.worker')})
ORDER BY c.workspace_id, c.id`;

type Row = {
  readonly workspace_id: string;
  readonly id: string;
  readonly host: Host;
  readonly account_id: string;
};

export function feedMethods(database: Database, world: World): FeedMethods {
  return {
    listOpenFeeds: async ({ hosts, worker, now }) => {
      const rows = await database.asScheduler((sql) => sql.rows<Row>(LIST_OPEN, [hosts, worker, instant(now)]));
      return rows.map(
        (row): ConnectionRef => ({
          workspaceId: row.workspace_id,
          connectionId: row.id,
          host: row.host,
          accountId: row.account_id,
        }),
      );
    },
    acceptFeed: async ({ workspaceId, connectionId, host }, { deliveries, cursors, at }, { worker, leaseMs }) => {
      const ids = deliveries.map(() => world.random.uuid());
      return await database.inWorkspace(workspaceId, async (sql) => {
        const held = await sql.run(
          `UPDATE job_lease SET worker = $3, leased_until = $4
           WHERE workspace_id = $1 AND name = $2 AND ${isSameWorkerSql('worker', '$3')}`,
          [workspaceId, feedJob(connectionId), holderName(worker, database.presence()), instant(at + leaseMs)],
        );
        if (held === 0) return 'lease_lost';
        for (const { name, value } of cursors)
          await sql.run(
            `INSERT INTO cursor (workspace_id, connection_id, name, value, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, connection_id, name) DO UPDATE SET value = EXCLUDED.value, at = EXCLUDED.at`,
            [workspaceId, connectionId, name, value, instant(at)],
          );
        if (deliveries.length > 0) {
          await becomeScheduler(sql);
          const incoming = deliveries.map(({ digest, body }) => ({ host, digest, body, receivedAt: at }));
          await insertDeliveries(sql, ids, incoming);
        }
        return 'stored';
      });
    },
  };
}
