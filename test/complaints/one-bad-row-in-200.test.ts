import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList } from '../../app/wire/workspace.ts';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import { must } from '../../server/domain/assert.ts';
import { useDatabase } from '../support/database.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase(), { hears: false });
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
  // Deals in the stage `renewing` are refused from now on.
  const definitions = must(product.practice.hubspot.portals.get(PORTAL), 'the portal').properties['0-3'];
  const stage = must(definitions.get('counterpart_stage'), 'the stage');
  definitions.put(stage.name, { ...stage, options: stage.options.filter(({ value }) => value !== 'renewing') });
});

/** Two hundred deals of one contract each but for one, whose contract HubSpot will refuse. */
async function twoHundredDeals(firstId: number): Promise<{ good: readonly string[]; bad: HostRecordRef }> {
  const ids = Array.from({ length: 200 }, (_, index) => String(firstId + index));
  const createdAt = product.clock.now() - 1_000;
  product.practice.hubspot.loadPortal(PORTAL, {
    deals: ids.map((id) => ({ id, properties: { dealname: `Deal ${id}` }, createdAt })),
  });
  const shared = await product.putContract(connection.workspaceId);
  const refused = await product.putContract(connection.workspaceId, { stage: 'renewing' });
  const badId = String(firstId + 57);
  const { workspaceId, connectionId } = connection;
  await product.rows(
    `INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, linked_at)
     SELECT $1, $2, 'opportunity', id, CASE id WHEN $4 THEN $5::uuid ELSE $6::uuid END, now() FROM unnest($3::text[]) AS id`,
    [workspaceId, connectionId, ids, badId, refused.id, shared.id],
  );
  const refOf = (recordId: string): HostRecordRef => ({ objectType: 'opportunity', recordId });
  await product.server.store.sync.markDirty(
    ids.map((recordId) => ({ workspaceId, connectionId, ref: refOf(recordId), reason: 'ours' })),
  );
  return { good: ids.filter((id) => id !== badId), bad: refOf(badId) };
}

const written = (ids: readonly string[]): readonly string[] => {
  const deals = must(product.practice.hubspot.portals.get(PORTAL), 'the portal').records['0-3'];
  return ids.filter((id) => deals.get(id)?.versions['counterpart_stage'] !== undefined);
};

describe('one row that HubSpot refuses among two hundred', () => {
  // segmentio/action-destinations#934, tprouvot/Salesforce-Inspector-reloaded#1154: the whole batch failed with it
  test.each([
    ['names the row (207)', true, 10_000],
    ['refuses the batch as a whole (400)', false, 20_000],
  ])('S14 199 are written, one is put aside and counted as one, when HubSpot %s', async (_, update, firstId) => {
    await product.behaviour({ multiStatus: { create: true, update, upsert: true } });
    const before = await product.rows(`SELECT count(*)::int AS n FROM dirty WHERE state = 'dead'`);
    const { good, bad } = await twoHundredDeals(firstId);
    await product.pass(30_000);
    expect(written(good)).toHaveLength(199);
    expect(written([bad.recordId])).toEqual([]);
    const dead = await product.rows(
      `SELECT record_id, failure, attempts FROM dirty WHERE state = 'dead' ORDER BY record_id`,
    );
    expect(dead.at(-1)).toMatchObject({ record_id: bad.recordId, failure: 'rejected', attempts: 1 });
    expect(dead).toHaveLength(Number(before[0]?.['n']) + 1);
    const [shown] = connectionList.parse((await product.page('GET', '/v1/connections')).body).results;
    expect(shown?.queue).toEqual({ dirty: 0, oldestDirtySeconds: null, deadLetters: dead.length });

    // Multiwoven/Multiwoven#923: what failed was taken for seen by the next run
    product.writesSince();
    await product.editDeal(bad, { dealname: 'Touched' });
    await product.pass(70_000);
    expect(product.writesSince()).toBeGreaterThan(0);
    expect(await product.rows(`SELECT failure FROM dirty WHERE record_id = $1`, [bad.recordId])).toMatchObject([
      { failure: 'rejected' },
    ]);
    expect(product.errors).toEqual([]);
  });
});
