import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase(), { hears: false });
const MINUTE_MS = 60_000;
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

describe('a change that shows up behind the cursor', () => {
  // airbytehq/airbyte#27146, supaglue-labs/supaglue#665, HubSpot/hubspot-api-php#59: the search knows of it only later
  test('S1 an edit that reaches HubSpot’s search after the sweep had passed its time is found by one of the next sweeps', async () => {
    const early = await product.linkedDeal(connection);
    const late = await product.linkedDeal(connection);
    await product.pass(10 * MINUTE_MS);
    await product.behaviour({ searchIndexDelayMs: 100_000 });
    await product.editDeal(late.ref, { counterpart_renewal_decision: 'exit' });
    await product.behaviour({ searchIndexDelayMs: 0 });
    product.clock.advance(1_000);
    // A later edit is seen first and moves the cursor past the earlier one.
    await product.editDeal(early.ref, { counterpart_renewal_decision: 'renew' });
    await product.pass(MINUTE_MS + 5_000);
    expect(await product.contractRow(early.contract.id)).toMatchObject({ renewal_decision: 'renew' });
    expect(await product.contractRow(late.contract.id)).toMatchObject({ renewal_decision: 'undecided' });
    await product.pass(2 * MINUTE_MS);
    expect(await product.contractRow(late.contract.id)).toMatchObject({ renewal_decision: 'exit' });
  });

  // airbytehq/airbyte#42490, #42537: single records were never updated
  test('S1 an edit that the search never shows is found by the daily check', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.pass(10 * MINUTE_MS);
    await product.behaviour({ searchIndexDelayMs: 10 * 86_400_000 });
    await product.editDeal(ref, { counterpart_renewal_decision: 'renegotiate' });
    await product.pass(60 * MINUTE_MS);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'undecided' });
    await product.pass(1_440 * MINUTE_MS);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renegotiate' });
    await product.behaviour({ searchIndexDelayMs: 0 });
  }, 60_000);

  // MinnPost/object-sync-for-salesforce#137: the time of the finish became the cursor, and edits during the run were lost
  test('S1 an edit made while a sweep is under way is found by the next one', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.pass(10 * MINUTE_MS);
    let edited = false;
    product.wire.rule = ({ target }) => {
      if (edited || !target.endsWith('/deals/search')) return 'pass';
      edited = true;
      return async (answered) => {
        // HubSpot has answered without the edit; the sweep takes a while, and then writes its cursor.
        await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
        product.clock.advance(5_000);
        return answered;
      };
    };
    await product.pass(MINUTE_MS);
    expect(edited).toBe(true);
    product.wire.rule = () => 'pass';
    await product.pass(2 * MINUTE_MS);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'exit' });
    expect(product.errors).toEqual([]);
  });
});
