/**
 * A valid request for every route of the server, and what may be changed in it without making it invalid. The table is complete by test:
 * a route without a sample, or a sample without a route, fails.
 */
import { randomUUID } from 'node:crypto';
import {
  CARD_SAMPLES,
  CONTRACT_NULLABLE,
  CONTRACT_TEXT,
  INCIDENT,
  ORG_SAMPLES,
  STALE_REVISION,
} from './card-samples.ts';
import type { Draft, Json, Pair } from './request.ts';
import { draft, get, post } from './route-drafts.ts';
import { contractDraft, type Tenant } from './tenant.ts';

/** Where an id of a workspace stands in a request. */
type IdPlace = 'path' | 'query' | 'body';

export type Sample = {
  readonly operationId: string;
  /** Ids are those of the first workspace, the proof is the second one's; the same twice for an ordinary request. */
  readonly make: (ids: Tenant, by: Tenant) => Draft;
  /** Statuses of a request that is understood and allowed: done, or refused by the contract's own rules. */
  readonly understood: readonly number[];
  /** JSON pointers (array positions as `*`) that may be null, be left out, or hold any text. */
  readonly nullable?: readonly string[];
  readonly optional?: readonly string[];
  readonly freeText?: readonly string[];
  /** Query parameters that take any text. */
  readonly freeQuery?: readonly string[];
  /** Query parameters that may be left out. */
  readonly optionalQuery?: readonly string[];
  /** Whether unknown query parameters are refused. */
  readonly strictQuery: boolean;
  /** Where the request names something of a workspace. */
  readonly idPlaces: readonly IdPlace[];
  /** Names whole objects that a change of workspace must hide: refused with 404 like an id that does not exist. */
  readonly hides?: boolean;
};

const IMPORT_OPTIONS: Json = {
  mapping: { number: 0, title: 1, counterparty: 2, effectiveDate: 3, endDate: 4 },
  dateFormat: 'unambiguous',
  duplicates: 'skip',
  defaults: { side: 'buy', currency: 'USD', stage: 'draft', calendarId: 'weekends' },
};
const MAPPING = ['number', 'title', 'counterparty', 'effectiveDate', 'endDate'];

const FILTERS: readonly Pair[] = [
  ['text', 'Att'],
  ['stage', 'draft,active'],
  ['side', 'buy'],
  ['health', 'good,unknown'],
  ['decision', 'undecided'],
  ['renewalKind', 'auto'],
  ['sla', 'none'],
  ['noticeDueFrom', '2026-01-01'],
  ['noticeDueBefore', '2027-12-31'],
  ['renewalFrom', '2026-01-01'],
  ['renewalTo', '2029-12-31'],
  ['sort', 'renewal'],
  ['direction', 'ascending'],
];
const FILTER_NAMES = [...FILTERS.map(([name]) => name), 'organisationId'];

