/** Every metadata file of the Salesforce package has the shape Salesforce declares, and what one file names is in another. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageFiles, parseMetadata, PROJECT, readMetadata, readSource } from './salesforce-package-files.ts';
import { readMetadataSchema, violationsIn } from './salesforce-package-schema.ts';

const schema = readMetadataSchema();
const FILES = packageFiles(/\.xml$/);
const read = (file: string) => fs.readFileSync(path.join(PROJECT, file), 'utf8');

describe('shape', () => {
  test('the declarations that files are checked against were read', () => {
    expect(schema.objects.size).toBeGreaterThan(1_000);
    expect(schema.closedSets.size).toBeGreaterThan(500);
    expect(schema.objects.get('CustomField')?.fields.get('valueSet')?.type).toBe('ValueSet');
  });

  test('every metadata file is well-formed and has only elements and words that Salesforce knows', () => {
    expect(FILES.length).toBeGreaterThan(200);
    const violations = FILES.flatMap((file) =>
      violationsIn(schema, readMetadata(file)).map((violation) => `${file}: ${violation}`),
    );
    expect(violations).toEqual([]);
  });
});

describe('a planted fault is found', () => {
  const FIELD = 'objects/Opportunity/fields/Contract_Stage__c.field-meta.xml';
  const withFault = (from: string, to: string, file = FIELD) => {
    const source = readSource(file);
    expect(source).toContain(from);
    return () =>
      violationsIn(
        schema,
        parseMetadata(
          source.replace(from, () => to),
          file,
        ),
      );
  };

  test.each([
    ['an unknown element', '<label>Contract stage</label>', '<labels>x</labels>', /CustomField.labels: no such/],
    ['a word outside the set', '<type>Picklist</type>', '<type>Picklists</type>', /no FieldType/],
    ['a boolean that is none', '<restricted>false<', '<restricted>no<', /no boolean/],
    ['an element given twice', '<type>Picklist</type>', '<type>Text</type><type>Text</type>', /given 2 times/],
    ['elements in a text', '<type>Picklist</type>', '<type><a>Text</a></type>', /holds elements/],
  ])('%s', (_what, from, to, cause) => {
    expect(withFault(from, to)().join()).toMatch(cause);
  });

  test('a list view without its label', () => {
    const file = 'objects/Opportunity/listViews/Counterpart_Sla_Missed.listView-meta.xml';
    const violations = withFault('<label>SLA missed last month</label>', '', file)();
    expect(violations).toEqual(['ListView.label: required and missing']);
  });

  test('an element that is never closed', () => {
    expect(withFault('</label>', '')).toThrow(/Contract_Stage__c/);
  });
});

describe('project', () => {
  const project: unknown = JSON.parse(read('sfdx-project.json'));

  test('it names the namespace, the API version and the scripts, and no id of anybody’s org', () => {
    expect(project).toMatchObject({
      namespace: 'counterpart',
      sourceApiVersion: '68.0',
      packageDirectories: [
        {
          path: 'force-app',
          package: 'Counterpart',
          ancestorVersion: 'HIGHEST',
          definitionFile: 'config/project-scratch-def.json',
          postInstallScript: 'PackageInstall',
          uninstallScript: 'PackageUninstall',
        },
      ],
      packageAliases: {},
    });
    const classes = packageFiles(/\.cls$/, 'classes');
    expect(classes).toContain('classes/PackageInstall.cls');
    expect(classes).toContain('classes/PackageUninstall.cls');
    expect(fs.existsSync(path.join(PROJECT, 'config/project-scratch-def.json'))).toBe(true);
  });

  test('every API version is that of the project', () => {
    const versions = FILES.flatMap((file) =>
      [...readSource(file).matchAll(/<apiVersion>(.*?)<\/apiVersion>/g)].map(([, text]) => ({ file, text })),
    );
    expect(versions.length).toBeGreaterThan(20);
    expect(versions.filter(({ text }) => text !== '68.0')).toEqual([]);
  });

  test('no consumer key, no secret and no profile is in it', () => {
    expect(FILES.filter((file) => /GlobalOauth|profiles\//.test(file))).toEqual([]);
    const telling = /consumerKey|consumerSecret|oauthToken|<password>|Bearer (?!\{!\$Credential\.)/;
    expect(FILES.filter((file) => telling.test(readSource(file)))).toEqual([]);
  });

  test('no source of code is without its metadata, nor metadata without its source', () => {
    const sources = packageFiles(/\.(?:cls|trigger)$/);
    expect(sources.filter((file) => !FILES.includes(`${file}-meta.xml`))).toEqual([]);
    const metaOnly = FILES.filter((file) => /\.(?:cls|trigger|js)-meta\.xml$/.test(file));
    const lacking = metaOnly.filter(
      (file) => !fs.existsSync(path.join(PROJECT, 'force-app/main/default', file.replace('-meta.xml', ''))),
    );
    expect(lacking).toEqual([]);
  });
});

describe('documents', () => {
  const document = fs.readFileSync(path.join(PROJECT, '../../docs/salesforce-package.md'), 'utf8');
  const sections = document.split(/^## /m);
  const commands = (text: string) => [...text.matchAll(/^ *(sf [^\n]*)$/gm)].map(([, command]) => command ?? '');

  test('every command that needs an org stands in a section that says so', () => {
    expect(commands(document).length).toBeGreaterThanOrEqual(10);
    const unmarked = sections.filter((section) => !section.includes('Needs a Salesforce account')).flatMap(commands);
    expect(unmarked).toEqual([]);
  });

  test('what those commands name exists', () => {
    const options = commands(document).flatMap((command) => [...command.matchAll(/--(definition-file|path) (\S+)/g)]);
    expect(options.length).toBe(2);
    expect(options.filter(([, , file = '']) => !fs.existsSync(path.join(PROJECT, file)))).toEqual([]);
    const sets = [...document.matchAll(/\bCounterpart_[A-Z][a-z]+\b/g)].map(([name]) => name);
    const files = new Set(FILES.map((file) => file.replace(/^.*\/|\..*$/g, '')));
    expect(sets.filter((name) => name !== 'Counterpart_Changes' && !files.has(name))).toEqual([]);
  });

  test('the two placeholders are replaced with what the shell says', () => {
    const { replacements } = JSON.parse(read('sfdx-project.json'));
    expect(replacements).toHaveLength(2);
    for (const { glob, filename, stringToReplace } of replacements) {
      const folders = /\{(.*)\}/.exec(glob ?? '')?.[1]?.split(',') ?? [];
      const files =
        filename === undefined
          ? FILES.filter((file) => folders.includes(file.split('/')[0] ?? ''))
          : [filename.replace('force-app/main/default/', '')];
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect(readSource(file)).toContain(stringToReplace);
    }
    const placeholder = /[\w.@]*counterpart\.example/;
    const elsewhere = FILES.filter((file) => placeholder.test(readSource(file)));
    expect(elsewhere).toEqual([
      'externalClientApps/Counterpart.eca-meta.xml',
      'namedCredentials/Counterpart.namedCredential-meta.xml',
    ]);
  });
});
