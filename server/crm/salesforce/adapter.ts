/**
 * Salesforce behind the CRM port. Everything a caller meets here is in the port's words; Salesforce's own stay in this folder. Beside the
 * port it offers what only Salesforce has: rows of the package's own objects.
 */
import type { World } from '../../world.ts';
import type { CrmPort } from '../port.ts';
import type { BudgetGate, CallMetrics } from '../transport.ts';
import { createSalesforceApi } from './api.ts';
import { listChanges } from './changes.ts';
import { createSalesforceClient } from './client.ts';
import { parseDelivery } from './deliveries.ts';
import { describeAccount } from './describe-account.ts';
import { createFieldDirectory } from './org-fields.ts';
import { READ_BATCH_MAX, READ_WITH_HISTORY_BATCH_MAX, readRecords } from './read-records.ts';
import { ensureSchema } from './schema.ts';
import type { SessionSource } from './session-source.ts';
import { upsertRows } from './upsert-rows.ts';
import type { RowUpserter } from './upsert-rows.ts';
import { WRITE_BATCH_MAX, writeRecords } from './write-records.ts';

export type SalesforceAdapterOptions = {
  readonly world: Pick<World, 'clock'>;
  readonly gate: BudgetGate;
  readonly sessions: SessionSource;
  readonly metrics?: CallMetrics;
  readonly timeoutMs?: number;
};

export function createSalesforceAdapter(options: SalesforceAdapterOptions): CrmPort & RowUpserter {
  const { world, gate, sessions, metrics, timeoutMs } = options;
  const api = createSalesforceApi({
    client: createSalesforceClient(),
    clock: world.clock,
    gate,
    sessions,
    ...(metrics === undefined ? {} : { metrics }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const directory = createFieldDirectory(api, world.clock);
  return {
    host: 'salesforce',
    batchMax: { read: READ_BATCH_MAX, readWithHistory: READ_WITH_HISTORY_BATCH_MAX, write: WRITE_BATCH_MAX },
    parseDelivery,
    readRecords: (connection, refs, read) => readRecords({ api, connection, directory }, refs, read),
    writeRecords: (connection, writes, call) => writeRecords({ api, connection, directory }, writes, call),
    listChanges: (connection, request, call) => listChanges({ api, clock: world.clock }, connection, request, call),
    ensureSchema: (connection, call) => ensureSchema({ directory, connection, options: call }),
    async describeAccount(connection, call) {
      const session = await sessions.session(connection);
      if (!session.ok) return session;
      return describeAccount({ api, connection }, session.value.instanceUrl, call);
    },
    upsertRows: (connection, request, call) => upsertRows({ api, connection }, request, call),
  };
}
