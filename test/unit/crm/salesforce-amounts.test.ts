/** Amounts whose currency has other places than the two of Salesforce's field: kept whole, or refused with a sentence that helps. */
import { describe, expect, test } from 'vitest';
import { en } from '../../../app/web/src/messages/en.ts';
import { zhCN } from '../../../app/web/src/messages/zh-cn.ts';
import { refusalText } from '../../../app/web/src/pages/refusal-text.ts';
import { fieldName } from '../../../server/crm/salesforce/field-names.ts';
import { fromSalesforceFields, toSalesforceFields } from '../../../server/crm/salesforce/fields.ts';
import { formatDecimal } from '../../../server/domain/money.ts';
import { failureDetail } from '../../../server/sync/retry.ts';

const wordsOf =
  (catalogue: Readonly<Record<string, string>>) =>
  (group: string, value: string): string =>
    catalogue[`${group}.${value}`] ?? value;

/** What the operator is told about a value; null when Salesforce takes it. */
function refusalOf(contractValue: string, contractCurrency: string): string | null {
  const result = toSalesforceFields({ contractValue, contractCurrency });
  return result.ok ? null : failureDetail(result.failure);
}

describe('currencies of other places', () => {
  test.each([
    [70_000n, 'JPY'],
    [0n, 'JPY'],
    [99_999_999_999_999n, 'JPY'],
    [12_000n, 'KRW'],
    [1_230n, 'KWD'],
    [1_000n, 'BHD'],
  ])('%d minor units of %s come back as they went', (minor, currency) => {
    const contractValue = formatDecimal({ minor, currency });
    const result = toSalesforceFields({ contractValue, contractCurrency: currency });
    if (!result.ok) throw new Error('Salesforce can hold this amount');
    const sent = result.fields[fieldName('contractValue')];
    expect(sent).toBe(Number(contractValue));
    for (const answered of [String(sent), Number(sent).toExponential()]) {
      const row = { [fieldName('contractValue')]: answered, [fieldName('contractCurrency')]: currency };
      expect(fromSalesforceFields(row).contractValue).toBe(contractValue);
    }
  });

  test.each([
    ['1.234', 'KWD', 'TOO_MANY_DECIMALS'],
    ['0.005', 'BHD', 'TOO_MANY_DECIMALS'],
    ['100000000000000', 'JPY', 'NUMBER_TOO_LARGE'],
  ])('%s %s is refused, and both languages say what to do', (value, currency, code) => {
    const detail = refusalOf(value, currency) ?? '';
    expect(detail).toContain(`${code} at contractValue`);
    for (const catalogue of [en, zhCN]) {
      const sentence = refusalText(wordsOf(catalogue), detail);
      expect(sentence).not.toContain(code);
      expect(sentence).toMatch(/contract|合同/);
      expect(sentence).toMatch(/Salesforce/);
    }
  });

  test('a refusal that has no sentence is shown as it stands', () => {
    for (const detail of ['DUPLICATE_VALUE: Text', 'unavailable', ''])
      expect(refusalText(wordsOf(en), detail)).toBe(detail);
  });
});
