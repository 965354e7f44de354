import { beforeAll, describe, expect, test } from 'vitest';
import { contractList, importCheck, type ImportOptions, importView } from '../../app/wire/workspace.ts';
import { useDatabase } from '../support/database.ts';
import { at } from '../support/practice.ts';
import { type Answer, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
let workspaceId = '';

beforeAll(async () => {
  workspaceId = (await api.install()).workspaceId;
});

const HEADER = '合同编号,合同名称,供应商,生效日期,到期日,合同金额,币种,状态';
const upload = (text: string, fileName = 'register.csv'): Promise<Answer> =>
  api.page('POST', `/v1/imports?fileName=${encodeURIComponent(fileName)}`, new TextEncoder().encode(text), {
    'content-type': 'application/octet-stream',
  });

async function uploaded(text: string) {
  const answer = await upload(text);
  expect(answer.status).toBe(201);
  return importView.parse(answer.body);
}

const check = async (id: string, options: ImportOptions) =>
  importCheck.parse((await api.page('POST', `/v1/imports/${id}/check`, options)).body);
const commit = (id: string, options: ImportOptions, skipInvalid = false): Promise<Answer> =>
  api.page('POST', `/v1/imports/${id}/commit`, { options, skipInvalid });
const stored = async (text: string) =>
  contractList.parse((await api.page('GET', `/v1/contracts?text=${encodeURIComponent(text)}`)).body);

describe('a register in Chinese', () => {
  test('is understood by its headers, checked, and imported in one go', async () => {
    const view = await uploaded(
      `${HEADER}\nCN-1,云服务采购合同,云岫软件（上海）有限公司,2026年1月1日,2027-12-31,"12万",CNY,履行中\n`,
    );
    expect(view.columns.map(({ suggested }) => suggested)).toEqual([
      'number',
      'title',
      'counterparty',
      'effectiveDate',
      'endDate',
      'value',
      'currency',
      'stage',
    ]);
    expect(await check(view.id, view.options)).toMatchObject({ create: 1, invalid: 0 });
    expect((await stored('CN-1')).total).toBe(0);
    const done = importView.parse((await commit(view.id, view.options)).body);
    expect(done).toMatchObject({ state: 'committed', counts: { created: 1, updated: 0, skipped: 0, invalid: 0 } });
    const [contract] = (await stored('CN-1')).results;
    expect(contract).toMatchObject({
      title: '云服务采购合同',
      counterparty: '云岫软件（上海）有限公司',
      stage: 'active',
      endDate: '2027-12-31',
      value: { minor: '12000000', currency: 'CNY' },
    });
  });

  test('cannot be committed twice', async () => {
    const view = await uploaded(`${HEADER}\nCN-2,甲,乙方公司,2026-01-01,2026-12-31,1,CNY,草稿\n`);
    expect((await commit(view.id, view.options)).status).toBe(200);
    const again = await commit(view.id, view.options);
    expect([again.status, at(again.body, 'reason')]).toEqual([422, 'already_committed']);
  });
});

describe('nothing is half imported', () => {
  test('one wrong row stops all of them unless the person says to leave it out', async () => {
    const view = await uploaded(
      `${HEADER}\nH-1,Good,Vendor,2026-01-01,2026-12-31,1,USD,draft\nH-2,Bad,Vendor,03/04/2026,2026-12-31,1,USD,draft\n`,
    );
    const checked = await check(view.id, view.options);
    expect(checked).toMatchObject({ create: 1, invalid: 1 });
    expect(checked.errors).toEqual([
      { row: 3, column: '生效日期', field: 'effectiveDate', code: 'ambiguous_date', value: '03/04/2026' },
    ]);
    const refused = await commit(view.id, view.options);
    expect([refused.status, at(refused.body, 'reason')]).toEqual([422, 'rows_invalid']);
    expect((await stored('H-1')).total).toBe(0);
    expect((await commit(view.id, { ...view.options, dateFormat: 'day_first' })).status).toBe(200);
    expect((await stored('H-2')).results[0]?.effectiveDate).toBe('2026-04-03');
  });

  test('a contract that appears between check and commit stops the whole import', async () => {
    const view = await uploaded(`${HEADER}\nR-1,First,Vendor,,,,,\nR-2,Second,Vendor,,,,,\n`);
    await check(view.id, view.options);
    // The row is judged against the store as it is at the commit; a write after that is what the constraint catches.
    const imports = api.server.services.parts.imports;
    const original = imports.findByNumber.bind(imports);
    Object.assign(imports, { findByNumber: () => Promise.resolve([]) });
    await database.admin.query(
      `INSERT INTO contract (workspace_id, id, number, title, side, stage, renewal_kind, changed_at, created_at, updated_at)
       VALUES ($1, gen_random_uuid(), 'R-2', 'Meanwhile', 'buy', 'draft', 'none', '{}', now(), now())`,
      [workspaceId],
    );
    const refused = await commit(view.id, view.options);
    Object.assign(imports, { findByNumber: original });
    expect(at(refused.body, 'code')).toBe('revision_conflict');
    expect((await stored('R-1')).total).toBe(0);
  });
});

describe('a large register', () => {
  test('tells open pages how far it is, in steps that never go back, and is still one transaction', {
    timeout: 60_000,
  }, async () => {
    const seen: { done: number; total: number; state: string; visible: number }[] = [];
    const { events } = api.server.services.parts;
    const rows = Array.from({ length: 2_200 }, (_, index) => `B-${index},Bulk ${index},Vendor ${index % 40},,,,,`);
    const view = await uploaded(`${HEADER}\n${rows.join('\n')}\n`);
    const looks: Promise<void>[] = [];
    const leave = events.subscribe(workspaceId, {
      notify: (event) => {
        if (event.kind !== 'import') return;
        const step = { done: event.done, total: event.total, state: event.state, visible: 0 };
        seen.push(step);
        if (event.state !== 'committing') return;
        looks.push(stored('Bulk').then(({ total }) => void (step.visible = total)));
      },
      leave: () => undefined,
    });
    expect((await commit(view.id, view.options)).status).toBe(200);
    leave?.();
    await Promise.all(looks);
    const steps = seen.map(({ done }) => done);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps[0]).toBe(0);
    expect(new Set(steps).size).toBeGreaterThanOrEqual(5);
    expect(seen.at(-1)).toMatchObject({ done: 2_200, total: 2_200, state: 'committed' });
    // A look that began before the end sees nothing of the import, or all of it when it was slower than the commit.
    expect(seen.flatMap(({ visible }) => (visible === 0 || visible === 2_200 ? [] : [visible]))).toEqual([]);
    const options = { ...view.options, duplicates: 'update' as const };
    const again = await uploaded(`${HEADER}\n${rows.map((row) => row.replace('Bulk', 'Bulkier')).join('\n')}\n`);
    expect((await commit(again.id, { ...again.options, ...options })).status).toBe(200);
    expect((await stored('Bulkier')).total).toBe(2_200);
  });

  test('a wrong row ends the announcement where it began', async () => {
    const states: string[] = [];
    const view = await uploaded(`${HEADER}\nW-1,Wrong,Vendor,03/04/2026,,,,\n`);
    const leave = api.server.services.parts.events.subscribe(workspaceId, {
      notify: (event) => {
        if (event.kind === 'import') states.push(`${event.state} ${event.done}/${event.total}`);
      },
      leave: () => undefined,
    });
    expect((await commit(view.id, view.options)).status).toBe(422);
    leave?.();
    expect(states).toEqual(['committing 0/1', 'uploaded 0/1']);
  });
});

