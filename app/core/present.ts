/**
 * Turns what the server knows into what people read: dates, money, countdowns, verdicts, sentences. Everything shown by a card goes
 * through a `Presenter`, so that both hosts say the same thing in the same words.
 */
import type { ContractCardView, ContractDetail, RecordCard } from '../wire/card.ts';
import type { Locale } from './locale.ts';
import { formatMoney, sumByCurrency, type WireMoney } from './money.ts';
import { formatDate, formatInstant, formatMonth, formatNearDate } from './plain-date.ts';
import { createTranslate, isMessageKey, type Translate } from './translate.ts';

export const TONES = ['neutral', 'good', 'notice', 'bad', 'info'] as const;
/** How strongly something asks to be seen; each host maps it to its own colours. */
export type Tone = (typeof TONES)[number];

const STAGE_TONES: Readonly<Record<ContractCardView['stage'], Tone>> = {
  draft: 'neutral',
  in_review: 'info',
  approved: 'info',
  signed: 'info',
  active: 'good',
  renewing: 'notice',
  expired: 'neutral',
  terminated: 'neutral',
  void: 'neutral',
};
const SLA_TONES: Readonly<Record<ContractCardView['sla']['status'], Tone>> = {
  met: 'good',
  missed: 'bad',
  no_data: 'neutral',
  excused: 'neutral',
  provisional: 'info',
  disputed: 'notice',
  none: 'neutral',
};
const WINDOW_TONES: Readonly<Record<'open' | 'soon' | 'closed', Tone>> = {
  open: 'neutral',
  soon: 'notice',
  closed: 'bad',
};
const SEVERITY_TONES: Readonly<Record<ContractCardView['risks'][number]['severity'], Tone>> = {
  critical: 'bad',
  high: 'bad',
  medium: 'notice',
  low: 'neutral',
};
const ATTENTION_TONES: Readonly<Record<NonNullable<RecordCard['attention']>['reason'], Tone>> = {
  notice_closing: 'notice',
  notice_closed: 'bad',
  sla_missed: 'bad',
  undecided: 'notice',
  risk: 'bad',
  expired: 'notice',
  fine: 'good',
};
const LIVE_STAGES: readonly string[] = ['signed', 'active', 'renewing'];
/** Ended paper neither counts towards the money nor has a notice ahead. */
const ENDED_STAGES: readonly string[] = ['expired', 'terminated', 'void'];

/** Fields whose values are codes of a closed set, and the messages that name them. */
const CODE_FAMILIES: ReadonlyMap<string, string> = new Map([
  ['stage', 'stage'],
  ['renewalDecision', 'decision'],
  ['renewalKind', 'renewalKind'],
  ['health', 'health'],
  ['side', 'side'],
  ['slaStatus', 'sla'],
]);

export type Presented = { readonly text: string; readonly tone: Tone };
export type CardSummary = {
  readonly count: string;
  readonly live: string;
  readonly notice: { readonly text: string; readonly detail: string | null };
  readonly sla: Presented & { readonly detail: string | null };
  /** The sum in the currency most contracts use; the others stand in `moreValue`. */
  readonly value: string;
  readonly moreValue: string | null;
};

export type Presenter = ReturnType<typeof createPresenter>;

/** `zone` is the portal's time zone, used for instants only; days have none. */
export function createPresenter(locale: Locale, zone: string) {
  const t = createTranslate(locale);
  const date = (day: string): string => formatDate(locale, day);
  const money = (amount: WireMoney): string => formatMoney(locale, amount);
  const instant = (at: string, today: string): string => formatInstant(locale, at, { zone, today });
  const calendar = (id: string): string => (id === 'weekends' ? t('detail.calendar.weekends') : regionName(locale, id));
  const codes = codePresenter(t, { date, money, calendar });

  return {
    locale,
    zone,
    t,
    date,
    money,
    instant,
    ...codes,
    month: (period: string): string => formatMonth(locale, period),
    objective: (trend: Pick<ContractDetail['slaTrend'][number], 'objective' | 'metric'>): string =>
      presentObjective(t, trend),
    /** A business-day calendar by the region it is named after. */
    calendar,
    dateOr: (day: string | null, otherwise: string): string => (day === null ? otherwise : date(day)),
    stage: (stage: ContractCardView['stage']): Presented => ({ text: t(`stage.${stage}`), tone: STAGE_TONES[stage] }),
    sla: (status: ContractCardView['sla']['status']): Presented => ({
      text: t(`sla.${status}`),
      tone: SLA_TONES[status],
    }),
    severity: (severity: keyof typeof SEVERITY_TONES): Presented => ({
      text: t(`severity.${severity}`),
      tone: SEVERITY_TONES[severity],
    }),
    notice: (notice: ContractCardView['notice']): Presented & { readonly date: string | null } =>
      presentNotice(t, date, notice),
    attention: (attention: RecordCard['attention']): Presented => {
      const reason = attention?.reason ?? 'fine';
      const day = attention?.date ?? null;
      return {
        text: t(`attention.${reason}`, { date: day === null ? t('attention.noDate') : date(day) }),
        tone: ATTENTION_TONES[reason],
      };
    },
    sync: (sync: RecordCard['sync'], today: string): string => {
      if (sync.state === 'pending') return t('sync.pending', { count: sync.pendingChanges });
      if (sync.state === 'attention' && sync.reason === 'conflict') return t('sync.conflict');
      if (sync.state !== 'current' || sync.lastAgreedAt === null) return t(`sync.${sync.state}`);
      return t('sync.currentSince', { time: instant(sync.lastAgreedAt, today) });
    },
    summary: (card: RecordCard): CardSummary =>
      presentSummary(card, { t, money, nearDate: (day) => formatNearDate(locale, day, card.today) }),
    provenance: (entry: ContractDetail['provenance'][number], today: string): string => {
      const filled = entry.value === null ? 'cleared' : 'set';
      return t(entry.actor === null ? `history.${filled}` : `history.${filled}.by`, {
        field: codes.field(entry.field),
        value: codes.value(entry.field, entry.value),
        actor: entry.actor ?? '',
        place: entry.place ?? t(`source.${entry.source}`),
        time: instant(entry.at, today),
      });
    },
  };
}

