/**
 * Contract writes by people and imports. In the caller's transaction: at most once per key, only on the revision it was decided on, with
 * a `field_change` row per changed field, and every attached CRM record marked `ours`. Order of locks everywhere: key, contract, links,
 * dirty, lane.
 */
import type { Contract } from '../../domain/contract.ts';
import type {
  CreateContract,
  DerivedColumns,
  FieldChange,
  NewOrganisation,
  UpdateContract,
  WriteResult,
} from '../contract-port.ts';
import { changedAtOnce } from './contract-rows.ts';
import { DERIVED_COLUMNS, derivedRow, insertFieldChanges, sameSla } from './contract-writes.ts';
import { attachRecord } from './contracts-links.ts';
import type { Write } from './contracts-once.ts';
import { instant, jsonb, storableText } from './database.ts';
import { addMarks, markMirrorsOf } from './dirty-marks.ts';
import { answerQuestion } from './questions.ts';

export async function insertOrganisations(write: Write, organisations: readonly NewOrganisation[]): Promise<void> {
  if (organisations.length === 0) return;
  const rows = organisations.map(({ id, legalName, domain }) => ({ id, legal_name: legalName, domain }));
  await write.sql.run(
    `INSERT INTO organisation (workspace_id, id, legal_name, domain, created_at, updated_at)
     SELECT $1, o.id, o.legal_name, o.domain, $3, $3 FROM jsonb_to_recordset($2::jsonb) AS o(id uuid, legal_name text, domain text)
     ON CONFLICT (workspace_id, id) DO NOTHING`,
    [write.context.workspaceId, jsonb(rows), instant(write.now)],
  );
}

/** Columns set by people and imports, as `jsonb_to_recordset` reads them. */
const REGISTERS = `number text, title text, side text, stage text, effective_date date, end_date date, renewal_kind text,
  renewal_months int, renewals_left int, notice_count int, notice_unit text, notice_counted_from text, calendar_id text,
  signed_date date, value_minor bigint, currency text, renewal_decision text, owner_email text, archived boolean, ${DERIVED_COLUMNS}`;
const REGISTER_NAMES = REGISTERS.split(',').map((column) => column.trim().split(' ')[0] ?? '');

function registersOf(contract: Contract, derived: DerivedColumns): Readonly<Record<string, unknown>> {
  const { term } = contract;
  return {
    id: contract.id,
    number: storableText(contract.number),
    title: storableText(contract.title),
    side: contract.side,
    stage: contract.stage,
    effective_date: term.effectiveDate,
    end_date: term.endDate,
    renewal_kind: term.renewalKind,
    renewal_months: term.renewalMonths,
    renewals_left: term.renewalsLeft,
    notice_count: term.notice?.count ?? null,
    notice_unit: term.notice?.unit ?? null,
    notice_counted_from: term.notice?.countedFrom ?? null,
    calendar_id: term.calendarId,
    signed_date: contract.signedDate,
    value_minor: contract.value?.minor.toString() ?? null,
    currency: contract.value?.currency ?? null,
    renewal_decision: contract.renewalDecision,
    owner_email: contract.ownerEmail,
    archived: contract.archived,
    ...derivedRow(derived),
  };
}

/** Rows that one statement takes, so that a large import can say how far it is. */
const CHUNK_ROWS = 500;

function chunksOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / CHUNK_ROWS) }, (_, index) =>
    items.slice(index * CHUNK_ROWS, (index + 1) * CHUNK_ROWS),
  );
}

/** Told how many rows a statement has written; they are final only once the transaction is. */
export type OnRows = (count: number) => void;
const NOBODY: OnRows = () => undefined;

/** All of the contracts, or `duplicate_number`; the caller then abandons the transaction. */
export async function insertContracts(
  write: Write,
  commands: readonly CreateContract[],
  onRows: OnRows = NOBODY,
): Promise<'inserted' | 'duplicate_number'> {
  for (const chunk of chunksOf(commands)) {
    if ((await insertChunk(write, chunk)) === 'duplicate_number') return 'duplicate_number';
    onRows(chunk.length);
  }
  return 'inserted';
}

async function insertChunk(
  write: Write,
  commands: readonly CreateContract[],
): Promise<'inserted' | 'duplicate_number'> {
  const { sql, context, now } = write;
  await insertOrganisations(
    write,
    commands.flatMap(({ organisations }) => organisations),
  );
  const rows = commands.map(({ contract, derived }) => registersOf(contract, derived));
  const inserted = await sql.run(
    `INSERT INTO contract (workspace_id, id, ${REGISTER_NAMES.join(', ')}, revision, changed_at, created_at, updated_at, derived_from)
     SELECT $1, c.id, ${REGISTER_NAMES.map((name) => `c.${name}`).join(', ')}, 1, $3::jsonb, $4, $4,
       CASE WHEN c.sla_status = 'none' THEN $4::timestamptz END
     FROM jsonb_to_recordset($2::jsonb) AS c(id uuid, ${REGISTERS})
     ON CONFLICT (workspace_id, number) DO NOTHING`,
    [context.workspaceId, jsonb(rows), jsonb(changedAtOnce(context.provenance.at)), instant(now)],
  );
  if (inserted !== commands.length) return 'duplicate_number';
  await replaceParties(
    write,
    commands.map(({ contract }) => contract),
  );
  await recordChanges(
    write,
    commands.map(({ contract, changes }) => ({ contract, revision: 1, changes })),
  );
  return 'inserted';
}

