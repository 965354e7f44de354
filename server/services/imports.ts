/**
 * Imports in three steps: upload (the file is read as a table and kept), check (what each row would become), commit (all of it in one
 * transaction, or nothing). Check and commit judge the rows with the same code, so that a commit does what the check said.
 */
import type { ImportCheck, ImportOptions, ImportView } from '../../app/wire/workspace.ts';
import { importOptions } from '../../app/wire/workspace.ts';
import { suggestColumns } from '../import/column-meaning.ts';
import { readImportFile } from '../import/read-import-file.ts';
import type { WorkspaceRow } from '../store/contract-port.ts';
import type { ImportJobRow } from '../store/import-port.ts';
import { contextOf } from './contract-changes.ts';
import { isoText, moneyView } from './contract-view.ts';
import { type ImportPlan, planImport } from './import-plan.ts';
import { done, type Outcome, refused } from './outcome.ts';
import type { ServiceParts } from './service-parts.ts';

const SAMPLE_ROWS = 5;
const ERRORS_SHOWN_MAX = 500;
const PREVIEW_ROWS = 50;
const IMPORTS_LISTED_MAX = 50;

export type ImportResult = {
  readonly fileName: string;
  readonly headers: readonly string[];
  readonly rows: readonly {
    readonly row: number;
    readonly action: string;
    readonly errors: string;
    readonly cells: readonly string[];
  }[];
};

export function createImports(parts: ServiceParts) {
  return {
    upload: (workspace: WorkspaceRow, file: Upload) => upload(parts, workspace, file),
    list: async (workspace: WorkspaceRow): Promise<readonly ImportView[]> => {
      const jobs = await parts.imports.listImports(workspace.id, IMPORTS_LISTED_MAX);
      return jobs.map((job) => importView(job, []));
    },
    get: async (workspace: WorkspaceRow, importId: string): Promise<Outcome<ImportView>> => {
      const job = await parts.imports.findImport(workspace.id, importId);
      return job === null ? refused('not_found') : done(await viewWithSamples(parts, workspace, job));
    },
    check: async (workspace: WorkspaceRow, importId: string, options: ImportOptions): Promise<Outcome<ImportCheck>> => {
      const planned = await plan(parts, workspace, { importId, options });
      return planned.ok ? done(checkView(planned.value)) : planned;
    },
    commit: (workspace: WorkspaceRow, request: CommitRequest) => commit(parts, workspace, request),
    result: (workspace: WorkspaceRow, importId: string) => result(parts, workspace, importId),
  };
}

type Upload = { readonly fileName: string; readonly bytes: Uint8Array; readonly actor: string };

async function upload(parts: ServiceParts, workspace: WorkspaceRow, file: Upload): Promise<Outcome<ImportView>> {
  const read = await readImportFile(file.bytes);
  if (!read.ok) {
    return refused('import_invalid', { reason: read.problem, errors: [{ pointer: '/file', message: read.problem }] });
  }
  const { table } = read;
  const job: Omit<ImportJobRow, 'state' | 'counts'> = {
    id: parts.world.random.uuid(),
    fileName: file.fileName,
    format: table.format,
    encoding: table.encoding,
    headers: table.headers,
    options: defaultOptions(workspace, table.headers),
    rows: table.rows.length,
    createdBy: file.actor,
    createdAt: parts.world.clock.now(),
  };
  await parts.imports.createImport(workspace.id, job, table.rows);
  return done(importView({ ...job, state: 'uploaded', counts: null }, table.rows));
}

function defaultOptions(workspace: WorkspaceRow, headers: readonly string[]): ImportOptions {
  return {
    mapping: mappingOf(headers),
    dateFormat: 'unambiguous',
    duplicates: 'skip',
    defaults: { side: 'buy', currency: workspace.currency, stage: 'draft', calendarId: 'weekends' },
  };
}

function mappingOf(headers: readonly string[]): ImportOptions['mapping'] {
  const fields = suggestColumns(headers);
  return Object.fromEntries(fields.flatMap((field, position) => (field === null ? [] : [[field, position]])));
}

async function viewWithSamples(parts: ServiceParts, workspace: WorkspaceRow, job: ImportJobRow): Promise<ImportView> {
  const rows = await parts.imports.loadImportRows(workspace.id, job.id);
  return importView(job, rows.slice(0, SAMPLE_ROWS));
}

function importView(job: ImportJobRow, rows: readonly { readonly cells: readonly string[] }[]): ImportView {
  const suggested = suggestColumns(job.headers);
  return {
    id: job.id,
    fileName: job.fileName,
    format: job.format,
    encoding: job.encoding,
    state: job.state,
    createdAt: isoText(job.createdAt),
    createdBy: job.createdBy,
    columns: job.headers.map((header, position) => ({
      position,
      header,
      sample: rows.slice(0, SAMPLE_ROWS).map(({ cells }) => cells[position] ?? ''),
      suggested: suggested[position] ?? null,
    })),
    options: importOptions.parse(job.options),
    rows: job.rows,
    counts: job.counts,
  };
}

type PlanRequest = {
  readonly importId: string;
  readonly options: ImportOptions;
  /** Told how many rows there are before they are judged. */
  readonly onRead?: (rows: number) => void;
};

