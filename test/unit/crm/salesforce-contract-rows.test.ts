import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createContractRows, externalIdOf, rowOf as rowWith } from '../../../server/crm/salesforce/contract-rows.ts';
import type { RowUpserter, UpsertRequest } from '../../../server/crm/salesforce/upsert-rows.ts';
import type { ContractSource, LinkSource, RowSource, SlaResultSource } from '../../../server/domain/contract-row.ts';

const OBJECTS = path.resolve(import.meta.dirname, '../../../extensions/salesforce/force-app/main/default/objects');

const CONTRACT: ContractSource = {
  kind: 'contract',
  contractId: 'c1',
  number: 'C-1',
  title: 'Hosting',
  side: 'buy',
  stage: 'active',
  health: 'good',
  renewalKind: 'auto',
  renewalDecision: 'renew',
  effectiveDate: '2026-01-01',
  endDate: null,
  signedDate: null,
  renewalDate: '2027-01-01',
  noticeDeadline: null,
  valueMinor: '1234567',
  currency: 'JPY',
  counterparty: null,
  ownerEmail: null,
  archived: false,
  revision: 7,
  riskFlags: ['no_sla', 'data_ownership_shared'],
  slaStatus: 'met',
  availabilityLastMonth: '99.95',
  responseComplianceLastMonth: null,
  breachesTwelveMonths: 0,
};
const LINK: LinkSource = {
  kind: 'link',
  contractId: 'c1',
  objectType: 'opportunity',
  recordId: '006CP0000000001AAA',
  active: true,
  isLead: true,
};
const RESULT: SlaResultSource = {
  kind: 'sla_result',
  contractId: 'c1',
  objectiveId: 'o1',
  period: '2026-10',
  metric: 'availability',
  severity: null,
  targetMinutes: null,
  target: '99.9',
  value: null,
  verdict: 'no_data',
  accountId: null,
};
const SETTING = {
  readAt: 1_790_000_000_000,
  contractUrl: (id: string) => `https://counterpart.example/contracts/${id}`,
};
const rowOf = (source: RowSource) => rowWith(source, SETTING);
const CONNECTION = { workspaceId: 'w', connectionId: 'k', host: 'salesforce', accountId: '00D' } as const;

