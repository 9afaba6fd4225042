import type { TopLevelSpec } from 'vega-lite';
import { numberText } from '../compiler/1-spec/print.js';
import { brief } from '../diagnostics/numbers.js';
import { chartConfig, COLOURS, INK } from './charts.js';
import { cleaned } from './html.js';
import type { Chart } from './run-charts.js';
import { type Cost, COSTS, type CombinationReport, type SweepReport } from './sweep.js';
import { costsOf, valuesText } from './sweep-as-text.js';

const [FRONT, CHOSEN] = [COLOURS[0]!, COLOURS[1]!];
const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
/** More labels than these hide each other. */
const LABELS = 24;

type Unit = Readonly<Record<string, unknown>>;

function chart(title: string, description: string, size: readonly [number, number], layer: readonly Unit[]): Chart {
  const [width, height] = size;
  const spec = { $schema: SCHEMA, width, height, autosize: { type: 'pad' }, layer, config: chartConfig };
  return { title, description, spec: spec as unknown as TopLevelSpec };
}

/** The four views of a sweep that are drawn where there is something to see. */
export function sweepCharts(report: SweepReport): Chart[] {
  return [
    ...frontCharts(report).map(({ chart }) => chart),
    history(report),
    importances(report),
    parallel(report),
  ].flatMap((one) => one ?? []);
}

/** What is good and cheap: a picture for every cost that was measured. */
export function frontCharts(report: SweepReport): { readonly cost: Cost; readonly chart: Chart }[] {
  return costsOf(report).flatMap((cost) => {
    const drawn = front(report, cost);
    return drawn ? [{ cost, chart: drawn }] : [];
  });
}

/** A scale that this file knows, so that labels can be set where nothing else is. */
interface Scale {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  /** From 0 to 1. */
  readonly at: (value: number) => number;
}

function scaleOf(values: readonly number[], logarithmic: boolean, margin: readonly [number, number]): Scale {
  const isLog = logarithmic && Math.min(...values) > 0 && Math.max(...values) > 10 * Math.min(...values);
  const to = isLog ? Math.log10 : (value: number) => value;
  const from = isLog ? (value: number) => 10 ** value : (value: number) => value;
  const [low, high] = [to(Math.min(...values)), to(Math.max(...values))];
  const room = high > low ? high - low : Math.abs(high) || 1;
  const ends = [low - margin[0] * room, high + margin[1] * room] as const;
  return {
    type: isLog ? 'log' : 'linear',
    domain: [from(ends[0]), from(ends[1])],
    at: (value) => (to(value) - ends[0]) / (ends[1] - ends[0]),
  };
}

const FRONT_SIZE = [470, 290] as const;

