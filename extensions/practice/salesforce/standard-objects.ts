/** The standard objects the app meets, with names, types and lengths of the Object reference; those it never touches are left out. */
import {
  field,
  flag,
  idField,
  longText,
  lookup,
  money,
  object,
  picklist,
  systemFields,
  text,
} from './field-builder.ts';
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';

const zh = (label: string): { readonly labels: Readonly<Record<string, string>> } => ({ labels: { zh_CN: label } });
const READ_ONLY = { createable: false, updateable: false } as const;

const address = (prefix: string): readonly FieldDefinition[] => [
  longText(`${prefix}Street`, 255),
  text(`${prefix}City`, 40, prefix === 'Billing' ? zh('城市') : {}),
  text(`${prefix}State`, 80),
  text(`${prefix}PostalCode`, 20),
  text(`${prefix}Country`, 80, prefix === 'Billing' ? zh('国家') : {}),
];

const ACCOUNT = object(
  'Account',
  '001',
  [
    ...idField('Account'),
    lookup('MasterRecordId', 'Account', { parent: 'MasterRecord' }, { ...READ_ONLY, label: 'Master Record ID' }),
    text('Name', 255, { nillable: false, nameField: true, label: 'Account Name', trackHistory: true, ...zh('客户名') }),
    picklist(
      'Type',
      ['Prospect', 'Customer - Direct', 'Channel Partner / Reseller', 'Technology Partner', 'Vendor', 'Other'],
      {
        label: 'Account Type',
        ...zh('类型'),
      },
    ),
    lookup('ParentId', 'Account', { parent: 'Parent', children: 'ChildAccounts' }, { label: 'Parent Account ID' }),
    ...address('Billing'),
    ...address('Shipping'),
    field('Phone', 'phone', { label: 'Account Phone', ...zh('电话') }),
    field('Website', 'url', zh('网站')),
    picklist(
      'Industry',
      [
        'Agriculture',
        'Banking',
        'Consulting',
        'Education',
        'Energy',
        'Finance',
        'Healthcare',
        'Manufacturing',
        'Retail',
        'Technology',
        'Telecommunications',
        'Transportation',
        'Other',
      ],
      zh('行业'),
    ),
    money('AnnualRevenue', { scale: 0 }),
    field('NumberOfEmployees', 'int', { label: 'Employees' }),
    longText('Description', 32_000, { label: 'Account Description', ...zh('描述') }),
    ...systemFields({ owner: true }),
    field('LastActivityDate', 'date', { ...READ_ONLY, label: 'Last Activity' }),
    text('AccountNumber', 40),
    text('Site', 80, { label: 'Account Site' }),
  ],
  { mergeable: true, ...zh('客户') },
);

/** Stage, probability, forecast category, as a new org has them. */
export const OPPORTUNITY_STAGES: readonly (readonly [stage: string, probability: number, forecast: string])[] = [
  ['Prospecting', 10, 'Pipeline'],
  ['Qualification', 10, 'Pipeline'],
  ['Needs Analysis', 20, 'Pipeline'],
  ['Value Proposition', 50, 'Pipeline'],
  ['Id. Decision Makers', 60, 'Pipeline'],
  ['Perception Analysis', 70, 'Pipeline'],
  ['Proposal/Price Quote', 75, 'Pipeline'],
  ['Negotiation/Review', 90, 'Pipeline'],
  ['Closed Won', 100, 'Closed'],
  ['Closed Lost', 0, 'Omitted'],
];

const STAGES_IN_CHINESE: Readonly<Record<string, string>> = {
  Prospecting: '寻找客户',
  Qualification: '资格确认',
  'Needs Analysis': '需求分析',
  'Value Proposition': '价值主张',
  'Id. Decision Makers': '确定决策人',
  'Perception Analysis': '认知分析',
  'Proposal/Price Quote': '方案/报价',
  'Negotiation/Review': '谈判/审核',
  'Closed Won': '已赢单',
  'Closed Lost': '已丢单',
};

