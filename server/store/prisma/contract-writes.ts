/**
 * Changes to contracts from the engine. Guarantees, in the caller's transaction: a change is made only on the revision it was decided
 * on; each changed register leaves a `field_change` row that says who, where, through what, and what it replaced (sync rule S13); the
 * derived columns follow.
 */
import type { Contract } from '../../domain/contract.ts';
import { addDays } from '../../domain/dates.ts';
import type { DerivedColumns } from '../contract-port.ts';
import type { ContractChanges, ContractUpdate, LinkedContract, Provenance } from '../port.ts';
import type { Random } from '../../world.ts';
import { loadContractsById } from './contract-rows.ts';
import { type Database, instant, jsonb, type Sql } from './database.ts';

/**
 * Works out the filterable columns of changed contracts; given by the composition root, which knows calendars and time zones. It is
 * called while no transaction is open, so it may use the store itself.
 */
export type DeriveColumns = (
  workspaceId: string,
  contracts: readonly LinkedContract[],
) => Promise<readonly DerivedColumns[]>;

export type WriteScope = {
  readonly sql: Sql;
  readonly workspaceId: string;
  readonly random: Random;
  readonly now: number;
  /** What `deriveAhead` worked out, by contract. */
  readonly derived: ReadonlyMap<string, DerivedColumns>;
};

type Register = keyof ContractChanges;
/** Whose provenance a register's change carries, and whether it moves a shared field's clock. */
const CAUSES: Record<Register, readonly ('stage' | 'renewalDate' | 'renewalDecision')[]> = {
  stage: ['stage'],
  endDate: ['renewalDate', 'renewalDecision', 'stage'],
  renewalDecision: ['renewalDecision'],
  renewalsLeft: ['renewalDecision', 'renewalDate', 'stage'],
  signedDate: ['stage'],
};
const REGISTERS = [
  'stage',
  'endDate',
  'renewalDecision',
  'renewalsLeft',
  'signedDate',
] as const satisfies readonly Register[];

const READ_REGISTER: Record<Register, (contract: Contract) => string | null> = {
  stage: (contract) => contract.stage,
  endDate: (contract) => contract.term.endDate,
  renewalDecision: (contract) => contract.renewalDecision,
  renewalsLeft: (contract) => (contract.term.renewalsLeft === null ? null : String(contract.term.renewalsLeft)),
  signedDate: (contract) => contract.signedDate,
};

export type FieldChangeRow = {
  readonly contractId: string;
  readonly contractRevision: number;
  readonly field: string;
  readonly previous: string | null;
  readonly value: string | null;
  readonly provenance: Provenance;
};

function changed(linked: LinkedContract, update: ContractUpdate): LinkedContract {
  const { contract } = linked;
  const { changes } = update;
  const stamps = { ...linked.changedAt };
  for (const [field, register] of [
    ['stage', 'stage'],
    ['renewalDate', 'endDate'],
    ['renewalDecision', 'renewalDecision'],
  ] as const) {
    const at = update.provenance[field]?.at;
    if (changes[register] !== undefined && at !== undefined) stamps[field] = at;
  }
  return {
    ...linked,
    changedAt: stamps,
    contract: {
      ...contract,
      stage: changes.stage ?? contract.stage,
      renewalDecision: changes.renewalDecision ?? contract.renewalDecision,
      signedDate: changes.signedDate === undefined ? contract.signedDate : changes.signedDate,
      term: {
        ...contract.term,
        endDate: changes.endDate === undefined ? contract.term.endDate : changes.endDate,
        renewalsLeft: changes.renewalsLeft === undefined ? contract.term.renewalsLeft : changes.renewalsLeft,
      },
      revision: contract.revision + 1,
    },
  };
}

function traces(before: LinkedContract, after: LinkedContract, update: ContractUpdate): readonly FieldChangeRow[] {
  return REGISTERS.flatMap((register) => {
    const previous = READ_REGISTER[register](before.contract);
    const value = READ_REGISTER[register](after.contract);
    const provenance = [...CAUSES[register], 'stage', 'renewalDate', 'renewalDecision']
      .map((field) => update.provenance[field as 'stage' | 'renewalDate' | 'renewalDecision'])
      .find((known) => known !== undefined);
    if (previous === value || provenance === undefined) return [];
    return [
      {
        contractId: update.contractId,
        contractRevision: after.contract.revision,
        field: register,
        previous,
        value,
        provenance,
      },
    ];
  });
}

/** Appends to the history of contracts' fields. */
export async function insertFieldChanges(scope: WriteScope, rows: readonly FieldChangeRow[]): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map(({ provenance, ...row }) => ({
    id: scope.random.uuid(),
    contract_id: row.contractId,
    contract_revision: row.contractRevision,
    field: row.field,
    previous: row.previous,
    value: row.value,
    source: provenance.source,
    actor: provenance.actor,
    connection_id: provenance.connectionId,
    object_type: provenance.ref?.objectType ?? null,
    record_id: provenance.ref?.recordId ?? null,
    event_id: provenance.eventId,
    at: instant(provenance.at),
  }));
  await scope.sql.run(
    `INSERT INTO field_change (workspace_id, id, contract_id, contract_revision, field, previous, value, source, actor, connection_id,
       object_type, record_id, event_id, at)
     SELECT $1, f.* FROM jsonb_to_recordset($2::jsonb) AS f(id uuid, contract_id uuid, contract_revision int, field text, previous text,
       value text, source text, actor text, connection_id uuid, object_type text, record_id text, event_id text, at timestamptz)`,
    [scope.workspaceId, jsonb(values)],
  );
}

