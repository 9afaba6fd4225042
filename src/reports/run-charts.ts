import type { TopLevelSpec } from 'vega-lite';
import type { PhaseSpec } from '../compiler/spec.js';
import { brief } from '../diagnostics/numbers.js';
import type { HistoryRow } from '../runtime/training/progress.js';
import type { NetworkSummary } from './summary.js';
import { learningRates } from './learning-rates.js';
import { type LineChart, lineChart, type Series } from './charts.js';

/** A chart of a run, in Vega-Lite's language. */
export interface Chart {
  readonly title: string;
  /** For those who do not see it. */
  readonly description: string;
  readonly spec: TopLevelSpec;
}

/** What a run's history shows over its epochs; empty without a history. `phases`, fine-tuning among them, tell the learning rate between the ends of epochs. */
export function chartsOf(
  history: readonly HistoryRow[],
  network: NetworkSummary,
  phases: readonly PhaseSpec[] = [],
): Chart[] {
  if (history.length === 0) return [];
  const line = (name: string, of: (row: HistoryRow) => number | null | undefined): Series => ({
    name,
    points: history.flatMap((row) => {
      const y = of(row);
      return y == null ? [] : [{ x: row.epoch, y }];
    }),
  });
  // Of every row: a fine-tuning may have other penalties and metrics than the training before it.
  const keys = (of: (row: HistoryRow) => Readonly<Record<string, unknown>> | undefined) => [
    ...new Set(history.flatMap((row) => Object.keys(of(row) ?? {}))),
  ];
  const marks = history
    .filter((row, k) => k > 0 && row.phase !== history[k - 1]!.phase)
    .map((row) => ({ x: row.epoch, name: row.phase }));
  const names = [...new Set(history.map((row) => row.phase))];
  const turns = marks.length > 0 ? `; the dashed lines are where ${names.slice(1).join(', ')} began` : '';

  const penalties = keys((row) => row.penalties);
  const losses = [
    line('loss', (row) => row.loss),
    ...(history.some((row) => row.validation) ? [line('loss, validation', (row) => row.validation?.loss)] : []),
    ...keys((row) => row.losses).map((output) => line(`loss of ${output}`, (row) => row.losses?.[output])),
    ...penalties.map((name) => line(`penalty ${name}`, (row) => row.penalties[name])),
    ...(penalties.length > 0 ? [line('objective', (row) => row.objective)] : []),
  ];
  const widths = keys((row) => row.alive).map((name) => {
    const most = network.layers.find((layer) => layer.name === name)?.shape.at(-1);
    return [name, most ?? Math.max(1, ...history.map((row) => row.alive[name] ?? 0))] as const;
  });
  const shares = (of: (row: HistoryRow) => Readonly<Record<string, number>> | undefined) =>
    widths.map(([name, most]) =>
      line(name, (row) => {
        const units = of(row)?.[name];
        return units === undefined ? undefined : units / most;
      }),
    );
  const charts: { title: string; series: Series[]; more?: Partial<LineChart>; y: string }[] = [
    { title: 'Loss, by term', y: 'loss', series: losses, more: { logarithmic: spread(losses) } },
    ...keys((row) => row.metrics).map((metric) => ({
      title: `Metric: ${metric}`,
      y: metric,
      series: [
        line('training rows', (row) => row.metrics[metric]),
        ...(history.some((row) => row.validation?.metrics[metric] != null)
          ? [line('validation rows', (row) => row.validation?.metrics[metric])]
          : []),
      ],
    })),
    {
      title: 'Living units, of those at full size',
      y: 'alive',
      series: shares((row) => row.alive),
      more: { percentages: true },
    },
    {
      title: 'Units that live shrinking has left, of those at full size',
      y: 'left',
      series: shares((row) => row.units),
      more: { percentages: true },
    },
    {
      title: 'Learning rate',
      y: 'learning rate',
      series: [{ name: 'learning rate', points: learningRates(history, phases) }],
      // Step by step a phase is seen to begin where the epoch before it ends.
      more: { marks: marks.map(({ x, name }) => ({ x: x - 1, name })) },
    },
  ];
  return charts
    .filter(({ series }) => series.some(({ points }) => points.length > 0))
    .map(({ title, y, series, more }) => ({
      title,
      description: `${title}, over ${history.length} epochs: ${series.map(ends).join('; ')}${turns}`,
      spec: lineChart({ x: 'epoch', y, series: series.filter(({ points }) => points.length > 0), marks, ...more }),
    }));
}

/** Whether numbers lie so far apart that small ones would not be seen; a logarithm needs them above 0. */
function spread(series: readonly Series[]): boolean {
  const values = series.flatMap(({ points }) => points.map(({ y }) => y)).filter((y) => y !== 0);
  return values.length > 0 && values.every((y) => y > 0) && Math.max(...values) > 10 * Math.min(...values);
}

function ends({ name, points }: Series): string {
  return points.length === 0 ? name : `${name} from ${brief(points[0]!.y)} to ${brief(points.at(-1)!.y)}`;
}
