/** Decimal numbers as text: what an API writes as `12000.5`, `12000.50` or `1.20005E4` is one and the same number. */

type Decimal = {
  readonly sign: '' | '-';
  /** Without zeros in front; empty for less than one. */
  readonly whole: string;
  /** Without zeros at the end. */
  readonly fraction: string;
  /** Digits between the first and the last that is not zero. */
  readonly significant: number;
};

/** The API hands numbers on as doubles, which give back this many digits of any decimal. */
export const DOUBLE_DIGITS_MAX = 15;
const EXPONENT_MAX = 400;

/** Null for what is no plain decimal number in JSON's form; an exponent is written out. */
export function parseDecimal(text: string): Decimal | null {
  const match = /^(-?)(0|[1-9]\d{0,39})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', wholeDigits = '', fractionDigits = '', exponent = '0'] = match;
  if (Math.abs(Number(exponent)) > EXPONENT_MAX) return null;
  const digits = wholeDigits + fractionDigits;
  const point = wholeDigits.length + Number(exponent);
  const padded = digits.padEnd(point, '0').padStart(digits.length - Math.min(point, 0), '0');
  const cut = Math.max(point, 0);
  const whole = padded.slice(0, cut).replace(/^0+/, '');
  const fraction = padded.slice(cut).replace(/0+$/, '');
  const significant = `${whole}${fraction}`.replace(/^0+/, '').replace(/0+$/, '').length;
  return { sign: sign === '-' ? '-' : '', whole, fraction, significant };
}

/** With at least `places` decimal places and no more zeros than those; text that is no number stays as it is, to be seen. */
export function plainDecimal(text: string, places: number): string {
  const decimal = parseDecimal(text);
  if (decimal === null) return text;
  const fraction = decimal.fraction.padEnd(places, '0');
  const isZero = decimal.significant === 0;
  return `${isZero ? '' : decimal.sign}${decimal.whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
}
