/**
 * Date literals as spans of days (SOQL guide, Date formats and date literals). Days begin at midnight in the user's time zone. Weeks begin on
 * Sunday; quarters and years are those of the calendar, which a new org's fiscal year follows too.
 */
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
const QUARTER_MONTHS = 3;
const YEAR_MONTHS = 12;
const NINETY_DAYS = 90;

/** From the first day up to, but not including, `untilDate`; days as `YYYY-MM-DD`. */
export interface DaySpan {
  readonly fromDate: string;
  readonly untilDate: string;
}

/** The calendar day in a time zone at an instant. */
export function dayIn(timeZone: string, atMs: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(atMs);
}

/** The instant at which a day begins in a time zone, epoch milliseconds. */
export function startOfDay(timeZone: string, day: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`);
  // Two rounds settle the offset, also next to a change of the clocks.
  let at = asUtc;
  for (let round = 0; round < 2; round += 1) at = asUtc - offsetAt(timeZone, at);
  return at;
}

function offsetAt(timeZone: string, atMs: number): number {
  const text = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(atMs);
  const [date = '', time = ''] = text.split(', ');
  return Date.parse(`${date}T${time}Z`) - Math.floor(atMs / 1_000) * 1_000;
}

const addDays = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);

function addMonths(firstOfMonth: string, count: number): string {
  const at = new Date(`${firstOfMonth}T00:00:00Z`);
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + count, 1)).toISOString().slice(0, 10);
}

const days = (today: string, first: number, count: number): DaySpan => ({
  fromDate: addDays(today, first),
  untilDate: addDays(today, first + count),
});
const weeks = (today: string, first: number, count: number): DaySpan => {
  const sunday = addDays(today, -new Date(`${today}T00:00:00Z`).getUTCDay());
  return days(sunday, first * WEEK_DAYS, count * WEEK_DAYS);
};
/** `size` months make one period; periods are counted from the one that holds today. */
function periods(today: string, size: number, span: { readonly first: number; readonly count: number }): DaySpan {
  const month = Number(today.slice(5, 7)) - 1;
  const start = addMonths(`${today.slice(0, 7)}-01`, -(month % size));
  return {
    fromDate: addMonths(start, span.first * size),
    untilDate: addMonths(start, (span.first + span.count) * size),
  };
}

type Unit = (today: string, first: number, count: number) => DaySpan;
const UNITS: Readonly<Record<string, Unit>> = {
  DAY: days,
  WEEK: weeks,
  MONTH: (today, first, count) => periods(today, 1, { first, count }),
  QUARTER: (today, first, count) => periods(today, QUARTER_MONTHS, { first, count }),
  YEAR: (today, first, count) => periods(today, YEAR_MONTHS, { first, count }),
};

/** The span of a literal such as `TODAY`, `NEXT_N_DAYS:90` or `LAST_MONTH`; null for one that is not known. */
export function literalSpan(literal: string, today: string): DaySpan | null {
  const [word = '', amount] = literal.toUpperCase().replaceAll('FISCAL_', '').split(':');
  if (amount !== undefined) return countedSpan(word, Number(amount), today);
  switch (word) {
    case 'YESTERDAY':
      return days(today, -1, 1);
    case 'TODAY':
      return days(today, 0, 1);
    case 'TOMORROW':
      return days(today, 1, 1);
    case 'LAST_90_DAYS':
      return days(today, -NINETY_DAYS, NINETY_DAYS + 1);
    case 'NEXT_90_DAYS':
      return days(today, 1, NINETY_DAYS);
    default: {
      const [, which = '', unit = ''] = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/.exec(word) ?? [];
      return UNITS[unit]?.(today, which === 'LAST' ? -1 : which === 'NEXT' ? 1 : 0, 1) ?? null;
    }
  }
}

/** `LAST_N_DAYS:n` ends with today; `NEXT_N_DAYS:n` starts tomorrow; the longer units leave out the running period. */
function countedSpan(word: string, count: number, today: string): DaySpan | null {
  const [, ago] = /^N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO$/.exec(word) ?? [];
  if (ago !== undefined) return UNITS[ago]?.(today, -count, 1) ?? null;
  const [, which = '', unit = ''] = /^(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S$/.exec(word) ?? [];
  const span = UNITS[unit];
  if (span === undefined) return null;
  if (which === 'NEXT') return span(today, 1, count);
  return unit === 'DAY' ? span(today, -count, count + 1) : span(today, -count, count);
}
