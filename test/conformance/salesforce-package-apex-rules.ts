/**
 * Rules that the package's Apex keeps, looked up in its syntax tree: what Salesforce's security review asks for, what governor limits
 * punish, and slips that only the compiler in an org would find.
 */
import {
  type ApexFile,
  type ApexFinding,
  type ApexNode,
  childOf,
  methodsOf,
  nodesBelow,
  nodesOf,
} from './salesforce-package-apex.ts';

/** Work done for the package and not for the running user; the code says why in a comment. One entry for each query or statement. */
export const SYSTEM_WORK: Readonly<Record<string, readonly string[]>> = {
  CardRecord: ['query UserRecordAccess'],
  CaseFirstResponse: ['query Case', 'Database.update'],
  PackageInstall: ['query PermissionSet', 'Database.insert'],
};
/** Run as the package's own user, which sees nothing with sharing. */
export const WITHOUT_SHARING: readonly string[] = ['PackageInstall', 'PackageUninstall'];

const STATEMENTS = /^(?:insert|update|delete|undelete|upsert|merge)Statement$/;
const DATABASE_CALLS = /^(?:insert|update|delete|undelete|upsert|query|queryWithBinds|countQuery|getQueryLocator)/i;
const LOOPS: ReadonlySet<string> = new Set(['forStatement', 'whileStatement', 'doWhileStatement']);
/** Apex Developer Guide, Reserved Keywords: words that no declaration may use, those kept for later among them. */
const RESERVED = new Set(
  `abstract activate and any array as asc autonomous begin bigdecimal blob boolean break bulk by byte case cast catch char class collect
  commit const continue currency date datetime decimal default delete desc do double else end enum exception exit export extends false
  final finally float for from global goto group having hint if implements import in inner insert instanceof int integer interface into
  join like limit list long loop map merge new not null nulls number object of on or outer override package parallel pragma private
  protected public retrieve return rollback select set short sobject sort static string super switch synchronized system testmethod then
  this throw time transaction trigger true try undelete update upsert using virtual void webservice when where while`.split(
    /\s+/,
  ),
);

type Work = { readonly line: number; readonly what: string; readonly mode: 'user' | 'system' | 'unstated' | 'other' };

/** Queries, statements and callouts anywhere below. */
export function workIn(node: ApexNode): readonly Work[] {
  return nodesBelow(node).flatMap((found): readonly Work[] => {
    if (found.rule === 'soqlLiteral') return [queryWork(found)];
    if (found.rule === 'soslLiteral') return [{ line: found.line, what: 'search', mode: modeOf(found.text) }];
    if (found.rule !== null && STATEMENTS.test(found.rule)) return [statementWork(found)];
    return found.rule === 'expression' ? callWork(found) : [];
  });
}

function queryWork(literal: ApexNode): Work {
  const query = childOf(literal, 'query');
  const from = query === null ? null : childOf(query, 'fromNameList');
  const clause = query === null ? null : childOf(query, 'withClause');
  return { line: literal.line, what: `query ${from?.text ?? ''}`, mode: modeOf(clause?.text ?? '') };
}

function statementWork(statement: ApexNode): Work {
  const access = childOf(statement, 'accessLevel')?.text ?? '';
  const mode = access === 'as user' ? 'user' : access === 'as system' ? 'system' : 'unstated';
  return { line: statement.line, what: statement.children[0]?.text ?? '', mode };
}

function callWork(expression: ApexNode): readonly Work[] {
  const call = childOf(expression, 'dotMethodCall');
  const receiver = expression.children[0]?.text ?? '';
  const name = call === null ? '' : (childOf(call, 'anyId')?.text ?? '');
  const what = `${receiver}.${name}`;
  if (/^Database$/i.test(receiver) && DATABASE_CALLS.test(name)) {
    return [{ line: expression.line, what, mode: modeOf(call?.text ?? '') }];
  }
  const isOther =
    /(?:^|\bnew )Http\b/.test(receiver) || /^(?:Messaging\.sendEmail|EventBus\.publish|System\.enqueueJob)$/.test(what);
  return isOther ? [{ line: expression.line, what, mode: 'other' }] : [];
}

function modeOf(text: string): 'user' | 'system' | 'unstated' {
  if (/\bUSER_MODE\b/i.test(text)) return 'user';
  return /\bSYSTEM_MODE\b/i.test(text) ? 'system' : 'unstated';
}

export function statesSharing(file: ApexFile): readonly ApexFinding[] {
  if (file.kind === 'trigger') return [];
  const top = nodesOf(file.tree, 'typeDeclaration').map((node) => ({ node, owner: node }));
  const inner = nodesOf(file.tree, 'memberDeclaration').flatMap((member) => {
    const node = childOf(member, 'classDeclaration');
    // An inner class does not inherit its container's sharing; one that only holds values has nothing to share.
    return node !== null && nodesOf(node, 'methodDeclaration').length > 0 ? [{ node: member, owner: member }] : [];
  });
  return [...top, ...inner].flatMap(({ node }) => {
    const modifiers = node.children.filter(({ rule }) => rule === 'modifier').map(({ text }) => text);
    const stated = modifiers.find((modifier) => modifier.endsWith('sharing'));
    if (stated === undefined) return [{ line: node.line, rule: 'sharing', detail: 'not stated' }];
    const allowed = stated !== 'without sharing' || WITHOUT_SHARING.includes(file.name);
    return allowed ? [] : [{ line: node.line, rule: 'sharing', detail: stated }];
  });
}

