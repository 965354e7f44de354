import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase(), { hears: false });
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const eventOn = ({ recordId }: HostRecordRef, kind: string, more: Readonly<Record<string, unknown>>) => ({
  eventId: 1,
  portalId: Number(connection.accountId),
  appId: 4242,
  subscriptionType: `object.${kind}`,
  objectId: Number(recordId),
  objectTypeId: '0-3',
  changeSource: 'CRM_UI',
  sourceId: 'userId:77',
  ...more,
});

describe('two events in the wrong order', () => {
  // n8n-io/n8n#29107, PipedreamHQ/pipedream#9712
  test('S4 the older edit told last does not undo the newer one, also an hour later', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    const property = { propertyName: 'counterpart_renewal_decision' };
    const older = eventOn(ref, 'propertyChange', {
      ...property,
      propertyValue: 'exit',
      occurredAt: product.clock.now(),
    });
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    product.clock.advance(2_000);
    const newer = eventOn(ref, 'propertyChange', {
      ...property,
      propertyValue: 'renew',
      occurredAt: product.clock.now(),
    });
    await product.editDeal(ref, { counterpart_renewal_decision: 'renew' });

    await product.deliver([newer]);
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renew' });
    product.clock.advance(3_600_000);
    await product.deliver([older]);
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renew' });
    expect((await product.dealProperties(ref))['counterpart_renewal_decision']).toBe('renew');
    expect(await product.rows('SELECT 1 FROM conflict')).toEqual([]);
  });

  // supaglue-labs/supaglue#489: deletes and what undoes them
  test('S4 S12 a restore told before its deletion leaves the deal linked; a deletion told before its restore leaves it gone', async () => {
    const { ref } = await product.linkedDeal(connection);
    const linkState = async (): Promise<unknown> =>
      (await product.rows('SELECT state FROM contract_link WHERE record_id = $1', [ref.recordId]))[0]?.['state'];
    const at = product.clock.now();
    await product.person('POST', `/objects/deals/${ref.recordId}/archive`);
    await product.person('POST', `/objects/deals/${ref.recordId}/restore`);
    await product.deliver([eventOn(ref, 'restore', { occurredAt: at + 1_000 })]);
    await product.settle();
    await product.deliver([eventOn(ref, 'deletion', { occurredAt: at })]);
    await product.settle();
    expect(await linkState()).toBe('active');

    await product.person('POST', `/objects/deals/${ref.recordId}/archive`);
    await product.deliver([eventOn(ref, 'deletion', { occurredAt: at + 3_000 })]);
    await product.deliver([eventOn(ref, 'restore', { occurredAt: at + 2_000 })]);
    await product.settle();
    expect(await linkState()).toBe('tombstone');
  });

  // amp-labs/connectors#3487: the deletion of the loser fires beside the merge
  test('S4 S11 the deletion of a merged deal told before the merge does not cost its contract', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    const loser = await product.makeDeal();
    const merged = (await product.person('POST', '/objects/deals/merge', {
      primaryId: loser.recordId,
      mergedId: ref.recordId,
    })) as { readonly id: string };
    await product.deliver([eventOn(ref, 'deletion', { occurredAt: product.clock.now() })]);
    await product.settle();
    await product.deliver([
      eventOn({ objectType: 'opportunity', recordId: merged.id }, 'merge', {
        occurredAt: product.clock.now() - 5_000,
        primaryObjectId: Number(loser.recordId),
        mergedObjectIds: [Number(ref.recordId)],
        newObjectId: Number(merged.id),
      }),
    ]);
    await product.settle();
    const links = await product.rows(`SELECT record_id, state FROM contract_link WHERE contract_id = $1`, [
      contract.id,
    ]);
    expect(links).toEqual([{ record_id: merged.id, state: 'active' }]);
    const shown = await product.dealProperties({ objectType: 'opportunity', recordId: merged.id });
    expect(shown['counterpart_lead_contract_number']).toBe(contract.number);
    expect(product.errors).toEqual([]);
  });
});
