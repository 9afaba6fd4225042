import { describe, expect, it } from 'vitest';
import { argumentsOf, exampleOf, helpText, helpWords, syntaxWords, topics } from '../../src/commands/help-text.js';
import { phase, sections } from '../../src/compiler/sections.js';
import { registryNames, vocabulary } from '../../src/compiler/vocabulary.js';
import { lower } from '../compiler/1-spec/harness.js';

const model = 'model Net {\nx = Input(4)\nDense(3)\n}\n';
const data = 'data { source: mnist; validation: 10% }\n';
const train = 'train { loss: mean_squared_error; epochs: 3 }\n';

describe('examples', () => {
  const kinds = registryNames.flatMap((registry) =>
    Object.values(vocabulary[registry].table).map((kind) => ({ registry, kind, name: `${registry} ${kind.keyword}` })),
  );
  it.each(kinds)('$name compiles', ({ registry, kind }) => {
    const example = exampleOf(registry, kind);
    const inModel = ['layer', 'activation', 'initializer', 'annotation'].includes(registry);
    const body = inModel ? `model Net {\nx = Input(4)\n${example}\n}\n` : `${model}${example}\n`;
    expect(lower(complete(body)).lines).toEqual([]);
  });

  it.each([...Object.values(sections), phase])('section $keyword compiles', ({ example }) => {
    expect(lower(complete(`${model}${example}\n`)).lines).toEqual([]);
  });
});

/** With what the example speaks of: data, training, the phase that it names. */
function complete(text: string): string {
  const [, during] = /during: (\w+)/.exec(text) ?? [];
  if (during) return `${text}${data}train { loss: mse; phases { dense { epochs: 3 }; ${during} { epochs: 3 } } }\n`;
  return `${text}${/^data/m.test(text) ? '' : data}${/^train/m.test(text) ? '' : train}`;
}

it('shows a decay that somebody would use', () => {
  expect(exampleOf('schedule', vocabulary.schedule.table.exponential!)).toContain('decay_rate: 0.96');
});

it('names files as somebody would', () => {
  for (const [word, written] of Object.entries({
    csv: 'csv("houses.csv")',
    npy: 'npy("x.npy", target: "y.npy")',
    npz: 'npz("digits.npz")',
    idx: 'idx("train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz")',
    image_folder: 'image_folder("photos", size: [64, 64])',
    text_folder: 'text_folder("reviews")',
  }))
    expect(exampleOf('source', vocabulary.source.table[word]!)).toBe(`data { source: ${written} }`);
});

it('knows the arguments of a word in all its meanings', () => {
  expect(argumentsOf('Dense')).toEqual(expect.arrayContaining(['units', 'activation']));
  expect(argumentsOf('@dropneuron')).toContain('during');
  expect(argumentsOf('finetune')).toContain('epochs');
  expect(argumentsOf('Dens')).toBeUndefined();
});

it('is there for every word, and lines are no wider than a terminal', () => {
  for (const word of helpWords()) {
    const text = helpText(word);
    expect(text, word).toBeTruthy();
    for (const line of text!.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  }
  expect(helpText('nonsense')).toBeUndefined();
  expect(helpText('@dropneuron')).toBe(helpText('dropneuron'));
  expect(topics().map((topic) => topic.name)).toContain('layers');
});

it('prints a layer from its schema', () => {
  expect(helpText('Dense')).toMatchInlineSnapshot(`
    "Dense(units, activation: linear, use_bias: true, kernel_initializer: glorot_uniform,
        bias_initializer: zeros, trainable)
    A layer. Fully connected layer: every unit reads every input feature.

      argument            takes             default         meaning
      units               whole number ≥ 1  required        Number of output units.
      activation          activation        linear          Applied to the weighted sum.
      use_bias            true or false     true            Whether units have a bias.
      kernel_initializer  initializer       glorot_uniform  How the kernel [in, units] starts.
      bias_initializer    initializer       zeros           How the bias [units] starts.
      trainable           true or false     true            false: training leaves its parameters as
                                                            they are.

    Example:
      Dense(10)

    From: Keras, keras.layers.Dense
    "
  `);
});

it('prints a key or an argument, of whom it is, what it takes, and what holds without it', () => {
  expect(helpText('train.epochs')).toMatchInlineSnapshot(`
    "epochs
    A key of \`train\`. Length, in passes over the training rows.

      takes    whole number from 1 to 1,000,000,000
      default  none

    More: dnc help train
    "
  `);
  expect(helpText('epochs')).toContain('A key of `train`, `phase` and `finetune`.');
  expect(helpText('simplify.finetune.epochs')).toContain('A key of `phase` and `finetune`.');
  const units = helpText('units')!;
  expect(units.startsWith(`${helpText('Dense.units')}\n`)).toBe(true);
  expect(units).toContain('An argument of `GRU`, `LSTM` and `SimpleRNN`.');
  expect(helpText('train.units')).toBeUndefined();
});

it('shows every meaning of a word', () => {
  const text = helpText('threshold')!;
  for (const part of [
    'An activation.',
    'A key of `simplify`.',
    'An argument of `hard_shrink` and `soft_shrink`.',
    'thresholds\n',
  ])
    expect(text).toContain(part);
  expect(helpText('optimizer')).toContain(helpText('optimizers'));
});

/** What stands around an example that is a part of a model. */
const around: Readonly<Record<string, (example: string) => string>> = {
  with: (example) =>
    `block residual(units) <- x { a = Dense(units); Add <- x, a }\nmodel Net {\nInput(16)\n${example}\nDense(1)\n}\n`,
  Shared: (example) => `model Net -> a, b {\n${example}\n}\n`,
};

it('explains the words of the syntax by examples that compile', () => {
  for (const [word, { example }] of Object.entries(syntaxWords)) {
    expect(helpText(word)).toContain(example.split('\n')[0]);
    const whole = /^model /m.test(example)
      ? `${example}\n`
      : (around[word] ?? ((text) => `${text}\n${model}`))(example);
    expect(lower(complete(whole)).lines).toEqual([]);
  }
  expect(helpText('steps_per_epoch')).toBe(
    'steps_per_epoch\nA key of `train` and `phase`. This version does not have it yet.\n',
  );
});

it('keeps long cells in their columns', () => {
  const lines = helpText('simplify')!.split('\n');
  const head = lines.find((line) => line.includes('takes'))!;
  expect(head).toMatch(/key +takes +default +meaning/);
  const row = lines.findIndex((line) => line.startsWith('  finetune'));
  expect(lines[row]!.indexOf('Training')).toBe(head.indexOf('meaning'));
  expect(lines[row + 1]!.search(/\S/)).toBe(head.indexOf('takes'));
});

it('does not list what this version does not have', () => {
  expect(helpText('train')).not.toContain('steps_per_epoch');
});
