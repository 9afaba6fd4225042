import { describe, expect, it } from 'vitest';
import { namesElsewhere } from '../../../src/compiler/names-elsewhere.js';
import { findWord } from '../../../src/compiler/vocabulary.js';
import type { RegistryName } from '../../../src/ir/kind.js';
import { lower, spec } from './harness.js';

/** What messages offer to people who come from Keras or PyTorch. */

const entries = Object.entries(namesElsewhere) as [RegistryName, Record<string, string>][];

describe('names that a word has elsewhere', () => {
  it('are no words here, and lead to one', () => {
    for (const [registry, names] of entries)
      for (const [name, ours] of Object.entries(names)) {
        expect([name, findWord(registry, name)]).toEqual([name, undefined]);
        expect([ours, findWord(registry, ours.replace(/\(.*/, '')) !== undefined]).toEqual([ours, true]);
      }
  });

  it.each([
    ['GlobalAvgPool2D', 'GlobalAveragePooling2D'],
    ['Concat', 'Concatenate'],
    ['Linear(3)', 'Dense'],
  ])('%s is told as %s, without a list', (written, ours) => {
    const { lines } = lower(spec(`x = Input(4)\n${written}`));
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^unknown-layer .*\\[did you mean \`${ours}\`\\?\\]$`))]);
  });

  it('holds for metrics', () => {
    const { lines } = lower(
      'model N {\nx = Input(4)\nDense(1)\n}\ndata { source: mnist }\ntrain { loss: mse; metrics: [acc]; epochs: 1 }',
    );
    expect(lines).toEqual([expect.stringContaining('[did you mean `accuracy`?]')]);
  });

  it('has a short list where nothing is near', () => {
    const { lines } = lower(spec('x = Input(4)\nQuantumFrobnicator'));
    expect(lines).toEqual([
      expect.stringMatching(/^unknown-layer .*\(layers: .* more; `dnc help layers` lists all\)$/),
    ]);
    expect(lines[0]!.match(/`\w+`/g)!.length).toBeLessThan(20);
  });
});

describe('values', () => {
  it('a list of another length is told by its length', () => {
    const { lines } = lower(spec('x = Input(8, 8, 1)\nConv2D(3, 3, strides: [2, 2, 2])'));
    expect(lines).toEqual([expect.stringMatching(/a list of 2 whole numbers .*this is a list of 3$/)]);
  });

  it('an extent of -1 is to be written', () => {
    const { lines } = lower(spec('x = Input(8, 8, 1)\nReshape(-1, 4)'));
    expect(lines).toEqual([expect.stringMatching(/this is -1 \(write the number: /)]);
  });

  it('a length set above phases names those of the phases', () => {
    const text =
      'model N {\nx = Input(4)\nDense(1)\n}\ndata { source: mnist }\ntrain { loss: mse; phases { a { epochs: 1 }; b { epochs: 2 } } }';
    const { lines } = lower(text, ['train.epochs=1']);
    expect(lines).toEqual([expect.stringContaining('`train.phases.a.epochs`, `train.phases.b.epochs`')]);
  });

  it('a path that names the use once more is told without it, and a round lists its own names', () => {
    const { lines } = lower(
      `block res(n) {\nc = Dense(n)\n}\n${spec('x = Input(4)\nr = res(8) with { res_4.c.units: 3 }\nrepeat 2 { q = res(3) } with { zzz.c.units: 2 }')}`,
    );
    expect(lines).toEqual([
      expect.stringContaining('[did you mean `c.units`?]'),
      expect.stringContaining('(in this `repeat`: `q_1`, `q_2`)'),
    ]);
  });
});
