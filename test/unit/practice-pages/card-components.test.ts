import fs from 'node:fs';
import path from 'node:path';
import * as crm from '@hubspot/ui-extensions/crm';
import * as sdk from '@hubspot/ui-extensions';
import { describe, expect, test } from 'vitest';
import {
  PAGE_COMPONENTS,
  STANDARD_COMPONENTS,
} from '../../../extensions/practice/pages/src/card-host/component-names.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGES = path.join(ROOT, 'extensions/practice/pages/src');
const SDK = path.join(ROOT, 'node_modules/@hubspot/ui-extensions/dist');

/** The chapter of the SDK's component list that its documentation calls standard components. */
function standardNames(): readonly string[] {
  const source = fs.readFileSync(path.join(SDK, 'shared.synced/remoteComponents.synced.js'), 'utf8');
  const [, standard = ''] = source.split('// STANDARD COMPONENTS');
  const chapter = standard.split('// CRM COMPONENTS')[0] ?? '';
  return [...chapter.matchAll(/createAndRegisterRemote(?:Compound)?ReactComponent\('(\w+)'/g)].map(
    (match) => match[1] ?? '',
  );
}

async function hostMap(): Promise<Readonly<Record<string, unknown>>> {
  // The path is computed because the pages have a TypeScript project of their own, with JSX and the DOM.
  const module: { COMPONENTS: Readonly<Record<string, unknown>> } = await import(
    path.join(PAGES, 'card-host/component-map.tsx')
  );
  return module.COMPONENTS;
}

describe('the card host and HubSpot SDK 0.17', () => {
  test('every standard component of the SDK is in the host map, and nothing else is', async () => {
    const names = standardNames();
    expect(names).toHaveLength(71);
    expect(Object.keys(await hostMap()).toSorted()).toEqual([...names, ...PAGE_COMPONENTS].toSorted());
    expect([...STANDARD_COMPONENTS].toSorted()).toEqual(names.toSorted());
  });

  test('every component name string the SDK exports to a record card is rendered', async () => {
    const map = await hostMap();
    const exported = Object.values<unknown>(sdk).filter((value) => typeof value === 'string');
    const crmOnly = new Set(Object.values<unknown>(crm).filter((value) => typeof value === 'string'));
    const missing = exported.filter((name) => !crmOnly.has(name) && !(name in map));
    expect(exported.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  test('the worker offers every global that the SDK reads', () => {
    const worker = fs.readFileSync(path.join(PAGES, 'card-host/card-worker.ts'), 'utf8');
    const sources = fs
      .readdirSync(SDK, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js') && !/__tests__|testing|hs-internal/.test(file))
      .map((file) => fs.readFileSync(path.join(SDK, file), 'utf8'))
      .join('\n');
    const read = [...sources.matchAll(/(?:getWorkerGlobals\(\)|\bself)\.(?:hsWorkerAPI\.)?(\w+)/g)].map(
      (match) => match[1] ?? '',
    );
    const wanted = new Set(read);
    expect(wanted.size).toBeGreaterThan(5);
    for (const name of wanted) expect(worker, `global ${name}`).toContain(name);
  });

  test('the worker leaves React and RemoteUI to the bundle, as the SDK builder expects', () => {
    const builder = path.join(ROOT, 'node_modules/@hubspot/ui-extensions-dev-server/dist/lib/constants.js');
    const source = fs.readFileSync(builder, 'utf8');
    expect(source).toMatch(/react: ?'React'/);
    expect(source).toMatch(/'@remote-ui\/react': ?'RemoteUI'/);
  });
});
