/** The card's acts. Each is checked against the record it is done from, happens once per key, and answers with the card as it now is. */
import type { z } from 'zod';
import type {
  linkRequest,
  CardWriteResponse,
  createContractRequest,
  logIncidentRequest,
  moveStageRequest,
  renewalDecisionRequest,
} from '../../app/wire/card.ts';
import type { ConnectionRef } from '../crm/port.ts';
import type {
  Once,
  RecordCardRow,
  RecordTarget,
  WorkspaceRow,
  WriteContext,
  WriteResult,
} from '../store/contract-port.ts';
import {
  changeContract,
  concluded,
  contextOf,
  type Decision,
  renewalDecision,
  stageDecision,
} from './contract-changes.ts';
import { createContract } from './new-contract.ts';
import { type Outcome, refused } from './outcome.ts';
import type { CardRef, RecordCards } from './record-cards.ts';
import type { Actor, ServiceParts } from './service-parts.ts';
import type { SlaMonths } from './sla-months.ts';

/** Who acts, through which portal, on which request. */
export type CardAct = {
  readonly connection: ConnectionRef;
  readonly hostUserId: string;
  readonly email: string;
  /** Of the whole request, for the at-most-once key. */
  readonly requestHash: string;
  readonly signal: AbortSignal;
};
type Standing = {
  readonly ref: CardRef;
  readonly workspace: WorkspaceRow;
  readonly row: RecordCardRow;
  readonly actor: Actor;
  readonly once: Once;
};
type CardRequest = { readonly record: CardRef; readonly idempotencyKey: string };
type LinkRequest = z.infer<typeof linkRequest>;

export function createCardWrites(parts: ServiceParts, cards: RecordCards, sla: SlaMonths) {
  /** Establishes who acts on which record, does the work, and shows the card afterwards. */
  const act = async (
    by: CardAct,
    request: CardRequest,
    work: (standing: Standing) => Promise<Outcome<string>>,
  ): Promise<Outcome<CardWriteResponse>> => {
    const standing = await stand(parts, cards, { act: by, request });
    if (!standing.ok) return standing;
    const written = await work(standing.value);
    return written.ok ? await cards.afterWrite(by.connection, standing.value.ref, written.value) : written;
  };
  const onContract = (
    by: CardAct,
    request: CardRequest,
    contractId: string,
    work: (standing: Standing) => Promise<Outcome<string>>,
  ): Promise<Outcome<CardWriteResponse>> =>
    act(by, request, async (standing) =>
      standing.row.contracts.some(({ contract }) => contract.id === contractId)
        ? await work(standing)
        : refused('not_found'),
    );
  const change = (
    by: CardAct,
    request: CardRequest & { readonly expectedRevision: number },
    contractId: string,
    decide: Decision,
  ): Promise<Outcome<CardWriteResponse>> =>
    onContract(by, request, contractId, (standing) =>
      changeContract(parts, { ...standing, contractId, expectedRevision: request.expectedRevision }, decide),
    );
  const link = (by: CardAct, request: LinkRequest, write: LinkWrite): Promise<Outcome<CardWriteResponse>> =>
    act(by, request, async (standing) => {
      const target = { connectionId: by.connection.connectionId, ref: standing.ref };
      const result = await write(contextOf(parts, standing), target, request.contractId);
      return concluded(parts, standing.workspace.id, result);
    });

  return {
    attach: (by: CardAct, request: LinkRequest) => link(by, request, parts.contracts.attach),
    detach: (by: CardAct, request: LinkRequest) => link(by, request, parts.contracts.detach),
    restore: (by: CardAct, request: LinkRequest) => link(by, request, parts.contracts.restoreLink),
    moveStage: (by: CardAct, contractId: string, request: z.infer<typeof moveStageRequest>) =>
      change(by, request, contractId, stageDecision(request.to)),
    decideRenewal: (by: CardAct, contractId: string, request: z.infer<typeof renewalDecisionRequest>) =>
      change(by, request, contractId, renewalDecision(request.decision)),
    create: (by: CardAct, request: z.infer<typeof createContractRequest>) =>
      act(by, request, (standing) => {
        const attachTo = { connectionId: by.connection.connectionId, ref: standing.ref };
        return createContract(parts, standing, { contract: request.contract, attachTo });
      }),
    logIncident: (by: CardAct, contractId: string, request: z.infer<typeof logIncidentRequest>) =>
      onContract(by, request, contractId, (standing) =>
        sla.logIncident(contextOf(parts, standing), standing.workspace, { contractId, ...request }),
      ),
  };
}

type LinkWrite = (context: WriteContext, target: RecordTarget, contractId: string) => Promise<WriteResult>;

/** Makes sure of the record and of the person before anything is written. */
async function stand(
  parts: ServiceParts,
  cards: RecordCards,
  {
    act,
    request,
  }: { readonly act: CardAct; readonly request: { readonly record: CardRef; readonly idempotencyKey: string } },
): Promise<Outcome<Standing>> {
  const { connection } = act;
  const found = await cards.find(connection, request.record, act.signal);
  if (!found.ok) return found;
  const user = await parts.workspaces.ensureUser(connection.workspaceId, {
    hostUser: { host: connection.host, accountId: connection.accountId, userId: act.hostUserId },
    email: act.email,
    name: null,
    locale: null,
    roleIfNew: 'rep',
    at: parts.world.clock.now(),
  });
  if (user.disabled) return refused('forbidden', { reason: 'user_disabled' });
  const { ref, row } = found.value;
  const actor: Actor = { source: 'card', actor: user.name ?? user.email, connectionId: connection.connectionId, ref };
  return {
    ok: true,
    value: {
      ref,
      row,
      workspace: row.workspace,
      actor,
      once: { key: request.idempotencyKey, requestHash: act.requestHash },
    },
  };
}
