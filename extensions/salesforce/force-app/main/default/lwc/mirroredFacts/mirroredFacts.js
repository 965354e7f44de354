/** What the record itself holds of its lead contract, shown with a note while the server cannot be reached. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { CONTRACT_STAGES } from 'c/counterpartCore';

/** Mirror fields by the presenter's field name; the presenter words codes and dates, `percent` adds its sign. */
const FACTS = [
  ['renewalDate', 'Renewal_Date__c'],
  ['noticeDeadline', 'Notice_Deadline__c'],
  ['renewalDecision', 'Renewal_Decision__c'],
  ['renewalKind', 'Renewal_Type__c'],
  ['endDate', 'Contract_End_Date__c'],
  ['slaStatus', 'Sla_Status__c'],
  ['availabilityLastMonth', 'Availability_Last_Month__c', percent],
  ['responseComplianceLastMonth', 'Response_Compliance_Last_Month__c', percent],
  ['breachesTwelveMonths', 'Breaches_12_Months__c'],
  ['health', 'Contract_Health__c'],
];

export default class MirroredFacts extends LightningElement {
  /** By API name without namespace, as `ContractCardController.mirrored` gives them. */
  @api fields;
  words = {
    title: t('mirrored.title'),
    note: t('mirrored.note'),
    value: t('field.contractValue'),
    risks: t('field.riskFlags'),
  };

  get title() {
    return this.fields.Lead_Contract_Title__c;
  }

  get number() {
    return this.fields.Lead_Contract_Number__c;
  }

  get stage() {
    const stage = this.fields.Contract_Stage__c;
    if (!stage) return null;
    // A person may have typed a value that is no stage of ours; it is shown as it is.
    return CONTRACT_STAGES.includes(stage) ? presenter.stage(stage) : { text: stage, tone: 'neutral' };
  }

  get facts() {
    return FACTS.filter(([, apiName]) => apiName in this.fields).map(([field, apiName, worded]) => {
      const value = this.fields[apiName];
      const text =
        value === null ? t('card.none') : (worded ?? ((plain) => presenter.value(field, plain)))(String(value));
      return { field, label: presenter.field(field), text };
    });
  }

  /** Amount and currency, when the record has both. */
  get worth() {
    const { Contract_Value__c: amount, Contract_Currency__c: currency } = this.fields;
    return typeof amount === 'number' && currency ? { amount, currency } : null;
  }

  get risks() {
    const flags = this.fields.Risk_Flags__c;
    return flags ? flags.split(';').map((code) => ({ code, title: presenter.riskTitle(code) })) : null;
  }

  get others() {
    const count = (this.fields.Contract_Count__c ?? 1) - 1;
    return count > 0 ? t('mirrored.others', { count }) : null;
  }
}

function percent(value) {
  return t('sla.percent', { value });
}
