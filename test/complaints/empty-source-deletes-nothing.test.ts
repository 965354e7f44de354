import { beforeAll, describe, expect, test } from 'vitest';
import { importView } from '../../app/wire/workspace.ts';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase(), { hears: false });
const DAY_MS = 86_400_000;
let connection: Awaited<ReturnType<typeof product.install>>;

beforeAll(async () => {
  connection = await product.install();
});

const links = () => product.rows('SELECT state, count(*)::int AS n FROM contract_link GROUP BY state');
const EMPTY = { status: 200, body: { results: [], total: 0 } };
const NO_RECORDS = { status: 200, body: { status: 'COMPLETE', results: [] } };

describe('a source that is suddenly empty', () => {
  // bruin-data/ingestr#1203: whatever the source did not name was archived, and one day it named nothing
  test('S12 a day on which every list, search and batch of HubSpot comes back empty ends no link and clears no value', async () => {
    const deals = [await product.linkedDeal(connection), await product.linkedDeal(connection)];
    product.writesSince();
    product.wire.rule = ({ method, target }) => {
      if (target.includes('/search') || (method === 'GET' && /\/objects\/[\d-]+\/\w+\?/.test(target))) return EMPTY;
      return target.includes('/batch/read') ? NO_RECORDS : 'pass';
    };
    await product.pass(DAY_MS + 600_000);
    expect(await links()).toEqual([{ state: 'active', n: 2 }]);
    expect(product.writesSince()).toBe(0);
    product.wire.rule = () => 'pass';
    await product.pass(130_000);
    for (const { ref, contract } of deals)
      expect((await product.dealProperties(ref))['counterpart_lead_contract_number']).toBe(contract.number);
    expect(await links()).toEqual([{ state: 'active', n: 2 }]);
    expect(await product.rows(`SELECT 1 FROM dirty WHERE state = 'dead'`)).toEqual([]);
  }, 60_000);

  // airbytehq/airbyte#26365: less came than there is, and nothing said so
  test('a first reading that is cut off says what it was promised and what it got', async () => {
    product.practice.hubspot.loadPortal('1001', {
      companies: Array.from({ length: 7 }, (_, index) => ({
        id: String(500 + index),
        properties: { name: `Company ${index}` },
        createdAt: product.clock.now() - 1_000,
      })),
    });
    product.wire.rule = ({ method, target }) =>
      method === 'GET' && /\/companies\?/.test(target) && target.includes('archived=false') ? EMPTY : 'pass';
    await product.install();
    product.wire.rule = () => 'pass';
    const shown = (await product.page('GET', '/v1/connections')).body;
    const [read, total] = ['read', 'total'].map((name) => Number(at(shown, 'results', 0, 'backfill', name)));
    expect(total).toBe((read ?? 0) + 7);
    expect(await links()).toEqual([{ state: 'active', n: 2 }]);
  });

  // The same for our own sources: a register that lists nothing, or less than before, removes nothing.
  test('importing an empty register, and one that leaves contracts out, archives and unlinks nothing', async () => {
    const before = await product.rows('SELECT count(*)::int AS n FROM contract WHERE NOT archived');
    const upload = (text: string) =>
      product.page('POST', '/v1/imports?fileName=register.csv', new TextEncoder().encode(text));
    const header = 'Number,Title,Side,Counterparty,Start date,End date\n';
    expect(at((await upload(header)).body, 'code')).toBe('import_invalid');
    const view = importView.parse((await upload(`${header}N-1,New one,buy,Vendor Ltd,2026-01-01,2027-12-31\n`)).body);
    const options = { options: view.options, skipInvalid: false };
    expect(at((await product.page('POST', `/v1/imports/${view.id}/commit`, options)).body, 'state')).toBe('committed');
    const after = await product.rows('SELECT count(*)::int AS n FROM contract WHERE NOT archived');
    expect(after).toEqual([{ n: Number(before[0]?.['n']) + 1 }]);
    expect(await links()).toEqual([{ state: 'active', n: 2 }]);
  });
});
