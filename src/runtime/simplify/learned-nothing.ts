import { lossKind, metricKind } from '../../compiler/4-program/index.js';
import { type Objective, objectivesOf, prefixOf } from '../../compiler/objectives.js';
import type { PhaseSpec, Spec } from '../../compiler/spec.js';
import type { BoundTable, BoundTensor } from '../../data/bind.js';
import { spreadOf } from '../../data/feature-statistics.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { brief } from '../../diagnostics/numbers.js';
import { diagnostic } from '../../diagnostics/report.js';
import type { Network } from '../../ir/graph.js';
import { meanSquaredError } from '../../losses/mean-squared-error.js';
import { accuracy } from '../../metrics/accuracy.js';
import { mse } from '../../metrics/mse.js';
import { nmse } from '../../metrics/nmse.js';
import type { Score } from '../training/evaluate-rows.js';

/** On fewer rows chance alone makes a network that has learned something look like one that has not. */
const LEAST_ROWS = { classes: 50, numbers: 20 };

/**
 * How much better than a constant still counts as no better: twice the standard error, as what chance gives, but of the share of rows that a constant gets wrong no more
 * than a tenth and no more than two points; of a mean squared error two hundredths.
 */
const MARGIN = { points: 0.02, shareOfWrong: 0.1, shareOfVariance: 0.02 };

/** What the network as trained came to on rows held out, beside what a constant would. */
interface Finding {
  readonly metric: string;
  readonly found: number;
  readonly constant: number;
  readonly as: 'class' | 'mean';
}

/**
 * That a network has learned nothing, by output: on the rows held out it is no better than a constant that knows them, the most frequent of their classes or the mean of their
 * targets. Told by accuracy where an output tells classes apart and weighs them alike, by `nmse`, `mse` or a mean squared error as the loss where it gives numbers; nothing is said where
 * none of them was measured, or the rows are few.
 */
export function learnedNothingWarnings(at: {
  readonly spec: Spec;
  readonly network: Network;
  readonly phase: PhaseSpec;
  readonly scores: Readonly<Partial<Record<'validation' | 'test', { readonly trained: Score }>>>;
  /** The rows held out as the network reads them. */
  readonly bound: (split: 'validation' | 'test') => BoundTable;
}): Diagnostic[] {
  const { phase, network, scores } = at;
  const split = scores.validation ? 'validation' : 'test';
  const score = scores[split]?.trained;
  if (!score) return [];
  const outputs = network.graph.outputs.map(({ name }) => name);
  return objectivesOf(phase, outputs).flatMap((objective) => {
    const prefix = prefixOf(objective.output, outputs);
    const target = (): BoundTensor | undefined =>
      at.bound(split).tensors.find(({ name }) => name === `target:${objective.output}`);
    const finding = ofClasses(objective, score, prefix) ?? ofNumbers(objective, score, prefix, target);
    if (!finding) return [];
    const { metric, found, constant, as } = finding;
    const { span } = at.spec.train;
    return [
      diagnostic(
        'learned-nothing',
        {
          output: outputs.length > 1 ? objective.output : undefined,
          metric,
          split,
          rows: score.rows,
          found: brief(found),
          constant: brief(constant),
          as,
        },
        { ...(span && { at: span }), help: help(as, split) },
      ),
    ];
  });
}

function ofClasses({ output, class_weight }: Objective, score: Score, prefix: string): Finding | undefined {
  const confusion = score.confusions?.[output];
  // Weights of classes give up accuracy for the rare ones on purpose.
  if (!confusion || class_weight !== undefined || score.rows < LEAST_ROWS.classes) return undefined;
  const counts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  // Where a row has a class at every place, the rows are not what is counted.
  if (counts.reduce((sum, count) => sum + count, 0) !== score.rows) return undefined;
  const constant = Math.max(...counts) / score.rows;
  // Of one class alone nothing is to be learned.
  if (constant === 1) return undefined;
  const found = confusion.reduce((sum, row, k) => sum + row[k]!, 0) / score.rows;
  const chance = 2 * Math.sqrt((found * (1 - found)) / score.rows);
  const margin = Math.min(chance, MARGIN.points, MARGIN.shareOfWrong * (1 - constant));
  return found <= constant + margin
    ? { metric: `${prefix}${accuracy.keyword}`, found, constant, as: 'class' }
    : undefined;
}

function ofNumbers(
  { output, loss, metrics }: Objective,
  score: Score,
  prefix: string,
  target: () => BoundTensor | undefined,
): Finding | undefined {
  if (lossKind(loss).target !== 'values' || lossKind(loss).takes || score.rows < LEAST_ROWS.numbers) return undefined;
  const has = (keyword: string) => metrics.some((call) => metricKind(call).keyword === keyword);
  const told = (name: string, found: number | undefined, constant: () => number | undefined): Finding | undefined => {
    if (found === undefined || !Number.isFinite(found)) return undefined;
    const best = constant();
    if (best === undefined || !(best > 0) || !Number.isFinite(best)) return undefined;
    const chance = 2 * (score.standardErrors[name] ?? Number.POSITIVE_INFINITY);
    const margin = Math.min(chance, MARGIN.shareOfVariance * best);
    return found >= best - margin ? { metric: name, found, constant: best, as: 'mean' } : undefined;
  };
  const own = (keyword: string) => `${prefix}${keyword}`;
  if (has(nmse.keyword)) return told(own(nmse.keyword), score.metrics[own(nmse.keyword)], () => 1);
  // What predicting, for every number of a target, its mean over the rows comes to.
  const variance = () => {
    const tensor = target();
    return tensor && spreadOf(tensor, score.rows).variance;
  };
  if (has(mse.keyword)) return told(own(mse.keyword), score.metrics[own(mse.keyword)], variance);
  if (lossKind(loss).keyword !== meanSquaredError.keyword) return undefined;
  return told(own('loss'), score.losses ? score.losses[output] : score.loss, variance);
}

function help(as: Finding['as'], split: string): string[] {
  return [
    'train with another learning rate, such as `optimizer: adam(learning_rate: 0.001)`, or for more epochs',
    as === 'mean'
      ? 'standardize columns that are far from 1, the target, too: `columns { price: number(standardize: true) }`'
      : 'standardize inputs that are far from 1: `standardize: true` in the data section',
    ...(split === 'validation' ? [] : ['hold out rows to watch it by: `validation: 10%` in the data section']),
    'what was cut of it says nothing of how small the network can be',
  ];
}
