/** Package and server are built apart and meet in an org: what one says is what the other expects. */
import { describe, expect, test } from 'vitest';
import { CARD_TIMEOUT_MS } from '../../app/core/card-client.ts';
import { rowOf } from '../../server/crm/salesforce/contract-rows.ts';
import { fieldName, fieldOfName, PACKAGE_PREFIX } from '../../server/crm/salesforce/field-names.ts';
import { toSalesforceFields } from '../../server/crm/salesforce/fields.ts';
import { parseJournal } from '../../server/crm/salesforce/journal.ts';
import { CHANGE_TOPIC } from '../../server/crm/salesforce/pubsub/feed.ts';
import { REQUIRED_SCOPES } from '../../server/crm/salesforce/scopes.ts';
import type { RowValue } from '../../server/crm/salesforce/upsert-rows.ts';
import type { RowSource } from '../../server/domain/contract-row.ts';
import { MIRROR_FIELD_NAMES } from '../../server/domain/mirror.ts';
import { ROUTES } from '../../server/http/routes/routes.ts';
import { all, packageFields, packageFiles, readMetadata, readSource, value } from './salesforce-package-files.ts';

const SERVER = '../../../../../server';
const matchesIn = (file: string, pattern: RegExp) =>
  [...readSource(file).matchAll(pattern)].map(([, found]) => found ?? '');

