/** The practice portal's objects API, fact by fact; each title or its group names the page that documents the fact. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiCall,
  type PracticeForTest,
  apiFor,
  at,
  install,
  pageFor,
  startPractice,
  textAt,
} from '../support/practice.ts';

const DEALS = '/crm/objects/2026-09/deals';
let practice: PracticeForTest;
let api: ApiCall;
let page: ApiCall;
beforeAll(async () => {
  practice = await startPractice();
  api = apiFor(practice, (await install(practice)).access_token);
  page = pageFor(practice);
  const group = { groupName: 'dealinformation', type: 'string', fieldType: 'text' };
  await api('POST', '/crm/properties/2026-09/deals', {
    ...group,
    name: 'external_key',
    label: 'Key',
    hasUniqueValue: true,
  });
  await api('POST', '/crm/properties/2026-09/deals', {
    ...group,
    name: 'renewal',
    label: 'Renewal',
    type: 'date',
    fieldType: 'date',
  });
  const flags = ['silent', 'window', 'breach'].map((value, displayOrder) => ({
    value,
    label: value,
    displayOrder,
    hidden: false,
  }));
  await api('POST', '/crm/properties/2026-09/deals', {
    ...group,
    name: 'flags',
    label: 'Flags',
    type: 'enumeration',
    fieldType: 'checkbox',
    options: flags,
  });
});
afterAll(async () => practice.stop());

async function makeDeal(properties: Record<string, string> = {}): Promise<string> {
  practice.clock.advance(200);
  const { body } = await api('POST', DEALS, { properties: { dealname: 'Deal', ...properties } });
  return textAt(body, 'id');
}

describe('HubSpot docs, Using object APIs: single records', () => {
  test('create answers 201 with the record and its default properties', async () => {
    const answer = await api('POST', DEALS, {
      properties: { dealname: 'New', amount: '1200', dealstage: 'contractsent' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      archived: false,
      properties: { dealname: 'New', amount: '1200', dealstage: 'contractsent', pipeline: 'default' },
    });
  });

  test('record ids exceed 32 bits and come as text', async () => {
    expect(Number(await makeDeal())).toBeGreaterThan(2 ** 32);
  });

  test('an object is addressed by plural name or type id alike', async () => {
    const id = await makeDeal();
    expect((await api('GET', `/crm/objects/2026-09/0-3/${id}`)).status).toBe(200);
  });

  test('get answers only the properties asked for beside id and dates, ignores unknown names, and shows empty ones as null', async () => {
    const id = await makeDeal({ amount: '5' });
    const { body } = await api('GET', `${DEALS}/${id}?properties=amount,closedate,no_such_property`);
    expect(at(body, 'properties')).toEqual({
      amount: '5',
      closedate: null,
      createdate: expect.any(String),
      hs_lastmodifieddate: expect.any(String),
      hs_object_id: id,
    });
  });

  test('history lists newest first, with time, source type and the writing app', async () => {
    const id = await makeDeal({ amount: '1' });
    practice.clock.advance(1_000);
    await page('PATCH', `/practice/api/portals/1001/objects/0-3/${id}`, { properties: { amount: '2' } });
    const { body } = await api('GET', `${DEALS}/${id}?propertiesWithHistory=amount`);
    expect(at(body, 'propertiesWithHistory', 'amount')).toMatchObject([
      { value: '2', sourceType: 'CRM_UI', sourceId: 'userId:77', updatedByUserId: 77 },
      { value: '1', sourceType: 'INTEGRATION', sourceId: '4242' },
    ]);
  });

  test('a list page has 10 records unless asked, 100 at most, and a cursor to the next', async () => {
    for (let count = 0; count < 12; count += 1) await makeDeal();
    const first = await api('GET', DEALS);
    expect(at(first.body, 'results')).toHaveLength(10);
    const after = textAt(first.body, 'paging', 'next', 'after');
    const second = await api('GET', `${DEALS}?after=${after}&limit=100`);
    expect(textAt(second.body, 'results', 0, 'id')).toBe(after);
    expect(at(second.body, 'paging')).toBeUndefined();
    expect((await api('GET', `${DEALS}?limit=101`)).status).toBe(400);
  });

  test('delete moves to the recycle bin: gone from get, still listed with archived=true', async () => {
    const id = await makeDeal();
    expect((await api('DELETE', `${DEALS}/${id}`)).status).toBe(204);
    expect((await api('GET', `${DEALS}/${id}`)).status).toBe(404);
    expect(await api('GET', `${DEALS}/${id}?archived=true`)).toMatchObject({
      status: 200,
      body: { archived: true, archivedAt: expect.any(String) },
    });
    const { body } = await api('GET', `${DEALS}?archived=true&limit=100`);
    expect(JSON.stringify(body)).toContain(id);
  });

  test('only a person can restore; the record comes back under its id', async () => {
    const id = await makeDeal();
    await api('DELETE', `${DEALS}/${id}`);
    await page('POST', `/practice/api/portals/1001/objects/0-3/${id}/restore`);
    expect((await api('GET', `${DEALS}/${id}`)).status).toBe(200);
  });

  test('associations can be made inline on create only', async () => {
    const company = await api('POST', '/crm/objects/2026-09/companies', { properties: { name: 'Vendor' } });
    const companyId = textAt(company.body, 'id');
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 5 }];
    const { body } = await api('POST', DEALS, {
      properties: { dealname: 'Linked' },
      associations: [{ to: { id: companyId }, types }],
    });
    const deal = await api('GET', `${DEALS}/${textAt(body, 'id')}?associations=companies`);
    expect(at(deal.body, 'associations', 'companies', 'results', 0, 'id')).toBe(companyId);
  });
});

describe('HubSpot docs, Error handling and Properties: writes that are refused', () => {
  test('an unknown property: 400 VALIDATION_ERROR with PROPERTY_DOESNT_EXIST', async () => {
    const answer = await api('POST', DEALS, { properties: { no_such_property: 'x' } });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        status: 'error',
        category: 'VALIDATION_ERROR',
        correlationId: expect.any(String),
        errors: [{ code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['no_such_property'] } }],
      },
    });
    expect(textAt(answer.body, 'message')).toContain('Property values were not valid: [{"isValid":false');
  });

  test('a value outside the options: INVALID_OPTION, and enumeration values keep their case', async () => {
    expect(await api('POST', DEALS, { properties: { dealstage: 'CLOSEDWON' } })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'INVALID_OPTION' }] },
    });
  });

  test('one refused value refuses the whole write', async () => {
    const id = await makeDeal({ amount: '1' });
    expect((await api('PATCH', `${DEALS}/${id}`, { properties: { amount: '2', renewal: 'soon' } })).status).toBe(400);
    expect(at((await api('GET', `${DEALS}/${id}`)).body, 'properties', 'amount')).toBe('1');
  });

  test('a date takes YYYY-MM-DD or midnight-UTC milliseconds, and nothing between midnights', async () => {
    const id = await makeDeal();
    const write = async (renewal: string): Promise<unknown> => {
      const answer = await api('PATCH', `${DEALS}/${id}`, { properties: { renewal } });
      return answer.status === 200 ? at(answer.body, 'properties', 'renewal') : answer.status;
    };
    expect(await write('2027-02-28')).toBe('2027-02-28');
    expect(await write(String(Date.UTC(2027, 2, 1)))).toBe('2027-03-01');
    expect(await write(String(Date.UTC(2027, 2, 1, 5)))).toBe(400);
    expect(await write('2027-02-30')).toBe(400);
  });

  test('an empty string clears a property', async () => {
    const id = await makeDeal({ renewal: '2027-01-01' });
    const { body } = await api('PATCH', `${DEALS}/${id}`, { properties: { renewal: '' } });
    expect(at(body, 'properties', 'renewal')).toBeNull();
  });

  test('multiple checkboxes are joined by semicolons; a leading semicolon adds to what is there', async () => {
    const id = await makeDeal({ flags: 'silent;window' });
    const { body } = await api('PATCH', `${DEALS}/${id}`, { properties: { flags: ';breach' } });
    expect(at(body, 'properties', 'flags')).toBe('silent;window;breach');
  });

  test('text ends at 65 536 characters', async () => {
    const id = await makeDeal();
    expect((await api('PATCH', `${DEALS}/${id}`, { properties: { dealname: 'x'.repeat(65_536) } })).status).toBe(200);
    expect((await api('PATCH', `${DEALS}/${id}`, { properties: { dealname: 'x'.repeat(65_537) } })).status).toBe(400);
  });

  test('a unique value belongs to one record', async () => {
    await makeDeal({ external_key: 'taken' });
    expect((await api('POST', DEALS, { properties: { external_key: 'taken' } })).status).toBe(400);
  });

  test('read-only properties cannot be written', async () => {
    expect(await api('POST', DEALS, { properties: { hs_lastmodifieddate: '2020-01-01' } })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'READ_ONLY_VALUE' }] },
    });
  });
});

describe('HubSpot docs, Using object APIs: batches', () => {
  const batch = (operation: string, inputs: readonly unknown[], more: object = {}): ReturnType<ApiCall> =>
    api('POST', `${DEALS}/batch/${operation}`, { inputs, ...more });

  test('100 inputs at most, 50 when history is asked for', async () => {
    const inputs = (count: number): unknown[] =>
      Array.from({ length: count }, (_, index) => ({ id: String(index + 1) }));
    expect((await batch('read', inputs(100))).status).toBe(207);
    expect((await batch('read', inputs(101))).status).toBe(400);
    expect((await batch('read', inputs(51), { propertiesWithHistory: ['amount'] })).status).toBe(400);
  });

  test('batch read answers 207 with the found records and names the missing ids', async () => {
    const id = await makeDeal();
    const answer = await batch('read', [{ id }, { id: '999' }]);
    expect(answer).toMatchObject({
      status: 207,
      body: {
        status: 'COMPLETE',
        results: [{ id }],
        numErrors: 1,
        errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['999'] } }],
      },
    });
  });

  test('batch read finds by a unique property', async () => {
    const id = await makeDeal({ external_key: 'by-key' });
    expect(await batch('read', [{ id: 'by-key' }], { idProperty: 'external_key' })).toMatchObject({
      status: 200,
      body: { results: [{ id }] },
    });
    expect((await batch('read', [{ id: 'x' }], { idProperty: 'dealname' })).status).toBe(400);
  });

  test('upsert creates once and then updates: new true, then false', async () => {
    const input = { id: 'upserted', idProperty: 'external_key', properties: { dealname: 'First' } };
    const first = await batch('upsert', [input]);
    const second = await batch('upsert', [{ ...input, properties: { dealname: 'Second' } }]);
    expect(at(first.body, 'results', 0, 'new')).toBe(true);
    expect(second.body).toMatchObject({
      results: [{ new: false, id: textAt(first.body, 'results', 0, 'id'), properties: { dealname: 'Second' } }],
    });
  });

  test('without trace ids one fault refuses the whole batch and nothing is written', async () => {
    const id = await makeDeal({ amount: '1' });
    const answer = await batch('update', [
      { id, properties: { amount: '2' } },
      { id: '999', properties: { amount: '3' } },
    ]);
    expect(answer.status).toBe(400);
    expect(at((await api('GET', `${DEALS}/${id}`)).body, 'properties', 'amount')).toBe('1');
  });

  test('with a trace id on each input a partial failure is 207 and names the faulty input by it (Error handling: multi-status)', async () => {
    const inputs = [
      { objectWriteTraceId: 'good', properties: { dealname: 'Good' } },
      { objectWriteTraceId: 'bad', properties: { amount: 'a lot' } },
    ];
    const answer = await batch('create', inputs);
    expect(answer).toMatchObject({
      status: 207,
      body: {
        numErrors: 1,
        results: [{ objectWriteTraceId: 'good' }],
        errors: [{ status: 'error', category: 'VALIDATION_ERROR', context: { objectWriteTraceId: ['bad'] } }],
      },
    });
  });

  test('whether update answers 207 is not documented, so both readings can be had', async () => {
    const id = await makeDeal();
    const inputs = [
      { id, objectWriteTraceId: 'a', properties: { amount: '7' } },
      { id: '999', objectWriteTraceId: 'b', properties: { amount: '7' } },
    ];
    expect((await batch('update', inputs)).status).toBe(207);
    await page('PUT', '/practice/api/behaviour', { multiStatus: { create: true, update: false, upsert: false } });
    expect((await batch('update', inputs)).status).toBe(400);
    await page('PUT', '/practice/api/behaviour', { multiStatus: { create: true, update: true, upsert: true } });
  });

  test('batch archive answers 204 and takes ids that are gone already', async () => {
    const id = await makeDeal();
    expect((await batch('archive', [{ id }, { id }, { id: '999' }])).status).toBe(204);
    expect((await api('GET', `${DEALS}/${id}`)).status).toBe(404);
  });
});

describe('HubSpot docs, Using object APIs: merging', () => {
  test('a merge makes a third id, lists the old ones, and lets the primary’s values win', async () => {
    const primary = await makeDeal({ dealname: 'Primary', amount: '1' });
    const other = await makeDeal({ dealname: 'Other', amount: '2', renewal: '2027-05-01' });
    const answer = await api('POST', `${DEALS}/merge`, { primaryObjectId: primary, objectIdToMerge: other });
    const id = textAt(answer.body, 'id');
    expect([primary, other]).not.toContain(id);
    const { body } = await api('GET', `${DEALS}/${id}?properties=dealname,amount,renewal,hs_merged_object_ids`);
    expect(at(body, 'properties')).toMatchObject({
      dealname: 'Primary',
      amount: '1',
      renewal: '2027-05-01',
      hs_merged_object_ids: `${primary};${other}`,
    });
  });

  test('old ids still answer to single GET and PATCH, but not to batch update', async () => {
    const [primary, other] = [await makeDeal(), await makeDeal()];
    const id = textAt(
      (await api('POST', `${DEALS}/merge`, { primaryObjectId: primary, objectIdToMerge: other })).body,
      'id',
    );
    expect(textAt((await api('GET', `${DEALS}/${other}`)).body, 'id')).toBe(id);
    expect(await api('PATCH', `${DEALS}/${primary}`, { properties: { amount: '9' } })).toMatchObject({
      status: 200,
      body: { id },
    });
    expect(
      (await api('POST', `${DEALS}/batch/update`, { inputs: [{ id: other, properties: { amount: '3' } }] })).status,
    ).toBe(400);
  });

  test('links of both records move to the merged one', async () => {
    const company = textAt(
      (await api('POST', '/crm/objects/2026-09/companies', { properties: { name: 'C' } })).body,
      'id',
    );
    const [primary, other] = [await makeDeal(), await makeDeal()];
    await api('PUT', `${DEALS}/${other}/associations/default/companies/${company}`);
    const id = textAt(
      (await api('POST', `${DEALS}/merge`, { primaryObjectId: primary, objectIdToMerge: other })).body,
      'id',
    );
    const { body } = await api('GET', `/crm/objects/2026-09/companies/${company}?associations=deals`);
    expect(at(body, 'associations', 'deals', 'results')).toEqual([{ id, type: 'company_to_deal' }]);
  });
});

describe('HubSpot docs, Using object APIs and Properties: unique values over a record’s life', () => {
  const upsert = async (key: string): Promise<{ id: string; isNew: unknown }> => {
    practice.clock.advance(200);
    const { body } = await api('POST', `${DEALS}/batch/upsert`, {
      inputs: [{ id: key, idProperty: 'external_key', properties: { dealname: key } }],
    });
    return { id: textAt(body, 'results', 0, 'id'), isNew: at(body, 'results', 0, 'new') };
  };

  test('a value follows the record through change, archive, restore and merge', async () => {
    const { id } = await upsert('first-key');
    await api('PATCH', `${DEALS}/${id}`, { properties: { external_key: 'second-key' } });
    expect(await upsert('second-key')).toEqual({ id, isNew: false });
    await api('DELETE', `${DEALS}/${id}`);
    const other = await upsert('third-key');
    expect(other.isNew).toBe(true);
    await page('POST', `/practice/api/portals/1001/objects/0-3/${id}/restore`);
    expect(await upsert('second-key')).toEqual({ id, isNew: false });
    const merged = await api('POST', `${DEALS}/merge`, { primaryObjectId: id, objectIdToMerge: other.id });
    expect(await upsert('second-key')).toEqual({ id: textAt(merged.body, 'id'), isNew: false });
  });
});

describe('HubSpot knowledge base, Default ticket properties', () => {
  test('a ticket that moves to a closed status gets its close date, unless the write gives one', async () => {
    const make = async (): Promise<string> =>
      textAt(
        (await api('POST', '/crm/objects/2026-09/tickets', { properties: { subject: 'T', hs_pipeline_stage: '1' } }))
          .body,
        'id',
      );
    const close = async (id: string, more: object = {}): Promise<unknown> => {
      await api('PATCH', `/crm/objects/2026-09/tickets/${id}`, { properties: { hs_pipeline_stage: '4', ...more } });
      const { body } = await api('GET', `/crm/objects/2026-09/tickets/${id}?properties=closed_date`);
      return at(body, 'properties', 'closed_date');
    };
    expect(await close(await make())).toMatch(/^\d{4}-\d{2}-\d{2}T/);
    expect(await close(await make(), { closed_date: '2026-01-02T03:04:05Z' })).toBe('2026-01-02T03:04:05.000Z');
  });
});
