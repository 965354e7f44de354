/** Bulk API 2.0: query jobs and ingest jobs (Bulk API guide, Bulk API 2.0 Query; Bulk API 2.0 Ingest). */
import { versioned } from './api-version.ts';
import { jobOf, newJob, polled, requireState, viewJob } from './bulk-job.ts';
import { runIngest } from './bulk-ingest.ts';
import { type CsvRow, delimiterOf, writeCsv } from './csv.ts';
import { type Call, type Reply, type Route, empty, isObject, json, readObject } from './exchange.ts';
import type { BulkJob, PracticeOrg } from './practice-org.ts';
import { scopeOf } from './query-routes.ts';
import { OrgRefusal } from './refusal.ts';
import { runQuery } from './soql-run.ts';

const CREATED = 201;
const INGEST_OPERATIONS = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const;
/** No locator: the last page was answered. */
const LAST_PAGE = 'null';

export function bulkRoutes(org: PracticeOrg): readonly Route[] {
  return [...queryJobRoutes(org), ...ingestJobRoutes(org)];
}

const optional = (value: unknown, usual: string): string => (typeof value === 'string' ? value : usual);

function queryJobRoutes(org: PracticeOrg): readonly Route[] {
  const one = '/jobs/query/{job}';
  return [
    versioned('POST', '/jobs/query', (call) => json(viewJob(createQueryJob(org, call)))),
    versioned('GET', '/jobs/query', (call) => json(listJobs(org, call, 'query'))),
    versioned('GET', one, (call) => {
      const job = polled(org, jobOf(org, call, 'query'));
      return json({
        ...viewJob(job),
        jobType: 'V2Query',
        numberRecordsProcessed: job.results.length,
        retries: 0,
        totalProcessingTime: 0,
      });
    }),
    versioned('GET', `${one}/results`, (call) => queryResults(org, call)),
    versioned('PATCH', one, (call) => json(viewJob(abort(org, jobOf(org, call, 'query'))))),
    versioned('DELETE', one, (call) => {
      org.jobs.delete(jobOf(org, call, 'query').id);
      return empty();
    }),
  ];
}

