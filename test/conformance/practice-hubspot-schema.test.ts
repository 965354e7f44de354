/** The practice portal's properties, associations, owners, pipelines and lists, fact by fact; titles or groups name the documenting page. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ApiCall,
  type PracticeForTest,
  apiFor,
  at,
  install,
  pageFor,
  practicePortal,
  startPractice,
  textAt,
} from '../support/practice.ts';

const PROPERTIES = '/crm/properties/2026-09/deals';
let practice: PracticeForTest;
let api: ApiCall;
let page: ApiCall;
beforeAll(async () => {
  practice = await startPractice();
  api = apiFor(practice, (await install(practice)).access_token);
  page = pageFor(practice);
});
afterAll(async () => practice.stop());
beforeEach(() => practice.clock.advance(10_001));

const definition = (name: string, more: object = {}): object => ({
  name,
  label: name,
  type: 'string',
  fieldType: 'text',
  groupName: 'dealinformation',
  ...more,
});

describe('HubSpot docs, Properties', () => {
  test('create needs name, label, type, fieldType and groupName', async () => {
    expect((await api('POST', PROPERTIES, definition('made'))).status).toBe(201);
    expect((await api('POST', PROPERTIES, { name: 'incomplete', label: 'x', type: 'string' })).status).toBe(400);
    expect((await api('POST', PROPERTIES, definition('odd', { type: 'colour' }))).status).toBe(400);
    expect((await api('POST', PROPERTIES, definition('homeless', { groupName: 'nowhere' }))).status).toBe(400);
  });

  test('a name that exists: 409 OBJECT_ALREADY_EXISTS, Properties.PROPERTY_WITH_NAME_EXISTS', async () => {
    await api('POST', PROPERTIES, definition('twice'));
    expect(await api('POST', PROPERTIES, definition('twice'))).toMatchObject({
      status: 409,
      body: { category: 'OBJECT_ALREADY_EXISTS', subCategory: 'Properties.PROPERTY_WITH_NAME_EXISTS' },
    });
  });

  test('batch create answers 201, or 207 when some names exist', async () => {
    const inputs = [definition('batch_one'), definition('batch_two')];
    expect((await api('POST', `${PROPERTIES}/batch/create`, { inputs })).status).toBe(201);
    const again = await api('POST', `${PROPERTIES}/batch/create`, {
      inputs: [definition('batch_two'), definition('batch_three')],
    });
    expect(again).toMatchObject({
      status: 207,
      body: { numErrors: 1, results: [{ name: 'batch_three' }], errors: [{ category: 'OBJECT_ALREADY_EXISTS' }] },
    });
  });

  test('there is no batch update', async () => {
    expect((await api('POST', `${PROPERTIES}/batch/update`, { inputs: [] })).status).toBe(404);
  });

  test('an archived property is hidden, and making its name again brings it back with its values', async () => {
    await api('POST', PROPERTIES, definition('returning'));
    const deal = textAt(
      (await api('POST', '/crm/objects/2026-09/deals', { properties: { dealname: 'D', returning: 'kept' } })).body,
      'id',
    );
    expect((await api('DELETE', `${PROPERTIES}/returning`)).status).toBe(204);
    expect((await api('GET', `${PROPERTIES}/returning`)).status).toBe(404);
    expect((await api('GET', `${PROPERTIES}/returning?archived=true`)).status).toBe(200);
    expect((await api('PATCH', `/crm/objects/2026-09/deals/${deal}`, { properties: { returning: 'x' } })).status).toBe(
      400,
    );
    expect((await api('POST', PROPERTIES, definition('returning'))).status).toBe(201);
    expect(
      at((await api('GET', `/crm/objects/2026-09/deals/${deal}?properties=returning`)).body, 'properties', 'returning'),
    ).toBe('kept');
  });

  test('PATCH of options replaces the whole list', async () => {
    const option = (value: string): object => ({ value, label: value, displayOrder: 0, hidden: false });
    await api(
      'POST',
      PROPERTIES,
      definition('choice', { type: 'enumeration', fieldType: 'select', options: [option('a'), option('b')] }),
    );
    const { body } = await api('PATCH', `${PROPERTIES}/choice`, { options: [option('c')] });
    expect(at(body, 'options')).toMatchObject([{ value: 'c' }]);
    expect(at(body, 'options')).toHaveLength(1);
  });

  test('hasUniqueValue cannot be changed later, and an object has ten such properties at most', async () => {
    await api('POST', PROPERTIES, definition('plain'));
    await api('PATCH', `${PROPERTIES}/plain`, { hasUniqueValue: true });
    expect(at((await api('GET', `${PROPERTIES}/plain`)).body, 'hasUniqueValue')).toBe(false);
    const made = [];
    for (let count = 0; count < 11; count += 1)
      made.push((await api('POST', PROPERTIES, definition(`unique_${count}`, { hasUniqueValue: true }))).status);
    expect(made).toEqual([...Array.from({ length: 10 }, () => 201), 400]);
  });

  test('a property that a list filters by cannot go: CANNOT_DELETE_PROPERTY_IN_USE', async () => {
    await api('POST', PROPERTIES, definition('in_use', { type: 'number', fieldType: 'number' }));
    const filters = [
      {
        filterType: 'PROPERTY',
        property: 'in_use',
        operation: { operationType: 'ALL_PROPERTY', operator: 'IS_KNOWN', includeObjectsWithNoValueSet: false },
      },
    ];
    const filterBranch = {
      filterBranchType: 'OR',
      filterBranches: [{ filterBranchType: 'AND', filterBranches: [], filters }],
      filters: [],
    };
    await api('POST', '/crm/lists/2026-09', {
      name: 'Uses it',
      objectTypeId: '0-3',
      processingType: 'DYNAMIC',
      filterBranch,
    });
    expect(await api('DELETE', `${PROPERTIES}/in_use`)).toMatchObject({
      status: 400,
      body: { subCategory: 'Properties.CANNOT_DELETE_PROPERTY_IN_USE' },
    });
  });

  test('a group with properties cannot go, an empty one can', async () => {
    await api('POST', `${PROPERTIES}/groups`, { name: 'ours', label: 'Ours' });
    await api('POST', PROPERTIES, definition('member', { groupName: 'ours' }));
    expect((await api('DELETE', `${PROPERTIES}/groups/ours`)).status).toBe(400);
    await api('DELETE', `${PROPERTIES}/member`);
    expect((await api('DELETE', `${PROPERTIES}/groups/ours`)).status).toBe(204);
  });

  test('standard properties exist on every object and cannot be redefined', async () => {
    const expected = {
      deals: ['dealname', 'amount', 'dealstage', 'pipeline', 'closedate', 'hubspot_owner_id'],
      companies: ['name', 'domain', 'city', 'country', 'industry'],
      tickets: [
        'subject',
        'content',
        'hs_pipeline_stage',
        'hs_ticket_priority',
        'closed_date',
        'first_agent_reply_date',
      ],
    };
    for (const [type, names] of Object.entries(expected)) {
      const results = at((await api('GET', `/crm/properties/2026-09/${type}`)).body, 'results');
      const found = Array.isArray(results) ? results.map((_, index) => at(results, index, 'name')) : [];
      expect(found).toEqual(expect.arrayContaining([...names, 'hs_lastmodifieddate', 'hs_merged_object_ids']));
    }
    expect((await api('PATCH', `${PROPERTIES}/amount`, { label: 'x' })).status).toBe(400);
  });
});

describe('HubSpot API specification, Limits tracking', () => {
  test('custom properties count against the account’s limit, and the limit refuses', async () => {
    const small = await startPractice({ portals: [practicePortal('1001', { customPropertyLimit: 2 })] });
    const call = apiFor(small, (await install(small)).access_token);
    await call('POST', PROPERTIES, definition('one'));
    const { body } = await call('GET', '/crm/limits/2026-09/custom-properties');
    expect(body).toMatchObject({
      overallUsage: 1,
      byObjectType: expect.arrayContaining([
        { objectTypeId: '0-3', singularLabel: 'deal', pluralLabel: 'deals', limit: 2, usage: 1, percentage: 50 },
      ]),
    });
    await call('POST', PROPERTIES, definition('two'));
    expect((await call('POST', PROPERTIES, definition('three'))).status).toBe(400);
    await small.stop();
  });
});

describe('HubSpot docs, Associations', () => {
  const make = async (type: string, properties: object): Promise<string> =>
    textAt((await api('POST', `/crm/objects/2026-09/${type}`, { properties })).body, 'id');
  const linked = async (from: string, to: string, id: string): Promise<unknown> =>
    at(
      (await api('POST', `/crm/associations/2026-09/${from}/${to}/batch/read`, { inputs: [{ id }] })).body,
      'results',
      0,
      'to',
    );
  const create = (from: string, to: string, input: object): ReturnType<ApiCall> =>
    api('POST', `/crm/associations/2026-09/${from}/${to}/batch/create`, { inputs: [input] });
  const spec = (associationTypeId: number): object[] => [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }];

  test('deal to company is 341 and company to deal 342, seen from either end', async () => {
    const [deal, company] = [await make('deals', { dealname: 'D' }), await make('companies', { name: 'C' })];
    await create('deals', 'companies', { from: { id: deal }, to: { id: company }, types: spec(341) });
    expect(await linked('deals', 'companies', deal)).toEqual([
      { toObjectId: company, associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 341, label: null }] },
    ]);
    expect(await linked('companies', 'deals', company)).toEqual([
      { toObjectId: deal, associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 342, label: null }] },
    ]);
  });

  test('the primary company is type 5, and a deal has one of them', async () => {
    const deal = await make('deals', { dealname: 'D' });
    const [first, second] = [await make('companies', { name: 'A' }), await make('companies', { name: 'B' })];
    for (const company of [first, second])
      await create('deals', 'companies', { from: { id: deal }, to: { id: company }, types: spec(5) });
    const links = await linked('deals', 'companies', deal);
    const primaries = Array.isArray(links)
      ? links.filter((_, index) => JSON.stringify(at(links, index)).includes('"Primary"'))
      : [];
    expect(primaries).toMatchObject([{ toObjectId: second }]);
    expect(links).toHaveLength(2);
  });

  test('a type id of another pair is refused', async () => {
    const [deal, company] = [await make('deals', { dealname: 'D' }), await make('companies', { name: 'C' })];
    const answer = await create('deals', 'companies', { from: { id: deal }, to: { id: company }, types: spec(342) });
    expect(answer).toMatchObject({ status: 207, body: { numErrors: 1, results: [] } });
  });

  test('records without links are named as errors of a 207', async () => {
    const deal = await make('deals', { dealname: 'Lonely' });
    const answer = await api('POST', '/crm/associations/2026-09/deals/companies/batch/read', {
      inputs: [{ id: deal }],
    });
    expect(answer).toMatchObject({
      status: 207,
      body: { results: [], numErrors: 1, errors: [{ category: 'OBJECT_NOT_FOUND' }] },
    });
  });

  test('archiving removes the link from both ends; the older v4 path does the same', async () => {
    const [ticket, company] = [
      await make('tickets', { subject: 'T', hs_pipeline_stage: '1' }),
      await make('companies', { name: 'C' }),
    ];
    await create('tickets', 'companies', { from: { id: ticket }, to: { id: company }, types: spec(339) });
    expect(await linked('companies', 'tickets', company)).toHaveLength(1);
    await api('POST', '/crm/v4/associations/tickets/companies/batch/archive', {
      inputs: [{ from: { id: ticket }, to: [{ id: company }] }],
    });
    expect(await linked('companies', 'tickets', company)).toBeUndefined();
  });

  test('1 000 inputs of a batch read at most', async () => {
    const inputs = Array.from({ length: 1_001 }, (_, index) => ({ id: String(index + 1) }));
    expect((await api('POST', '/crm/associations/2026-09/deals/companies/batch/read', { inputs })).status).toBe(400);
  });
});

describe('HubSpot API specification, Owners and Pipelines', () => {
  test('owners carry their user id and can be found by e-mail', async () => {
    const { body } = await api('GET', '/crm/owners/2026-09?email=rep%40example.com');
    expect(at(body, 'results')).toMatchObject([
      { type: 'PERSON', email: 'rep@example.com', userId: 77, archived: false },
    ]);
  });

  test('deal stages carry probability and isClosed, ticket stages their state', async () => {
    const deals = await api('GET', '/crm/pipelines/2026-09/deals');
    expect(JSON.stringify(deals.body)).toContain(
      '"id":"closedwon","label":"Closed Won","displayOrder":5,"metadata":{"probability":"1.0","isClosed":"true"}',
    );
    const tickets = await api('GET', '/crm/pipelines/2026-09/tickets/0/stages');
    expect(at(tickets.body, 'results', 3)).toMatchObject({ id: '4', metadata: { ticketState: 'CLOSED' } });
  });
});

describe('HubSpot API specification, Lists', () => {
  const inDays = (days: number): object => ({
    timeType: 'INDEXED',
    zoneId: 'UTC',
    indexReference: { referenceType: 'TODAY' },
    ...(days === 0 ? {} : { offset: { days } }),
  });
  const branch = (property: string, operation: object): object => ({
    filterBranchType: 'OR',
    filterBranchOperator: 'OR',
    filters: [],
    filterBranches: [
      {
        filterBranchType: 'AND',
        filterBranchOperator: 'AND',
        filterBranches: [],
        filters: [
          { filterType: 'PROPERTY', property, operation: { includeObjectsWithNoValueSet: false, ...operation } },
        ],
      },
    ],
  });
  const dueSoon = branch('list_date', {
    operationType: 'TIME_RANGED',
    type: 'TIME_RANGED',
    operator: 'IS_BETWEEN',
    lowerBoundTimePoint: inDays(0),
    upperBoundTimePoint: inDays(90),
  });
  const day = (ahead: number): string => new Date(practice.clock.now() + ahead * 86_400_000).toISOString().slice(0, 10);

  test('a dynamic list holds whatever meets its filter now', async () => {
    await api('POST', PROPERTIES, definition('list_date', { type: 'date', fieldType: 'date' }));
    const ids: string[] = [];
    for (const ahead of [-1, 0, 90, 91])
      ids.push(
        textAt(
          (await api('POST', '/crm/objects/2026-09/deals', { properties: { dealname: 'L', list_date: day(ahead) } }))
            .body,
          'id',
        ),
      );
    const made = await api('POST', '/crm/lists/2026-09', {
      name: 'Due in 90 days',
      objectTypeId: '0-3',
      processingType: 'DYNAMIC',
      filterBranch: dueSoon,
    });
    const listId = textAt(made.body, 'list', 'listId');
    expect(at(made.body, 'list', 'size')).toBe(2);
    const members = await api('GET', `/crm/lists/2026-09/${listId}/memberships`);
    expect(at(members.body, 'results')).toMatchObject([{ recordId: ids[1] }, { recordId: ids[2] }]);
  });

  test('a list can be fetched by name; its filter shows only when asked for', async () => {
    const path = '/crm/lists/2026-09/object-type-id/0-3/name/Due%20in%2090%20days';
    expect(at((await api('GET', path)).body, 'list', 'filterBranch')).toBeUndefined();
    expect(at((await api('GET', `${path}?includeFilters=true`)).body, 'list', 'filterBranch', 'filterBranchType')).toBe(
      'OR',
    );
  });

  test('a second list of the same name, and a filter on an unknown property, are refused', async () => {
    const input = { name: 'Due in 90 days', objectTypeId: '0-3', processingType: 'DYNAMIC', filterBranch: dueSoon };
    expect((await api('POST', '/crm/lists/2026-09', input)).status).toBe(400);
    const unknown = branch('nothing_such', { operationType: 'ALL_PROPERTY', operator: 'IS_KNOWN' });
    expect((await api('POST', '/crm/lists/2026-09', { ...input, name: 'Other', filterBranch: unknown })).status).toBe(
      400,
    );
  });

  test('creating a list needs crm.lists.write, deleting one crm.lists.read as well', async () => {
    const writer = apiFor(
      practice,
      (await install(practice, '1002', ['oauth', 'crm.lists.write', 'crm.objects.deals.read'])).access_token,
    );
    const filterBranch = branch('amount', { operationType: 'ALL_PROPERTY', operator: 'IS_KNOWN' });
    const input = { name: 'Known', objectTypeId: '0-3', processingType: 'DYNAMIC', filterBranch };
    const made = await writer('POST', '/crm/lists/2026-09', input);
    expect(made.status).toBe(200);
    const answer = await writer('DELETE', `/crm/lists/2026-09/${textAt(made.body, 'list', 'listId')}`);
    expect(answer).toMatchObject({ status: 403, body: { category: 'MISSING_SCOPES' } });
  });

  test('the list views show the same list as filters a person can change', async () => {
    const lists = at((await page('GET', '/practice/api/portals/1001/lists')).body);
    expect(lists).toContainEqual(
      expect.objectContaining({
        name: 'Due in 90 days',
        size: 2,
        filters: [{ property: 'list_date', operator: 'IN_NEXT_DAYS', value: '90' }],
      }),
    );
    const filters = encodeURIComponent(
      JSON.stringify([{ property: 'list_date', operator: 'IN_NEXT_DAYS', value: '90' }]),
    );
    expect(at((await page('GET', `/practice/api/portals/1001/objects/0-3?filters=${filters}`)).body, 'total')).toBe(2);
  });
});
