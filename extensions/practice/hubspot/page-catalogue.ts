/** What the practice pages need to know about a portal besides its records: properties, lists, installed cards, live news. */
import type { Reply } from './exchange.ts';
import { membersOf } from './list-filter.ts';
import { viewFiltersOf } from './list-view-filter.ts';
import type { ObjectTypeId } from './object-type.ts';
import type { Portal } from './portal.ts';
import { type Practice, isInstalled, uiDomainOf } from './practice.ts';
import type { RecordScope } from './record-access.ts';

export function portalList(practice: Practice): unknown[] {
  return [...practice.portals.values()].map((portal) => ({
    id: portal.profile.id,
    name: portal.profile.name,
    uiDomain: uiDomainOf(practice, portal),
    timeZone: portal.profile.timeZone,
    currency: portal.profile.currency,
    locale: portal.profile.locale,
    user: portal.profile.user,
    installed: practice.apps.some((app) => isInstalled(practice, portal.profile.id, app.appId)),
  }));
}

export function propertyCatalogue({ portal, type }: RecordScope): Record<string, unknown> {
  const properties = [...portal.properties[type.id].values()].filter((property) => property.archivedAt === null);
  return {
    groups: [...portal.groups[type.id].values()].map(({ name, label }) => ({ name, label })),
    properties: properties.map((property) => ({
      name: property.name,
      label: property.label,
      type: property.type,
      fieldType: property.fieldType,
      groupName: property.groupName,
      options: optionsFor(portal, type.id, property.name) ?? property.options,
      hidden: property.hidden,
      readOnlyValue: property.readOnlyValue,
      description: property.description,
    })),
  };
}

/** Labels of values that live in pipelines and owners, so that an editor can offer them. */
function optionsFor(portal: Portal, typeId: ObjectTypeId, name: string): unknown[] | undefined {
  const pipelines = [...portal.pipelines[typeId].values()];
  const options = (rows: readonly { value: string; label: string }[]): unknown[] =>
    rows.map((row, displayOrder) => ({ ...row, displayOrder, hidden: false }));
  if (name === 'pipeline' || name === 'hs_pipeline')
    return options(pipelines.map((pipeline) => ({ value: pipeline.id, label: pipeline.label })));
  if (name === 'dealstage' || name === 'hs_pipeline_stage') {
    return options(
      pipelines.flatMap((pipeline) => pipeline.stages.map((stage) => ({ value: stage.id, label: stage.label }))),
    );
  }
  if (name === 'hubspot_owner_id')
    return options(
      [...portal.owners.values()].map((owner) => ({
        value: owner.id,
        label: `${owner.firstName} ${owner.lastName}`.trim(),
      })),
    );
  return undefined;
}

export function listsView(practice: Practice, portal: Portal): unknown[] {
  return [...portal.lists.values()]
    .filter((list) => list.deletedAt === null)
    .map((list) => ({
      id: list.listId,
      name: list.name,
      objectType: list.objectTypeId,
      filters: viewFiltersOf(list),
      size: membersOf(portal, list, practice.clock.now()).length,
    }));
}

export function extensionsView(practice: Practice, portal: Portal): unknown[] {
  return practice.apps
    .filter((app) => isInstalled(practice, portal.id, app.appId))
    .flatMap((app) =>
      app.extensions.map((extension) => ({
        uid: extension.uid,
        title: extension.title,
        location: extension.location,
        objectTypes: extension.objectTypes,
        bundleUrl: `/bundles/${extension.bundle}`,
        appId: app.appId,
        appName: app.name,
        ...(extension.previewImage === undefined ? {} : { previewImage: extension.previewImage }),
      })),
    );
}

/** Server-sent events of one portal; the connection lives until either side ends it. */
export function events(practice: Practice, portal: Portal): Reply {
  return {
    kind: 'stream',
    open: (response) => {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'keep-alive',
      });
      response.write('retry: 2000\n\n');
      const unsubscribe = practice.onPageNews((news) => {
        if (news.portalId !== portal.id) return;
        const data =
          news.type === 'record' ? { type: 'record', objectType: news.objectType, id: news.id } : { type: 'install' };
        response.write(`data: ${JSON.stringify(data)}\n\n`);
      });
      response.on('close', unsubscribe);
    },
  };
}