/** Explicit also where the platform's default is the same: scanners do not know the default (API 67 on). */
export function statesAccessMode(file: ApexFile): readonly ApexFinding[] {
  if (file.isTest) return [];
  const allowed = SYSTEM_WORK[file.name] ?? [];
  return workIn(file.tree).flatMap(({ line, what, mode }) => {
    const isFine = mode === 'user' || mode === 'other' || (mode === 'system' && allowed.includes(what));
    return isFine ? [] : [{ line, rule: 'access mode', detail: `${what}: ${mode}` }];
  });
}

/** Follows calls to methods of the package by `Class.method` and by bare name; a loop's own collection is read once and may be a query. */
export function worksOutsideLoops(file: ApexFile, workers: ReadonlySet<string>): readonly ApexFinding[] {
  if (file.isTest) return [];
  return nodesBelow(file.tree)
    .filter(({ rule }) => rule !== null && LOOPS.has(rule))
    .flatMap(repeatedParts)
    .flatMap((part) => [
      ...workIn(part).map(({ line, what }) => ({ line, rule: 'loop', detail: what })),
      ...callsIn(part, file.name)
        .filter(({ what }) => workers.has(what))
        .map(({ line, what }) => ({ line, rule: 'loop', detail: what })),
    ]);
}

function repeatedParts(loop: ApexNode): readonly ApexNode[] {
  return loop.children.flatMap((child) => {
    if (child.rule !== 'forControl') return [child];
    return childOf(child, 'enhancedForControl') === null ? [child] : [];
  });
}

function callsIn(node: ApexNode, className: string): readonly { readonly line: number; readonly what: string }[] {
  return nodesBelow(node).flatMap((found) => {
    if (found.rule === 'methodCall')
      return [{ line: found.line, what: `${className}.${found.children[0]?.text ?? ''}` }];
    const call = found.rule === 'expression' ? childOf(found, 'dotMethodCall') : null;
    if (call === null) return [];
    const what = `${found.children[0]?.text ?? ''}.${childOf(call, 'anyId')?.text ?? ''}`;
    return [{ line: found.line, what }];
  });
}

/** `Class.method` of every method that queries, writes or calls out, by itself or through another one. */
export function workersIn(files: readonly ApexFile[]): ReadonlySet<string> {
  const methods = files
    .filter(({ isTest }) => !isTest)
    .flatMap((file) =>
      methodsOf(file).map(({ name, node }) => ({
        what: `${file.name}.${name}`,
        calls: callsIn(node, file.name),
        node,
      })),
    );
  const workers = new Set(methods.filter(({ node }) => workIn(node).length > 0).map(({ what }) => what));
  // Each round adds at least one method or is the last.
  for (let size = -1; size !== workers.size; ) {
    size = workers.size;
    for (const { what, calls } of methods) if (calls.some((call) => workers.has(call.what))) workers.add(what);
  }
  return workers;
}

/** A released package can never take back what is global. */
export function keepsItsSurfaceSmall(file: ApexFile): readonly ApexFinding[] {
  return nodesOf(file.tree, 'modifier')
    .filter(({ text }) => /^(?:global|webservice|@ ?(?:RestResource|InvocableMethod|RemoteAction)\b)/i.test(text))
    .map(({ line, text }) => ({ line, rule: 'surface', detail: text }));
}

export function usesFreeNames(file: ApexFile): readonly ApexFinding[] {
  const declared = declaredNames(file);
  const reserved = declared
    .filter(({ text }) => RESERVED.has(text.toLowerCase()))
    .map(({ line, text }) => ({ line, rule: 'reserved word', detail: text }));
  const variables = new Map(declared.map(({ text }) => [text.toLowerCase(), text]));
  // Apex takes `Opportunity.Name` for a member of a variable `OPPORTUNITY` where there is one.
  const shadowed = nodesOf(file.tree, 'expression').flatMap((expression) => {
    const [receiver, dot] = expression.children;
    const text = receiver?.text ?? '';
    const variable = variables.get(text.toLowerCase());
    const isMember = dot?.text === '.' && variable !== undefined && variable !== text;
    return isMember ? [{ line: expression.line, rule: 'shadowed type', detail: `${text} by ${variable}` }] : [];
  });
  return [...reserved, ...shadowed];
}

function declaredNames(file: ApexFile): readonly ApexNode[] {
  const rules = new Set(['methodDeclaration', 'variableDeclarator', 'formalParameter', 'enhancedForControl']);
  return nodesBelow(file.tree).flatMap((node) => {
    const id = node.rule !== null && rules.has(node.rule) ? childOf(node, 'id') : null;
    return id === null ? [] : [id];
  });
}
