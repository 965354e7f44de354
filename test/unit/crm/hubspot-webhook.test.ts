import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DELIVERY_EVENTS_MAX, parseDelivery } from '../../../server/crm/hubspot/webhook.ts';

const APP_ID = '54321';
const base = {
  eventId: 1,
  subscriptionId: 12,
  portalId: 62515,
  occurredAt: 1564113600000,
  attemptNumber: 0,
  appId: 54321,
};
const parse = (...events: unknown[]) => parseDelivery(JSON.stringify(events), APP_ID);

describe('classic and generic events say the same', () => {
  test.each([
    [
      { subscriptionType: 'deal.creation', objectId: 5 },
      { subscriptionType: 'object.creation', objectTypeId: '0-3', objectId: 5 },
      'created',
      'opportunity',
    ],
    [
      { subscriptionType: 'company.deletion', objectId: 5 },
      { subscriptionType: 'object.deletion', objectTypeId: '0-2', objectId: 5 },
      'deleted',
      'account',
    ],
    [
      { subscriptionType: 'ticket.restore', objectId: 5 },
      { subscriptionType: 'object.restore', objectTypeId: '0-5', objectId: 5 },
      'restored',
      'case',
    ],
    [
      {
        subscriptionType: 'deal.propertyChange',
        objectId: 5,
        propertyName: 'counterpart_stage',
        propertyValue: 'active',
      },
      {
        subscriptionType: 'object.propertyChange',
        objectTypeId: '0-3',
        objectId: 5,
        propertyName: 'counterpart_stage',
        isSensitive: false,
      },
      'changed',
      'opportunity',
    ],
  ])('%#', (classic, generic, kind, objectType) => {
    for (const event of [classic, generic]) {
      const result = parse({ ...base, ...event });
      expect(result.rejected).toEqual([]);
      expect(result.events).toMatchObject([
        { accountId: '62515', kind, ref: { objectType, recordId: '5' }, at: base.occurredAt, mergedIds: [] },
      ]);
    }
  });
});

describe('S11 merges', () => {
  test('the new third id is the record, the others are what it absorbed', () => {
    const { events } = parse({
      ...base,
      subscriptionType: 'company.merge',
      objectId: 9,
      primaryObjectId: 7,
      mergedObjectIds: [8],
      newObjectId: 9,
      numberOfPropertiesMoved: 3,
    });
    expect(events).toMatchObject([
      { kind: 'merged', ref: { objectType: 'account', recordId: '9' }, mergedIds: ['8', '7'] },
    ]);
  });
  test('without a new id the primary record stays', () => {
    const { events } = parse({ ...base, subscriptionType: 'deal.merge', primaryObjectId: 7, mergedObjectIds: [7, 8] });
    expect(events).toMatchObject([{ ref: { recordId: '7' }, mergedIds: ['8'] }]);
  });
});

describe('associations', () => {
  test('both ends are named, classic and generic', () => {
    const classic = {
      ...base,
      subscriptionType: 'deal.associationChange',
      associationType: 'DEAL_TO_COMPANY',
      fromObjectId: 1,
      toObjectId: 2,
      associationRemoved: false,
    };
    const generic = {
      ...base,
      subscriptionType: 'object.associationChange',
      fromObjectTypeId: '0-3',
      toObjectTypeId: '0-2',
      fromObjectId: 1,
      toObjectId: 2,
      associationTypeId: 341,
    };
    for (const event of [classic, generic]) {
      expect(parse(event).events.map((found) => [found.kind, found.ref.objectType, found.ref.recordId])).toEqual([
        ['associated', 'opportunity', '1'],
        ['associated', 'account', '2'],
      ]);
    }
  });
  test('an end of a kind we do not mirror is left out', () => {
    const { events } = parse({
      ...base,
      subscriptionType: 'deal.associationChange',
      associationType: 'DEAL_TO_CONTACT',
      fromObjectId: 1,
      toObjectId: 2,
    });
    expect(events.map((event) => event.ref.recordId)).toEqual(['1']);
  });
});

