/**
 * Which records of two CRMs stand for the same company or deal: found in batches from names and domains, decided by an admin, never
 * silently. Confirming may attach each side's contracts to the other side; undoing takes exactly those links off again.
 */
import type { RecordMatchDetail, RecordMatchList, RecordMatchView } from '../../app/wire/record-match.ts';
import type { ConnectionRef } from '../crm/port.ts';
import { scoreDealMatch, scoreMatch } from '../domain/record-match.ts';
import type { WorkspaceRow } from '../store/contract-port.ts';
import type {
  CandidatePage,
  DecisionResult,
  FoundMatch,
  MatchedRecord,
  MatchObjectType,
  MatchRow,
  MatchSides,
  MatchState,
  MatchStore,
} from '../store/match-port.ts';
import type { SyncStore } from '../store/port.ts';
import { isoText, recordUrl } from './contract-view.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { decodeScorePlace, encodePlace } from './page-place.ts';
import { provenanceOf, type ServiceParts } from './service-parts.ts';

const PAGE = 25;
/** How often names and domains are compared anew. */
const SEARCH_INTERVAL_MS = 600_000;
/** How soon after a search companies that were met since are compared, and how many times as long as that search took. */
const NEWCOMERS_WAIT_MS = 60_000;
const NEWCOMERS_WAIT_PER_SEARCH = 20;
const LOOK_INTERVAL_MS = 15_000;
const LEASE_MS = 300_000;
/** Pages of one run: half a million records. */
const PAGES_MAX = 1_000;

/** What finding matches needs beyond what every service has. */
export type MatchSupport = {
  readonly matches: MatchStore;
  readonly directory: Pick<SyncStore, 'listConnections' | 'leaseJob' | 'readBackfill'>;
};
type MatchParts = ServiceParts & MatchSupport;

export function createRecordMatches(parts: MatchParts) {
  const worker = parts.world.random.uuid();
  const wanted = new Set<string>();

  /** Everything that is comparable in a workspace, whether it was compared before or not. */
  const search = async (workspaceId: string, signal: AbortSignal): Promise<void> => {
    const connections = await parts.directory.listConnections(['installing', 'active', 'parked']);
    for (const sides of pairsOf(connections.filter((each) => each.workspaceId === workspaceId))) {
      await searchPair(parts, { workspaceId, sides, signal });
    }
    parts.events.publish(workspaceId, { kind: 'connections' });
  };

  const once = async (signal: AbortSignal): Promise<void> => {
    const connections = await parts.directory.listConnections(['active']);
    for (const workspaceId of new Set(connections.map((each) => each.workspaceId))) {
      const own = connections.filter((each) => each.workspaceId === workspaceId);
      if (signal.aborted || pairsOf(own).length === 0) continue;
      const isWanted = wanted.delete(workspaceId);
      if (!isWanted && !(await isDue(parts, workspaceId, own))) continue;
      const lease = { workspaceId, name: 'match', worker, now: parts.world.clock.now(), leaseMs: LEASE_MS };
      if (await parts.directory.leaseJob(lease)) await search(workspaceId, signal);
    }
  };

  return {
    search,
    once,
    /** Has the search run at the next look instead of when it is due. */
    request: (workspace: WorkspaceRow): void => void wanted.add(workspace.id),
    /** Until the signal aborts. A failed round is logged and the next one comes. */
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await once(signal).catch((error: unknown) => parts.world.log.error({ error }, 'records were not compared'));
        await parts.world.clock.sleep(LOOK_INTERVAL_MS, signal).catch(() => undefined);
      }
    },
    list: (workspace: WorkspaceRow, request: ListRequest) => list(parts, workspace, request),
    detail: (workspace: WorkspaceRow, matchId: string) => detail(parts, workspace, matchId),
    decide: (workspace: WorkspaceRow, request: DecideRequest) => decide(parts, workspace, request),
  };
}

