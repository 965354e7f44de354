import { describe, expect, test } from 'vitest';
import { createCalendars } from '../../../server/calendars/calendars.ts';
import { must } from '../../../server/domain/assert.ts';
import { addWorkingDays, isWorkingDay, previousWorkingDay } from '../../../server/domain/calendar.ts';
import { CHINA_2026, day } from './contract-fixture.ts';

const calendars = createCalendars();
const find = async (id: string) => must(await calendars.find(id), id);

describe('China from the published arrangements (domain §9)', () => {
  test('2026 is the State Council arrangement day by day', async () => {
    const china = await find('CN');
    const in2026 = (days: ReadonlySet<string>) => [...days].filter((date) => date.startsWith('2026')).toSorted();
    expect(in2026(china.daysOff)).toEqual(in2026(CHINA_2026.daysOff));
    expect(in2026(china.makeUpWorkingDays)).toEqual(in2026(CHINA_2026.makeUpWorkingDays));
  });

  test('a year that is not published is provisional, whatever its days look like', async () => {
    const china = await find('CN');
    const years = china.publishedYears === 'rule_based' ? [] : [...china.publishedYears];
    expect(years).toContain(2026);
    expect(isWorkingDay(china, day(`${Math.max(...years)}-10-01`))).toEqual({ working: false, provisional: false });
    expect(isWorkingDay(china, day(`${Math.max(...years) + 1}-10-01`)).provisional).toBe(true);
  });

  test('computes the vectors: 2026-10-02 → safe 2026-09-30, ten working days after 2026-09-24 → 2026-10-15', async () => {
    const china = await find('CN');
    expect(previousWorkingDay(china, day('2026-10-02')).date).toBe('2026-09-30');
    expect(addWorkingDays(china, day('2026-09-24'), 10).date).toBe('2026-10-15');
  });
});

describe('other countries from holiday rules', () => {
  test.each([
    ['US', '2026-07-03'],
    ['US', '2026-11-26'],
    ['US', '2026-12-25'],
    ['DE', '2026-10-03'],
    ['DE', '2026-05-14'],
    ['DE-BY', '2026-01-06'],
    ['GB', '2026-12-28'],
    ['JP', '2026-05-06'],
    ['AE', '2026-03-22'],
    ['AE', '2026-12-02'],
  ])('%s: %s is off', async (id, date) => {
    expect(isWorkingDay(await find(id), day(date))).toEqual({ working: false, provisional: false });
  });

  test('days of observance are working days, and so is a holiday of another state', async () => {
    expect(isWorkingDay(await find('US'), day('2026-03-17')).working).toBe(true);
    expect(isWorkingDay(await find('DE'), day('2026-01-06')).working).toBe(true);
  });

  test('the weekend is the country’s own: Friday and Saturday in Saudi Arabia', async () => {
    const saudi = await find('SA');
    expect(['2026-06-05', '2026-06-06', '2026-06-07'].map((date) => isWorkingDay(saudi, day(date)).working)).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('years beyond the worked-out rules are provisional', async () => {
    expect(isWorkingDay(await find('US'), day('2046-06-01')).provisional).toBe(true);
  });
});

test('a calendar names its data, is made once, and unknown names have none', async () => {
  expect((await find('CN')).version).toMatch(/^chinese-days 1\.\d+\.\d+, published through 20\d\d$/);
  expect((await find('US')).version).toMatch(/^date-holidays \d/);
  expect(await calendars.find('US')).toBe(await calendars.find('US'));
  expect((await find('weekends')).publishedYears).toBe('rule_based');
  const unknown = await Promise.all(['ZZ', 'DE-ZZ', 'us', '', '../CN', 'constructor'].map((id) => calendars.find(id)));
  expect(unknown).toEqual([null, null, null, null, null, null]);
});
