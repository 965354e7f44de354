/** What Bulk API 2.0 jobs of both kinds share: their record, their states, and who may see them (Bulk API guide, Bulk API 2.0). */
import type { Call } from './exchange.ts';
import { instantText } from './field-value.ts';
import { type BulkJob, type PracticeOrg, nextNumber } from './practice-org.ts';
import { makeId, readId } from './record-id.ts';
import { OrgRefusal, notFound } from './refusal.ts';

const JOB_PREFIX = '750';
const API_VERSION = 68;

export function newJob(
  org: PracticeOrg,
  call: Call,
  job: Pick<BulkJob, 'kind' | 'operation' | 'object'> & Partial<BulkJob>,
): BulkJob {
  const made: BulkJob = {
    id: makeId(JOB_PREFIX, nextNumber(org, 'job')),
    state: 'Open',
    createdById: call.caller.userId,
    createdAt: org.clock.now(),
    query: null,
    externalIdFieldName: null,
    columnDelimiter: 'COMMA',
    lineEnding: 'LF',
    client: call.caller.client,
    polls: 0,
    upload: null,
    errorMessage: null,
    results: [],
    failures: [],
    unprocessed: [],
    columns: [],
    ...job,
  };
  org.jobs.put(made.id, made);
  return made;
}

/** The job of the request's path, if it is of this kind and the caller's. */
export function jobOf(org: PracticeOrg, call: Call, kind: BulkJob['kind']): BulkJob {
  const job = org.jobs.get(readId(call.params.job ?? '') ?? '');
  if (job === undefined || job.kind !== kind || job.createdById !== call.caller.userId) throw notFound();
  return job;
}

/** Asking for a job's state moves it on: the switch says how often it is still in progress. */
export function polled(org: PracticeOrg, job: BulkJob): BulkJob {
  if (job.state !== 'UploadComplete' && job.state !== 'InProgress') return job;
  const state =
    job.polls < org.behaviour().bulkPollsInProgress
      ? 'InProgress'
      : job.errorMessage === null
        ? 'JobComplete'
        : 'Failed';
  const next: BulkJob = { ...job, polls: job.polls + 1, state };
  org.jobs.put(job.id, next);
  return next;
}

export function requireState(job: BulkJob, state: BulkJob['state']): void {
  if (job.state !== state)
    throw new OrgRefusal(
      'INVALIDJOBSTATE',
      `Invalid job state for this request: the job is ${job.state}, expected ${state}`,
    );
}

/** The keys that both kinds answer. */
export function viewJob(job: BulkJob): Readonly<Record<string, unknown>> {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.createdById,
    createdDate: instantText(job.createdAt),
    systemModstamp: instantText(job.createdAt),
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: API_VERSION,
    lineEnding: job.lineEnding,
    columnDelimiter: job.columnDelimiter,
  };
}
