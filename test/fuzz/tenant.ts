/** One workspace of the scene and the ids in it that a request can name. */
import { randomUUID } from 'node:crypto';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { connectOrg, type TenantOrg } from './tenant-org.ts';
import { type Draft, type Json, render } from './request.ts';
import { at, pageFor, textAt } from '../support/practice.ts';
import type { OrgForTest } from '../support/practice-org.ts';
import type { Scene } from './scene.ts';

const ROLES = ['rep', 'manager', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export type Tenant = {
  readonly connection: ConnectionRef;
  readonly portalId: string;
  /** Connected and at rest, so that only its cards are at work. */
  readonly org: TenantOrg;
  /** Stands in every text that this workspace holds. */
  readonly canary: string;
  readonly cookies: Readonly<Record<Role, string>>;
  /** A deal that carries the contract. */
  readonly recordId: string;
  /** A deal without one. */
  readonly bareRecordId: string;
  readonly contractId: string;
  /** Not attached to any record. */
  readonly looseContractId: string;
  readonly organisationId: string;
  readonly conflictId: string;
  /** A suggestion that a record of this workspace is one of its org. */
  readonly matchId: string;
  readonly importId: string;
  /** For commits. */
  readonly spareImportId: string;
  readonly committedImportId: string;
  readonly userId: string;
  readonly incidentTitle: string;
  readonly deadRecordId: string;
};

export type Parts = Omit<Scene, 'port' | 'tenants' | 'logLines' | 'stop'>;
type Place = {
  readonly connection: ConnectionRef;
  readonly org: OrgForTest;
  /** So many deals come first, so that the ids of the others are not those of the portal before. */
  readonly fillers: number;
};

export function contractDraft(more: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  return {
    title: 'Cloud hosting',
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
    ...more,
  };
}

export async function furnish(parts: Parts, { connection, org: running, fillers }: Place): Promise<Tenant> {
  const { workspaceId, connectionId, accountId: portalId } = connection;
  const canary = `canary${portalId}${randomUUID().slice(0, 8)}`;
  const cookies = {
    rep: await parts.signIn(workspaceId, 'rep'),
    manager: await parts.signIn(workspaceId, 'manager'),
    admin: await parts.signIn(workspaceId, 'admin'),
  };
  const record = (name: string): Promise<string> => createDeal(parts, portalId, `${name} ${canary}`);
  for (let made = 0; made < fillers; made += 1) await record('Filler');
  const [recordId, bareRecordId] = [await record('Deal'), await record('Bare deal')];
  const contract = (title: string) =>
    contractDraft({ title: `${title} ${canary}`, counterparty: `Vendor ${canary}`, number: `${title}-${canary}` });
  const attached = await card(parts, { portalId }, '/v1/card/contracts', {
    idempotencyKey: randomUUID(),
    record: { objectType: 'opportunity', recordId },
    contract: contract('Attached'),
  });
  await card(parts, { portalId }, `/v1/card/records/opportunity/${bareRecordId}`);
  const page = pageOf(parts, cookies.admin);
  const loose = await page('/v1/contracts', { contract: contract('Loose') });
  const contractId = textAt(attached, 'contractId');
  const incidentTitle = `Outage ${canary}`;
  await page(`/v1/contracts/${contractId}/incidents`, {
    title: incidentTitle,
    severity: 'high',
    startedAt: '2026-10-01T00:00:00Z',
    restoredAt: '2026-10-01T02:00:00Z',
  });
  const conflictId = randomUUID();
  const matchId = randomUUID();
  const deadRecordId = `77${portalId}`;
  const org = await connectOrg(parts, running, { workspaceId, canary });
  const attach = { record: { objectType: 'opportunity', recordId: org.recordId }, contractId };
  await card(parts, { portalId, org }, '/v1/card/links', { idempotencyKey: randomUUID(), ...attach });
  await insertMatch(parts, connection, { matchId, recordId, org });
  await insertConflict(parts, connection, { conflictId, contractId, recordId });
  await parts.admin.query(
    `INSERT INTO dirty (workspace_id, connection_id, object_type, record_id, state, priority, reason, not_before, attempts, dirty_since, failure, detail, failed_at)
     VALUES ($1, $2, 'opportunity', $3, 'dead', 0, 'ours', now(), 8, now(), 'rejected', $4, now())`,
    [workspaceId, connectionId, deadRecordId, `VALIDATION_ERROR ${canary}`],
  );
  const upload = () => uploadCsv(parts, cookies.manager, canary);
  const [importId, spareImportId] = [textAt(await upload(), 'id'), textAt(await upload(), 'id')];
  const committed = await upload();
  const committedImportId = textAt(committed, 'id');
  await page(`/v1/imports/${committedImportId}/commit`, {
    options: at(committed, 'options') ?? {},
    skipInvalid: true,
  });
  const organisations = await parts.admin.query<{ id: string }>(
    'SELECT id FROM organisation WHERE workspace_id = $1 AND legal_name = $2',
    [workspaceId, `Vendor ${canary}`],
  );
  const me = await page('/v1/me');
  return {
    connection,
    portalId,
    org,
    canary,
    cookies,
    recordId,
    bareRecordId,
    contractId,
    looseContractId: textAt(loose, 'contract', 'contract', 'id'),
    organisationId: organisations.rows[0]?.id ?? '',
    conflictId,
    matchId,
    importId,
    spareImportId,
    committedImportId,
    userId: textAt(me, 'user', 'id'),
    incidentTitle,
    deadRecordId,
  };
}

async function insertConflict(
  { admin }: Parts,
  { workspaceId, connectionId }: ConnectionRef,
  ids: { readonly conflictId: string; readonly contractId: string; readonly recordId: string },
): Promise<void> {
  await admin.query(
    `INSERT INTO conflict (workspace_id, id, contract_id, connection_id, object_type, record_id, field, base, ours, theirs, winner, reason, detail, at)
     VALUES ($1, $2, $3, $4, 'opportunity', $5, 'renewalDecision', 'undecided', 'undecided', 'renegotiate', 'ours', 'both_changed', '', now())`,
    [workspaceId, ids.conflictId, ids.contractId, connectionId, ids.recordId],
  );
}

async function insertMatch(
  { admin }: Parts,
  { workspaceId, connectionId }: ConnectionRef,
  { matchId, recordId, org }: { readonly matchId: string; readonly recordId: string; readonly org: TenantOrg },
): Promise<void> {
  await admin.query(
    `INSERT INTO record_match (workspace_id, id, object_type, left_connection_id, left_record_id, right_connection_id, right_record_id,
       score, reasons, found_at)
     VALUES ($1, $2, 'opportunity', $3, $4, $5, '006CP0000000001AAA', 60, '["same_name"]', now())`,
    [workspaceId, matchId, connectionId, recordId, org.connectionId],
  );
}

async function createDeal({ practice }: Parts, portalId: string, dealname: string): Promise<string> {
  const made = await pageFor(practice)('POST', `/practice/api/portals/${portalId}/objects/deals`, {
    properties: { dealname },
  });
  return textAt(made.body, 'id');
}

/** As a card of the portal, or of the org when there is one. */
type Card = { readonly portalId: string; readonly org?: TenantOrg };
async function card({ origin }: Parts, { portalId, org }: Card, path: string, body?: Json): Promise<unknown> {
  const method = body === undefined ? 'GET' : 'POST';
  const draft: Draft = {
    access: org === undefined ? 'card' : 'org',
    method,
    path,
    query: [],
    body,
    contentType: 'application/json',
    cookie: '',
    portalId,
    ...(org === undefined ? {} : { org: { ...org, record: `opportunity/${org.recordId}` } }),
  };
  const { target, headers, body: bytes } = render(draft, { origin });
  const init = {
    method,
    headers: Object.fromEntries(headers),
    ...(bytes === null ? {} : { body: new Uint8Array(bytes) }),
  };
  return await expectDone(await fetch(`${origin}${target}`, init));
}

function pageOf({ origin }: Parts, cookie: string) {
  return async (path: string, body?: unknown): Promise<unknown> =>
    await expectDone(
      await fetch(`${origin}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { cookie, origin, 'x-counterpart-request': '1', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
}

async function uploadCsv({ origin }: Parts, cookie: string, canary: string): Promise<unknown> {
  return await expectDone(
    await fetch(`${origin}/v1/imports?fileName=${canary}.csv`, {
      method: 'POST',
      headers: { cookie, origin, 'x-counterpart-request': '1', 'content-type': 'application/octet-stream' },
      body: `Contract number,Title,Counterparty,Effective date,End date\nI-${canary},Imported ${canary},Vendor ${canary},2026-01-01,2026-12-31\n`,
    }),
  );
}

async function expectDone(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}
