/**
 * Every route of the API. What is not listed here does not exist, and the API description is made from this list. Paths with fixed words
 * stand before those with a parameter in the same place.
 */
import type { Route } from '../route.ts';
import { attachContract } from './card/attach-contract.ts';
import { createCardContract } from './card/create-card-contract.ts';
import { decideCardRenewal } from './card/decide-card-renewal.ts';
import { detachContract } from './card/detach-contract.ts';
import { getCardContract } from './card/get-card-contract.ts';
import { getRecordCard } from './card/get-record-card.ts';
import { logCardIncident } from './card/log-card-incident.ts';
import { moveCardStage } from './card/move-card-stage.ts';
import { restoreLink } from './card/restore-link.ts';
import { searchCardContracts } from './card/search-card-contracts.ts';
import { answerConflict } from './workspace/answer-conflict.ts';
import { changeConflictPolicy } from './workspace/change-conflict-policy.ts';
import { changeEndDate } from './workspace/change-end-date.ts';
import { changeRole } from './workspace/change-role.ts';
import { checkImport } from './workspace/check-import.ts';
import { commitImport } from './workspace/commit-import.ts';
import { confirmRecordMatch } from './workspace/confirm-record-match.ts';
import { createContract } from './workspace/create-contract.ts';
import { decideRenewal } from './workspace/decide-renewal.ts';
import { disconnect } from './workspace/disconnect.ts';
import { dismissRecordMatch } from './workspace/dismiss-record-match.ts';
import { exportContracts } from './workspace/export-contracts.ts';
import { getConflictPolicy } from './workspace/get-conflict-policy.ts';
import { getContract } from './workspace/get-contract.ts';
import { getImport } from './workspace/get-import.ts';
import { getImportResult } from './workspace/get-import-result.ts';
import { getMe } from './workspace/get-me.ts';
import { getOverview } from './workspace/get-overview.ts';
import { getRecordMatch } from './workspace/get-record-match.ts';
import { listAudit } from './workspace/list-audit.ts';
import { listConflicts } from './workspace/list-conflicts.ts';
import { listConnections } from './workspace/list-connections.ts';
import { listContracts } from './workspace/list-contracts.ts';
import { listDeadLetters } from './workspace/list-dead-letters.ts';
import { listImports } from './workspace/list-imports.ts';
import { listPeople } from './workspace/list-people.ts';
import { listRecordMatches } from './workspace/list-record-matches.ts';
import { listVendors } from './workspace/list-vendors.ts';
import { logIncident } from './workspace/log-incident.ts';
import { moveStage } from './workspace/move-stage.ts';
import { replayDeadLetters } from './workspace/replay-dead-letters.ts';
import { restoreConflict } from './workspace/restore-conflict.ts';
import { searchRecordMatches } from './workspace/search-record-matches.ts';
import { signOut } from './workspace/sign-out.ts';
import { streamEvents } from './workspace/stream-events.ts';
import { undoRecordMatch } from './workspace/undo-record-match.ts';
import { updateMe } from './workspace/update-me.ts';
import { uploadImport } from './workspace/upload-import.ts';

export const ROUTES: readonly Route[] = [
  listAudit,
  createCardContract,
  searchCardContracts,
  getCardContract,
  logCardIncident,
  decideCardRenewal,
  moveCardStage,
  attachContract,
  detachContract,
  restoreLink,
  getRecordCard,
  listConflicts,
  restoreConflict,
  answerConflict,
  getConflictPolicy,
  changeConflictPolicy,
  listConnections,
  disconnect,
  createContract,
  listContracts,
  exportContracts,
  getContract,
  changeEndDate,
  logIncident,
  decideRenewal,
  moveStage,
  listDeadLetters,
  replayDeadLetters,
  streamEvents,
  listImports,
  uploadImport,
  getImport,
  checkImport,
  commitImport,
  getImportResult,
  getMe,
  updateMe,
  getOverview,
  listPeople,
  changeRole,
  listRecordMatches,
  searchRecordMatches,
  getRecordMatch,
  confirmRecordMatch,
  dismissRecordMatch,
  undoRecordMatch,
  signOut,
  listVendors,
];