/** Each connection to HubSpot with each one to Salesforce. */
function pairsOf(connections: readonly ConnectionRef[]): readonly MatchSides[] {
  const of = (host: ConnectionRef['host']): readonly string[] =>
    connections.filter((each) => each.host === host).map(({ connectionId }) => connectionId);
  return of('hubspot').flatMap((left) => of('salesforce').map((right) => ({ left, right })));
}

/** First when both sides have been read, then at intervals, and sooner for newcomers. A run that was cut off is done again. */
async function isDue(parts: MatchParts, workspaceId: string, connections: readonly ConnectionRef[]): Promise<boolean> {
  const progress = await parts.matches.readProgress(workspaceId);
  const now = parts.world.clock.now();
  if (progress === null) {
    const states = await Promise.all(connections.map((connection) => parts.directory.readBackfill(connection)));
    return states.every((state) => state?.phase === 'done');
  }
  const { startedAt, finishedAt, known } = progress;
  if (finishedAt === null) return now - startedAt > LEASE_MS;
  const restMs = Math.max(NEWCOMERS_WAIT_MS, NEWCOMERS_WAIT_PER_SEARCH * (finishedAt - startedAt));
  if (now - finishedAt > SEARCH_INTERVAL_MS) return true;
  return now - finishedAt > restMs && (await parts.matches.countKnown(workspaceId)) !== known;
}

type Searching = { readonly workspaceId: string; readonly sides: MatchSides; readonly signal: AbortSignal };

async function searchPair(parts: MatchParts, searching: Searching): Promise<void> {
  const { workspaceId, sides } = searching;
  const { matches, world } = parts;
  const startedAt = world.clock.now();
  const of = await matches.countRecords(workspaceId, sides.left, 'account');
  const pass = { startedAt, of, known: await matches.countKnown(workspaceId) };
  await matches.saveProgress(workspaceId, sides, { ...pass, finishedAt: null, seen: 0 });
  const accounts = await searchStream(parts, searching, {
    objectType: 'account',
    read: (after) => matches.listAccountPairs(workspaceId, sides, after),
    onPage: (seen) => matches.saveProgress(workspaceId, sides, { ...pass, finishedAt: null, seen }),
  });
  const deals = await searchStream(parts, searching, {
    objectType: 'opportunity',
    read: (after) => matches.listDealPairs(workspaceId, sides, after),
    onPage: () => Promise.resolve(),
  });
  if (!accounts.whole || !deals.whole) return;
  await matches.dropUnfound(workspaceId, sides, startedAt);
  const finishedAt = world.clock.now();
  await matches.saveProgress(workspaceId, sides, { ...pass, finishedAt, seen: accounts.seen });
}

type Stream = {
  readonly objectType: MatchObjectType;
  readonly read: (after: string | null) => Promise<CandidatePage>;
  readonly onPage: (seen: number) => Promise<void>;
};

async function searchStream(
  { matches, world }: MatchParts,
  { workspaceId, sides, signal }: Searching,
  { objectType, read, onPage }: Stream,
): Promise<{ readonly whole: boolean; readonly seen: number }> {
  let after: string | null = null;
  let seen = 0;
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const found: CandidatePage = await read(after);
    const scored = found.pairs.flatMap((pair): readonly FoundMatch[] => {
      const score =
        objectType === 'account' ? scoreMatch(pair.left, pair.right) : scoreDealMatch(pair.left, pair.right, pair);
      if (score === null) return [];
      return [{ objectType, leftRecordId: pair.left.recordId, rightRecordId: pair.right.recordId, ...score }];
    });
    await matches.saveFound(workspaceId, sides, scored, world.clock.now());
    seen += found.seen;
    await onPage(seen);
    if (found.next === null) return { whole: true, seen };
    after = found.next;
  }
  return { whole: false, seen };
}

export type ListRequest = { readonly state: MatchState; readonly after: string | undefined };

