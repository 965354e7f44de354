/** Installed portals: which workspace one belongs to, how its sync is doing, replaying what failed, and disconnecting. */
import type { ConnectionView } from '../../app/wire/workspace.ts';
import type { ConnectionRef, Host, HostRecordRef } from '../crm/port.ts';
import type { WorkspaceRow } from '../store/contract-port.ts';
import type { AdminEvent, ConnectionHealthRow, DeadLetterRow } from '../store/workspace-port.ts';
import { isoText, recordUrl } from './contract-view.ts';
import { done, type Outcome, refused } from './outcome.ts';
import type { ServiceParts } from './service-parts.ts';

/** How long a portal's workspace is remembered; disconnecting forgets it at once in this process. */
const ROUTE_MS = 60_000;
const ROUTES_MAX = 10_000;
const DEAD_LETTERS_MAX = 200;

/** Ends the app's access at the host, as far as the host answers. */
export type Uninstall = (connection: ConnectionRef) => Promise<'uninstalled' | 'unreachable'>;

/** What an account of each CRM has to have granted. */
export type RequiredScopes = { readonly [H in Host]?: readonly string[] };

export function createConnections(parts: ServiceParts, uninstall: Uninstall, requiredScopes: RequiredScopes) {
  const routes = new Map<string, { readonly connection: ConnectionRef; readonly until: number }>();
  const log = (connection: ConnectionRef, actor: string, event: Pick<AdminEvent, 'action' | 'detail'>): Promise<void> =>
    parts.workspaces.recordAdminEvent({
      ...event,
      workspaceId: connection.workspaceId,
      actor,
      subjectType: 'connection',
      subjectId: connection.connectionId,
      at: parts.world.clock.now(),
    });
  return {
    ofAccount: async (host: Host, accountId: string): Promise<ConnectionRef | null> => {
      const key = `${host}/${accountId}`;
      const now = parts.world.clock.now();
      const known = routes.get(key);
      if (known !== undefined && known.until > now) return known.connection;
      const connection = await parts.workspaces.findConnectionOfAccount(host, accountId);
      if (routes.size >= ROUTES_MAX) routes.clear();
      if (connection === null) routes.delete(key);
      else routes.set(key, { connection, until: now + ROUTE_MS });
      return connection;
    },
    list: async (workspace: WorkspaceRow): Promise<readonly ConnectionView[]> => {
      const rows = await parts.workspaces.listConnectionHealth(workspace.id);
      return rows.map((row) => connectionView(row, parts.world.clock.now(), requiredScopes));
    },
    deadLetters: (workspace: WorkspaceRow, connectionId: string | null) =>
      parts.workspaces.listDeadLetters(workspace.id, connectionId, DEAD_LETTERS_MAX),
    replay: async (
      workspace: WorkspaceRow,
      request: {
        readonly connectionId: string;
        readonly refs: readonly HostRecordRef[] | null;
        readonly actor: string;
      },
    ): Promise<Outcome<number>> => {
      const connection = await parts.workspaces.getConnection(workspace.id, request.connectionId);
      if (connection === null) return refused('not_found');
      const now = parts.world.clock.now();
      const replayed = await parts.workspaces.replay(workspace.id, request.connectionId, request.refs, now);
      await log(connection, request.actor, { action: 'dead_letters_replayed', detail: { replayed } });
      parts.wake();
      parts.events.publish(workspace.id, { kind: 'connections' });
      return done(replayed);
    },
    disconnect: async (
      workspace: WorkspaceRow,
      request: { readonly connectionId: string; readonly confirmAccountId: string; readonly actor: string },
    ): Promise<Outcome<null>> => {
      const connection = await parts.workspaces.getConnection(workspace.id, request.connectionId);
      if (connection === null) return refused('not_found');
      if (connection.accountId !== request.confirmAccountId) {
        return refused('invalid_body', { errors: [{ pointer: '/confirmAccountId', message: 'not_this_account' }] });
      }
      const told = await uninstall(connection);
      await parts.workspaces.eraseConnection(connection, parts.world.clock.now());
      routes.delete(`${connection.host}/${connection.accountId}`);
      const detail = { host: connection.host, accountId: connection.accountId, host_told: told };
      await log(connection, request.actor, { action: 'connection_removed', detail });
      parts.events.publish(workspace.id, { kind: 'connections' });
      return done(null);
    },
  };
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : isoText(at));

