import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_STAGES, RENEWAL_DECISIONS, RENEWAL_KINDS } from '../../../server/domain/contract.ts';
import { MIRROR_FIELD_NAMES } from '../../../server/domain/mirror.ts';
import type { MirrorField, MirrorValues } from '../../../server/domain/mirror.ts';
import { exponentOf, formatDecimal } from '../../../server/domain/money.ts';
import { RISK_CODES } from '../../../server/domain/risk.ts';
import { plainDecimal } from '../../../server/crm/salesforce/decimals.ts';
import { fieldName, fieldOfName } from '../../../server/crm/salesforce/field-names.ts';
import { fromSalesforceFields, toSalesforceFields } from '../../../server/crm/salesforce/fields.ts';
import { parseJournal } from '../../../server/crm/salesforce/journal.ts';
import { longId } from '../../../server/crm/salesforce/record-ids.ts';
import { toHostRecord } from '../../../server/crm/salesforce/records.ts';

const day = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ minLength: 1, maxLength, unit: 'grapheme' })
    .filter((value) => value.trim() === value && value.length <= maxLength && !/\p{Cc}/u.test(value));
const count = (max: number): fc.Arbitrary<string> => fc.integer({ min: 0, max }).map(String);
const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => {
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
});

/** What the domain hands to a host: amounts with the places of their currency. */
const money = fc
  .tuple(fc.constantFrom('EUR', 'CNY', 'JPY', 'USD'), fc.bigInt({ min: 0n, max: 10_000_000_000_000n }))
  .map(([currency, minor]) => ({
    contractValue: formatDecimal({ minor, currency }),
    contractCurrency: currency,
  }));
const others: fc.Arbitrary<MirrorValues> = fc.record(
  {
    leadContractNumber: fc.option(text(80)),
    leadContractTitle: fc.option(text(255)),
    contractCount: fc.option(count(999_999_999)),
    stage: fc.option(fc.constantFrom(...CONTRACT_STAGES)),
    health: fc.option(fc.constantFrom('good', 'attention', 'at_risk', 'unknown')),
    renewalKind: fc.option(fc.constantFrom(...RENEWAL_KINDS)),
    renewalDate: fc.option(day),
    renewalDecision: fc.option(fc.constantFrom(...RENEWAL_DECISIONS)),
    noticeDeadline: fc.option(day),
    endDate: fc.option(day),
    riskFlags: fc.option(
      fc.uniqueArray(fc.constantFrom(...RISK_CODES), { minLength: 1 }).map((set) => set.toSorted().join(';')),
    ),
    slaStatus: fc.option(fc.constantFrom('met', 'missed', 'none')),
    availabilityLastMonth: fc.option(percent),
    responseComplianceLastMonth: fc.option(percent),
    breachesTwelveMonths: fc.option(count(99_999)),
    contractUrl: fc.option(fc.webUrl({ size: 'small' })),
  },
  { requiredKeys: [] },
);
const values: fc.Arbitrary<MirrorValues> = fc
  .tuple(others, fc.option(money, { nil: {} }))
  .map(([some, amount]) => ({ ...some, ...amount }));

