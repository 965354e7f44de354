/** What waits, over all workspaces, for the metrics: counts and ages only, with the scheduler's few rights. */
import { z } from 'zod';
import type { Database } from './database.ts';

const backlogSchema = z.object({
  dirty: z.number(),
  deadLetters: z.number(),
  oldestDirtySeconds: z.number(),
  deliveries: z.number(),
  oldestDeliverySeconds: z.number(),
  connections: z.record(z.string(), z.number()),
});
export type Backlog = z.infer<typeof backlogSchema>;

const BACKLOG = `
SELECT jsonb_build_object(
  'dirty', (SELECT count(*) FROM dirty WHERE state = 'queued'),
  'deadLetters', (SELECT count(*) FROM dirty WHERE state = 'dead'),
  'oldestDirtySeconds', (SELECT coalesce(extract(epoch FROM $1::timestamptz - min(dirty_since)), 0) FROM dirty WHERE state = 'queued'),
  'deliveries', (SELECT count(*) FROM delivery WHERE state = 'waiting'),
  'oldestDeliverySeconds',
    (SELECT coalesce(extract(epoch FROM $1::timestamptz - min(received_at)), 0) FROM delivery WHERE state = 'waiting'),
  'connections', (SELECT coalesce(jsonb_object_agg(s.state, s.count), '{}'::jsonb)
    FROM (SELECT state, count(*) FROM connection GROUP BY state) s)
) AS backlog`;

export async function readBacklog(database: Database, now: number): Promise<Backlog> {
  const [row] = await database.asScheduler((sql) =>
    sql.rows<{ backlog: unknown }>(BACKLOG, [new Date(now).toISOString()]),
  );
  return backlogSchema.parse(row?.backlog);
}
