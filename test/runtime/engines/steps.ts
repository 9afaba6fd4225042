import { Builder, type Value } from '../../../src/program/builder.js';
import { gradient } from '../../../src/program/gradient.js';
import { optimize } from '../../../src/program/passes/index.js';
import type { HostTensor, Program } from '../../../src/program/program.js';

/** Numbers from a seed, for inputs of tests: mulberry32, in [low, high). */
export function generator(seed: number): (low?: number, high?: number) => number {
  let state = seed >>> 0;
  return (low = 0, high = 1) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * (high - low);
  };
}

export function randomFloats(
  random: ReturnType<typeof generator>,
  shape: readonly number[],
  low = -1,
  high = 1,
): HostTensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = random(low, high);
  return { shape, data };
}

export interface StepOptions {
  readonly widths: readonly number[];
  readonly optimizer: 'sgd' | 'adam';
  /** Coefficient of li and of lo on every kernel. */
  readonly lambda: number;
  /** Keep probability of dropout after every hidden layer; 1 for none. */
  readonly keep?: number;
}

/** A multilayer perceptron's training step, its parameters named `w0`, `b0`, … as a compiler would write it. */
export function stepProgram(options: StepOptions): Program {
  const { widths, optimizer, lambda, keep = 1 } = options;
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', widths[0]!]);
  const labels = b.batch('y', 'int', ['batch']);
  const share = b.scalar('share');
  const parameters: { name: string; value: Value; isKernel: boolean }[] = [];
  const logits = layers(b, x, widths, parameters, (h, layer) => {
    if (keep === 1) return h;
    const width = widths[layer + 1]!;
    const units = Array.from({ length: width }, (_, unit) => unit);
    const mask = b.random({ stream: `drop${layer}.mask`, distribution: { kind: 'bernoulli', keep }, units, width }, [
      'batch',
      width,
    ]);
    return b.multiply(b.multiply(h, mask), 1 / keep);
  });
  const log = b.logSoftmax(logits);
  const picked = b.sum(b.multiply(log, b.oneHot(labels, widths.at(-1)!)), [1]);
  const loss = b.negate(b.multiply(b.sum(picked), share));
  const hits = b.cast(b.equal(b.argmax(logits, 1), labels), 'float');
  b.result('loss', loss);
  b.result('accuracy', b.multiply(b.sum(hits), share));
  const gradients = gradient(
    b,
    loss,
    parameters.map((one) => one.value),
  );

  b.inRegion('update', () => {
    const kernels = parameters.filter((one) => one.isKernel).map((one) => one.value);
    let full = gradients;
    if (lambda > 0) {
      const penalty = kernels
        .flatMap((w) => [b.sum(b.norm(w, [0])), b.sum(b.norm(w, [1]))])
        .reduce((sum, one) => b.add(sum, one));
      const scaled = b.multiply(penalty, lambda);
      b.result('penalty', scaled);
      const pull = gradient(b, scaled, kernels);
      full = gradients.map((g, at) => {
        const kernel = kernels.indexOf(parameters[at]!.value);
        return kernel < 0 ? g : b.add(g, pull[kernel]!);
      });
    }
    const rate = b.scalar('rate');
    for (const [at, { name, value }] of parameters.entries()) {
      const g = full[at]!;
      if (optimizer === 'sgd') {
        b.next(name, b.subtract(value, b.multiply(rate, g)));
        continue;
      }
      // Adam as Keras has it: rate holds lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ).
      const shape = value.type.shape as readonly number[];
      const m = b.state(`${name}.m`, shape);
      const v = b.state(`${name}.v`, shape);
      const nextM = b.add(m, b.multiply(b.subtract(g, m), 1 - 0.9));
      const nextV = b.add(v, b.multiply(b.subtract(b.square(g), v), 1 - 0.999));
      b.next(`${name}.m`, nextM);
      b.next(`${name}.v`, nextV);
      b.next(name, b.subtract(value, b.divide(b.multiply(rate, nextM), b.add(b.sqrt(nextV), 1e-7))));
    }
  });
  return optimize(b.build('step'));
}

/** The same network's forward program: the logits of a batch. */
export function forwardProgram(widths: readonly number[]): Program {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', widths[0]!]);
  b.result(
    'logits',
    layers(b, x, widths, [], (h) => h),
  );
  return optimize(b.build('forward'));
}

function layers(
  b: Builder,
  x: Value,
  widths: readonly number[],
  parameters: { name: string; value: Value; isKernel: boolean }[],
  between: (h: Value, layer: number) => Value,
): Value {
  let h = x;
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    const kernel = b.state(`w${layer}`, [widths[layer]!, widths[layer + 1]!]);
    const bias = b.state(`b${layer}`, [widths[layer + 1]!]);
    parameters.push(
      { name: `w${layer}`, value: kernel, isKernel: true },
      { name: `b${layer}`, value: bias, isKernel: false },
    );
    h = b.add(b.matmul(h, kernel), bias);
    if (layer + 2 < widths.length) h = between(b.relu(h), layer);
  }
  return h;
}

/** State as an initializer would leave it: kernels uniform, everything else zero. */
export function initialState(program: Program, seed: number): Record<string, HostTensor> {
  const random = generator(seed);
  const state: Record<string, HostTensor> = {};
  for (const { name, role, value } of program.inputs) {
    if (role !== 'state') continue;
    const shape = program.values[value]!.shape as readonly number[];
    const limit = /^w\d+$/.test(name) ? Math.sqrt(6 / (shape[0]! + shape[1]!)) : 0;
    state[name] = randomFloats(random, shape, -limit, limit);
  }
  return state;
}

/** The host's inputs of step `step` (from 1), with labels that depend on x. */
export function stepInputs(program: Program, step: number, rows: number, seed: number): Record<string, HostTensor> {
  const random = generator(seed * 1000 + step);
  const inputs: Record<string, HostTensor> = {};
  for (const { name, role, value, random: spec } of program.inputs) {
    if (role === 'state') continue;
    const shape = program.values[value]!.shape.map((extent) => (extent === 'batch' ? rows : extent));
    if (spec?.distribution.kind === 'bernoulli') {
      const { keep } = spec.distribution;
      const draw = randomFloats(random, shape, 0, 1);
      inputs[name] = { shape, data: Float32Array.from(draw.data, (one) => (one < keep ? 1 : 0)) };
    } else if (name === 'share') inputs[name] = { shape, data: Float32Array.of(1 / rows) };
    else if (name === 'rate') {
      const rate = (1e-3 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
      inputs[name] = { shape, data: Float32Array.of(rate) };
    } else if (name === 'y')
      inputs[name] = { shape, data: Int32Array.from({ length: rows }, () => Math.floor(random(0, 3))) };
    else inputs[name] = randomFloats(random, shape);
  }
  return inputs;
}
