/** The engine's storage on PostgreSQL: `SyncStore`, method by method, from the files beside this one. */
import type { World } from '../../world.ts';
import type { ContractUpdate, SyncStore } from '../port.ts';
import { connectionMethods, progressMethods } from './connection-state.ts';
import { deriveAhead, type DeriveColumns } from './contract-writes.ts';
import type { Database } from './database.ts';
import { deliveryMethods } from './deliveries.ts';
import { listDueByDate } from './due-by-date.ts';
import { feedMethods } from './feeds.ts';
import { hostRecordMethods } from './host-records.ts';
import { laneMethods } from './lanes.ts';
import { applySystemUpdates, type CommitDependencies, commitRecords } from './record-commits.ts';
import { recordStateMethods } from './record-state.ts';

/** `derive` keeps the filterable columns of changed contracts current; null leaves all but the renewal date to others. */
export function createSyncStore(database: Database, world: World, derive: DeriveColumns | null): SyncStore {
  const ahead = async (workspaceId: string, updates: readonly ContractUpdate[]): Promise<CommitDependencies> => ({
    world,
    derived: await deriveAhead(database, derive, workspaceId, updates),
  });
  return {
    ...deliveryMethods(database, world),
    ...laneMethods(database, world),
    ...recordStateMethods(database),
    ...connectionMethods(database, world),
    ...progressMethods(database, world),
    ...feedMethods(database, world),
    ...hostRecordMethods(database, world),
    commitRecords: async (lane, commits) => {
      const { workspaceId } = lane.connection;
      const dependencies = await ahead(
        workspaceId,
        commits.flatMap((commit) => commit.updates),
      );
      return await database.inWorkspace(workspaceId, (sql) => commitRecords(sql, lane, commits, dependencies));
    },
    listDueByDate: async (workspaceId, today, limit) =>
      await database.inWorkspace(workspaceId, (sql) => listDueByDate(sql, workspaceId, today, limit)),
    applySystemUpdates: async (workspaceId, updates) => {
      const dependencies = await ahead(workspaceId, updates);
      await database.inWorkspace(workspaceId, (sql) => applySystemUpdates(sql, workspaceId, updates, dependencies));
    },
  };
}