function registerRow({ contract, changedAt }: LinkedContract): object {
  return {
    id: contract.id,
    stage: contract.stage,
    end_date: contract.term.endDate,
    // Without a derivation the renewal date is at least the one that the recorded end implies.
    renewal_date: contract.term.endDate === null ? null : addDays(contract.term.endDate, 1),
    renewal_decision: contract.renewalDecision,
    renewals_left: contract.term.renewalsLeft,
    signed_date: contract.signedDate,
    revision: contract.revision,
    changed_at: changedAt,
  };
}

/** The derived columns, as `jsonb_to_recordset` reads them. */
export const DERIVED_COLUMNS = `current_stage text, renewal_date date, notice_deadline date, notice_legal_date date,
  decision_due_date date, health text, risk_flags text[], sla_status text, sla_breaches int, derived_through date`;
const DERIVED_NAMES = DERIVED_COLUMNS.split(',').map((column) => column.trim().split(' ')[0] ?? '');

/** What goes into the columns above, and the part of the service levels that they follow from besides (see `sameSla`). */
export function derivedRow(column: DerivedColumns): Readonly<Record<string, unknown>> {
  return {
    current_stage: column.currentStage,
    renewal_date: column.renewalDate,
    notice_deadline: column.noticeDeadline,
    notice_legal_date: column.noticeLegalDate,
    decision_due_date: column.decisionDueDate,
    health: column.health,
    risk_flags: column.riskFlags,
    sla_status: column.sla.status,
    sla_breaches: column.sla.breachesTwelveMonths,
    breached_twice: column.sla.breachedLastTwoOfThree,
    derived_through: column.throughDate,
  };
}

/** Whether the service levels of a contract are still those that its derived columns follow from. */
export const sameSla = (contract: string, derived: string): string =>
  `coalesce(${contract}.sla_summary->>'status', 'none') = ${derived}.sla_status
   AND coalesce((${contract}.sla_summary->>'breachesTwelveMonths')::int, 0) = ${derived}.sla_breaches
   AND coalesce((${contract}.sla_summary->>'breachedLastTwoOfThree')::boolean, false) = ${derived}.breached_twice`;

/** Writes the derived columns beside the contracts that are still in the state they follow from. */
export async function writeDerived(scope: WriteScope, columns: readonly DerivedColumns[]): Promise<void> {
  if (columns.length === 0) return;
  const rows = columns.map((column) => ({
    id: column.contractId,
    revision: column.revision,
    ...derivedRow(column),
  }));
  await scope.sql.run(
    `UPDATE contract c SET ${DERIVED_NAMES.map((name) => `${name} = d.${name}`).join(', ')}, derived_from = c.updated_at
     FROM jsonb_to_recordset($2::jsonb) AS d(id uuid, revision int, breached_twice boolean, ${DERIVED_COLUMNS})
     WHERE c.workspace_id = $1 AND c.id = ANY($3::uuid[]) AND c.id = d.id AND c.revision = d.revision AND ${sameSla('c', 'd')}`,
    [scope.workspaceId, jsonb(rows), columns.map((column) => column.contractId)],
  );
}

/**
 * Makes the updates on contracts that the caller has locked. Every update's revision has been compared already; several updates of
 * one contract are not possible, because the first one moves the revision on.
 */
export async function writeUpdates(
  scope: WriteScope,
  locked: ReadonlyMap<string, LinkedContract>,
  updates: readonly ContractUpdate[],
): Promise<void> {
  if (updates.length === 0) return;
  const pairs = updates.flatMap((update) => {
    const before = locked.get(update.contractId);
    return before === undefined ? [] : [{ update, before, after: changed(before, update) }];
  });
  await scope.sql.run(
    `UPDATE contract c SET stage = u.stage, end_date = u.end_date, renewal_date = u.renewal_date, renewal_decision = u.renewal_decision,
       renewals_left = u.renewals_left, signed_date = u.signed_date, revision = u.revision, changed_at = u.changed_at, updated_at = $3,
       derived_from = NULL
     FROM jsonb_to_recordset($2::jsonb) AS u(id uuid, stage text, end_date date, renewal_date date, renewal_decision text,
       renewals_left int, signed_date date, revision int, changed_at jsonb)
     WHERE c.workspace_id = $1 AND c.id = ANY($4::uuid[]) AND c.id = u.id`,
    [
      scope.workspaceId,
      jsonb(pairs.map(({ after }) => registerRow(after))),
      instant(scope.now),
      pairs.map(({ update }) => update.contractId),
    ],
  );
  await insertFieldChanges(
    scope,
    pairs.flatMap(({ before, after, update }) => traces(before, after, update)),
  );
  await writeDerived(
    scope,
    pairs.flatMap(({ update }) => scope.derived.get(update.contractId) ?? []),
  );
}

/**
 * The filterable columns that the updates will lead to, worked out before the transaction that makes them. A contract that has moved on
 * since the update was decided is left out, because that update will be refused.
 */
export async function deriveAhead(
  database: Database,
  derive: DeriveColumns | null,
  workspaceId: string,
  updates: readonly ContractUpdate[],
): Promise<ReadonlyMap<string, DerivedColumns>> {
  if (derive === null || updates.length === 0) return new Map();
  const contracts = await database.inWorkspace(workspaceId, (sql) =>
    loadContractsById(sql, workspaceId, [...new Set(updates.map((update) => update.contractId))], 'read'),
  );
  const after = updates.flatMap((update) => {
    const before = contracts.get(update.contractId);
    return before?.contract.revision === update.expectedRevision ? [changed(before, update)] : [];
  });
  const columns = await derive(workspaceId, after);
  return new Map(columns.map((column) => [column.contractId, column]));
}
