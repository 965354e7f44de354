import type { BarChartProps, ChartProps, LineChartProps } from '@hubspot/ui-extensions';
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { chartModel } from './chart-scale.ts';
import type { ChartModel } from './chart-scale.ts';

const HEIGHT_PX = 240;
const MARGIN = { top: 30, right: 14, bottom: 42, left: 54 } as const;
const WIDTH_PX_INITIAL = 520;

type Plot = {
  readonly width: number;
  readonly left: number;
  readonly bottom: number;
  readonly band: number;
  readonly yOf: (value: number) => number;
};

function plotFor(model: ChartModel, width: number): Plot {
  const low = model.ticks[0] ?? 0;
  const high = model.ticks.at(-1) ?? 1;
  const inner = HEIGHT_PX - MARGIN.top - MARGIN.bottom;
  return {
    width,
    left: MARGIN.left,
    bottom: HEIGHT_PX - MARGIN.bottom,
    band: (width - MARGIN.left - MARGIN.right) / Math.max(1, model.categories.length),
    yOf: (value) => MARGIN.top + inner * (1 - (value - low) / (high - low || 1)),
  };
}

function compact(value: number): string {
  const lang = document.documentElement.lang || 'en';
  return new Intl.NumberFormat(
    lang,
    Math.abs(value) >= 10_000 ? { notation: 'compact' } : { maximumFractionDigits: 3 },
  ).format(value);
}

function Axes({ model, plot }: { model: ChartModel; plot: Plot }) {
  const every = Math.ceil(model.categories.length / Math.max(1, Math.floor(plot.width / 72)));
  return (
    <g className="chart-axes">
      {model.ticks.map((tick) => (
        <g key={tick}>
          <line x1={plot.left} x2={plot.width - MARGIN.right} y1={plot.yOf(tick)} y2={plot.yOf(tick)} />
          <text x={plot.left - 8} y={plot.yOf(tick) + 4} textAnchor="end">
            {compact(tick)}
          </text>
        </g>
      ))}
      {model.categories.map((category, index) =>
        index % every === 0 ? (
          <text key={category} x={plot.left + plot.band * (index + 0.5)} y={plot.bottom + 16} textAnchor="middle">
            {category}
          </text>
        ) : null,
      )}
      <text
        className="chart-axis-label"
        x={(plot.left + plot.width - MARGIN.right) / 2}
        y={HEIGHT_PX - 6}
        textAnchor="middle"
      >
        {model.xLabel}
      </text>
      <text className="chart-axis-label" x={plot.left - 40} y={12}>
        {model.yLabel}
      </text>
    </g>
  );
}

function Bars({ model, plot, labels }: { model: ChartModel; plot: Plot; labels: boolean }) {
  const slots = model.stacked ? 1 : model.series.length;
  const width = Math.min(48, (plot.band * 0.68) / slots);
  const zero = plot.yOf(Math.max(0, model.ticks[0] ?? 0));
  return (
    <g>
      {model.categories.map((category, column) => {
        let below = 0;
        return model.series.map((series, slot) => {
          const value = series.values[column] ?? null;
          if (value === null) return null;
          const base = model.stacked ? plot.yOf(below) : zero;
          below += value;
          const top = plot.yOf(model.stacked ? below : value);
          const offset = model.stacked ? -width / 2 : (slot - slots / 2) * width;
          const x = plot.left + plot.band * (column + 0.5) + offset;
          return (
            <g key={series.key}>
              <rect
                className={`chart-fill ${series.color}`}
                x={x + 1}
                y={Math.min(top, base)}
                width={Math.max(1, width - 2)}
                height={Math.max(1, Math.abs(base - top))}
                rx="2"
              >
                <title>{`${category} · ${series.label}: ${compact(value)}`}</title>
              </rect>
              {labels && (
                <text className="chart-value" x={x + width / 2} y={Math.min(top, base) - 5} textAnchor="middle">
                  {compact(value)}
                </text>
              )}
            </g>
          );
        });
      })}
    </g>
  );
}

function Lines({ model, plot, labels }: { model: ChartModel; plot: Plot; labels: boolean }) {
  return (
    <g>
      {model.series.map((series) => {
        const points = series.values.flatMap((value, index) =>
          value === null ? [] : [{ x: plot.left + plot.band * (index + 0.5), y: plot.yOf(value), value, index }],
        );
        const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${point.x} ${point.y}`).join('');
        return (
          <g key={series.key}>
            <path className={`chart-stroke ${series.color}`} d={path} />
            {points.map((point) => (
              <g key={point.index}>
                <circle className={`chart-fill ${series.color}`} cx={point.x} cy={point.y} r="3.5">
                  <title>{`${model.categories[point.index]} · ${series.label}: ${compact(point.value)}`}</title>
                </circle>
                {labels && (
                  <text className="chart-value" x={point.x} y={point.y - 9} textAnchor="middle">
                    {compact(point.value)}
                  </text>
                )}
              </g>
            ))}
          </g>
        );
      })}
    </g>
  );
}

/** The numbers behind the picture, for screen readers. */
function DataTable({ model }: { model: ChartModel }) {
  return (
    <table className="visually-hidden">
      <thead>
        <tr>
          <th scope="col">{model.xLabel}</th>
          {model.series.map((series) => (
            <th key={series.key} scope="col">
              {series.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {model.categories.map((category, index) => (
          <tr key={category}>
            <th scope="row">{category}</th>
            {model.series.map((series) => (
              <td key={series.key}>{series.values[index]}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Draw = (model: ChartModel, plot: Plot, labels: boolean) => ReactNode;

function Chart({ props, fromZero, draw }: { props: ChartProps; fromZero: boolean; draw: Draw }) {
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(WIDTH_PX_INITIAL);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.max(240, Math.round(entry?.contentRect.width ?? 0))),
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const model = chartModel(props, fromZero);
  const plot = plotFor(model, width);
  const showLegend = props.options?.showLegend ?? false;
  return (
    <figure className="c-chart" ref={frame}>
      {props.options?.title && <figcaption>{props.options.title}</figcaption>}
      {showLegend && (
        <ul className="chart-legend">
          {model.series.map((series) => (
            <li key={series.key}>
              <span className={`chart-key ${series.color}`} aria-hidden="true" />
              {series.label}
            </li>
          ))}
        </ul>
      )}
      <svg width={width} height={HEIGHT_PX} aria-hidden="true">
        <Axes model={model} plot={plot} />
        {draw(model, plot, props.options?.showDataLabels ?? false)}
      </svg>
      <DataTable model={model} />
    </figure>
  );
}

export function BarChart(props: BarChartProps) {
  return (
    <Chart props={props} fromZero draw={(model, plot, labels) => <Bars model={model} plot={plot} labels={labels} />} />
  );
}

export function LineChart(props: LineChartProps) {
  return (
    <Chart
      props={props}
      fromZero={false}
      draw={(model, plot, labels) => <Lines model={model} plot={plot} labels={labels} />}
    />
  );
}
