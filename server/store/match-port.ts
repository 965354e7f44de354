/** What finding and deciding matches of records asks of durable storage. Pairs are made in the database, by equal name or domain. */
import type { HostObjectType } from '../crm/port.ts';
import type { MatchFacts, MatchReason } from '../domain/record-match.ts';
import type { ConnectionRow, WriteContext } from './contract-port.ts';

const MATCH_STATES = ['suggested', 'confirmed', 'dismissed'] as const;
export type MatchState = (typeof MATCH_STATES)[number];
export type MatchObjectType = Exclude<HostObjectType, 'case'>;

/** Two connections to different CRMs, in an order that stays the same. */
export type MatchSides = { readonly left: string; readonly right: string };

export type CandidatePair = { readonly left: MatchFacts; readonly right: MatchFacts; readonly sharesContract: boolean };
export type CandidatePage = {
  readonly pairs: readonly CandidatePair[];
  /** Record id to go on after; null when the last one was looked at. */
  readonly next: string | null;
  /** Records looked at for this page. */
  readonly seen: number;
};

export type FoundMatch = {
  readonly objectType: MatchObjectType;
  readonly leftRecordId: string;
  readonly rightRecordId: string;
  readonly score: number;
  readonly reasons: readonly MatchReason[];
};

/** How far finding has got; `of` is the number of records of the left side. */
export type MatchProgress = {
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly seen: number;
  readonly of: number;
  /** Companies that were known, in whichever CRM, when it began. */
  readonly known: number;
};

export type MatchedRecord = {
  readonly connection: ConnectionRow;
  readonly objectType: MatchObjectType;
  readonly recordId: string;
  readonly name: string | null;
  readonly facts: Readonly<Record<string, string | null>>;
  readonly contracts: readonly { readonly id: string; readonly number: string; readonly title: string }[];
};
export type AttachedLink = { readonly connectionId: string; readonly recordId: string; readonly contractId: string };
type ContractName = MatchedRecord['contracts'][number];
export type AttachPreview = { readonly toLeft: readonly ContractName[]; readonly toRight: readonly ContractName[] };
export type MatchRow = {
  readonly id: string;
  readonly objectType: MatchObjectType;
  readonly state: MatchState;
  readonly score: number;
  readonly reasons: readonly MatchReason[];
  readonly left: MatchedRecord;
  readonly right: MatchedRecord;
  /** Links that confirming made and that are still there. */
  readonly attached: number;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
};
type MatchPlace = { readonly score: number; readonly id: string };

export type DecisionResult = 'decided' | 'not_found' | 'other_state' | 'record_taken' | 'too_many_links';

export interface MatchStore {
  /** Records of the left side that are compared. */
  countRecords(workspaceId: string, connectionId: string, objectType: MatchObjectType): Promise<number>;
  /** Companies that are known, in whichever CRM. */
  countKnown(workspaceId: string): Promise<number>;
  /**
   * One page of records of the left side in id order, each with the few of the right side that have its name or its domain. A name or domain
   * that very many share makes no pairs beyond a bound: it tells nothing.
   */
  listAccountPairs(workspaceId: string, sides: MatchSides, after: string | null): Promise<CandidatePage>;
  /** Deals under companies whose match was confirmed, paired by name or by a contract that both carry. */
  listDealPairs(workspaceId: string, sides: MatchSides, after: string | null): Promise<CandidatePage>;
  /** Suggestions are added or renewed; what people have decided stays. */
  saveFound(workspaceId: string, sides: MatchSides, found: readonly FoundMatch[], at: number): Promise<void>;
  /** Suggestions that a whole run has not found again. */
  dropUnfound(workspaceId: string, sides: MatchSides, beforeAt: number): Promise<void>;
  saveProgress(workspaceId: string, sides: MatchSides, progress: MatchProgress): Promise<void>;
  readProgress(workspaceId: string): Promise<MatchProgress | null>;
  /** Best first. Suggestions for a record that a confirmed match has taken are left out. */
  listMatches(
    workspaceId: string,
    request: { readonly state: MatchState; readonly after: MatchPlace | null; readonly limit: number },
  ): Promise<readonly MatchRow[]>;
  countMatches(workspaceId: string): Promise<Readonly<Record<MatchState, number>>>;
  loadMatch(workspaceId: string, matchId: string): Promise<MatchRow | null>;
  /** What confirming would attach to each side, as it is now; null when there is no such match. */
  previewAttach(workspaceId: string, matchId: string): Promise<AttachPreview | null>;
  /** Confirms, and attaches each side's contracts to the other side where that is wanted, in one transaction. */
  confirm(context: WriteContext, matchId: string, attach: boolean): Promise<DecisionResult>;
  dismiss(context: WriteContext, matchId: string): Promise<DecisionResult>;
  /** Back to a suggestion; the links that confirming made, and only those, are taken off again. */
  undo(context: WriteContext, matchId: string): Promise<DecisionResult>;
}
