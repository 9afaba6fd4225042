import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/index.js';
import { lower } from './harness.js';

const text = `# A comment.
let width = 600 / 2
let init = normal(stddev: 0.01)
model LeNet -> digit @dropneuron(5e-5, during: sparse) @l1(1e-5, bias: true) {
  image = Input(784, keep: [0, 1, 2, 98..101, 700])
  fc1 = Dense(width, activation: relu, kernel_initializer: init) @l1(off)
  Dense(100, activation: leaky_relu(0.2)) <- fc1
  digit = Dense(10) @dropneuron(li: 1e-3)
}
data { source: mnist; validation: 15%; test: fold(1, of: 5); inputs { image: [image, "odd name"] }; target: "true" }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(cosine(1e-3)); metrics: [accuracy]; batch_size: 128
  phases { sparse { epochs: 40 }; polish { steps: 2k; optimizer: sgd(0.1) } }
}
simplify { threshold: auto(tolerance: 0.2%); finetune { epochs: 5 } }
weights: file("a \\"b\\".safetensors")
origin { spec: file("a.dn"); threshold: 1e-7; max_difference: 1e-21 }
`;

describe('the resolved text', () => {
  it('says every argument, and reads as the same spec', () => {
    const { spec, lines } = lower(text);
    expect(lines).toEqual([]);
    const resolved = printResolved(spec!);
    expect(resolved).toMatchInlineSnapshot(`
      "dnc 1

      model LeNet {
        image = Input(shape: [784], keep: [0..2, 98..101, 700])
        fc1 = Dense(units: 300, activation: relu(negative_slope: 0, threshold: 0), use_bias: true, kernel_initializer: normal(mean: 0, stddev: 0.01), bias_initializer: zeros)
          @dropneuron(lambda: 5e-5, solver: proximal, reweighted: false, delta: 0.5, metric: optimizer, during: sparse)
        dense_2 = Dense(units: 100, activation: leaky_relu(negative_slope: 0.2), use_bias: true, kernel_initializer: glorot_uniform, bias_initializer: zeros)
          @dropneuron(lambda: 5e-5, solver: proximal, reweighted: false, delta: 0.5, metric: optimizer, during: sparse)
          @l1(lambda: 1e-5, bias: true, solver: gradient, metric: optimizer)
        digit = Dense(units: 10, activation: linear, use_bias: true, kernel_initializer: glorot_uniform, bias_initializer: zeros)
          @dropneuron(lambda: 5e-5, li: 0.001, solver: proximal, reweighted: false, delta: 0.5, metric: optimizer, during: sparse)
          @l1(lambda: 1e-5, bias: true, solver: gradient, metric: optimizer)
      }

      data {
        source: mnist(range: 0..1)
        validation: share(fraction: 0.15)
        test: fold(k: 1, of: 5)
        seed: 0
        inputs {
          image: [image, "odd name"]
        }
        target: "true"
      }

      train {
        seed: 1
        phases {
          sparse {
            loss: sparse_categorical_crossentropy(from_logits: true)
            metrics: [accuracy]
            optimizer: adam(learning_rate: cosine(initial_learning_rate: 0.001, alpha: 0), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7)
            batch_size: 128
            epochs: 40
          }
          polish {
            loss: sparse_categorical_crossentropy(from_logits: true)
            metrics: [accuracy]
            optimizer: sgd(learning_rate: 0.1, momentum: 0, nesterov: false)
            batch_size: 128
            steps: 2000
          }
        }
      }

      simplify {
        threshold: auto(tolerance: 0.002)
        finetune {
          loss: sparse_categorical_crossentropy(from_logits: true)
          metrics: [accuracy]
          optimizer: adam(learning_rate: cosine(initial_learning_rate: 0.001, alpha: 0), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7)
          batch_size: 128
          epochs: 5
        }
      }

      weights: file("a \\"b\\".safetensors")

      origin {
        spec: file("a.dn")
        threshold: 1e-7
        max_difference: 1e-21
      }
      "
    `);
    const again = lower(resolved);
    expect(again.lines).toEqual([]);
    expect(printResolved(again.spec!)).toBe(resolved);
    expect(again.spec!.hash).toBe(spec!.hash);
  });

  it('hashes alike whatever the layout', () => {
    const { hash } = lower(text).spec!;
    const same = [
      text.replace('# A comment.\n', ''),
      text.replace('600 / 2', '300'),
      text.replace('Dense(width,', 'Dense(units: width,'),
      text.replace(' <- fc1', ''),
      text.replace(' -> digit', ''),
      text.replace('15%', 'share(0.15)'),
      text.replace('train {', 'train { seed: 1'),
    ];
    for (const other of same) expect(lower(other).spec!.hash).toBe(hash);
    const different = [
      text.replace('600 / 2', '301'),
      text.replace('15%', '16%'),
      text.replace('@l1(off)', ''),
      text.replace('digit = ', 'digits = ').replace('-> digit', '-> digits'),
      text.replace('seed', 'seed').replace('train {', 'train { seed: 2'),
    ];
    for (const other of different) {
      const lowered = lower(other);
      expect(lowered.lines).toEqual([]);
      expect(lowered.spec!.hash).not.toBe(hash);
    }
  });

  it('writes out the shape that an input takes from the data', () => {
    const { spec } = lower(text.replace('Input(784, keep: [0, 1, 2, 98..101, 700])', 'Input'));
    expect(printResolved(spec!)).toContain('image = Input(shape: [])');
    expect(printResolved(spec!, (name) => (name === 'image' ? [28, 28, 1] : undefined))).toContain(
      'image = Input(shape: [28, 28, 1])',
    );
  });

  it('has no hash where the spec was refused', () => {
    expect(lower(text.replace('Dense(10)', 'Dense(ten)')).spec!.hash).toBe('');
  });
});
