import { describe, expect, test } from 'vitest';
import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { writeSets } from '../../../src/compiler/6-print/sets.js';
import { compile } from '../../../src/compiler/compile.js';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';

const dn = (input: string) => `model P {
  ${input}
  f = Flatten
  label = Dense(10)
}
data { source: drawn_digits }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;

const yaml = (input: string) => `model:
  name: P
  layers:
    - ${input}
    - { name: f, Flatten: }
    - { name: label, Dense: 10 }
data: { source: { drawn_digits: } }
train: { loss: { sparse_categorical_crossentropy: { from_logits: true } }, epochs: 1 }
`;

// Extents that are written one by one stay so, those in a list stay in one, and the value is spaced as the formatter does.
test.each([
  ['image = Input(28, 28, 1)', '[14,14,4]', 'image = Input(14, 14, 4)'],
  ['image = Input([28, 28, 1])', '[14,14,4]', 'image = Input([14, 14, 4])'],
  ['image = Input(shape: [28, 28, 1])', '[ 784 ]', 'image = Input(shape: [784])'],
  ['image = Input(784)', '[28,28,1]', 'image = Input(28, 28, 1)'],
  ['image = Input(28, 28, 1)', '784', 'image = Input(784)'],
  ['{ name: image, Input: [28, 28, 1] }', '[14,14,4]', '{ name: image, Input: [14, 14, 4] }'],
  ['{ name: image, Input: 784 }', '[14,14,4]', '{ name: image, Input: [14, 14, 4] }'],
  ['{ name: image, Input: [28, 28, 1] }', '784', '{ name: image, Input: 784 }'],
  ['{ name: image, Input: { shape: [28, 28, 1] } }', '[784]', '{ name: image, Input: { shape: [784] } }'],
  ['name: image\n      Input: [28, 28, 1]', '[14,14,4]', 'name: image\n      Input: [14, 14, 4]'],
])('%s with shape=%s is written %s', (before, value, after) => {
  const [name, write] = before.includes('name:') ? ['net.yaml', yaml] : ['net.dn', dn];
  const { spec } = compile(new Source(name, write(before)), { sets: [`model.image.shape=${value}`] });
  expect(writeSets(spec).source.text).toBe(write(after));
});

const BLOCKS = `model P {
  image = Input(28, 28, 1)
  f = Flatten
  label = Dense(10)  @dropneuron(0.1)
}
data {
  source: drawn_digits
  validation: 20%
  train: 1000
}
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  epochs: 1
  early_stopping {
    monitor: loss
    patience: 3
  }
}
simplify {
  target {
    parameters: 10%
  }
  every: 2
  after: 1
  finetune {
    epochs: 3
  }
  distil {
    weight: 0.5
  }
}
`;

const BLOCKS_YAML = `model:
  name: P
  layers:
    - { name: image, Input: [28, 28, 1] }
    - { name: f, Flatten: }
    - { name: label, Dense: 10, sparsity: { dropneuron: 0.1 } }
data:
  source: { drawn_digits: }
  validation: 20%
  train: 1000
train:
  loss: { sparse_categorical_crossentropy: { from_logits: true } }
  epochs: 1
  early_stopping:
    monitor: loss
    patience: 3
simplify:
  target: { parameters: 10% }
  every: 2
  after: 1
  finetune:
    epochs: 3
  distil: { weight: 0.5 }
`;

describe('what is optional is switched off by the word that a spec may write', () => {
  const off: readonly (readonly [string, (spec: ReturnType<typeof compile>['spec']) => unknown])[] = [
    ['data.validation', ({ data }) => data.validation],
    ['data.train', ({ data }) => data.train],
    ['train.early_stopping', ({ train }) => train.phases[0]!.early_stopping],
    ['simplify.target', ({ simplify }) => simplify.target],
    ['simplify.every', ({ simplify }) => simplify.live],
    ['simplify.finetune', ({ simplify }) => simplify.finetune ?? simplify.distil],
    ['simplify.distil', ({ simplify }) => simplify.distil],
    ['simplify', ({ simplify }) => simplify.target ?? simplify.finetune],
  ];
  const cases = [
    ['net.dn', BLOCKS],
    ['net.yaml', BLOCKS_YAML],
  ].flatMap(([name, text]) => off.map(([address, of]) => [name!, address, text!, of] as const));

  test.each(cases)('%s: %s', (name, address, text, of) => {
    expect(of(compile(new Source(name, text)).spec)).toBeDefined();
    const { spec } = compile(new Source(name, text), { sets: [`${address}=off`] });
    expect(of(spec)).toBeUndefined();
    // And so is the text that says what was run.
    const { source } = writeSets(spec);
    expect(source.text).toMatch(new RegExp(`^ *${address.split('.').at(-1)}: off$`, 'm'));
    const reports = new Reports();
    expect(lowerSpec(readDocument(source, reports), { source, sets: [] }, reports)!.hash).toBe(spec.hash);
    expect(reports.all).toEqual([]);
  });

  test.each(['net.dn', 'net.yaml'])('a block is written over by another, and off by a block: %s', (name) => {
    const text = name === 'net.dn' ? BLOCKS : BLOCKS_YAML;
    const other = compile(new Source(name, text), { sets: ['simplify.finetune={ epochs: 7 }'] }).spec;
    expect(other.simplify.finetune!.length.amount).toBe(7);
    expect(compile(writeSets(other).source).spec.hash).toBe(other.hash);
    const without = writeSets(compile(new Source(name, text), { sets: ['simplify.finetune=off'] }).spec).source;
    const again = compile(without, { sets: ['simplify.finetune={ epochs: 7 }'] }).spec;
    expect(again.simplify.finetune!.length.amount).toBe(7);
    expect(compile(writeSets(again).source).spec.hash).toBe(again.hash);
  });

  test('a target that is not there is off already: the threshold stays', () => {
    const text = BLOCKS.replace(/target \{[^}]*\}/, 'threshold: 0.25');
    const { spec } = compile(new Source('net.dn', text), { sets: ['simplify.target=off'] });
    expect(spec.simplify.threshold).toEqual({ kind: 'unit', value: 0.25 });
    expect(compile(writeSets(spec).source).spec.hash).toBe(spec.hash);
  });

  test('nothing of it can be set beside', () => {
    const text = BLOCKS.replace(/finetune \{[^}]*\}/, 'finetune: off');
    const set = (address: string) => () => compile(new Source('net.dn', text), { sets: [address] });
    expect(set('simplify.finetune.epochs=3')).toThrow('the spec does not write `simplify.finetune`');
    expect(set('simplify.finetune=no')).toThrow(/takes keys in braces .* or `off`, and this is the word `no`/);
    expect(() => compile(new Source('net.dn', text), { sets: ['simplify=off', 'simplify.every=3'] })).toThrow(
      '`simplify` is off, so it has no keys',
    );
  });

  test('a `let` of that name hides the word, and is told', () => {
    const text = `let off = 3\n${BLOCKS}`;
    const { spec, warnings } = compile(new Source('net.dn', text), { sets: ['simplify.every=off'] });
    expect(spec.simplify.live!.every).toBe(3);
    expect(warnings.map(({ code }) => code)).toContain('hidden-word');
  });
});
