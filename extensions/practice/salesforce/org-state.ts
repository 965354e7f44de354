/** Opens the org's state: tables, schema, switches and listeners, and fills an org that is new. */
import { createCallLog } from '../hubspot/call-log.ts';
import { type Database, openDatabase } from '../hubspot/database.ts';
import type { Clock } from '../hubspot/world.ts';
import { DEFAULT_BEHAVIOUR, type PracticeBehaviour } from './behaviour.ts';
import { type FaultSettings, NO_FAULTS } from './faults.ts';
import { instantText } from './field-value.ts';
import { endAllGrants } from './grants.ts';
import { loadOrg, putUser } from './load-org.ts';
import type { Schema } from './object-definition.ts';
import type { OrgChange } from './org-change.ts';
import { NAMESPACE, type PackageSource, readPackage } from './package-source.ts';
import type { PageNews } from './page-wire.ts';
import type { PracticeOrg } from './practice-org.ts';
import { longId, makeId } from './record-id.ts';
import { createRecordStore } from './record-store.ts';
import type { PracticeSalesforceOptions } from './running-org.ts';
import { buildSchema } from './schema.ts';

const DAY_MS = 86_400_000;
const ADMIN_SERIAL = 1;

/** Opens or creates the org; `own.url` is read when an answer needs the server's address. */
export function openOrg(options: PracticeSalesforceOptions, own: { readonly url: string }): PracticeOrg {
  const database = openDatabase(options.dataDir);
  const { source, schemas } = packageOf(options.packageDir);
  const settings = database.table<boolean>('settings/installed');
  const isInstalled = (): boolean => source !== null && (settings.get('package') ?? options.installed ?? true);
  const changes = createListeners<OrgChange>();
  const news = createListeners<PageNews>();
  const org: PracticeOrg = {
    ...stateOf(options, database),
    get adminId() {
      return [...org.members.values()].find(({ isAdmin }) => isAdmin)?.userId ?? makeId('005', ADMIN_SERIAL);
    },
    schema: () => (isInstalled() ? schemas.installed : schemas.bare),
    installedPackage: () => (isInstalled() ? source : null),
    setInstalled: (installed) => {
      if (!installed) removePackageData(org, source);
      settings.put('package', installed);
      news.tell({ type: 'package', installed });
    },
    instanceUrl: () => own.url,
    emit: changes.tell,
    onChange: changes.add,
    announce: news.tell,
    onPageNews: news.add,
    reset: () => {
      database.clear();
      org.records.forgetIndexes();
      org.cursors.clear();
      org.lockedRows.clear();
      org.calls.clear();
      org.apiUsage.clear();
      fill(org, options);
    },
  };
  fill(org, options);
  return org;
}

interface ReadPackage {
  readonly source: PackageSource | null;
  readonly schemas: { readonly installed: Schema; readonly bare: Schema };
}
/** Reading two hundred files takes longer than all else; orgs of one process share what was read. */
const packages = new Map<string, ReadPackage>();

function packageOf(packageDir: string | null): ReadPackage {
  const known = packages.get(packageDir ?? '');
  if (known !== undefined) return known;
  const source = packageDir === null ? null : readPackage(packageDir);
  const read = { source, schemas: { installed: buildSchema(source), bare: buildSchema(null) } };
  packages.set(packageDir ?? '', read);
  return read;
}

type State = Omit<
  PracticeOrg,
  | 'adminId'
  | 'schema'
  | 'installedPackage'
  | 'setInstalled'
  | 'instanceUrl'
  | 'emit'
  | 'onChange'
  | 'announce'
  | 'onPageNews'
  | 'reset'
>;

