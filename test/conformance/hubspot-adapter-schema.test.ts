import { describe, expect, test } from 'vitest';
import { LISTS } from '../../server/crm/hubspot/lists.ts';
import { MIRROR_PROPERTY_NAMES } from '../../server/crm/hubspot/properties.ts';
import { CALL, askJson, expectOk, installApp } from './hubspot-adapter-portal.ts';
import type { Installed, InstallOptions } from './hubspot-adapter-portal.ts';

async function withPortal(options: InstallOptions, run: (portal: Installed) => Promise<void>): Promise<void> {
  const portal = await installApp({ schema: false, ...options });
  try {
    await run(portal);
  } finally {
    await portal.stop();
  }
}
type Property = {
  name: string;
  type: string;
  fieldType: string;
  groupName: string;
  hidden: boolean;
  label: string;
  options: { value: string; label: string }[];
};
async function properties(portal: Installed, type: string): Promise<Property[]> {
  return ((await portal.person('GET', `/properties/${type}`)) as { properties: Property[] }).properties;
}
/** A call with the app's own token, as another part of the customer's portal could make it. */
async function api(portal: Installed, method: string, path: string, body?: unknown): Promise<unknown> {
  const token = (await portal.vault.read(portal.connection))?.accessToken ?? '';
  const response = await fetch(portal.server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}
const ensure = (portal: Installed) => portal.adapter.ensureSchema(portal.connection, CALL);
const TYPES = ['deals', 'companies'] as const;

describe('ensureSchema', () => {
  test('makes every property and list once, and repeating it makes nothing', () =>
    withPortal({}, async (portal) => {
      const first = expectOk(await ensure(portal));
      expect(first.created).toHaveLength(MIRROR_PROPERTY_NAMES.length * TYPES.length);
      expect(first.present).toEqual([]);
      expect(first.listsCreated).toEqual(LISTS.map((list) => list.name.en));
      for (const type of TYPES) {
        const ours = (await properties(portal, type)).filter((property) => property.groupName === 'counterpart');
        expect(ours.map((property) => property.name).toSorted()).toEqual([...MIRROR_PROPERTY_NAMES].toSorted());
        expect(ours.filter((property) => property.hidden).map((property) => property.name)).toEqual([
          'counterpart_sync_token',
        ]);
      }
      const before = await portal.calls();
      const second = expectOk(await ensure(portal));
      expect(second.created).toEqual([]);
      expect(second.listsCreated).toEqual([]);
      expect(second.present).toHaveLength(first.created.length);
      const writes = (calls: Awaited<ReturnType<Installed['calls']>>) =>
        calls.filter((call) => call.method !== 'GET').reduce((sum, call) => sum + call.count, 0);
      expect(writes(await portal.calls())).toBe(writes(before));
    }));

  test('two installs at once both end well', () =>
    withPortal({}, async (portal) => {
      const results = await Promise.all([ensure(portal), ensure(portal), ensure(portal)]);
      for (const result of results) expectOk(result);
      const ours = (await properties(portal, 'deals')).filter((property) => property.groupName === 'counterpart');
      expect(ours).toHaveLength(MIRROR_PROPERTY_NAMES.length);
    }));

  test('labels follow the language chosen for the portal', () =>
    withPortal({ adapter: { languageOf: async () => 'zh-CN' } }, async (portal) => {
      expect(expectOk(await ensure(portal)).listsCreated).toEqual(LISTS.map((list) => list.name['zh-CN']));
      const stage = (await properties(portal, 'deals')).find((property) => property.name === 'counterpart_stage');
      expect(stage?.label).toBe('合同阶段');
      expect(stage?.options.find((option) => option.value === 'active')?.label).toBe('履行中');
    }));

  test('HubSpot docs, Properties: an archived property of ours is restored by creating it again', () =>
    withPortal({}, async (portal) => {
      expectOk(await ensure(portal));
      await api(portal, 'DELETE', '/crm/properties/2026-09/deals/counterpart_health');
      expect(expectOk(await ensure(portal)).created).toEqual(['deals.counterpart_health']);
      expect((await properties(portal, 'deals')).some((property) => property.name === 'counterpart_health')).toBe(true);
    }));

  test("HubSpot docs, Properties: an update replaces options, so a customer's option is sent back and stays", () =>
    withPortal({}, async (portal) => {
      expectOk(await ensure(portal));
      const options = [
        { value: 'theirs', label: 'Theirs', hidden: false, displayOrder: 0 },
        { value: 'good', label: 'Fine', hidden: false, displayOrder: 1 },
      ];
      await api(portal, 'PATCH', '/crm/properties/2026-09/deals/counterpart_health', { options });
      expectOk(await ensure(portal));
      const health = (await properties(portal, 'deals')).find((property) => property.name === 'counterpart_health');
      expect(health?.options.map((option) => [option.value, option.label])).toEqual([
        ['theirs', 'Theirs'],
        ['good', 'Fine'],
        ['attention', 'Needs attention'],
        ['at_risk', 'At risk'],
        ['unknown', 'Not known'],
      ]);
    }));

  test('a property of the same name and another type is refused, and nothing is changed', () =>
    withPortal({}, async (portal) => {
      await api(portal, 'POST', '/crm/properties/2026-09/deals', {
        name: 'counterpart_stage',
        label: 'Theirs',
        type: 'string',
        fieldType: 'text',
        groupName: 'dealinformation',
      });
      expect(await ensure(portal)).toMatchObject({
        ok: false,
        failure: { kind: 'rejected', code: 'PROPERTY_TYPE_CLASH', detail: 'counterpart_stage' },
      });
      expect(
        (await properties(portal, 'deals')).filter((property) => property.name.startsWith('counterpart_')),
      ).toHaveLength(1);
    }));

  test('a portal without room for our properties is told so before the first one is made', () =>
    withPortal({ customPropertyLimit: 5 }, async (portal) => {
      expect(await ensure(portal)).toMatchObject({
        ok: false,
        failure: { kind: 'rejected', code: 'CUSTOM_PROPERTY_LIMIT' },
      });
      expect(
        (await properties(portal, 'deals')).filter((property) => property.name.startsWith('counterpart_')),
      ).toEqual([]);
    }));

  test('without the optional scopes the properties are made and the lists are left out', () =>
    withPortal({ optionalScopes: [] }, async (portal) => {
      const report = expectOk(await ensure(portal));
      expect(report.listsCreated).toEqual([]);
      expect(report.created).toHaveLength(MIRROR_PROPERTY_NAMES.length * TYPES.length);
      const { id } = (await portal.person('POST', '/objects/deals', {
        properties: { dealname: 'x', hubspot_owner_id: '977' },
      })) as { id: string };
      const reads = expectOk(
        await portal.adapter.readRecords(portal.connection, [{ objectType: 'opportunity', recordId: id }], {
          ...CALL,
          history: false,
        }),
      );
      expect(reads).toMatchObject([{ kind: 'live', record: { facts: { ownerId: '977', ownerEmail: null } } }]);
    }));

  test('the lists find the records that managers ask for', () =>
    withPortal({}, async (portal) => {
      expectOk(await ensure(portal));
      const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
      for (const days of [-1, 0, 45, 90, 120]) {
        await portal.person('POST', '/objects/deals', {
          properties: { dealname: `in ${days}`, counterpart_notice_deadline: inDays(days) },
        });
      }
      await portal.person('POST', '/objects/deals', {
        properties: { dealname: 'u', counterpart_renewal_decision: 'undecided' },
      });
      await portal.person('POST', '/objects/companies', {
        properties: { name: 'm', counterpart_sla_status: 'missed' },
      });
      await portal.person('POST', '/objects/companies', { properties: { name: 'ok', counterpart_sla_status: 'met' } });
      const lists = (await portal.person('GET', '/lists')) as { name: string; size: number }[];
      expect(lists.map((list) => [list.name, list.size])).toEqual([
        ['Counterpart: notice due in 90 days', 3],
        ['Counterpart: renewal undecided', 1],
        ['Counterpart: SLA missed last month', 1],
      ]);
    }));
});

describe('describeAccount', () => {
  test('tells the portal, its zone, currency and address', () =>
    withPortal({}, async (portal) => {
      expect(expectOk(await portal.adapter.describeAccount(portal.connection, CALL))).toEqual({
        accountId: '62515',
        name: 'HubSpot 62515',
        uiOrigin: 'https://app.hubspot.com',
        timeZone: 'Asia/Shanghai',
        currency: 'CNY',
      });
    }));

  test('an uninstalled app finds its grant revoked', () =>
    withPortal({}, async (portal) => {
      await askJson(`${portal.server.url}/practice/api/portals/62515/installs/54321`, 'DELETE');
      expect(await portal.adapter.describeAccount(portal.connection, CALL)).toMatchObject({
        ok: false,
        failure: { kind: 'authRevoked', detail: 'BAD_REFRESH_TOKEN' },
      });
    }));

  test('a token refused in spite of its age is renewed once, and a second refusal revokes', () =>
    withPortal({}, async (portal) => {
      const old = await portal.vault.read(portal.connection);
      await portal.faults({ tokenExpiryRate: 1 });
      expect(await portal.adapter.describeAccount(portal.connection, CALL)).toMatchObject({
        failure: { kind: 'authRevoked', detail: 'fresh_token_refused' },
      });
      expect(portal.vault.writes).toHaveLength(1);
      await portal.faults({ tokenExpiryRate: 0 });
      expectOk(await portal.adapter.describeAccount(portal.connection, CALL));
      expect((await portal.vault.read(portal.connection))?.accessToken).not.toBe(old?.accessToken);
    }));
});
