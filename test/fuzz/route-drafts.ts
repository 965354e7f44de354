/** Requests as each kind of caller makes them. */
import { randomUUID } from 'node:crypto';
import type { Draft, Json, Pair } from './request.ts';
import type { Tenant } from './tenant.ts';

export const draft = (by: Tenant, more: Partial<Draft> & Pick<Draft, 'access' | 'method' | 'path'>): Draft => ({
  query: [],
  body: undefined,
  contentType: more.body === undefined ? null : 'application/json',
  cookie: by.cookies.admin,
  portalId: by.portalId,
  ...more,
});
export const get = (by: Tenant, path: string, query: readonly Pair[] = []): Draft =>
  draft(by, { access: 'session', method: 'GET', path, query });
export const post = (by: Tenant, path: string, body?: Json): Draft =>
  draft(by, { access: 'session', method: 'POST', path, ...(body === undefined ? {} : { body }) });
export const cardGet = (by: Tenant, path: string, query: readonly Pair[] = []): Draft =>
  draft(by, { access: 'card', method: 'GET', path, query });
export const cardPost = (
  ids: Tenant,
  by: Tenant,
  { path, ...body }: { readonly path: string } & Record<string, Json>,
): Draft =>
  draft(by, {
    access: 'card',
    method: 'POST',
    path,
    body: { idempotencyKey: randomUUID(), record: { objectType: 'opportunity', recordId: ids.recordId }, ...body },
  });
