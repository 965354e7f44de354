import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList } from '../../app/wire/workspace.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const URI_CHARACTERS_MAX = 2_000;
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const statuses = async (): Promise<readonly number[]> => {
  const calls = at(await product.person('GET', '/calls'), 'calls');
  return Array.isArray(calls) ? calls.map((call) => Number(at(call, 'status'))) : [];
};
const shown = async () => connectionList.parse((await product.page('GET', '/v1/connections')).body).results[0];

describe('limits', () => {
  // HubSpot/hubspot-api-nodejs#256, #416: limiters that each counted for themselves
  test('S7 two hundred calls at once stay below HubSpot’s limit: none is refused by it, and those too many are told when', async () => {
    const { hubspot } = product.server.services.parts.crm;
    const ask = async () => await hubspot?.describeAccount(connection, { priority: 'interactive' });
    const answers = await Promise.all(Array.from({ length: 200 }, ask));
    expect(await statuses()).not.toContain(429);
    const refused = answers.flatMap((answer) => (answer?.ok === false ? [answer.failure] : []));
    expect(answers.length - refused.length).toBeLessThanOrEqual(220);
    for (const failure of refused) {
      expect(failure).toMatchObject({ kind: 'rateLimited', scope: 'budget' });
      expect('retryAfterMs' in failure && (failure.retryAfterMs ?? 0) > 0).toBe(true);
    }
    product.clock.advance(20_000);
  });

  // NangoHQ/nango#4046: the daily limit was not handled
  test('S7 a spent day is not knocked at again and again, and the portal stays connected; the day after all is written', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.behaviour({ dailyLimit: 0 });
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    const before = product.wire.requests.length;
    await product.pass(6 * 3_600_000);
    expect(product.wire.requests.length - before).toBeLessThan(60);
    expect(await shown()).toMatchObject({ state: 'active', queue: { deadLetters: 0 } });
    await product.behaviour({ dailyLimit: null });
    await product.pass(2 * 3_600_000);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'exit' });
    expect((await shown())?.queue).toMatchObject({ dirty: 0, deadLetters: 0 });
  }, 60_000);

  // PostHog/posthog#27616, #31617, airbytehq/airbyte#63704: hundreds of properties in the address
  test('no address is longer than servers take, and no call asks for a property that is not mapped', async () => {
    await product.linkedDeal(connection);
    const tooLong = product.wire.requests.filter(({ target }) => target.length > URI_CHARACTERS_MAX);
    expect(tooLong.map(({ target }) => target.slice(0, 80))).toEqual([]);
    const reads = product.wire.requests.filter(
      ({ target }) => target.includes('/batch/read') && target.includes('/deals/'),
    );
    expect(reads.length).toBeGreaterThan(0);
    for (const { body } of reads) {
      const asked = Object(JSON.parse(body)) as {
        properties?: readonly string[];
        propertiesWithHistory?: readonly string[];
      };
      expect((asked.properties ?? []).length).toBeLessThan(40);
      expect((asked.propertiesWithHistory ?? []).every((name) => name.startsWith('counterpart_'))).toBe(true);
    }
    expect(product.errors).toEqual([]);
  });
});
