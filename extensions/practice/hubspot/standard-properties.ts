/** The properties every portal has from the start, limited to those a contract app reads, filters by or shows. */
import type { ObjectTypeId } from './object-type.ts';
import type {
  FieldType,
  PropertyDefinition,
  PropertyGroup,
  PropertyOption,
  PropertyType,
} from './property-definition.ts';

type Row = readonly [
  name: string,
  label: string,
  type: PropertyType,
  fieldType: FieldType,
  more?: Partial<PropertyDefinition>,
];

const readOnly = { readOnlyValue: true } as const;
const external = { externalOptions: true } as const;

const options = (...values: readonly (readonly [value: string, label: string])[]): readonly PropertyOption[] =>
  values.map(([value, label], displayOrder) => ({ value, label, displayOrder, hidden: false }));

const PRIORITY = options(['LOW', 'Low'], ['MEDIUM', 'Medium'], ['HIGH', 'High'], ['URGENT', 'Urgent']);

const SHARED: readonly Row[] = [
  ['hs_object_id', 'Record ID', 'number', 'number', readOnly],
  ['hs_lastmodifieddate', 'Last Modified Date', 'datetime', 'date', readOnly],
  ['createdate', 'Create Date', 'datetime', 'date'],
  ['hs_createdate', 'Object create date/time', 'datetime', 'date', { ...readOnly, hidden: true }],
  ['hs_merged_object_ids', 'Merged record IDs', 'enumeration', 'checkbox', { ...readOnly, ...external, hidden: true }],
  ['hubspot_owner_id', 'Owner', 'enumeration', 'select', external],
  ['hubspot_owner_assigneddate', 'Owner assigned date', 'datetime', 'date', readOnly],
];

const ROWS: Readonly<Record<ObjectTypeId, readonly Row[]>> = {
  '0-3': [
    ['dealname', 'Deal Name', 'string', 'text'],
    ['amount', 'Amount', 'number', 'number'],
    ['dealstage', 'Deal Stage', 'enumeration', 'radio', external],
    ['pipeline', 'Pipeline', 'enumeration', 'select', external],
    ['closedate', 'Close Date', 'datetime', 'date'],
    ['deal_currency_code', 'Currency', 'enumeration', 'select', external],
    ['description', 'Deal Description', 'string', 'textarea'],
    ['hs_next_step', 'Next step', 'string', 'text'],
    [
      'dealtype',
      'Deal Type',
      'enumeration',
      'radio',
      { options: options(['newbusiness', 'New Business'], ['existingbusiness', 'Existing Business']) },
    ],
    [
      'hs_priority',
      'Priority',
      'enumeration',
      'select',
      { options: options(['low', 'Low'], ['medium', 'Medium'], ['high', 'High']) },
    ],
  ],
  '0-2': [
    ['name', 'Company name', 'string', 'text'],
    ['domain', 'Company Domain Name', 'string', 'text'],
    ['website', 'Website URL', 'string', 'text'],
    ['phone', 'Phone Number', 'string', 'phonenumber'],
    ['city', 'City', 'string', 'text'],
    ['state', 'State/Region', 'string', 'text'],
    ['country', 'Country/Region', 'string', 'text'],
    ['address', 'Street Address', 'string', 'text'],
    ['zip', 'Postal Code', 'string', 'text'],
    ['industry', 'Industry', 'enumeration', 'select', { options: industries() }],
    ['numberofemployees', 'Number of Employees', 'number', 'number'],
    ['annualrevenue', 'Annual Revenue', 'number', 'number'],
    ['description', 'Description', 'string', 'textarea'],
    [
      'type',
      'Type',
      'enumeration',
      'select',
      {
        options: options(
          ['PROSPECT', 'Prospect'],
          ['PARTNER', 'Partner'],
          ['RESELLER', 'Reseller'],
          ['VENDOR', 'Vendor'],
          ['OTHER', 'Other'],
        ),
      },
    ],
    [
      'lifecyclestage',
      'Lifecycle Stage',
      'enumeration',
      'radio',
      {
        options: options(
          ['lead', 'Lead'],
          ['opportunity', 'Opportunity'],
          ['customer', 'Customer'],
          ['evangelist', 'Evangelist'],
          ['other', 'Other'],
        ),
      },
    ],
  ],
  '0-5': [
    ['subject', 'Ticket name', 'string', 'text'],
    ['content', 'Ticket description', 'string', 'textarea'],
    ['hs_pipeline', 'Pipeline', 'enumeration', 'select', external],
    ['hs_pipeline_stage', 'Ticket status', 'enumeration', 'select', external],
    ['hs_ticket_priority', 'Priority', 'enumeration', 'select', { options: PRIORITY }],
    [
      'hs_ticket_category',
      'Category',
      'enumeration',
      'checkbox',
      {
        options: options(
          ['PRODUCT_ISSUE', 'Product Issue'],
          ['BILLING_ISSUE', 'Billing Issue'],
          ['FEATURE_REQUEST', 'Feature Request'],
          ['GENERAL_INQUIRY', 'General Inquiry'],
        ),
      },
    ],
    [
      'source_type',
      'Source',
      'enumeration',
      'select',
      { options: options(['CHAT', 'Chat'], ['EMAIL', 'Email'], ['FORM', 'Form'], ['PHONE', 'Phone']) },
    ],
    ['closed_date', 'Close date', 'datetime', 'date'],
    ['first_agent_reply_date', 'First agent email response date', 'datetime', 'date'],
    [
      'hs_resolution',
      'Resolution',
      'enumeration',
      'checkbox',
      {
        options: options(['ISSUE_FIXED', 'Issue fixed'], ['WORKAROUND', 'Workaround'], ['NO_FAULT', 'No fault found']),
      },
    ],
  ],
};

