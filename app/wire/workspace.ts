/**
 * The workspace's half of the HTTP API: what managers and admins see and do under /v1, signed in by a session cookie. Every unsafe
 * request carries the header `X-Counterpart-Request: 1` and comes from the workspace's own origin; failures are problem documents.
 */
import { z } from 'zod';
import {
  contractCardView,
  contractDetail,
  contractSide,
  contractStage,
  createContractRequest,
  health,
  instant,
  logIncidentRequest,
  money,
  objectType,
  plainDate,
  provenanceView,
  renewalDecision,
  renewalKind,
  slaVerdict,
} from './card.ts';

/** Name and value of the header that every unsafe workspace request must carry. */
export const REQUEST_HEADER = { name: 'x-counterpart-request', value: '1' } as const;

export const role = z.enum(['rep', 'manager', 'admin']);
export const locale = z.enum(['en', 'zh-CN']);

/** GET /oauth/hosts: where somebody can sign in; null for a CRM that this server is no app of. */
export const signInHosts = z.object({ hubspot: z.string().nullable(), salesforce: z.string().nullable() });

/** GET /v1/me */
export const me = z.object({
  user: z.object({ id: z.string(), email: z.string(), name: z.string().nullable(), role, locale }),
  workspace: z.object({
    id: z.string(),
    name: z.string(),
    timeZone: z.string(),
    currency: z.string(),
    today: plainDate,
  }),
  mode: z.enum(['practice', 'live']),
  permissions: z.object({ canEdit: z.boolean(), canAdminister: z.boolean() }),
});
export type Me = z.infer<typeof me>;
/** PATCH /v1/me */
export const updateMeRequest = z.strictObject({ locale });

/** GET /v1/people ; POST /v1/people/{id}/role (admins) */
export const person = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  role,
  locale,
  lastSeenAt: instant.nullable(),
});
export const people = z.object({ people: z.array(person) });
export const changeRoleRequest = z.strictObject({ role });

export const CONTRACT_SORTS = ['notice', 'renewal', 'title', 'number', 'value', 'updated'] as const;
export const contractSort = z.enum(CONTRACT_SORTS);
export const sortDirection = z.enum(['ascending', 'descending']);

/** A day that a filter compares with: one that the calendar has, so that it can be compared. */
const filterDate = plainDate.refine((text) => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return text > '0001' && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}, 'not_a_date');

/** In the query string a list is written with commas: `stage=active,renewing`. */
const listOf = <T extends string>(item: z.ZodType<T, T>) => {
  // The pipe hands texts to a schema whose input type is the closed set itself; that it takes any text, and refuses some, is its job.
  const items = z.array(item).min(1).max(20) as z.ZodType<T[]> as z.ZodType<T[], string[]>;
  return z
    .string()
    .max(400)
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(items);
};

