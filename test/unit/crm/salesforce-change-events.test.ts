/** Reading change events: bitmaps, Avro headers written byte by byte from the Avro specification, and what a delivery says per record. */
import { describe, expect, test } from 'vitest';
import {
  type ChangeDelivery,
  deliveryBody,
  leavesChangesOut,
  parseDelivery,
} from '../../../server/crm/salesforce/deliveries.ts';
import { isPlaintext } from '../../../server/crm/salesforce/pubsub/channels.ts';
import { parseEventSchema } from '../../../server/crm/salesforce/pubsub/event-schema.ts';
import { fieldNames } from '../../../server/crm/salesforce/pubsub/field-bitmap.ts';

const ORG_ID = '00DCP0000001prac2A';
const DEAL_ID = '006CP0000000001AAA';

describe('field lists of a header (Pub/Sub API guide, Event Deserialization Considerations)', () => {
  const plain = (name: string) => ({ name, parts: null });
  const fields = [
    plain('ChangeEventHeader'),
    plain('Name'),
    plain('Amount'),
    plain('StageName'),
    { name: 'BillingAddress', parts: ['Street', 'City', 'State', 'PostalCode', 'Country'] },
    plain('CloseDate'),
    plain('OwnerId'),
    plain('LastModifiedDate'),
    plain('counterpart__Contract_Stage__c'),
  ];

  test.each([
    ['the lowest bit is the first field', ['0x01'], ['ChangeEventHeader']],
    ['bits 1 and 7', ['0x82'], ['Name', 'LastModifiedDate']],
    ['the last byte written is the lowest', ['0x0102'], ['Name', 'counterpart__Contract_Stage__c']],
    ['digits of either case', ['0xAa'], ['Name', 'StageName', 'CloseDate', 'LastModifiedDate']],
    ['an odd number of digits', ['0x2'], ['Name']],
    ['parts of a compound', ['0x80', '4-0x03'], ['LastModifiedDate', 'BillingAddress.Street', 'BillingAddress.City']],
    ['all parts of a compound are the compound', ['4-0x1F'], ['BillingAddress']],
    ['parts of what is no compound', ['1-0x01'], []],
    ['bits and fields that the schema does not have', ['0x8000', '4-0x20', '99-0x01'], []],
    ['plain names stay', ['StageName'], ['StageName']],
    ['nothing', [], []],
    ['no bit', ['0x00'], []],
  ])('%s', (_what, entries, names) => {
    expect(fieldNames(entries, fields)).toEqual(names);
  });
});

const texts = (name: string) => ({ name, type: { type: 'array', items: 'string' } });
const address = {
  type: 'record',
  name: 'Address',
  fields: [
    { name: 'Street', type: ['null', 'string'] },
    { name: 'City', type: ['null', 'string'] },
  ],
};
const SCHEMA = {
  type: 'record',
  name: 'AccountChangeEvent',
  namespace: 'com.sforce.eventbus',
  fields: [
    {
      name: 'ChangeEventHeader',
      type: {
        type: 'record',
        name: 'ChangeEventHeader',
        fields: [
          { name: 'entityName', type: 'string' },
          texts('recordIds'),
          {
            name: 'changeType',
            type: {
              type: 'enum',
              name: 'ChangeType',
              symbols: [
                'CREATE',
                'UPDATE',
                'DELETE',
                'UNDELETE',
                'GAP_CREATE',
                'GAP_UPDATE',
                'GAP_DELETE',
                'GAP_UNDELETE',
                'GAP_OVERFLOW',
                'SNAPSHOT',
              ],
            },
          },
          { name: 'changeOrigin', type: 'string' },
          { name: 'transactionKey', type: 'string' },
          { name: 'sequenceNumber', type: 'int' },
          { name: 'commitTimestamp', type: 'long' },
          { name: 'commitNumber', type: 'long' },
          { name: 'commitUser', type: 'string' },
          texts('nulledFields'),
          texts('diffFields'),
          texts('changedFields'),
        ],
      },
    },
    {
      name: 'Name',
      type: [
        'null',
        'string',
        {
          type: 'record',
          name: 'Switchable_PersonName',
          fields: [
            { name: 'FirstName', type: ['null', 'string'] },
            { name: 'LastName', type: ['null', 'string'] },
          ],
        },
      ],
    },
    { name: 'BillingAddress', type: ['null', address] },
    { name: 'ShippingAddress', type: ['null', 'Address'] },
    { name: 'LastModifiedDate', type: ['null', 'long'] },
  ],
};

