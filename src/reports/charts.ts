import type { TopLevelSpec } from 'vega-lite';
import { cleaned, escaped, Html } from './html.js';

/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChart {
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Where the height is logarithmic: numbers above 0 only. */
  readonly logarithmic?: boolean;
  /** Shares, shown as percentages. */
  readonly percentages?: boolean;
  /** Where a new phase of training begins. */
  readonly marks?: readonly { readonly x: number; readonly name: string }[];
}

/** More points than this a line are not drawn: nobody would see them, and pages stay small. */
const POINTS = 500;
/** Told apart by people who do not see all colours, on white and on black (after Okabe and Ito, made even in lightness). */
export const COLOURS = ['#3b8bd0', '#d9801a', '#0f9d76', '#c46a9d', '#8a7fd1', '#a08a2c', '#5b8f9a', '#c4574a'];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
export const INK = 'currentColor';

/** How all charts look: in the colour of the text around them, on its ground. */
export const chartConfig = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: INK,
    gridOpacity: 0.12,
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
  },
  legend: { labelColor: INK, labelFontSize: 11, symbolStrokeWidth: 2, symbolType: 'stroke' },
} as const;

/** A chart in Vega-Lite's language, which anyone can restyle. */
export function lineChart(chart: LineChart): TopLevelSpec {
  const names = chart.series.map((one) => cleaned(one.name));
  const values = chart.series.flatMap(({ name, points }) =>
    thinned(points.filter(({ y }) => Number.isFinite(y) && (!chart.logarithmic || y > 0))).map((point) => ({
      ...point,
      series: cleaned(name),
    })),
  );
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 380,
    height: 210,
    autosize: { type: 'pad' },
    layer: [
      ...(chart.marks && chart.marks.length > 0
        ? [
            {
              data: { values: chart.marks.map((mark) => ({ x: mark.x })) },
              mark: { type: 'rule' as const, color: INK, opacity: 0.35, strokeDash: [3, 3] },
              encoding: { x: { field: 'x', type: 'quantitative' as const } },
            },
          ]
        : []),
      {
        data: { values },
        mark: { type: 'line' as const, point: values.length <= 2 * names.length, strokeWidth: 1.8 },
        encoding: {
          x: {
            field: 'x',
            type: 'quantitative' as const,
            title: chart.x,
            scale: { nice: false, zero: false },
            axis: { tickMinStep: 1, format: ',d', grid: false },
          },
          y: {
            field: 'y',
            type: 'quantitative' as const,
            title: chart.y,
            scale: chart.logarithmic ? { type: 'log' as const } : { type: 'linear' as const, zero: false },
            axis: { tickCount: 5, ...(chart.percentages ? { format: '.1~%' } : { format: '~g' }) },
          },
          color: {
            field: 'series',
            type: 'nominal' as const,
            scale: { domain: names, range: names.map((_, k) => COLOURS[k % COLOURS.length]!) },
            legend: names.length > 1 ? { title: null, orient: 'bottom' as const, columns: 2, labelLimit: 170 } : null,
          },
          strokeDash: {
            field: 'series',
            type: 'nominal' as const,
            scale: { domain: names, range: names.map((_, k) => DASHES[k % DASHES.length]!) },
            legend: names.length > 1 ? { title: null, orient: 'bottom' as const, columns: 2, labelLimit: 170 } : null,
          },
        },
      },
    ],
    config: chartConfig,
  } as TopLevelSpec;
}

/** Points at even distances, the last one among them. */
function thinned<T>(points: readonly T[]): readonly T[] {
  if (points.length <= POINTS) return points;
  const step = Math.ceil(points.length / POINTS);
  return points.filter((_, k) => (points.length - 1 - k) % step === 0);
}

/** Draws a chart as SVG, without a browser. Vega is loaded by the first chart. */
export async function drawChart(spec: TopLevelSpec, description: string): Promise<Html> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    // Scaled by the page; vega's roles name every tick to a screen reader, and the description says what matters.
    return new Html(
      svg
        .replace(/^<svg([^>]*?) width="[^"]*" height="[^"]*"/, '<svg$1')
        .replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, '')
        .replace(/^<svg/, `<svg role="img" aria-label="${escaped(description)}"`),
    );
  } finally {
    view.finalize();
  }
}