const CONTRACT_SAMPLES: readonly Sample[] = [
  {
    operationId: 'listContracts',
    make: (ids, by) => get(by, '/v1/contracts', [...FILTERS, ['organisationId', ids.organisationId], ['limit', '10']]),
    understood: [200],
    freeQuery: ['text'],
    optionalQuery: [...FILTER_NAMES, 'limit'],
    strictQuery: true,
    idPlaces: ['query'],
  },
  {
    operationId: 'exportContracts',
    make: (ids, by) =>
      get(by, '/v1/contracts/export', [
        ...FILTERS,
        ['organisationId', ids.organisationId],
        ['format', 'csv'],
        ['locale', 'en'],
      ]),
    understood: [200],
    freeQuery: ['text'],
    optionalQuery: [...FILTER_NAMES, 'locale'],
    strictQuery: true,
    idPlaces: ['query'],
  },
  {
    operationId: 'getContract',
    make: (ids, by) => get(by, `/v1/contracts/${ids.contractId}`),
    understood: [200, 404],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'createContract',
    make: (_ids, by) => post(by, '/v1/contracts', { contract: contractDraft({ title: `New ${randomUUID()}` }) }),
    understood: [201, 409],
    nullable: CONTRACT_NULLABLE,
    freeText: CONTRACT_TEXT,
    strictQuery: false,
    idPlaces: [],
  },
  {
    operationId: 'changeEndDate',
    make: (ids, by) =>
      post(by, `/v1/contracts/${ids.contractId}/end-date`, { expectedRevision: STALE_REVISION, endDate: '2028-01-01' }),
    understood: [200, 404, 409],
    nullable: ['/endDate'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'logIncident',
    make: (ids, by) => post(by, `/v1/contracts/${ids.contractId}/incidents`, INCIDENT),
    understood: [200, 404, 409],
    nullable: ['/restoredAt'],
    freeText: ['/title'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'decideRenewal',
    make: (ids, by) =>
      post(by, `/v1/contracts/${ids.contractId}/renewal-decision`, {
        expectedRevision: STALE_REVISION,
        decision: 'renew',
      }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'moveStage',
    make: (ids, by) =>
      post(by, `/v1/contracts/${ids.contractId}/stage`, { expectedRevision: STALE_REVISION, to: 'in_review' }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
];

const plainGet = (operationId: string, path: string): Sample => ({
  operationId,
  make: (_ids, by) => get(by, path),
  understood: [200],
  strictQuery: false,
  idPlaces: [],
});

const ADMIN_SAMPLES: readonly Sample[] = [
  plainGet('listConnections', '/v1/connections'),
  plainGet('streamEvents', '/v1/events'),
  plainGet('listImports', '/v1/imports'),
  plainGet('getMe', '/v1/me'),
  plainGet('getOverview', '/v1/overview'),
  plainGet('listPeople', '/v1/people'),
  plainGet('listVendors', '/v1/vendors'),
  {
    operationId: 'listAudit',
    make: (ids, by) =>
      get(by, '/v1/audit', [
        ['kind', 'field'],
        ['contractId', ids.contractId],
      ]),
    understood: [200],
    optionalQuery: ['kind', 'contractId'],
    strictQuery: true,
    idPlaces: ['query'],
  },
  {
    operationId: 'listConflicts',
    make: (_ids, by) => get(by, '/v1/conflicts', [['state', 'all']]),
    understood: [200],
    optionalQuery: ['state'],
    strictQuery: true,
    idPlaces: [],
  },
  {
    operationId: 'restoreConflict',
    make: (ids, by) => post(by, `/v1/conflicts/${ids.conflictId}/restore`, {}),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'answerConflict',
    make: (ids, by) =>
      post(by, `/v1/conflicts/${ids.conflictId}/answer`, { choose: 'ours', ours: 'active', theirs: null }),
    understood: [200, 404, 409],
    nullable: ['/ours', '/theirs'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'getConflictPolicy',
    make: (_ids, by) => get(by, '/v1/conflict-policy'),
    understood: [200],
    strictQuery: false,
    idPlaces: [],
  },
  {
    operationId: 'changeConflictPolicy',
    make: (_ids, by) => ({
      ...post(by, '/v1/conflict-policy', { stage: 'newest', renewalDate: 'newest', renewalDecision: 'newest' }),
      method: 'PATCH',
    }),
    understood: [200],
    strictQuery: false,
    idPlaces: [],
  },
  {
    operationId: 'listRecordMatches',
    make: (_ids, by) => get(by, '/v1/record-matches', [['state', 'suggested']]),
    understood: [200],
    optionalQuery: ['state'],
    strictQuery: true,
    idPlaces: [],
  },
  {
    operationId: 'searchRecordMatches',
    make: (_ids, by) => post(by, '/v1/record-matches/search', {}),
    understood: [204],
    strictQuery: false,
    idPlaces: [],
  },
  {
    operationId: 'getRecordMatch',
    make: (ids, by) => get(by, `/v1/record-matches/${ids.matchId}`),
    understood: [200, 404],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'confirmRecordMatch',
    make: (ids, by) => post(by, `/v1/record-matches/${ids.matchId}/confirm`, { attach: false }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  ...(['dismiss', 'undo'] as const).map((act) => ({
    operationId: `${act}RecordMatch`,
    make: (ids: Tenant, by: Tenant) => post(by, `/v1/record-matches/${ids.matchId}/${act}`, {}),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path'] as const,
    hides: true,
  })),
  {
    operationId: 'disconnect',
    // The wrong account is typed in, so that the portal stays connected whatever else is right.
    make: (ids, by) => post(by, `/v1/connections/${ids.connection.connectionId}/disconnect`, { confirmAccountId: '9' }),
    understood: [404, 422],
    freeText: ['/confirmAccountId'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'listDeadLetters',
    make: (ids, by) => get(by, '/v1/dead-letters', [['connectionId', ids.connection.connectionId]]),
    understood: [200],
    optionalQuery: ['connectionId'],
    strictQuery: true,
    idPlaces: ['query'],
  },
  {
    operationId: 'replayDeadLetters',
    make: (ids, by) =>
      post(by, '/v1/dead-letters/replay', {
        connectionId: ids.connection.connectionId,
        records: [{ objectType: 'opportunity', recordId: ids.deadRecordId }],
      }),
    understood: [200, 404],
    nullable: ['/records'],
    freeText: ['/records/*/recordId'],
    strictQuery: false,
    idPlaces: ['body'],
    hides: true,
  },
  {
    operationId: 'uploadImport',
    make: (_ids, by) => ({
      ...draft(by, { access: 'session', method: 'POST', path: '/v1/imports', query: [['fileName', 'register.csv']] }),
      body: Buffer.from('Contract number,Title,Counterparty\nU-1,Uploaded,Vendor\n'),
      contentType: 'application/octet-stream',
    }),
    understood: [201, 422],
    freeQuery: ['fileName'],
    strictQuery: true,
    idPlaces: [],
  },
  {
    operationId: 'getImport',
    make: (ids, by) => get(by, `/v1/imports/${ids.importId}`),
    understood: [200, 404],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'checkImport',
    make: (ids, by) => post(by, `/v1/imports/${ids.importId}/check`, IMPORT_OPTIONS),
    understood: [200, 404],
    optional: MAPPING.map((name) => `/mapping/${name}`),
    freeText: ['/defaults/calendarId'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'commitImport',
    make: (ids, by) =>
      post(by, `/v1/imports/${ids.spareImportId}/commit`, { options: IMPORT_OPTIONS, skipInvalid: false }),
    understood: [200, 404, 409, 422],
    optional: MAPPING.map((name) => `/options/mapping/${name}`),
    freeText: ['/options/defaults/calendarId'],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'getImportResult',
    make: (ids, by) => get(by, `/v1/imports/${ids.committedImportId}/result`),
    understood: [200, 404],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'updateMe',
    make: (_ids, by) => ({ ...post(by, '/v1/me', { locale: 'zh-CN' }), method: 'PATCH' }),
    understood: [200],
    strictQuery: false,
    idPlaces: [],
  },
  {
    operationId: 'changeRole',
    make: (ids, by) => post(by, `/v1/people/${ids.userId}/role`, { role: 'admin' }),
    understood: [204, 404],
    strictQuery: false,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'signOut',
    make: (_ids, by) => post(by, '/v1/sign-out'),
    understood: [204],
    strictQuery: false,
    idPlaces: [],
  },
];

/** The routes of the API, in no particular order. */
export const API_SAMPLES: readonly Sample[] = [...CARD_SAMPLES, ...CONTRACT_SAMPLES, ...ADMIN_SAMPLES];

const open = (
  operationId: string,
  path: string,
  understood: readonly number[],
  query: readonly Pair[] = [],
): Sample => ({
  operationId,
  make: (_ids, by) => draft(by, { access: 'open', method: 'GET', path, query }),
  understood,
  strictQuery: false,
  freeQuery: query.map(([name]) => name),
  optionalQuery: query.map(([name]) => name),
  idPlaces: [],
});

/** What is mounted beside the API, by path. */
export const OTHER_SAMPLES: readonly Sample[] = [
  open('/healthz', '/healthz', [200]),
  open('/readyz', '/readyz', [200, 503]),
  open('/metrics', '/metrics', [200]),
  open('/openapi.json', '/openapi.json', [200]),
  open('/oauth/hosts', '/oauth/hosts', [200]),
  open('/oauth/hubspot/start', '/oauth/hubspot/start', [302], [['returnPath', '/contracts']]),
  open(
    '/oauth/hubspot/callback',
    '/oauth/hubspot/callback',
    [302, 400, 403],
    [
      ['code', 'stolen'],
      ['state', 'guessed'],
    ],
  ),
  open(
    '/oauth/salesforce/start',
    '/oauth/salesforce/start',
    [302],
    [
      ['returnPath', '/contracts'],
      ['host', 'acme.my.salesforce.com'],
    ],
  ),
  open(
    '/oauth/salesforce/callback',
    '/oauth/salesforce/callback',
    [302, 400, 403],
    [
      ['code', 'stolen'],
      ['state', 'guessed'],
    ],
  ),
  {
    operationId: '/webhooks/hubspot',
    make: (ids, by) =>
      draft(by, {
        access: 'webhook',
        method: 'POST',
        path: '/webhooks/hubspot',
        body: [
          {
            eventId: 1,
            subscriptionId: 7,
            portalId: Number(ids.portalId),
            appId: 4242,
            occurredAt: Date.now(),
            subscriptionType: 'deal.propertyChange',
            attemptNumber: 0,
            objectId: Number(ids.recordId),
            propertyName: 'dealname',
            propertyValue: 'Renamed',
            changeSource: 'CRM_UI',
          },
        ],
      }),
    understood: [204],
    strictQuery: false,
    idPlaces: ['body'],
  },
];

export const SAMPLES: readonly Sample[] = [...API_SAMPLES, ...OTHER_SAMPLES, ...ORG_SAMPLES];
