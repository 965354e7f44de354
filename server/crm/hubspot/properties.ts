/**
 * The properties that Counterpart adds to deals and companies: one table for all fields, from which the schema, the value mapping and the
 * reading of webhooks and errors follow. Names are permanent: customers build filters, lists and workflows on them.
 */
import { MIRROR_FIELDS, MIRROR_FIELD_NAMES } from '../../domain/mirror.ts';
import type { MirrorField } from '../../domain/mirror.ts';
import {
  FIELD_DESCRIPTIONS,
  FIELD_LABELS,
  HEALTH_LABELS,
  RENEWAL_DECISION_LABELS,
  RENEWAL_KIND_LABELS,
  SLA_STATUS_LABELS,
  STAGE_LABELS,
  SYNC_TOKEN_LABEL,
} from './labels.ts';
import type { LabelTable, SchemaLanguage } from './labels.ts';
import { RISK_FLAG_LABELS } from './risk-labels.ts';

export const PROPERTY_GROUP = { name: 'counterpart', label: 'Counterpart' } as const;
export const SYNC_TOKEN_PROPERTY = 'counterpart_sync_token';

export const PROPERTY_NAMES: Record<MirrorField, string> = {
  leadContractNumber: 'counterpart_lead_contract_number',
  leadContractTitle: 'counterpart_lead_contract_title',
  contractCount: 'counterpart_contract_count',
  stage: 'counterpart_stage',
  health: 'counterpart_health',
  renewalKind: 'counterpart_renewal_kind',
  renewalDate: 'counterpart_renewal_date',
  renewalDecision: 'counterpart_renewal_decision',
  noticeDeadline: 'counterpart_notice_deadline',
  endDate: 'counterpart_end_date',
  contractValue: 'counterpart_contract_value',
  contractCurrency: 'counterpart_contract_currency',
  riskFlags: 'counterpart_risk_flags',
  slaStatus: 'counterpart_sla_status',
  availabilityLastMonth: 'counterpart_availability_last_month',
  responseComplianceLastMonth: 'counterpart_response_compliance_last_month',
  breachesTwelveMonths: 'counterpart_breaches_twelve_months',
  contractUrl: 'counterpart_contract_url',
};

export const MIRROR_PROPERTY_NAMES: readonly string[] = [
  ...MIRROR_FIELD_NAMES.map((field) => PROPERTY_NAMES[field]),
  SYNC_TOKEN_PROPERTY,
];

/** The codes a field may hold in HubSpot; a field without a table is free text, a number or a date. */
export const FIELD_OPTIONS: { readonly [F in MirrorField]?: LabelTable } = {
  stage: STAGE_LABELS,
  health: HEALTH_LABELS,
  renewalKind: RENEWAL_KIND_LABELS,
  renewalDecision: RENEWAL_DECISION_LABELS,
  slaStatus: SLA_STATUS_LABELS,
  riskFlags: RISK_FLAG_LABELS,
};

const FIELDS_BY_PROPERTY: ReadonlyMap<string, MirrorField> = new Map(
  MIRROR_FIELD_NAMES.map((field) => [PROPERTY_NAMES[field], field]),
);

export function fieldOfProperty(name: string): MirrorField | null {
  return FIELDS_BY_PROPERTY.get(name) ?? null;
}

type FieldKind = (typeof MIRROR_FIELDS)[MirrorField]['kind'];
/** HubSpot's `type` and `fieldType` for each kind of field (HubSpot docs, Properties). */
const HUBSPOT_TYPES: Record<FieldKind, { readonly type: string; readonly fieldType: string }> = {
  text: { type: 'string', fieldType: 'text' },
  integer: { type: 'number', fieldType: 'number' },
  decimal: { type: 'number', fieldType: 'number' },
  date: { type: 'date', fieldType: 'date' },
  code: { type: 'enumeration', fieldType: 'select' },
  code_set: { type: 'enumeration', fieldType: 'checkbox' },
};

export type PropertyDefinition = {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly groupName: string;
  readonly type: string;
  readonly fieldType: string;
  readonly hidden: boolean;
  readonly formField: boolean;
  readonly displayOrder: number;
  readonly options?: readonly OptionDefinition[];
};
export type OptionDefinition = {
  readonly label: string;
  readonly value: string;
  readonly hidden: boolean;
  readonly displayOrder: number;
};

/** Every property of the group as HubSpot's create call takes it. */
export function propertyDefinitions(language: SchemaLanguage): readonly PropertyDefinition[] {
  const fields = MIRROR_FIELD_NAMES.map((field, index): PropertyDefinition => {
    const { kind, ownership } = MIRROR_FIELDS[field];
    const options = FIELD_OPTIONS[field];
    return {
      name: PROPERTY_NAMES[field],
      label: FIELD_LABELS[field][language],
      description: FIELD_DESCRIPTIONS[ownership][language],
      groupName: PROPERTY_GROUP.name,
      ...HUBSPOT_TYPES[kind],
      hidden: false,
      formField: false,
      displayOrder: index,
      ...(options === undefined ? {} : { options: optionDefinitions(options, language) }),
    };
  });
  const syncToken: PropertyDefinition = {
    name: SYNC_TOKEN_PROPERTY,
    label: SYNC_TOKEN_LABEL[language],
    description: FIELD_DESCRIPTIONS.ours[language],
    groupName: PROPERTY_GROUP.name,
    ...HUBSPOT_TYPES.text,
    hidden: true,
    formField: false,
    displayOrder: fields.length,
  };
  return [...fields, syncToken];
}

function optionDefinitions(table: LabelTable, language: SchemaLanguage): readonly OptionDefinition[] {
  return Object.entries(table).map(([value, label], displayOrder) => ({
    label: label[language],
    value,
    hidden: false,
    displayOrder,
  }));
}
