import { beforeAll, describe, expect, test } from 'vitest';
import { connectionList, deadLetterList } from '../../app/wire/workspace.ts';
import { must } from '../../server/domain/assert.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { useDatabase } from '../support/database.ts';
import { PORTAL, useWholeProduct } from './whole-product.ts';

const product = useWholeProduct(useDatabase());
let connection: ConnectionRef;

beforeAll(async () => {
  connection = await product.install();
});

const definitions = () => must(product.practice.hubspot.portals.get(PORTAL), 'the portal').properties['0-3'];
/** What an administrator does in the property settings of the portal. */
function setOptions(name: string, keep: (value: string) => boolean, added: readonly string[] = []): void {
  const definition = must(definitions().get(name), name);
  const more = added.map((value) => ({ label: value, value, description: '', displayOrder: 99, hidden: false }));
  const options = [...definition.options.filter(({ value }) => keep(value)), ...more];
  definitions().put(name, { ...definition, options });
}
const deadLetters = async () => deadLetterList.parse((await product.page('GET', '/v1/dead-letters')).body).results;

describe('somebody removes a value from one of our lists in HubSpot', () => {
  // MinnPost/object-sync-for-salesforce#128, #130 (a bad value for a restricted list), supaglue-labs/supaglue#538 (nobody was told)
  test('S14 only the deals that need it wait, an admin is told which value of which field, and one click mends it', async () => {
    setOptions('counterpart_stage', (value) => value !== 'renewing');
    const bystander = await product.linkedDeal(connection, { stage: 'active' });
    const { ref } = await product.linkedDeal(connection, { stage: 'renewing' });
    expect((await product.dealProperties(bystander.ref))['counterpart_stage']).toBe('active');
    // No other value is put in its place.
    expect((await product.dealProperties(ref))['counterpart_stage'] ?? '').toBe('');
    expect(await deadLetters()).toMatchObject([
      { recordId: ref.recordId, failure: 'rejected', detail: expect.stringMatching(/INVALID_OPTION.*stage/) },
    ]);
    const [shown] = connectionList.parse((await product.page('GET', '/v1/connections')).body).results;
    expect(shown).toMatchObject({ state: 'active', queue: { dirty: 0, deadLetters: 1 } });

    setOptions('counterpart_stage', () => true, ['renewing']);
    const replayed = await product.page('POST', '/v1/dead-letters/replay', {
      connectionId: connection.connectionId,
      records: null,
    });
    expect(replayed.body).toEqual({ replayed: 1 });
    await product.settle();
    expect((await product.dealProperties(ref))['counterpart_stage']).toBe('renewing');
    expect(await deadLetters()).toEqual([]);
  });

  // MinnPost/object-sync-for-salesforce#130: and who adds one of their own
  test('S10 a value that people added to the list is put back and said so, never guessed at', async () => {
    const { ref, contract } = await product.linkedDeal(connection);
    setOptions('counterpart_renewal_decision', () => true, ['maybe_later']);
    await product.editDeal(ref, { counterpart_renewal_decision: 'maybe_later' });
    await product.settle();
    expect((await product.dealProperties(ref))['counterpart_renewal_decision']).toBe('undecided');
    expect(await product.contractRow(contract.id)).toMatchObject({ renewal_decision: 'undecided', revision: 1 });
    const conflicts = await product.rows('SELECT theirs, winner, reason FROM conflict WHERE record_id = $1', [
      ref.recordId,
    ]);
    expect(conflicts).toEqual([{ theirs: 'maybe_later', winner: 'ours', reason: 'illegal' }]);
  });

  // strapi-like wipes on set-up: HubSpot replaces the whole list on update (HubSpot docs, Properties)
  test('connecting again adds what is missing and keeps what the customer added', async () => {
    setOptions('counterpart_renewal_decision', (value) => value !== 'exit');
    await product.install();
    const values = must(definitions().get('counterpart_renewal_decision'), 'the field').options.map(
      ({ value }) => value,
    );
    expect(values).toEqual(expect.arrayContaining(['maybe_later', 'exit', 'renew']));
    expect(new Set(values).size).toBe(values.length);
    expect(product.errors).toEqual([]);
  });
});
