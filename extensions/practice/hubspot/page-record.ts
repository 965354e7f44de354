/** One record as a person sees and changes it in the practice pages; every edit is that person's, in history and webhooks alike. */
import { z } from 'zod';
import { addLink, defaultAssociationType, findAssociationType, linksFrom } from './association-store.ts';
import { type Call, type Reply, json, readJson, refuse } from './exchange.ts';
import { OBJECT_TYPES, type ObjectTypeId, findObjectType } from './object-type.ts';
import type { Portal } from './portal.ts';
import { personSource } from './portal-change.ts';
import type { Practice } from './practice.ts';
import { invalidInput, notFound } from './problem.ts';
import { checkProperties } from './property-check.ts';
import { inLanguage } from './refusal-text.ts';
import { type RecordScope, commaList, findRecord } from './record-access.ts';
import { PropertyValues, mergeByIds } from './record-routes.ts';
import { createRecord, updateRecord } from './record-writer.ts';
import { type StoredRecord, currentValues, historyView, valueOf } from './stored-record.ts';

const PatchInput = z.object({ properties: PropertyValues });
const CreateInput = z.object({
  properties: PropertyValues,
  associations: z
    .array(z.object({ objectType: z.string().optional(), type: z.string().optional(), id: z.string() }))
    .default([]),
});
const MergeInput = z.object({ primaryId: z.string(), mergedId: z.string() });

/** The language asked for in the address, else the browser's. */
const languageOf = (call: Call): string => call.query.get('locale') ?? call.headers['accept-language'] ?? 'en';

export const person = (portal: Portal): ReturnType<typeof personSource> => personSource(portal.profile.user.id);

export function withRecord(call: Call, scope: RecordScope, handle: (record: StoredRecord) => Reply): Reply {
  const record = findRecord(scope, call.params.recordId ?? '', null);
  return record === undefined ? refuse(notFound('No such record')) : handle(record);
}

export const rowView = (record: StoredRecord): Record<string, unknown> => ({
  id: record.id,
  properties: currentValues(record),
  archived: record.archivedAt !== null,
  createdAt: new Date(record.createdAt).toISOString(),
  updatedAt: new Date(record.updatedAt).toISOString(),
});

export function detailView(scope: RecordScope, record: StoredRecord): Record<string, unknown> {
  const associated = (typeId: ObjectTypeId): unknown[] =>
    linksFrom(scope.portal, { typeId: scope.type.id, id: record.id }, typeId).flatMap((link) => {
      const other = scope.portal.records[typeId].get(link.toId);
      if (other === undefined || other.archivedAt !== null) return [];
      const primary = link.typeIds.some((id) => findAssociationType(id)?.primary === true);
      return [
        {
          id: other.id,
          name: valueOf(other, OBJECT_TYPES[typeId].nameProperty) ?? other.id,
          label: primary ? 'Primary' : null,
        },
      ];
    });
  return {
    ...rowView(record),
    type: scope.type.id,
    mergedIds: record.mergedIds,
    associations: { deals: associated('0-3'), companies: associated('0-2'), tickets: associated('0-5') },
  };
}

export function patchByPerson(
  practice: Practice,
  { call, scope, record }: { call: Call; scope: RecordScope; record: StoredRecord },
): Reply {
  const input = readJson(call, PatchInput);
  if (!input.ok) return refuse(input.problem);
  if (record.archivedAt !== null) return refuse(invalidInput('An archived record cannot be edited'));
  const values = checkProperties(scope.portal, scope.type.id, input.value.properties, record);
  if (!values.ok) return refuse(inLanguage(values.problem, languageOf(call)));
  return json(
    detailView(scope, updateRecord(practice.writer(scope.portal), record, values.value, person(scope.portal))),
  );
}

export function createByPerson(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, CreateInput);
  if (!input.ok) return refuse(input.problem);
  const values = checkProperties(scope.portal, scope.type.id, input.value.properties, undefined);
  if (!values.ok) return refuse(inLanguage(values.problem, languageOf(call)));
  const context = practice.writer(scope.portal);
  const record = createRecord(context, scope.type.id, values.value, person(scope.portal));
  for (const one of input.value.associations) {
    const to = findObjectType(one.objectType ?? one.type ?? '');
    const type = to === undefined ? undefined : defaultAssociationType(scope.type.id, to.id);
    if (to === undefined || type === undefined || scope.portal.records[to.id].get(one.id) === undefined) continue;
    addLink(
      context,
      { fromType: scope.type.id, fromId: record.id, toType: to.id, toId: one.id },
      type,
      person(scope.portal),
    );
  }
  return json(detailView(scope, record), 201);
}

export function mergeByPerson(practice: Practice, call: Call, scope: RecordScope): Reply {
  const input = readJson(call, MergeInput);
  if (!input.ok) return refuse(input.problem);
  const { primaryId, mergedId } = input.value;
  const merged = mergeByIds(practice.writer(scope.portal), scope, {
    primaryObjectId: primaryId,
    objectIdToMerge: mergedId,
    source: person(scope.portal),
  });
  return merged.ok ? json(detailView(scope, merged.value)) : refuse(merged.problem);
}

export function history(call: Call, scope: RecordScope, record: StoredRecord): Record<string, unknown> {
  const asked = commaList(call.query.get('properties'));
  const names = asked.length > 0 ? asked : Object.keys(record.versions);
  return { id: record.id, type: scope.type.id, propertiesWithHistory: historyView(record, names) };
}