function front(report: SweepReport, cost: Cost): Chart | undefined {
  const { objective, fronts, chosen } = report;
  const finished = report.combinations.filter(
    (one) => one.state === 'finished' && one.objective !== undefined && one[cost] !== undefined,
  );
  if (finished.length === 0) return undefined;
  const on = new Set(fronts[cost]);
  const points = finished.map((one) => ({
    x: one[cost]!,
    y: one.objective!,
    low: one.objective! - (one.spread ?? 0),
    high: one.objective! + (one.spread ?? 0),
    kind: one.number === chosen?.combination ? 'chosen' : on.has(one.number) ? 'front' : 'other',
    values: valuesText(one.values),
    number: one.number,
  }));
  const x = scaleOf(
    points.map((point) => point.x),
    true,
    [0.06, 0.1],
  );
  const y = scaleOf(
    points.flatMap(({ low, high }) => [low, high]),
    false,
    [0.1, 0.14],
  );
  const line = points.filter(({ number }) => on.has(number)).sort((a, b) => a.x - b.x);
  const only = report.addresses.length === 1 ? report.addresses[0]! : '';
  const placed = labelsOf(line, points, only, x, y);
  const encodingX = {
    field: 'x',
    type: 'quantitative',
    title: COSTS[cost].axis,
    scale: { type: x.type, domain: x.domain, nice: false, zero: false },
    axis: { format: cost === 'milliseconds' ? '~g' : '~s', grid: false, tickCount: 6, labelOverlap: 'greedy' },
  };
  const encodingY = {
    field: 'y',
    type: 'quantitative',
    title: `val_${cleaned(objective.name)} (${objective.better} is better)`,
    scale: { type: y.type, domain: y.domain, nice: false, zero: false },
    axis: { format: '~g', tickCount: 6 },
  };
  const encoding = { x: encodingX, y: encodingY };
  const several = points.some(({ low, high }) => high > low);
  const title = `What is good and small: val_${objective.name} against ${COSTS[cost].short === 'ms' ? 'milliseconds' : COSTS[cost].short}`;
  const told = line.map(
    (point) => `${point.values}: ${Number(point.y.toPrecision(4))} with ${Number(point.x.toPrecision(6))}`,
  );
  return chart(title, `${title}. The front: ${told.join('; ')}`, FRONT_SIZE, [
    {
      data: { values: line },
      mark: { type: 'line', interpolate: 'step-after', stroke: FRONT, strokeWidth: 1.6, opacity: 0.75 },
      encoding,
    },
    ...(several
      ? [
          {
            data: { values: points },
            mark: { type: 'rule', color: INK, opacity: 0.3 },
            encoding: { x: encodingX, y: { ...encodingY, field: 'low' }, y2: { field: 'high' } },
          },
        ]
      : []),
    {
      data: { values: points.filter(({ kind }) => kind === 'other') },
      mark: { type: 'point', filled: false, size: 42, stroke: INK, opacity: 0.5, strokeWidth: 1.3 },
      encoding,
    },
    {
      data: { values: points.filter(({ number }) => on.has(number)) },
      mark: { type: 'point', filled: true, size: 62, fill: FRONT, stroke: FRONT, opacity: 1 },
      encoding,
    },
    {
      data: { values: points.filter(({ kind }) => kind === 'chosen') },
      mark: { type: 'point', filled: false, size: 190, stroke: CHOSEN, strokeWidth: 2.2, opacity: 1 },
      encoding,
    },
    ...placed.map(({ point, text, dx, dy, align }) => ({
      data: { values: [{ ...point, text }] },
      mark: { type: 'text', align, baseline: 'middle', dx, dy, color: INK, fontSize: 10.5 },
      encoding: { ...encoding, text: { field: 'text', type: 'nominal' } },
    })),
    ...keyOf([
      { text: 'front: no other is as good for as little', fill: FRONT },
      ...(points.some(({ kind }) => kind === 'other') ? [{ text: 'other trials', stroke: INK }] : []),
      ...(points.some(({ kind }) => kind === 'chosen') ? [{ text: 'chosen by validation rows', stroke: CHOSEN }] : []),
      ...(only && placed.length > 0 ? [{ text: `beside points: ${cleaned(only)}` }] : []),
      ...(several ? [{ text: 'bars: ± one standard deviation' }] : []),
    ]),
  ]);
}

/** What signs mean, in a line above the picture. */
function keyOf(
  entries: readonly { readonly text: string; readonly fill?: string; readonly stroke?: string }[],
): Unit[] {
  let left = 0;
  let row = 0;
  const laid = entries.map((entry) => {
    const width = 26 + 6.2 * entry.text.length;
    if (left > 0 && left + width > FRONT_SIZE[0]) {
      left = 0;
      row += 1;
    }
    left += width;
    return { ...entry, x: left - width + 5, row };
  });
  return laid.flatMap(({ text, fill, stroke, x, row: own }) => {
    const y = -14 - 15 * (row - own);
    const at = { x: { value: x }, y: { value: y } };
    return [
      ...(fill || stroke
        ? [
            {
              data: { values: [{}] },
              mark: {
                type: 'point',
                filled: fill !== undefined,
                size: 50,
                strokeWidth: 1.8,
                opacity: 1,
                ...(fill && { fill, stroke: fill }),
                ...(stroke && { stroke }),
              },
              encoding: at,
            },
          ]
        : []),
      {
        data: { values: [{ text }] },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'middle',
          dx: fill || stroke ? 9 : -4,
          color: INK,
          fontSize: 11,
        },
        encoding: { ...at, text: { field: 'text', type: 'nominal' } },
      },
    ];
  });
}

