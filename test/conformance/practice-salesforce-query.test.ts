/** SOQL on the practice org, fact by fact; each title names the page that documents the fact. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../support/practice.ts';
import {
  type OrgAnswer,
  type OrgForTest,
  type RestCall,
  SECOND_USER_ID,
  logIn,
  restFor,
  startOrg,
} from '../support/practice-org.ts';

const DAY_MS = 86_400_000;
const RISKS = 'counterpart__Risk_Flags__c';

let practice: OrgForTest;
let rest: RestCall;
let accountId = '';
beforeAll(async () => {
  practice = await startOrg({ behaviour: { queryBatchMax: 3 } });
  rest = restFor(practice.org, (await logIn(practice.org)).access_token);
  const { people } = practice.org;
  accountId = people.create('Account', { Name: "O'Hara & Söhne", Website: 'https://ohara.example' });
  const deals = [
    { Name: 'Alpha', StageName: 'Closed Won', Amount: 100, AccountId: accountId, [RISKS]: 'no_sla;drift' },
    { Name: 'beta', StageName: 'Closed Won', Amount: 300, AccountId: accountId, [RISKS]: 'no_sla' },
    { Name: 'Gamma_1', StageName: 'Prospecting', Amount: 200 },
    { Name: 'Gammax1', StageName: 'Prospecting' },
  ];
  for (const deal of deals) people.create('Opportunity', { CloseDate: '2027-01-31', ...deal });
});
afterAll(async () => practice.stop());

const ask = (soql: string, call: RestCall = rest): Promise<OrgAnswer> =>
  call('GET', `/query?q=${encodeURIComponent(soql)}`);
const records = async (soql: string): Promise<readonly unknown[]> => {
  const answer = await ask(soql);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return Object.values(at(answer.body, 'records') ?? {});
};
const names = async (where: string): Promise<readonly unknown[]> =>
  (await records(`SELECT Name FROM Opportunity WHERE ${where} ORDER BY Name`)).map((one) => at(one, 'Name'));

describe('SOQL guide, Comparison operators', () => {
  test('text is compared without regard to case; LIKE knows %, _ and their escapes', async () => {
    expect(await names("Name = 'ALPHA'")).toEqual(['Alpha']);
    expect(await names("Name LIKE 'gamma_1'")).toEqual(['Gamma_1', 'Gammax1']);
    expect(await names("Name LIKE 'Gamma\\_1'")).toEqual(['Gamma_1']);
    expect(await names("Name LIKE '%A'")).toEqual(['Alpha', 'beta']);
  });

  test('!= and NOT IN let empty values through, < and > do not', async () => {
    expect(await names('Amount != 100')).toEqual(['beta', 'Gamma_1', 'Gammax1']);
    expect(await names('Amount NOT IN (100, 300)')).toEqual(['Gamma_1', 'Gammax1']);
    expect(await names('Amount < 1000')).toEqual(['Alpha', 'beta', 'Gamma_1']);
    expect(await names('Amount = null')).toEqual(['Gammax1']);
  });

  test('INCLUDES takes alternatives, each of values that must all be there', async () => {
    expect(await names(`${RISKS} INCLUDES ('no_sla;drift')`)).toEqual(['Alpha']);
    expect(await names(`${RISKS} INCLUDES ('no_sla;drift', 'no_sla')`)).toEqual(['Alpha', 'beta']);
    expect(await names(`${RISKS} EXCLUDES ('drift')`)).toEqual(['beta', 'Gamma_1', 'Gammax1']);
  });

  test('ids match in both lengths, in lists and in subqueries', async () => {
    expect(await names(`AccountId = '${accountId.slice(0, 15)}'`)).toEqual(['Alpha', 'beta']);
    expect(await names("AccountId IN (SELECT Id FROM Account WHERE Name = 'O\\'Hara & Söhne')")).toEqual([
      'Alpha',
      'beta',
    ]);
  });
});

describe('SOQL guide, Logical operators', () => {
  test('parentheses decide, NOT negates what follows', async () => {
    expect(await names("(Name = 'Alpha' OR Name = 'beta') AND Amount > 100")).toEqual(['beta']);
    expect(await names("NOT (Name = 'Alpha' OR Name = 'beta')")).toEqual(['Gamma_1', 'Gammax1']);
    expect(await names("(NOT Name LIKE 'Gamma%') AND Amount < 200")).toEqual(['Alpha']);
  });

  test('AND and OR on one level need parentheses', async () => {
    const answer = await ask("SELECT Id FROM Opportunity WHERE Name = 'a' AND Name = 'b' OR Name = 'c'");
    expect([answer.status, at(answer.body, 0, 'errorCode')]).toEqual([400, 'MALFORMED_QUERY']);
  });
});

describe('SOQL guide, Date formats and date literals', () => {
  const day = (offset: number): string => new Date(practice.clock.now() + offset * DAY_MS).toISOString().slice(0, 10);
  const on = async (literal: string, offset: number): Promise<boolean> => {
    practice.org.people.edit('Opportunity', await idOf('Alpha'), { CloseDate: day(offset) });
    return (await names(`Name = 'Alpha' AND CloseDate ${literal}`)).length === 1;
  };
  const idOf = async (name: string): Promise<string> =>
    String(at((await records(`SELECT Id FROM Opportunity WHERE Name = '${name}'`))[0], 'Id'));

  test('NEXT_N_DAYS starts tomorrow, LAST_N_DAYS ends today', async () => {
    expect([
      await on('= NEXT_N_DAYS:3', 0),
      await on('= NEXT_N_DAYS:3', 1),
      await on('= NEXT_N_DAYS:3', 3),
      await on('= NEXT_N_DAYS:3', 4),
    ]).toEqual([false, true, true, false]);
    expect([await on('= LAST_N_DAYS:3', 0), await on('= LAST_N_DAYS:3', -3), await on('= LAST_N_DAYS:3', -4)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('a literal is a span: > is after its end, <= before its end', async () => {
    expect([await on('> TODAY', 0), await on('>= TODAY', 0), await on('<= TODAY', 0), await on('< TODAY', -1)]).toEqual(
      [false, true, true, true],
    );
    expect([
      await on('<= NEXT_N_DAYS:90', 90),
      await on('<= NEXT_N_DAYS:90', 91),
      await on('= THIS_YEAR', 400),
    ]).toEqual([true, false, false]);
  });

  test('today is the day in the time zone of the user', async () => {
    const as = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    const next = new Date(practice.clock.now());
    next.setUTCHours(24 + 20, 0, 0, 0);
    practice.clock.advance(next.getTime() - practice.clock.now());
    const { access_token: token } = await logIn(practice.org);
    rest = restFor(practice.org, token);
    const asToo = restFor(practice.org, (await logIn(practice.org, SECOND_USER_ID)).access_token);
    expect(as).not.toBe(asToo);
    practice.org.people.edit('Opportunity', await idOf('Alpha'), { CloseDate: day(1) });
    const soql = "SELECT Id FROM Opportunity WHERE Name = 'Alpha' AND CloseDate = TODAY";
    // Eight in the evening in London is tomorrow in Shanghai.
    expect(at((await ask(soql)).body, 'totalSize')).toBe(0);
    expect(at((await ask(soql, asToo)).body, 'totalSize')).toBe(1);
  });

  test('instants are written without quotes, with Z or an offset', async () => {
    expect((await records('SELECT Id FROM Account WHERE CreatedDate > 2020-01-01T00:00:00Z')).length).toBe(1);
    expect((await records('SELECT Id FROM Account WHERE CreatedDate > 2020-01-01T00:00:00+08:00')).length).toBe(1);
    expect(at((await ask("SELECT Id FROM Account WHERE CreatedDate > '2020-01-01'")).body, 0, 'errorCode')).toBe(
      'INVALID_FIELD',
    );
  });
});

describe('SOQL guide, Relationship queries', () => {
  test('parents come nested with their attributes, a missing one as null', async () => {
    const [alpha, gamma] = await records(
      "SELECT Name, Account.Name, Account.Owner.Email FROM Opportunity WHERE Name IN ('Alpha', 'Gamma_1') ORDER BY Name",
    );
    expect(alpha).toMatchObject({
      Account: {
        attributes: { type: 'Account' },
        Name: "O'Hara & Söhne",
        Owner: { Email: 'admin@practice-org.example' },
      },
    });
    expect(at(gamma, 'Account')).toBeNull();
    expect(await names("Account.Website = 'https://ohara.example'")).toEqual(['Alpha', 'beta']);
  });

  test('children come as a list of their own, null when there are none', async () => {
    const [account] = await records(
      'SELECT Id, (SELECT Name FROM Opportunities WHERE Amount > 100 ORDER BY Name), (SELECT Id FROM Cases) FROM Account',
    );
    expect(at(account, 'Opportunities')).toMatchObject({ totalSize: 1, done: true, records: [{ Name: 'beta' }] });
    expect(at(account, 'Cases')).toBeNull();
  });
});

describe('SOQL guide, Aggregate functions, GROUP BY and HAVING', () => {
  test('COUNT() answers a number without records', async () => {
    expect((await ask('SELECT COUNT() FROM Opportunity')).body).toEqual({ totalSize: 4, done: true, records: [] });
  });

  test('groups with aliases and numbered expressions', async () => {
    const rows = await records(
      'SELECT StageName, COUNT(Id) n, SUM(Amount), MAX(Name) FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY SUM(Amount)',
    );
    expect(rows).toEqual([
      { attributes: { type: 'AggregateResult' }, StageName: 'Prospecting', n: 2, expr0: 200, expr1: 'Gammax1' },
      { attributes: { type: 'AggregateResult' }, StageName: 'Closed Won', n: 2, expr0: 400, expr1: 'beta' },
    ]);
  });
});

describe('REST guide, Query: errors', () => {
  const errorOf = async (soql: string): Promise<readonly unknown[]> => {
    const answer = await ask(soql);
    expect(answer.status).toBe(400);
    return [at(answer.body, 0, 'errorCode'), String(at(answer.body, 0, 'message'))];
  };

  test('unknown field, unknown object, unknown relationship, broken query', async () => {
    const [code, message] = await errorOf('SELECT Nonsense FROM Account');
    expect(code).toBe('INVALID_FIELD');
    expect(message).toContain("ERROR at Row:1:Column:8\nNo such column 'Nonsense' on entity 'Account'");
    expect((await errorOf('SELECT Id FROM Nonsense__c'))[0]).toBe('INVALID_TYPE');
    expect((await errorOf('SELECT Nonsense__r.Id FROM Account'))[0]).toBe('INVALID_FIELD');
    expect((await errorOf('SELECT Id FORM Account'))[0]).toBe('MALFORMED_QUERY');
    expect((await errorOf(''))[0]).toBe('MALFORMED_QUERY');
  });

  test('a value of another kind, a broken id, a long text in a condition', async () => {
    expect((await errorOf('SELECT Id FROM Account WHERE Name = 3'))[1]).toContain('must be of type string');
    expect((await errorOf("SELECT Id FROM Account WHERE Id = 'nonsense'"))[0]).toBe('INVALID_QUERY_FILTER_OPERATOR');
    expect((await errorOf("SELECT Id FROM Account WHERE Description = 'x'"))[1]).toContain('can not be filtered');
  });

  test('an offset beyond 2,000', async () => {
    expect((await errorOf('SELECT Id FROM Account OFFSET 2001'))[0]).toBe('NUMBER_OUTSIDE_VALID_RANGE');
  });
});

describe('REST guide, Query: further pages', () => {
  test('nextRecordsUrl leads through all pages, and the total stays', async () => {
    const first = await ask('SELECT Name FROM Opportunity ORDER BY Name');
    expect(at(first.body, 'done')).toBe(false);
    const second = await rest('GET', String(at(first.body, 'nextRecordsUrl')));
    expect(second.body).toMatchObject({ totalSize: 4, done: true, records: [{ Name: 'Gammax1' }] });
  });

  test('a locator dies of age, and when ten newer ones of the user push it out', async () => {
    const locators: string[] = [];
    for (let count = 0; count < 11; count += 1)
      locators.push(String(at((await ask('SELECT Id FROM Opportunity')).body, 'nextRecordsUrl')));
    const expired = await rest('GET', locators[0] ?? '');
    expect([expired.status, at(expired.body, 0, 'errorCode')]).toEqual([400, 'INVALID_QUERY_LOCATOR']);
    expect((await rest('GET', locators[1] ?? '')).status).toBe(200);
    practice.org.setBehaviour({ queryLocatorTtlMs: 1 });
    practice.clock.advance(10);
    expect(at((await rest('GET', locators[2] ?? '')).body, 0, 'errorCode')).toBe('INVALID_QUERY_LOCATOR');
    practice.org.setBehaviour({ queryLocatorTtlMs: DAY_MS });
  });

  test('deleted rows show in queryAll only', async () => {
    const id = practice.org.people.create('Opportunity', {
      Name: 'Deleted',
      StageName: 'Prospecting',
      CloseDate: '2027-01-31',
    });
    practice.org.people.delete('Opportunity', id);
    const soql = encodeURIComponent("SELECT Id, IsDeleted FROM Opportunity WHERE Name = 'Deleted'");
    expect(at((await rest('GET', `/query?q=${soql}`)).body, 'totalSize')).toBe(0);
    expect(at((await rest('GET', `/queryAll?q=${soql}`)).body, 'records', 0, 'IsDeleted')).toBe(true);
  });
});

test('REST guide, Query Options header: batchSize stays between 200 and 2,000', async () => {
  const big = await startOrg({
    seed: () => ({
      records: {
        Account: Array.from({ length: 450 }, (_, index) => ({
          id: `001SEED0000${String(index).padStart(4, '0')}`,
          values: { Name: `A${index}` },
          createdAt: '2026-01-01T00:00:00Z',
        })),
      },
    }),
  });
  const call = restFor(big.org, (await logIn(big.org)).access_token);
  const size = async (header: string): Promise<number> => {
    const { body } = await call('GET', '/query?q=SELECT+Id+FROM+Account', undefined, {
      'sforce-query-options': header,
    });
    return Object.keys(at(body, 'records') ?? {}).length;
  };
  expect([await size('batchSize=10'), await size('batchSize=300'), await size('batchSize=9000')]).toEqual([
    200, 300, 450,
  ]);
  await big.stop();
});
