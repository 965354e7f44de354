/** The package's Apex parses, states on whose behalf it works, and is tested by name. It cannot be run outside an org. */
import { describe, expect, test } from 'vitest';
import { methodsOf, parseApex, readApexFiles } from './salesforce-package-apex.ts';
import type { ApexFile, ApexFinding } from './salesforce-package-apex.ts';
import {
  keepsItsSurfaceSmall,
  statesAccessMode,
  statesSharing,
  SYSTEM_WORK,
  usesFreeNames,
  workersIn,
  workIn,
  WITHOUT_SHARING,
  worksOutsideLoops,
} from './salesforce-package-apex-rules.ts';
import { packageFiles, readSource } from './salesforce-package-files.ts';

const FILES = readApexFiles();
const PRODUCT = FILES.filter(({ isTest }) => !isTest);
const TESTS = FILES.filter(({ isTest }) => isTest);
const WORKERS = workersIn(FILES);
const testSource = TESTS.map(({ source }) => source).join('\n');

const everywhere = (rule: (file: ApexFile) => readonly ApexFinding[]) =>
  FILES.flatMap((file) => rule(file).map((finding) => ({ file: file.file, ...finding })));

describe('Apex', () => {
  test('every class and trigger parses', () => {
    expect(PRODUCT.length).toBeGreaterThanOrEqual(14);
    expect(TESTS.length).toBeGreaterThanOrEqual(5);
    expect(everywhere(({ syntaxErrors }) => syntaxErrors)).toEqual([]);
  });

  test('every class states its sharing', () => {
    expect(everywhere(statesSharing)).toEqual([]);
    for (const name of WITHOUT_SHARING)
      expect(PRODUCT.find((file) => file.name === name)?.source).toMatch(/without sharing/);
  });

  test('every query and every statement works in user mode, or is on the list of work for the package', () => {
    expect(PRODUCT.flatMap(({ tree }) => workIn(tree)).length).toBeGreaterThanOrEqual(6);
    expect(everywhere(statesAccessMode)).toEqual([]);
  });

  test('the list of work for the package holds nothing that is not done', () => {
    const done = Object.entries(SYSTEM_WORK).map(([name, expected]) => {
      const file = PRODUCT.find((candidate) => candidate.name === name);
      const found = file === undefined ? [] : workIn(file.tree).filter(({ mode }) => mode === 'system');
      return { name, missing: expected.filter((what) => !found.some((work) => work.what === what)) };
    });
    expect(done.filter(({ missing }) => missing.length > 0)).toEqual([]);
  });

  test('nothing is queried, written or called out in a loop', () => {
    expect(WORKERS).toContain('ContractCardController.attach');
    expect(everywhere((file) => worksOutsideLoops(file, WORKERS))).toEqual([]);
  });

  test('nothing is global', () => {
    expect(everywhere(keepsItsSurfaceSmall)).toEqual([]);
  });

  test('no declaration takes a reserved word or hides a type', () => {
    expect(everywhere(usesFreeNames)).toEqual([]);
  });

  test('no id of a record or an org stands in the code', () => {
    expect(PRODUCT.filter(({ source }) => /'(?:00|[a-z]\d)[0-9A-Za-z]{13}(?:[0-9A-Za-z]{3})?'/.test(source))).toEqual(
      [],
    );
  });
});