/** Left, top, right, bottom. */
type Box = readonly [number, number, number, number];

interface Placed<P> {
  readonly point: P;
  readonly text: string;
  readonly dx: number;
  readonly dy: number;
  readonly align: 'left' | 'right';
}

/** A number with so many digits as tell neighbours apart. */
function threeDigits(value: number): string {
  return Number.isInteger(value) ? String(value) : numberText(Number(value.toPrecision(3)));
}

/** Labels of the front where they hide neither each other nor a point nor leave the picture; the others are in the table. */
function labelsOf<
  P extends {
    readonly x: number;
    readonly y: number;
    readonly low: number;
    readonly high: number;
    readonly values: string;
    readonly number: number;
  },
>(line: readonly P[], all: readonly P[], only: string, x: Scale, y: Scale): Placed<P>[] {
  const [width, height] = FRONT_SIZE;
  const at = (point: P) => [x.at(point.x) * width, (1 - y.at(point.y)) * height] as const;
  const taken = all.map((point): Box => {
    const [px, py] = at(point);
    return [px - 5, py - 5, px + 5, py + 5];
  });
  for (const point of all) {
    const [px] = at(point);
    taken.push([px - 2, (1 - y.at(point.high)) * height, px + 2, (1 - y.at(point.low)) * height]);
  }
  const boxes: Box[] = [];
  return line.slice(0, LABELS).flatMap((point): Placed<P>[] => {
    // With one address its name is in the key; a value alone says it.
    const named = only && point.values.startsWith(`${only}: `) ? point.values.slice(only.length + 2) : point.values;
    const text = named.replace(/(?<![\w.])\d[\d.]*(?:e-?\d+)?(?![\w.])/g, (digits) => threeDigits(Number(digits)));
    const shown = text.length > 40 ? `#${point.number}` : text;
    const long = 6.3 * shown.length;
    const [px, py] = at(point);
    for (const [dx, dy, align] of [
      [9, -10, 'left'],
      [-9, -10, 'right'],
      [9, 12, 'left'],
      [-9, 12, 'right'],
      [9, -24, 'left'],
      [-9, -24, 'right'],
      [9, 26, 'left'],
      [-9, 26, 'right'],
    ] as const) {
      const left = align === 'left' ? px + dx : px + dx - long;
      const box = [left, py + dy - 7, left + long, py + dy + 7] as const;
      const isIn = box[0] > 0 && box[2] < width && box[1] > 0 && box[3] < height;
      if (!isIn || [...boxes, ...taken].some((other) => overlap(box, other))) continue;
      boxes.push(box);
      return [{ point, text: cleaned(shown), dx, dy, align }];
    }
    return [];
  });
}

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** The objective of every combination in the order of their numbers, and the best so far. */
function history({ combinations, objective }: SweepReport): Chart | undefined {
  const measured = combinations.filter((one) => one.objective !== undefined);
  if (measured.length === 0) return undefined;
  let best: number | undefined;
  const line = measured
    .filter(({ state }) => state === 'finished')
    .map((one) => {
      const isBetter =
        best === undefined || (objective.better === 'higher' ? one.objective! > best : one.objective! < best);
      if (isBetter) best = one.objective!;
      return { x: one.number, y: best! };
    });
  const points = measured.map((one) => ({ x: one.number, y: one.objective!, finished: one.state === 'finished' }));
  const encoding = {
    x: {
      field: 'x',
      type: 'quantitative',
      title: 'combination',
      scale: { domain: [0.5, Math.max(...combinations.map(({ number }) => number)) + 0.5], nice: false, zero: false },
      axis: { tickMinStep: 1, format: 'd', grid: false },
    },
    y: {
      field: 'y',
      type: 'quantitative',
      title: `val_${cleaned(objective.name)} (${objective.better} is better)`,
      scale: { zero: false },
      axis: { format: '~g', tickCount: 5 },
    },
  };
  const early = points.some(({ finished }) => !finished);
  const title = `History: every combination, and the best so far${early ? '; rings were stopped early' : ''}`;
  return chart(
    title,
    `${title}: from ${line[0]?.y ?? ''} to ${best ?? ''}`,
    [380, 230],
    [
      {
        data: { values: line },
        mark: { type: 'line', interpolate: 'step-after', stroke: FRONT, strokeWidth: 1.8 },
        encoding,
      },
      {
        data: { values: points.filter(({ finished }) => finished) },
        mark: { type: 'point', filled: true, size: 42, fill: INK, opacity: 0.7 },
        encoding,
      },
      {
        data: { values: points.filter(({ finished }) => !finished) },
        mark: { type: 'point', filled: false, size: 36, stroke: INK, opacity: 0.6 },
        encoding,
      },
    ],
  );
}

