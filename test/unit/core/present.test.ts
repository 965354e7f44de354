/** Dates, money, countdowns and verdicts read right in both languages. */
import { describe, expect, test } from 'vitest';
import { LOCALES, pickLocale } from '../../../app/core/locale.ts';
import { formatMoney, parseAmount, sumByCurrency } from '../../../app/core/money.ts';
import { dayAndTimeIn, formatInstant, instantOf } from '../../../app/core/plain-date.ts';
import { createPresenter } from '../../../app/core/present.ts';
import { contractDetailFixture, crmLicences, recordCardFixture, TODAY } from '../../cards/card-fixtures.ts';

const presenters = { en: createPresenter('en', 'Asia/Shanghai'), 'zh-CN': createPresenter('zh-CN', 'Asia/Shanghai') };

describe('locale', () => {
  test.each([
    ['zh-cn', 'zh-CN'],
    ['zh_CN', 'zh-CN'],
    ['zh', 'zh-CN'],
    ['zh-Hans', 'zh-CN'],
    ['zh-Hans-CN', 'zh-CN'],
    ['zh-tw', 'en'],
    ['en-gb', 'en'],
    ['de', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ] as const)('%s reads %s', (host, locale) => {
    expect(pickLocale(host)).toBe(locale);
  });
});

describe('notice', () => {
  const notice = (daysLeft: number) => ({ ...crmLicences.notice, daysLeft }) as NonNullable<typeof crmLicences.notice>;
  test.each([
    ['en', 23, 'Notice due in 23 days'],
    ['en', 1, 'Notice due tomorrow'],
    ['en', 0, 'Notice due today'],
    ['en', -1, 'Notice passed yesterday'],
    ['en', -12, 'Notice passed 12 days ago'],
    ['zh-CN', 23, '通知截止还有 23 天'],
    ['zh-CN', 0, '通知今天截止'],
    ['zh-CN', -12, '通知已截止 12 天'],
  ] as const)('%s: %i days left reads “%s”', (locale, days, text) => {
    expect(presenters[locale].notice(notice(days)).text).toBe(text);
  });

  test('carries the day on which it falls', () => {
    expect(LOCALES.map((locale) => presenters[locale].notice(crmLicences.notice).date)).toEqual([
      '14 Dec 2026',
      '2026年12月14日',
    ]);
  });
});

describe('money', () => {
  test.each([
    ['en', '12000000', 'USD', '$120,000'],
    ['en', '12000050', 'USD', '$120,000.50'],
    ['en', '5', 'JPY', '¥5'],
    ['en', '1500', 'KWD', 'KWD 1.500'],
    ['en', '-250', 'USD', '-$2.50'],
    ['zh-CN', '12000050', 'CNY', '¥120,000.50'],
    ['en', '900719925474099312345', 'USD', '$9,007,199,254,740,993,123.45'],
  ] as const)('%s: %s minor units of %s read %s', (locale, minor, currency, text) => {
    expect(formatMoney(locale, { minor, currency }).replaceAll('\u00a0', ' ')).toBe(text);
  });

  test('sums never mix currencies', () => {
    const sums = sumByCurrency([
      { minor: '100', currency: 'EUR' },
      { minor: '150', currency: 'USD' },
      { minor: '50', currency: 'USD' },
    ]);
    expect(sums).toEqual([
      { minor: '200', currency: 'USD' },
      { minor: '100', currency: 'EUR' },
    ]);
  });

  test.each([
    ['1,234.50', 'USD', '123450'],
    ['1234', 'JPY', '1234'],
    ['1.5', 'KWD', '1500'],
    ['12,34', 'USD', null],
    ['1.234', 'USD', null],
    ['1.5', 'JPY', null],
    ['-5', 'USD', null],
    ['', 'USD', null],
    ['10', 'US', null],
  ])('“%s” %s is %s minor units', (text, currency, minor) => {
    expect(parseAmount(text, currency)?.minor ?? null).toBe(minor);
  });
});

describe('instants', () => {
  test('a moment of today shows its time in the portal’s zone, an earlier one its day too', () => {
    const where = { zone: 'Asia/Shanghai', today: TODAY };
    expect(formatInstant('en', '2026-11-21T06:02:00Z', where)).toBe('14:02');
    expect(formatInstant('en', '2026-11-20T16:30:00Z', where)).toBe('00:30');
    expect(formatInstant('en', '2026-11-20T06:02:00Z', where)).toBe('20 Nov 2026, 14:02');
  });

  test.each([
    ['Asia/Shanghai', { date: '2026-11-01', hours: 0, minutes: 0 }, '2026-10-31T16:00:00.000Z'],
    ['America/New_York', { date: '2026-11-01', hours: 1, minutes: 30 }, '2026-11-01T05:30:00.000Z'],
    ['America/New_York', { date: '2026-03-08', hours: 2, minutes: 30 }, '2026-03-08T07:30:00.000Z'],
    ['Asia/Kathmandu', { date: '2026-06-01', hours: 9, minutes: 0 }, '2026-06-01T03:15:00.000Z'],
  ])('in %s a wall clock becomes its instant, clock changes included', (zone, wall, iso) => {
    expect(new Date(instantOf(zone, wall)).toISOString()).toBe(iso);
  });

  test('a wall clock survives the way there and back', () => {
    const wall = { date: '2026-07-14', hours: 18, minutes: 45 };
    for (const zone of ['Europe/London', 'America/Los_Angeles', 'Asia/Tokyo'])
      expect(dayAndTimeIn(zone, instantOf(zone, wall))).toEqual(wall);
  });
});

describe('sentences', () => {
  test('say who set a value, where and when', () => {
    const [entry] = contractDetailFixture.provenance;
    if (entry === undefined) throw new Error('The fixture has no provenance.');
    expect(presenters.en.provenance(entry, TODAY)).toBe(
      'Renewal date set to 15 Mar 2027 by Mia Chen in HubSpot, 14:02',
    );
    expect(presenters['zh-CN'].provenance(entry, TODAY)).toBe('14:02 · HubSpot · Mia Chen：续签日期设为 2027年3月15日');
  });

  test('sum the record up without counting ended contracts', () => {
    const ended = { ...crmLicences, id: 'x', stage: 'terminated' as const };
    const summary = presenters.en.summary({ ...recordCardFixture, contracts: [...recordCardFixture.contracts, ended] });
    expect(summary).toMatchObject({
      count: '4',
      live: '2 in force',
      notice: { text: '14 Dec', detail: 'Notice due in 23 days' },
      sla: { text: '1 missed', detail: 'of 2 measured' },
      value: '$210,400',
    });
  });

  test.each([
    ['stage', 'in_review', 'In review', '审核中'],
    ['renewalDecision', 'exit', 'Exit', '不再续签'],
    ['notice', '90 days before_expiry', '90 days before expiry', '到期日前 90 天'],
    ['value', '120050 USD', '$1,200.50', 'US$1,200.50'],
    ['endDate', '2027-03-14', '14 Mar 2027', '2027年3月14日'],
    ['calendarId', 'CN', 'China', '中国'],
    ['title', '120050 USD', '120050 USD', '120050 USD'],
    ['endDate', null, '—', '—'],
  ])('show the %s %s of the history in words', (field, value, en, zh) => {
    expect([presenters.en.value(field, value), presenters['zh-CN'].value(field, value)]).toEqual([en, zh]);
  });

  test('a code that this build does not know reads as itself instead of breaking the card', () => {
    expect(presenters.en.riskTitle('brand_new_flag')).toBe('brand new flag');
    expect(presenters.en.riskAdvice('brand_new_flag')).toBeNull();
    expect(presenters.en.conflictReason('brand_new')).toBe('The two sides disagreed.');
  });
});
