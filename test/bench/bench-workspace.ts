/**
 * A workspace as it stands after a company has connected its portals: contracts, each attached to the deal of the same number in every
 * portal, and tokens in the vault. The server then makes the properties and does the first reading itself.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Credential } from '../../server/crm/credentials.ts';
import type { Host } from '../../server/crm/port.ts';
import { openStore } from '../../server/store/prisma/open-store.ts';
import { MASTER_KEY } from '../support/server-process.ts';
import { systemWorld } from '../support/system-world.ts';
import { FIRST_DEAL_ID } from './host-protocol.ts';

const POLL_MS = 50;
const MASTER_KEYS = { currentId: 'main', keys: { main: MASTER_KEY } };

export type WorkspacePlan = {
  readonly contracts: number;
  /** Attached to the deal of its own number; with more deals than contracts, several deals share one. */
  readonly deals: number;
  readonly portals: readonly BenchAccount[];
};

export type BenchAccount = {
  /** The portal's id, or the org's. */
  readonly portalId: string;
  readonly credential: Credential;
  /** HubSpot unless told. */
  readonly host?: Host;
  /** The deal of a number, counted from 0; by the portals' own numbering unless told. */
  readonly dealId?: (index: number) => string;
};

export type BenchWorkspace = {
  readonly workspaceId: string;
  readonly connectionIds: readonly string[];
  /** A connection as the superuser. */
  readonly admin: Client;
  /** Resolves when every connection has done its first reading and nothing is dirty or in the inbox. */
  untilQuiet(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export async function fillBenchWorkspace(databaseUrl: string, plan: WorkspacePlan): Promise<BenchWorkspace> {
  const workspaceId = randomUUID();
  const admin = new Client({ connectionString: databaseUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  const connectionIds = await addConnections(databaseUrl, workspaceId, plan);
  await addContracts(admin, workspaceId, plan.contracts);
  for (const [index, { dealId = portalDealId }] of plan.portals.entries()) {
    const connectionId = connectionIds[index] ?? '';
    const dealIds = Array.from({ length: plan.deals }, (_, deal) => dealId(deal));
    await addLinks(admin, { workspaceId, connectionId, contracts: plan.contracts, dealIds });
  }
  await admin.query('ANALYZE');
  return {
    workspaceId,
    connectionIds,
    admin,
    untilQuiet: async (signal) => {
      while (!signal.aborted) {
        const { rows } = await admin.query<{ busy: boolean }>(
          `SELECT (SELECT count(*) FROM dirty WHERE state = 'queued') > 0 OR
             (SELECT count(*) FROM delivery WHERE state = 'waiting') > 0 OR
             (SELECT count(*) FROM connection WHERE backfill IS NULL OR backfill->>'phase' <> 'done') > 0 AS busy`,
        );
        if (rows[0]?.busy === false) return;
        await delay(POLL_MS);
      }
      throw new Error('the workspace did not come to rest in time');
    },
    close: () => admin.end(),
  };
}

async function addConnections(
  databaseUrl: string,
  workspaceId: string,
  { portals }: WorkspacePlan,
): Promise<readonly string[]> {
  const store = openStore({ url: databaseUrl, world: systemWorld(), masterKeys: MASTER_KEYS });
  const at = new Date();
  await store.database.withPrisma(workspaceId, (prisma) =>
    prisma.workspace.create({ data: { id: workspaceId, name: 'Bench', timeZone: 'UTC', createdAt: at } }),
  );
  const ids: string[] = [];
  for (const { portalId, credential, host = 'hubspot' } of portals) {
    const connectionId = randomUUID();
    await store.database.withPrisma(workspaceId, async (prisma) => {
      await prisma.connection.create({
        data: {
          workspaceId,
          id: connectionId,
          host,
          accountId: portalId,
          state: 'installing',
          createdAt: at,
          updatedAt: at,
        },
      });
      await prisma.hostAccount.create({
        data: { host, accountId: portalId, workspaceId, connectionId, createdAt: at },
      });
    });
    await store.vault.write({ workspaceId, connectionId, host, accountId: portalId }, credential);
    ids.push(connectionId);
  }
  await store.close();
  return ids;
}

/** The id of contract `n`, in SQL. */
const contractIdSql = (n: string): string => `lpad(to_hex(${n}), 32, '0')::uuid`;

async function addContracts(admin: Client, workspaceId: string, contracts: number): Promise<void> {
  await admin.query(
    `INSERT INTO contract (workspace_id, id, number, title, side, stage, effective_date, end_date, renewal_kind, renewal_months, notice_count,
       notice_unit, notice_counted_from, value_minor, currency, changed_at, risk_flags, created_at, updated_at)
     SELECT $1, ${contractIdSql('n')}, 'C-' || n, 'Contract ' || n, 'buy', 'active', '2026-01-01', '2027-12-31', 'auto', 12, 60, 'days',
       'before_expiry', 120000, 'USD', '{"stage":0,"renewalDate":0,"renewalDecision":0}', '{}', now(), now()
     FROM generate_series(1, $2::int) AS n`,
    [workspaceId, contracts],
  );
}

const portalDealId = (index: number): string => String(FIRST_DEAL_ID + index);

async function addLinks(
  admin: Client,
  link: {
    readonly workspaceId: string;
    readonly connectionId: string;
    readonly contracts: number;
    readonly dealIds: readonly string[];
  },
): Promise<void> {
  await admin.query(
    `INSERT INTO contract_link (workspace_id, connection_id, object_type, record_id, contract_id, linked_at)
     SELECT $1, $2, 'opportunity', deal.id, ${contractIdSql('((deal.n - 1) % $4::int) + 1')}, now()
     FROM unnest($3::text[]) WITH ORDINALITY AS deal(id, n)`,
    [link.workspaceId, link.connectionId, link.dealIds, link.contracts],
  );
}