function importances({ importances: found }: SweepReport): Chart | undefined {
  // Of a single address all is said by the other pictures.
  if (found.length < 2) return undefined;
  const values = found.map(({ address, share }) => ({
    address: cleaned(address),
    share,
    text: `${(100 * share).toFixed(0)} %`,
  }));
  const encoding = {
    y: {
      field: 'address',
      type: 'nominal',
      sort: null,
      title: null,
      axis: { labelLimit: 220, ticks: false, domain: false },
    },
    x: {
      field: 'share',
      type: 'quantitative',
      title: 'share of the objective’s variance that the address explains alone',
      scale: { domain: [0, 1] },
      axis: { format: '.0%', tickCount: 5 },
    },
  };
  const title = 'Importance of each address';
  return chart(
    title,
    `${title}: ${values.map(({ address, text }) => `${address} ${text}`).join(', ')}`,
    [300, Math.max(70, 34 * values.length)],
    [
      { data: { values }, mark: { type: 'bar', fill: FRONT, height: 16, cornerRadiusEnd: 3 }, encoding },
      {
        data: { values },
        mark: { type: 'text', align: 'left', dx: 5, color: INK, fontSize: 11 },
        encoding: { ...encoding, text: { field: 'text', type: 'nominal' } },
      },
    ],
  );
}

/** One upright line of parallel coordinates: where every combination crosses it, from 0 below to 1 above, and what is written beside it. */
interface Upright {
  readonly title: string;
  readonly of: (one: CombinationReport) => number | undefined;
  readonly marks: readonly { readonly at: number; readonly text: string }[];
}

const short = (value: number) =>
  Math.abs(value) >= 1e4 ? value.toLocaleString('en', { maximumFractionDigits: 0 }) : brief(value);

function uprightOf(
  title: string,
  finished: readonly CombinationReport[],
  textOf: (one: CombinationReport) => string,
): Upright {
  const texts = [...new Set(finished.map(textOf))];
  const numbers = texts.map(Number);
  if (texts.every((text, k) => text.trim() !== '' && Number.isFinite(numbers[k]))) {
    const scale = scaleOf(numbers, true, [0, 0]);
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const at = (value: number) => (low === high ? 0.5 : scale.at(value));
    return {
      title,
      of: (one) => at(Number(textOf(one))),
      marks: [...new Set([low, high])].map((value) => ({ at: at(value), text: short(value) })),
    };
  }
  const at = (text: string) => (texts.length === 1 ? 0.5 : texts.indexOf(text) / (texts.length - 1));
  return {
    title,
    of: (one) => at(textOf(one)),
    marks: texts
      .slice(0, 12)
      .map((text) => ({ at: at(text), text: text.length > 22 ? `${text.slice(0, 21)}…` : text })),
  };
}