export async function createContract(write: Write, command: CreateContract): Promise<WriteResult> {
  if ((await insertContracts(write, [command])) === 'duplicate_number') return { kind: 'duplicate_number' };
  const { contract, attachTo } = command;
  if (attachTo === null) return { kind: 'written', contractId: contract.id };
  return await attachRecord(write, attachTo, contract.id);
}

/** Contracts whose revision has moved are not touched and the count tells. All are locked before any mirror is marked. */
export async function updateContracts(
  write: Write,
  commands: readonly UpdateContract[],
  onRows: OnRows = NOBODY,
): Promise<'updated' | 'stale'> {
  if (commands.length === 0) return 'updated';
  const { sql, context, now } = write;
  const ids = commands.map(({ contract }) => contract.id);
  await sql.rows(
    `SELECT c.id FROM contract c WHERE c.workspace_id = $1 AND c.id = ANY($2::uuid[]) ORDER BY c.id FOR NO KEY UPDATE`,
    [context.workspaceId, ids],
  );
  for (const chunk of chunksOf(commands)) {
    if ((await updateChunk(write, chunk)) === 'stale') return 'stale';
    onRows(chunk.length);
  }
  await markMirrorsOf(sql, ids, { workspaceId: context.workspaceId, now });
  return 'updated';
}

async function updateChunk(write: Write, commands: readonly UpdateContract[]): Promise<'updated' | 'stale'> {
  const { sql, context, now } = write;
  const rows = commands.map(({ contract, derived, expectedRevision, changes }) => ({
    ...registersOf(contract, derived),
    expected_revision: expectedRevision,
    stamps: stampsOf(changes, context.provenance.at),
  }));
  const updated = await sql.run(
    `UPDATE contract t SET ${REGISTER_NAMES.map((name) => `${name} = c.${name}`).join(', ')},
       revision = t.revision + 1, changed_at = t.changed_at || c.stamps, updated_at = $3,
       derived_from = CASE WHEN ${sameSla('t', 'c')} THEN $3::timestamptz END
     FROM jsonb_to_recordset($2::jsonb) AS c(id uuid, expected_revision int, stamps jsonb, breached_twice boolean, ${REGISTERS})
     WHERE t.workspace_id = $1 AND t.id = c.id AND t.revision = c.expected_revision`,
    [context.workspaceId, jsonb(rows), instant(now)],
  );
  if (updated !== commands.length) return 'stale';
  await recordChanges(
    write,
    commands.map(({ contract, expectedRevision, changes }) => ({ contract, revision: expectedRevision + 1, changes })),
  );
  return 'updated';
}

export async function updateContract(write: Write, command: UpdateContract): Promise<WriteResult> {
  const { workspaceId, provenance } = write.context;
  const answerer = { workspaceId, actor: provenance.actor, now: write.now };
  const { answers } = command;
  const marks = answers === undefined ? [] : await answerQuestion(write.sql, answers, answerer);
  if (marks === null) return { kind: 'stale' };
  if ((await updateContracts(write, [command])) === 'stale') return { kind: 'stale' };
  await addMarks(write.sql, marks, write.now);
  if (command.restoresConflictId !== null) {
    const resolved = await write.sql.run(
      `UPDATE conflict SET state = 'restored', resolved_at = $3, resolved_by = $4 WHERE workspace_id = $1 AND id = $2 AND state = 'open'`,
      [write.context.workspaceId, command.restoresConflictId, instant(write.now), write.context.provenance.actor],
    );
    if (resolved !== 1) return { kind: 'stale' };
  }
  return { kind: 'written', contractId: command.contract.id };
}

/** Shared fields' clocks; the end date is what a CRM shows as renewal date. */
const STAMPED: Readonly<Record<string, string>> = {
  stage: 'stage',
  endDate: 'renewalDate',
  renewalDecision: 'renewalDecision',
};

function stampsOf(changes: readonly FieldChange[], at: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    changes.flatMap(({ field }) => (STAMPED[field] === undefined ? [] : [[STAMPED[field], at]])),
  );
}

export async function replaceParties(write: Write, contracts: readonly Contract[]): Promise<void> {
  const { sql, context } = write;
  const rows = contracts.flatMap((contract) =>
    contract.parties.map((party, position) => ({
      contract_id: contract.id,
      organisation_id: party.organisationId,
      role: party.role,
      side_label: party.sideLabel,
      position,
    })),
  );
  await sql.run('DELETE FROM contract_party WHERE workspace_id = $1 AND contract_id = ANY($2::uuid[])', [
    context.workspaceId,
    contracts.map(({ id }) => id),
  ]);
  await sql.run(
    `INSERT INTO contract_party (workspace_id, contract_id, organisation_id, role, side_label, position)
     SELECT $1, p.* FROM jsonb_to_recordset($2::jsonb)
       AS p(contract_id uuid, organisation_id uuid, role text, side_label text, position int)`,
    [context.workspaceId, jsonb(rows)],
  );
}

async function recordChanges(
  write: Write,
  items: readonly {
    readonly contract: Contract;
    readonly revision: number;
    readonly changes: readonly FieldChange[];
  }[],
): Promise<void> {
  const { sql, context, random, now } = write;
  await insertFieldChanges(
    { sql, workspaceId: context.workspaceId, random, now, derived: new Map() },
    items.flatMap(({ contract, revision, changes }) =>
      changes.map((change) => ({
        contractId: contract.id,
        contractRevision: revision,
        ...change,
        provenance: context.provenance,
      })),
    ),
  );
}
