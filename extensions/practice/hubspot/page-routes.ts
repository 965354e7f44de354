/** The JSON behind the practice pages: what a person sees and does in the portal, as opposed to what an app calls. */
import { type Call, type Reply, type Route, json, refuse } from './exchange.ts';
import { findObjectType } from './object-type.ts';
import { events, extensionsView, listsView, portalList, propertyCatalogue } from './page-catalogue.ts';
import { listRecords } from './page-list.ts';
import {
  createByPerson,
  detailView,
  history,
  mergeByPerson,
  patchByPerson,
  person,
  withRecord,
} from './page-record.ts';
import type { Portal } from './portal.ts';
import type { Practice } from './practice.ts';
import { notFound } from './problem.ts';
import type { RecordScope } from './record-access.ts';
import { archiveRecord, restoreRecord } from './record-writer.ts';
import type { StoredRecord } from './stored-record.ts';

type PortalHandler = (call: Call, portal: Portal) => Reply;
type ScopeHandler = (call: Call, scope: RecordScope) => Reply;
type RecordHandler = (call: Call, scope: RecordScope, record: StoredRecord) => Reply;

const BASE = '/practice/api/portals';
const OBJECTS = `${BASE}/{portalId}/objects/{type}`;

/** The routes below `/practice/api/portals`. */
export function pageRoutes(practice: Practice): readonly Route[] {
  const list: Route = { method: 'GET', path: BASE, kind: 'page', handle: () => json(portalList(practice)) };
  return [list, ...recordPages(practice), ...portalPages(practice)];
}

const inPortal =
  (practice: Practice, handle: PortalHandler) =>
  (call: Call): Reply => {
    const portal = practice.portals.get(call.params.portalId ?? '');
    return portal === undefined ? refuse(notFound('Unknown portal')) : handle(call, portal);
  };

const inType = (practice: Practice, handle: ScopeHandler): ((call: Call) => Reply) =>
  inPortal(practice, (call, portal) => {
    const type = findObjectType(call.params.type ?? '');
    return type === undefined ? refuse(notFound('Unknown object type')) : handle(call, { portal, type });
  });

function recordPages(practice: Practice): readonly Route[] {
  const many = (method: Route['method'], path: string, handle: ScopeHandler): Route => ({
    method,
    path: `${OBJECTS}${path}`,
    kind: 'page',
    handle: inType(practice, handle),
  });
  const one = (method: Route['method'], path: string, handle: RecordHandler): Route =>
    many(method, `/{recordId}${path}`, (call, scope) =>
      withRecord(call, scope, (record) => handle(call, scope, record)),
    );
  return [
    many('GET', '', (call, scope) => listRecords(practice, call, scope)),
    many('POST', '', (call, scope) => createByPerson(practice, call, scope)),
    many('POST', '/merge', (call, scope) => mergeByPerson(practice, call, scope)),
    one('GET', '', (_call, scope, record) => json(detailView(scope, record))),
    one('PATCH', '', (call, scope, record) => patchByPerson(practice, { call, scope, record })),
    one('POST', '/archive', (_call, scope, record) =>
      json(detailView(scope, archiveRecord(practice.writer(scope.portal), record, person(scope.portal)))),
    ),
    one('POST', '/restore', (_call, scope, record) =>
      json(detailView(scope, restoreRecord(practice.writer(scope.portal), record, person(scope.portal)))),
    ),
    one('GET', '/history', (call, scope, record) => json(history(call, scope, record))),
  ];
}

function portalPages(practice: Practice): readonly Route[] {
  const route = (path: string, handle: PortalHandler): Route => ({
    method: 'GET',
    path: `${BASE}/{portalId}${path}`,
    kind: 'page',
    handle: inPortal(practice, handle),
  });
  const ofType = (path: string, handle: ScopeHandler): Route => ({
    method: 'GET',
    path: `${BASE}/{portalId}${path}`,
    kind: 'page',
    handle: inType(practice, handle),
  });
  return [
    ofType('/properties/{type}', (_call, scope) => json(propertyCatalogue(scope))),
    ofType('/pipelines/{type}', (_call, { portal, type }) => json([...portal.pipelines[type.id].values()])),
    route('/owners', (_call, portal) => json([...portal.owners.values()])),
    route('/lists', (_call, portal) => json(listsView(practice, portal))),
    route('/extensions', (_call, portal) => json(extensionsView(practice, portal))),
    route('/events', (_call, portal) => events(practice, portal)),
  ];
}
