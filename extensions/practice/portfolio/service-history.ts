/** Two years of outages and support tickets of one vendor: mostly quiet, with bad weeks, as real services are. */
import type { Draw } from './draw.ts';
import type { CompanyName } from './names.ts';

export type PortfolioIncident = {
  readonly title: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  /** ISO 8601 instants in UTC. */
  readonly startedAt: string;
  readonly restoredAt: string;
};
export type PortfolioTicket = {
  readonly companyKey: string;
  readonly subject: string;
  readonly priority: 'LOW' | 'MEDIUM' | 'HIGH' | 'URGENT';
  readonly openedAt: string;
  readonly respondedAt: string | null;
  readonly closedAt: string | null;
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const HISTORY_DAYS = 730;

const INCIDENT_TITLES = {
  en: [
    'Login unavailable',
    'API errors above threshold',
    'Slow reports',
    'Data centre network loss',
    'Message queue backlog',
    'Certificate expired',
  ],
  zh: ['无法登录', '接口错误率超限', '报表响应缓慢', '机房网络中断', '消息队列积压', '证书过期'],
} as const;
const TICKET_SUBJECTS = {
  en: [
    'Export fails for large lists',
    'User cannot sign in',
    'Invoice shows the wrong period',
    'Report totals differ',
    'Password reset mail not received',
    'Integration stopped overnight',
    'Request: new approval step',
  ],
  zh: [
    '大列表导出失败',
    '用户无法登录',
    '账单周期有误',
    '报表合计不一致',
    '收不到重置密码邮件',
    '集成任务夜间中断',
    '需求：增加审批环节',
  ],
} as const;

export function serviceHistory(
  company: CompanyName & { readonly key: string },
  draw: Draw,
  todayMs: number,
): {
  readonly companyKey: string;
  readonly incidents: readonly PortfolioIncident[];
  readonly tickets: readonly PortfolioTicket[];
} {
  // A vendor's character: how often it fails, and how slowly it answers.
  const outagesPerMonth = draw.pick([0.3, 0.5, 0.8, 1.4]);
  const slowness = draw.pick([0.35, 0.5, 0.7, 1.15]);
  const incidents: PortfolioIncident[] = [];
  const tickets: PortfolioTicket[] = [];
  for (let day = HISTORY_DAYS; day >= 1; day -= 1) {
    const dayMs = todayMs - day * DAY_MS;
    if (draw.chance(outagesPerMonth / 30)) incidents.push(incidentOn(dayMs, company, draw));
    if (draw.chance(0.05)) tickets.push(ticketOn(dayMs, company, { draw, slowness, todayMs }));
  }
  return { companyKey: company.key, incidents, tickets };
}

function incidentOn(dayMs: number, company: CompanyName, draw: Draw): PortfolioIncident {
  const startedMs = dayMs + draw.int(0, 1_380) * MINUTE_MS;
  const minutes = draw.chance(0.75) ? draw.int(3, 28) : draw.int(35, 190);
  return {
    title: draw.pick(INCIDENT_TITLES[company.language]),
    severity: minutes > 60 ? 'critical' : minutes > 20 ? 'high' : 'medium',
    startedAt: new Date(startedMs).toISOString(),
    restoredAt: new Date(startedMs + minutes * MINUTE_MS).toISOString(),
  };
}

function ticketOn(
  dayMs: number,
  company: CompanyName & { readonly key: string },
  { draw, slowness, todayMs }: { readonly draw: Draw; readonly slowness: number; readonly todayMs: number },
): PortfolioTicket {
  const openedMs = dayMs + draw.int(60, 1_200) * MINUTE_MS;
  const respondedMs = openedMs + Math.round(draw.int(8, 170) * slowness) * MINUTE_MS;
  const closedMs = respondedMs + draw.int(30, 2_800) * MINUTE_MS;
  const past = (ms: number) => (ms < todayMs ? new Date(ms).toISOString() : null);
  return {
    companyKey: company.key,
    subject: draw.pick(TICKET_SUBJECTS[company.language]),
    priority: draw.pick(['LOW', 'MEDIUM', 'HIGH', 'URGENT']),
    openedAt: new Date(openedMs).toISOString(),
    respondedAt: past(respondedMs),
    closedAt: past(closedMs),
  };
}
