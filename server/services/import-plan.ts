/** What an import would do, decided for all rows together, because new organisations and running numbers cross rows. */
import type { ImportOptions } from '../../app/wire/workspace.ts';
import type { Contract, PlainDate } from '../domain/contract.ts';
import { moveStage } from '../domain/stage.ts';
import type { RowDraft, RowError } from '../import/draft-row.ts';
import { type JudgedRow, judgeRows } from '../import/judge-rows.ts';
import type {
  ContractRow,
  CreateContract,
  NewOrganisation,
  UpdateContract,
  WorkspaceRow,
} from '../store/contract-port.ts';
import { NO_SLA } from '../domain/sla-summary.ts';
import { calendarsOf, derivedColumns } from './derived-columns.ts';
import { changesBetween } from './contract-changes.ts';
import { organisationsFor } from './new-contract.ts';
import { type ServiceParts, todayOf } from './service-parts.ts';

type PlannedRow = {
  readonly row: number;
  readonly action: JudgedRow['action'];
  readonly draft: RowDraft | null;
  readonly contract: Contract | null;
  readonly errors: readonly RowError[];
};
export type ImportPlan = {
  readonly rows: readonly PlannedRow[];
  readonly counts: {
    readonly create: number;
    readonly update: number;
    readonly skip: number;
    readonly invalid: number;
  };
  readonly creates: readonly CreateContract[];
  readonly updates: readonly UpdateContract[];
  readonly newOrganisations: readonly NewOrganisation[];
};
type Input = {
  readonly headers: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
  readonly options: ImportOptions;
};
type Naming = {
  readonly ours: string;
  readonly idOf: (name: string) => string;
  readonly newId: () => string;
  readonly nextNumber: () => string;
};

export async function planImport(parts: ServiceParts, workspace: WorkspaceRow, input: Input): Promise<ImportPlan> {
  const { headers, options } = input;
  const today = todayOf(parts, workspace);
  const existing = await existingByNumber(parts, workspace.id, input);
  const idsByNumber = new Map([...existing].map(([number, { contract }]) => [number, contract.id]));
  const judged = judgeRows(input.rows, { headers, options, today }, idsByNumber);
  const names = judged.flatMap((row) => (row.action === 'invalid' ? [] : [row.draft.counterparty]));
  const { organisations, idOf } = await organisationsFor(parts, workspace.id, [workspace.name, ...names]);
  const nextNumber = await runningNumbers(parts, workspace.id, today.slice(0, 4));
  const naming: Naming = { ours: workspace.name, idOf, newId: () => parts.world.random.uuid(), nextNumber };
  const rows = judged.map((row): PlannedRow => {
    if (row.action === 'invalid') return { ...row, draft: null, contract: null };
    const known = row.action === 'create' ? undefined : existing.get(row.draft.number ?? '')?.contract;
    const base = { row: row.row, action: row.action, draft: row.draft };
    if (known === undefined) return { ...base, contract: newContract(row.draft, naming), errors: [] };
    if (row.action === 'skip') return { ...base, contract: known, errors: [] };
    return updatedRow(base, { known, options, naming, today, headers });
  });
  const commands = await toCommands(parts, { rows, existing, organisations, today });
  return { rows, counts: countsOf(rows), ...commands };
}

function newContract(draft: RowDraft, naming: Naming): Contract {
  return {
    id: naming.newId(),
    number: draft.number ?? naming.nextNumber(),
    title: draft.title,
    side: draft.side,
    stage: draft.stage,
    term: {
      effectiveDate: draft.effectiveDate,
      endDate: draft.endDate,
      renewalKind: draft.renewalKind,
      renewalMonths: draft.renewalMonths,
      renewalsLeft: null,
      notice: draft.notice,
      calendarId: draft.calendarId,
    },
    signedDate: draft.signedDate,
    value: draft.value,
    renewalDecision: 'undecided',
    parties: partiesOf(draft, draft.side, naming),
    ownerEmail: draft.ownerEmail,
    archived: false,
    revision: 1,
  };
}

function partiesOf(draft: RowDraft, side: Contract['side'], { ours, idOf }: Naming): Contract['parties'] {
  const [buyer, supplier] = side === 'buy' ? [ours, draft.counterparty] : [draft.counterparty, ours];
  return [
    { organisationId: idOf(buyer), legalName: buyer, role: 'buyer', sideLabel: null },
    { organisationId: idOf(supplier), legalName: supplier, role: 'supplier', sideLabel: null },
  ];
}

type Update = {
  readonly known: Contract;
  readonly options: ImportOptions;
  readonly naming: Naming;
  readonly today: PlainDate;
  readonly headers: readonly string[];
};

