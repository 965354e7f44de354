/** Checks all values of one write together, so that the answer lists every fault, as HubSpot's does. */
import type { ObjectTypeId } from './object-type.ts';
import { externalValues, liveProperty, type Portal } from './portal.ts';
import { type Outcome, type Problem, type ProblemDetail, done, failed } from './problem.ts';
import { checkValue } from './property-value.ts';
import { type StoredRecord, valueOf } from './stored-record.ts';

export type PropertyInput = Readonly<Record<string, string | number | boolean | null>>;

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** The record that holds `value` in a unique property, archived ones left out. */
export function findByUniqueValue(
  portal: Portal,
  typeId: ObjectTypeId,
  name: string,
  value: string,
): StoredRecord | undefined {
  const records = portal.records[typeId];
  return name === 'hs_object_id' ? records.get(value) : records.findByValue(name, value);
}

/** Brings every value into stored form; `record` is the one written to, undefined on creation. */
export function checkProperties(
  portal: Portal,
  typeId: ObjectTypeId,
  input: PropertyInput,
  record: StoredRecord | undefined,
): Outcome<Record<string, string>> {
  const values: Record<string, string> = {};
  const faults: Fault[] = [];
  for (const [name, raw] of Object.entries(input)) {
    const property = liveProperty(portal, typeId, name);
    if (property === undefined) {
      faults.push({ name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` });
      continue;
    }
    const checked = checkValue(property, raw === null ? '' : String(raw), {
      externalValues: externalValues(portal, typeId, name),
      current: record === undefined ? undefined : valueOf(record, name),
    });
    if (!checked.ok) {
      faults.push({ name, code: checked.problem.code, message: checked.problem.message });
      continue;
    }
    if (property.hasUniqueValue && checked.value !== '') {
      const holder = findByUniqueValue(portal, typeId, name, checked.value);
      if (holder !== undefined && holder.id !== record?.id) {
        return failed(uniqueValueTaken(name, checked.value, holder.id));
      }
    }
    values[name] = checked.value;
  }
  return faults.length === 0 ? done(values) : failed(invalidProperties(faults));
}

function invalidProperties(faults: readonly Fault[]): Problem {
  const listed = faults.map((fault) => ({
    isValid: false,
    message: fault.message,
    error: fault.code,
    name: fault.name,
    localizedErrorMessage: fault.message,
  }));
  const errors: ProblemDetail[] = faults.map((fault) => ({
    message: fault.message,
    code: fault.code,
    context: { propertyName: [fault.name] },
  }));
  return {
    httpStatus: 400,
    category: 'VALIDATION_ERROR',
    message: `Property values were not valid: ${JSON.stringify(listed)}`,
    errors,
  };
}

function uniqueValueTaken(name: string, value: string, holderId: string): Problem {
  const message = `Cannot set PropertyValueCoordinates{propertyName=${name}, value=${value}} on the object. ${holderId} already has that value.`;
  return {
    httpStatus: 400,
    category: 'VALIDATION_ERROR',
    message,
    errors: [
      { message, code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: [name], conflictingObjectId: [holderId] } },
    ],
  };
}