/** Avro: a number is zigzag-coded, seven bits a byte, low ones first. */
function number(value: bigint): readonly number[] {
  const zigzag = value >= 0n ? value * 2n : -value * 2n - 1n;
  const bytes: number[] = [];
  for (let rest = zigzag; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return [...bytes, low];
    bytes.push(low | 128);
  }
}
const text = (value: string): readonly number[] => [...number(BigInt(value.length)), ...Buffer.from(value, 'latin1')];
const list = (values: readonly string[]): readonly number[] =>
  values.length === 0 ? [0] : [...number(BigInt(values.length)), ...values.flatMap(text), 0];

const PAYLOAD = Uint8Array.from([
  ...text('Account'),
  ...list(['001CP0000000001AAA']),
  2, // UPDATE is the second symbol
  ...text('com/salesforce/api/rest/68.0;client=Counterpart'),
  ...text('0000-1'),
  ...number(1n),
  ...number(1_795_420_800_123n),
  ...number(9_007_199_254_740_993n),
  ...text('005CP0000000001AAA'),
  ...list(['2-0x02']),
  ...list([]),
  ...list(['0x12', '1-0x01', '3-0x03']),
  2,
  4,
  65,
  66, // Name: branch 1, a text of two characters
  2,
  0,
  0, // BillingAddress: branch 1, both parts null
  0,
  2,
  ...number(1_795_420_800_000n),
]);

describe('the header of an event', () => {
  test('is read from its bytes, with names for bitmaps, and commit numbers beyond 2^53', () => {
    expect(parseEventSchema(JSON.stringify(SCHEMA))?.readHeader(PAYLOAD)).toEqual({
      entityName: 'Account',
      recordIds: ['001CP0000000001AAA'],
      changeType: 'UPDATE',
      changeOrigin: 'com/salesforce/api/rest/68.0;client=Counterpart',
      transactionKey: '0000-1',
      sequenceNumber: 1,
      commitTimestamp: 1_795_420_800_123,
      commitNumber: 9_007_199_254_740_993n,
      commitUser: '005CP0000000001AAA',
      nulledFields: ['BillingAddress.City'],
      diffFields: [],
      changedFields: ['Name', 'LastModifiedDate', 'Name.FirstName', 'ShippingAddress'],
    });
  });

  test('is found wherever the schema has it', () => {
    const [header, name, ...others] = SCHEMA.fields;
    const moved = { ...SCHEMA, fields: [name, header, ...others] };
    const payload = Uint8Array.from([2, 4, 65, 66, ...PAYLOAD]);
    expect(parseEventSchema(JSON.stringify(moved))?.readHeader(payload)?.entityName).toBe('Account');
  });

  test('is null for a payload that is cut off or not of this schema', () => {
    const schema = parseEventSchema(JSON.stringify(SCHEMA));
    expect(schema?.readHeader(PAYLOAD.slice(0, 40))).toBeNull();
    expect(schema?.readHeader(Uint8Array.from([255, 255, 255, 255, 255]))).toBeNull();
    expect(schema?.readHeader(new Uint8Array())).toBeNull();
  });

  test.each([
    '',
    'null',
    '{"type":"string"}',
    '{"type":"record","name":"X","fields":[]}',
    '{"type":"record","name":"X","fields":[{"name":"ChangeEventHeader","type":"nonsense"}]}',
  ])('a schema such as %j is none of a change event', (schema) => expect(parseEventSchema(schema)).toBeNull());
});

