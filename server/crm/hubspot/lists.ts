/**
 * The three lists a manager looks at first, as HubSpot's own dynamic lists. A portal whose people did not grant the list scopes goes
 * without them: list views can be filtered by the same properties.
 */
import type { CallOptions, ConnectionRef, HostFailure, HostObjectType, HostResult } from '../port.ts';
import { API_VERSION } from './api.ts';
import type { HubSpotApi } from './api.ts';
import type { Label, SchemaLanguage } from './labels.ts';
import { HUBSPOT_OBJECTS } from './object-types.ts';
import { PROPERTY_NAMES } from './properties.ts';
import { LIST_ANSWER } from './wire.ts';

const NOTICE_LIST_DAYS = 90;

type ListDefinition = { readonly objectType: HostObjectType; readonly name: Label; readonly filter: unknown };

export const LISTS: readonly ListDefinition[] = [
  {
    objectType: 'opportunity',
    name: { en: 'Counterpart: notice due in 90 days', 'zh-CN': 'Counterpart：90 天内须通知' },
    filter: withinDays(PROPERTY_NAMES.noticeDeadline, NOTICE_LIST_DAYS),
  },
  {
    objectType: 'opportunity',
    name: { en: 'Counterpart: renewal undecided', 'zh-CN': 'Counterpart：续签未决定' },
    filter: isAnyOf(PROPERTY_NAMES.renewalDecision, ['undecided']),
  },
  {
    objectType: 'account',
    name: { en: 'Counterpart: SLA missed last month', 'zh-CN': 'Counterpart：上月 SLA 未达标' },
    filter: isAnyOf(PROPERTY_NAMES.slaStatus, ['missed']),
  },
];

/** Names of the lists that had to be made. */
export async function ensureLists(
  api: HubSpotApi,
  connection: ConnectionRef,
  language: SchemaLanguage,
  options: CallOptions,
): Promise<HostResult<readonly string[]>> {
  const created: string[] = [];
  for (const list of LISTS) {
    const made = await ensureList(api, connection, { list, name: list.name[language] }, options);
    if (made.ok && made.value) created.push(list.name[language]);
    if (!made.ok && !canDoWithout(made.failure)) return made;
  }
  return { ok: true, value: created };
}

/**
 * No scope, or HubSpot refuses this list: another process made it a moment ago, or the portal's plan has no room for it. The properties it
 * filters by are there all the same, so an install never fails for a list.
 */
function canDoWithout(failure: HostFailure): boolean {
  return failure.kind === 'forbidden' || failure.kind === 'rejected';
}

/** True when it was made now. */
async function ensureList(
  api: HubSpotApi,
  connection: ConnectionRef,
  { list, name }: { readonly list: ListDefinition; readonly name: string },
  options: CallOptions,
): Promise<HostResult<boolean>> {
  const objectTypeId = HUBSPOT_OBJECTS[list.objectType].typeId;
  const path = `/crm/lists/${API_VERSION}/object-type-id/${objectTypeId}/name/${encodeURIComponent(name)}`;
  const found = await api.request(
    connection,
    { operation: 'lists.getByName', effect: 'read', method: 'GET', path },
    LIST_ANSWER,
    options,
  );
  if (found.ok) return { ok: true, value: false };
  if (found.failure.kind !== 'notFound') return found;
  const json = { name, objectTypeId, processingType: 'DYNAMIC', filterBranch: anyOfAll(list.filter) };
  const created = await api.request(
    connection,
    { operation: 'lists.create', effect: 'write', method: 'POST', path: `/crm/lists/${API_VERSION}`, json },
    LIST_ANSWER,
    options,
  );
  return created.ok ? { ok: true, value: true } : created;
}

/** HubSpot takes filters only as an OR of ANDs (HubSpot docs, Lists: filter branches). */
function anyOfAll(filter: unknown): unknown {
  const every = { filterBranchType: 'AND', filterBranchOperator: 'AND', filterBranches: [], filters: [filter] };
  return { filterBranchType: 'OR', filterBranchOperator: 'OR', filterBranches: [every], filters: [] };
}

function isAnyOf(property: string, values: readonly string[]): unknown {
  const operation = {
    operationType: 'ENUMERATION',
    operator: 'IS_ANY_OF',
    values,
    includeObjectsWithNoValueSet: false,
  };
  return { filterType: 'PROPERTY', property, operation };
}

/** From today to `days` days ahead, both included; dates are UTC days in HubSpot. */
function withinDays(property: string, days: number): unknown {
  const today = { timeType: 'INDEXED', zoneId: 'UTC', indexReference: { referenceType: 'TODAY' } };
  const operation = {
    operationType: 'TIME_RANGED',
    type: 'TIME_RANGED',
    operator: 'IS_BETWEEN',
    includeObjectsWithNoValueSet: false,
    lowerBoundTimePoint: today,
    lowerBoundEndpointBehavior: 'INCLUSIVE',
    upperBoundTimePoint: { ...today, offset: { days } },
    upperBoundEndpointBehavior: 'INCLUSIVE',
  };
  return { filterType: 'PROPERTY', property, operation };
}
