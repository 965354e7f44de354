/** Calls to the org's page API and its Apex, on behalf of the person chosen for this browser tab. */
const BASE = '/practice/api';
const PERSON_KEY = 'practice.person';
const TIMEOUT_MS = 20_000;

export class OrgFailure extends Error {
  constructor({ status, code, message, fields = [] }) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** The user whose eyes this tab sees with; null stands for the administrator. */
export const person = () => sessionStorage.getItem(PERSON_KEY);
export function becomePerson(userId) {
  if (userId === null) sessionStorage.removeItem(PERSON_KEY);
  else sessionStorage.setItem(PERSON_KEY, userId);
}

function headers(hasBody) {
  const userId = person();
  return {
    ...(userId === null ? {} : { 'x-practice-user': userId }),
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
  };
}

async function send(address, { method = 'GET', body }) {
  try {
    return await fetch(address, {
      method,
      headers: headers(body !== undefined),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new OrgFailure({ status: 0, code: 'UNREACHABLE', message: error.message });
  }
}

/** The answer's JSON, null for an empty one; throws an `OrgFailure` for a refusal and for no answer. @param {string} path below the page API */
export async function askOrg(path, options = {}) {
  const answer = await send(BASE + path, options);
  const text = await answer.text();
  const parsed = text === '' ? null : parseOr(text);
  if (answer.ok) return parsed;
  throw new OrgFailure({
    status: answer.status,
    code: parsed?.code ?? 'UNKNOWN',
    message: parsed?.message ?? `${answer.status}`,
    fields: parsed?.fields ?? [],
  });
}

function parseOr(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What the method returns; an Apex exception rejects with `{ status, body: { message } }`, as in Lightning. */
export async function askApex(className, method, params = {}) {
  const answer = await send(`/apex/${className}/${method}`, { method: 'POST', body: params });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.body?.message), { status: answer.status, ...body });
  return body;
}

const query = (values) => {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`;
};

export const listRecords = (object, options) => askOrg(`/objects/${object}/records${query(options)}`);
export const readRecord = (object, id) => askOrg(`/objects/${object}/records/${id}`);
export const editRecord = (object, id, body) => askOrg(`/objects/${object}/records/${id}`, { method: 'PATCH', body });
export const createRecord = (object, values) =>
  askOrg(`/objects/${object}/records`, { method: 'POST', body: { values } });
export const deleteRecord = (object, id) => askOrg(`/objects/${object}/records/${id}`, { method: 'DELETE' });
export const undeleteRecord = (object, id) =>
  askOrg(`/objects/${object}/records/${id}/undelete`, { method: 'POST', body: {} });
export const mergeRecords = (object, id, mergedIds) =>
  askOrg(`/objects/${object}/records/${id}/merge`, { method: 'POST', body: { mergedIds } });
export const recentRecords = (limit) => askOrg(`/recent${query({ limit })}`);
