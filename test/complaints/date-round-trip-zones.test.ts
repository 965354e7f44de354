import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contractList } from '../../app/wire/workspace.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { day } from '../support/simulation-world.ts';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const ZONE_OF_RUN = process.env['TZ'];
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});
afterAll(() => {
  if (ZONE_OF_RUN === undefined) delete process.env['TZ'];
  else process.env['TZ'] = ZONE_OF_RUN;
});

/** The day on which clocks change in the Americas, the one in Europe, and the first of a year. */
const DAYS = ['2027-03-14', '2027-03-28', '2028-01-01'];
const dayBefore = (date: string): string => new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);

describe('a calendar day on its way between the store, the pages and HubSpot', () => {
  // ynput/ayon-frontend#1972 (each save a day earlier), brianc/node-postgres#818, HubSpot/hubspot-api-php#74, grouparoo/grouparoo#1537
  test.each([
    ['America/Los_Angeles', 480],
    ['UTC', 0],
    ['Asia/Shanghai', -480],
    ['Pacific/Kiritimati', -840],
    ['Pacific/Pago_Pago', 660],
  ])('stays the day it is on a server in %s, however often it is opened and saved', async (zone, offsetMinutes) => {
    process.env['TZ'] = zone;
    expect(new Date('2026-12-01T00:00:00Z').getTimezoneOffset()).toBe(offsetMinutes);
    const term = { effectiveDate: day('2025-01-01'), endDate: day('2027-05-31'), notice: null };
    const { ref, contract } = await product.linkedDeal(connection, {
      term: { renewalKind: 'none', renewalMonths: null, renewalsLeft: null, calendarId: 'weekends', ...term },
    });
    expect(await product.dealProperties(ref)).toMatchObject({
      counterpart_renewal_date: '2027-06-01',
      counterpart_end_date: '2027-05-31',
    });
    for (const date of DAYS) {
      await product.editDeal(ref, { counterpart_renewal_date: date });
      await product.settle();
      expect(await product.contractRow(contract.id)).toMatchObject({ end_date: dayBefore(date) });
      // Opened and saved again as HubSpot gave it.
      const shown = (await product.dealProperties(ref))['counterpart_renewal_date'] ?? '';
      expect(shown).toBe(date);
      await product.editDeal(ref, { counterpart_renewal_date: shown, dealname: `Saved ${date}` });
      await product.settle();
      expect((await product.dealProperties(ref))['counterpart_end_date']).toBe(dayBefore(date));
    }
    const last = dayBefore(DAYS.at(-1) ?? '');
    const listed = contractList.parse((await product.page('GET', `/v1/contracts?text=${contract.number}`)).body);
    expect(listed.results[0]?.endDate).toBe(last);
    const page = await product.page('GET', `/v1/contracts/${contract.id}`);
    expect(at(page.body, 'contract', 'endDate')).toBe(last);
    expect(await product.rows('SELECT 1 FROM conflict WHERE record_id = $1', [ref.recordId])).toEqual([]);
  });

  // HubSpot/hubspot-api-php#74, verbb/formie#1755: "… is at 22:18 UTC, not midnight!"
  test('every date that reaches HubSpot is a plain day', () => {
    const written = product.wire.requests
      .filter(({ target }) => target.endsWith('/batch/update'))
      .flatMap(({ body }) => Object(JSON.parse(body)).inputs as readonly { properties: Record<string, string> }[])
      .flatMap(({ properties }) => Object.entries(properties))
      .filter(([name]) => /_(?:date|deadline)$/.test(name));
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter(([, value]) => !/^(?:\d{4}-\d{2}-\d{2})?$/.test(value))).toEqual([]);
    expect(product.errors).toEqual([]);
  });
});
