import { describe, expect, test } from 'vitest';
import { toCase } from '../../../server/sync/cases.ts';
import { updateDue } from '../../../server/sync/roll.ts';
import { createRig } from '../../support/engine-rig.ts';
import { account, day, deal, portal, sampleContract, sampleLinked } from '../../support/simulation-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('the first reading of a CRM', () => {
  test('reads every account and opportunity, then mirrors what is linked and makes the connection active', async () => {
    const rig = createRig({ installed: false, pageSize: 10 });
    for (let index = 0; index < 35; index += 1) {
      const id = String(100 + index);
      rig.host.create(rig.connection.accountId, account(id), {
        facts: { name: `Vendor ${id}`, domain: `v${id}.example` },
      });
      rig.host.create(rig.connection.accountId, deal(id));
    }
    rig.store.putContract('w1', sampleLinked(sampleContract('one'), rig.clock.now()));
    rig.store.link(rig.connection, deal('120'), 'one');
    rig.start();
    await rig.advance(2 * MINUTE_MS);
    expect(rig.store.facts.size).toBe(70);
    expect(rig.store.facts.get('conn-a|account/134')).toEqual({ name: 'Vendor 134', domain: 'v134.example' });
    expect(await rig.store.readBackfill(rig.connection)).toMatchObject({ phase: 'done', read: 70 });
    expect(rig.store.connectionState('conn-a')).toBe('active');
    expect(rig.host.recordOf(rig.connection.accountId, deal('120'))?.values.stage).toBe('active');
    expect(rig.callsSince('schema')).toBe(1);
  });

  test('that is asked for again begins within seconds, and rests after a failure as the first one does', async () => {
    const limit = { limited: false };
    const rig = createRig({
      installed: false,
      fateOf: ({ kind }) =>
        limit.limited && kind === 'schema'
          ? { kind: 'refused', failure: { kind: 'rateLimited', retryAfterMs: 30_000, scope: 'burst' } }
          : { kind: 'normal' },
    });
    const askAgain = async () => {
      const at = rig.clock.now();
      await rig.store.writeBackfill(rig.connection, {
        phase: 'schema',
        read: 0,
        total: null,
        startedAt: at,
        updatedAt: at,
      });
      await rig.store.setConnectionState(rig.connection, 'installing', null);
      rig.callsSince('schema');
    };
    rig.start();
    await rig.advance(20_000);
    expect(rig.store.connectionState('conn-a')).toBe('active');
    await askAgain();
    await rig.advance(4_000);
    expect(rig.store.connectionState('conn-a')).toBe('active');
    expect(rig.callsSince('schema')).toBe(1);
    limit.limited = true;
    await askAgain();
    await rig.advance(20_000);
    expect(rig.callsSince('schema')).toBe(1);
    limit.limited = false;
    await rig.advance(MINUTE_MS);
    expect(rig.callsSince('schema')).toBe(1);
    expect(rig.store.connectionState('conn-a')).toBe('active');
  });

  test('S5 goes on from its cursor after a stop', async () => {
    const rig = createRig({ installed: false, pageSize: 5 });
    for (let index = 0; index < 60; index += 1) rig.host.create(rig.connection.accountId, account(String(100 + index)));
    const first = rig.start();
    await rig.advance(900);
    first.kill();
    const readBefore = rig.store.facts.size;
    expect(readBefore).toBeGreaterThan(0);
    expect(readBefore).toBeLessThan(60);
    rig.callsSince('read');
    // The dead process held the job's lease.
    rig.start();
    await rig.advance(10 * MINUTE_MS);
    expect(rig.store.facts.size).toBe(60);
    expect(rig.callsSince('read')).toBeLessThanOrEqual(Math.ceil((60 - readBefore) / 5) + 1);
  });
});

describe('a record that nothing links', () => {
  test('is known by name soon after it was created, for one reading and no more', async () => {
    const rig = createRig();
    rig.start();
    await rig.advance(MINUTE_MS);
    rig.callsSince('read');
    rig.host.create(rig.connection.accountId, account('77'), { facts: { name: 'Later Ltd', domain: 'later.example' } });
    await rig.advance(2 * MINUTE_MS);
    expect(rig.store.facts.get('conn-a|account/77')).toEqual({ name: 'Later Ltd', domain: 'later.example' });
    await rig.advance(10 * MINUTE_MS);
    expect(rig.callsSince('read')).toBe(1);
  });
});

describe('support cases', () => {
  test('are read when they change and kept with their clocks', async () => {
    const rig = createRig();
    const ref = { objectType: 'case', recordId: '9' } as const;
    const facts = {
      subject: 'Login fails',
      priority: 'HIGH',
      openedAt: '1700000000000',
      respondedAt: null,
      closedAt: null,
    };
    const touched: string[] = [];
    rig.start({
      onCases: (connection, ids) => void touched.push(...ids.map((id) => `${connection.connectionId} ${id}`)),
    });
    await rig.advance(MINUTE_MS);
    rig.host.create(rig.connection.accountId, ref, { facts, associations: { account: ['7'] } });
    await rig.advance(5_000);
    expect(touched).toEqual(['conn-a 7']);
    expect(rig.store.cases.get('conn-a|case/9')).toEqual({
      ref,
      accountIds: ['7'],
      subject: 'Login fails',
      priority: 'HIGH',
      openedAt: 1_700_000_000_000,
      respondedAt: null,
      closedAt: null,
    });
  });

  test('without an opening time no clock can run', () => {
    const record = {
      ref: deal('1'),
      syncToken: null,
      version: null,
      values: {},
      facts: { openedAt: 'yesterday' },
      associations: {},
      mergedIds: [],
      updatedAt: 0,
      history: null,
    };
    expect(toCase(record)).toBeNull();
  });
});

