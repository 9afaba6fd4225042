import { metrics } from '../metrics/index.js';
import type { SimplifySpec } from './spec.js';
import { findWord, spellingsOf } from './vocabulary.js';

/** A quantity that early stopping, a schedule or the search for a threshold looks at. */
export interface Quantity {
  /** As the history names it, whichever of its spellings was written: `loss`, `objective`, `mae`; of several outputs `price_loss`, `price_mae`. */
  readonly name: string;
  readonly onValidation: boolean;
}

const PREFIX = 'val_';

/** What a spec's `monitor` means: `val_mean_absolute_error` is the metric `mae` on the validation rows. */
export function quantityOf(monitor: string): Quantity {
  const onValidation = monitor.startsWith(PREFIX);
  const name = onValidation ? monitor.slice(PREFIX.length) : monitor;
  return { name: metricOf(name)?.name ?? name, onValidation };
}

/** The loss or a metric, of one output or of all. */
export interface NamedMetric {
  /** As the history has it. */
  readonly name: string;
  /** Undefined: of the lone output, or, for the loss, of all together. */
  readonly output?: string;
  readonly word: keyof typeof metrics | 'loss';
}

/**
 * Reads the name of the loss or a metric, in any spelling and with or without an output's name before it: `price_mean_squared_error` is the metric `mse` of the output
 * `price`. Undefined where it ends in neither.
 */
export function metricOf(name: string): NamedMetric | undefined {
  const words = ['loss', ...spellingsOf('metric')];
  const keyword = (word: string) => (word === 'loss' ? word : findWord('metric', word)!.keyword) as NamedMetric['word'];
  if (words.includes(name)) return { name: keyword(name), word: keyword(name) };
  const [longest] = words
    .filter((word) => name.endsWith(`_${word}`) && name.length > word.length + 1)
    .sort((a, b) => b.length - a.length);
  if (longest === undefined) return undefined;
  const output = name.slice(0, -longest.length - 1);
  return { name: `${output}_${keyword(longest)}`, output, word: keyword(longest) };
}

/** What the search of a simplify section judges networks by, where it names something. */
export function judgedMetric({ threshold, target }: Pick<SimplifySpec, 'threshold' | 'target'>): string | undefined {
  return target ? target.metric : threshold.kind === 'auto' ? threshold.metric : undefined;
}

/** Whether a quantity is the better the larger it is. */
export function betterOf(name: string): 'higher' | 'lower' {
  const word = metricOf(name)?.word;
  return word === undefined || word === 'loss' ? 'lower' : metrics[word].better;
}
