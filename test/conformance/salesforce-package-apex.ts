/**
 * The package's Apex as syntax trees: Salesforce's compiler runs only in an org, this grammar runs here. A file that does not parse is
 * reported like any other finding, with its line.
 */
import { ApexErrorListener, ApexParserFactory } from '@apexdevtools/apex-parser';
import { packageFiles, readSource } from './salesforce-package-files.ts';

export type ApexNode = {
  /** Name of the grammar rule; null for a word or a sign of the source. */
  readonly rule: string | null;
  readonly line: number;
  readonly text: string;
  readonly children: readonly ApexNode[];
};
export type ApexFinding = { readonly line: number; readonly rule: string; readonly detail: string };
export type ApexFile = {
  readonly file: string;
  readonly name: string;
  readonly kind: 'class' | 'trigger';
  readonly isTest: boolean;
  readonly source: string;
  readonly tree: ApexNode;
  readonly syntaxErrors: readonly ApexFinding[];
};

/** What the parser's tree offers; its terminals have no rule. */
type ParserNode = {
  readonly ruleIndex?: number;
  readonly children?: readonly ParserNode[] | null;
  readonly start?: { readonly line: number };
  readonly symbol?: { readonly line: number };
  getText(): string;
};

class Collector extends ApexErrorListener {
  readonly findings: ApexFinding[] = [];

  override apexSyntaxError(line: number, column: number, message: string): void {
    this.findings.push({ line, rule: 'syntax', detail: `column ${column}: ${message}` });
  }
}

export function readApexFiles(): readonly ApexFile[] {
  return packageFiles(/\.(?:cls|trigger)$/).map((file) => parseApex(file, readSource(file)));
}

export function parseApex(file: string, source: string): ApexFile {
  const collector = new Collector();
  const { parser } = ApexParserFactory.createLexerAndParser(source, collector);
  const kind = file.endsWith('.trigger') ? 'trigger' : 'class';
  const root: ParserNode = kind === 'trigger' ? parser.triggerUnit() : parser.compilationUnit();
  return {
    file,
    name: (file.split('/').at(-1) ?? '').replace(/\.\w+$/, ''),
    kind,
    isTest: /^@IsTest\b/im.test(source),
    source,
    tree: nodeOf(root, parser.ruleNames),
    syntaxErrors: collector.findings,
  };
}

function nodeOf(node: ParserNode, ruleNames: readonly string[]): ApexNode {
  const rule = node.ruleIndex === undefined ? null : (ruleNames[node.ruleIndex] ?? null);
  const children = (node.children ?? []).map((child) => nodeOf(child, ruleNames));
  return {
    rule,
    line: node.start?.line ?? node.symbol?.line ?? 0,
    text: rule === null ? node.getText() : children.map(({ text }) => text).join(' '),
    children,
  };
}

/** The node and everything below it, in the order of the source. */
export function nodesBelow(node: ApexNode): readonly ApexNode[] {
  return [node, ...node.children.flatMap(nodesBelow)];
}

export function nodesOf(node: ApexNode, rule: string): readonly ApexNode[] {
  return nodesBelow(node).filter((found) => found.rule === rule);
}

export function childOf(node: ApexNode, rule: string): ApexNode | null {
  return node.children.find((child) => child.rule === rule) ?? null;
}

export type ApexMethod = {
  readonly name: string;
  readonly line: number;
  /** `public static`, `@ AuraEnabled`, one each. */
  readonly modifiers: readonly string[];
  readonly node: ApexNode;
};

/** Methods of the class, those of inner classes too. */
export function methodsOf(file: ApexFile): readonly ApexMethod[] {
  return nodesOf(file.tree, 'classBodyDeclaration').flatMap((declaration) => {
    const member = childOf(declaration, 'memberDeclaration');
    const method = member === null ? null : childOf(member, 'methodDeclaration');
    if (method === null) return [];
    const modifiers = declaration.children.filter(({ rule }) => rule === 'modifier').map(({ text }) => text);
    return [{ name: childOf(method, 'id')?.text ?? '', line: method.line, modifiers, node: method }];
  });
}
