import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, parsePlainDate } from '../../../server/domain/dates.ts';
import { parseDateCell } from '../../../server/import/parse-cell.ts';

const DAY = '2026-04-03';
const MONTH_NAMES = ['Jan', 'Feb', 'March', 'april', 'May', 'June', 'JULY', 'Aug', 'Sept', 'Oct', 'November', 'Dec'];

describe('dates that can mean one day only', () => {
  test.each([
    DAY,
    '2026/4/3',
    '2026.04.03',
    '2026年4月3日',
    '2026 年 4 月 3 日',
    '2026年04月03号',
    '２０２６年４月３日',
    '20260403',
    '3 Apr 2026',
    '3-Apr-2026',
    '3rd April 2026',
    '03 APRIL 2026',
    'Apr 3, 2026',
    'April 3rd 2026',
    ' 2026-04-03 ',
    '2026-04-03T00:00:00Z',
    '2026-04-03T23:59:59.999+08:00',
    '2026-04-03 09:30',
    '2026/4/3 0:00:00',
  ])('%s is the third of April', (text) => {
    expect(parseDateCell(text, 'unambiguous')).toEqual({ ok: true, value: DAY });
  });

  test.each([
    ['25/04/2026', '2026-04-25'],
    ['04/25/2026', '2026-04-25'],
    ['25.4.2026', '2026-04-25'],
    ['05-05-2026', '2026-05-05'],
  ])('%s can mean one day only', (text, value) => {
    expect(parseDateCell(text, 'unambiguous')).toEqual({ ok: true, value });
  });
});

describe('dates that can mean two days', () => {
  test.each(['03/04/2026', '3-4-2026', '03.04.2026', '12/11/2026', '03/04/2026 10:00'])(
    '%s is refused until somebody says which comes first',
    (text) => {
      expect(parseDateCell(text, 'unambiguous')).toEqual({ ok: false, code: 'ambiguous_date' });
    },
  );

  test('once chosen, the order holds and nothing is swapped to make a date fit', () => {
    expect(parseDateCell('03/04/2026', 'day_first')).toEqual({ ok: true, value: '2026-04-03' });
    expect(parseDateCell('03/04/2026', 'month_first')).toEqual({ ok: true, value: '2026-03-04' });
    expect(parseDateCell('25/04/2026', 'month_first')).toEqual({ ok: false, code: 'not_a_date' });
    expect(parseDateCell('04/25/2026', 'day_first')).toEqual({ ok: false, code: 'not_a_date' });
  });
});

describe('what is no date', () => {
  test.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '31/04/2026',
    '1899-12-31',
    '20261301',
    '46082',
    '03/04/26',
    '2026-04',
    '2026年4月',
    '2026-04/03',
    '2026-04-03 to 2027-04-02',
    '2026-04-03 tbc',
    '3 Marble 2026',
    '3 Janissary 2026',
    '3 四月 2026',
    'next Tuesday',
    '2026-04-03'.repeat(40),
    'constructor',
  ])('%s is refused', (text) => {
    expect(parseDateCell(text, 'unambiguous')).toEqual({ ok: false, code: 'not_a_date' });
  });
});

describe('every day between 1900 and 2999', () => {
  const first = parsePlainDate('1900-01-01');
  const days = fc.integer({ min: 0, max: 401_766 }).map((offset) => (first === null ? '' : addDays(first, offset)));

  test('comes back from each way of writing it', () => {
    fc.assert(
      fc.property(days, (date) => {
        const [year = '', month = '', day = ''] = date.split('-');
        const [m, d] = [String(Number(month)), String(Number(day))];
        const name = MONTH_NAMES[Number(month) - 1] ?? '';
        const spellings = [
          date,
          `${year}/${m}/${d}`,
          `${year}年${m}月${d}日`,
          `${d} ${name} ${year}`,
          `${name} ${d}, ${year}`,
        ];
        for (const spelling of spellings)
          expect(parseDateCell(spelling, 'unambiguous')).toEqual({ ok: true, value: date });
        expect(parseDateCell(`${d}/${m}/${year}`, 'day_first')).toEqual({ ok: true, value: date });
        expect(parseDateCell(`${m}/${d}/${year}`, 'month_first')).toEqual({ ok: true, value: date });
      }),
    );
  });

  test('is never read as another day from numbers alone', () => {
    fc.assert(
      fc.property(days, (date) => {
        const [year = '', month = '', day = ''] = date.split('-');
        const read = parseDateCell(`${day}/${month}/${year}`, 'unambiguous');
        const isAmbiguous = Number(day) <= 12 && day !== month;
        expect(read).toEqual(isAmbiguous ? { ok: false, code: 'ambiguous_date' } : { ok: true, value: date });
      }),
    );
  });

  test('no text makes the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseDateCell(text, 'unambiguous')).toHaveProperty('ok');
      }),
    );
  });
});
