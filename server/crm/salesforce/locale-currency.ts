/**
 * The currency to begin with for an org that has only one: such orgs do not say which it is, but their locale names a country. It only
 * fills in forms; every amount carries its own currency.
 */
const EURO = 'AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' ');
const CURRENCIES: ReadonlyMap<string, string> = new Map([
  ...EURO.map((region) => [region, 'EUR'] as const),
  ...'CN:CNY HK:HKD TW:TWD MO:MOP SG:SGD JP:JPY KR:KRW IN:INR AU:AUD NZ:NZD GB:GBP CH:CHF SE:SEK NO:NOK DK:DKK PL:PLN CZ:CZK HU:HUF'
    .concat(' CA:CAD MX:MXN BR:BRL AE:AED SA:SAR IL:ILS ZA:ZAR TR:TRY TH:THB MY:MYR ID:IDR PH:PHP VN:VND')
    .split(' ')
    .map((pair) => [pair.slice(0, 2), pair.slice(3)] as const),
]);

/** `zh_CN`, `de_DE_EURO`, `zh_Hans_CN`: the part of two capitals is the country. */
export function currencyOfLocale(locale: string | null): string {
  const region = (locale ?? '').split('_').find((part) => /^[A-Z]{2}$/.test(part));
  return CURRENCIES.get(region ?? '') ?? 'USD';
}
