/**
 * OAuth tokens, sealed (see envelope.ts). Only the newest version of a connection's tokens is kept. One process at a time refreshes a
 * connection: the lock is PostgreSQL's, so it holds across instances and ends with the process that has it.
 */
import type { Credential, CredentialVault } from '../../crm/credentials.ts';
import type { ConnectionRef } from '../../crm/port.ts';
import type { World } from '../../world.ts';
import type { Database, PrismaTransaction } from './database.ts';
import { KEY_BYTES, masterKeyOf, type MasterKeys, seal, type SealedPlace, unseal } from './envelope.ts';
import { createRefreshLock } from './refresh-lock.ts';

type DataKey = { readonly generation: number; readonly key: Uint8Array };

function wrappingPlace(workspaceId: string, generation: number, masterKeyId: string): SealedPlace {
  return { workspaceId, table: 'data_key', column: 'wrapped_key', row: String(generation), keyId: masterKeyId };
}

function tokenPlace(
  connection: ConnectionRef,
  column: 'access_token' | 'refresh_token',
  generation: number,
): SealedPlace {
  const { workspaceId, connectionId } = connection;
  return { workspaceId, table: 'credential', column, row: connectionId, keyId: String(generation) };
}

export interface Vault extends CredentialVault {
  /** When the connection's tokens were last renewed (epoch ms); null when it has none. */
  renewedAt(connection: ConnectionRef): Promise<number | null>;
  /** Wraps the workspace's data keys with the current master key; tokens stay as they are. Returns how many keys changed. */
  rewrap(workspaceId: string): Promise<number>;
  /** Makes a new data key and seals every token of the workspace with it; older data keys are destroyed. */
  rotateDataKey(workspaceId: string): Promise<void>;
  close(): Promise<void>;
}

export type VaultOptions = {
  readonly database: Database;
  /** Connection string for the refresh locks. */
  readonly url: string;
  readonly world: World;
  readonly masterKeys: MasterKeys;
};

async function newDataKey(
  prisma: PrismaTransaction,
  workspaceId: string,
  { world, masterKeys }: VaultOptions,
): Promise<DataKey> {
  const newest = await prisma.dataKey.findFirst({ where: { workspaceId }, orderBy: { generation: 'desc' } });
  const generation = (newest?.generation ?? 0) + 1;
  const key = world.random.bytes(KEY_BYTES);
  const { currentId } = masterKeys;
  const now = new Date(world.clock.now());
  const wrappedKey = seal(
    key,
    masterKeyOf(masterKeys, currentId),
    wrappingPlace(workspaceId, generation, currentId),
    world.random,
  );
  await prisma.dataKey.create({
    data: { workspaceId, generation, masterKeyId: currentId, wrappedKey, createdAt: now, wrappedAt: now },
  });
  return { generation, key };
}

type WrappedKey = { readonly generation: number; readonly masterKeyId: string; readonly wrappedKey: Uint8Array };

function unwrap(workspaceId: string, row: WrappedKey, masterKeys: MasterKeys): DataKey {
  const place = wrappingPlace(workspaceId, row.generation, row.masterKeyId);
  return { generation: row.generation, key: unseal(row.wrappedKey, masterKeyOf(masterKeys, row.masterKeyId), place) };
}

async function currentDataKey(prisma: PrismaTransaction, workspaceId: string, options: VaultOptions): Promise<DataKey> {
  // The workspace row orders two processes that both find no key yet.
  await prisma.$queryRaw`SELECT 1 FROM workspace WHERE id = ${workspaceId}::uuid FOR NO KEY UPDATE`;
  const row = await prisma.dataKey.findFirst({ where: { workspaceId }, orderBy: { generation: 'desc' } });
  return row === null ? await newDataKey(prisma, workspaceId, options) : unwrap(workspaceId, row, options.masterKeys);
}

function sealTokens(
  connection: ConnectionRef,
  credential: Credential,
  { generation, key }: DataKey,
  { world }: VaultOptions,
) {
  const sealText = (text: string, column: 'access_token' | 'refresh_token') =>
    seal(Buffer.from(text, 'utf8'), key, tokenPlace(connection, column, generation), world.random);
  return {
    keyGeneration: generation,
    accessToken: sealText(credential.accessToken, 'access_token'),
    refreshToken: sealText(credential.refreshToken, 'refresh_token'),
    accessExpiresAt: new Date(credential.expiresAt),
    scopes: [...credential.scopes],
    instanceUrl: credential.instanceUrl ?? null,
    updatedAt: new Date(world.clock.now()),
  };
}

type SealedTokens = {
  readonly keyGeneration: number;
  readonly accessToken: Uint8Array;
  readonly refreshToken: Uint8Array;
  readonly accessExpiresAt: Date;
  readonly scopes: readonly string[];
  readonly instanceUrl: string | null;
};

