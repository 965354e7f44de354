import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList } from '../../app/wire/workspace.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const REFUSED = {
  status: 429,
  headers: { 'retry-after': '120' },
  body: { status: 'error', category: 'RATE_LIMITS', policyName: 'TEN_SECONDLY_ROLLING', message: 'slow down' },
};
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const isTokenCall = (target: string): boolean => target.endsWith('/token');
const tokenCalls = (): number => product.wire.requests.filter(({ target }) => isTokenCall(target)).length;
const shown = async () => connectionList.parse((await product.page('GET', '/v1/connections')).body).results[0];

describe('a limit at the token endpoint', () => {
  // PostHog/posthog#63732, #64726: the limit there was not expected, Retry-After not read, and the sync died of it
  test('S7 is waited out for as long as it asks, without a call, a dead letter or a paused portal; then all is done', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    product.wire.rule = ({ target }) => (isTokenCall(target) ? REFUSED : 'pass');
    product.clock.advance(1_900_000);
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    const before = tokenCalls();
    await product.settle();
    expect(tokenCalls() - before).toBe(1);
    await product.pass(100_000);
    // The lane, the sweeps and the daily check all need a token; one refusal speaks for all of them.
    expect(tokenCalls() - before).toBe(1);
    await product.pass(300_000);
    expect(tokenCalls() - before).toBeGreaterThan(1);
    expect(tokenCalls() - before).toBeLessThanOrEqual(5);
    expect(await shown()).toMatchObject({ state: 'active', queue: { deadLetters: 0 } });

    product.wire.rule = () => 'pass';
    await product.pass(130_000);
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'exit' });
    expect((await shown())?.queue).toMatchObject({ dirty: 0, deadLetters: 0 });
    expect(product.errors).toEqual([]);
  });

  // NangoHQ/nango#1016: only a restart helped
  test('a token that still works is used while the endpoint is limited', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    product.wire.rule = ({ target }) => (isTokenCall(target) ? REFUSED : 'pass');
    const [row] = await product.rows('SELECT extract(epoch FROM access_expires_at) * 1000 AS at FROM credential');
    product.clock.advance(Number(row?.['at']) - product.clock.now() - 120_000);
    await product.editDeal(ref, { counterpart_renewal_decision: 'renew' });
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'renew' });
    product.wire.rule = () => 'pass';
  });
});
