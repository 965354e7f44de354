/** The inbox: raw webhook requests, durable before they are answered, taken by one worker at a time, ended together with their marks. */
import { promisify } from 'node:util';
import type { Host } from '../../crm/port.ts';
import type { World } from '../../world.ts';
import type { StoredDelivery, SyncStore } from '../port.ts';
import { type Database, instant, jsonb, type Reader } from './database.ts';
import { addMarks } from './dirty-marks.ts';

type DeliveryMethods = Pick<SyncStore, 'acceptDelivery' | 'takeDeliveries' | 'finishDeliveries'>;
type Incoming = Parameters<SyncStore['acceptDelivery']>[0];
type Waiting = {
  readonly delivery: Incoming;
  readonly settle: (result: 'stored' | 'duplicate') => void;
  readonly fail: (error: unknown) => void;
};

/** Deliveries written by one statement while the statement before was under way. */
const GROUP_SIZE_MAX = 200;

/** An array as PostgreSQL reads it, of values that need no quotes: the driver would look through each of them for what needs some. */
const listOf = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;

/** Gives the ids of those that were not there before. Two of one group with the same digest: the first is stored, the other conflicts with it. */
export async function insertDeliveries(
  sql: Reader,
  ids: readonly string[],
  deliveries: readonly Incoming[],
): Promise<readonly { readonly id: string }[]> {
  const bodies = deliveries.map(({ body }) => Buffer.from(body, 'utf8'));
  let end = 0;
  const ends = bodies.map(({ length }) => (end += length));
  return await sql.rows<{ id: string }>(
    `INSERT INTO delivery (id, host, digest, body, received_at)
     SELECT d.id, d.host, d.digest, substring($4::bytea FROM d.start + 1 FOR d.length), d.received_at
     FROM unnest($1::uuid[], $2::text[], $3::text[], $5::int[], $6::int[], $7::timestamptz[])
       AS d(id, host, digest, start, length, received_at)
     ON CONFLICT (host, digest) DO NOTHING RETURNING id`,
    [
      listOf(ids),
      listOf(deliveries.map(({ host }) => host)),
      deliveries.map(({ digest }) => digest),
      // One parameter for all bodies goes as the bytes it is; a list of them would be written out in hexadecimal and quoted.
      Buffer.concat(bodies),
      listOf(bodies.map(({ length }, index) => (ends[index] ?? 0) - length)),
      listOf(bodies.map(({ length }) => length)),
      listOf(deliveries.map(({ receivedAt }) => instant(receivedAt))),
    ],
    'insert_deliveries',
  );
}

async function insertGroup(database: Database, world: World, group: readonly Waiting[]): Promise<ReadonlySet<string>> {
  const ids = group.map(() => world.random.uuid());
  const stored = await database.asScheduler((sql) =>
    insertDeliveries(
      sql,
      ids,
      group.map(({ delivery }) => delivery),
    ),
  );
  const known = new Set(stored.map((row) => row.id));
  return new Set(ids.flatMap((id, index) => (known.has(id) ? [String(index)] : [])));
}

const nextTurn = promisify(setImmediate);

/** Requests that arrive while a group is being written share the next one: one commit serves many. */
function groupCommit(database: Database, world: World): SyncStore['acceptDelivery'] {
  let waiting: Waiting[] = [];
  let busy = false;
  const flush = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      // What the sockets hold already comes along: a group of one would make all others wait for a commit of its own.
      await nextTurn();
      const group = waiting.slice(0, GROUP_SIZE_MAX);
      waiting = waiting.slice(GROUP_SIZE_MAX);
      try {
        const stored = await insertGroup(database, world, group);
        for (const [index, entry] of group.entries()) entry.settle(stored.has(String(index)) ? 'stored' : 'duplicate');
      } catch (error) {
        for (const entry of group) entry.fail(error);
      }
    }
    busy = false;
  };
  return (delivery) =>
    new Promise((settle, fail) => {
      waiting.push({ delivery, settle, fail });
      if (!busy) void flush();
    });
}

export function deliveryMethods(database: Database, world: World): DeliveryMethods {
  return {
    acceptDelivery: groupCommit(database, world),

    takeDeliveries: async ({ limit, now, leaseMs }) => {
      const rows = await database.asScheduler((sql) =>
        sql.rows<{ id: string; host: Host; body: Buffer; received_at: number }>(
          `UPDATE delivery d SET leased_until = $2, attempts = d.attempts + 1
           WHERE d.id IN (SELECT id FROM delivery WHERE state = 'waiting' AND (leased_until IS NULL OR leased_until <= $1)
             ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED)
           RETURNING d.id, d.host, d.body, d.received_at`,
          [instant(now), instant(now + leaseMs), limit],
        ),
      );
      return rows
        .map(
          (row): StoredDelivery => ({
            deliveryId: row.id,
            host: row.host,
            body: row.body.toString('utf8'),
            receivedAt: row.received_at,
          }),
        )
        .sort((a, b) => a.receivedAt - b.receivedAt);
    },

    finishDeliveries: async (finished, marks) => {
      const now = world.clock.now();
      const ends = finished.map(({ deliveryId, rejected }) => ({
        id: deliveryId,
        rejected: rejected.length === 0 ? null : rejected,
      }));
      await database.asScheduler(async (sql) => {
        await addMarks(sql, marks, now);
        await sql.run(
          `UPDATE delivery d SET state = 'finished', finished_at = $2, leased_until = NULL, rejected = ended.rejected
           FROM jsonb_to_recordset($1::jsonb) AS ended(id uuid, rejected jsonb) WHERE d.id = ended.id`,
          [jsonb(ends), instant(now)],
        );
      });
    },
  };
}