/** GET /v1/contracts and GET /v1/contracts/export: what the list may be narrowed by. */
export const contractFilters = z.strictObject({
  text: z.string().trim().max(200).optional().describe('Part of number, title or counterparty'),
  stage: listOf(contractStage).optional(),
  side: contractSide.optional(),
  health: listOf(health).optional(),
  decision: listOf(renewalDecision).optional(),
  renewalKind: listOf(renewalKind).optional(),
  sla: listOf(slaVerdict).optional().describe('Verdict of the last closed month'),
  noticeDueBefore: filterDate.optional().describe('Notice deadline on or before this day, and not yet past'),
  noticeDueFrom: filterDate.optional(),
  renewalFrom: filterDate.optional(),
  renewalTo: filterDate.optional(),
  organisationId: z.uuid().optional(),
  sort: contractSort.optional(),
  direction: sortDirection.optional(),
});
export type ContractFilters = z.infer<typeof contractFilters>;
export const contractListQuery = contractFilters.extend({
  after: z.string().max(600).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export type ContractListQuery = z.infer<typeof contractListQuery>;
export const contractExportQuery = contractFilters.extend({
  format: z.enum(['csv', 'xlsx']),
  locale: locale.optional(),
});

export const contractRow = contractCardView.omit({ isLead: true, nextStages: true }).extend({
  organisationId: z.string().nullable(),
  ownerEmail: z.string().nullable(),
  links: z.int().describe('CRM records it is attached to'),
  changedAt: instant,
});
export type ContractRow = z.infer<typeof contractRow>;
export const contractList = z.object({
  results: z.array(contractRow).max(200),
  next: z.string().nullable(),
  total: z.int(),
});
export type ContractList = z.infer<typeof contractList>;

/** GET /v1/overview: the figures of the first page, each the size of a filter above. */
export const overview = z.object({
  today: plainDate,
  contracts: z.int(),
  live: z.int(),
  byStage: z.partialRecord(contractStage, z.int()),
  byHealth: z.partialRecord(health, z.int()),
  noticeDue: z.object({ in30Days: z.int(), in60Days: z.int(), in90Days: z.int() }),
  undecided: z.int().describe('Live contracts with a notice deadline within 90 days and no decision yet'),
  slaMissedLastMonth: z.int(),
  liveValue: z.array(money).describe('One total per currency'),
  renewalsByMonth: z.array(
    z.object({
      month: z.string().regex(/^\d{4}-\d{2}$/),
      contracts: z.int(),
      value: z.array(money),
    }),
  ),
});
export type Overview = z.infer<typeof overview>;

/** GET /v1/vendors: counterparties compared. */
export const vendorRow = z.object({
  organisationId: z.string(),
  name: z.string(),
  domain: z.string().nullable(),
  contracts: z.int(),
  liveContracts: z.int(),
  liveValue: z.array(money),
  nextNoticeDate: plainDate.nullable(),
  health,
  availability: z.array(z.object({ period: z.string(), value: z.string().nullable(), verdict: slaVerdict })),
  response: z.array(z.object({ period: z.string(), value: z.string().nullable(), verdict: slaVerdict })),
  breachesTwelveMonths: z.int(),
  openIncidents: z.int(),
});
export type VendorRow = z.infer<typeof vendorRow>;
/** As many as one answer holds, first by name. */
export const VENDORS_MAX = 500;
export const vendorList = z.object({ results: z.array(vendorRow).max(VENDORS_MAX) });

/** GET /v1/contracts/{id}; the same shape as the card's detail. */
export const workspaceContract = contractDetail;
/** Every contract write answers with the contract as it now is. */
export const contractWriteResponse = z.object({ contract: workspaceContract });
/** POST /v1/contracts */
export const newContractRequest = z.strictObject({ contract: createContractRequest.shape.contract });
/** POST /v1/contracts/{id}/stage */
export const workspaceStageRequest = z.strictObject({ expectedRevision: z.int(), to: contractStage });
/** POST /v1/contracts/{id}/renewal-decision */
export const workspaceDecisionRequest = z.strictObject({ expectedRevision: z.int(), decision: renewalDecision });
/** POST /v1/contracts/{id}/end-date */
export const workspaceEndDateRequest = z.strictObject({ expectedRevision: z.int(), endDate: plainDate.nullable() });
/** POST /v1/contracts/{id}/incidents */
export const workspaceIncidentRequest = logIncidentRequest.omit({ idempotencyKey: true, record: true });

export const connectionState = z.enum(['installing', 'active', 'parked', 'disconnected']);
/** GET /v1/connections */
export const connectionView = z.object({
  id: z.string(),
  host: z.enum(['hubspot', 'salesforce']),
  accountId: z.string(),
  name: z.string(),
  uiOrigin: z.string().nullable(),
  timeZone: z.string().nullable(),
  currency: z.string().nullable(),
  state: connectionState,
  reason: z.string().nullable().describe('A stable code when parked'),
  installedAt: instant,
  installedBy: z.string().nullable(),
  missingScopes: z.array(z.string()),
  backfill: z
    .object({
      phase: z.enum(['schema', 'reading', 'matching', 'done']),
      read: z.int(),
      total: z.int().nullable(),
      startedAt: instant,
      /** Null until the pace is known. */
      estimatedDoneAt: instant.nullable(),
    })
    .nullable(),
  budget: z
    .object({
      burst: z.object({ left: z.int(), limit: z.int(), perSeconds: z.int() }),
      daily: z.object({ left: z.int(), limit: z.int() }).nullable(),
      restsUntil: instant.nullable(),
    })
    .nullable(),
  queue: z.object({ dirty: z.int(), oldestDirtySeconds: z.int().nullable(), deadLetters: z.int() }),
  links: z.int(),
  lastAgreedAt: instant.nullable(),
  lastHeardAt: instant.nullable().describe('When the change stream last said something; null where there is none'),
  cardsReady: z.boolean().nullable().describe('Whether the cards hold their secret; null where they need none'),
  openConflicts: z.int(),
});
export type ConnectionView = z.infer<typeof connectionView>;
export const connectionList = z.object({
  results: z.array(connectionView).max(50),
  /** Where a browser goes to connect another portal; null when this server has no app credentials for the host. */
  connectUrls: z.object({ hubspot: z.string().nullable(), salesforce: z.string().nullable() }),
});
/** POST /v1/connections/{id}/disconnect */
export const disconnectRequest = z.strictObject({ confirmAccountId: z.string() });

/** GET /v1/dead-letters?connectionId= */
export const deadLetter = z.object({
  connectionId: z.string(),
  objectType: z.enum(['opportunity', 'account', 'case']),
  recordId: z.string(),
  name: z.string().nullable(),
  url: z.string().nullable(),
  failure: z.string().describe('A stable code'),
  detail: z.string(),
  attempts: z.int(),
  since: instant,
});
export const deadLetterList = z.object({ results: z.array(deadLetter).max(200), total: z.int() });
/** POST /v1/dead-letters/replay */
export const replayRequest = z.strictObject({
  connectionId: z.uuid(),
  records: z
    .array(z.strictObject({ objectType: z.enum(['opportunity', 'account', 'case']), recordId: z.string().max(40) }))
    .min(1)
    .max(200)
    .nullable()
    .describe('Null replays all of the connection'),
});
export const replayResponse = z.object({ replayed: z.int() });

/** GET /v1/conflicts?state=open|all&after= */
export const conflictView = z.object({
  id: z.string(),
  contractId: z.string().nullable(),
  contractTitle: z.string().nullable(),
  field: z.string(),
  base: z.string().nullable(),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  winner: z.enum(['ours', 'theirs', 'undecided']).describe('undecided: nobody has won'),
  reason: z.string(),
  detail: z.string(),
  place: z.string().nullable(),
  record: z
    .object({ objectType, recordId: z.string(), name: z.string().nullable(), url: z.string().nullable() })
    .nullable(),
  at: instant,
  restored: z.boolean(),
  restorable: z.boolean().describe('The losing value is a legal value of a shared field'),
  question: z
    .enum(['open', 'answered', 'settled'])
    .nullable()
    .describe('Of a field that people decide: waiting for an answer, answered, or closed because both sides agree'),
});
export type ConflictView = z.infer<typeof conflictView>;
export const conflictList = z.object({ results: z.array(conflictView).max(100), next: z.string().nullable() });
/** POST /v1/conflicts/{id}/restore: the losing value becomes the contract's value */
export const restoreConflictResponse = z.object({ conflict: conflictView });

/** GET /v1/audit?kind=&contractId=&after= */
export const auditEntry = z.discriminatedUnion('kind', [
  provenanceView.extend({
    kind: z.literal('field'),
    id: z.string(),
    contractId: z.string(),
    contractTitle: z.string(),
  }),
  z.object({
    kind: z.literal('admin'),
    id: z.string(),
    action: z.string(),
    actor: z.string().nullable(),
    detail: z.string().nullable(),
    at: instant,
  }),
]);
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditList = z.object({ results: z.array(auditEntry).max(100), next: z.string().nullable() });

/** What an import column may mean. */
export const IMPORT_FIELDS = [
  'number',
  'title',
  'counterparty',
  'counterpartyDomain',
  'side',
  'stage',
  'effectiveDate',
  'endDate',
  'signedDate',
  'value',
  'currency',
  'renewalKind',
  'renewalMonths',
  'noticeDays',
  'noticeMonths',
  'ownerEmail',
] as const;
export const importField = z.enum(IMPORT_FIELDS);
export type ImportField = (typeof IMPORT_FIELDS)[number];
export const importDateFormat = z.enum(['unambiguous', 'day_first', 'month_first']);
export const importDuplicates = z.enum(['skip', 'update']);
export const importOptions = z.strictObject({
  /** Column position (from 0) for each field; columns that are not named are left out. */
  mapping: z.partialRecord(importField, z.int().min(0).max(199)),
  dateFormat: importDateFormat,
  duplicates: importDuplicates,
  defaults: z.strictObject({
    side: contractSide,
    currency: z.string().regex(/^[A-Z]{3}$/),
    stage: contractStage,
    calendarId: z.string().max(16),
  }),
});
export type ImportOptions = z.infer<typeof importOptions>;

export const importRowError = z.object({
  row: z.int().describe('As the spreadsheet counts: the header is row 1'),
  column: z.string().nullable(),
  field: importField.nullable(),
  code: z.string(),
  value: z.string().nullable(),
});
export const importState = z.enum(['uploaded', 'committing', 'committed', 'failed', 'expired']);
/** POST /v1/imports?fileName= with the file as the body; GET /v1/imports/{id} */
export const importView = z.object({
  id: z.string(),
  fileName: z.string(),
  format: z.enum(['csv', 'xlsx', 'ocds']),
  encoding: z.string().nullable(),
  state: importState,
  createdAt: instant,
  createdBy: z.string().nullable(),
  columns: z.array(
    z.object({ position: z.int(), header: z.string(), sample: z.array(z.string()), suggested: importField.nullable() }),
  ),
  options: importOptions,
  rows: z.int(),
  counts: z
    .object({ created: z.int(), updated: z.int(), skipped: z.int(), invalid: z.int() })
    .nullable()
    .describe('Of the commit when committed, else null'),
});
export type ImportView = z.infer<typeof importView>;
export const importList = z.object({ results: z.array(importView).max(50) });
/** POST /v1/imports/{id}/check: what a commit would do. Nothing is written. */
export const importCheck = z.object({
  create: z.int(),
  update: z.int(),
  skip: z.int(),
  invalid: z.int(),
  errors: z.array(importRowError).max(500),
  moreErrors: z.int(),
  preview: z
    .array(
      z.object({
        row: z.int(),
        action: z.enum(['create', 'update', 'skip', 'invalid']),
        number: z.string().nullable(),
        title: z.string().nullable(),
        counterparty: z.string().nullable(),
        stage: contractStage.nullable(),
        endDate: plainDate.nullable(),
        value: money.nullable(),
      }),
    )
    .max(50),
});
export type ImportCheck = z.infer<typeof importCheck>;
/** POST /v1/imports/{id}/commit: all valid rows in one transaction; refused while rows are invalid unless `skipInvalid`. */
export const importCommitRequest = z.strictObject({ options: importOptions, skipInvalid: z.boolean() });

/** GET /v1/events (server-sent events): each message's `data` is one of these; a client refetches what it shows. */
export const workspaceEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), at: instant }),
  z.object({ kind: z.literal('contracts'), contractIds: z.array(z.string()).max(200) }),
  z.object({ kind: z.literal('connections') }),
  z.object({ kind: z.literal('conflicts') }),
  z.object({ kind: z.literal('import'), importId: z.string(), done: z.int(), total: z.int(), state: importState }),
]);
export type WorkspaceEvent = z.infer<typeof workspaceEvent>;
