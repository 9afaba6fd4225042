import { activations } from '../activations/index.js';
import { augmentations } from '../data/augmentations/index.js';
import { sources } from '../data/index.js';
import { initializers } from '../initializers/index.js';
import type { Kind, RegistryName } from '../ir/kind.js';
import { layers } from '../layers/index.js';
import { losses } from '../losses/index.js';
import { metrics } from '../metrics/index.js';
import { optimizers } from '../optimizers/index.js';
import { schedules } from '../schedules/index.js';
import { methods } from '../sparsity/index.js';
import { columns } from './1-spec/words/columns.js';
import { files } from './1-spec/words/files.js';
import { spaces } from './1-spec/words/spaces.js';
import { splits } from './1-spec/words/splits.js';
import { thresholds } from './1-spec/words/thresholds.js';

/** A table of words: what it holds, and how messages name one and all of them. */
export interface Registry {
  readonly one: string;
  readonly many: string;
  readonly table: Readonly<Record<string, Kind>>;
}

/** Every word of the language that stands for something, by its table. */
export const vocabulary: Readonly<Record<RegistryName, Registry>> = {
  layer: { one: 'a layer', many: 'layers', table: layers },
  activation: { one: 'an activation', many: 'activations', table: activations },
  initializer: { one: 'an initializer', many: 'initializers', table: initializers },
  annotation: { one: 'an annotation', many: 'annotations', table: methods },
  loss: { one: 'a loss', many: 'losses', table: losses },
  metric: { one: 'a metric', many: 'metrics', table: metrics },
  optimizer: { one: 'an optimizer', many: 'optimizers', table: optimizers },
  schedule: { one: 'a schedule', many: 'schedules', table: schedules },
  source: { one: 'a data source', many: 'data sources', table: sources },
  split: { one: 'a choice of rows', many: 'choices of rows', table: splits },
  column: { one: 'a way to read a column', many: 'ways to read a column', table: columns },
  augmentation: { one: 'an augmentation', many: 'augmentations', table: augmentations },
  threshold: { one: 'a threshold', many: 'thresholds', table: thresholds },
  space: { one: 'a search space', many: 'search spaces', table: spaces },
  file: { one: 'a file', many: 'files', table: files },
};

export const registryNames = Object.keys(vocabulary) as readonly RegistryName[];

/** The entry that a word names, by keyword or alias. */
export function findWord(registry: RegistryName, word: string): Kind | undefined {
  const { table } = vocabulary[registry];
  if (Object.hasOwn(table, word)) return table[word];
  return Object.values(table).find((kind) => kind.keyword === word || kind.aliases?.includes(word));
}

/** The keywords of a table, in its order. */
export function wordsOf(registry: RegistryName): string[] {
  return Object.values(vocabulary[registry].table).map((kind) => kind.keyword);
}

/** Keywords and aliases: what a misspelt word may have meant. */
export function spellingsOf(registry: RegistryName): string[] {
  return Object.values(vocabulary[registry].table).flatMap((kind) => [kind.keyword, ...(kind.aliases ?? [])]);
}

/** The tables that know a word. */
export function registriesOf(word: string): RegistryName[] {
  return registryNames.filter((registry) => findWord(registry, word));
}