describe('rows', () => {
  test.each([
    ['Contract_Record__c', CONTRACT],
    ['Contract_Link__c', LINK],
    ['Sla_Result__c', RESULT],
  ] as const)('every field of %s is one of the package', (object, source: RowSource) => {
    const known = readdirSync(path.join(OBJECTS, object, 'fields')).map((file) => file.replace('.field-meta.xml', ''));
    for (const name of Object.keys(rowOf(source).fields)) {
      if (name === 'Name') continue;
      expect(known).toContain(name.replace('counterpart__', '').replace(/__r$/, '__c'));
    }
  });

  test('amounts have the digits of their currency, and sets are sorted', () => {
    const { fields } = rowOf(CONTRACT);
    expect(fields['counterpart__Contract_Value__c']).toEqual({ kind: 'number', decimal: '1234567' });
    expect(rowOf({ ...CONTRACT, currency: 'USD' }).fields['counterpart__Contract_Value__c']).toEqual({
      kind: 'number',
      decimal: '12345.67',
    });
    expect(fields['counterpart__Risk_Flags__c']).toEqual({ kind: 'text', text: 'data_ownership_shared;no_sla' });
    expect(fields['counterpart__End_Date__c']).toEqual({ kind: 'empty' });
  });

  test('an amount that the field would round is left out, one that fits stands as it is', () => {
    const valueOf = (valueMinor: string, currency: string) =>
      rowOf({ ...CONTRACT, valueMinor, currency }).fields['counterpart__Contract_Value__c'];
    expect(valueOf('1234', 'KWD')).toEqual({ kind: 'empty' });
    expect(valueOf('1230', 'KWD')).toEqual({ kind: 'number', decimal: '1.230' });
    expect(valueOf('1234', 'JPY')).toEqual({ kind: 'number', decimal: '1234' });
    expect(valueOf('-5', 'BHD')).toEqual({ kind: 'empty' });
  });

  test('a long title is cut between characters, never inside one', () => {
    const name = rowOf({ ...CONTRACT, title: '合同𠮷'.repeat(100) }).fields['Name'];
    const text = name?.kind === 'text' ? name.text : '';
    expect(Array.from(text)).toHaveLength(80);
    expect(text.isWellFormed()).toBe(true);
  });

  test('a row says where its contract is and when it was read, whichever row it is', () => {
    expect(rowOf(CONTRACT).fields['counterpart__Contract_Url__c']).toEqual({
      kind: 'text',
      text: 'https://counterpart.example/contracts/c1',
    });
    for (const source of [CONTRACT, LINK, RESULT]) {
      expect(rowOf(source).fields['counterpart__Last_Synced_At__c']).toEqual({ kind: 'instant', at: SETTING.readAt });
    }
  });

  test('an address that does not fit is left out, for the first part of one is the address of somebody else', () => {
    const emailOf = (ownerEmail: string) => rowOf({ ...CONTRACT, ownerEmail }).fields['counterpart__Owner_Email__c'];
    const fits = `${'a'.repeat(60)}@harbourfinch.examp`;
    expect(fits).toHaveLength(79);
    expect(emailOf(`${fits}l`)).toEqual({ kind: 'text', text: `${fits}l` });
    expect(emailOf(`${fits}le`)).toEqual({ kind: 'empty' });
  });

  test.each([
    ['availability', null, null, 'Availability'],
    ['response', 'any', 240, 'First response within 4 hours'],
    ['response', 'critical', 90, 'First response within 90 minutes, severity critical'],
    ['response', null, 60, 'First response within 1 hour'],
    ['response', null, null, 'First response in time'],
  ])('an objective of %s, severity %s, %s minutes is told in words', (metric, severity, targetMinutes, words) => {
    const { fields } = rowOf({ ...RESULT, metric, severity, targetMinutes });
    expect(fields['counterpart__Objective__c']).toEqual({ kind: 'text', text: words });
  });

  test('a link names one record, and none once it has ended', () => {
    const on = rowOf(LINK).fields;
    expect(on['counterpart__Opportunity__c']).toEqual({ kind: 'reference', recordId: LINK.recordId });
    expect(on['counterpart__Account__c']).toEqual({ kind: 'empty' });
    expect(rowOf({ ...LINK, active: false }).fields['counterpart__Opportunity__c']).toEqual({ kind: 'empty' });
    expect(externalIdOf({ ...LINK, active: false })).toBe(externalIdOf(LINK));
  });

  test('the ends of a call come under the ids that the rows came with', async () => {
    const asked: UpsertRequest[] = [];
    const upserter: RowUpserter = {
      upsertRows: (_connection, request) => {
        asked.push(request);
        const failure = { kind: 'stale' } as const;
        return Promise.resolve({
          ok: true,
          value: request.rows.map(({ externalId }, index) =>
            index === 0
              ? { kind: 'written', externalId, recordId: 'a00', created: true }
              : { kind: 'failed', externalId, failure },
          ),
        });
      },
    };
    const due = [CONTRACT, { ...CONTRACT, contractId: 'c2' }].map((source) => ({
      rowId: `row ${source.contractId}`,
      source,
      readAt: SETTING.readAt,
    }));
    const ends = await createContractRows(upserter, SETTING.contractUrl).write(CONNECTION, due, { priority: 'sweep' });
    expect(ends).toEqual({
      ok: true,
      value: [
        { rowId: 'row c1', failure: null },
        { rowId: 'row c2', failure: { kind: 'stale' } },
      ],
    });
    expect(asked.map(({ object, externalIdField }) => [object, externalIdField])).toEqual([
      ['counterpart__Contract_Record__c', 'counterpart__External_Id__c'],
    ]);
  });
});