/** What an org answers: numbers as their shortest text, picklist values in the order of the picklist, empty as null. */
function stored(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => {
    if (typeof value === 'number') return [name, javaText(value)] as const;
    if (name === fieldName('riskFlags') && typeof value === 'string')
      return [name, value.split(';').toReversed().join(';')] as const;
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

/** Java writes a double with an exponent from ten millions on. */
function javaText(value: number): string {
  return value >= 10_000_000 ? value.toExponential().replace('e+', 'E') : String(value);
}

function write(written: MirrorValues): Readonly<Record<string, unknown>> {
  const mapped = toSalesforceFields(written);
  if (!mapped.ok) throw new Error(`refused ${JSON.stringify(mapped.failure)}`);
  return mapped.fields;
}

describe('lens laws', () => {
  test('reading after writing gives what was written', () => {
    fc.assert(
      fc.property(values, (written) => {
        expect(fromSalesforceFields(stored(write(written)))).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });

  test('writing back an unchanged reading changes nothing', () => {
    fc.assert(
      fc.property(values, (written) => {
        const first = write(written);
        expect(write(fromSalesforceFields(stored(first)))).toEqual(first);
      }),
      { numRuns: 200 },
    );
  });

  test('a day is the same day in every zone, because it never becomes an instant', () => {
    const zone = process.env['TZ'];
    try {
      for (const other of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/Sao_Paulo']) {
        process.env['TZ'] = other;
        const fields = write({ renewalDate: '2018-11-04', endDate: '2028-02-29' });
        expect(fields).toEqual({
          [fieldName('renewalDate')]: '2018-11-04',
          [fieldName('endDate')]: '2028-02-29',
        });
        expect(fromSalesforceFields(fields)).toEqual({ renewalDate: '2018-11-04', endDate: '2028-02-29' });
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  test('what people typed is passed on as it stands', () => {
    const typed = { [fieldName('stage')]: 'Pending Legal', [fieldName('contractCurrency')]: 'Euro' };
    expect(fromSalesforceFields(typed)).toEqual({ stage: 'Pending Legal', contractCurrency: 'Euro' });
  });
});

describe('what Salesforce would round, cut or trim is refused before the call', () => {
  const REFUSED: readonly (readonly [MirrorField, string, string])[] = [
    ['leadContractNumber', 'x'.repeat(81), 'STRING_TOO_LONG'],
    ['leadContractTitle', '𠮷'.repeat(128), 'STRING_TOO_LONG'],
    ['contractUrl', `https://x.example/${'y'.repeat(255)}`, 'STRING_TOO_LONG'],
    ['contractCurrency', 'EURO', 'STRING_TOO_LONG'],
    ['leadContractTitle', ' Lease', 'TEXT_NOT_REPRESENTABLE'],
    ['leadContractTitle', 'a\nb', 'TEXT_NOT_REPRESENTABLE'],
    ['leadContractTitle', '', 'TEXT_NOT_REPRESENTABLE'],
    ['contractCount', '1.5', 'TOO_MANY_DECIMALS'],
    ['contractCount', '1000000000', 'NUMBER_TOO_LARGE'],
    ['contractCount', 'two', 'INVALID_INTEGER'],
    ['contractValue', '1234.567', 'TOO_MANY_DECIMALS'],
    ['contractValue', '12345678901234.56', 'NUMBER_TOO_LARGE'],
    ['contractValue', '123456789012345', 'NUMBER_TOO_LARGE'],
    ['contractValue', '1,234.50', 'INVALID_DECIMAL'],
    ['availabilityLastMonth', '99.99999', 'TOO_MANY_DECIMALS'],
    ['breachesTwelveMonths', '100000', 'NUMBER_TOO_LARGE'],
    ['renewalDate', '2027-02-29', 'INVALID_DATE'],
    ['renewalDate', '2027-06-01T00:00:00Z', 'INVALID_DATE'],
    ['stage', 'Active', 'UNKNOWN_OPTION'],
    ['riskFlags', 'no_sla;made_up', 'UNKNOWN_OPTION'],
    ['riskFlags', 'no_sla;auto_renews_silently', 'UNKNOWN_OPTION'],
  ];
  test.each(REFUSED)('%s %s: %s', (field, value, code) => {
    expect(toSalesforceFields({ [field]: value })).toEqual({
      ok: false,
      failure: { kind: 'rejected', code, field, detail: fieldName(field) },
    });
  });

  test('trailing zeros are no digits', () => {
    expect(write({ contractValue: '1234.5000', availabilityLastMonth: '100.00' })).toEqual({
      [fieldName('contractValue')]: 1234.5,
      [fieldName('availabilityLastMonth')]: 100,
    });
  });
});

describe('numbers', () => {
  test.each([
    ['12000.5', 2, '12000.50'],
    ['1.20005E7', 2, '12000500.00'],
    ['1.5e-3', 2, '0.0015'],
    ['12000.0', 0, '12000'],
    ['-0.0', 2, '0.00'],
    ['0', 0, '0'],
    ['1E3', 0, '1000'],
    ['99.9999', 2, '99.9999'],
    ['n/a', 2, 'n/a'],
  ])('%s with %i places is %s', (given, places, expected) => {
    expect(plainDecimal(given, places)).toBe(expected);
  });

  test('an amount has the places of its currency', () => {
    for (const currency of ['JPY', 'EUR']) {
      const row = { [fieldName('contractValue')]: '12000', [fieldName('contractCurrency')]: currency };
      const places = exponentOf(currency);
      expect(fromSalesforceFields(row).contractValue).toBe(places === 0 ? '12000' : '12000.00');
    }
  });
});

describe('names', () => {
  test('every field has its own name, found again with prefix and without', () => {
    const names = MIRROR_FIELD_NAMES.map(fieldName);
    expect(new Set(names).size).toBe(MIRROR_FIELD_NAMES.length);
    for (const field of MIRROR_FIELD_NAMES) {
      expect(fieldOfName(fieldName(field))).toBe(field);
      expect(fieldOfName(fieldName(field).replace('counterpart__', ''))).toBe(field);
    }
    expect(fieldOfName('StageName')).toBeNull();
  });

  test('ids get the three characters that guard their case', () => {
    expect(longId('001A0000006Vm9r')).toBe('001A0000006Vm9rIAC');
    expect(longId('001A0000006Vm9rIAC')).toBe('001A0000006Vm9rIAC');
    expect(longId('001a0000006vm9rIAC')).toBeNull();
    for (const text of ['', "001' OR Id != '", '999999999', '001A0000006Vm9rIAC1']) expect(longId(text)).toBeNull();
  });
});

describe('journals', () => {
  const entry = (f: string, v: string | null, t: number, o: boolean) => ({ f, v, t, o, u: 'mia@example.com' });

  test('entries become edits, oldest first, ours told apart', () => {
    const journal = JSON.stringify([
      entry('Sync_Token__c', 'token-1', 1_000, true),
      entry('Contract_Stage__c', 'active', 1_000, true),
      entry('Contract_Stage__c', 'renewing', 2_000, false),
      entry('Renewal_Date__c', null, 1_500, false),
    ]);
    expect(parseJournal(journal, null)).toEqual([
      { field: 'syncToken', value: 'token-1', at: 1_000, author: 'us', authorId: 'mia@example.com' },
      { field: 'stage', value: 'active', at: 1_000, author: 'us', authorId: 'mia@example.com' },
      { field: 'renewalDate', value: null, at: 1_500, author: 'person', authorId: 'mia@example.com' },
      { field: 'stage', value: 'renewing', at: 2_000, author: 'person', authorId: 'mia@example.com' },
    ]);
  });

  test('a broken entry costs itself, a broken journal costs the journal', () => {
    const broken = JSON.stringify([{ f: 'Contract_Stage__c' }, entry('Unknown__c', 'x', 1, true), 7, null]);
    expect(parseJournal(broken, null)).toEqual([]);
    for (const text of [null, '', '{}', '[{"f":"Contract_St', 'nonsense']) expect(parseJournal(text, null)).toEqual([]);
  });

  test('a record changed no earlier than its newest journal entry', () => {
    const row = {
      Id: '001A0000006Vm9rIAC',
      SystemModstamp: '2026-11-22T04:00:00.000+0000',
      counterpart__Edit_Journal__c: JSON.stringify([entry('Contract_Stage__c', 'active', 1_795_320_000_700, true)]),
    };
    const record = toHostRecord(row, { objectType: 'account', history: true });
    expect(record.updatedAt).toBe(1_795_320_000_700);
    expect(record.version).toBe('0');
    expect(toHostRecord(row, { objectType: 'account', history: false })).toMatchObject({
      history: null,
      updatedAt: Date.parse('2026-11-22T04:00:00Z'),
    });
  });
});

test('facts: websites become domains, instants epoch ms, the owner an e-mail address', () => {
  const account = toHostRecord(
    {
      Id: '001A0000006Vm9rIAC',
      SystemModstamp: '2026-11-22T04:00:00.000+0000',
      Name: 'Acme',
      Website: 'HTTPS://www.Acme.example/about',
      Owner: { Email: 'mia@example.com' },
    },
    { objectType: 'account', history: false },
  );
  expect(account.facts).toEqual({
    name: 'Acme',
    domain: 'acme.example',
    city: null,
    country: null,
    ownerId: null,
    ownerEmail: 'mia@example.com',
  });
  const ticket = toHostRecord(
    {
      Id: '500A0000006Vm9rIAC',
      SystemModstamp: '2026-11-22T04:00:00.000+0000',
      Subject: 'Down',
      CreatedDate: '2026-11-22T03:00:00.000+0000',
      counterpart__First_Response_At__c: '2026-11-22T03:20:00.000Z',
      AccountId: '001A0000006Vm9rIAC',
    },
    { objectType: 'case', history: true },
  );
  expect(ticket).toMatchObject({
    version: null,
    history: null,
    associations: { account: ['001A0000006Vm9rIAC'] },
    facts: {
      openedAt: String(Date.parse('2026-11-22T03:00:00Z')),
      respondedAt: String(Date.parse('2026-11-22T03:20:00Z')),
      closedAt: null,
    },
  });
});