const GROUP: Readonly<Record<ObjectTypeId, PropertyGroup>> = {
  '0-3': { name: 'dealinformation', label: 'Deal information', displayOrder: 0, archived: false },
  '0-2': { name: 'companyinformation', label: 'Company information', displayOrder: 0, archived: false },
  '0-5': { name: 'ticketinformation', label: 'Ticket information', displayOrder: 0, archived: false },
};

function industries(): readonly PropertyOption[] {
  return options(
    ['COMPUTER_SOFTWARE', 'Computer Software'],
    ['INFORMATION_TECHNOLOGY_AND_SERVICES', 'Information Technology and Services'],
    ['TELECOMMUNICATIONS', 'Telecommunications'],
    ['FINANCIAL_SERVICES', 'Financial Services'],
    ['INSURANCE', 'Insurance'],
    ['HOSPITAL_HEALTH_CARE', 'Hospital & Health Care'],
    ['LEGAL_SERVICES', 'Legal Services'],
    ['LOGISTICS_AND_SUPPLY_CHAIN', 'Logistics and Supply Chain'],
    ['FACILITIES_SERVICES', 'Facilities Services'],
    ['MACHINERY', 'Machinery'],
    ['RETAIL', 'Retail'],
    ['MANAGEMENT_CONSULTING', 'Management Consulting'],
    ['HUMAN_RESOURCES', 'Human Resources'],
    ['SECURITY_AND_INVESTIGATIONS', 'Security and Investigations'],
    ['UTILITIES', 'Utilities'],
    ['EDUCATION_MANAGEMENT', 'Education Management'],
  );
}

/** The group that standard properties of an object belong to. */
export const standardGroup = (typeId: ObjectTypeId): PropertyGroup => GROUP[typeId];

/** Definitions of all standard properties of an object, stamped as created at `at`. */
export function standardProperties(typeId: ObjectTypeId, at: number): PropertyDefinition[] {
  return [...SHARED, ...ROWS[typeId]].map(([name, label, type, fieldType, more], displayOrder) => ({
    name,
    label,
    type,
    fieldType,
    groupName: GROUP[typeId].name,
    description: '',
    options: [],
    displayOrder,
    hasUniqueValue: name === 'hs_object_id',
    hidden: false,
    formField: false,
    hubspotDefined: true,
    externalOptions: false,
    readOnlyValue: false,
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    ...more,
  }));
}
