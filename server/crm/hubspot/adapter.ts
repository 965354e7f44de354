/**
 * HubSpot behind the CRM port: deals are opportunities, companies accounts, tickets cases. Everything a caller meets here is in the port's
 * words; HubSpot's own stay in this folder.
 */
import type { World } from '../../world.ts';
import type {
  AccountDescription,
  CallOptions,
  ConnectionRef,
  CrmPort,
  HostFieldEdit,
  HostResult,
  RecordRead,
} from '../port.ts';
import type { BudgetGate, CallMetrics, TokenSource } from '../transport.ts';
import { createAbsenceMemo } from './absence-memo.ts';
import { API_VERSION, createHubSpotApi } from './api.ts';
import type { HubSpotApi } from './api.ts';
import { listChanges } from './changes.ts';
import { createHubSpotClient } from './client.ts';
import type { SchemaLanguage } from './labels.ts';
import { createOwnerDirectory } from './owners.ts';
import type { OwnerDirectory } from './owners.ts';
import { READ_BATCH_MAX, READ_WITH_HISTORY_BATCH_MAX, readRecords } from './read-records.ts';
import { userIdOf } from './records.ts';
import { ensureSchema } from './schema.ts';
import { parseDelivery } from './webhook.ts';
import { ACCOUNT_DETAILS } from './wire.ts';
import { WRITE_BATCH_MAX, writeRecords } from './write-records.ts';

export type HubSpotAdapterOptions = {
  /** Origin of HubSpot's API; a practice server's on this machine. */
  readonly baseUrl?: string;
  /** The app's id, by which HubSpot marks what this app wrote. */
  readonly appId: string;
  readonly world: Pick<World, 'clock'>;
  readonly gate: BudgetGate;
  readonly tokens: TokenSource;
  readonly metrics?: CallMetrics;
  readonly timeoutMs?: number;
  /** The language of property labels and list names, one for each portal; English when absent. */
  readonly languageOf?: (connection: ConnectionRef) => Promise<SchemaLanguage>;
  /** The portal's own domain, which HubSpot tells only when a token is introspected (`oauth.ts`). */
  readonly accountNameOf?: (connection: ConnectionRef) => Promise<string | null>;
};

export function createHubSpotAdapter(options: HubSpotAdapterOptions): CrmPort {
  const { appId, world, gate, tokens, metrics, timeoutMs } = options;
  const api = createHubSpotApi({
    client: createHubSpotClient(options.baseUrl),
    clock: world.clock,
    gate,
    tokens,
    ...(metrics === undefined ? {} : { metrics }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const owners = createOwnerDirectory(api, world.clock);
  const memo = createAbsenceMemo(world.clock);
  return {
    host: 'hubspot',
    batchMax: { read: READ_BATCH_MAX, readWithHistory: READ_WITH_HISTORY_BATCH_MAX, write: WRITE_BATCH_MAX },
    parseDelivery: (body) => parseDelivery(body, appId),
    async readRecords(connection, refs, read) {
      const result = await readRecords({ api, appId, connection, memo }, refs, read);
      return result.ok ? { ok: true, value: await namePeople(owners, connection, result.value, read) } : result;
    },
    writeRecords: (connection, writes, call) => writeRecords({ api, connection }, writes, call),
    listChanges: (connection, request, call) => listChanges({ api, clock: world.clock }, connection, request, call),
    async ensureSchema(connection, call) {
      const language = (await options.languageOf?.(connection)) ?? 'en';
      return ensureSchema({ api, connection, language, options: call });
    },
    describeAccount: (connection, call) => describeAccount(api, options, connection, call),
  };
}

/** Adds the fact `ownerEmail` next to HubSpot's own `ownerId`, and names the people in the history by their e-mail where it is known. */
async function namePeople(
  owners: OwnerDirectory,
  connection: ConnectionRef,
  reads: readonly RecordRead[],
  options: CallOptions,
): Promise<readonly RecordRead[]> {
  const records = reads.flatMap((read) => (read.kind === 'live' ? [read.record] : []));
  const ownerIds = records.flatMap(({ facts }) => (facts['ownerId'] ? [facts['ownerId']] : []));
  const userIds = records.flatMap(({ history }) => (history ?? []).flatMap((edit) => userIdOf(edit) ?? []));
  const { byOwnerId, byUserId } = await owners.people(
    connection,
    { ownerIds, userIds: [...new Set(userIds)] },
    options,
  );
  const named = (edit: HostFieldEdit): HostFieldEdit => {
    const email = byUserId.get(userIdOf(edit) ?? '');
    return email === undefined ? edit : { ...edit, authorId: email };
  };
  return reads.map((read) => {
    if (read.kind !== 'live') return read;
    const { facts, history } = read.record;
    const { ownerId } = facts;
    const ownerEmail = ownerId === undefined ? {} : { ownerEmail: byOwnerId.get(ownerId ?? '') ?? null };
    return {
      ...read,
      record: { ...read.record, facts: { ...facts, ...ownerEmail }, history: history?.map(named) ?? null },
    };
  });
}

/** HubSpot's account details carry no name; the portal's domain stands in where it is known. */
async function describeAccount(
  api: HubSpotApi,
  options: HubSpotAdapterOptions,
  connection: ConnectionRef,
  call: CallOptions,
): Promise<HostResult<AccountDescription>> {
  const path = `/account-info/${API_VERSION}/details`;
  const result = await api.request(
    connection,
    { operation: 'account.details', effect: 'read', method: 'GET', path },
    ACCOUNT_DETAILS,
    call,
  );
  if (!result.ok) return result;
  const { portalId, timeZone, companyCurrency, uiDomain } = result.value.value;
  const name = (await options.accountNameOf?.(connection)) ?? `HubSpot ${portalId}`;
  return {
    ok: true,
    value: { accountId: portalId, name, uiOrigin: uiOrigin(uiDomain), timeZone, currency: companyCurrency ?? 'USD' },
  };
}

/** A practice portal answers with a host and port on this machine, without TLS. */
function uiOrigin(uiDomain: string): string {
  const [host = ''] = uiDomain.split(':');
  const loopback = host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
  return `${loopback ? 'http' : 'https'}://${uiDomain}`;
}
