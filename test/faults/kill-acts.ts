/** What people do on cards, on pages and in the portal, each safe to send again when no answer came. */
import type { PlainDate } from '../../server/domain/contract.ts';
import { addDays, parsePlainDate } from '../../server/domain/dates.ts';
import { pageFor, textAt } from '../support/practice.ts';
import type { KillClient } from './kill-client.ts';
import type { KillPortal, PortalId } from './kill-portal.ts';

export async function createDeal(portal: KillPortal, portalId: PortalId, dealname: string): Promise<string> {
  const made = await pageFor(portal.practice)('POST', `/practice/api/portals/${portalId}/objects/deals`, {
    properties: { dealname },
  });
  return textAt(made.body, 'id');
}

const recordOf = (recordId: string) => ({ objectType: 'opportunity', recordId });

/** A contract as the card's form sends it; its id. The key makes it one contract however often the request is sent. */
export async function createOn(
  client: KillClient,
  portalId: PortalId,
  { recordId, title }: { readonly recordId: string; readonly title: string },
): Promise<string> {
  const answer = await client.card(portalId, '/v1/card/contracts', {
    idempotencyKey: `create ${title}`.replaceAll(' ', '-'),
    record: recordOf(recordId),
    contract: {
      title,
      number: null,
      side: 'buy',
      counterparty: 'Northwind Hosting Ltd',
      effectiveDate: '2026-01-01',
      endDate: '2027-12-31',
      renewalKind: 'auto',
      renewalMonths: 12,
      notice: { count: 60, unit: 'days', countedFrom: 'before_expiry' },
      calendarId: 'weekends',
      value: { minor: '1200000', currency: 'USD' },
    },
  });
  if (answer.status !== 200) throw new Error(`creating ${title}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return textAt(answer.body, 'contractId');
}

type LinkAct = { readonly recordId: string; readonly contractId: string; readonly key: string };

async function link(client: KillClient, portalId: PortalId, { path: route, act }: { path: string; act: LinkAct }) {
  const { recordId, contractId, key } = act;
  const body = { idempotencyKey: key.padEnd(16, '-'), record: recordOf(recordId), contractId };
  const answer = await client.card(portalId, route, body);
  if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

export const attach = (client: KillClient, portalId: PortalId, act: LinkAct): Promise<void> =>
  link(client, portalId, { path: '/v1/card/links', act });
export const detach = (client: KillClient, portalId: PortalId, act: LinkAct): Promise<void> =>
  link(client, portalId, { path: '/v1/card/links/detach', act });
export const restoreLink = (client: KillClient, portalId: PortalId, act: LinkAct): Promise<void> =>
  link(client, portalId, { path: '/v1/card/links/restore', act });

const HEADER = '合同编号,合同名称,供应商,生效日期,到期日,合同金额,币种,状态';

/** Uploads a register and imports all of it. */
export async function importRows(client: KillClient, rows: readonly string[]): Promise<void> {
  const file = new TextEncoder().encode(`${HEADER}\n${rows.join('\n')}\n`);
  const uploaded = await client.page('POST', '/v1/imports?fileName=register.csv', file);
  if (uploaded.status !== 201) throw new Error(`an upload: ${uploaded.status} ${JSON.stringify(uploaded.body)}`);
  const id = textAt(uploaded.body, 'id');
  const options = (uploaded.body as { readonly options: object }).options;
  // Answered or not, the person looks at the import afterwards and presses the button again only when it is still open.
  const committed = await client.page('POST', `/v1/imports/${id}/commit`, { options, skipInvalid: false });
  const isDone = committed.status === 200 || JSON.stringify(committed.body).includes('already_committed');
  if (!isDone) throw new Error(`an import: ${committed.status} ${JSON.stringify(committed.body)}`);
}

/** A day some days after another one. */
export function dayAfter(from: string, days: number): PlainDate {
  const start = parsePlainDate(from);
  if (start === null) throw new Error(`${from} is no day`);
  return addDays(start, days);
}
