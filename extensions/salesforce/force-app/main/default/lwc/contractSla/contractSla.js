/** Service levels: last month in words, the months as a line against the target, and the incidents behind them. */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';

export default class ContractSla extends LightningElement {
  @api contract;
  @api detail;
  words = {
    emptyTitle: t('sla.empty.title'),
    emptyBody: t('sla.empty.body'),
    status: t('sla.label'),
    incidents: t('incident.title'),
    noIncident: t('incident.none'),
  };

  get isEmpty() {
    return this.detail.slaTrend.length === 0 && this.detail.incidents.length === 0;
  }

  get verdict() {
    return presenter.sla(this.contract.sla.status);
  }

  get figures() {
    const { availabilityLastMonth, responseComplianceLastMonth, breachesTwelveMonths } = this.contract.sla;
    return [
      { label: t('field.availabilityLastMonth'), text: percent(availabilityLastMonth) },
      { label: t('field.responseComplianceLastMonth'), text: percent(responseComplianceLastMonth) },
      { label: t('field.breachesTwelveMonths'), text: String(breachesTwelveMonths) },
    ];
  }

  get trends() {
    return this.detail.slaTrend.map((trend) => ({ key: `${trend.objective}-${trend.metric}`, trend }));
  }

  get incidents() {
    const { incidents, today } = this.detail;
    return incidents.map(({ id, title, severity, startedAt, restoredAt, excused }) => {
      const start = presenter.instant(startedAt, today);
      const when =
        restoredAt === null
          ? t('incident.open', { start })
          : t('incident.closed', { start, end: presenter.instant(restoredAt, today) });
      return {
        id,
        title,
        when: excused ? `${when} · ${t('incident.excused')}` : when,
        severity: presenter.severity(severity),
      };
    });
  }

  get hasIncidents() {
    return this.detail.incidents.length > 0;
  }
}

function percent(value) {
  return value === null ? t('card.none') : t('sla.percent', { value });
}
