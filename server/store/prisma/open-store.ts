/** Opens everything that lives in PostgreSQL. The database must have been migrated (server/store/postgres/migrate.ts). */
import type { BudgetGate } from '../../crm/transport.ts';
import type { World } from '../../world.ts';
import type { SyncStore } from '../port.ts';
import { createBudgetGate } from './budget-gate.ts';
import type { DeriveColumns } from './contract-writes.ts';
import { rememberCredentials } from './credential-cache.ts';
import { createVault, type Vault } from './credential-vault.ts';
import { type Database, openDatabase } from './database.ts';
import type { MasterKeys } from './envelope.ts';
import { createSyncStore } from './sync-store.ts';

export type Store = {
  readonly database: Database;
  readonly sync: SyncStore;
  readonly budget: BudgetGate;
  readonly vault: Vault;
  /** Ends all connections; statements under way finish first. */
  readonly close: () => Promise<void>;
};

export type StoreOptions = {
  readonly url: string;
  readonly world: World;
  readonly masterKeys: MasterKeys;
  /** Null leaves the derived columns, except the renewal date, to the caller's own writes. */
  readonly derive?: DeriveColumns | null;
  readonly poolSize?: number;
};

export function openStore({ url, world, masterKeys, derive = null, poolSize }: StoreOptions): Store {
  const database = openDatabase({ url, log: world.log, ...(poolSize === undefined ? {} : { poolSize }) });
  const vault = rememberCredentials(createVault({ database, url, world, masterKeys }), world.clock);
  return {
    database,
    sync: createSyncStore(database, world, derive),
    budget: createBudgetGate(database, world),
    vault,
    close: async () => {
      await vault.close();
      await database.close();
    },
  };
}