/** An objective may be named after its metric alone, or `metric:severity`; any other name is shown as it was given. */
function presentObjective(
  t: Translate,
  { objective, metric }: { objective: string; metric: 'availability' | 'response' },
): string {
  const byMonth = t(`sla.trend.${metric}`);
  if (objective === metric) return byMonth;
  const severity = `severity.${objective.slice(metric.length + 1)}`;
  const name = objective.startsWith(`${metric}:`) && isMessageKey(severity) ? t(severity) : objective;
  return `${byMonth} · ${name}`;
}

function regionName(locale: Locale, id: string): string {
  if (!/^[A-Z]{2}$/.test(id)) return id;
  return new Intl.DisplayNames([locale], { type: 'region' }).of(id) ?? id;
}

/** Codes that a newer server may send: a known one reads as its message, an unknown one as itself. */
type ValueWords = {
  readonly date: (day: string) => string;
  readonly money: (amount: WireMoney) => string;
  readonly calendar: (id: string) => string;
};

function codePresenter(t: Translate, words: ValueWords) {
  const known = (key: string, otherwise: string): string => (isMessageKey(key) ? t(key) : otherwise);
  return {
    field: (field: string): string => known(`field.${field}`, field),
    party: (role: string): string => known(`party.${role}`, role),
    riskTitle: (code: string): string => known(`risk.${code}.title`, code.replaceAll('_', ' ')),
    riskAdvice: (code: string): string | null =>
      isMessageKey(`risk.${code}.advice`) ? known(`risk.${code}.advice`, '') : null,
    conflictReason: (reason: string): string => known(`conflict.${reason}`, t('conflict.other')),
    moveRefusal: (reason: string | null): string | null => {
      const key = `moveReason.${reason ?? ''}`;
      return isMessageKey(key) ? t(key) : null;
    },
    /** A field's canonical text, as the history keeps it, in the words of the reader. */
    value: (field: string, value: string | null): string => {
      if (value === null || value === '') return t('card.none');
      const family = CODE_FAMILIES.get(field);
      if (family !== undefined) return known(`${family}.${value}`, value);
      if (field === 'calendarId') return words.calendar(value);
      const { minor, currency } = /^(?<minor>-?\d+) (?<currency>[A-Z]{3})$/.exec(value)?.groups ?? {};
      if (field === 'value' && minor !== undefined && currency !== undefined) return words.money({ minor, currency });
      const [, count, unit, from] = /^(\d+) (days|months) (before_expiry|before_renewal)$/.exec(value) ?? [];
      const period = `notice.period.${unit ?? ''}`;
      if (isMessageKey(period)) return t(period, { count: Number(count), from: from ?? '' });
      return /^\d{4}-\d{2}-\d{2}$/.test(value) ? words.date(value) : value;
    },
  };
}

function presentNotice(
  t: Translate,
  date: (day: string) => string,
  notice: ContractCardView['notice'],
): Presented & { readonly date: string | null } {
  if (notice === null) return { text: t('notice.none'), tone: 'neutral', date: null };
  const countdown =
    notice.daysLeft >= 0 ? t('notice.due', { days: notice.daysLeft }) : t('notice.past', { days: -notice.daysLeft });
  return { text: countdown, tone: WINDOW_TONES[notice.window], date: date(notice.safeDate) };
}

type SummaryTools = {
  readonly t: Translate;
  readonly nearDate: (day: string) => string;
  readonly money: (amount: WireMoney) => string;
};

function presentSummary(card: RecordCard, { t, nearDate, money }: SummaryTools): CardSummary {
  const going = card.contracts.filter((contract) => !ENDED_STAGES.includes(contract.stage));
  const live = card.contracts.filter((contract) => LIVE_STAGES.includes(contract.stage));
  const notices = going.flatMap((contract) =>
    contract.notice !== null && contract.notice.daysLeft >= 0 ? [contract.notice] : [],
  );
  const next = notices.sort((a, b) => a.daysLeft - b.daysLeft)[0];
  const sums = sumByCurrency(going.flatMap((contract) => (contract.value === null ? [] : [contract.value]))).map(money);
  return {
    count: String(card.contracts.length),
    live: t('summary.live', { count: live.length }),
    notice:
      next === undefined
        ? { text: t('card.none'), detail: t('summary.noNotice') }
        : { text: nearDate(next.safeDate), detail: t('notice.due', { days: next.daysLeft }) },
    sla: presentSlaSummary(live, t),
    value: sums[0] ?? t('card.none'),
    moreValue: sums.length > 1 ? t('summary.moreCurrencies', { list: sums.slice(1).join(' · ') }) : null,
  };
}

function presentSlaSummary(live: readonly ContractCardView[], t: Translate): CardSummary['sla'] {
  const judged = live.filter((contract) => ['met', 'missed'].includes(contract.sla.status));
  const missed = judged.filter((contract) => contract.sla.status === 'missed').length;
  if (judged.length === 0) return { text: t('summary.slaNone'), tone: 'neutral', detail: null };
  const detail = t('summary.slaJudged', { count: judged.length });
  if (missed === 0) return { text: t('summary.slaMet'), tone: 'good', detail };
  return { text: t('summary.slaMissed', { count: missed }), tone: 'bad', detail };
}
