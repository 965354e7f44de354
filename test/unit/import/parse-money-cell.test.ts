import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal } from '../../../server/domain/money.ts';
import { parseMoneyCell } from '../../../server/import/parse-money-cell.ts';

/** `1234.50 EUR`, or the code of the refusal. */
function read(text: string, column = '', currencyDefault = 'EUR'): string {
  const parsed = parseMoneyCell(text, column, currencyDefault);
  return parsed.ok ? `${formatDecimal(parsed.value)} ${parsed.value.currency}` : parsed.code;
}

describe('how amounts are written', () => {
  test.each([
    ['1234.5', '1234.50 EUR'],
    ['1,234.50', '1234.50 EUR'],
    ['1 234.50', '1234.50 EUR'],
    ["1'234.50", '1234.50 EUR'],
    ['1.234,50', '1234.50 EUR'],
    ['1.234.567', '1234567.00 EUR'],
    ['1,234,567', '1234567.00 EUR'],
    ['12,5', '12.50 EUR'],
    ['１，２３４．５', '1234.50 EUR'],
    ['-80', '-80.00 EUR'],
    ['0', '0.00 EUR'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    ['12.3万', 'CNY', '123000.00 CNY'],
    ['12.3456万元', '', '123456.00 CNY'],
    ['12.345678万', 'CNY', '123456.78 CNY'],
    ['3亿', 'CNY', '300000000.00 CNY'],
    ['1.5万円', '', '15000 JPY'],
    ['1,200万元', '', '12000000.00 CNY'],
    ['人民币50万元整', '', '500000.00 CNY'],
  ])('%s counts in ten thousands or hundred millions', (text, column, expected) => {
    expect(read(text, column)).toBe(expected);
  });

  test.each([
    '1.234',
    '1,23,456',
    '1,2345.00',
    '12.345',
    '1.2.3',
    '1,234,56',
    '1e6',
    '',
    '.',
    '-',
    '12-13',
    'twelve',
    '(100)',
    '1234.567',
  ])('%s is refused rather than guessed', (text) => {
    expect(read(text)).toBe('not_an_amount');
  });

  test('an amount that no database column could hold is refused', () => {
    expect(read('9'.repeat(15))).toBe(`${'9'.repeat(15)}.00 EUR`);
    expect(read('9'.repeat(18))).toBe('not_an_amount');
    expect(read('9'.repeat(1000))).toBe('not_an_amount');
    expect(read('9999999999999亿')).toBe('not_an_amount');
  });
});

describe('which currency it is', () => {
  test.each([
    ['$100', '', 'EUR', '100.00 USD'],
    ['$100', '', 'AUD', '100.00 AUD'],
    ['$100', 'CAD', 'EUR', '100.00 CAD'],
    ['US$100', '', 'AUD', '100.00 USD'],
    ['HK$100', '', 'EUR', '100.00 HKD'],
    ['€ 100', '', 'USD', '100.00 EUR'],
    ['100 £', '', 'USD', '100.00 GBP'],
    ['USD 100', '', 'EUR', '100.00 USD'],
    ['100 usd', '', 'EUR', '100.00 USD'],
    ['100元', '', 'EUR', '100.00 CNY'],
    ['RMB 100', '', 'EUR', '100.00 CNY'],
    ['100', 'rmb', 'EUR', '100.00 CNY'],
    ['100', '人民币', 'EUR', '100.00 CNY'],
    ['100', ' gbp ', 'EUR', '100.00 GBP'],
    ['100', '$', 'SGD', '100.00 SGD'],
    ['100', '', 'EUR', '100.00 EUR'],
    ['CN¥100', '', 'EUR', '100.00 CNY'],
    ['JP¥100', '', 'EUR', '100 JPY'],
    ['¥100元', '', 'JPY', '100.00 CNY'],
  ])('%s with column "%s" and default %s is %s', (text, column, currencyDefault, expected) => {
    expect(read(text, column, currencyDefault)).toBe(expected);
  });

  test('a ¥ is yuan or yen only where the column or the default says so', () => {
    expect(read('¥1,000', '', 'CNY')).toBe('1000.00 CNY');
    expect(read('￥1,000', '', 'JPY')).toBe('1000 JPY');
    expect(read('¥1,000', 'JPY', 'CNY')).toBe('1000 JPY');
    expect(read('¥1,000', '', 'EUR')).toBe('currency_missing');
    expect(read('1,000', '¥', 'EUR')).toBe('currency_missing');
  });

  test('a sign that contradicts the column is refused', () => {
    expect(read('€100', 'USD')).toBe('currencies_differ');
    expect(read('¥100', 'USD')).toBe('currencies_differ');
    expect(read('USD 100', 'EUR')).toBe('currencies_differ');
  });

  test.each(['dollars', 'US', 'EURO', '12', 'constructor', '__proto__'])(
    'the column value %s is no currency',
    (column) => {
      expect(read('100', column)).toBe('not_a_currency');
    },
  );

  test.each(['about 100', '100 per month', '100%', 'constructor 100', '100 __proto__'])('%s is no amount', (text) => {
    expect(read(text)).toBe('not_an_amount');
  });

  test('without any currency the row is told so', () => {
    expect(read('100', '', '')).toBe('currency_missing');
  });

  test('yen have no decimals, and dinars have three', () => {
    expect(read('1200', 'JPY')).toBe('1200 JPY');
    expect(read('1200.00', 'JPY')).toBe('1200 JPY');
    expect(read('1200.5', 'JPY')).toBe('not_an_amount');
    expect(read('1.234', 'KWD')).toBe('1.234 KWD');
  });
});

test('every amount comes back from how it is written in English, German and Chinese', () => {
  const grouped = (digits: string, separator: string) => digits.replaceAll(/\B(?=(\d{3})+$)/g, separator);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
      const decimals = String(cents).padStart(2, '0');
      const expected = `${whole}.${decimals} EUR`;
      expect(read(`${whole}.${decimals}`)).toBe(expected);
      expect(read(`€${grouped(String(whole), ',')}.${decimals}`)).toBe(expected);
      expect(read(`${grouped(String(whole), '.')},${decimals} EUR`)).toBe(expected);
      expect(read(`欧元${whole}.${decimals}`)).toBe(expected);
    }),
  );
});

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, column) => {
      expect(parseMoneyCell(text, column, 'EUR')).toHaveProperty('ok');
    }),
  );
});
