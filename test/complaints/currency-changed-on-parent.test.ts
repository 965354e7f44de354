import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import { must } from '../../server/domain/assert.ts';
import { day } from '../support/simulation-world.ts';
import { useDatabase } from '../support/database.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const money = async (ref: HostRecordRef): Promise<readonly unknown[]> => {
  const shown = await product.dealProperties(ref);
  return [shown['counterpart_contract_value'] ?? '', shown['counterpart_contract_currency'] ?? ''];
};

describe('amounts and their currency', () => {
  // SalesforceFoundation/NPSP#2720, #3043, #5185: a change of the parent's currency converted the children, or failed to update them
  test('the currency and the amount of the deal change; the contract keeps its own, on the deal and in the store', async () => {
    const { ref, contract } = await product.linkedDeal(connection, { value: { minor: 123_456n, currency: 'CHF' } });
    expect(await money(ref)).toEqual(['1234.56', 'CHF']);
    product.writesSince();
    await product.editDeal(ref, { amount: '99000', deal_currency_code: 'EUR' });
    await product.settle();
    expect(await money(ref)).toEqual(['1234.56', 'CHF']);
    expect(await product.contractRow(contract.id)).toMatchObject({
      value_minor: '123456',
      currency: 'CHF',
      revision: 1,
    });
    expect(product.writesSince()).toBe(0);
  });

  // Automattic/newspack-plugin#605: $30 became £30
  test('another contract leads: amount and currency change together, in one write, and never stand side by side mixed', async () => {
    const { ref, contract } = await product.linkedDeal(connection, { value: { minor: 50_000n, currency: 'USD' } });
    const sooner = await product.putContract(connection.workspaceId, {
      value: { minor: 70_000n, currency: 'JPY' },
      term: { ...contract.term, endDate: day('2027-04-15') },
    });
    const writes = product.wire.requests.length;
    await product.link(connection, ref, sooner.id);
    await product.settle();
    expect(await money(ref)).toEqual(['70000', 'JPY']);
    for (const { target, body } of product.wire.requests.slice(writes)) {
      if (!target.endsWith('/batch/update')) continue;
      const names = Object.keys(Object(JSON.parse(body).inputs[0].properties));
      expect(names.includes('counterpart_contract_value')).toBe(names.includes('counterpart_contract_currency'));
    }
  });

  // Automattic/newspack-plugin#605, SuiteCRM/SuiteCRM#9840: the figure was right and the currency beside it was another
  test('a contract without an amount shows no currency either, and an amount beyond 2^53 is exact', async () => {
    const { ref, contract } = await product.linkedDeal(connection, {
      value: { minor: 9_007_199_254_740_993n, currency: 'CNY' },
    });
    expect(await money(ref)).toEqual(['90071992547409.93', 'CNY']);
    await product.rows(
      'UPDATE contract SET value_minor = NULL, currency = NULL, revision = revision + 1 WHERE id = $1',
      [contract.id],
    );
    const { workspaceId, connectionId } = connection;
    await product.server.store.sync.markDirty([{ workspaceId, connectionId, ref, reason: 'ours' }]);
    await product.settle();
    expect(await money(ref)).toEqual(['', '']);
  });

  // The portal's own currency is a setting of the portal, not of contracts.
  test('the portal changes its home currency and is connected again: no amount and no currency of a contract moves', async () => {
    const { ref, contract } = await product.linkedDeal(connection, { value: { minor: 8_800n, currency: 'GBP' } });
    const portal = must(product.practice.hubspot.portals.get(PORTAL), 'the portal');
    Object.assign(portal.profile, { currency: 'SEK' });
    await product.install();
    await product.settle();
    expect(await money(ref)).toEqual(['88.00', 'GBP']);
    expect(await product.contractRow(contract.id)).toMatchObject({ value_minor: '8800', currency: 'GBP' });
    expect(product.errors).toEqual([]);
  });
});
