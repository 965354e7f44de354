import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList } from '../../app/wire/workspace.ts';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { OTHER_PORTAL, PORTAL, useWholeProduct } from './whole-product.ts';

const database = useDatabase();
const product = useWholeProduct(database);
let main: ConnectionRef;

beforeAll(async () => {
  main = await product.install();
});

const states = async () =>
  connectionList
    .parse((await product.page('GET', '/v1/connections')).body)
    .results.map(({ accountId, state, links }) => [accountId, state, links]);

describe('connecting again, but to another portal', () => {
  // domain of supaglue-labs/supaglue#1935 and margince/margince#2033: ids of one account mean something else in another
  test('S8 S11 links stay with the portal they were made in; a deal with the same id in the other portal is left alone', async () => {
    const { ref, contract } = await product.linkedDeal(main);
    // Ids are numbers that each portal counts by itself, so the same one names a stranger elsewhere.
    product.practice.hubspot.loadPortal(OTHER_PORTAL, {
      deals: [{ id: ref.recordId, properties: { dealname: 'A stranger' }, createdAt: product.clock.now() - 1_000 }],
    });
    const stranger: HostRecordRef = { objectType: 'opportunity', recordId: ref.recordId };

    await fetch(`${product.practice.hubspot.url}/practice/api/portals/${PORTAL}/installs/4242`, { method: 'DELETE' });
    product.clock.advance(1_900_000);
    await product.pass(300_000);
    const other = await product.install(OTHER_PORTAL);
    await product.pass(600_000);
    expect(other.connectionId).not.toBe(main.connectionId);
    expect(await states()).toEqual([
      [PORTAL, 'parked', 1],
      [OTHER_PORTAL, 'active', 0],
    ]);
    const untouched = await product.dealProperties(stranger, OTHER_PORTAL);
    expect(untouched['counterpart_lead_contract_number'] ?? '').toBe('');

    // An event of the stranger says nothing about our deal.
    await product.editDeal(stranger, { counterpart_renewal_decision: 'exit' }, OTHER_PORTAL);
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'undecided' });

    expect(await product.install(PORTAL)).toEqual(main);
    await product.page('POST', `/v1/contracts/${contract.id}/stage`, { expectedRevision: 1, to: 'renewing' });
    await product.settle();
    expect((await product.dealProperties(ref))['counterpart_lead_contract_number']).toBe(contract.number);
    expect((await product.dealProperties(stranger, OTHER_PORTAL))['counterpart_lead_contract_number'] ?? '').toBe('');
    expect(product.errors).toEqual([]);
  });

  test('S8 a portal that belongs to one company cannot be taken over by another', async () => {
    const foreign = await database.admin.query(
      `SELECT workspace_id FROM host_account WHERE account_id = ANY($1::text[])`,
      [[PORTAL, OTHER_PORTAL]],
    );
    expect(new Set((foreign.rows as readonly { workspace_id: string }[]).map((row) => row.workspace_id)).size).toBe(1);
    const taken = await product.server.services.parts.workspaces.install({
      host: 'hubspot',
      accountId: PORTAL,
      name: 'Another company',
      scopes: [],
      installedBy: 'mallory@example.com',
      at: product.clock.now(),
      workspaceId: '6b3f1f0e-8f0e-4a57-9a70-0f5f6e1d2c3b',
    });
    expect(taken).toEqual({ kind: 'taken' });
    expect((await states()).map(([account, state]) => [account, state])).toContainEqual([PORTAL, 'active']);
  });
});