/** Every finished combination as a line over its values, its objective and its size. */
function parallel(report: SweepReport): Chart | undefined {
  const { addresses, objective, chosen } = report;
  const finished = report.combinations.filter((one) => one.state === 'finished' && one.objective !== undefined);
  if (finished.length < 2) return undefined;
  const uprights = [
    ...addresses.map((address) => uprightOf(address, finished, ({ values }) => values[address]!)),
    ...costsOf(report)
      .filter((cost) => cost !== 'multiply_adds')
      .map((cost) => uprightOf(COSTS[cost].short, finished, (one) => String(one[cost]))),
    uprightOf(`val_${objective.name}`, finished, (one) => String(one.objective)),
  ];
  const lines = finished.flatMap((one) =>
    uprights.map(({ of }, k) => ({ k, y: of(one), number: one.number, objective: one.objective! })),
  );
  const marks = uprights.flatMap(({ marks: own }, k) =>
    own.map((mark) => ({ k, y: mark.at, text: cleaned(mark.text) })),
  );
  const titles = uprights.map(({ title }, k) => ({
    k,
    y: 1,
    text: cleaned(title.length > 26 ? `…${title.slice(-25)}` : title),
  }));
  const x = {
    field: 'k',
    type: 'quantitative',
    axis: null,
    scale: { domain: [-0.15, uprights.length - 1 + 0.35], nice: false, zero: false },
  };
  const y = {
    field: 'y',
    type: 'quantitative',
    axis: null,
    scale: { domain: [-0.08, 1.04], nice: false, zero: false },
  };
  const range = ['#d9801a', '#8d949c', '#3b8bd0'];
  const colour = {
    field: 'objective',
    type: 'quantitative',
    scale: { range: objective.better === 'higher' ? range : [...range].reverse() },
    legend: null,
  };
  const title = 'Parallel coordinates: blue lines are better, orange ones worse';
  return chart(
    title,
    `${title}; ${finished.length} combinations over ${uprights.map((one) => one.title).join(', ')}`,
    [Math.max(380, 130 * uprights.length), 260],
    [
      {
        data: { values: uprights.map((_, k) => ({ k, low: 0, high: 1 })) },
        mark: { type: 'rule', color: INK, opacity: 0.35 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        data: { values: lines },
        mark: { type: 'line', strokeWidth: 1.5, opacity: 0.75 },
        encoding: { x, y, detail: { field: 'number', type: 'nominal' }, color: colour },
      },
      {
        data: { values: lines.filter(({ number }) => number === chosen?.combination) },
        mark: {
          type: 'line',
          strokeWidth: 3.2,
          opacity: 1,
          stroke: FRONT,
          point: { filled: true, fill: FRONT, size: 40 },
        },
        encoding: { x, y, detail: { field: 'number', type: 'nominal' } },
      },
      ...(
        [
          [marks.filter((mark) => mark.y === 0), 'center', 0, 11],
          [marks.filter((mark) => mark.y > 0 && mark.y < 1), 'left', 6, 0],
          [marks.filter((mark) => mark.y === 1), 'center', 0, -10],
        ] as const
      ).map(([values, align, dx, dy]) => ({
        data: { values },
        mark: { type: 'text', align, baseline: 'middle', dx, dy, color: INK, fontSize: 10.5 },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      })),
      {
        data: { values: titles },
        mark: {
          type: 'text',
          align: 'center',
          baseline: 'bottom',
          dy: -20,
          color: INK,
          fontSize: 11,
          fontWeight: 'bold',
        },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  );
}
