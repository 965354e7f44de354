import { beforeAll, describe, expect, test } from 'vitest';
import { workspaceEvent } from '../../app/wire/workspace.ts';
import { useDatabase } from '../support/database.ts';
import { contractInput, useApi } from './api-server.ts';

const database = useDatabase();
const api = useApi(database);
let workspaceId = '';
let cookie = '';

beforeAll(async () => {
  ({ workspaceId } = await api.install());
  cookie = api.cookie();
});

/** Messages of the stream, one at a time; null at its end. */
async function openStream() {
  const answer = await fetch(`${api.origin}/v1/events`, { headers: { cookie } });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async (): Promise<unknown> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end !== -1) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        if (message.startsWith('data: ')) return workspaceEvent.parse(JSON.parse(message.slice(6)));
        continue;
      }
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return null;
      text += chunk.value;
    }
  };
}

describe('server-sent events', () => {
  test('tell an open page which contracts changed, and nothing of other workspaces', async () => {
    const next = await openStream();
    expect(await next()).toMatchObject({ kind: 'hello' });
    api.server.services.parts.events.publish('00000000-0000-4000-8000-000000000000', { kind: 'conflicts' });
    const made = await api.page('POST', '/v1/contracts', { contract: contractInput() });
    expect(made.status).toBe(201);
    expect(await next()).toMatchObject({ kind: 'contracts', contractIds: [expect.any(String)] });
  });

  test('are not for visitors who are not signed in', async () => {
    expect((await fetch(`${api.origin}/v1/events`)).status).toBe(401);
  });

  test('end when the server leaves, so that a drain does not wait for open pages', async () => {
    const next = await openStream();
    expect(await next()).toMatchObject({ kind: 'hello' });
    api.server.startDraining();
    expect(await next()).toBeNull();
    expect((await fetch(`${api.origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${api.origin}/v1/events`, { headers: { cookie } })).status).toBe(503);
  });
});

describe('retention', () => {
  test('request keys, ended sessions and abandoned uploads go; what is recent stays', async () => {
    const at = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
    for (const [key, days] of [
      ['old-key-000000000', 8],
      ['new-key-000000000', 1],
    ] as const) {
      await database.admin.query(
        'INSERT INTO idempotency_key (workspace_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)',
        [workspaceId, key, 'hash', at(days)],
      );
    }
    await database.admin.query(
      `INSERT INTO import_job (workspace_id, id, state, file_name, format, options, created_at, updated_at)
       VALUES ($1, gen_random_uuid(), 'uploaded', 'old.csv', 'csv', '{}', $2, $2)`,
      [workspaceId, at(8)],
    );
    await api.server.services.parts.workspaces.expire(workspaceId, Date.now());
    const keys = await database.admin.query('SELECT key FROM idempotency_key');
    expect(keys.rows).toEqual([{ key: 'new-key-000000000' }]);
    const jobs = await database.admin.query('SELECT state FROM import_job');
    expect(jobs.rows).toEqual([{ state: 'expired' }]);
  });
});