describe('Apex tests', () => {
  test('every method that the card may call is called in a test', () => {
    const open = PRODUCT.flatMap((file) =>
      methodsOf(file)
        .filter(({ modifiers }) => modifiers.some((modifier) => /AuraEnabled/i.test(modifier)))
        .map(({ name }) => `${file.name}.${name}`),
    );
    expect(open.length).toBe(11);
    expect(open.filter((name) => !testSource.includes(`${name}(`))).toEqual([]);
  });

  test('the card calls only methods that there are', () => {
    const imported = packageFiles(/\.js$/, 'lwc').flatMap((file) =>
      [...readSource(file).matchAll(/'@salesforce\/apex\/(\w+\.\w+)'/g)].map(([, name]) => name ?? ''),
    );
    const open = PRODUCT.flatMap((file) => methodsOf(file).map(({ name }) => `${file.name}.${name}`));
    expect(imported.filter((name) => !open.includes(name))).toEqual([]);
  });

  test('every class is named by a test and every trigger’s object is written by one', () => {
    const classes = PRODUCT.filter(({ kind }) => kind === 'class').map(({ name }) => name);
    expect(classes.filter((name) => !new RegExp(`\\b${name}\\b`).test(testSource))).toEqual([]);
    const objects = PRODUCT.filter(({ kind }) => kind === 'trigger').map(
      ({ source }) => /\btrigger \w+ on (\w+)/.exec(source)?.[1] ?? '',
    );
    expect(objects.length).toBe(5);
    expect(objects.filter((object) => !testSource.includes(`new ${object}(`))).toEqual([]);
  });

  test('every test method asserts something', () => {
    const methods = TESTS.flatMap((file) =>
      methodsOf(file)
        .filter(({ modifiers }) => modifiers.some((modifier) => /^@ ?IsTest$/i.test(modifier)))
        .map(({ name, node }) => ({ name: `${file.name}.${name}`, asserts: /\bAssert \./.test(node.text) })),
    );
    expect(methods.length).toBeGreaterThanOrEqual(30);
    expect(methods.filter(({ asserts }) => !asserts)).toEqual([]);
  });

  test('no test sees the org’s own data', () => {
    expect(TESTS.filter(({ source }) => /SeeAllData/i.test(source))).toEqual([]);
  });
});

describe('a planted fault is found', () => {
  const inMethod = (code: string) =>
    parseApex('classes/Fault.cls', `public with sharing class Fault {\n void work(List<Case> cases) {\n${code}\n }\n}`);

  test.each([
    ['a query without a mode', '[SELECT Id FROM Case];', 'query Case: unstated'],
    ['a query for the system', '[SELECT Id FROM Case WITH SYSTEM_MODE];', 'query Case: system'],
    ['a statement without a mode', 'update cases;', 'update: unstated'],
    ['a statement for the system', 'delete as system cases;', 'delete: system'],
    ['a database call without a mode', 'Database.insert(cases, false);', 'Database.insert: unstated'],
    ['a query from text without a mode', "Database.query('SELECT Id FROM Case');", 'Database.query: unstated'],
  ])('%s', (_what, code, detail) => {
    expect(statesAccessMode(inMethod(code)).map((finding) => finding.detail)).toEqual([detail]);
  });

  test.each([
    ['a query', 'for (Case one : cases) { Integer n = [SELECT COUNT() FROM Case WITH USER_MODE]; }', 'query Case'],
    ['a statement', 'while (true) { update as user cases; }', 'update'],
    ['a callout', 'for (Integer i = 0; i < 3; i++) { new Http().send(null); }', 'new Http ( ).send'],
    ['a call that works', 'do { CaseFirstResponse.onComment(null); } while (true);', 'CaseFirstResponse.onComment'],
  ])('%s in a loop', (_what, code, detail) => {
    expect(worksOutsideLoops(inMethod(code), WORKERS).map((finding) => finding.detail)).toEqual([detail]);
  });

  test('a loop over a query is no query in a loop', () => {
    const file = inMethod('for (Case one : [SELECT Id FROM Case WITH USER_MODE]) { one.Subject = null; }');
    expect(worksOutsideLoops(file, WORKERS)).toEqual([]);
  });

  test('a class without sharing, and one that does not say', () => {
    expect(statesSharing(parseApex('classes/A.cls', 'public class A {}'))).toHaveLength(1);
    expect(statesSharing(parseApex('classes/A.cls', 'public without sharing class A {}'))).toHaveLength(1);
    const inner = 'public with sharing class A { private class B { void work() {} } }';
    expect(statesSharing(parseApex('classes/A.cls', inner))).toHaveLength(1);
  });

  test('a reserved word, a type that a variable hides, and a global method', () => {
    expect(usesFreeNames(inMethod('Integer of = 1;')).map(({ detail }) => detail)).toEqual(['of']);
    expect(usesFreeNames(inMethod("String id = ''; Id.valueOf(id);")).map(({ rule }) => rule)).toEqual([
      'shadowed type',
    ]);
    expect(keepsItsSurfaceSmall(parseApex('classes/A.cls', 'global with sharing class A {}'))).toHaveLength(1);
  });

  test('a brace too few', () => {
    expect(parseApex('classes/A.cls', 'public with sharing class A {').syntaxErrors.length).toBeGreaterThan(0);
  });
});