function unsealTokens(connection: ConnectionRef, row: SealedTokens, { key }: DataKey): Credential {
  const open = (sealed: Uint8Array, column: 'access_token' | 'refresh_token'): string =>
    unseal(sealed, key, tokenPlace(connection, column, row.keyGeneration)).toString('utf8');
  return {
    accessToken: open(row.accessToken, 'access_token'),
    refreshToken: open(row.refreshToken, 'refresh_token'),
    expiresAt: row.accessExpiresAt.getTime(),
    scopes: row.scopes,
    ...(row.instanceUrl === null ? {} : { instanceUrl: row.instanceUrl }),
  };
}

async function rotate(prisma: PrismaTransaction, workspaceId: string, options: VaultOptions): Promise<void> {
  await prisma.$queryRaw`SELECT 1 FROM workspace WHERE id = ${workspaceId}::uuid FOR NO KEY UPDATE`;
  const fresh = await newDataKey(prisma, workspaceId, options);
  const rows = await prisma.credential.findMany({
    where: { workspaceId },
    include: { dataKey: true, connection: true },
  });
  for (const row of rows) {
    const connection: ConnectionRef = {
      workspaceId,
      connectionId: row.connectionId,
      host: row.connection.host === 'salesforce' ? 'salesforce' : 'hubspot',
      accountId: row.connection.accountId,
    };
    const credential = unsealTokens(connection, row, unwrap(workspaceId, row.dataKey, options.masterKeys));
    await prisma.credential.update({
      where: { workspaceId_connectionId: { workspaceId, connectionId: row.connectionId } },
      data: { ...sealTokens(connection, credential, fresh, options), version: { increment: 1 } },
    });
  }
  await prisma.dataKey.deleteMany({ where: { workspaceId, generation: { lt: fresh.generation } } });
}

async function rewrap(
  prisma: PrismaTransaction,
  workspaceId: string,
  { world, masterKeys }: VaultOptions,
): Promise<number> {
  const { currentId } = masterKeys;
  const stale = await prisma.dataKey.findMany({ where: { workspaceId, masterKeyId: { not: currentId } } });
  for (const row of stale) {
    const { key } = unwrap(workspaceId, row, masterKeys);
    const place = wrappingPlace(workspaceId, row.generation, currentId);
    await prisma.dataKey.update({
      where: { workspaceId_generation: { workspaceId, generation: row.generation } },
      data: {
        masterKeyId: currentId,
        wrappedKey: seal(key, masterKeyOf(masterKeys, currentId), place, world.random),
        wrappedAt: new Date(world.clock.now()),
      },
    });
  }
  return stale.length;
}

export function createVault(options: VaultOptions): Vault {
  const { database, world, masterKeys } = options;
  const refreshLock = createRefreshLock(options.url, world);
  const keyOf = ({ workspaceId, connectionId }: ConnectionRef) => ({
    workspaceId_connectionId: { workspaceId, connectionId },
  });
  return {
    read: async (connection) =>
      await database.withPrisma(connection.workspaceId, async (prisma) => {
        const row = await prisma.credential.findUnique({ where: keyOf(connection), include: { dataKey: true } });
        if (row === null) return null;
        return unsealTokens(connection, row, unwrap(connection.workspaceId, row.dataKey, masterKeys));
      }),
    renewedAt: async (connection) =>
      await database.withPrisma(connection.workspaceId, async (prisma) => {
        const row = await prisma.credential.findUnique({ where: keyOf(connection), select: { updatedAt: true } });
        return row?.updatedAt.getTime() ?? null;
      }),
    write: async (connection, credential) => {
      const { workspaceId, connectionId } = connection;
      await database.withPrisma(workspaceId, async (prisma) => {
        const sealed = sealTokens(connection, credential, await currentDataKey(prisma, workspaceId, options), options);
        await prisma.credential.upsert({
          where: keyOf(connection),
          create: { workspaceId, connectionId, ...sealed, version: 1 },
          update: { ...sealed, version: { increment: 1 } },
        });
      });
    },
    delete: async ({ workspaceId, connectionId }) => {
      await database.withPrisma(workspaceId, (prisma) =>
        prisma.credential.deleteMany({ where: { workspaceId, connectionId } }),
      );
    },
    withRefreshLock: async (connection, work) => await refreshLock.run(connection, work),
    rewrap: async (workspaceId) =>
      await database.withPrisma(workspaceId, (prisma) => rewrap(prisma, workspaceId, options)),
    rotateDataKey: async (workspaceId) =>
      await database.withPrisma(workspaceId, (prisma) => rotate(prisma, workspaceId, options)),
    close: async () => await refreshLock.close(),
  };
}
