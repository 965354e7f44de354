/**
 * The Salesforce package as files: what there is, and each metadata file as a tree of elements. Reading is strict: a file that is not
 * well-formed XML, or not in the metadata namespace, throws with its name.
 */
import fs from 'node:fs';
import path from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

export const PROJECT = path.resolve(import.meta.dirname, '../../extensions/salesforce');
const SOURCE = path.join(PROJECT, 'force-app/main/default');
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

export type XmlElement = {
  readonly name: string;
  /** Without surrounding space; empty where there are only elements. */
  readonly text: string;
  readonly children: readonly XmlElement[];
};

const parser = new XMLParser({ preserveOrder: true, parseTagValue: false, ignoreDeclaration: true, trimValues: true });
const content = z.array(z.record(z.string(), z.unknown()));
const pieces = z.array(z.object({ '#text': z.string().default('') }));

const FILES = fs
  .readdirSync(SOURCE, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && !entry.parentPath.includes('__tests__'))
  .map((entry) => path.relative(SOURCE, path.join(entry.parentPath, entry.name)))
  .toSorted();
const read = new Map<string, XmlElement>();

/** Paths below the package's source folder, sorted; of one folder when it is given. */
export function packageFiles(ending: RegExp, folder = ''): readonly string[] {
  return FILES.filter((file) => ending.test(file) && (folder === '' || file.startsWith(`${folder}/`)));
}

export function readSource(file: string): string {
  return fs.readFileSync(path.join(SOURCE, file), 'utf8');
}

export function readMetadata(file: string): XmlElement {
  const known = read.get(file) ?? parseMetadata(readSource(file), file);
  read.set(file, known);
  return known;
}

export function parseMetadata(source: string, file: string): XmlElement {
  const validity = XMLValidator.validate(source);
  if (validity !== true) throw new Error(`${file}:${validity.err.line} ${validity.err.msg}`);
  const roots = elementsOf(parser.parse(source));
  const [root] = roots;
  if (root === undefined || roots.length !== 1) throw new Error(`${file} has ${roots.length} root elements`);
  if (!source.includes(`<${root.name} xmlns="${NAMESPACE}">`)) throw new Error(`${file} is not in ${NAMESPACE}`);
  return root;
}

function elementsOf(ordered: unknown): readonly XmlElement[] {
  return content.parse(ordered).flatMap((entry) => {
    const name = Object.keys(entry).find((key) => key !== ':@' && key !== '#text');
    if (name === undefined) return [];
    return [{ name, text: textOf(entry[name]), children: elementsOf(entry[name]) }];
  });
}

function textOf(ordered: unknown): string {
  return pieces
    .parse(ordered)
    .map((piece) => piece['#text'])
    .join('')
    .trim();
}

export function all(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** Text of the first child of that name; null when there is none. */
export function value(element: XmlElement, name: string): string | null {
  return all(element, name)[0]?.text ?? null;
}

export function values(element: XmlElement, name: string): readonly string[] {
  return all(element, name).map(({ text }) => text);
}

/** Every element below, the element itself first. */
export function descendants(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(descendants)];
}

export type PackageField = {
  readonly object: string;
  readonly name: string;
  /** `Opportunity.Contract_Stage__c` */
  readonly path: string;
  readonly element: XmlElement;
};

export function packageFields(): readonly PackageField[] {
  return packageFiles(/\.field-meta\.xml$/, 'objects').map((file) => {
    const [, object = '', , base = ''] = file.split('/');
    const name = base.replace('.field-meta.xml', '');
    return { object, name, path: `${object}.${name}`, element: readMetadata(file) };
  });
}

/** A required or master-detail field is always visible; Salesforce refuses permissions for it. */
export function takesPermissions(field: PackageField): boolean {
  return value(field.element, 'required') !== 'true' && value(field.element, 'type') !== 'MasterDetail';
}
