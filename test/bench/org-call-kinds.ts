/**
 * Tells what each request to the org was for. The org's own log knows paths and not queries, so requests are looked at as they come in,
 * through the channel on which Node tells of them; nothing of the org or of the server is changed for it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';
import type { OrgChange } from '../../extensions/practice/salesforce/org-change.ts';
import type { CallKind } from './org-protocol.ts';

const REQUESTS = 'http.server.request.start';
const OUR_CLIENT = 'client=Counterpart';
const RECORDS_READ = /\bWHERE Id IN \(([^)]*)\)/;

export type CallKinds = {
  /** To be told of each commit in the org. */
  readonly onChange: (change: OrgChange) => void;
  read(): Record<CallKind, { readonly calls: number; readonly records: number }>;
  forget(): void;
};

type Tally = { calls: number; records: number };

/** Counts every request to every server of this process from now on. */
export function countCallKinds(): CallKinds {
  let tallies = noCalls();
  /** Written by the app and not read since. */
  const unconfirmed = new Set<string>();
  const add = (kind: CallKind, { calls, records }: Tally): void => {
    tallies[kind].calls += calls;
    tallies[kind].records += records;
  };
  const countReading = (ids: readonly string[]): void => {
    const confirmed = ids.filter((id) => unconfirmed.delete(id)).length;
    add('confirm', { calls: confirmed / ids.length, records: confirmed });
    add('read', { calls: 1 - confirmed / ids.length, records: ids.length - confirmed });
  };
  subscribe(REQUESTS, (message) => {
    const request = requestIn(message);
    if (request === null) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://org.example');
    const soql = searchParams.get('q');
    const ids = soql === null ? null : RECORDS_READ.exec(soql)?.[1];
    if (ids !== null && ids !== undefined) countReading(ids.split(',').map((id) => id.trim().replaceAll("'", '')));
    else add(kindOf(request.method ?? 'GET', pathname, soql), { calls: 1, records: 0 });
  });
  return {
    onChange: ({ entityName, recordIds, changeOrigin }) => {
      if (!changeOrigin.includes(OUR_CLIENT)) return;
      if (entityName === 'Opportunity') {
        tallies.write.records += recordIds.length;
        for (const id of recordIds) unconfirmed.add(id);
      } else tallies.rows.records += recordIds.length;
    },
    read: () => structuredClone(tallies),
    forget: () => {
      tallies = noCalls();
    },
  };
}

function kindOf(method: string, path: string, soql: string | null): CallKind {
  if (path.startsWith('/services/oauth2/')) return 'token';
  if (method === 'PATCH' && path.endsWith('/composite/sobjects')) return 'write';
  if (method === 'PATCH' && path.includes('/composite/sobjects/')) return 'rows';
  return soql?.startsWith('SELECT Id, SystemModstamp') === true ? 'sweep' : 'other';
}

function requestIn(message: unknown): IncomingMessage | null {
  if (typeof message !== 'object' || message === null || !('request' in message)) return null;
  return message.request instanceof IncomingMessage ? message.request : null;
}

function noCalls(): Record<CallKind, Tally> {
  const none = (): Tally => ({ calls: 0, records: 0 });
  return {
    read: none(),
    confirm: none(),
    write: none(),
    rows: none(),
    sweep: none(),
    token: none(),
    other: none(),
  };
}
