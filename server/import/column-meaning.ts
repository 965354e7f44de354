/** Guesses what a column means from its header, in English and Chinese. A guess is only a suggestion: the person sees and changes it. */
import { IMPORT_FIELDS, type ImportField } from '../../app/wire/workspace.ts';

const HEADERS: Record<ImportField, readonly string[]> = {
  number: [
    '协议编号',
    '合同号码',
    'agreement number',
    'number',
    'contract number',
    'contract no',
    'contract id',
    'id',
    'ref',
    'reference',
    '合同编号',
    '编号',
    '合同号',
  ],
  title: [
    '协议名称',
    '合同标题',
    'agreement',
    'title',
    'contract',
    'contract title',
    'contract name',
    'name',
    'subject',
    'description',
    '合同名称',
    '名称',
    '合同',
    '标题',
  ],
  counterparty: [
    'partner',
    'client',
    'counterparty',
    'vendor',
    'supplier',
    'customer',
    'company',
    'account',
    'party',
    'vendor name',
    'supplier name',
    '相对方',
    '供应商',
    '客户',
    '对方单位',
    '合同相对方',
    '乙方',
    '供应商名称',
    '客户名称',
  ],
  counterpartyDomain: ['网址', 'domain', 'website', 'web', 'vendor domain', 'company domain', '网站', '域名', '官网'],
  side: [
    '收付方向',
    'contract type',
    'side',
    'type',
    'direction',
    'buy or sell',
    '类型',
    '合同类型',
    '买卖方向',
    '方向',
  ],
  stage: ['contract stage', 'contract status', 'stage', 'status', 'state', '阶段', '状态', '合同状态'],
  effectiveDate: [
    'begin date',
    'effective date',
    'effective',
    'start',
    'start date',
    'commencement date',
    'from',
    '生效日期',
    '开始日期',
    '起始日期',
    '生效日',
  ],
  endDate: [
    'expires',
    'end date',
    'end',
    'expiry',
    'expiry date',
    'expiration',
    'expiration date',
    'to',
    'until',
    '到期日',
    '到期日期',
    '结束日期',
    '终止日期',
    '截止日期',
  ],
  signedDate: [
    'signed',
    'signed date',
    'signed on',
    'signature date',
    'date signed',
    '签订日期',
    '签署日期',
    '签约日期',
  ],
  value: [
    'value',
    'amount',
    'total',
    'total value',
    'contract value',
    'price',
    '金额',
    '合同金额',
    '总金额',
    '合同总价',
  ],
  currency: ['currency', 'ccy', 'currency code', '币种', '货币'],
  renewalKind: [
    '续约类型',
    '续签类型',
    'renewal',
    'renewal type',
    'renewal kind',
    'auto renew',
    'auto renewal',
    '续约方式',
    '续约',
    '是否自动续约',
    '续签方式',
    '续签',
    '是否自动续签',
  ],
  renewalMonths: [
    'renewal months',
    'renewal term',
    'renewal term months',
    '续约月数',
    '续约期限',
    '续约期（月）',
    '续签月数',
    '续签期限',
  ],
  noticeDays: [
    '通知期限',
    'notice days',
    'notice',
    'notice period',
    'notice period days',
    '通知天数',
    '通知期',
    '提前通知天数',
    '通知期（天）',
  ],
  noticeMonths: ['notice months', 'notice period months', '通知月数', '通知期（月）'],
  ownerEmail: [
    '合同负责人',
    'contract owner',
    'owner',
    'owner email',
    'internal owner',
    'responsible',
    '负责人',
    '负责人邮箱',
    '经办人',
  ],
};

const BY_HEADER = new Map(
  IMPORT_FIELDS.flatMap((field) => [field, ...HEADERS[field]].map((header) => [plain(header), field] as const)),
);

/** What may stand in brackets without changing what the column holds: a currency, a pattern of a date, whether it must be filled in. */
const REMARK =
  /[([](?:[A-Z]{3}|元|人民币|Y{2,4}[-/.]M{1,2}[-/.]D{1,2}|D{1,2}[-/.]M{1,2}[-/.]Y{2,4}|required|optional|必填|选填)[)\]]/gi;

/** The same header in any case, spacing, punctuation or width. */
function plain(header: string): string {
  return header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_\-.:*()/[\]#]+/g, '');
}

/**
 * One suggestion a column; a field is suggested once, for the first column that fits. `金额（元）` is an amount; `金额（万元）` gets no
 * suggestion, because its numbers are ten thousand times what they say.
 */
export function suggestColumns(headers: readonly string[]): readonly (ImportField | null)[] {
  const taken = new Set<ImportField>();
  return headers.map((header) => {
    const field = BY_HEADER.get(plain(header)) ?? BY_HEADER.get(plain(header.normalize('NFKC').replaceAll(REMARK, '')));
    if (field === undefined || taken.has(field)) return null;
    taken.add(field);
    return field;
  });
}
