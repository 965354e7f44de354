/** What an org says of itself. */
import type { AccountDescription, CallOptions, HostResult } from '../port.ts';
import { failed } from '../transport.ts';
import { runQuery } from './query.ts';
import type { Querying } from './query.ts';
import { currencyOfLocale } from './locale-currency.ts';
import { textAt } from './records.ts';
import type { Row } from './wire.ts';

export async function describeAccount(
  querying: Querying,
  instanceUrl: string,
  options: CallOptions,
): Promise<HostResult<AccountDescription>> {
  const found = await readOrganization(querying, options);
  if (!found.ok) return found;
  const [row] = found.value;
  const [accountId, name] = row === undefined ? [null, null] : [textAt(row, 'Id'), textAt(row, 'Name')];
  if (row === undefined || accountId === null) return failed({ kind: 'malformed', detail: 'no_organization' });
  const currency = textAt(row, 'DefaultCurrencyIsoCode') ?? currencyOfLocale(textAt(row, 'DefaultLocaleSidKey'));
  return {
    ok: true,
    value: {
      accountId,
      name: name ?? `Salesforce ${textAt(row, 'InstanceName') ?? accountId}`,
      uiOrigin: uiOriginOf(instanceUrl),
      timeZone: textAt(row, 'TimeZoneSidKey') ?? 'UTC',
      currency,
    },
  };
}

const FIELDS = 'Id, Name, TimeZoneSidKey, InstanceName, DefaultLocaleSidKey';

/** Only orgs with several currencies have the field of the default one; the others refuse a query that names it. */
async function readOrganization(querying: Querying, options: CallOptions): Promise<HostResult<readonly Row[]>> {
  const operation = 'query.organization';
  const many = await runQuery(
    querying,
    { operation, soql: `SELECT ${FIELDS}, DefaultCurrencyIsoCode FROM Organization` },
    options,
  );
  if (many.ok) return { ok: true, value: many.value.rows };
  if (many.failure.kind !== 'rejected') return many;
  const one = await runQuery(querying, { operation, soql: `SELECT ${FIELDS} FROM Organization` }, options);
  return one.ok ? { ok: true, value: one.value.rows } : one;
}

/** Pages are under the org's Lightning domain where the API is under its My Domain (Salesforce help, My Domain URL formats). */
function uiOriginOf(instanceUrl: string): string {
  return instanceUrl.replace(/\.my\.salesforce\.com$/, '.lightning.force.com');
}