/** Only what the file has a column for is changed; a stage is reached by a legal move or not at all. */
function updatedRow(
  base: { readonly row: number; readonly action: 'create' | 'update' | 'skip'; readonly draft: RowDraft },
  { known, options, naming, today, headers }: Update,
): PlannedRow {
  const { mapping } = options;
  const { draft } = base;
  const side = mapping.side === undefined ? known.side : draft.side;
  const changed: Contract = {
    ...known,
    title: draft.title,
    side,
    term: {
      ...known.term,
      effectiveDate: draft.effectiveDate ?? known.term.effectiveDate,
      endDate: draft.endDate ?? known.term.endDate,
      renewalKind: mapping.renewalKind === undefined ? known.term.renewalKind : draft.renewalKind,
      renewalMonths: draft.renewalMonths ?? known.term.renewalMonths,
      notice: draft.notice ?? known.term.notice,
    },
    signedDate: draft.signedDate ?? known.signedDate,
    value: draft.value ?? known.value,
    parties: withPrincipals(known, partiesOf(draft, side, naming)),
    ownerEmail: draft.ownerEmail ?? known.ownerEmail,
  };
  if (mapping.stage === undefined || draft.stage === known.stage) return { ...base, contract: changed, errors: [] };
  const moved = moveStage(changed, draft.stage, { asOf: today });
  if (moved.ok) return { ...base, contract: moved.contract, errors: [] };
  const column = headers[mapping.stage] ?? null;
  const error: RowError = { row: base.row, column, field: 'stage', code: moved.code, value: draft.stage };
  return { ...base, action: 'invalid', contract: null, errors: [error] };
}

/** Guarantors and others stay; the labels of the two sides stay where the organisation does. */
function withPrincipals(known: Contract, principals: Contract['parties']): Contract['parties'] {
  const kept = principals.map((party) => {
    const before = known.parties.find(
      ({ organisationId, role }) => organisationId === party.organisationId && role === party.role,
    );
    return before ?? party;
  });
  return [...kept, ...known.parties.filter(({ role }) => role !== 'buyer' && role !== 'supplier')];
}

async function existingByNumber(
  parts: ServiceParts,
  workspaceId: string,
  { rows, options }: Input,
): Promise<ReadonlyMap<string, ContractRow>> {
  const position = options.mapping.number;
  if (position === undefined) return new Map();
  const numbers = rows.map(({ cells }) => (cells[position] ?? '').trim()).filter((number) => number !== '');
  const found = await parts.imports.findByNumber(workspaceId, numbers);
  const contracts = await parts.contracts.loadContracts(
    workspaceId,
    found.map(({ contractId }) => contractId),
  );
  return new Map(contracts.map((row) => [row.contract.number, row]));
}

/** `C-2026-0007` and on, for rows without a number of their own. */
async function runningNumbers(parts: ServiceParts, workspaceId: string, year: string): Promise<() => string> {
  const first = await parts.contracts.nextNumber(workspaceId, Number(year));
  const prefix = first.slice(0, first.lastIndexOf('-') + 1);
  let next = Number(first.slice(prefix.length));
  return () => {
    const number = `${prefix}${String(next).padStart(4, '0')}`;
    next += 1;
    return number;
  };
}

function countsOf(rows: readonly PlannedRow[]): ImportPlan['counts'] {
  const count = (action: PlannedRow['action']): number => rows.filter((row) => row.action === action).length;
  return { create: count('create'), update: count('update'), skip: count('skip'), invalid: count('invalid') };
}

async function toCommands(
  parts: ServiceParts,
  planned: {
    readonly rows: readonly PlannedRow[];
    readonly existing: ReadonlyMap<string, ContractRow>;
    readonly organisations: readonly NewOrganisation[];
    readonly today: PlainDate;
  },
): Promise<Pick<ImportPlan, 'creates' | 'updates' | 'newOrganisations'>> {
  const contracts = planned.rows.flatMap(({ contract }) => (contract === null ? [] : [contract]));
  const calendarOf = await calendarsOf(parts.calendars, contracts);
  const creates: CreateContract[] = [];
  const updates: UpdateContract[] = [];
  for (const { action, contract } of planned.rows) {
    if (contract === null || (action !== 'create' && action !== 'update')) continue;
    const day = { calendar: calendarOf(contract.term.calendarId), asOf: planned.today };
    const known = action === 'update' ? planned.existing.get(contract.number) : undefined;
    const changes = changesBetween(known?.contract ?? null, contract);
    const derived = derivedColumns(contract, known?.sla ?? NO_SLA, day);
    if (known === undefined) creates.push({ contract, organisations: [], derived, changes, attachTo: null });
    else if (changes.length > 0) {
      updates.push({ contract, expectedRevision: known.contract.revision, derived, changes, restoresConflictId: null });
    }
  }
  const used = new Set(contracts.flatMap(({ parties }) => parties.map(({ organisationId }) => organisationId)));
  const domains = new Map(
    planned.rows.flatMap(({ draft }) => (draft === null ? [] : [[draft.counterparty, draft.counterpartyDomain]])),
  );
  const newOrganisations = planned.organisations
    .filter(({ id }) => used.has(id))
    .map((organisation) => ({ ...organisation, domain: domains.get(organisation.legalName) ?? null }));
  return { creates, updates, newOrganisations };
}