function createQueryJob(org: PracticeOrg, call: Call): BulkJob {
  const body = readObject(call);
  const operation = optional(body.operation, '');
  if (operation !== 'query' && operation !== 'queryAll')
    throw new OrgRefusal('INVALIDJOB', `Unsupported operation: ${operation}`);
  const soql = optional(body.query, '');
  const answer = runQuery(
    scopeOf(org, call.caller.userId, { soql, includeDeleted: operation === 'queryAll', base: '' }),
  );
  if (answer.count !== null || answer.columns.length === 0 || /\(\s*SELECT/i.test(soql.split(/\bFROM\b/i)[0] ?? ''))
    throw new OrgRefusal('INVALIDJOB', 'Aggregate and parent-to-child queries are not supported in Bulk API 2.0');
  const results = answer.records.map((record) =>
    Object.fromEntries(answer.columns.map((column) => [column, cellOf(record, column)])),
  );
  return newJob(org, call, {
    kind: 'query',
    operation,
    object: answer.object.name,
    state: 'UploadComplete',
    query: soql,
    columnDelimiter: optional(body.columnDelimiter, 'COMMA'),
    lineEnding: optional(body.lineEnding, 'LF'),
    results,
    columns: answer.columns,
  });
}

/** A value below its parents; nothing where a parent is missing. */
function cellOf(record: unknown, column: string): string {
  let value: unknown = record;
  for (const step of column.split('.')) value = isObject(value) ? value[step] : null;
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `Sforce-Locator` names the next page, `null` after the last; `maxRecords` its size. */
function queryResults(org: PracticeOrg, call: Call): Reply {
  const job = polled(org, jobOf(org, call, 'query'));
  requireState(job, 'JobComplete');
  const asked = Number(call.query.get('maxRecords') ?? org.behaviour().bulkRecordsMax);
  const size =
    Number.isInteger(asked) && asked > 0
      ? Math.min(asked, org.behaviour().bulkRecordsMax)
      : org.behaviour().bulkRecordsMax;
  const locator = call.query.get('locator');
  const start = locator === null ? 0 : Number(Buffer.from(locator, 'base64url').toString('utf8'));
  if (!Number.isInteger(start) || start < 0 || start > job.results.length)
    throw new OrgRefusal('INVALID_LOCATOR', `invalid locator: ${locator ?? ''}`);
  const rows = job.results.slice(start, start + size);
  const end = start + rows.length;
  return csvReply(
    job,
    { columns: job.columns, rows },
    {
      'Sforce-Locator': end < job.results.length ? Buffer.from(String(end)).toString('base64url') : LAST_PAGE,
      'Sforce-NumberOfRecords': String(rows.length),
    },
  );
}

function csvReply(
  job: BulkJob,
  table: { readonly columns: readonly string[]; readonly rows: readonly CsvRow[] },
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const text = writeCsv(table.columns, table.rows, {
    delimiter: delimiterOf(job.columnDelimiter),
    lineEnding: job.lineEnding,
  });
  return { kind: 'text', status: 200, text, contentType: 'text/csv', headers };
}

function abort(org: PracticeOrg, job: BulkJob): BulkJob {
  if (job.state === 'JobComplete' || job.state === 'Failed')
    throw new OrgRefusal('INVALIDJOBSTATE', `Invalid job state for this request: the job is ${job.state}`);
  const next: BulkJob = { ...job, state: 'Aborted' };
  org.jobs.put(job.id, next);
  return next;
}

function listJobs(org: PracticeOrg, call: Call, kind: BulkJob['kind']): Readonly<Record<string, unknown>> {
  const own = [...org.jobs.values()].filter((job) => job.kind === kind && job.createdById === call.caller.userId);
  return { done: true, nextRecordsUrl: null, records: own.map(viewJob) };
}

function ingestJobRoutes(org: PracticeOrg): readonly Route[] {
  const one = '/jobs/ingest/{job}';
  const results = (
    path: string,
    pick: (job: BulkJob) => { readonly columns: readonly string[]; readonly rows: readonly CsvRow[] },
  ): Route =>
    versioned('GET', `${one}/${path}`, (call) => {
      const job = polled(org, jobOf(org, call, 'ingest'));
      return csvReply(job, pick(job));
    });
  return [
    versioned('POST', '/jobs/ingest', (call) => json(viewIngest(createIngestJob(org, call)), CREATED)),
    versioned('GET', '/jobs/ingest', (call) => json(listJobs(org, call, 'ingest'))),
    versioned('PUT', `${one}/batches`, (call) => {
      const job = jobOf(org, call, 'ingest');
      requireState(job, 'Open');
      if (job.upload !== null) throw new OrgRefusal('INVALIDJOBSTATE', 'Data can only be uploaded to a job once');
      org.jobs.put(job.id, { ...job, upload: call.body.toString('utf8') });
      return empty(CREATED);
    }),
    versioned('PATCH', one, (call) => {
      const job = jobOf(org, call, 'ingest');
      const { state } = readObject(call);
      if (state === 'Aborted') return json(viewIngest(abort(org, job)));
      if (state !== 'UploadComplete') throw new OrgRefusal('INVALIDJOBSTATE', `Invalid state: ${String(state)}`);
      requireState(job, 'Open');
      return json(viewIngest(runIngest(org, job)));
    }),
    versioned('GET', one, (call) => json(viewIngest(polled(org, jobOf(org, call, 'ingest'))))),
    versioned('DELETE', one, (call) => {
      org.jobs.delete(jobOf(org, call, 'ingest').id);
      return empty();
    }),
    results('successfulResults', (job) => ({ columns: ['sf__Id', 'sf__Created', ...job.columns], rows: job.results })),
    results('failedResults', (job) => ({ columns: ['sf__Id', 'sf__Error', ...job.columns], rows: job.failures })),
    results('unprocessedrecords', (job) => ({ columns: job.columns, rows: job.unprocessed })),
  ];
}

function createIngestJob(org: PracticeOrg, call: Call): BulkJob {
  const body = readObject(call);
  const operation = INGEST_OPERATIONS.find((one) => one === body.operation);
  if (operation === undefined) throw new OrgRefusal('INVALIDJOB', `Unsupported operation: ${String(body.operation)}`);
  const object = org.schema().findObject(optional(body.object, ''));
  if (object === undefined) throw new OrgRefusal('INVALIDJOB', `Unable to find object: ${String(body.object)}`);
  const externalIdFieldName = typeof body.externalIdFieldName === 'string' ? body.externalIdFieldName : null;
  if (operation === 'upsert' && externalIdFieldName === null)
    throw new OrgRefusal('INVALIDJOB', 'The externalIdFieldName is required for upsert');
  return newJob(org, call, {
    kind: 'ingest',
    operation,
    object: object.name,
    externalIdFieldName,
    columnDelimiter: optional(body.columnDelimiter, 'COMMA'),
    lineEnding: optional(body.lineEnding, 'LF'),
  });
}

const viewIngest = (job: BulkJob): Readonly<Record<string, unknown>> => ({
  ...viewJob(job),
  contentUrl: `services/data/v68.0/jobs/ingest/${job.id}/batches`,
  jobType: 'V2Ingest',
  ...(job.externalIdFieldName === null ? {} : { externalIdFieldName: job.externalIdFieldName }),
  numberRecordsProcessed: job.results.length + job.failures.length,
  numberRecordsFailed: job.failures.length,
  retries: 0,
  totalProcessingTime: 0,
  apiActiveProcessingTime: 0,
  apexProcessingTime: 0,
  ...(job.errorMessage === null ? {} : { errorMessage: job.errorMessage }),
});