describe('the card', () => {
  const controller = readSource('classes/ContractCardController.cls');
  const methods = [
    ...controller.matchAll(/@AuraEnabled\n +public static String (\w+)\([^)]*\) \{\n([\s\S]*?)\n {4}\}/g),
  ];

  /** Which route a method of the controller asks, in the server's own notation; null for one that asks none. */
  function routeOf(body: string): string | null {
    const written = /\bwrite\(recordId, '([^']+)'/.exec(body)?.[1];
    if (written !== undefined) return `post /v1/card${written}`;
    const ofContract = /\bwriteContract\(recordId, contractId, '([^']+)'/.exec(body)?.[1];
    if (ofContract !== undefined) return `post /v1/card/contracts/:contractId${ofContract}`;
    if (body.includes("'/records/' + record.objectType")) return 'get /v1/card/records/:objectType/:recordId';
    if (body.includes('contractSegment(contractId)')) return 'get /v1/card/contracts/:contractId';
    return /\.get\('([^']+)'/.test(body) ? `get /v1/card${/\.get\('([^']+)'/.exec(body)?.[1] ?? ''}` : null;
  }

  test('every route of the card has its method in Apex, and no method asks for another', () => {
    const routes = ROUTES.filter(({ path }) => path.startsWith('/v1/card/')).map(
      ({ method, path }) => `${method} ${path}`,
    );
    const asked = methods.flatMap(([, , body = '']) => routeOf(body) ?? []);
    expect(routes.length).toBe(10);
    expect(asked.toSorted()).toEqual(routes.toSorted());
    expect(methods.filter(([, , body = '']) => routeOf(body) === null).map(([, name]) => name)).toEqual(['mirrored']);
  });

  test('every method first asks whether the user may', () => {
    for (const [, name, body = ''] of methods) {
      expect(body, name).toMatch(
        /^ +(?:CardRecord record = CardRecord\.forReading\(recordId\);|return write(?:Contract)?\()/,
      );
    }
    expect(controller).toMatch(/String write\(.*\{\n +CardRecord record = CardRecord\.forWriting\(recordId\);/);
  });

  test('Apex names user, org and record in the headers that the server reads', () => {
    const sent = matchesIn('classes/CounterpartApi.cls', /setHeader\('(X-Counterpart-[\w-]+)'/g);
    const read = matchesIn(`${SERVER}/http/card-caller.ts`, /'(x-counterpart-[\w-]+)'/g);
    expect(sent.length).toBe(4);
    expect(sent.map((name) => name.toLowerCase()).toSorted()).toEqual([...new Set(read)].toSorted());
  });

  test('Apex waits as long as the card does', () => {
    expect(matchesIn('classes/CounterpartApi.cls', /TIMEOUT_MS = (\d+);/g)).toEqual([String(CARD_TIMEOUT_MS)]);
  });

  test('the Named Credential is called under the name it has in an org', () => {
    expect(matchesIn('classes/CounterpartApi.cls', /'callout:(\w+)'/g)).toEqual(['counterpart__Counterpart']);
    expect(packageFiles(/^namedCredentials\//)).toEqual(['namedCredentials/Counterpart.namedCredential-meta.xml']);
  });
});

describe('secrets and signing in', () => {
  const parameters = all(
    readMetadata('externalCredentials/Counterpart.externalCredential-meta.xml'),
    'externalCredentialParameters',
  );
  const ofType = (type: string) => parameters.find((parameter) => value(parameter, 'parameterType') === type);
  const constant = (name: string) =>
    matchesIn(
      `${SERVER}/crm/salesforce/named-credential.ts`,
      new RegExp(`const ${name} = (?:packaged\\()?'(\\w+)'`, 'g'),
    )[0];

  test('the server fills the principal and the parameter that the credential sends', () => {
    const [header, principal] = [ofType('AuthHeader'), ofType('NamedPrincipal')];
    expect(header === undefined ? null : value(header, 'parameterName')).toBe('Authorization');
    const formula = `Bearer {!$Credential.${constant('EXTERNAL_CREDENTIAL')}.${constant('PARAMETER')}}`;
    expect(header === undefined ? null : value(header, 'parameterValue')).toBe(formula);
    expect(principal === undefined ? null : value(principal, 'parameterName')).toBe(constant('PRINCIPAL'));
  });

  test('the app asks for the scopes that the server wants', () => {
    const words: Record<(typeof REQUIRED_SCOPES)[number], string> = {
      api: 'Api',
      refresh_token: 'RefreshToken',
      id: 'Basic',
    };
    const settings = readMetadata('extlClntAppOauthSettings/Counterpart_oauth.ecaOauth-meta.xml');
    const given = value(settings, 'commaSeparatedOauthScopes')?.split(', ') ?? [];
    expect(given.toSorted()).toEqual(REQUIRED_SCOPES.map((scope) => words[scope]).toSorted());
  });
});

describe('the sync', () => {
  test('the server knows a stale write by the word the trigger says', () => {
    const said = matchesIn('classes/MirrorJournal.cls', /String STALE_BASE_VERSION = '(\w+)'/g);
    expect(said).toEqual(matchesIn(`${SERVER}/crm/salesforce/failures.ts`, /const STALE_WORD = '(\w+)'/g));
    expect(said).toHaveLength(1);
  });

  test('the server knows a late row by the word the trigger says', () => {
    const said = matchesIn('classes/ContractRevisions.cls', /String STALE_REVISION = '(\w+)'/g);
    expect(said).toEqual(matchesIn(`${SERVER}/crm/salesforce/failures.ts`, /const LATE_WORD = '(\w+)'/g));
    expect(said).toHaveLength(1);
  });

  test('the server reads a journal as the trigger writes it', () => {
    const keys = matchesIn('classes/MirrorJournal.cls', /^ {8}public \w+ (\w);$/gm);
    const samples: Readonly<Record<string, unknown>> = {
      f: 'Renewal_Date__c',
      v: '2027-03-01',
      t: 5,
      o: true,
      u: 'a@b.example',
    };
    expect(keys).toEqual(Object.keys(samples));
    expect(
      parseJournal(JSON.stringify([samples, { ...samples, f: 'Contract_Stage__c', v: null, o: false }]), null),
    ).toEqual([
      { field: 'renewalDate', value: '2027-03-01', at: 5, author: 'us', authorId: 'a@b.example' },
      { field: 'stage', value: null, at: 5, author: 'person', authorId: 'a@b.example' },
    ]);
  });

  test('every field that the trigger watches is one the server finds in a journal', () => {
    const source = readSource('classes/MirrorFields.cls');
    const shared = /FOR_OPPORTUNITY =[^{]*\{([^}]*)\}/.exec(source)?.[1] ?? '';
    const watched = [...shared.matchAll(/\.(\w+__c)/g)].map(([, name]) => name ?? '');
    const [, ours] = /FOR_OPPORTUNITY =(?:[^{]*\{){2}([^}]*)\}/.exec(source) ?? [];
    const [first] = (ours ?? '').match(/\w+__c/) ?? [];
    expect([first ?? '', ...watched, 'Sync_Token__c'].map(fieldOfName)).toEqual([
      'leadContractNumber',
      'stage',
      'renewalDate',
      'renewalDecision',
      'syncToken',
    ]);
  });

  test('the server follows the channel of the package', () => {
    const [file = ''] = packageFiles(/\.platformEventChannel-meta\.xml$/);
    const name = file.replace(/^.*\/|\.platform.*$/g, '');
    expect(CHANGE_TOPIC).toBe(`/data/counterpart__${name}`);
  });

  const FIELDS = packageFields().filter(({ object }) => object === 'Opportunity');
  const shapes = MIRROR_FIELD_NAMES.map((field) => {
    const found = FIELDS.find(({ name }) => `${PACKAGE_PREFIX}${name}` === fieldName(field))?.element;
    const number = (name: string) => Number(found === undefined ? 0 : value(found, name));
    const type = found === undefined ? null : value(found, 'type');
    return {
      field,
      type,
      length: number('length'),
      whole: number('precision') - number('scale'),
      scale: number('scale'),
    };
  });
  const takes = (field: (typeof MIRROR_FIELD_NAMES)[number], text: string) => toSalesforceFields({ [field]: text }).ok;
  const URL_LENGTH = 255;

  test.each(shapes.filter(({ type }) => type === 'Text' || type === 'Url'))(
    'the server writes into $field as much text as it holds, and no more',
    ({ field, type, length }) => {
      const lengthMax = type === 'Url' ? URL_LENGTH : length;
      expect(takes(field, 'x'.repeat(lengthMax))).toBe(true);
      expect(takes(field, 'x'.repeat(lengthMax + 1))).toBe(false);
    },
  );

  test.each(shapes.filter(({ type }) => type === 'Number'))(
    'the server writes into $field the numbers it holds, and no others',
    ({ field, whole, scale }) => {
      expect(takes(field, `1${'0'.repeat(whole - 1)}`)).toBe(true);
      expect(takes(field, `1${'0'.repeat(whole)}`)).toBe(false);
      if (scale > 0) expect(takes(field, `0.${'0'.repeat(scale - 1)}1`)).toBe(true);
      expect(takes(field, `0.${'0'.repeat(scale)}1`)).toBe(false);
    },
  );
});

describe('the rows', () => {
  const CONTRACT: RowSource = {
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
    endDate: '2027-01-01',
    signedDate: '2025-12-01',
    renewalDate: '2027-01-01',
    noticeDeadline: '2026-10-01',
    valueMinor: '100',
    currency: 'GBP',
    counterparty: 'Northwind Hosting Limited',
    ownerEmail: 'mia.chen@harbourfinch.example',
    archived: false,
    revision: 7,
    riskFlags: ['no_sla'],
    slaStatus: 'met',
    availabilityLastMonth: '99.95',
    responseComplianceLastMonth: '98.5',
    breachesTwelveMonths: 0,
  };
  const LINK: RowSource = {
    kind: 'link',
    contractId: 'c1',
    objectType: 'account',
    recordId: '001CP0000000001AAA',
    active: true,
    isLead: true,
  };
  const RESULT: RowSource = {
    kind: 'sla_result',
    contractId: 'c1',
    objectiveId: 'o1',
    period: '2026-10',
    metric: 'availability',
    severity: null,
    targetMinutes: null,
    target: '99.9',
    value: '99.95',
    verdict: 'met',
    accountId: '001CP0000000001AAA',
  };
  const SETTING = { readAt: 1, contractUrl: (id: string) => `https://counterpart.example/contracts/${id}` };
  /** Which values a field of each type of the package takes. */
  const KINDS: Readonly<Record<string, readonly RowValue['kind'][]>> = {
    Text: ['text'],
    Url: ['text'],
    Email: ['text'],
    Picklist: ['text'],
    MultiselectPicklist: ['text'],
    Number: ['number'],
    Date: ['date'],
    DateTime: ['instant'],
    Checkbox: ['checkbox'],
    Lookup: ['reference', 'lookup', 'empty'],
    MasterDetail: ['lookup'],
  };

  const typeOf = (fields: ReturnType<typeof packageFields>, name: string): string => {
    const element = fields.find((field) => field.name === name)?.element;
    return (element === undefined ? null : value(element, 'type')) ?? '';
  };

  test.each([
    ['Contract_Record__c', CONTRACT],
    ['Contract_Link__c', LINK],
    ['Sla_Result__c', RESULT],
  ] as const)('the server writes every field of %s, each as its type takes it', (object, source) => {
    const own = packageFields().filter((field) => field.object === object && field.name !== 'External_Id__c');
    const written = Object.entries(rowOf(source, SETTING).fields).flatMap(([name, { kind }]) =>
      name === 'Name' ? [] : [{ name: name.replace(PACKAGE_PREFIX, '').replace(/__r$/, '__c'), kind }],
    );
    expect(written.map(({ name }) => name).toSorted()).toEqual(own.map(({ name }) => name).toSorted());
    for (const { name, kind } of written) {
      const type = typeOf(own, name);
      expect(KINDS[type], `${object}.${name} is a ${type}`).toContain(kind);
    }
  });
});
