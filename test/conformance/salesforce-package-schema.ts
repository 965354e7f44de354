/**
 * Checks metadata files against Salesforce's own declarations of its metadata types (`@salesforce/types`, metadata.d.ts): unknown and
 * repeated elements, missing required ones, words outside a closed set, and values that are no number or boolean. What only an org knows,
 * such as whether a named component exists there, is not in them.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { XmlElement } from './salesforce-package-files.ts';

type FieldType = { readonly type: string; readonly isRequired: boolean; readonly isMany: boolean };
type ObjectType = { readonly bases: readonly string[]; readonly fields: ReadonlyMap<string, FieldType> };
export type MetadataSchema = {
  readonly objects: ReadonlyMap<string, ObjectType>;
  readonly closedSets: ReadonlyMap<string, ReadonlySet<string>>;
};

const require = createRequire(import.meta.url);
const DECLARATIONS = require.resolve('@salesforce/types/metadata').replace(/\.js$/, '.d.ts');
/** Read as text where the declarations say `string`, though their elements hold elements. */
const FREE_FORM: ReadonlySet<string> = new Set(['LightningComponentBundle.targetConfigs']);

export function readMetadataSchema(): MetadataSchema {
  const source = fs.readFileSync(DECLARATIONS, 'utf8');
  const objects = new Map<string, ObjectType>();
  const closedSets = new Map<string, ReadonlySet<string>>();
  for (const [, name = '', bases = '', body = ''] of source.matchAll(
    /^export type (\w+) = ((?:\w+ & )*)\{\n([\s\S]*?)^\};/gm,
  )) {
    if (!objects.has(name)) objects.set(name, { bases: bases.split(' & ').filter(Boolean), fields: fieldsIn(body) });
  }
  for (const [, name = '', words = ''] of source.matchAll(/^export type (\w+) = ('[^;\n]*');/gm)) {
    closedSets.set(name, new Set([...words.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '')));
  }
  for (const [, name = '', base = ''] of source.matchAll(/^export type (\w+) = (\w+);/gm)) {
    const same = objects.get(base);
    if (same !== undefined && !objects.has(name)) objects.set(name, same);
  }
  return { objects, closedSets };
}

function fieldsIn(body: string): ReadonlyMap<string, FieldType> {
  return new Map(
    [...body.matchAll(/^ {4}(\w+)(\??): ([\w.]+)(\[\])?;$/gm)].map(([, name = '', optional, type = '', many]) => [
      name,
      { type, isRequired: optional === '' && many === undefined, isMany: many !== undefined },
    ]),
  );
}

/** What is wrong with a metadata file, each with the path of the element; nothing when all is well. */
export function violationsIn(schema: MetadataSchema, root: XmlElement): readonly string[] {
  if (!schema.objects.has(root.name)) return [`${root.name}: no such metadata type`];
  return violationsOfObject(schema, root, { type: root.name, at: root.name });
}

type Place = { readonly type: string; readonly at: string };

function violationsOfObject(schema: MetadataSchema, element: XmlElement, { type, at }: Place): readonly string[] {
  const fields = allFields(schema, type);
  const seen = Map.groupBy(element.children, ({ name }) => name);
  const missing = [...fields].flatMap(([name, field]) =>
    field.isRequired && !seen.has(name) ? [`${at}.${name}: required and missing`] : [],
  );
  const found = [...seen].flatMap(([name, children]) => {
    const field = fields.get(name);
    const where = `${at}.${name}`;
    if (field === undefined) return [`${where}: no such element`];
    if (FREE_FORM.has(`${type}.${name}`)) return [];
    const repeated = !field.isMany && children.length > 1 ? [`${where}: given ${children.length} times`] : [];
    return [
      ...repeated,
      ...children.flatMap((child) => violationsOfValue(schema, child, { type: field.type, at: where })),
    ];
  });
  return [...missing, ...found];
}

function violationsOfValue(schema: MetadataSchema, element: XmlElement, place: Place): readonly string[] {
  const { type, at } = place;
  if (schema.objects.has(type)) return violationsOfObject(schema, element, place);
  if (element.children.length > 0) return [`${at}: holds elements, and is a ${type}`];
  const words = schema.closedSets.get(type);
  if (words !== undefined && !words.has(element.text)) return [`${at}: “${element.text}” is no ${type}`];
  if (type === 'boolean' && !/^(?:true|false)$/.test(element.text)) return [`${at}: “${element.text}” is no boolean`];
  if (type === 'number' && !/^-?\d+(?:\.\d+)?$/.test(element.text)) return [`${at}: “${element.text}” is no number`];
  return [];
}

function allFields(schema: MetadataSchema, type: string): ReadonlyMap<string, FieldType> {
  const object = schema.objects.get(type);
  if (object === undefined) return new Map();
  return new Map([...object.bases.flatMap((base) => [...allFields(schema, base)]), ...object.fields]);
}
