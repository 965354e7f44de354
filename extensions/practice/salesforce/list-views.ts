/** List views: the ones every org has, and those the package brings; filters become the conditions of a query. */
import type { FieldType, ObjectDefinition } from './object-definition.ts';
import type { PackageListView } from './package-source.ts';
import { PAGE_FILTER_OPERATORS, type PageFilter, type PageFilterOperator } from './page-wire.ts';
import type { PracticeOrg } from './practice-org.ts';
import { nameFieldOf } from './schema.ts';

export interface ListView {
  readonly name: string;
  readonly label: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Field API names. */
  readonly columns: readonly string[];
  readonly filters: readonly PageFilter[];
}

const STANDARD_VIEWS: Readonly<Record<string, readonly ListView[]>> = {
  Opportunity: [
    {
      name: 'AllOpportunities',
      label: 'All Opportunities',
      labels: { zh_CN: '所有业务机会' },
      columns: ['Name', 'AccountId', 'Amount', 'CloseDate', 'StageName', 'OwnerId'],
      filters: [],
    },
    {
      name: 'ClosingNextMonth',
      label: 'Closing Next Month',
      labels: { zh_CN: '下月结束' },
      columns: ['Name', 'AccountId', 'Amount', 'CloseDate', 'StageName', 'OwnerId'],
      filters: [{ field: 'CloseDate', operator: 'equals', value: 'NEXT_MONTH' }],
    },
  ],
  Account: [
    {
      name: 'AllAccounts',
      label: 'All Accounts',
      labels: { zh_CN: '所有客户' },
      columns: ['Name', 'Website', 'BillingCity', 'BillingCountry', 'Type', 'OwnerId'],
      filters: [],
    },
  ],
  Case: [
    {
      name: 'AllOpenCases',
      label: 'All Open Cases',
      labels: { zh_CN: '所有未结个案' },
      columns: ['CaseNumber', 'Subject', 'AccountId', 'Status', 'Priority', 'CreatedDate'],
      filters: [{ field: 'IsClosed', operator: 'equals', value: '0' }],
    },
    {
      name: 'AllCases',
      label: 'All Cases',
      labels: { zh_CN: '所有个案' },
      columns: ['CaseNumber', 'Subject', 'AccountId', 'Status', 'Priority', 'CreatedDate'],
      filters: [],
    },
  ],
  Contact: [
    {
      name: 'AllContacts',
      label: 'All Contacts',
      labels: { zh_CN: '所有联系人' },
      columns: ['Name', 'AccountId', 'Title', 'Email', 'Phone'],
      filters: [],
    },
  ],
};

/** Chinese names of the package's views; metadata has no translation of list views that a package could bring. */
const VIEW_WORDS: Readonly<Record<string, string>> = {
  'Renewal notice due in 90 days': '90 天内到续签通知期',
  'Renewal undecided': '续签未决定',
  'SLA missed last month': '上月 SLA 未达标',
  'All contracts': '所有合同',
  'All SLA results': '所有 SLA 结果',
  Missed: '未达标',
};

export function listViewsOf(org: PracticeOrg, object: ObjectDefinition): readonly ListView[] {
  const packaged = (org.installedPackage()?.listViews ?? []).filter((view) => view.object === object.name);
  return [...(STANDARD_VIEWS[object.name] ?? []), ...packaged.map((view) => fromPackage(org, object, view))];
}

/** Metadata API guide, ListView: standard columns have names of their own. */
const STANDARD_COLUMNS: Readonly<Record<string, string>> = {
  NAME: 'Name',
  'CORE.USERS.ALIAS': 'OwnerId',
  'OPPORTUNITY.NAME': 'Name',
  'OPPORTUNITY.AMOUNT': 'Amount',
  'OPPORTUNITY.CLOSE_DATE': 'CloseDate',
  'OPPORTUNITY.STAGE_NAME': 'StageName',
  'ACCOUNT.NAME': 'AccountId',
  'ACCOUNT.PHONE1': 'Phone',
  'ACCOUNT.TYPE': 'Type',
  OWNER_NAME: 'OwnerId',
  CREATED_DATE: 'CreatedDate',
  LAST_UPDATE: 'LastModifiedDate',
};

function columnOf(object: ObjectDefinition, column: string): string {
  if (column === 'ACCOUNT.NAME' && object.name === 'Account') return 'Name';
  return STANDARD_COLUMNS[column] ?? column;
}

function fromPackage(org: PracticeOrg, object: ObjectDefinition, view: PackageListView): ListView {
  const word = VIEW_WORDS[view.label];
  return {
    name: view.name,
    label: view.label,
    labels: word === undefined ? {} : { zh_CN: word },
    columns: view.columns
      .map((column) => columnOf(object, column))
      .filter((name) => org.schema().findField(object, name) !== undefined),
    filters: view.filters.map(({ field, operation, value }) => ({
      field: columnOf(object, field),
      operator: readOperator(operation),
      value,
    })),
  };
}

function readOperator(text: string): PageFilterOperator {
  const operator = PAGE_FILTER_OPERATORS.find((one) => one === text);
  if (operator === undefined) throw new Error(`the list view filters with the unknown operation ${text}`);
  return operator;
}

const COMPARISONS = {
  equals: '=',
  notEqual: '!=',
  greaterThan: '>',
  greaterOrEqual: '>=',
  lessThan: '<',
  lessOrEqual: '<=',
} as const;
const NOT_QUOTED: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent', 'date', 'datetime']);

/** A filter as a condition in SOQL; several values, separated by commas, are alternatives. Null when the object has no such field. */
export function conditionOf(
  org: PracticeOrg,
  object: ObjectDefinition,
  { field, operator, value }: PageFilter,
): string | null {
  const definition = org.schema().findField(object, field);
  if (definition === undefined) return null;
  const { name, type } = definition;
  const values = value === '' ? [] : value.split(',').map((one) => one.trim());
  const literal = (text: string): string => {
    if (type === 'boolean') return text === '1' || text === 'true' ? 'TRUE' : 'FALSE';
    return NOT_QUOTED.has(type) ? text : quoted(text);
  };
  const like = (pattern: (text: string) => string): string =>
    values.map((one) => `${name} LIKE ${quoted(pattern(one.replace(/[%_]/g, '\\$&')))}`).join(' OR ');
  switch (operator) {
    case 'contains':
      return like((text) => `%${text}%`);
    case 'notContain':
      return `NOT (${like((text) => `%${text}%`)})`;
    case 'startsWith':
      return like((text) => `${text}%`);
    case 'includes':
      return `${name} INCLUDES (${values.map(quoted).join(', ')})`;
    case 'excludes':
      return `${name} EXCLUDES (${values.map(quoted).join(', ')})`;
    case 'equals':
    case 'notEqual':
    case 'greaterThan':
    case 'greaterOrEqual':
    case 'lessThan':
    case 'lessOrEqual': {
      const sign = COMPARISONS[operator];
      if (values.length === 0) return `${name} ${sign} NULL`;
      return values.map((one) => `${name} ${sign} ${literal(one)}`).join(operator === 'notEqual' ? ' AND ' : ' OR ');
    }
  }
}

/** Text as a SOQL literal. */
export const quoted = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;

/** Columns of a list without a view. */
export const usualColumns = (object: ObjectDefinition): readonly string[] => {
  const [standard] = STANDARD_VIEWS[object.name] ?? [];
  return standard?.columns ?? [nameFieldOf(object), 'LastModifiedDate'];
};