function connectionView(row: ConnectionHealthRow, now: number, requiredScopes: RequiredScopes): ConnectionView {
  const { connection } = row;
  const granted = new Set(row.scopes);
  return {
    id: connection.id,
    host: connection.host,
    accountId: connection.accountId,
    name: connection.name ?? connection.accountId,
    uiOrigin: connection.uiOrigin,
    timeZone: row.timeZone,
    currency: row.currency,
    state: connection.state,
    reason: connection.stateReason,
    installedAt: isoText(row.installedAt),
    installedBy: row.installedBy,
    missingScopes:
      granted.size === 0 ? [] : (requiredScopes[connection.host] ?? []).filter((scope) => !granted.has(scope)),
    backfill: backfillView(row, now),
    budget: budgetView(row, now),
    queue: {
      dirty: row.dirty,
      oldestDirtySeconds:
        row.oldestDirtySince === null ? null : Math.max(0, Math.round((now - row.oldestDirtySince) / 1000)),
      deadLetters: row.deadLetters,
    },
    links: row.links,
    lastAgreedAt: isoOrNull(row.lastAgreedAt),
    lastHeardAt: isoOrNull(row.lastHeardAt),
    cardsReady: connection.host === 'salesforce' ? row.hasCardSecret : null,
    openConflicts: row.openConflicts,
  };
}

/** From the pace so far; none before a hundred records, because the first pages say little. */
const PACE_RECORDS_MIN = 100;

function backfillView({ backfill }: ConnectionHealthRow, now: number): ConnectionView['backfill'] {
  if (backfill === null) return null;
  const { phase, read, total, startedAt } = backfill;
  const isPaceKnown = phase === 'reading' && total !== null && read >= PACE_RECORDS_MIN && now > startedAt;
  const left = total === null ? 0 : Math.max(0, total - read);
  const estimatedDoneAt = isPaceKnown ? isoText(now + Math.round(((now - startedAt) / read) * left)) : null;
  return { phase, read, total, startedAt: isoText(startedAt), estimatedDoneAt };
}

/** What is left now: the bucket as last written, refilled for the time since. */
function budgetView({ budgets }: ConnectionHealthRow, now: number): ConnectionView['budget'] {
  // Salesforce counts by the day only.
  const burst = budgets.find(({ bucket }) => bucket === 'burst') ?? budgets.find(({ bucket }) => bucket === 'daily');
  if (burst === undefined) return null;
  const refilled = burst.tokens + ((now - burst.refilledAt) / burst.windowMs) * burst.capacity;
  const isResting = burst.blockedUntil !== null && burst.blockedUntil > now;
  return {
    burst: {
      left: Math.max(0, Math.min(Math.floor(burst.capacity), Math.floor(refilled))),
      limit: Math.floor(burst.capacity),
      perSeconds: Math.round(burst.windowMs / 1000),
    },
    daily:
      burst.dailyLimit === null || burst.dailyRemaining === null
        ? null
        : { left: burst.dailyRemaining, limit: burst.dailyLimit },
    restsUntil: isResting ? isoOrNull(burst.blockedUntil) : null,
  };
}

export function deadLetterView(row: DeadLetterRow) {
  const { connection, objectType, recordId } = row;
  return {
    connectionId: connection.id,
    objectType,
    recordId,
    name: row.recordName,
    url: recordUrl(connection, { objectType, recordId }),
    failure: row.failure,
    detail: row.detail,
    attempts: row.attempts,
    since: isoText(row.since),
  };
}
