/**
 * Writes contracts, their links and their monthly results into orgs as rows of their own, for people to read and report on. One way:
 * what an org does to them is overwritten when the contract next changes. Level-triggered: a row is due while it differs from what the
 * org was last given, so a run may stop anywhere and repeating it is harmless.
 */
import {
  type CallOptions,
  type ConnectionRef,
  type Host,
  HOST_FAILURE_FATES,
  type HostFailure,
  type HostResult,
} from '../crm/port.ts';
import { ROW_KINDS, type RowKind } from '../domain/contract-row.ts';
import type { SyncStore } from '../store/port.ts';
import type { DueRow, ProjectionStore } from '../store/projection-port.ts';
import type { World } from '../world.ts';

/** How soon a changed contract is looked for. */
const PROJECTION_INTERVAL_MS = 15_000;
const LEASE_MS = 120_000;
/** Batches of one kind in one run; the next run goes on. */
const BATCHES_MAX = 20;

/** When the store was asked what the row says. No part of the fingerprint: time alone makes no row due. */
type ReadRow = { readonly readAt: number };

export interface ContractRows {
  /** Rows of one call. */
  readonly batchMax: number;
  /** Sets the rows to these contents; one end per row, null for written. All rows are of one kind. */
  write(
    connection: ConnectionRef,
    rows: readonly (DueRow & ReadRow)[],
    options: CallOptions,
  ): Promise<HostResult<readonly { readonly rowId: string; readonly failure: HostFailure | null }[]>>;
}

type ProjectionParts = {
  readonly store: ProjectionStore;
  readonly directory: Pick<SyncStore, 'listConnections' | 'leaseJob'>;
  /** Only CRMs that hold contracts as rows. */
  readonly rows: { readonly [H in Host]?: ContractRows };
  readonly world: World;
};

export function createProjection(parts: ProjectionParts) {
  const worker = parts.world.random.uuid();

  /** One connection's rows, kind by kind; how many were written. */
  const project = async (connection: ConnectionRef, signal: AbortSignal): Promise<number> => {
    const rows = parts.rows[connection.host];
    if (rows === undefined) return 0;
    let written = 0;
    for (const kind of ROW_KINDS) {
      for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch += 1) {
        const readAt = parts.world.clock.now();
        const due = await parts.store.listDue(connection, kind, rows.batchMax);
        const end = due.length === 0 ? 'nothing' : await writeBatch(parts, { connection, kind, rows, due, readAt });
        if (end === 'failed') return written;
        if (end === 'nothing') break;
        written += due.length;
      }
    }
    return written;
  };

  const once = async (signal: AbortSignal): Promise<void> => {
    for (const connection of await parts.directory.listConnections(['active'])) {
      if (signal.aborted) return;
      if (parts.rows[connection.host] === undefined) continue;
      const { workspaceId, connectionId } = connection;
      const lease = { workspaceId, name: `rows:${connectionId}`, worker, now: parts.world.clock.now() };
      if (!(await parts.directory.leaseJob({ ...lease, leaseMs: LEASE_MS }))) continue;
      await project(connection, signal);
    }
  };

  return {
    project,
    /** Until the signal aborts. A failed round is logged and the next one comes. */
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await once(signal).catch((error: unknown) => parts.world.log.error({ error }, 'contracts were not projected'));
        await parts.world.clock.sleep(PROJECTION_INTERVAL_MS, signal).catch(() => undefined);
      }
    },
  };
}

type Batch = {
  readonly connection: ConnectionRef;
  readonly kind: RowKind;
  readonly rows: ContractRows;
  readonly due: readonly DueRow[];
  readonly readAt: number;
};

/**
 * Rows that the org refuses for what they say are not sent again until they say something else; everything else is tried again. A row that
 * the org calls late is as good as written: somebody else brought a newer one, and what is due now is looked up anew.
 */
async function writeBatch(
  parts: ProjectionParts,
  { connection, kind, rows, due, readAt }: Batch,
): Promise<'worked' | 'failed'> {
  const answer = await rows.write(
    connection,
    due.map((row) => ({ ...row, readAt })),
    { priority: 'sweep' },
  );
  if (!answer.ok) {
    const { connectionId } = connection;
    parts.world.log.warn({ connectionId, kind, failure: answer.failure.kind }, 'rows were not written; they stay due');
    return 'failed';
  }
  const fingerprints = new Map(due.map(({ rowId, fingerprint }) => [rowId, fingerprint]));
  const settled = answer.value.flatMap(({ rowId, failure: said }) => {
    const fingerprint = fingerprints.get(rowId);
    const failure = said?.kind === 'stale' ? null : said;
    const isFinal = failure === null || HOST_FAILURE_FATES[failure.kind] === 'dead_letter';
    return fingerprint === undefined || !isFinal ? [] : [{ rowId, fingerprint, failure: failure && detailOf(failure) }];
  });
  await parts.store.markProjected(connection, kind, settled, parts.world.clock.now());
  return settled.length === due.length ? 'worked' : 'failed';
}

const DETAIL_LENGTH_MAX = 300;

function detailOf(failure: HostFailure): string {
  return (failure.kind === 'rejected' ? `${failure.code}: ${failure.detail}` : failure.kind).slice(
    0,
    DETAIL_LENGTH_MAX,
  );
}
