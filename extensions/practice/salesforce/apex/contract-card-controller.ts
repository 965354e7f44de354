/**
 * The package's Apex class `ContractCardController`, played in TypeScript: every method first checks in user mode that the running user sees
 * the record, then asks the server through the named credential, and answers with JSON text `{"status": …, "body": …}`. Behaviour and limits
 * are those of the classes in extensions/salesforce, method by method.
 */
import type { ApexAnswer, ApexCall, ApexHandler, ApexOrg } from '../apex-bridge.ts';
import { cardRequest, contractSegment, refusal } from './card-callout.ts';
import { readMirrored } from './mirror-snapshot.ts';

const RESULTS_MAX = 50;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const OBJECTS: Readonly<Record<string, { readonly name: string; readonly type: 'opportunity' | 'account' }>> = {
  '006': { name: 'Opportunity', type: 'opportunity' },
  '001': { name: 'Account', type: 'account' },
};

/** A record that the running user was found to see. */
export interface CardRecord {
  readonly objectName: string;
  readonly objectType: 'opportunity' | 'account';
  readonly recordId: string;
}

type Method = (call: ApexCall, org: ApexOrg, record: CardRecord) => Promise<string>;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const placeOf = ({ objectType, recordId }: CardRecord) => ({ objectType, recordId });

const write =
  (path: string): Method =>
  (call, org, record) =>
    cardRequest({ call, org, record }, { method: 'POST', path, request: textOf(call.params['request']) });

const writeContract =
  (action: string): Method =>
  async (call, org, record) => {
    const segment = contractSegment(call.params['contractId']);
    return segment === null ? refusal(NOT_FOUND) : write(segment + action)(call, org, record);
  };

const METHODS: Readonly<Record<string, Method>> = {
  load: (call, org, record) => {
    const path = `/records/${record.objectType}/${record.recordId}`;
    return cardRequest({ call, org, record }, { method: 'GET', path, query: {} });
  },
  search: (call, org, record) => {
    const asked = call.params['limitTo'];
    const limit = typeof asked === 'number' ? Math.max(1, Math.min(Math.trunc(asked), RESULTS_MAX)) : RESULTS_MAX;
    const query = { ...placeOf(record), query: textOf(call.params['query']), limit: String(limit) };
    return cardRequest({ call, org, record }, { method: 'GET', path: '/contracts', query });
  },
  detail: async (call, org, record) => {
    const path = contractSegment(call.params['contractId']);
    if (path === null) return refusal(NOT_FOUND);
    return cardRequest({ call, org, record }, { method: 'GET', path, query: placeOf(record) });
  },
  attach: write('/links'),
  detach: write('/links/detach'),
  restoreLink: write('/links/restore'),
  create: write('/contracts'),
  moveStage: writeContract('/stage'),
  decideRenewal: writeContract('/renewal-decision'),
  logIncident: writeContract('/incidents'),
  mirrored: async (call, org, record) => readMirrored(org, call.userId, record),
};

/** Plays the package's classes; undefined for a class or method that it does not have. */
export const playPackageApex: ApexHandler = async (call, org) => {
  const method = Object.hasOwn(METHODS, call.method) ? METHODS[call.method] : undefined;
  if (call.className !== 'ContractCardController' || method === undefined) return undefined;
  const recordId = call.params['recordId'];
  if (typeof recordId !== 'string' || !/^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$/.test(recordId)) return notAnId(recordId);
  const record = findRecord(org, call.userId, recordId);
  return { kind: 'value', value: record === null ? refusal(FORBIDDEN) : await method(call, org, record) };
};

/** What Lightning gets when an argument cannot be read as an `Id` (StringException). */
function notAnId(value: unknown): ApexAnswer {
  return { kind: 'exception', message: `Invalid id: ${typeof value === 'string' ? value : ''}` };
}

function findRecord(org: ApexOrg, userId: string, recordId: string): CardRecord | null {
  const object = OBJECTS[recordId.slice(0, 3)];
  if (object === undefined) return null;
  const [row] = org.query(userId, `SELECT Id FROM ${object.name} WHERE Id = '${recordId}' LIMIT 1`) ?? [];
  const id = row?.['Id'];
  return typeof id === 'string' ? { objectName: object.name, objectType: object.type, recordId: id } : null;
}
