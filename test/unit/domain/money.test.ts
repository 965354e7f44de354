import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allocate,
  exponentOf,
  formatDecimal,
  parseMoney,
  priceCeiling,
  sumMoney,
} from '../../../server/domain/money.ts';

describe('minor units follow ISO 4217 (domain §6)', () => {
  test.each([
    ['USD', 2],
    ['CNY', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['PYG', 0],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i decimal places', (currency, exponent) => {
    expect(exponentOf(currency)).toBe(exponent);
  });
});

describe('parseMoney', () => {
  test.each([
    ['1,234.50', 'USD', 123_450n],
    ['1234.5', 'USD', 123_450n],
    ['-0.01', 'EUR', -1n],
    [' 12 ', 'CNY', 1200n],
    ['1,234,567', 'JPY', 1_234_567n],
    ['1.234', 'KWD', 1234n],
    ['100.00', 'JPY', 100n],
    ['0', 'USD', 0n],
    ['99999999999999999999.99', 'USD', 9_999_999_999_999_999_999_999n],
  ])('reads %s %s exactly', (text, currency, minor) => {
    expect(parseMoney(text, currency)).toEqual({ minor, currency });
  });

  test.each([
    ['1.234', 'USD'],
    ['1.5', 'JPY'],
    ['1,23', 'USD'],
    ['1.234,50', 'EUR'],
    ['12,34.50', 'USD'],
    ['', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    ['1e3', 'USD'],
    ['--1', 'USD'],
    ['1', 'usd'],
    ['1', 'US'],
    ['9'.repeat(60), 'USD'],
  ])('refuses %j %s instead of guessing or rounding', (text, currency) => {
    expect(parseMoney(text, currency)).toBeNull();
  });

  test('what is written as plain decimal text reads back as the same amount', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.constantFrom('USD', 'JPY', 'KWD', 'CLF'),
        (minor, currency) => {
          const text = formatDecimal({ minor, currency });
          expect(parseMoney(text, currency)).toEqual({ minor, currency });
        },
      ),
    );
  });

  test('plain decimal text always shows the places of the currency', () => {
    expect(formatDecimal({ minor: 5n, currency: 'USD' })).toBe('0.05');
    expect(formatDecimal({ minor: -123_450n, currency: 'USD' })).toBe('-1234.50');
    expect(formatDecimal({ minor: 1200n, currency: 'JPY' })).toBe('1200');
    expect(formatDecimal({ minor: 0n, currency: 'USD' })).toBe('0.00');
  });
});

describe('allocation by largest remainder (domain §6, rule 113)', () => {
  test('1,000.01 at 30/20/20/30 is 300.01, 200.00, 200.00, 300.00', () => {
    const parts = allocate({ minor: 100_001n, currency: 'CNY' }, [30, 20, 20, 30]);
    expect(parts.map(formatDecimal)).toEqual(['300.01', '200.00', '200.00', '300.00']);
  });

  test('PYG 5,887,608,832 at 30/60/10 is 1,766,282,650, 3,532,565,299, 588,760,883', () => {
    const parts = allocate({ minor: 5_887_608_832n, currency: 'PYG' }, [30, 60, 10]);
    expect(parts.map(({ minor }) => minor)).toEqual([1_766_282_650n, 3_532_565_299n, 588_760_883n]);
  });

  test('the parts add up to the amount and none is a whole minor unit from its exact share', () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 12 })
      .filter((list) => list.some((w) => w > 0));
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), weights, (minor, shares) => {
        const parts = allocate({ minor, currency: 'USD' }, shares);
        expect(sumMoney('USD', parts).minor).toBe(minor);
        const total = BigInt(shares.reduce((sum, weight) => sum + weight, 0));
        parts.forEach((part, index) => {
          const error = part.minor * total - minor * BigInt(shares[index] ?? 0);
          expect(error > -total && error < total).toBe(true);
        });
      }),
    );
  });

  test.each([[[]], [[0, 0]], [[0.5, 0.5]], [[-1, 2]]])('weights %j cannot divide anything and throw', (weights) => {
    expect(() => allocate({ minor: 100n, currency: 'USD' }, weights)).toThrow();
  });

  test('amounts of different currencies are never added', () => {
    expect(() => sumMoney('USD', [{ minor: 1n, currency: 'CNY' }])).toThrow();
  });
});

describe('yearly price cap (domain rule 75)', () => {
  test.each([
    [0, '100000.00'],
    [1, '105000.00'],
    [2, '110250.00'],
    [3, '115762.50'],
  ])('100,000 capped at 5 %% is at most the vector after %i renewals', (renewals, expected) => {
    expect(formatDecimal(priceCeiling({ minor: 10_000_000n, currency: 'CNY' }, 500, renewals))).toBe(expected);
  });
});