async function list(
  parts: MatchParts,
  workspace: WorkspaceRow,
  { state, after }: ListRequest,
): Promise<Outcome<RecordMatchList>> {
  const place = after === undefined ? null : decodeScorePlace(after);
  if (place === 'malformed') return refused('bad_request', { reason: 'after' });
  const request = { state, after: place, limit: PAGE + 1 };
  const rows = await parts.matches.listMatches(workspace.id, request);
  const page = rows.slice(0, PAGE);
  const last = rows.length > PAGE ? page.at(-1) : undefined;
  const progress = await parts.matches.readProgress(workspace.id);
  return done({
    results: page.map(matchView),
    next: last === undefined ? null : encodePlace({ key: last.score, id: last.id }),
    counts: await parts.matches.countMatches(workspace.id),
    search: progress && {
      startedAt: isoText(progress.startedAt),
      finishedAt: progress.finishedAt === null ? null : isoText(progress.finishedAt),
      seen: progress.seen,
      of: progress.of,
    },
  });
}

async function detail(
  parts: MatchParts,
  workspace: WorkspaceRow,
  matchId: string,
): Promise<Outcome<RecordMatchDetail>> {
  const match = await parts.matches.loadMatch(workspace.id, matchId);
  const preview = await parts.matches.previewAttach(workspace.id, matchId);
  if (match === null || preview === null) return refused('not_found');
  return done({ match: matchView(match), preview: { toLeft: [...preview.toLeft], toRight: [...preview.toRight] } });
}

export type DecideRequest = {
  readonly matchId: string;
  readonly act: 'confirm' | 'dismiss' | 'undo';
  readonly attach: boolean;
  readonly actor: string;
};

const DECISION_REFUSALS: Record<Exclude<DecisionResult, 'decided' | 'not_found'>, string> = {
  other_state: 'match_decided',
  record_taken: 'match_record_taken',
  too_many_links: 'too_many_links',
};

async function decide(
  parts: MatchParts,
  workspace: WorkspaceRow,
  { matchId, act, attach, actor }: DecideRequest,
): Promise<Outcome<RecordMatchDetail>> {
  const provenance = provenanceOf(parts, { source: 'workspace', actor, connectionId: null, ref: null });
  const context = { workspaceId: workspace.id, provenance, once: null };
  const result = await {
    confirm: () => parts.matches.confirm(context, matchId, attach),
    dismiss: () => parts.matches.dismiss(context, matchId),
    undo: () => parts.matches.undo(context, matchId),
  }[act]();
  if (result === 'not_found') return refused('not_found');
  if (result !== 'decided') return refused('revision_conflict', { reason: DECISION_REFUSALS[result] });
  const decided = await detail(parts, workspace, matchId);
  await parts.workspaces.recordAdminEvent({
    workspaceId: workspace.id,
    actor,
    action: `record_match_${act === 'undo' ? 'undone' : `${act}ed`}`,
    subjectType: 'record_match',
    subjectId: matchId,
    detail: decided.ok
      ? {
          left: decided.value.match.left.recordId,
          right: decided.value.match.right.recordId,
          links: decided.value.match.attached,
        }
      : {},
    at: parts.world.clock.now(),
  });
  parts.wake();
  parts.events.publish(workspace.id, { kind: 'contracts', contractIds: [] });
  return decided;
}

function matchView(row: MatchRow): RecordMatchView {
  return {
    id: row.id,
    objectType: row.objectType,
    state: row.state,
    score: row.score,
    reasons: [...row.reasons],
    left: sideView(row.left),
    right: sideView(row.right),
    attached: row.attached,
    decidedAt: row.decidedAt === null ? null : isoText(row.decidedAt),
    decidedBy: row.decidedBy,
  };
}

function sideView({
  connection,
  objectType,
  recordId,
  name,
  facts,
  contracts,
}: MatchedRecord): RecordMatchView['left'] {
  return {
    host: connection.host,
    connectionName: connection.name ?? connection.accountId,
    recordId,
    name,
    domain: facts['domain'] ?? null,
    city: facts['city'] ?? null,
    country: facts['country'] ?? null,
    url: recordUrl(connection, { objectType, recordId }),
    contracts: contracts.map((contract) => ({ ...contract })),
  };
}
