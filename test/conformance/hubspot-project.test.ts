/** The HubSpot project passes HubSpot's own parser, and the parser would have said so if it did not. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { http } from '@hubspot/local-dev-lib/http';
import { parseProjectConfig } from '@hubspot/project-parsing-lib/projects';
import { translate } from '@hubspot/project-parsing-lib/translate';
import { collectFileDependencies, findAndParsePackageJsonFiles } from '@hubspot/project-parsing-lib/workspaces';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SHARED_PROPERTIES } from '../../app/core/follow-up.ts';
import { OPTIONAL_SCOPES, REQUIRED_SCOPES } from '../../server/crm/hubspot/scopes.ts';
import { stageHubSpotProject } from '../../scripts/stage-hubspot.mjs';
import { COMPONENT_SCHEMAS } from './hubspot-project-schemas.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'extensions/hubspot');
const PLATFORM_VERSION = '2026.09';
const PROFILE = 'example';
const UIDS = ['contracts_sidebar', 'contracts_tab', 'counterpart_app', 'counterpart_settings', 'counterpart_webhooks'];

const get = http.get;
const folders: string[] = [];
beforeAll(() => {
  // The one outside call of full validation: it would fetch HubSpot's schemas with a personal access key.
  Object.assign(http, { get: async () => ({ data: COMPONENT_SCHEMAS }) });
});
afterAll(() => {
  Object.assign(http, { get });
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function validate(projectSourceDir: string) {
  const context = { projectSourceDir, platformVersion: PLATFORM_VERSION, accountId: 1 };
  return translate(context, { skipValidation: false, profile: PROFILE });
}

/** A copy of the project with one file changed. */
function withFault(file: string, change: (text: string) => string, moveTo = file): string {
  const folder = mkdtempSync(join(tmpdir(), 'hubspot-project-'));
  folders.push(folder);
  cpSync(SOURCE, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const text = change(readFileSync(join(folder, file), 'utf8'));
  if (moveTo !== file) rmSync(join(folder, file));
  writeFileSync(join(folder, moveTo), text);
  return folder;
}

/** What the parser says about a project it refuses; null when it accepts it. */
function refusal(folder: string): Promise<string | null> {
  return validate(folder).then(
    () => null,
    (error: unknown) => String(error),
  );
}

const nodeConfigs = z.object({
  counterpart_app: z.object({
    config: z.object({ auth: z.object({ requiredScopes: z.array(z.string()), optionalScopes: z.array(z.string()) }) }),
  }),
  counterpart_webhooks: z.object({
    config: z.object({
      subscriptions: z.object({
        crmObjects: z.array(
          z.object({ subscriptionType: z.string(), objectType: z.string(), propertyName: z.string().optional() }),
        ),
        hubEvents: z.array(z.object({ subscriptionType: z.string() })),
      }),
    }),
  }),
});

async function readConfigs() {
  const { intermediateNodesIndexedByUid } = (await validate(SOURCE)).intermediateRepresentation;
  return nodeConfigs.parse(intermediateNodesIndexedByUid);
}

describe('the project as it is', () => {
  test('has a configuration that HubSpot accepts, with the source folder inside the repository', () => {
    const expected = { name: 'counterpart', srcDir: 'extensions/hubspot', platformVersion: PLATFORM_VERSION };
    expect(parseProjectConfig(ROOT)).toEqual(expected);
  });

  test('declares exactly the app, two cards, the settings page and the webhooks, and no file is skipped', async () => {
    const context = { projectSourceDir: SOURCE, platformVersion: PLATFORM_VERSION };
    const parsed = await translate(context, { skipValidation: true });
    expect(parsed.skippedHsMetaFiles).toEqual([]);
    expect(Object.keys(parsed.intermediateRepresentation.intermediateNodesIndexedByUid).sort()).toEqual(UIDS);
  });

  test('passes full validation with the values of its profile', async () => {
    const parsed = await validate(SOURCE);
    expect(Object.keys(parsed.intermediateRepresentation.intermediateNodesIndexedByUid).sort()).toEqual(UIDS);
    expect(JSON.stringify(parsed.intermediateRepresentation.intermediateNodesIndexedByUid)).not.toContain('${');
  });

  test('asks for the scopes that the server uses, and no other', async () => {
    const { auth } = (await readConfigs()).counterpart_app.config;
    expect(auth.requiredScopes).toEqual([...REQUIRED_SCOPES]);
    expect(auth.optionalScopes).toEqual([...OPTIONAL_SCOPES]);
  });

  test('subscribes to each shared property, every life-cycle event of mirrored records, and privacy deletions', async () => {
    const { subscriptions } = (await readConfigs()).counterpart_webhooks.config;
    const keys = subscriptions.crmObjects.map(({ subscriptionType, objectType, propertyName }) =>
      [subscriptionType, objectType, propertyName].filter(Boolean).join(' '),
    );
    const expected = ['deal', 'company'].flatMap((type) => [
      ...SHARED_PROPERTIES.map((property) => `object.propertyChange ${type} ${property}`),
      ...['creation', 'deletion', 'merge', 'restore', 'associationChange'].map((event) => `object.${event} ${type}`),
    ]);
    expect(keys).toEqual(expect.arrayContaining(expected));
    expect(subscriptions.hubEvents.map((each) => each.subscriptionType)).toContain('contact.privacyDeletion');
  });

  test('names entry points that exist', async () => {
    const { intermediateNodesIndexedByUid: nodes } = (await validate(SOURCE)).intermediateRepresentation;
    const withEntry = z.object({ entrypoint: z.string() });
    const entries = Object.values(nodes).flatMap(({ config }) => withEntry.safeParse(config).data?.entrypoint ?? []);
    expect(entries).toHaveLength(3);
    for (const entry of entries) expect(existsSync(join(SOURCE, entry)), entry).toBe(true);
  });

  test('is staged for upload with the shared code inside each folder that npm installs for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hubspot-upload-'));
    folders.push(folder);
    const source = stageHubSpotProject(folder);
    expect(parseProjectConfig(folder).srcDir).toBe('extensions/hubspot');
    expect(
      Object.keys((await validate(source)).intermediateRepresentation.intermediateNodesIndexedByUid).sort(),
    ).toEqual(UIDS);

    const dependencies = await collectFileDependencies(await findAndParsePackageJsonFiles(source));
    expect(
      dependencies.map(({ localPath, sourcePackageJsonPath }) => relative(dirname(sourcePackageJsonPath), localPath)),
    ).toEqual(['shared', 'shared']);
    for (const { localPath } of dependencies) {
      for (const file of ['core/present.ts', 'core/messages/zh-CN.ts', 'wire/card.ts']) {
        expect(readFileSync(join(localPath, file), 'utf8')).toBe(readFileSync(join(ROOT, 'app', file), 'utf8'));
      }
      expect(existsSync(join(localPath, 'web'))).toBe(false);
    }
  });

  test('staging never empties a folder that holds something else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hubspot-upload-'));
    folders.push(folder);
    writeFileSync(join(folder, 'letter.txt'), 'keep me');
    expect(() => stageHubSpotProject(folder)).toThrow(/holds other files/);
    expect(existsSync(join(folder, 'letter.txt'))).toBe(true);
  });
});