async function plan(parts: ServiceParts, workspace: WorkspaceRow, request: PlanRequest): Promise<Outcome<ImportPlan>> {
  const job = await parts.imports.findImport(workspace.id, request.importId);
  if (job === null) return refused('not_found');
  if (job.state !== 'uploaded') return refused('import_invalid', { reason: `already_${job.state}` });
  const positions = Object.values(request.options.mapping);
  if (positions.some((position) => position >= job.headers.length) || new Set(positions).size !== positions.length) {
    return refused('invalid_body', { errors: [{ pointer: '/mapping', message: 'column_position' }] });
  }
  const rows = await parts.imports.loadImportRows(workspace.id, request.importId);
  request.onRead?.(rows.length);
  return done(await planImport(parts, workspace, { headers: job.headers, rows, options: request.options }));
}

function checkView(planned: ImportPlan): ImportCheck {
  const errors = planned.rows.flatMap((row) => row.errors);
  return {
    ...planned.counts,
    errors: errors.slice(0, ERRORS_SHOWN_MAX),
    moreErrors: Math.max(0, errors.length - ERRORS_SHOWN_MAX),
    preview: planned.rows.slice(0, PREVIEW_ROWS).map(({ row, action, draft, contract }) => ({
      row,
      action,
      number: contract?.number ?? draft?.number ?? null,
      title: contract?.title ?? null,
      counterparty: draft?.counterparty ?? null,
      stage: contract?.stage ?? null,
      endDate: contract?.term.endDate ?? null,
      value: contract?.value === undefined || contract.value === null ? null : moneyView(contract.value),
    })),
  };
}

/**
 * Tells open pages how far a commit is, in rows of its file: rows left out count once they are judged, the others once they are written.
 * It never goes back, also when the database makes the transaction begin anew.
 */
function progressOf(parts: ServiceParts, workspaceId: string, importId: string) {
  let [done, total] = [0, 0];
  const tell = (state: ImportJobRow['state']): void =>
    parts.events.publish(workspaceId, { kind: 'import', importId, done, total, state });
  return {
    begin: (rows: number): void => {
      total = rows;
      tell('committing');
    },
    reach: (rows: number): void => {
      if (rows <= done) return;
      done = rows;
      tell('committing');
    },
    end: (state: 'committed' | 'uploaded'): void => {
      done = state === 'committed' ? total : 0;
      tell(state);
    },
  };
}

type CommitRequest = {
  readonly importId: string;
  readonly options: ImportOptions;
  readonly skipInvalid: boolean;
  readonly actor: string;
};

async function commit(
  parts: ServiceParts,
  workspace: WorkspaceRow,
  request: CommitRequest,
): Promise<Outcome<ImportView>> {
  const { importId, options } = request;
  const progress = progressOf(parts, workspace.id, importId);
  const planned = await plan(parts, workspace, { importId, options, onRead: progress.begin });
  if (!planned.ok) return planned;
  const { rows, counts, creates, updates, newOrganisations } = planned.value;
  if (counts.invalid > 0 && !request.skipInvalid) {
    progress.end('uploaded');
    return refused('import_invalid', {
      reason: 'rows_invalid',
      errors: rows
        .flatMap((row) => row.errors)
        .slice(0, 20)
        .map((error) => ({ pointer: `/rows/${error.row}/${error.field ?? ''}`, message: error.code })),
    });
  }
  const context = contextOf(parts, {
    workspace,
    actor: { source: 'import', actor: request.actor, connectionId: null, ref: null },
    once: null,
  });
  const work = {
    creates,
    updates,
    newOrganisations,
    outcomes: rows.map(({ row, action, contract, errors }) => ({
      row,
      action,
      contractId: contract?.id ?? null,
      errors,
    })),
    counts: { created: counts.create, updated: counts.update, skipped: counts.skip, invalid: counts.invalid },
    options,
  };
  const toWrite = creates.length + updates.length;
  const committed = await parts.imports.commitImport(context, importId, work, (done) =>
    progress.reach(rows.length - toWrite + done),
  );
  if (committed !== 'committed') {
    progress.end('uploaded');
    return committed === 'stale'
      ? refused('revision_conflict')
      : refused('import_invalid', { reason: 'already_committed' });
  }
  parts.wake();
  progress.end('committed');
  parts.events.publish(workspace.id, { kind: 'contracts', contractIds: [] });
  const job = await parts.imports.findImport(workspace.id, importId);
  return job === null ? refused('not_found') : done(await viewWithSamples(parts, workspace, job));
}

async function result(parts: ServiceParts, workspace: WorkspaceRow, importId: string): Promise<Outcome<ImportResult>> {
  const job = await parts.imports.findImport(workspace.id, importId);
  if (job === null) return refused('not_found');
  if (job.state !== 'committed') return refused('import_invalid', { reason: 'not_committed' });
  const rows = await parts.imports.loadImportRows(workspace.id, importId);
  const outcomes = new Map((await parts.imports.loadOutcomes(workspace.id, importId)).map((each) => [each.row, each]));
  return done({
    fileName: job.fileName,
    headers: job.headers,
    rows: rows.map(({ row, cells }) => {
      const outcome = outcomes.get(row);
      return { row, cells, action: outcome?.action ?? '', errors: errorText(outcome?.errors) };
    }),
  });
}

function errorText(errors: unknown): string {
  if (!Array.isArray(errors)) return '';
  const items: readonly unknown[] = errors;
  return items
    .flatMap((item) => (typeof item === 'object' && item !== null && 'code' in item ? [item] : []))
    .map((item) =>
      'field' in item && typeof item.field === 'string' ? `${item.field}: ${String(item.code)}` : String(item.code),
    )
    .join('; ');
}
