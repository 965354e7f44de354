import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList } from '../../app/wire/workspace.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const APP_ID = 4242;
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const uninstall = async (): Promise<void> =>
  void (await fetch(`${product.practice.hubspot.url}/practice/api/portals/${PORTAL}/installs/${APP_ID}`, {
    method: 'DELETE',
  }));
const shown = async () => connectionList.parse((await product.page('GET', '/v1/connections')).body).results[0];

describe('an app that is taken out and put back', () => {
  // supaglue-labs/supaglue#1935, #1945, TractionOnDemand/TractionSyncProxy#8: a revoked grant failed for ever, and nobody was told
  test('a withdrawn grant pauses the portal, says why to an admin, and no call is made until somebody connects again', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await uninstall();
    product.clock.advance(1_900_000);
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    await product.pass(600_000);
    expect(await shown()).toMatchObject({ state: 'parked', reason: expect.stringMatching(/^authRevoked: /) });
    const calls = product.wire.requests.length;
    await product.pass(3_600_000);
    expect(product.wire.requests.length).toBe(calls);
    expect((await shown())?.queue.deadLetters).toBe(0);
    // What the page links to leads to HubSpot's consent page.
    const start = await product.page('GET', '/oauth/hubspot/start?returnPath=%2Fconnections');
    expect([start.status, start.headers.get('location')]).toEqual([302, expect.stringContaining('/oauth/authorize?')]);

    expect(await product.install()).toEqual(connection);
    await product.settle();
    expect(await shown()).toMatchObject({ state: 'active', reason: null });
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'exit' });
  });

  // datacite/datacite#1271 (a second organisation), airbytehq/airbyte#37528 (what was there before is not looked at)
  test('what was made while nobody listened is read when the app is back, as at the first time, and nothing is doubled', async () => {
    const contract = await product.putContract(connection.workspaceId);
    await product.rows(
      `INSERT INTO organisation (workspace_id, id, legal_name, domain, created_at, updated_at)
       VALUES ($1, $2, 'Tidewater Cloud', 'tidewater.example', now(), now())`,
      [connection.workspaceId, contract.id],
    );
    await product.rows(
      `INSERT INTO contract_party (workspace_id, contract_id, organisation_id, role, position) VALUES ($1, $2, $2, 'supplier', 0)`,
      [connection.workspaceId, contract.id],
    );
    await uninstall();
    product.clock.advance(1_900_000);
    await product.pass(300_000);
    await product.person('POST', '/objects/companies', {
      properties: { name: 'Tidewater Cloud', domain: 'tidewater.example' },
    });
    const before = await product.rows('SELECT count(*)::int AS n FROM contract_link');
    await product.install();
    await product.settle();
    const links = await product.rows('SELECT object_type FROM contract_link WHERE contract_id = $1', [contract.id]);
    expect(links).toEqual([{ object_type: 'account' }]);
    expect(await product.rows('SELECT count(*)::int AS n FROM contract_link')).toEqual([
      { n: Number(before[0]?.['n']) + 1 },
    ]);
    const backfill = (await shown())?.backfill;
    expect(backfill).toMatchObject({ phase: 'done', read: backfill?.total });
    expect(backfill?.read).toBeGreaterThanOrEqual(2);
    expect(product.errors).toEqual([]);
  });
});