const OPPORTUNITY = object(
  'Opportunity',
  '006',
  [
    ...idField('Opportunity'),
    lookup(
      'AccountId',
      'Account',
      { parent: 'Account', children: 'Opportunities' },
      {
        label: 'Account ID',
        onParentDelete: 'cascade',
        trackHistory: true,
        ...zh('客户'),
      },
    ),
    text('Name', 120, { nillable: false, nameField: true, trackHistory: true, ...zh('业务机会名称') }),
    longText('Description', 32_000, zh('描述')),
    picklist(
      'StageName',
      OPPORTUNITY_STAGES.map(([stage]) => stage),
      {
        label: 'Stage',
        nillable: false,
        trackHistory: true,
        labels: {
          zh_CN: '阶段',
          ...Object.fromEntries(Object.entries(STAGES_IN_CHINESE).map(([stage, word]) => [`zh_CN.${stage}`, word])),
        },
      },
    ),
    money('Amount', { trackHistory: true, ...zh('金额') }),
    field('Probability', 'percent', { label: 'Probability (%)', precision: 3, ...zh('可能性 (%)') }),
    field('CloseDate', 'date', { nillable: false, trackHistory: true, ...zh('结束日期') }),
    picklist('Type', ['Existing Customer - Upgrade', 'Existing Customer - Replacement', 'New Customer'], {
      label: 'Opportunity Type',
      ...zh('类型'),
    }),
    text('NextStep', 255, zh('下一步')),
    picklist('LeadSource', ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']),
    flag('IsClosed', { ...READ_ONLY, label: 'Closed' }),
    flag('IsWon', { ...READ_ONLY, label: 'Won' }),
    picklist('ForecastCategory', ['Omitted', 'Pipeline', 'BestCase', 'Forecast', 'Closed'], {
      ...READ_ONLY,
      nillable: false,
    }),
    flag('HasOpportunityLineItem', { ...READ_ONLY, label: 'Has Line Item' }),
    ...systemFields({ owner: true }),
    field('FiscalQuarter', 'int', READ_ONLY),
    field('FiscalYear', 'int', READ_ONLY),
    field('LastActivityDate', 'date', { ...READ_ONLY, label: 'Last Activity' }),
  ],
  zh('业务机会'),
);

const CASE = object(
  'Case',
  '500',
  [
    ...idField('Case'),
    lookup('MasterRecordId', 'Case', { parent: 'MasterRecord' }, { ...READ_ONLY, label: 'Master Record ID' }),
    text('CaseNumber', 30, {
      ...READ_ONLY,
      nillable: false,
      nameField: true,
      autoNumber: '{00000000}',
      ...zh('个案编号'),
    }),
    lookup('ContactId', 'Contact', { parent: 'Contact', children: 'Cases' }, { label: 'Contact ID' }),
    lookup(
      'AccountId',
      'Account',
      { parent: 'Account', children: 'Cases' },
      {
        label: 'Account ID',
        onParentDelete: 'restrict',
        ...zh('客户'),
      },
    ),
    lookup('ParentId', 'Case', { parent: 'Parent', children: 'Cases' }, { label: 'Parent Case ID' }),
    text('SuppliedName', 80, { label: 'Name' }),
    field('SuppliedEmail', 'email', { label: 'Email Address' }),
    picklist('Type', ['Mechanical', 'Electrical', 'Electronic', 'Structural', 'Other'], { label: 'Case Type' }),
    picklist('Status', ['New', 'Working', 'Escalated', 'On Hold', 'Closed'], {
      defaultValue: 'New',
      trackHistory: true,
      ...zh('状态'),
    }),
    picklist('Reason', ['Installation', 'Performance', 'Breakdown', 'Feedback', 'Other'], { label: 'Case Reason' }),
    picklist('Origin', ['Phone', 'Email', 'Web'], { label: 'Case Origin', ...zh('个案来源') }),
    text('Subject', 255, { trackHistory: true, ...zh('主题') }),
    picklist('Priority', ['High', 'Medium', 'Low'], { defaultValue: 'Medium', trackHistory: true, ...zh('优先级') }),
    longText('Description', 32_000, zh('描述')),
    flag('IsClosed', { ...READ_ONLY, label: 'Closed' }),
    field('ClosedDate', 'datetime', { createable: false, updateable: false, ...zh('关闭日期') }),
    flag('IsEscalated', { label: 'Escalated' }),
    ...systemFields({ owner: true }),
  ],
  { mergeable: true, ...zh('个案') },
);

const CASE_COMMENT = object('CaseComment', '00a', [
  ...idField('Case Comment'),
  lookup(
    'ParentId',
    'Case',
    { parent: 'Parent', children: 'CaseComments' },
    {
      nillable: false,
      updateable: false,
      onParentDelete: 'cascade',
      label: 'Parent ID',
    },
  ),
  flag('IsPublished', { label: 'Published' }),
  longText('CommentBody', 4_000, { label: 'Body' }),
  ...systemFields({ owner: false }),
]);

const CONTACT = object(
  'Contact',
  '003',
  [
    ...idField('Contact'),
    lookup('MasterRecordId', 'Contact', { parent: 'MasterRecord' }, { ...READ_ONLY, label: 'Master Record ID' }),
    lookup(
      'AccountId',
      'Account',
      { parent: 'Account', children: 'Contacts' },
      { label: 'Account ID', onParentDelete: 'cascade' },
    ),
    text('LastName', 80, { nillable: false }),
    text('FirstName', 40),
    text('Name', 121, { ...READ_ONLY, nameField: true, label: 'Full Name', ...zh('全名') }),
    field('Phone', 'phone'),
    field('Email', 'email', zh('电子邮件')),
    text('Title', 128, zh('职务')),
    ...systemFields({ owner: true }),
  ],
  { mergeable: true, ...zh('联系人') },
);

const USER = object(
  'User',
  '005',
  [
    field('Id', 'id', { ...READ_ONLY, label: 'User ID', nillable: false, system: true }),
    text('Username', 80, { nillable: false }),
    text('LastName', 80, { nillable: false }),
    text('FirstName', 40),
    text('Name', 121, { ...READ_ONLY, nameField: true, label: 'Full Name' }),
    text('CompanyName', 80),
    text('Title', 80),
    field('Email', 'email', { nillable: false }),
    flag('IsActive', { label: 'Active', defaultValue: true }),
    text('TimeZoneSidKey', 40, { nillable: false, label: 'Time Zone' }),
    text('LocaleSidKey', 40, { nillable: false, label: 'Locale' }),
    text('LanguageLocaleKey', 40, { nillable: false, label: 'Language' }),
    picklist('UserType', ['Standard', 'Guest', 'AutomatedProcess'], { ...READ_ONLY, defaultValue: 'Standard' }),
    ...systemFields({ owner: false }),
  ],
  { deletable: false, ...zh('用户') },
);

const ORGANIZATION = object(
  'Organization',
  '00D',
  [
    field('Id', 'id', { ...READ_ONLY, label: 'Organization ID', nillable: false, system: true }),
    text('Name', 80, { nillable: false, nameField: true }),
    text('TimeZoneSidKey', 40, { label: 'Time Zone' }),
    text('LanguageLocaleKey', 40, { label: 'Language' }),
    text('DefaultLocaleSidKey', 40, { label: 'Locale' }),
    text('OrganizationType', 40, { ...READ_ONLY, label: 'Edition' }),
    text('InstanceName', 5, READ_ONLY),
    flag('IsSandbox', READ_ONLY),
    text('NamespacePrefix', 15, READ_ONLY),
    ...systemFields({ owner: false }),
  ],
  { createable: false, deletable: false, updateable: false, label: 'Organization' },
);

export const STANDARD_OBJECTS: readonly ObjectDefinition[] = [
  ACCOUNT,
  CASE,
  CASE_COMMENT,
  CONTACT,
  OPPORTUNITY,
  ORGANIZATION,
  USER,
];

export const CLOSED_CASE_STATUSES: ReadonlySet<string> = new Set(['Closed']);