describe('a fault is found', () => {
  const TAB = 'app/cards/contracts-tab-hsmeta.json';
  const APP = 'app/app-hsmeta.json';
  const HOOKS = 'app/webhooks/webhooks-hsmeta.json';
  const FETCH = '"fetch": ["${BACKEND_URL}"]';
  test.each([
    [
      'an unknown card location',
      { file: TAB, from: 'crm.record.tab', to: 'crm.record.middle', cause: /config\.location/ },
    ],
    ['an object type in the singular', { file: TAB, from: '"deals"', to: '"deal"', cause: /config\.objectTypes/ }],
    [
      'an entry point without its leading slash',
      { file: TAB, from: '"/app/cards/', to: '"app/cards/', cause: /config\.entrypoint/ },
    ],
    [
      'an unexpected top-level key',
      { file: TAB, from: '"type": "card"', to: '"type": "card", "version": 2', cause: /top-level.*version/ },
    ],
    ['a uid with a space', { file: TAB, from: 'contracts_tab', to: 'contracts tab', cause: /'uid' should use only/ }],
    ['a uid used twice', { file: TAB, from: 'contracts_tab', to: 'contracts_sidebar', cause: /Duplicate uid/ }],
    [
      'a component in the wrong folder',
      { file: TAB, from: '"card"', to: '"settings"', cause: /directory 'app\/cards' is incorrect/ },
    ],
    [
      'an address without encryption',
      { file: APP, from: FETCH, to: '"fetch": ["http://a.example"]', cause: /permittedUrls/ },
    ],
    ['a local address', { file: APP, from: FETCH, to: '"fetch": ["https://localhost"]', cause: /permittedUrls/ }],
    ['an app without the oauth scope', { file: APP, from: /"oauth",(?=\s+"crm)/, to: '', cause: /requiredScopes/ }],
    [
      'a variable that the profile lacks',
      { file: APP, from: '${BACKEND_URL}/o', to: '${ADDRESS}/o', cause: /Missing value for ADDRESS/ },
    ],
    [
      'a property change without its property',
      { file: HOOKS, from: /,\s+"propertyName": "counterpart_stage"/, to: '', cause: /propertyName/ },
    ],
    [
      'a property nobody can subscribe to',
      { file: HOOKS, from: '"counterpart_stage"', to: '"hs_lastmodifieddate"', cause: /propertyName/ },
    ],
  ])('%s', async (_what, { file, from, to, cause }) => {
    const folder = withFault(file, (text) => {
      const changed = text.replace(from, () => to);
      expect(changed).not.toBe(text);
      return changed;
    });
    expect(await refusal(folder)).toMatch(cause);
  });

  test('a second app in the project', async () => {
    const folder = withFault(APP, (text) => text);
    const second = readFileSync(join(folder, APP), 'utf8').replace('counterpart_app', 'second_app');
    writeFileSync(join(folder, 'app/second-hsmeta.json'), second);
    expect(await refusal(folder)).toMatch(/Only one app/i);
  });

  test('a meta file outside its folder is reported as skipped', async () => {
    const moved = 'app/cards/components/contracts-tab-hsmeta.json';
    const context = { projectSourceDir: withFault(TAB, (text) => text, moved), platformVersion: PLATFORM_VERSION };
    const parsed = await translate(context, { skipValidation: true });
    expect(parsed.skippedHsMetaFiles).toEqual([moved]);
  });
});
