import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { HubSpotApi } from '../../../server/crm/hubspot/api.ts';
import { SPLIT_CALLS_MAX, WRITE_BATCH_MAX, writeRecords } from '../../../server/crm/hubspot/write-records.ts';
import type { ConnectionRef, HostFailure, HostRecordRef, HostResult, RecordWrite } from '../../../server/crm/port.ts';

const CONNECTION: ConnectionRef = { workspaceId: 'w', connectionId: 'c', host: 'hubspot', accountId: '1' };
const CALL = { priority: 'push' } as const;
type Input = { id: string; objectWriteTraceId: string; properties: Record<string, string> };
type Answer = { status: number; body: unknown } | HostFailure;

/** An API whose batch update is answered by `answer`. */
function scripted(answer: (inputs: readonly Input[], call: number) => Answer) {
  const calls: Input[][] = [];
  const api: HubSpotApi = {
    async request<T>(
      _connection: ConnectionRef,
      endpoint: { json?: unknown },
      schema: z.ZodType<T>,
    ): Promise<HostResult<{ status: number; value: T; headers: {} }>> {
      const { inputs } = endpoint.json as { inputs: Input[] };
      calls.push(inputs);
      const given = answer(inputs, calls.length);
      if ('kind' in given) return { ok: false, failure: given };
      return { ok: true, value: { status: given.status, value: schema.parse(given.body), headers: {} } };
    },
  };
  return { api, calls };
}
const ref = (recordId: string): HostRecordRef => ({ objectType: 'opportunity', recordId });
const writesOf = (...ids: string[]): RecordWrite[] =>
  ids.map((id) => ({ ref: ref(id), values: { stage: 'active' }, syncToken: `trace-${id}`, baseVersion: null }));
const numbered = (count: number): RecordWrite[] =>
  writesOf(...Array.from({ length: count }, (_, index) => String(index + 1)));
const allWritten = (inputs: readonly Input[]): Answer => ({
  status: 200,
  body: { status: 'COMPLETE', results: inputs.map(({ id }) => ({ id })) },
});
const REJECTED: HostFailure = { kind: 'rejected', code: 'VALIDATION_ERROR', field: null, detail: '' };

describe('one call', () => {
  test('carries exactly the given fields, the token as property and as trace id', async () => {
    const { api, calls } = scripted(allWritten);
    await writeRecords(
      { api, connection: CONNECTION },
      [{ ref: ref('5'), values: { stage: 'active', renewalDate: null }, syncToken: 'tok', baseVersion: null }],
      CALL,
    );
    expect(calls).toEqual([
      [
        {
          id: '5',
          objectWriteTraceId: 'tok',
          properties: { counterpart_stage: 'active', counterpart_renewal_date: '', counterpart_sync_token: 'tok' },
        },
      ],
    ]);
  });
  test('no writes cost no call', async () => {
    const { api, calls } = scripted(allWritten);
    expect(await writeRecords({ api, connection: CONNECTION }, [], CALL)).toEqual({ ok: true, value: [] });
    expect(calls).toEqual([]);
  });
  test('S14 more than a batch is a bug', async () => {
    const { api } = scripted(allWritten);
    await expect(writeRecords({ api, connection: CONNECTION }, numbered(WRITE_BATCH_MAX + 1), CALL)).rejects.toThrow(
      RangeError,
    );
  });
  test.each<HostFailure>([
    { kind: 'rateLimited', retryAfterMs: 1, scope: 'burst' },
    { kind: 'unknown', detail: 'timeout' },
    { kind: 'authRevoked', detail: 'x' },
    { kind: 'forbidden', missing: [] },
    { kind: 'unavailable', retryAfterMs: null, detail: '' },
  ])('$kind fails the call as a whole and is not split', async (failure) => {
    const { api, calls } = scripted(() => failure);
    expect(await writeRecords({ api, connection: CONNECTION }, numbered(4), CALL)).toEqual({ ok: false, failure });
    expect(calls).toHaveLength(1);
  });
});

describe('HubSpot docs, Error handling: 207', () => {
  test('each part is told by its trace id or its record id, and a record without an answer is unknown', async () => {
    const { api } = scripted(() => ({
      status: 207,
      body: {
        status: 'COMPLETE',
        results: [{ id: '1', objectWriteTraceId: 'trace-1' }],
        numErrors: 2,
        errors: [
          {
            status: 'error',
            category: 'VALIDATION_ERROR',
            message: 'm',
            errors: [{ code: 'INVALID_OPTION', context: { propertyName: ['counterpart_stage'] } }],
            context: { objectWriteTraceId: ['trace-2'] },
          },
          { status: 'error', category: 'OBJECT_NOT_FOUND', context: { ids: ['3'] } },
        ],
      },
    }));
    expect(await writeRecords({ api, connection: CONNECTION }, writesOf('1', '2', '3', '4'), CALL)).toEqual({
      ok: true,
      value: [
        { kind: 'written', ref: ref('1') },
        {
          kind: 'failed',
          ref: ref('2'),
          failure: { kind: 'rejected', code: 'INVALID_OPTION', field: 'stage', detail: 'counterpart_stage: m' },
        },
        { kind: 'failed', ref: ref('3'), failure: { kind: 'notFound' } },
        { kind: 'failed', ref: ref('4'), failure: { kind: 'unknown', detail: 'not_answered' } },
      ],
    });
  });
});

describe('a batch refused as a whole', () => {
  test.each([1, 37, 100])(
    'the culprit at %i stands alone at the end, and every other record is written once',
    async (culprit) => {
      const { api, calls } = scripted((inputs) =>
        inputs.some(({ id }) => id === String(culprit)) ? REJECTED : allWritten(inputs),
      );
      const result = await writeRecords({ api, connection: CONNECTION }, numbered(100), CALL);
      if (!result.ok) throw new Error('must be told by record');
      expect(result.value.filter((outcome) => outcome.kind === 'failed')).toEqual([
        { kind: 'failed', ref: ref(String(culprit)), failure: REJECTED },
      ]);
      expect(new Set(result.value.map((outcome) => outcome.ref.recordId)).size).toBe(100);
      expect(calls.length).toBeLessThanOrEqual(15);
    },
  );
  test('S14 nothing but culprits: a bounded number of calls, and one outcome for each', async () => {
    const { api, calls } = scripted(() => REJECTED);
    const result = await writeRecords({ api, connection: CONNECTION }, numbered(100), CALL);
    if (!result.ok) throw new Error('must be told by record');
    expect(calls.length).toBeLessThanOrEqual(SPLIT_CALLS_MAX + 1);
    expect(new Set(result.value.map((outcome) => outcome.ref.recordId)).size).toBe(100);
    expect(result.value.every((outcome) => outcome.kind === 'failed')).toBe(true);
  });
  test('a limit met while splitting is told for the rest, and what was written stays written', async () => {
    const { api, calls } = scripted((inputs, call) => {
      if (call === 1 || call === 3) return REJECTED;
      return call === 2 ? allWritten(inputs) : { kind: 'rateLimited', retryAfterMs: 10_000, scope: 'burst' };
    });
    const result = await writeRecords({ api, connection: CONNECTION }, numbered(4), CALL);
    if (!result.ok) throw new Error('must be told by record');
    expect(result.value.map((outcome) => (outcome.kind === 'failed' ? outcome.failure.kind : 'written'))).toEqual([
      'written',
      'written',
      'rateLimited',
      'rateLimited',
    ]);
    expect(calls).toHaveLength(4);
  });
});
