/** The played Apex class asks before it calls, never lets a body name another record, and says what did not arrive. */
import { describe, expect, test } from 'vitest';
import { playPackageApex } from '../../../extensions/practice/salesforce/apex/contract-card-controller.ts';
import type { ApexOrg, CalloutAnswer } from '../../../extensions/practice/salesforce/apex-bridge.ts';

const RECORD = '006CP000000003OYAQ';
const USER = '005CP0000000001AAA';
type Callout = Parameters<ApexOrg['callout']>[0];

function orgWith(options: { readonly visible?: boolean; readonly answer?: CalloutAnswer }) {
  const callouts: Callout[] = [];
  const org: ApexOrg = {
    orgId: '00DCP0000001practiEAA',
    user: (id) => ({ id, email: 'mia.chen@example.com', name: 'Mia Chen' }),
    query: () => (options.visible === false ? [] : [{ Id: RECORD, Name: 'A deal', counterpart__Contract_Count__c: 2 }]),
    callout: (request) => {
      callouts.push(request);
      return Promise.resolve(options.answer ?? { kind: 'answer', status: 200, body: '{"ok":true}' });
    },
  };
  const call = async (method: string, params: Readonly<Record<string, unknown>>) => {
    const answer = await playPackageApex({ className: 'ContractCardController', method, params, userId: USER }, org);
    return answer?.kind === 'value' ? (JSON.parse(String(answer.value)) as unknown) : answer;
  };
  return { call, callouts };
}

describe('the played ContractCardController', () => {
  test('asks the server for the record that was checked, in the name of the running user', async () => {
    const { call, callouts } = orgWith({});
    expect(await call('load', { recordId: RECORD })).toEqual({ status: 200, body: { ok: true } });
    expect(callouts[0]).toMatchObject({
      endpoint: `callout:counterpart__Counterpart/v1/card/records/opportunity/${RECORD}`,
      headers: {
        'x-counterpart-user-id': USER,
        'x-counterpart-user-email': 'mia.chen@example.com',
        'x-counterpart-record': `opportunity/${RECORD}`,
      },
    });
  });

  test('refuses a record that the user does not see without calling the server', async () => {
    const { call, callouts } = orgWith({ visible: false });
    expect(await call('attach', { recordId: RECORD, request: '{}' })).toEqual({ status: 403, body: null });
    expect(callouts).toEqual([]);
  });

  test('puts the checked record over whatever record a body names', async () => {
    const { call, callouts } = orgWith({});
    const request = JSON.stringify({ idempotencyKey: 'k', record: { objectType: 'account', recordId: '001' } });
    await call('attach', { recordId: RECORD, request });
    const sent = JSON.parse(callouts[0]?.body ?? '{}') as Record<string, unknown>;
    expect(sent['record']).toEqual({ objectType: 'opportunity', recordId: RECORD });
    expect(callouts[0]?.headers['idempotency-key']).toBe('k');
  });

  test('answers status 0 when no answer came, and leaves out a body that is not JSON', async () => {
    const silent = orgWith({ answer: { kind: 'exception', message: 'Read timed out' } });
    expect(await silent.call('load', { recordId: RECORD })).toEqual({ status: 0, body: null });
    const gateway = orgWith({ answer: { kind: 'answer', status: 502, body: '<html>' } });
    expect(await gateway.call('load', { recordId: RECORD })).toEqual({ status: 502, body: null });
  });

  test.each(['../records', 'a/b', '', 7])(
    'takes %j for no contract, so that no other path is reached',
    async (contractId) => {
      const { call, callouts } = orgWith({});
      expect(await call('moveStage', { recordId: RECORD, contractId, request: '{}' })).toEqual({
        status: 404,
        body: null,
      });
      expect(callouts).toEqual([]);
    },
  );

  test('refuses a text that is no id as Lightning does, and knows no other method', async () => {
    const { call } = orgWith({});
    expect(await call('load', { recordId: "006' OR Name != '" })).toMatchObject({ kind: 'exception' });
    expect(await call('toString', { recordId: RECORD })).toBeUndefined();
  });

  test('reads the mirrored facts without a callout', async () => {
    const { call, callouts } = orgWith({});
    expect(await call('mirrored', { recordId: RECORD })).toMatchObject({
      status: 200,
      body: { name: 'A deal', fields: { Contract_Count__c: 2 } },
    });
    expect(callouts).toEqual([]);
  });
});
