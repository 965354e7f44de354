/** Works an uploaded file off: each line a record of its own, in transactions of 200 as the platform cuts its batches into. */
import { type CsvRow, delimiterOf, parseCsv } from './csv.ts';
import { deleteRecord } from './delete-record.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { accessOf } from './permissions.ts';
import type { BulkJob, PracticeOrg } from './practice-org.ts';
import { OrgRefusal } from './refusal.ts';
import { findByValue, requireId, saveRecord } from './save-record.ts';
import { type Transaction, inTransaction } from './transaction.ts';

const CHUNK = 200;
/** Bulk API guide: this text empties a field, an empty cell leaves it alone. */
const NULL_VALUE = '#N/A';

/** Runs the job and notes what became of every line. */
export function runIngest(org: PracticeOrg, job: BulkJob): BulkJob {
  const object = org.schema().findObject(job.object);
  const { columns, rows } = parseCsv(job.upload ?? '', delimiterOf(job.columnDelimiter));
  const unknown = object === undefined ? columns : columns.filter((name) => !isColumn(org, object, name));
  if (object === undefined || unknown.length > 0) {
    const errorMessage = `InvalidBatch : Field name not found : ${unknown.join(', ')}`;
    return keep(org, { ...job, state: 'UploadComplete', errorMessage, unprocessed: rows, columns });
  }
  const results: CsvRow[] = [];
  const failures: CsvRow[] = [];
  const origin = { userId: job.createdById, client: job.client, door: 'bulkapi' } as const;
  for (let start = 0; start < rows.length; start += CHUNK) {
    inTransaction(org, origin, (transaction) => {
      for (const row of rows.slice(start, start + CHUNK)) {
        try {
          const { id, created } = ingestRow(transaction, { org, job, object, row });
          results.push({ sf__Id: id, sf__Created: String(created), ...row });
        } catch (error) {
          if (!(error instanceof OrgRefusal)) throw error;
          failures.push({
            sf__Id: row.Id ?? '',
            sf__Error: `${error.code}:${error.message}:${error.fields.join(', ')}--`,
            ...row,
          });
        }
      }
    });
  }
  return keep(org, { ...job, state: 'UploadComplete', results, failures, columns });
}

function keep(org: PracticeOrg, job: BulkJob): BulkJob {
  const kept = { ...job, upload: null };
  org.jobs.put(job.id, kept);
  return kept;
}

function isColumn(org: PracticeOrg, object: ObjectDefinition, name: string): boolean {
  const [relation = '', parentField] = name.split('.');
  if (parentField === undefined) return org.schema().findField(object, name) !== undefined;
  return object.fields.some(({ relationshipName }) => relationshipName?.toLowerCase() === relation.toLowerCase());
}

interface Line {
  readonly org: PracticeOrg;
  readonly job: BulkJob;
  readonly object: ObjectDefinition;
  readonly row: CsvRow;
}

function ingestRow(
  transaction: Transaction,
  { org, job, object, row }: Line,
): { readonly id: string; readonly created: boolean } {
  const access = accessOf(org, job.createdById);
  const values = valuesOf(row);
  switch (job.operation) {
    case 'insert':
      return { id: saveRecord(transaction, { object, id: null, values, access }), created: true };
    case 'update':
      return { id: saveRecord(transaction, { object, id: requireId(row.Id), values, access }), created: false };
    case 'upsert': {
      const field = org.schema().findField(object, job.externalIdFieldName ?? '');
      if (field === undefined)
        throw new OrgRefusal(
          'INVALID_FIELD',
          `Field name provided is not an External ID: ${job.externalIdFieldName ?? ''}`,
        );
      const key = row[field.name] ?? '';
      if (key === '') throw new OrgRefusal('MISSING_ARGUMENT', `${field.name} not specified`);
      const [found] = findByValue(org, object, field, key);
      return {
        id: saveRecord(transaction, { object, id: found?.id ?? null, values, access }),
        created: found === undefined,
      };
    }
    default: {
      const id = requireId(row.Id);
      deleteRecord(transaction, { object, id, access });
      return { id, created: false };
    }
  }
}

/** `Parent__r.External_Id__c` names a parent by its key. */
function valuesOf(row: CsvRow): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(row)) {
    if (text === '' || name === 'Id') continue;
    const [relation = '', parentField] = name.split('.');
    const value = text === NULL_VALUE ? null : text;
    if (parentField === undefined) values[name] = value;
    else if (value !== null) values[relation] = { [parentField]: value };
  }
  return values;
}