describe('S4 one event, one id', () => {
  const change = { ...base, subscriptionType: 'deal.propertyChange', objectId: 5, propertyName: 'counterpart_stage' };
  const key = (event: object) => parse(event).events[0]?.eventId;
  test('a retry has the id of the first attempt', () => {
    expect(key({ ...change, attemptNumber: 3 })).toBe(key(change));
  });
  test('a repeated eventId on another record, property, portal or instant is another event', () => {
    const others = [{ objectId: 6 }, { propertyName: 'amount' }, { portalId: 1 }, { occurredAt: 1 }].map((over) =>
      key({ ...change, ...over }),
    );
    expect(new Set([key(change), ...others]).size).toBe(5);
  });
});

test('S3 our own writes are marked by app id, not by the kind of source alone', () => {
  const by = (over: object) =>
    parse({ ...base, subscriptionType: 'deal.creation', objectId: 5, ...over }).events[0]?.byUs;
  expect(by({ changeSource: 'INTEGRATION', sourceId: '54321' })).toBe(true);
  expect(by({ changeSource: 'INTEGRATION', sourceId: 54321 })).toBe(true);
  expect(by({ changeSource: 'INTEGRATION', sourceId: '1' })).toBe(false);
  expect(by({ changeSource: 'CRM_UI', sourceId: '54321' })).toBe(false);
  expect(by({})).toBe(false);
});

test('a privacy deletion becomes a lifecycle entry with its subject', () => {
  expect(parse({ ...base, subscriptionType: 'contact.privacyDeletion', objectId: 77 })).toEqual({
    events: [],
    lifecycle: [{ accountId: '62515', kind: 'privacy_deletion', subjectId: '77' }],
    rejected: [],
  });
});

describe('what cannot be used is listed, and the rest is kept', () => {
  test('one bad entry among good ones', () => {
    const good = { ...base, subscriptionType: 'deal.creation', objectId: 5 };
    const result = parse(
      good,
      { ...good, portalId: 'x' },
      null,
      { ...good, subscriptionType: 'deal.unknown' },
      { ...good, subscriptionType: 'contact.creation' },
      good,
    );
    expect(result.events).toHaveLength(2);
    expect(result.rejected).toEqual([
      { index: 1, reason: 'invalid_portalId' },
      { index: 2, reason: 'invalid_' },
      { index: 3, reason: 'unknown_subscription_type' },
      { index: 4, reason: 'no_mirrored_record' },
    ]);
  });
  test('ids that lost digits in transport are refused, not guessed', () => {
    const body = `[{"portalId":1,"occurredAt":1,"subscriptionType":"deal.creation","objectId":90071992547409931}]`;
    expect(parseDelivery(body, APP_ID)).toMatchObject({ events: [], rejected: [{ reason: 'invalid_objectId' }] });
  });
  test.each(['', 'null', '{}', '"x"', '[', '5'])('the body %j is one rejected entry', (body) => {
    expect(parseDelivery(body, APP_ID)).toEqual({
      events: [],
      lifecycle: [],
      rejected: [{ index: 0, reason: 'not_a_json_array' }],
    });
  });
  test('S14 more events than the bound are reported', () => {
    const many = Array.from({ length: DELIVERY_EVENTS_MAX + 5 }, (_, index) => ({
      ...base,
      subscriptionType: 'deal.creation',
      objectId: index,
    }));
    const result = parse(...many);
    expect(result.events).toHaveLength(DELIVERY_EVENTS_MAX);
    expect(result.rejected).toEqual([{ index: DELIVERY_EVENTS_MAX, reason: 'too_many_events' }]);
  });
  test('no body makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.array(fc.record({ ...base2(), objectId: fc.anything() })).map((value) => safeStringify(value)),
        ),
        (body) => {
          const result = parseDelivery(body, APP_ID);
          expect(Array.isArray(result.events)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function base2() {
  return {
    portalId: fc.nat(),
    occurredAt: fc.nat(),
    subscriptionType: fc.constantFrom('deal.creation', 'object.merge', '__proto__', 'a.b.c'),
  };
}
function safeStringify(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? '';
}
