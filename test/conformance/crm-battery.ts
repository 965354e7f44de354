/**
 * What every `CrmPort` promises, as tests: run on each adapter against its simulated host, and on the host in memory that the
 * simulations use. A quirk found in one host becomes a case for all.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  ConnectionRef,
  CrmPort,
  HostRecord,
  HostRecordRef,
  HostResult,
  RecordRead,
} from '../../server/crm/port.ts';
import { MIRROR_FIELD_NAMES, type MirrorValues } from '../../server/domain/mirror.ts';

export type CrmFixture = {
  readonly port: CrmPort;
  readonly connection: ConnectionRef;
  /** A live record as a person would create it. */
  readonly create: (objectType: 'opportunity' | 'account') => Promise<HostRecordRef>;
  /** A person changes mirrored fields in the CRM. */
  readonly edit: (ref: HostRecordRef, values: MirrorValues) => Promise<void>;
  readonly archive: (ref: HostRecordRef) => Promise<void>;
  readonly restore: (ref: HostRecordRef) => Promise<void>;
  /** Returns the record that carries on. */
  readonly merge: (primary: HostRecordRef, other: HostRecordRef) => Promise<HostRecordRef>;
  /** Resolves once the change feed shows everything done so far. */
  readonly feedCaughtUp: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const SAMPLE_VALUES: MirrorValues = {
  leadContractNumber: 'C-2026-014',
  leadContractTitle: 'Office lease 办公室租赁',
  contractCount: '2',
  stage: 'active',
  health: 'attention',
  renewalKind: 'auto',
  renewalDate: '2027-06-01',
  renewalDecision: 'undecided',
  noticeDeadline: '2027-03-02',
  endDate: '2027-05-31',
  contractValue: '12000.50',
  contractCurrency: 'EUR',
  riskFlags: 'auto_renews_silently;no_sla',
  slaStatus: 'met',
  availabilityLastMonth: '99.95',
  responseComplianceLastMonth: '97.50',
  breachesTwelveMonths: '1',
  contractUrl: 'https://counterpart.example/contracts/1',
};

/** Runs of the change feed and pages of a stream that a test will wait through. */
const PAGES_MAX = 50;

/** Registers the battery; `make` gives a host with the app installed and no records of ours. */
export function crmPortBattery(name: string, make: () => Promise<CrmFixture>): void {
  describe(`CRM port: ${name}`, () => {
    let made: CrmFixture | null = null;
    const host = (): CrmFixture => {
      if (made === null) throw new Error('the host is there while a test runs');
      return made;
    };
    beforeEach(async () => {
      made = await make();
      valueOf(await made.port.ensureSchema(made.connection, { priority: 'backfill' }));
    });
    afterEach(async () => await made?.close());
    describe('records', () => recordCases(host));
    describe('history', () => historyCases(host));
    describe('streams', () => streamCases(host));
  });
}

