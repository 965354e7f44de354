/**
 * The card's questions. A signature proves the portal and the user but not the record, so every answer first makes sure that this
 * portal holds the record: from what is stored, else by asking the CRM itself.
 */
import type { CardWriteResponse, ContractDetail, ContractSearch, RecordCard } from '../../app/wire/card.ts';
import type { ConnectionRef, RecordRead } from '../crm/port.ts';
import { renewalDateOf } from '../domain/renewal.ts';
import { stageAsOf } from '../domain/stage.ts';
import type { ContractQuery, RecordCardRow } from '../store/contract-port.ts';
import { counterpartyOf, detailView, moneyView, recordCardView } from './contract-view.ts';
import { done, type Outcome, refused } from './outcome.ts';
import { type ServiceParts, viewDay } from './service-parts.ts';

export type CardRef = { readonly objectType: 'opportunity' | 'account'; readonly recordId: string };
export type RecordCards = ReturnType<typeof createRecordCards>;

/** Merges are followed this many times; a longer chain is an error in the data. */
const MERGES_MAX = 3;

export function createRecordCards(parts: ServiceParts) {
  return {
    /** The record as stored, once it is certain that the portal holds it. */
    find: (connection: ConnectionRef, ref: CardRef, signal: AbortSignal) =>
      findRecord(parts, connection, { ref, signal }),
    card: async (connection: ConnectionRef, ref: CardRef, signal: AbortSignal): Promise<Outcome<RecordCard>> => {
      const found = await findRecord(parts, connection, { ref, signal });
      return found.ok ? done(await view(parts, found.value)) : found;
    },
    /** After a write: the card as it is now. */
    afterWrite: async (
      connection: ConnectionRef,
      ref: CardRef,
      contractId: string | null,
    ): Promise<Outcome<CardWriteResponse>> => {
      const row = await parts.contracts.loadRecordCard(connection.workspaceId, {
        connectionId: connection.connectionId,
        ref,
      });
      return row === null ? refused('not_connected') : done({ card: await view(parts, { ref, row }), contractId });
    },
    detail: (connection: ConnectionRef, request: { ref: CardRef; contractId: string; signal: AbortSignal }) =>
      detail(parts, connection, request),
    search: (connection: ConnectionRef, request: SearchRequest) => search(parts, connection, request),
  };
}

type Found = { readonly ref: CardRef; readonly row: RecordCardRow };

async function findRecord(
  parts: ServiceParts,
  connection: ConnectionRef,
  { ref, signal }: { readonly ref: CardRef; readonly signal: AbortSignal },
): Promise<Outcome<Found>> {
  let current = ref;
  for (let merges = 0; merges <= MERGES_MAX; merges += 1) {
    const target = { connectionId: connection.connectionId, ref: current };
    const row = await parts.contracts.loadRecordCard(connection.workspaceId, target);
    if (row === null || row.connection.state === 'disconnected') return refused('not_connected');
    if (row.mergedInto !== null) {
      current = { ...ref, recordId: row.mergedInto };
      continue;
    }
    if (row.recordKnown) return done({ ref: current, row });
    const asked = await askHost(parts, connection, { ref: current, signal });
    if (!asked.ok) return asked;
    if (asked.value.recordId !== current.recordId) {
      current = asked.value;
      continue;
    }
    const seen = await parts.contracts.loadRecordCard(connection.workspaceId, target);
    return seen === null ? refused('not_connected') : done({ ref: current, row: seen });
  }
  return refused('record_not_in_portal', { reason: 'merge_chain' });
}

/** Where the record is now, by the CRM's own word; what it said is remembered. */
async function askHost(
  parts: ServiceParts,
  connection: ConnectionRef,
  { ref, signal }: { readonly ref: CardRef; readonly signal: AbortSignal },
): Promise<Outcome<CardRef>> {
  const crm = parts.crm[connection.host];
  if (crm === undefined) return refused('not_connected');
  const read = await crm.readRecords(connection, [ref], { priority: 'interactive', history: false, signal });
  if (!read.ok) return refused('host_unavailable', { reason: read.failure.kind });
  const [answer] = read.value;
  if (answer === undefined) return refused('record_not_in_portal');
  return await judgeRead(parts, connection, { ref, answer });
}

async function judgeRead(
  parts: ServiceParts,
  connection: ConnectionRef,
  { ref, answer }: { readonly ref: CardRef; readonly answer: RecordRead },
): Promise<Outcome<CardRef>> {
  switch (answer.kind) {
    case 'live': {
      const { facts } = answer.record;
      await parts.contracts.rememberRecord(
        connection.workspaceId,
        { connectionId: connection.connectionId, ref },
        { name: facts['name'] ?? null, facts, at: parts.world.clock.now() },
      );
      return done(ref);
    }
    case 'merged':
      return done({ ...ref, recordId: answer.into.recordId });
    case 'archived':
      return refused('record_not_in_portal', { reason: 'archived' });
    case 'missing':
      return refused('record_not_in_portal');
  }
}

async function view(parts: ServiceParts, { ref, row }: Found): Promise<RecordCard> {
  const day = await viewDay(
    parts,
    row.workspace,
    row.contracts.map(({ contract }) => contract),
  );
  return recordCardView(row, ref, { ...day, canEdit: true, workspaceUrl: `${parts.publicUrl}/contracts` });
}

async function detail(
  parts: ServiceParts,
  connection: ConnectionRef,
  { ref, contractId, signal }: { readonly ref: CardRef; readonly contractId: string; readonly signal: AbortSignal },
): Promise<Outcome<ContractDetail>> {
  const found = await findRecord(parts, connection, { ref, signal });
  if (!found.ok) return found;
  if (!found.value.row.contracts.some(({ contract }) => contract.id === contractId)) return refused('not_found');
  const row = await parts.contracts.loadDetail(connection.workspaceId, contractId);
  if (row === null) return refused('not_found');
  return done(detailView(row, await viewDay(parts, row.workspace, [row.contract.contract])));
}

export type SearchRequest = {
  readonly ref: CardRef;
  readonly text: string;
  readonly limit: number;
  readonly signal: AbortSignal;
};

async function search(
  parts: ServiceParts,
  connection: ConnectionRef,
  { ref, text, limit, signal }: SearchRequest,
): Promise<Outcome<ContractSearch>> {
  const found = await findRecord(parts, connection, { ref, signal });
  if (!found.ok) return found;
  const query: ContractQuery = { text, sort: 'updated', direction: 'descending', after: null, limit };
  const page = await parts.contracts.listContracts(connection.workspaceId, query);
  const ids = page.rows.map(({ contract }) => contract.id);
  const target = { connectionId: connection.connectionId, ref: found.value.ref };
  const attached = new Set(await parts.contracts.linkedAmong(connection.workspaceId, target, ids));
  const { asOf } = await viewDay(parts, found.value.row.workspace, []);
  return done({
    results: page.rows.map(({ contract }) => ({
      id: contract.id,
      number: contract.number,
      title: contract.title,
      counterparty: counterpartyOf(contract)?.legalName ?? null,
      stage: stageAsOf(contract, asOf),
      renewalDate: renewalDateOf(contract, asOf),
      value: contract.value === null ? null : moneyView(contract.value),
      alreadyAttached: attached.has(contract.id),
    })),
    more: page.next !== null,
  });
}
