/**
 * The places at which the real server is killed with kill -9, and the work that reaches each. A place is a method of one of the ports with
 * `before` or `after`, or the COMMIT of the transaction that the method runs in: `before_commit` has sent every statement but that one,
 * `commit_sent` has sent it and knows no answer. `says` narrows a place to calls whose arguments (or, after it, results) contain a text.
 */
import type { CredentialVault } from '../../server/crm/credentials.ts';
import type { CrmPort } from '../../server/crm/port.ts';
import type { ContractStore } from '../../server/store/contract-port.ts';
import type { ImportStore } from '../../server/store/import-port.ts';
import type { SyncStore } from '../../server/store/port.ts';
import type { WorkspaceStore } from '../../server/store/workspace-port.ts';

const WORKLOADS = [
  'edits',
  'slow_edits',
  'card',
  'undo',
  'import',
  'merge',
  'archive',
  'sweep',
  'cases',
  'install',
  'refresh',
  'rotated_refresh',
  'uninstalled',
  'disconnect',
  'day_roll',
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

export const KILL_POINTS = [
  'inbox.accept.before',
  'inbox.accept.before_commit',
  'inbox.accept.commit_sent',
  'inbox.committed.before_answer',
  'inbox.leased.after',
  'inbox.finish.before_commit',
  'engine.delivery_finished.after',
  'lane.leased.after',
  'lane.renewed.after',
  'lane.taken.after',
  'crm.readRecords.before',
  'crm.readRecords.after_answer',
  'judgement.commit.before',
  'judgement.commit.before_commit',
  'judgement.commit.commit_sent',
  'intent.committed.before_call',
  'crm.writeRecords.before',
  'crm.writeRecords.sent',
  'crm.writeRecords.after_answer',
  'settle.before_commit',
  'settle.after',
  'lane.released.after',
  'confirm.read.after',
  'confirm.commit.before_commit',
  'card.update.before_commit',
  'card.update.before_answer',
  'card.create.before_commit',
  'card.create.before_answer',
  'card.attach.before_commit',
  'card.attach.before_answer',
  'undo.detached.before_answer',
  'undo.restored.before_commit',
  'undo.restored.before_answer',
  'incident.before_commit',
  'incident.before_answer',
  'import.uploaded.before_answer',
  'import.rows.before_commit',
  'import.committed.before_answer',
  'merge.survivor_marked.after',
  'merge.tx.before_commit',
  'merge.committed.after',
  'tombstone.tx.before_commit',
  'sweep.page.after',
  'sweep.cursor.before',
  'sweep.cursor.before_commit',
  'sweep.cursor.after',
  'cases.saved.before_commit',
  'install.callback.claimed',
  'install.callback.tokens_kept',
  'install.callback.before_answer',
  'backfill.schema.after',
  'backfill.page.after',
  'backfill.facts.before_commit',
  'backfill.cursor.after',
  'backfill.done.before',
  'oauth.refresh.before',
  'oauth.refresh.after_answer',
  'oauth.refresh.stored',
  'oauth.rotated_refresh.after_answer',
  'lifecycle.uninstalled.before_commit',
  'lifecycle.disconnect.before_commit',
  'lifecycle.disconnect.after',
  'day_roll.before_commit',
  'day_roll.after',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

/** Places whose neighbours show nearly the same: `scripts/crash.ts` kills there too, the tests of each change do not. */
const LEFT_TO_CRASH: ReadonlySet<KillPoint> = new Set<KillPoint>([
  'inbox.accept.before',
  'inbox.leased.after',
  'lane.leased.after',
  'lane.renewed.after',
  'lane.taken.after',
  'crm.readRecords.before',
  'judgement.commit.before',
  'crm.writeRecords.before',
  'confirm.read.after',
  'card.attach.before_commit',
  'undo.restored.before_commit',
  'incident.before_commit',
  'import.uploaded.before_answer',
  'merge.committed.after',
  'sweep.page.after',
  'sweep.cursor.before_commit',
  'sweep.cursor.after',
  'install.callback.before_answer',
  'backfill.schema.after',
  'backfill.facts.before_commit',
  'oauth.refresh.before',
  'oauth.refresh.stored',
  'lifecycle.disconnect.after',
  'day_roll.before_commit',
]);
const FORTY_POINTS: readonly KillPoint[] = KILL_POINTS.filter((point) => !LEFT_TO_CRASH.has(point));
/** Half of the forty, spread over all workloads, for every change; the script takes all of them. */
export const TWENTY_POINTS: readonly KillPoint[] = FORTY_POINTS.filter((_point, index) => index % 2 === 0);

type Passing<
  Name extends string,
  Port,
> = `${Name}.${keyof Port & string}.${'before' | 'before_commit' | 'commit_sent' | 'after'}`;

/** Where the child dies. */
type Place = {
  readonly place:
    | Passing<'store', SyncStore>
    | Passing<'crm', CrmPort>
    | Passing<'contracts', ContractStore>
    | Passing<'workspaces', WorkspaceStore>
    | Passing<'imports', ImportStore>
    | Passing<'vault', CredentialVault>
    | `wire.${string}.sent`;
  /** Text that the call's arguments or its result contain. */
  readonly says?: string;
};

export type KillCase = Place & {
  readonly workload: WorkloadName;
  /** How often the workload passes the place at least: the seed chooses one of these passings. */
  readonly passings?: number;
};

export const KILL_CASES: Record<KillPoint, KillCase> = {
  'inbox.accept.before': { workload: 'edits', place: 'store.acceptDelivery.before', passings: 2 },
  'inbox.accept.before_commit': { workload: 'edits', place: 'store.acceptDelivery.before_commit' },
  'inbox.accept.commit_sent': { workload: 'edits', place: 'store.acceptDelivery.commit_sent' },
  'inbox.committed.before_answer': { workload: 'edits', place: 'store.acceptDelivery.after', passings: 2 },
  'inbox.leased.after': { workload: 'edits', place: 'store.takeDeliveries.after', says: 'deliveryId' },
  'inbox.finish.before_commit': { workload: 'edits', place: 'store.finishDeliveries.before_commit', passings: 2 },
  'engine.delivery_finished.after': { workload: 'edits', place: 'store.finishDeliveries.after', passings: 2 },
  'lane.leased.after': { workload: 'edits', place: 'store.leaseLane.after', says: '"fence"', passings: 2 },
  'lane.renewed.after': { workload: 'slow_edits', place: 'store.renewLane.after' },
  'lane.taken.after': { workload: 'edits', place: 'store.takeDirty.after', passings: 2 },
  'crm.readRecords.before': { workload: 'edits', place: 'crm.readRecords.before', passings: 2 },
  'crm.readRecords.after_answer': { workload: 'edits', place: 'crm.readRecords.after', passings: 2 },
  'judgement.commit.before': { workload: 'edits', place: 'store.commitRecords.before', passings: 2 },
  'judgement.commit.before_commit': { workload: 'edits', place: 'store.commitRecords.before_commit', passings: 2 },
  'judgement.commit.commit_sent': { workload: 'edits', place: 'store.commitRecords.commit_sent', passings: 2 },
  'intent.committed.before_call': {
    workload: 'edits',
    place: 'store.commitRecords.after',
    says: '"intent":{',
    passings: 2,
  },
  'crm.writeRecords.before': { workload: 'edits', place: 'crm.writeRecords.before', passings: 2 },
  'crm.writeRecords.sent': { workload: 'edits', place: 'wire.batch/update.sent', passings: 2 },
  'crm.writeRecords.after_answer': { workload: 'edits', place: 'crm.writeRecords.after', passings: 2 },
  'settle.before_commit': { workload: 'edits', place: 'store.settle.before_commit', passings: 2 },
  'settle.after': { workload: 'edits', place: 'store.settle.after', passings: 2 },
  'lane.released.after': { workload: 'edits', place: 'store.releaseLane.after', passings: 2 },
  'confirm.read.after': { workload: 'edits', place: 'crm.readRecords.after', says: '"history":true' },
  'confirm.commit.before_commit': {
    workload: 'edits',
    place: 'store.commitRecords.before_commit',
    says: '"retireTokens":["',
  },
  'card.update.before_commit': { workload: 'card', place: 'contracts.updateContract.before_commit', passings: 2 },
  'card.update.before_answer': { workload: 'card', place: 'contracts.updateContract.after', passings: 2 },
  'card.create.before_commit': { workload: 'card', place: 'contracts.createContract.before_commit' },
  'card.create.before_answer': { workload: 'card', place: 'contracts.createContract.after' },
  'card.attach.before_commit': { workload: 'card', place: 'contracts.attach.before_commit' },
  'card.attach.before_answer': { workload: 'card', place: 'contracts.attach.after' },
  'undo.detached.before_answer': { workload: 'undo', place: 'contracts.detach.after' },
  'undo.restored.before_commit': { workload: 'undo', place: 'contracts.restoreLink.before_commit' },
  'undo.restored.before_answer': { workload: 'undo', place: 'contracts.restoreLink.after' },
  'incident.before_commit': { workload: 'card', place: 'contracts.recordIncident.before_commit' },
  'incident.before_answer': { workload: 'card', place: 'contracts.recordIncident.after' },
  'import.uploaded.before_answer': { workload: 'import', place: 'imports.createImport.after' },
  'import.rows.before_commit': { workload: 'import', place: 'imports.commitImport.before_commit' },
  'import.committed.before_answer': { workload: 'import', place: 'imports.commitImport.after' },
  'merge.survivor_marked.after': { workload: 'merge', place: 'store.markDirty.after', says: '"reason":"event"' },
  'merge.tx.before_commit': { workload: 'merge', place: 'store.commitRecords.before_commit', says: '"kind":"alias"' },
  'merge.committed.after': { workload: 'merge', place: 'store.commitRecords.after', says: '"kind":"alias"' },
  'tombstone.tx.before_commit': {
    workload: 'archive',
    place: 'store.commitRecords.before_commit',
    says: '"kind":"tombstone"',
  },
  'sweep.page.after': { workload: 'sweep', place: 'crm.listChanges.after', says: '"changed"', passings: 2 },
  'sweep.cursor.before': { workload: 'sweep', place: 'store.advanceCursor.before', says: '"recordId"' },
  'sweep.cursor.before_commit': { workload: 'sweep', place: 'store.advanceCursor.before_commit', says: '"recordId"' },
  'sweep.cursor.after': { workload: 'sweep', place: 'store.advanceCursor.after', says: '"recordId"' },
  'cases.saved.before_commit': { workload: 'cases', place: 'store.saveCases.before_commit' },
  'install.callback.claimed': { workload: 'install', place: 'workspaces.install.after' },
  'install.callback.tokens_kept': { workload: 'install', place: 'vault.write.after' },
  'install.callback.before_answer': { workload: 'install', place: 'workspaces.recordAdminEvent.after' },
  'backfill.schema.after': { workload: 'install', place: 'crm.ensureSchema.after' },
  'backfill.page.after': { workload: 'install', place: 'crm.listChanges.after', says: '"stream":"all"', passings: 2 },
  'backfill.facts.before_commit': { workload: 'install', place: 'store.saveFacts.before_commit' },
  'backfill.cursor.after': { workload: 'install', place: 'store.advanceCursor.after', says: '"all:' },
  'backfill.done.before': { workload: 'install', place: 'store.writeBackfill.before', says: '"phase":"done"' },
  'oauth.refresh.before': { workload: 'refresh', place: 'vault.withRefreshLock.before' },
  'oauth.refresh.after_answer': { workload: 'refresh', place: 'vault.write.before' },
  'oauth.refresh.stored': { workload: 'refresh', place: 'vault.write.after' },
  'oauth.rotated_refresh.after_answer': { workload: 'rotated_refresh', place: 'vault.write.before' },
  'lifecycle.uninstalled.before_commit': { workload: 'uninstalled', place: 'store.setConnectionState.before_commit' },
  'lifecycle.disconnect.before_commit': { workload: 'disconnect', place: 'workspaces.eraseConnection.before_commit' },
  'lifecycle.disconnect.after': { workload: 'disconnect', place: 'workspaces.eraseConnection.after' },
  'day_roll.before_commit': { workload: 'day_roll', place: 'store.applySystemUpdates.before_commit' },
  'day_roll.after': { workload: 'day_roll', place: 'store.applySystemUpdates.after' },
};

/** What the parent tells the child. */
export type Order = { readonly kind: 'go'; readonly arm: (Place & { readonly passing: number }) | null };
export const KILLED_AT = 'killed at';
