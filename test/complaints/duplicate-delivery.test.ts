import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase(), { hears: false });
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const eventOn = (recordId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  eventId: 100,
  subscriptionId: 1,
  portalId: Number(connection.accountId),
  appId: 4242,
  occurredAt: product.clock.now() - 1_000,
  subscriptionType: 'object.propertyChange',
  attemptNumber: 0,
  objectId: Number(recordId),
  objectTypeId: '0-3',
  propertyName: 'counterpart_renewal_decision',
  propertyValue: 'exit',
  changeSource: 'CRM_UI',
  sourceId: 'userId:77',
  ...more,
});
const changesOf = async (contractId: string): Promise<number> =>
  Number((await product.rows('SELECT count(*) AS n FROM field_change WHERE contract_id = $1', [contractId]))[0]?.['n']);
const readsSoFar = (): number => product.wire.requests.filter(({ target }) => target.includes('/batch/read')).length;

describe('one event told many times', () => {
  // n8n-io/n8n#31837, n8n-io/n8n#20137
  test('S4 the same delivery three times, two of them at once, changes the contract once and is read once', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    const before = readsSoFar();
    const body = [eventOn(ref.recordId)];
    expect(await Promise.all([product.deliver(body), product.deliver(body)])).toEqual([204, 204]);
    expect(await product.deliver(body)).toBe(204);
    await product.settle();
    expect(await changesOf(contract.id)).toBe(1);
    // One reading for the event and one to confirm what was written after it.
    expect(readsSoFar() - before).toBeLessThanOrEqual(2);
  });

  // dubinc/dub#3799 (ids that are not unique), documenso/documenso#3204 (bodies that differ from try to try)
  test('S4 retries with another attempt number, another event id and other company count once as well', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    const { ref: bystander, contract: untouched } = await product.linkedDeal(connection);
    await product.editDeal(ref, { counterpart_renewal_decision: 'renegotiate' });
    const at = product.clock.now();
    for (const attemptNumber of [0, 1, 2]) {
      const repeated = eventOn(ref.recordId, { attemptNumber, occurredAt: at });
      // The same event id on another record is another event.
      await product.deliver([repeated, eventOn(bystander.recordId, { attemptNumber, occurredAt: at })]);
      await product.settle();
    }
    await product.deliver([eventOn(ref.recordId, { eventId: 7, occurredAt: at, attemptNumber: 3 })]);
    await product.settle();
    expect(await changesOf(contract.id)).toBe(1);
    expect(await changesOf(untouched.id)).toBe(0);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renegotiate' });
  });

  // n8n-io/n8n#20137: 25 events came in, three or four were acted on
  test('S4 twenty-five events of one delivery are twenty-five records, none left out and none twice', async () => {
    const contracts: string[] = [];
    const events: unknown[] = [];
    for (let index = 0; index < 25; index += 1) {
      const ref = await product.makeDeal();
      const contract = await product.putContract(connection.workspaceId);
      await product.link(connection, ref, contract.id);
      contracts.push(contract.id);
      events.push(eventOn(ref.recordId), eventOn(ref.recordId, { eventId: 200 + index }));
    }
    await product.settle();
    for (const event of events.filter((_, index) => index % 2 === 0)) {
      const recordId = String((event as { objectId: number }).objectId);
      await product.editDeal({ objectType: 'opportunity', recordId }, { counterpart_renewal_decision: 'exit' });
    }
    await product.deliver(events);
    await product.settle();
    const decided = await product.rows(
      `SELECT contract_id, count(*)::int AS n FROM field_change WHERE contract_id = ANY($1::uuid[]) GROUP BY contract_id`,
      [contracts],
    );
    expect(decided).toHaveLength(25);
    expect(decided.every(({ n }) => n === 1)).toBe(true);
    expect(product.errors).toEqual([]);
  });
});
