import { targetText } from '../../compiler/1-spec/print.js';
import { methodSites } from '../../compiler/4-program/index.js';
import { betterOf, judgedMetric, metricOf } from '../../compiler/monitored.js';
import type { SimplifySpec, Spec } from '../../compiler/spec.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { brief } from '../../diagnostics/numbers.js';
import { diagnostic } from '../../diagnostics/report.js';
import type { Network } from '../../ir/graph.js';
import { metrics } from '../../metrics/index.js';
import type { Score } from '../training/evaluate-rows.js';
import { methodsWith } from '../training/host-moment.js';
import { sharesText } from './target.js';

/** What is much: of a metric in [0, 1] two points, of any other, losses included, a tenth of what it was. The unit is that of a tolerance. */
const MUCH = { points: 0.02, share: 0.1 };

/**
 * That a network lost much of its quality between training and the end, when everything is done, fine-tuning too: more than the tolerance that the spec gave, more than what is
 * much, and more than chance (twice the standard error, as where a threshold is searched for). Judged by the metric that the spec's search would look at, on the validation rows; without any, on the test rows.
 */
export function qualityWarning(at: {
  readonly spec: Spec;
  readonly network: Network;
  readonly scores: Readonly<
    Partial<Record<'validation' | 'test', { readonly trained: Score; readonly simplified: Score }>>
  >;
  readonly finetuned: boolean;
  /** What to name for cutting anew: a run's folder, or a spec with weights. */
  readonly from: string;
}): Diagnostic[] {
  const { simplify } = at.spec;
  const split = at.scores.validation ? 'validation' : 'test';
  const scores = at.scores[split];
  if (!scores) return [];
  const name = nameOf(simplify, scores.trained);
  const before = measured(scores.trained, name);
  const after = measured(scores.simplified, name);
  if (!Number.isFinite(before)) return [];
  const word = metricOf(name)?.word;
  const unitRange = word !== undefined && word !== 'loss' && metrics[word].unitRange;
  const chance = 2 * (scores.trained.standardErrors[name] ?? 0);
  const slack = Math.max(
    unitRange ? MUCH.points : MUCH.share * Math.abs(before),
    chance,
    (unitRange ? 1 : Math.abs(before)) * allowed(simplify, name),
  );
  const lost = betterOf(name) === 'higher' ? before - after : after - before;
  // A number that is not finite is worse than any.
  if (lost <= slack + 1e-9 * Math.max(1, Math.abs(before))) return [];
  const details = {
    metric: name,
    split,
    rows: scores.trained.rows,
    before: brief(before),
    after: brief(after),
    finetuned: at.finetuned,
  };
  const span = simplify.target?.span ?? simplify.span;
  return [diagnostic('much-worse', details, { ...(span && { at: span }), help: help(at, split) })];
}

/** The metric that a search would look at, where it was measured: the one that the spec names, else the first of a lone output, else the loss. */
function nameOf(simplify: SimplifySpec, score: Score): string {
  const named = namedBy(simplify);
  if (named !== undefined && !Number.isNaN(measured(score, named))) return named;
  const first = score.losses ? undefined : Object.keys(score.metrics)[0];
  return first ?? 'loss';
}

/** What the spec's search names, as scores name it. */
function namedBy(simplify: SimplifySpec): string | undefined {
  const named = judgedMetric(simplify);
  return named === undefined ? undefined : (metricOf(named)?.name ?? named);
}

/** NaN where it was not measured. */
function measured({ loss, losses, metrics }: Score, name: string): number {
  if (name === 'loss') return loss;
  const ofOutput = name.endsWith('_loss') ? losses?.[name.slice(0, -'_loss'.length)] : undefined;
  return metrics[name] ?? ofOutput ?? Number.NaN;
}

/** The tolerance that the spec gives for this metric; 0 without one. */
function allowed(simplify: SimplifySpec, name: string): number {
  const { threshold, target } = simplify;
  const tolerance = target ? target.tolerance : threshold.kind === 'auto' ? threshold.tolerance : undefined;
  return (namedBy(simplify) ?? name) === name ? (tolerance ?? 0) : 0;
}

function help({ spec, network, finetuned, from }: Parameters<typeof qualityWarning>[0], split: string): string[] {
  const { threshold, target, finetune } = spec.simplify;
  const lines: string[] = [];
  let again: string | undefined;
  if (target && target.tolerance === undefined) {
    lines.push(
      `say what the size may cost: \`target ${targetText({ ...target, tolerance: 0.01 })}\` stops before more is lost`,
      `or aim at more than ${sharesText(target.shares)}`,
    );
    // All of it: the spec may not write the target, or with another share.
    again = `--set 'simplify.target=${targetText({ ...target, tolerance: 0.01 })}'`;
  } else if (!target && threshold.kind === 'weight') {
    lines.push(`take a lower bound than weight(${brief(threshold.value)})`);
    again = "--threshold 'weight(VALUE)'";
  } else if (!target && threshold.kind === 'unit' && threshold.value > 0) {
    lines.push(
      `let the threshold be searched for: \`threshold: auto(tolerance: 1%)\`, or take a lower one than ${brief(threshold.value)}`,
    );
    again = "--threshold 'auto(tolerance: 1%)'";
  }
  const selecting = [
    ...new Set(
      (['select', 'refit'] as const).flatMap((moment) =>
        [...methodsWith(methodSites(network), moment).keys()].map(({ keyword }) => `@${keyword}`),
      ),
    ),
  ];
  if (selecting.length > 0)
    lines.push(`${selecting.join(' and ')} cut${selecting.length === 1 ? 's' : ''} after training, whatever it costs`);
  if (finetuned) {
    const { amount, unit } = finetune!.length;
    const many = `${amount.toLocaleString('en')} ${amount === 1 ? unit.slice(0, -1) : unit}`;
    lines.push(`fine-tune for longer than ${many}, or with another learning rate`);
  } else if (finetune) lines.push('`dnc train` would fine-tune what is left; `dnc simplify` trains nothing');
  else lines.push('train what is left once more: `simplify { finetune { epochs: 5 } }`');
  if (split !== 'validation') lines.push('hold out rows to judge by: `validation: 10%` in the data section');
  if (again !== undefined)
    lines.push(`the trained network is kept: dnc simplify ${from} ${again} --out FOLDER cuts it anew`);
  return lines;
}
