import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList, deadLetterList } from '../../app/wire/workspace.ts';
import { useDatabase } from '../support/database.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const RECORDS = 240;
let connection: Awaited<ReturnType<typeof product.install>>;

beforeAll(async () => {
  const createdAt = product.clock.now() - 1_000;
  product.practice.hubspot.loadPortal(PORTAL, {
    companies: Array.from({ length: RECORDS }, (_, index) => ({
      id: String(700 + index),
      properties: { name: `Company ${index}`, domain: `c${index}.example` },
      createdAt,
    })),
  });
});

const shown = async () => connectionList.parse((await product.page('GET', '/v1/connections')).body).results[0];

describe('what the product says about itself', () => {
  // MemberJunction/MJ#4455 ("10 400 synced" against 3 150 rows), twentyhq/twenty#16679 ("Synced", but nothing there)
  test('a first reading through errors counts each record once, and says as many as are stored', async () => {
    connection = await product.install();
    product.wire.rule = ({ target }) =>
      target.includes('/companies') && product.wire.requests.length % 5 === 0
        ? { status: 503, body: { status: 'error', category: 'INTERNAL_ERROR', message: 'try later' } }
        : 'pass';
    await product.install();
    product.wire.rule = () => 'pass';
    const stored = await product.rows(`SELECT count(*)::int AS n FROM host_record WHERE object_type = 'account'`);
    expect(stored).toEqual([{ n: RECORDS }]);
    expect((await shown())?.backfill).toMatchObject({ phase: 'done', read: RECORDS, total: RECORDS });
  }, 60_000);

  // vshulcz/deja-vu#2666, #1016: what was dropped was written down nowhere
  test('entries of a delivery that cannot be understood are kept with their reason, and the others are worked off', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.faults({ webhookDropRate: 1 });
    await product.editDeal(ref, { counterpart_renewal_decision: 'exit' });
    const good = { portalId: Number(PORTAL), occurredAt: product.clock.now(), objectTypeId: '0-3', appId: 4242 };
    const status = await product.deliver([
      { ...good, subscriptionType: 'object.teleported', objectId: 1 },
      'no event at all',
      {
        ...good,
        subscriptionType: 'object.propertyChange',
        objectId: Number(ref.recordId),
        propertyName: 'counterpart_stage',
      },
    ]);
    expect(status).toBe(204);
    await product.settle();
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'exit' });
    const [kept] = await product.rows('SELECT rejected FROM delivery WHERE rejected IS NOT NULL');
    expect(kept?.['rejected']).toEqual([
      expect.stringMatching(/^entry 0: unknown_subscription_type$/),
      expect.stringMatching(/^entry 1: invalid/),
    ]);
  });

  // aerele/jarvis#713 (no way to try again), thermondo/django-heroku-connect#39, #98 (people wrote their own), datacite/datacite#1455
  test('a deal that fails is listed with what HubSpot said and tried again by name; what was not named stays listed', async () => {
    const deals = [await product.linkedDeal(connection), await product.linkedDeal(connection)];
    product.wire.rule = ({ target }) =>
      target.endsWith('/deals/batch/update')
        ? {
            status: 400,
            body: { status: 'error', category: 'VALIDATION_ERROR', message: 'A workflow forbids this change' },
          }
        : 'pass';
    for (const { ref } of deals) await product.editDeal(ref, { counterpart_renewal_date: '2027-09-01' });
    const { workspaceId, connectionId } = connection;
    await product.server.store.sync.markDirty(
      deals.map(({ ref }) => ({ workspaceId, connectionId, ref, reason: 'event' as const })),
    );
    await product.pass(10_000);
    product.wire.rule = () => 'pass';
    const listed = deadLetterList.parse((await product.page('GET', '/v1/dead-letters')).body);
    expect(listed.total).toBe(2);
    expect(listed.results.map(({ detail }) => detail)).toEqual(
      deals.map(() => expect.stringContaining('A workflow forbids this change')),
    );
    expect((await shown())?.queue).toMatchObject({ dirty: 0, deadLetters: 2 });
    const [first] = deals;
    const named = { connectionId, records: [first?.ref] };
    expect((await product.page('POST', '/v1/dead-letters/replay', named)).body).toEqual({ replayed: 1 });
    await product.settle();
    expect((await shown())?.queue).toMatchObject({ dirty: 0, deadLetters: 1 });
    expect(product.errors).toEqual([]);
  });
});
