import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { textAt } from '../support/practice.ts';
import { addLink, findAssociationType, removeLink } from '../../extensions/practice/hubspot/association-store.ts';
import { personSource } from '../../extensions/practice/hubspot/portal-change.ts';
import { must } from '../../server/domain/assert.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
const DAY_MS = 86_400_000;
const TICKET_TO_COMPANY = must(findAssociationType(339), 'the plain type');
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const make = async (type: 'tickets' | 'companies', properties: Readonly<Record<string, string>>): Promise<string> =>
  textAt(await product.person('POST', `/objects/${type}`, { properties }), 'id');
const newTicket = (subject: string): Promise<string> => make('tickets', { subject, hs_pipeline_stage: '1' });
const ends = (ticket: string, company: string) =>
  ({ fromType: '0-5', fromId: ticket, toType: '0-2', toId: company }) as const;
const writer = () => {
  const { practice } = product.practice.hubspot;
  return practice.writer(must(practice.portals.get(PORTAL), 'the portal'));
};
const associate = (ticket: string, company: string): void =>
  addLink(writer(), ends(ticket, company), TICKET_TO_COMPANY, personSource('77'));
const dissociate = (ticket: string, company: string): void =>
  removeLink(writer(), ends(ticket, company), personSource('77'));
const accountsOf = async (ticket: string): Promise<unknown> =>
  (
    await product.rows('SELECT account_ids FROM support_case WHERE connection_id = $1 AND record_id = $2', [
      connection.connectionId,
      ticket,
    ])
  )[0]?.['account_ids'];

describe('a ticket that is put on a vendor’s company later, and is not touched itself', () => {
  // airbytehq/airbyte#27199, #43352, #44554, #14390
  test('S1 counts for that vendor as soon as HubSpot tells of the association, and no more when it is taken off', async () => {
    const [ticket, company] = [await newTicket('Slow shop'), await make('companies', { name: 'Vendor' })];
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([]);
    associate(ticket, company);
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([company]);
    dissociate(ticket, company);
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([]);
  });

  // The same threads: the event was lost, and the modification date of the ticket is what it was
  test('S1 counts for that vendor within a day when the event was lost', async () => {
    const [ticket, company] = [await newTicket('Mail is down'), await make('companies', { name: 'Vendor' })];
    // Long enough for the sweeps to have forgotten the ticket.
    await product.pass(600_000);
    await product.faults({ webhookDropRate: 1 });
    associate(ticket, company);
    await product.pass(DAY_MS + 600_000);
    await product.faults({ webhookDropRate: 0 });
    expect(await accountsOf(ticket)).toEqual([company]);
  });

  // airbytehq/airbyte#30292: the primary company came twice and labels were lost
  test('a company that is both primary and plain is one company', async () => {
    const [ticket, company] = [await newTicket('Twice'), await make('companies', { name: 'Vendor' })];
    associate(ticket, company);
    addLink(writer(), ends(ticket, company), must(findAssociationType(26), 'the primary type'), personSource('77'));
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([company]);
  });

  // HubSpot/hubspot-api-ruby#358, #188: associations missing from the answer, or named by empty ids
  test('an answer without associations, or with none that can be read, is no failure of the tickets beside it', async () => {
    const [bare, full, company] = [
      await newTicket('Bare'),
      await newTicket('Full'),
      await make('companies', { name: 'V' }),
    ];
    associate(full, company);
    product.wire.rule = ({ target }) =>
      target.includes('/crm/associations/')
        ? (answered) => ({ ...Object(answered), errors: [], numErrors: 0 })
        : 'pass';
    await product.settle();
    product.wire.rule = () => 'pass';
    expect([await accountsOf(bare), await accountsOf(full)]).toEqual([[], [company]]);
    expect(product.errors).toEqual([]);
  });
});

describe('a ticket that is gone', () => {
  // airbytehq/airbyte#21471, #30465: what was deleted stayed in the figures
  test('S12 does not count any more once it is deleted, and counts again when restored', async () => {
    const [ticket, company] = [await newTicket('By mistake'), await make('companies', { name: 'Vendor' })];
    associate(ticket, company);
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([company]);
    await product.person('POST', `/objects/tickets/${ticket}/archive`);
    await product.settle();
    expect(await accountsOf(ticket)).toBeUndefined();
    await product.person('POST', `/objects/tickets/${ticket}/restore`);
    await product.settle();
    expect(await accountsOf(ticket)).toEqual([company]);
  });

  // fivetran/dbt_hubspot#134: merged records stayed as stale rows
  test('S11 two tickets merged into one are one case', async () => {
    const company = await make('companies', { name: 'Vendor' });
    const [first, second] = [await newTicket('Once'), await newTicket('Once more')];
    associate(first, company);
    associate(second, company);
    await product.settle();
    const merged = await product.person('POST', '/objects/tickets/merge', { primaryId: first, mergedId: second });
    await product.settle();
    const cases = await product.rows('SELECT record_id FROM support_case WHERE account_ids = ARRAY[$1]', [company]);
    expect(cases).toEqual([{ record_id: textAt(merged, 'id') }]);
  });
});
