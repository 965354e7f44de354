/** New contracts from a form: the parties are found or made by name, and our own organisation is named after the workspace. */
import type { z } from 'zod';
import type { createContractRequest } from '../../app/wire/card.ts';
import { must } from '../domain/assert.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { parsePlainDate } from '../domain/dates.ts';
import type { NewOrganisation, RecordTarget, WorkspaceRow } from '../store/contract-port.ts';
import { NO_SLA } from '../domain/sla-summary.ts';
import { type ChangeRequest, changesBetween, concluded, contextOf, derive } from './contract-changes.ts';
import { done, type Outcome, type Refusal, refused } from './outcome.ts';
import { type ServiceParts, todayOf } from './service-parts.ts';

export type NewContract = z.infer<typeof createContractRequest>['contract'];

/** Everybody who creates at the same time loses at most once to each of the others. */
const NUMBER_ATTEMPTS_MAX = 30;

async function draftContract(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  input: NewContract,
): Promise<Outcome<{ readonly contract: Contract; readonly organisations: readonly NewOrganisation[] }>> {
  const effectiveDate = dateOf(input.effectiveDate);
  const endDate = dateOf(input.endDate);
  if (effectiveDate === undefined) return dateRefusal('/contract/effectiveDate', 'not_a_date');
  if (endDate === undefined) return dateRefusal('/contract/endDate', 'not_a_date');
  if (effectiveDate !== null && endDate !== null && endDate < effectiveDate) {
    return dateRefusal('/contract/endDate', 'end_date_before_effective_date');
  }
  const { organisations, idOf } = await organisationsFor(parts, workspace.id, [workspace.name, input.counterparty]);
  const ours = { organisationId: idOf(workspace.name), legalName: workspace.name, sideLabel: null };
  const theirs = { organisationId: idOf(input.counterparty), legalName: input.counterparty, sideLabel: null };
  const today = todayOf(parts, workspace);
  const number = input.number === null || input.number === '' ? null : input.number;
  return done({
    organisations,
    contract: {
      id: parts.world.random.uuid(),
      number: number ?? (await parts.contracts.nextNumber(workspace.id, Number(today.slice(0, 4)))),
      title: input.title,
      side: input.side,
      stage: 'draft',
      term: {
        effectiveDate,
        endDate,
        renewalKind: input.renewalKind,
        renewalMonths: input.renewalMonths,
        renewalsLeft: null,
        notice: input.notice,
        calendarId: input.calendarId,
      },
      signedDate: null,
      value: input.value === null ? null : { minor: BigInt(input.value.minor), currency: input.value.currency },
      renewalDecision: 'undecided',
      parties: [
        { ...ours, role: input.side === 'buy' ? 'buyer' : 'supplier' },
        { ...theirs, role: input.side === 'buy' ? 'supplier' : 'buyer' },
      ],
      ownerEmail: null,
      archived: false,
      revision: 1,
    },
  });
}

export async function createContract(
  parts: ServiceParts,
  request: Omit<ChangeRequest, 'contractId' | 'expectedRevision'>,
  input: { readonly contract: NewContract; readonly attachTo: RecordTarget | null },
): Promise<Outcome<string>> {
  const isNumberOurs = input.contract.number === null || input.contract.number === '';
  for (let attempt = 1; ; attempt += 1) {
    const drafted = await draftContract(parts, request.workspace, input.contract);
    if (!drafted.ok) return drafted;
    const { contract, organisations } = drafted.value;
    const result = await parts.contracts.createContract(contextOf(parts, request), {
      contract,
      organisations,
      derived: await derive(parts, request.workspace, { contract, sla: NO_SLA }),
      changes: changesBetween(null, contract),
      attachTo: input.attachTo,
    });
    // Somebody else was given the same number in the same moment: the next one is ours.
    const isRaceLost = result.kind === 'duplicate_number' && isNumberOurs && attempt < NUMBER_ATTEMPTS_MAX;
    if (!isRaceLost) return concluded(parts, request.workspace.id, result);
  }
}

/** Known organisations by name, and new ones for the names that are not known; names differ by more than case and space. */
export async function organisationsFor(
  parts: ServiceParts,
  workspaceId: string,
  names: readonly string[],
): Promise<{ readonly organisations: readonly NewOrganisation[]; readonly idOf: (name: string) => string }> {
  const key = (name: string): string => name.trim().toLowerCase();
  const known = await parts.contracts.findOrganisations(workspaceId, names);
  const ids = new Map(known.map(({ id, legalName }) => [key(legalName), id]));
  const organisations: NewOrganisation[] = [];
  for (const name of names) {
    if (ids.has(key(name))) continue;
    const id = parts.world.random.uuid();
    ids.set(key(name), id);
    organisations.push({ id, legalName: name.trim(), domain: null });
  }
  return { organisations, idOf: (name) => must(ids.get(key(name)), 'organisation') };
}

/** Undefined for text that is no day. */
function dateOf(text: string | null): PlainDate | null | undefined {
  return text === null ? null : (parsePlainDate(text) ?? undefined);
}

function dateRefusal(pointer: string, message: string): Refusal {
  return refused('date_refused', { reason: message, errors: [{ pointer, message }] });
}