function recordCases(host: () => CrmFixture): void {
  test('the schema may be ensured again and creates nothing the second time', async () => {
    const { port, connection } = host();
    expect(valueOf(await port.ensureSchema(connection, { priority: 'backfill' })).created).toEqual([]);
  });

  test('what is written is what is read, for every field', async () => {
    const ref = await host().create('opportunity');
    await write(host(), ref, SAMPLE_VALUES, 'token-1');
    const record = await readLive(host(), ref);
    expect(record.values).toEqual(SAMPLE_VALUES);
    expect(record.syncToken).toBe('token-1');
  });

  test('a field written as nothing is read as nothing', async () => {
    const ref = await host().create('account');
    await write(host(), ref, SAMPLE_VALUES, 'token-1');
    const nothing: MirrorValues = Object.fromEntries(MIRROR_FIELD_NAMES.map((field) => [field, null]));
    await write(host(), ref, nothing, 'token-2');
    expect((await readLive(host(), ref)).values).toEqual(nothing);
  });

  test('a write leaves the fields that it does not name alone', async () => {
    const ref = await host().create('opportunity');
    await write(host(), ref, SAMPLE_VALUES, 'token-1');
    await write(host(), ref, { stage: 'renewing' }, 'token-2');
    expect((await readLive(host(), ref)).values).toEqual({ ...SAMPLE_VALUES, stage: 'renewing' });
  });

  test('S12 live, archived and missing are told apart, and a restored record is live again', async () => {
    const ref = await host().create('opportunity');
    const absent: HostRecordRef = { objectType: 'opportunity', recordId: '999999999' };
    expect(await kindOf(host(), ref)).toBe('live');
    await host().archive(ref);
    expect(await kindOf(host(), ref)).toBe('archived');
    await host().restore(ref);
    expect(await kindOf(host(), ref)).toBe('live');
    expect(await kindOf(host(), absent)).toBe('missing');
  });

  test('S11 a merged record names the one that carries on', async () => {
    const [primary, other] = [await host().create('account'), await host().create('account')];
    const into = await host().merge(primary, other);
    for (const ref of [primary, other]) {
      if (ref.recordId === into.recordId) continue;
      expect(await read(host(), ref)).toEqual({ kind: 'merged', ref, into });
    }
    const { mergedIds } = await readLive(host(), into);
    // Salesforce's loser names the winner, and the winner nobody.
    expect(mergedIds).toEqual(host().port.host === 'salesforce' ? [] : expect.arrayContaining([other.recordId]));
  });

  test('a write to a record that is gone fails alone', async () => {
    const [kept, gone] = [await host().create('opportunity'), await host().create('opportunity')];
    await host().archive(gone);
    const { port, connection } = host();
    const baseVersion = (await readLive(host(), kept)).version;
    const writes = [kept, gone].map((ref) => ({ ref, values: { stage: 'active' }, syncToken: 'token-1', baseVersion }));
    const outcomes = valueOf(await port.writeRecords(connection, writes, { priority: 'push' }));
    const kinds = new Map(
      outcomes.map((one) => [one.ref.recordId, one.kind === 'written' ? one.kind : one.failure.kind]),
    );
    expect(kinds.get(kept.recordId)).toBe('written');
    expect(kinds.get(gone.recordId)).toBe('notFound');
    expect((await readLive(host(), kept)).values.stage).toBe('active');
  });

  test('S2 a write planned from an older state is refused alone, where the host has versions', async () => {
    const [moved, still] = [await host().create('opportunity'), await host().create('opportunity')];
    for (const ref of [moved, still]) await write(host(), ref, { stage: 'active' }, 'token-1');
    const read = [await readLive(host(), moved), await readLive(host(), still)];
    await host().edit(moved, { stage: 'renewing' });
    const { port, connection } = host();
    const writes = read.map(({ ref, version }) => ({
      ref,
      values: { stage: 'terminated' },
      syncToken: 'token-2',
      baseVersion: version,
    }));
    const outcomes = valueOf(await port.writeRecords(connection, writes, { priority: 'push' }));
    const of = (ref: HostRecordRef): unknown => outcomes.find((one) => one.ref.recordId === ref.recordId);
    expect(of(still)).toEqual({ kind: 'written', ref: still });
    const hasVersions = read.every(({ version }) => version !== null);
    expect(of(moved)).toEqual(
      hasVersions ? { kind: 'failed', ref: moved, failure: { kind: 'stale' } } : { kind: 'written', ref: moved },
    );
    const after = await readLive(host(), moved);
    expect([after.values.stage, after.syncToken]).toEqual(
      hasVersions ? ['renewing', 'token-1'] : ['terminated', 'token-2'],
    );
  });

  test('S2 a version stands for one state: it stays while nothing changes and never comes back', async () => {
    const ref = await host().create('account');
    const seen: (string | null)[] = [];
    const look = async (): Promise<void> => void seen.push((await readLive(host(), ref)).version);
    await look();
    await write(host(), ref, { stage: 'active' }, 'token-1');
    await look();
    await host().edit(ref, { stage: 'renewing' });
    await look();
    await host().edit(ref, { stage: 'active' });
    await look();
    const last = (await readLive(host(), ref)).version;
    expect(last).toBe(seen.at(-1));
    expect(new Set(seen).size).toBe(last === null ? 1 : seen.length);
  });

  test('every record of a batch is answered for, found or not', async () => {
    const ref = await host().create('opportunity');
    const absent: HostRecordRef = { objectType: 'opportunity', recordId: '999999998' };
    const { port, connection } = host();
    const options = { priority: 'pull', history: false } as const;
    const reads = valueOf(await port.readRecords(connection, [ref, absent], options));
    expect(reads.map((one) => one.kind).toSorted()).toEqual(['live', 'missing']);
  });
}

