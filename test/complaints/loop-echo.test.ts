import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { day } from '../support/simulation-world.ts';
import { useDatabase } from '../support/database.ts';
import { OTHER_PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const HOUR_MS = 3_600_000;
let main: ConnectionRef;
let other: ConnectionRef;

beforeAll(async () => {
  main = await product.install();
  other = await product.install(OTHER_PORTAL);
});

describe('writing, hearing oneself write, and writing again', () => {
  // MinnPost/object-sync-for-salesforce#445, tablexi/restforce-db#39, twentyhq/twenty#11322, strapi/strapi#9193
  test('S3 one edit on one of two portals costs one write on each, and hours of echoes cost none', async () => {
    expect(other.workspaceId).toBe(main.workspaceId);
    const { ref, contract } = await product.linkedDeal(main);
    const twin = await product.makeDeal(undefined, OTHER_PORTAL);
    await product.link(other, twin, contract.id);
    await product.settle();
    product.writesSince();

    await product.editDeal(ref, { counterpart_renewal_date: '2027-09-30' });
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ end_date: '2027-09-29' });
    expect((await product.dealProperties(twin, OTHER_PORTAL))['counterpart_renewal_date']).toBe('2027-09-30');
    // The edited deal gets the dates that follow from the edit, the other one the edit as well.
    expect(product.writesSince()).toBe(2);

    await product.pass(3 * HOUR_MS);
    expect(product.writesSince()).toBe(0);
    expect(product.errors).toEqual([]);
  });

  // MinnPost/object-sync-for-salesforce#359: one contact mapped to two users went back and forth for ever
  test('S3 S9 two contracts on one deal and one contract on two deals come to rest', async () => {
    const { ref, contract } = await product.linkedDeal(main);
    const second = await product.putContract(main.workspaceId, {
      term: { ...contract.term, endDate: day('2028-03-31') },
    });
    await product.link(main, ref, second.id);
    const sibling = await product.makeDeal();
    await product.link(main, sibling, second.id);
    await product.settle();
    await product.editDeal(sibling, { counterpart_renewal_decision: 'renew' });
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    await product.settle();
    product.writesSince();
    await product.pass(HOUR_MS);
    expect(product.writesSince()).toBe(0);
    const decided = [await product.contractRow(contract.id), await product.contractRow(second.id)];
    const shown = (await product.dealProperties(ref))['counterpart_lead_contract_number'];
    const lead = shown === contract.number ? decided[0] : decided[1];
    expect((await product.dealProperties(ref))['counterpart_renewal_decision']).toBe(lead?.['renewal_decision']);
  });

  // MinnPost/object-sync-for-salesforce#516, InfoTechRG/salesforce_ar_sync#30: the guard against loops swallowed real edits
  test('S3 a person’s edit that arrives together with our own echo is not taken for one', async () => {
    const { ref, contract } = await product.linkedDeal(main);
    const ours = { portalId: Number(main.accountId), appId: 4242, objectId: Number(ref.recordId), objectTypeId: '0-3' };
    await product.faults({ webhookDropRate: 1 });
    await product.editDeal(ref, { counterpart_renewal_decision: 'renegotiate' });
    await product.faults({ webhookDropRate: 0 });
    const event = { ...ours, subscriptionType: 'object.propertyChange', occurredAt: product.clock.now(), eventId: 1 };
    await product.deliver([
      { ...event, propertyName: 'counterpart_stage', changeSource: 'INTEGRATION', sourceId: '4242' },
      { ...event, propertyName: 'counterpart_renewal_decision', changeSource: 'CRM_UI', sourceId: 'userId:77' },
      { ...event, propertyName: 'counterpart_health', changeSource: 'INTEGRATION', sourceId: '4242' },
    ]);
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renegotiate' });
  });
});
