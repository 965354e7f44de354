/** Valid requests of cards: those of a HubSpot portal, and the same ones as the Apex of an org sends them. */
import { randomUUID } from 'node:crypto';
import type { Draft, Pair } from './request.ts';
import { cardGet, cardPost } from './route-drafts.ts';
import type { Sample } from './route-samples.ts';
import { contractDraft, type Tenant } from './tenant.ts';

const CARD_RECORD: Pair = ['objectType', 'opportunity'];
export const STALE_REVISION = 0;

export const INCIDENT = {
  title: 'Outage',
  severity: 'high',
  startedAt: '2026-10-02T00:00:00Z',
  restoredAt: '2026-10-02T01:00:00Z',
} as const;
export const CONTRACT_NULLABLE = ['number', 'effectiveDate', 'endDate', 'renewalMonths', 'notice', 'value'].map(
  (name) => `/contract/${name}`,
);
export const CONTRACT_TEXT = ['title', 'number', 'counterparty', 'calendarId'].map((name) => `/contract/${name}`);
export const CARD_SAMPLES: readonly Sample[] = [
  {
    operationId: 'getRecordCard',
    make: (ids, by) => cardGet(by, `/v1/card/records/opportunity/${ids.recordId}`),
    understood: [200, 404],
    strictQuery: true,
    idPlaces: ['path'],
    hides: true,
  },
  {
    operationId: 'getCardContract',
    make: (ids, by) => cardGet(by, `/v1/card/contracts/${ids.contractId}`, [CARD_RECORD, ['recordId', ids.recordId]]),
    understood: [200, 404],
    strictQuery: true,
    idPlaces: ['path', 'query'],
    hides: true,
  },
  {
    operationId: 'searchCardContracts',
    make: (ids, by) =>
      cardGet(by, '/v1/card/contracts', [CARD_RECORD, ['recordId', ids.recordId], ['query', 'Att'], ['limit', '5']]),
    understood: [200, 404],
    freeQuery: ['query'],
    optionalQuery: ['query', 'limit'],
    strictQuery: true,
    idPlaces: ['query'],
    hides: true,
  },
  {
    operationId: 'createCardContract',
    make: (ids, by) =>
      cardPost(ids, by, { path: '/v1/card/contracts', contract: contractDraft({ title: `New ${randomUUID()}` }) }),
    understood: [200, 404, 409],
    nullable: CONTRACT_NULLABLE,
    freeText: CONTRACT_TEXT,
    strictQuery: false,
    idPlaces: ['body'],
    hides: true,
  },
  ...['/v1/card/links', '/v1/card/links/detach', '/v1/card/links/restore'].map((path) => ({
    operationId:
      { links: 'attachContract', detach: 'detachContract', restore: 'restoreLink' }[path.split('/').at(-1) ?? ''] ?? '',
    make: (ids: Tenant, by: Tenant) => cardPost(ids, by, { path, contractId: ids.looseContractId }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['body'] as const,
    hides: true,
  })),
  {
    operationId: 'moveCardStage',
    make: (ids, by) =>
      cardPost(ids, by, {
        path: `/v1/card/contracts/${ids.contractId}/stage`,
        expectedRevision: STALE_REVISION,
        to: 'in_review',
      }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path', 'body'],
    hides: true,
  },
  {
    operationId: 'decideCardRenewal',
    make: (ids, by) =>
      cardPost(ids, by, {
        path: `/v1/card/contracts/${ids.contractId}/renewal-decision`,
        expectedRevision: STALE_REVISION,
        decision: 'renew',
      }),
    understood: [200, 404, 409],
    strictQuery: false,
    idPlaces: ['path', 'body'],
    hides: true,
  },
  {
    operationId: 'logCardIncident',
    make: (ids, by) => cardPost(ids, by, { path: `/v1/card/contracts/${ids.contractId}/incidents`, ...INCIDENT }),
    understood: [200, 404, 409],
    nullable: ['/restoredAt'],
    freeText: ['/title'],
    strictQuery: false,
    idPlaces: ['path', 'body'],
    hides: true,
  },
];

/** The same record, as the org's own. */
const inOrg = (ids: Tenant): Tenant => ({ ...ids, recordId: ids.org.recordId });

function asOrg(made: Draft, { org }: Tenant, ids: Tenant): Draft {
  return { ...made, access: 'org', org: { ...org, record: `opportunity/${ids.org.recordId}` } };
}

export const ORG_SAMPLES: readonly Sample[] = CARD_SAMPLES.map((sample) => ({
  ...sample,
  operationId: `${sample.operationId} of an org`,
  make: (ids: Tenant, by: Tenant) => asOrg(sample.make(inOrg(ids), by), by, ids),
}));
