/**
 * What people read in HubSpot's property settings, filters and columns. A property has one label per portal, not one per user, so the
 * language is chosen once per portal, when it is installed.
 */
import type { ContractStage, RenewalDecision, RenewalKind } from '../../domain/contract.ts';
import type { ContractHealth } from '../../domain/health.ts';
import type { MirrorField } from '../../domain/mirror.ts';
import type { SlaVerdict } from '../../domain/sla.ts';

export const SCHEMA_LANGUAGES = ['en', 'zh-CN'] as const;
export type SchemaLanguage = (typeof SCHEMA_LANGUAGES)[number];
export type Label = Readonly<Record<SchemaLanguage, string>>;
export type LabelTable = Readonly<Record<string, Label>>;

const label = (en: string, zh: string): Label => ({ en, 'zh-CN': zh });

export const STAGE_LABELS: Record<ContractStage, Label> = {
  draft: label('Draft', '草稿'),
  in_review: label('In review', '审查中'),
  approved: label('Approved', '已批准'),
  signed: label('Signed', '已签署'),
  active: label('Active', '履行中'),
  renewing: label('Renewing', '续签中'),
  expired: label('Expired', '已到期'),
  terminated: label('Terminated', '已终止'),
  void: label('Void', '已作废'),
};

export const HEALTH_LABELS: Record<ContractHealth, Label> = {
  good: label('Good', '良好'),
  attention: label('Needs attention', '需关注'),
  at_risk: label('At risk', '有风险'),
  unknown: label('Not known', '未知'),
};

export const RENEWAL_KIND_LABELS: Record<RenewalKind, Label> = {
  none: label('Ends, no renewal', '到期终止'),
  mutual_written: label('By written agreement of both', '双方书面确认续签'),
  auto: label('Renews automatically', '自动续签'),
  evergreen: label('Open-ended', '无固定期限'),
  option_buyer: label("Buyer's option", '甲方选择权'),
  option_supplier: label("Supplier's option", '乙方选择权'),
};

export const RENEWAL_DECISION_LABELS: Record<RenewalDecision, Label> = {
  undecided: label('Undecided', '未决定'),
  renew: label('Renew', '续签'),
  renegotiate: label('Renegotiate', '重新谈判'),
  exit: label('Exit', '退出'),
};

export const SLA_STATUS_LABELS: Record<SlaVerdict | 'none', Label> = {
  met: label('Met', '达标'),
  missed: label('Missed', '未达标'),
  no_data: label('No data', '无数据'),
  excused: label('Excused', '免责'),
  provisional: label('Provisional', '暂定'),
  disputed: label('Disputed', '有争议'),
  none: label('No SLA', '无 SLA'),
};

export const FIELD_LABELS: Record<MirrorField, Label> = {
  leadContractNumber: label('Lead contract number', '主合同编号'),
  leadContractTitle: label('Lead contract title', '主合同名称'),
  contractCount: label('Linked contracts', '关联合同数'),
  stage: label('Contract stage', '合同阶段'),
  health: label('Contract health', '合同健康度'),
  renewalKind: label('Renewal type', '续签方式'),
  renewalDate: label('Renewal date', '续签日期'),
  renewalDecision: label('Renewal decision', '续签决定'),
  noticeDeadline: label('Notice deadline', '通知截止日'),
  endDate: label('Contract end date', '合同到期日'),
  contractValue: label('Contract value', '合同金额'),
  contractCurrency: label('Contract currency', '合同币种'),
  riskFlags: label('Contract risks', '合同风险'),
  slaStatus: label('SLA last month', '上月 SLA 结果'),
  availabilityLastMonth: label('Availability last month (%)', '上月可用率（%）'),
  responseComplianceLastMonth: label('Response compliance last month (%)', '上月响应达标率（%）'),
  breachesTwelveMonths: label('SLA breaches in 12 months', '近 12 个月 SLA 违约次数'),
  contractUrl: label('Open in Counterpart', '在 Counterpart 中打开'),
};

export const FIELD_DESCRIPTIONS: Record<'ours' | 'shared', Label> = {
  ours: label('Kept by Counterpart. An edit here is put back.', '由 Counterpart 维护，在此处修改会被还原。'),
  shared: label(
    'Shared with Counterpart. An edit here changes the contract, when its terms allow it.',
    '与 Counterpart 共享。在此处修改会更新合同（须符合合同规则）。',
  ),
};

export const SYNC_TOKEN_LABEL = label('Counterpart sync token', 'Counterpart 同步标记');
