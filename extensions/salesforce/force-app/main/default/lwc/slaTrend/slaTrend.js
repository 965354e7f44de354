/**
 * The months of one objective as a line against its target, with the same numbers as a table for those who do not see the line. Lines are drawn
 * in a stretched SVG, words and dots beside it in HTML, so that both stay sharp at every width.
 */
import { LightningElement, api } from 'lwc';
import { presenter, t } from 'c/cardHost';
import { chartRows } from 'c/counterpartCore';

/** Room above and below the values, as a part of their span. */
const MARGIN = 0.15;
/** A flat line still needs a span to be drawn in. */
const SPAN_MIN = 0.1;
const DECIMALS_MAX = 2;

export default class SlaTrend extends LightningElement {
  @api trend;
  words = {
    actual: t('sla.trend.actual'),
    month: t('sla.trend.month'),
    percent: t('sla.trend.percent'),
    noPoints: t('sla.trend.noPoints'),
  };

  get title() {
    return presenter.objective(this.trend);
  }

  get targetText() {
    return t('sla.trend.target', { value: this.trend.target });
  }

  get isMeasured() {
    const words = { actual: this.words.actual, target: this.targetText, month: presenter.month };
    return this.trend.months.length > 0 && chartRows(this.trend, words).length > 0;
  }

  get lastMonth() {
    const { period, value, verdict } = this.trend.months[this.trend.months.length - 1];
    const shown = { month: presenter.month(period), verdict: presenter.sla(verdict).text };
    return value === null ? t('sla.trend.lastMonthEmpty', shown) : t('sla.trend.lastMonth', { ...shown, value });
  }

  /** What is drawn, in percent of the plot's width and height. */
  get plot() {
    const { months } = this.trend;
    const target = Number(this.trend.target);
    const values = months.map(({ value }) => (value === null ? Number.NaN : Number(value)));
    const known = [...values, target].filter(Number.isFinite);
    const [low, high] = bounds(known);
    const x = (index) => (months.length === 1 ? 50 : (index * 100) / (months.length - 1));
    const y = (value) => ((high - value) / (high - low)) * 100;
    const dots = months.flatMap(({ period, verdict }, index) => {
      const value = values[index];
      if (!Number.isFinite(value)) return [];
      return [
        {
          period,
          x: x(index),
          y: y(value),
          isJoined: Number.isFinite(values[index - 1]),
          style: `left: ${x(index)}%; top: ${y(value)}%`,
          dotClass: verdict === 'missed' ? 'dot dot_missed' : 'dot',
          text: `${presenter.month(period)}: ${t('sla.percent', { value: months[index].value })}`,
        },
      ];
    });
    return {
      dots,
      line: dots.map((dot) => `${dot.isJoined ? 'L' : 'M'}${dot.x} ${dot.y}`).join(' '),
      target: Number.isFinite(target) ? `M0 ${y(target)} L100 ${y(target)}` : '',
      high: axisText(high),
      low: axisText(low),
    };
  }

  get firstMonth() {
    return presenter.month(this.trend.months[0].period);
  }

  get finalMonth() {
    const { months } = this.trend;
    return months.length > 1 ? presenter.month(months[months.length - 1].period) : '';
  }

  get rows() {
    return this.trend.months.map(({ period, value, verdict }) => ({
      period,
      month: presenter.month(period),
      value: value === null ? t('card.none') : t('sla.percent', { value }),
      verdict: presenter.sla(verdict).text,
    }));
  }
}

/** The values' own span with some air around it, never above 100 per cent. */
function bounds(known) {
  const low = Math.min(...known);
  const high = Math.max(...known);
  const air = Math.max(high - low, SPAN_MIN) * MARGIN;
  return [Math.max(0, low - air), Math.min(100, high + air)];
}

function axisText(value) {
  return t('sla.percent', { value: String(Number(value.toFixed(DECIMALS_MAX))) });
}
