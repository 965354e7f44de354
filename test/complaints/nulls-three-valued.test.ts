import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const lastWrite = (): Readonly<Record<string, unknown>> => {
  const write = product.wire.requests.findLast(({ target }) => target.endsWith('/batch/update'));
  return Object(JSON.parse(write?.body ?? '{}')).inputs?.[0]?.properties ?? {};
};

describe('set, clear, and leave alone are three things', () => {
  // StevenMMortimer/salesforcer#29 ("NA" was written), segmentio/segment-docs#7015, Dolibarr/dolibarr#17713, OCA/contract#1266
  test('an open-ended contract shows no date, never a word for none, and is found among those in force', async () => {
    const { ref, contract } = await product.linkedDeal(connection, {
      value: null,
      term: {
        effectiveDate: null,
        endDate: null,
        renewalKind: 'evergreen',
        renewalMonths: null,
        renewalsLeft: null,
        notice: null,
        calendarId: 'weekends',
      },
    });
    const shown = await product.dealProperties(ref);
    for (const name of ['renewal_date', 'end_date', 'notice_deadline', 'contract_value', 'contract_currency'])
      expect(shown[`counterpart_${name}`] ?? '').toBe('');
    expect(JSON.stringify(lastWrite())).not.toMatch(/"(?:null|undefined|NaN|NA|N\/A|Invalid Date)"/);
    const listed = await product.page('GET', `/v1/contracts?stage=active&text=${contract.number}`);
    expect(JSON.stringify(listed.body)).toContain(contract.id);
  });

  // funraise/funraise#55: what was not meant to change was wiped
  test('a write names only the fields that change, and the rest of the deal is left as it is', async () => {
    const { ref } = await product.linkedDeal(connection);
    await product.editDeal(ref, { dealname: 'Named by a person', amount: '12' });
    await product.editDeal(ref, { counterpart_renewal_date: '2027-08-01' });
    await product.settle();
    const names = Object.keys(lastWrite());
    expect(names).toContain('counterpart_notice_deadline');
    expect(names.filter((name) => !name.startsWith('counterpart_'))).toEqual([]);
    expect(names).not.toContain('counterpart_lead_contract_title');
    expect(await product.dealProperties(ref)).toMatchObject({ dealname: 'Named by a person', amount: '12' });
  });

  // HubSpot/hubspot-api-ruby#188: a property missing from the answer is not an empty property
  test('a property that HubSpot leaves out of its answer is not taken for cleared by a person', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    const without = (answered: unknown): unknown =>
      JSON.parse(JSON.stringify(answered), (key, value: unknown) =>
        key === 'counterpart_renewal_decision' || key === 'counterpart_renewal_date' ? undefined : value,
      );
    product.wire.rule = ({ target }) => (target.includes('/batch/read') ? without : 'pass');
    await product.editDeal(ref, { counterpart_stage: 'renewing' });
    await product.pass(5_000);
    product.wire.rule = () => 'pass';
    await product.pass(120_000);
    expect(await product.contractRow(contract.id)).toMatchObject({
      end_date: '2027-05-31',
      renewal_decision: 'undecided',
    });
    expect((await product.dealProperties(ref))['counterpart_renewal_date']).toBe('2027-06-01');
  });

  // A person clears a shared date: meant, but a contract that ends cannot lose its end that way.
  test('S10 a date that a person clears is put back and said so, or taken over; never half of it', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    await product.editDeal(ref, { counterpart_renewal_date: '' });
    await product.settle();
    const row = await product.contractRow(contract.id);
    const shown = (await product.dealProperties(ref))['counterpart_renewal_date'] ?? '';
    const conflicts = await product.rows('SELECT reason FROM conflict WHERE record_id = $1', [ref.recordId]);
    if (row['end_date'] === null) expect([shown, conflicts]).toEqual(['', []]);
    else expect([shown, conflicts]).toEqual(['2027-06-01', [{ reason: 'illegal' }]]);
    expect(product.errors).toEqual([]);
  });
});