function historyCases(host: () => CrmFixture): void {
  test('history that was not asked for is null', async () => {
    const ref = await host().create('opportunity');
    expect((await readLive(host(), ref)).history).toBeNull();
  });

  test('history tells us and a person apart, oldest first, with the tokens of our writes', async () => {
    const ref = await host().create('opportunity');
    await write(host(), ref, { stage: 'active' }, 'token-1');
    await host().edit(ref, { stage: 'renewing' });
    await write(host(), ref, { stage: 'terminated' }, 'token-2');
    const history = (await readLive(host(), ref, true)).history ?? [];
    const of = (field: string): readonly (readonly [string | null, string])[] =>
      history.filter((edit) => edit.field === field && edit.value !== null).map((edit) => [edit.value, edit.author]);
    expect(of('stage')).toEqual([
      ['active', 'us'],
      ['renewing', 'person'],
      ['terminated', 'us'],
    ]);
    expect(of('syncToken').map(([value]) => value)).toEqual(['token-1', 'token-2']);
    expect(history.map((edit) => edit.at)).toEqual(history.map((edit) => edit.at).toSorted((a, b) => a - b));
  });

  test('an edit moves the time of change forward, never back', async () => {
    const ref = await host().create('opportunity');
    await write(host(), ref, { stage: 'active' }, 'token-1');
    const before = await readLive(host(), ref, true);
    await host().edit(ref, { stage: 'renewing' });
    const after = await readLive(host(), ref, true);
    expect(after.updatedAt).toBeGreaterThanOrEqual(before.updatedAt);
    expect(after.updatedAt).toBeGreaterThanOrEqual(after.history?.at(-1)?.at ?? 0);
  });
}

function streamCases(host: () => CrmFixture): void {
  test('every live record is named once, and nothing archived', async () => {
    const refs = [];
    for (let index = 0; index < 7; index += 1) refs.push(await host().create('account'));
    const [gone, ...live] = refs;
    if (gone !== undefined) await host().archive(gone);
    const named = (await walk(host(), 'account', 'all', null)).ids;
    for (const ref of live) expect(named.filter((id) => id === ref.recordId)).toHaveLength(1);
    expect(named).not.toContain(gone?.recordId);
  });

  test('S12 the recycle bin names what was archived and only that', async () => {
    const [kept, gone] = [await host().create('account'), await host().create('account')];
    await host().archive(gone);
    const named = (await walk(host(), 'account', 'archived', null)).ids;
    expect(named).toContain(gone.recordId);
    expect(named).not.toContain(kept.recordId);
  });

  test('a change after a finished run is named by the next one', async () => {
    const [changed, other] = [await host().create('opportunity'), await host().create('opportunity')];
    await host().feedCaughtUp();
    const first = await walk(host(), 'opportunity', 'changed', null);
    expect(first.ids).toEqual(expect.arrayContaining([changed.recordId, other.recordId]));
    await host().edit(changed, { stage: 'active' });
    await host().feedCaughtUp();
    expect((await walk(host(), 'opportunity', 'changed', first.cursor)).ids).toContain(changed.recordId);
  });

  test('a change that the index did not show yet is named by a later run', async () => {
    const ref = await host().create('opportunity');
    await host().feedCaughtUp();
    const first = await walk(host(), 'opportunity', 'changed', null);
    await host().edit(ref, { stage: 'active' });
    const early = await walk(host(), 'opportunity', 'changed', first.cursor);
    await host().feedCaughtUp();
    const later = await walk(host(), 'opportunity', 'changed', early.cursor);
    expect([...early.ids, ...later.ids]).toContain(ref.recordId);
  });
}

function valueOf<T>(result: HostResult<T>): T {
  if (!result.ok) throw new Error(`the host failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

/** Writes onto what the record shows now. */
async function write(host: CrmFixture, ref: HostRecordRef, values: MirrorValues, syncToken: string): Promise<void> {
  const { version: baseVersion } = await readLive(host, ref);
  const answer = await host.port.writeRecords(host.connection, [{ ref, values, syncToken, baseVersion }], {
    priority: 'push',
  });
  expect(valueOf(answer)).toEqual([{ kind: 'written', ref }]);
}

async function read(host: CrmFixture, ref: HostRecordRef, history = false): Promise<RecordRead> {
  const reads = valueOf(await host.port.readRecords(host.connection, [ref], { priority: 'pull', history }));
  const [first] = reads;
  if (first === undefined) throw new Error('the host did not answer for the record');
  return first;
}

async function readLive(host: CrmFixture, ref: HostRecordRef, history = false): Promise<HostRecord> {
  const found = await read(host, ref, history);
  if (found.kind !== 'live') throw new Error(`the record is ${found.kind}`);
  return found.record;
}

async function kindOf(host: CrmFixture, ref: HostRecordRef): Promise<RecordRead['kind']> {
  return (await read(host, ref)).kind;
}

async function walk(
  { port, connection }: CrmFixture,
  objectType: HostRecordRef['objectType'],
  stream: 'all' | 'changed' | 'archived',
  from: string | null,
): Promise<{ readonly ids: readonly string[]; readonly cursor: string }> {
  const ids: string[] = [];
  let cursor = from;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const listed = valueOf(await port.listChanges(connection, { objectType, stream, cursor }, { priority: 'sweep' }));
    ids.push(...listed.refs.map((ref) => ref.recordId));
    cursor = listed.cursor;
    if (listed.done) return { ids, cursor };
  }
  throw new Error(`the ${stream} stream did not end within ${PAGES_MAX} pages`);
}