describe('contracts that are on file already', () => {
  test('are left as they are, or changed with a trace, as the person chooses', async () => {
    const first = await uploaded(`${HEADER}\nD-1,Old title,Vendor,2026-01-01,2026-12-31,100,USD,draft\n`);
    await commit(first.id, first.options);
    const second = await uploaded(
      `${HEADER}\nD-1,New title,Vendor,2026-01-01,2027-12-31,,,\nD-2,Another,Vendor,,,,,\n`,
    );
    expect(await check(second.id, second.options)).toMatchObject({ create: 1, skip: 1, update: 0 });
    const options = { ...second.options, duplicates: 'update' as const };
    expect(await check(second.id, options)).toMatchObject({ create: 1, update: 1 });
    await commit(second.id, options);
    const contract = (await stored('D-1')).results[0];
    expect(contract).toMatchObject({
      title: 'New title',
      endDate: '2027-12-31',
      value: { minor: '10000', currency: 'USD' },
    });
    const audit = await api.page('GET', `/v1/audit?contractId=${contract?.id ?? ''}`);
    expect(JSON.stringify(audit.body)).toContain('"previous":"Old title"');
  });

  test('the second row with one number is an error', async () => {
    const view = await uploaded(`${HEADER}\nX-1,One,Vendor,,,,,\nX-1,Two,Vendor,,,,,\n`);
    const checked = await check(view.id, view.options);
    expect(checked.errors).toMatchObject([{ row: 3, field: 'number', value: 'X-1' }]);
  });
});

describe('files', () => {
  test('what is no table is refused with a reason', async () => {
    expect(at((await upload('')).body, 'code')).toBe('import_invalid');
    expect(at((await upload('PK\u0003\u0004 no workbook')).body, 'code')).toBe('import_invalid');
  });

  test('another media type is refused before it is read', async () => {
    const answer = await api.page('POST', '/v1/imports?fileName=a.csv', new Uint8Array(3), {
      'content-type': 'text/html',
    });
    expect(answer.status).toBe(415);
  });

  test('a file beyond the bound is refused', async () => {
    const answer = await api.page('POST', '/v1/imports?fileName=a.csv', new Uint8Array(10_000_001), {
      'content-type': 'application/octet-stream',
    });
    expect(answer.status).toBe(413);
  });

  test('the result file names each row, and escapes what a spreadsheet would run', async () => {
    const view = await uploaded(`${HEADER}\nF-1,=1+1,Vendor,,,,,\nF-2,,Vendor,,,,,\n`);
    await commit(view.id, view.options, true);
    const result = await api.raw(`/v1/imports/${view.id}/result`);
    expect(String(result.body)).toContain(`2,create,,F-1,'=1+1`);
    expect(String(result.body)).toMatch(/3,invalid,title: missing,F-2/);
  });

  test('an import of another workspace is not there', async () => {
    const view = await uploaded(`${HEADER}\nI-1,One,Vendor,,,,,\n`);
    const id = '00000000-0000-4000-8000-000000000000';
    expect((await api.page('GET', `/v1/imports/${id}`)).status).toBe(404);
    expect((await api.page('GET', `/v1/imports/${view.id}`)).status).toBe(200);
  });
});