describe('date events', () => {
  const term = sampleContract('x').term;

  test('a signed contract becomes active on its effective date, not before', () => {
    const signed = sampleLinked(
      sampleContract('one', { stage: 'signed', term: { ...term, effectiveDate: day('2026-12-01') } }),
    );
    expect(updateDue(signed, day('2026-11-30'), 5)).toEqual([]);
    expect(updateDue(signed, day('2026-12-01'), 5)).toMatchObject([
      { changes: { stage: 'active' }, expectedRevision: 1, provenance: { stage: { source: 'system', at: 5 } } },
    ]);
  });

  test('an automatic renewal is written into the term and used up', () => {
    const auto = sampleLinked(
      sampleContract('one', { term: { ...term, endDate: day('2026-11-30'), renewalKind: 'auto', renewalsLeft: 2 } }),
    );
    expect(updateDue(auto, day('2026-12-01'), 5)).toMatchObject([
      { changes: { endDate: '2027-11-30', renewalsLeft: 1 } },
    ]);
  });

  test('after exit was decided nothing renews; the contract expires', () => {
    const leaving = sampleLinked(
      sampleContract('one', {
        renewalDecision: 'exit',
        term: { ...term, endDate: day('2026-11-30'), renewalKind: 'auto' },
      }),
    );
    const [update] = updateDue(leaving, day('2026-12-01'), 5);
    expect(update?.changes).toEqual({ stage: 'expired' });
  });

  test('S1 what follows from the date reaches the CRM overnight, without any edit', async () => {
    const rig = createRig();
    const signed = sampleContract('one', { stage: 'signed', term: { ...term, effectiveDate: day('2026-11-24') } });
    rig.store.putContract('w1', sampleLinked(signed, rig.clock.now()));
    rig.host.create(rig.connection.accountId, deal('1'));
    rig.store.link(rig.connection, deal('1'), 'one');
    rig.start();
    await rig.advance(HOUR_MS);
    expect(rig.host.recordOf(rig.connection.accountId, deal('1'))?.values.stage).toBe('signed');
    await rig.advance(16 * HOUR_MS);
    expect(rig.host.recordOf(rig.connection.accountId, deal('1'))?.values.stage).toBe('active');
    expect(rig.store.contract('one').contract.stage).toBe('active');
    expect(rig.store.fieldChanges).toMatchObject([{ field: 'stage', provenance: { source: 'system' } }]);
  });

  test('S1 a risk that begins with a date reaches the CRM with the day’s check', async () => {
    const rig = createRig();
    const soon = sampleContract('one', { term: { ...term, endDate: day('2027-05-23') } });
    rig.store.putContract('w1', sampleLinked(soon, rig.clock.now()));
    rig.host.create(rig.connection.accountId, deal('1'));
    rig.store.link(rig.connection, deal('1'), 'one');
    rig.start();
    await rig.advance(HOUR_MS);
    const flags = (): string => rig.host.recordOf(rig.connection.accountId, deal('1'))?.values.riskFlags ?? '';
    expect(flags()).not.toContain('notice_window_soon');
    await rig.advance(16 * HOUR_MS);
    expect(flags()).toContain('notice_window_soon');
  });
});

describe('lifecycle', () => {
  test('S8 an uninstalled portal is called no more; the others are', async () => {
    const rig = createRig();
    const other = portal('w2', 'b');
    rig.store.addConnection(other);
    rig.start();
    const lifecycle = [{ accountId: rig.connection.accountId, kind: 'uninstalled', subjectId: null }];
    const body = JSON.stringify({ events: [], lifecycle, rejected: [] });
    await rig.store.acceptDelivery({ host: 'hubspot', digest: 'gone', body, receivedAt: rig.clock.now() });
    await rig.advance(MINUTE_MS);
    expect(rig.store.connectionState('conn-a')).toBe('disconnected');
    const before = rig.host.calls.length;
    await rig.advance(3 * MINUTE_MS);
    const callers = new Set(rig.host.calls.slice(before).map((call) => call.accountId));
    expect([...callers]).toEqual([other.accountId]);
  });

  test('S4 a delivery that nobody can read is finished and not tried for ever', async () => {
    const rig = createRig();
    rig.start();
    await rig.store.acceptDelivery({ host: 'hubspot', digest: 'bad', body: '{', receivedAt: rig.clock.now() });
    await rig.advance(5 * MINUTE_MS);
    expect(rig.errors).toHaveLength(1);
    const again = await rig.store.takeDeliveries({ limit: 5, now: rig.clock.now() + HOUR_MS, leaseMs: 1 });
    expect(again).toEqual([]);
  });
});