function stateOf(options: PracticeSalesforceOptions, database: Database): State {
  const faults = database.table<Partial<FaultSettings>>('settings/faults');
  const switches = database.table<Partial<PracticeBehaviour>>('settings/behaviour');
  return {
    clock: options.clock,
    random: options.random,
    log: options.log,
    database,
    profile: options.org,
    orgId: longId(options.org.id),
    app: options.app,
    publicToLocal: options.publicToLocal ?? {},
    namedCredentials: options.namedCredentials ?? {},
    pagesDir: options.pagesDir ?? null,
    apex: options.apex ?? null,
    records: createRecordStore(database),
    members: database.table('members'),
    grants: {
      sessions: database.table('sessions'),
      refreshTokens: database.table('refreshTokens'),
      codes: database.table('codes'),
    },
    history: database.table('history'),
    counters: database.table('counters'),
    credentials: database.table('credentials'),
    jobs: database.table('jobs'),
    cursors: new Map(),
    refreshing: new Set(),
    lockedRows: new Set(),
    calls: createCallLog(),
    apiUsage: createUsage(options.clock),
    behaviour: () => ({ ...DEFAULT_BEHAVIOUR, ...options.behaviour, ...switches.get('all') }),
    setBehaviour: (change) => switches.put('all', { ...switches.get('all'), ...change }),
    faults: () => ({ ...NO_FAULTS, ...options.faults, ...faults.get('all') }),
    setFaults: (change) => faults.put('all', { ...faults.get('all'), ...change }),
  };
}

function createListeners<T>(): {
  readonly tell: (value: T) => void;
  readonly add: (listener: (value: T) => void) => () => void;
} {
  const listeners = new Set<(value: T) => void>();
  return {
    tell: (value) => {
      for (const listener of listeners) listener(value);
    },
    add: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Calls of the last 24 hours, counted by the minute, which is as exact as the allocation needs to be. */
function createUsage(clock: Clock): PracticeOrg['apiUsage'] {
  const minuteMs = 60_000;
  const minutes = new Map<number, number>();
  const used = (): number => {
    const from = (clock.now() - DAY_MS) / minuteMs;
    let sum = 0;
    for (const [minute, count] of minutes) {
      if (minute < from) minutes.delete(minute);
      else sum += count;
    }
    return sum;
  };
  return {
    take: () => {
      const minute = Math.floor(clock.now() / minuteMs);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
      return used();
    },
    used,
    clear: () => minutes.clear(),
  };
}

/** Fills an org that has never been opened: its own record, its administrator, then the seed. */
function fill(org: PracticeOrg, options: PracticeSalesforceOptions): void {
  if (org.records.count('Organization') > 0) return;
  const { profile } = org;
  const at = instantText(Date.parse('2020-01-06T08:00:00Z'));
  org.records.put({
    id: org.orgId,
    object: 'Organization',
    deletedWith: null,
    values: {
      Id: org.orgId,
      Name: profile.name,
      TimeZoneSidKey: profile.timeZone,
      LanguageLocaleKey: profile.language,
      DefaultLocaleSidKey: profile.locale,
      OrganizationType: profile.organizationType,
      InstanceName: 'CP0',
      IsSandbox: profile.isSandbox,
      NamespacePrefix: null,
      CreatedDate: at,
      LastModifiedDate: at,
      SystemModstamp: at,
    },
  });
  const seed = options.seed?.();
  if (seed?.users?.some(({ isAdmin }) => isAdmin === true) !== true) {
    putUser(org, {
      id: makeId('005', ADMIN_SERIAL),
      firstName: 'Ada',
      lastName: 'Admin',
      email: 'admin@practice-org.example',
      isAdmin: true,
      language: profile.language,
      locale: profile.locale,
      timeZone: profile.timeZone,
      permissionSets: [],
    });
  }
  if (seed !== undefined) loadOrg(org, seed);
  org.records.takeLog();
  org.database.flush();
}

/** Uninstalling takes the package's objects, fields, secrets and its app's grants with it. */
function removePackageData(org: PracticeOrg, source: PackageSource | null): void {
  const prefix = `${NAMESPACE}__`;
  for (const object of org.schema().objects.values()) {
    for (const row of org.records.rows(object.name)) {
      if (object.name.startsWith(prefix)) org.records.remove(object.name, row.id);
      else if (Object.keys(row.values).some((name) => name.startsWith(prefix)))
        org.records.put({
          ...row,
          values: Object.fromEntries(Object.entries(row.values).filter(([name]) => !name.startsWith(prefix))),
        });
    }
  }
  org.records.takeLog();
  for (const [key] of org.credentials.entries()) org.credentials.delete(key);
  if (source !== null && org.app.installedByPackage !== false) endAllGrants(org);
}