describe('a delivery', () => {
  const delivery = (change: Partial<ChangeDelivery> = {}): ChangeDelivery => ({
    orgId: ORG_ID,
    entityName: 'Opportunity',
    changeType: 'UPDATE',
    recordIds: [DEAL_ID],
    commitTimestamp: 1_795_420_800_123,
    commitUser: '005CP0000000001AAA',
    changeOrigin: 'com/salesforce/api/soap/68.0;client=SfdcInternalAPI/',
    transactionKey: '0000-1',
    changedFields: ['Name'],
    replayId: 'AAAAAAAHb1sAAA==',
    ...change,
  });
  const parse = (change: Partial<ChangeDelivery> = {}) => parseDelivery(deliveryBody(delivery(change)));

  test('names each record that may have changed, its org, and who did it', () => {
    expect(parse({ recordIds: [DEAL_ID, '006CP0000000002AAA'] })).toEqual({
      events: [DEAL_ID, '006CP0000000002AAA'].map((recordId) => ({
        accountId: ORG_ID,
        eventId: `${ORG_ID}:0000-1:AAAAAAAHb1sAAA==:${recordId}`,
        ref: { objectType: 'opportunity', recordId },
        kind: 'changed',
        mergedIds: [],
        byUs: false,
        at: 1_795_420_800_123,
      })),
      lifecycle: [],
      rejected: [],
    });
  });

  test.each([
    ['Account', 'CREATE', 'account', 'created'],
    ['Case', 'DELETE', 'case', 'deleted'],
    ['Case', 'UNDELETE', 'case', 'restored'],
    ['Account', 'GAP_UPDATE', 'account', 'changed'],
    ['Account', 'GAP_CREATE', 'account', 'created'],
    ['Account', 'GAP_DELETE', 'account', 'deleted'],
    ['Account', 'GAP_UNDELETE', 'account', 'restored'],
  ] as const)('%s %s means that a record of kind %s was %s', (entityName, changeType, objectType, kind) => {
    expect(parse({ entityName, changeType }).events).toMatchObject([{ ref: { objectType }, kind }]);
  });

  test.each([
    ['com/salesforce/api/rest/68.0;client=Counterpart', true],
    ['com/salesforce/api/rest/68.0;client=Counterpart2', false],
    ['com/salesforce/api/rest/68.0', false],
    ['', false],
  ])('S3 origin %j is ours: %s', (changeOrigin, byUs) => {
    expect(parse({ changeOrigin }).events).toMatchObject([{ byUs }]);
  });

  test('S1 an overflow or a wildcard names no record, and is known to leave changes out', () => {
    for (const change of [
      { changeType: 'GAP_OVERFLOW', recordIds: ['000000000000000AAA'] },
      { changeType: 'GAP_UPDATE', recordIds: ['006*'] },
    ] as const) {
      expect(parse({ ...change, recordIds: [...change.recordIds] })).toEqual({
        events: [],
        lifecycle: [],
        rejected: [],
      });
      expect(leavesChangesOut({ ...change, recordIds: [...change.recordIds] })).toBe(true);
    }
    expect(leavesChangesOut(delivery())).toBe(false);
  });

  test('what cannot be understood is listed and throws nothing', () => {
    expect(parseDelivery('')).toMatchObject({ events: [], rejected: [{ index: 0, reason: 'invalid_body' }] });
    expect(parseDelivery('{"orgId":7}').rejected).toEqual([{ index: 0, reason: 'invalid_orgId' }]);
    expect(parse({ entityName: 'Lead' }).rejected).toEqual([{ index: 0, reason: 'unknown_entity' }]);
    const partly = parse({ recordIds: ['no id', DEAL_ID] });
    expect([partly.events.length, partly.rejected]).toEqual([1, [{ index: 0, reason: 'invalid_record_id' }]]);
  });
});

describe('the endpoint', () => {
  test.each([
    ['api.pubsub.salesforce.com:7443', false],
    ['127.0.0.1:5001', true],
    ['localhost:5001', true],
    ['[::1]:5001', true],
    ['localhost.example.com:443', false],
    ['127.0.0.1.example.com:443', false],
  ])('%s is spoken to in plain text: %s', (endpoint, plain) => {
    expect(isPlaintext(endpoint)).toBe(plain);
  });

  test.each(['', 'localhost', 'https://api.pubsub.salesforce.com', 'a b:1'])('%j is no endpoint', (endpoint) => {
    expect(() => isPlaintext(endpoint)).toThrow(TypeError);
  });
});
