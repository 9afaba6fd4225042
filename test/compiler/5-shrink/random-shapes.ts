import { paramShape } from '../../../src/compiler/3-dims/index.js';
import { axisExtent, allParams } from '../../../src/ir/graph.js';
import { stridesOf } from '../../../src/program/shapes.js';
import { randomNumbers } from './networks.js';
import { netOf, Plant } from './plant.js';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/**
 * Random networks of layers that move axes about: what is claimed of them is nothing but the laws of every shrink. Weights are cut in whole rows and columns,
 * and here and there one by one.
 */
class Shapes {
  private readonly next: () => number;
  private readonly lines: string[] = [];
  private readonly tensors: Tensor[] = [];
  readonly read = new Set<string>();

  constructor(seed: number) {
    this.next = randomNumbers(seed);
  }

  chance(share: number): boolean {
    return (this.next() + 1) / 2 < share;
  }

  int(from: number, to: number): number {
    return from + Math.floor(((this.next() + 1) / 2) * (to - from + 1) * 0.999999);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)]!;
  }

  line(call: string, reads: readonly Tensor[], shape: readonly number[]): Tensor {
    const name = `l${this.lines.length}`;
    this.lines.push(`  ${name} = ${call}${reads.length > 0 ? ` <- ${reads.map((one) => one.name).join(', ')}` : ''}`);
    for (const one of reads) this.read.add(one.name.split('.')[0]!);
    const made = { name, shape };
    this.tensors.push(made);
    return made;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  private factors(size: number, axes: number): readonly number[] {
    const shape: number[] = [];
    let rest = size;
    for (let k = 0; k < axes - 1; k++) {
      const divisors = Array.from({ length: rest }, (_, one) => one + 1).filter((one) => rest % one === 0);
      const one = this.pick(divisors);
      shape.push(one);
      rest /= one;
    }
    return [...shape, rest];
  }

  step(x: Tensor): Tensor {
    const { shape } = x;
    const last = shape.at(-1)!;
    const size = sizeOf(shape);
    const choices: (() => Tensor | undefined)[] = [
      () => {
        const units = this.int(1, 6);
        const args = `activation: ${this.pick(['relu', 'tanh', 'linear', 'sigmoid'])}${this.chance(0.3) ? ', use_bias: false' : ''}`;
        return this.line(`Dense(${units}, ${args})`, [x], [...shape.slice(0, -1), units]);
      },
      () => {
        const target = this.factors(size, this.int(1, 3));
        return this.line(`Reshape(${target.join(', ')})`, [x], target);
      },
      () => {
        const target = this.factors(size, this.int(2, 3));
        return this.line(`Reshape(${target.join(', ')})`, [x], target);
      },
      () => (shape.length > 1 ? this.line('Flatten', [x], [size]) : undefined),
      () => {
        if (shape.length < 2) return undefined;
        const order = shape.map((_, k) => k).sort(() => this.next());
        return this.line(
          `Permute(${order.map((k) => k + 1).join(', ')})`,
          [x],
          order.map((k) => shape[k]!),
        );
      },
      () => {
        const axis = this.int(0, shape.length - 1);
        if (shape[axis]! < 2) return undefined;
        const start = this.int(0, shape[axis]! - 1);
        const stop = this.int(start + 1, shape[axis]!);
        return this.line(
          `Slice(${start}, ${stop}, axis: ${axis + 1})`,
          [x],
          shape.map((extent, k) => (k === axis ? stop - start : extent)),
        );
      },
      () => {
        const others = this.tensors.filter(
          (one) => one.shape.length === shape.length && one.shape.every((extent, k) => extent === shape[k]),
        );
        const other = this.pick(others);
        return this.line(
          this.pick(['Add', 'Multiply', 'Average', 'Maximum', 'Subtract', 'Minimum']),
          [x, other],
          shape,
        );
      },
      () => {
        const axis = this.int(0, shape.length - 1);
        const others = this.tensors.filter(
          (one) =>
            one.shape.length === shape.length && one.shape.every((extent, k) => k === axis || extent === shape[k]),
        );
        const other = this.pick(others);
        if (sizeOf(other.shape) + size > 60) return undefined;
        return this.line(
          `Concatenate(axis: ${axis + 1})`,
          [x, other],
          shape.map((extent, k) => (k === axis ? extent + other.shape[k]! : extent)),
        );
      },
      () => (shape.length === 1 && last < 8 ? this.line('RepeatVector(3)', [x], [3, last]) : undefined),
      () =>
        shape.length === 2
          ? this.line(this.pick(['GlobalAveragePooling1D', 'GlobalMaxPooling1D']), [x], [last])
          : undefined,
      () =>
        shape.length === 3
          ? this.line(this.pick(['GlobalAveragePooling2D', 'GlobalMaxPooling2D']), [x], [last])
          : undefined,
      () => {
        if (shape.length !== 2) return undefined;
        const units = this.int(1, 4);
        const kind = this.pick(['SimpleRNN', 'LSTM', 'GRU']);
        const whole = this.chance(0.5);
        return this.line(
          `${kind}(${units}${whole ? ', return_sequences: true' : ''})`,
          [x],
          whole ? [shape[0]!, units] : [units],
        );
      },
      () => {
        if (shape.length !== 2 || shape[0]! > 8) return undefined;
        const units = this.int(1, 4);
        return this.line(
          `Conv1D(${units}, 2, padding: ${this.pick(['same', 'causal'])}, activation: relu)`,
          [x],
          [shape[0]!, units],
        );
      },
      () => {
        if (shape.length !== 2 || shape[0]! < 2) return undefined;
        const units = this.int(1, 4);
        return this.line(`Conv1D(${units}, 2)`, [x], [shape[0]! - 1, units]);
      },
      () => {
        if (shape.length !== 2 || size > 20) return undefined;
        return this.line(`ZeroPadding1D(1)`, [x], [shape[0]! + 2, last]);
      },
      () => {
        if (shape.length !== 3) return undefined;
        const units = this.int(1, 4);
        return this.line(`Conv2D(${units}, 2, padding: same, activation: relu)`, [x], [...shape.slice(0, 2), units]);
      },
      () => {
        if (shape.length !== 3) return undefined;
        const [depth, units] = [this.int(1, 2), this.int(1, 3)];
        return this.line(
          `SeparableConv2D(${units}, 2, padding: same, depth_multiplier: ${depth})`,
          [x],
          [...shape.slice(0, 2), units],
        );
      },
      () => {
        if (shape.length !== 3 || size > 30) return undefined;
        return this.line(
          `DepthwiseConv2D(2, padding: same, depth_multiplier: 2)`,
          [x],
          [...shape.slice(0, 2), 2 * last],
        );
      },
      () => (this.chance(0.3) ? this.line(`LayerNormalization`, [x], shape) : undefined),
      () => this.line(`BatchNormalization(axis: ${this.int(1, shape.length)})`, [x], shape),
      () => this.line(this.pick(['ReLU', 'Rescaling(0.5, offset: 0.25)', 'PReLU', 'Dropout(0.3)']), [x], shape),
      () => {
        if (shape.length !== 2) return undefined;
        const units = this.int(1, 4);
        return this.line(`MultiHeadAttention(2, 2, output_shape: ${units})`, [x], [shape[0]!, units]);
      },
      () => {
        if (shape.length < 2) return undefined;
        const units = this.int(1, 4);
        return this.line(`TimeDistributed(Dense(${units}))`, [x], [...shape.slice(0, -1), units]);
      },
    ];
    for (;;) {
      const made = this.pick(choices)();
      if (made) return made;
    }
  }

  write(): string {
    const inputs = this.int(1, 3);
    const shapes = [[4], [6], [2, 3], [3, 2], [3, 3], [2, 2, 2], [1, 4], [4, 1], [3, 4], [12]];
    const first = this.pick(shapes);
    for (let k = 0; k < inputs; k++) {
      const shape = this.chance(0.5) ? first : this.pick(shapes);
      this.line(`Input(${shape.join(', ')})`, [], shape);
    }
    const tensors = [...this.tensors];
    for (let k = this.int(3, 9); k > 0; k--)
      tensors.push(this.step(this.chance(0.7) ? tensors.at(-1)! : this.pick(tensors)));
    let ends = tensors.filter(({ name }) => !this.read.has(name));
    if (ends.length === 0) ends = [tensors.at(-1)!];
    const flat = ends.map((one) => (one.shape.length > 1 ? this.line('Flatten', [one], [sizeOf(one.shape)]) : one));
    const outputs = flat.map((one) => this.line('Dense(2)', [one], [2]).name);
    return outputs.join(', ');
  }
}

export function randomShapes(seed: number): { text: string; plant: Plant } {
  const shapes = new Shapes(seed);
  const outputs = shapes.write();
  const plant = new Plant(netOf(shapes.text, outputs), seed);
  const { network, values } = plant;
  const share = shapes.pick([0.15, 0.3, 0.5]);
  for (const param of allParams(network)) {
    const data = values.get(param.name)!;
    const extents = paramShape(param);
    const strides = stridesOf(extents);
    const bias = param.axes.every(({ role }) => role !== 'reads');
    if (bias) {
      for (let k = 0; k < data.length; k++)
        if (param.trained && shapes.chance(0.4)) data[k] = shapes.pick([0, 0, 0.5, -0.5]);
      continue;
    }
    param.axes.forEach((axis, k) => {
      if (axis.role === 'plain' && shapes.chance(0.7)) return;
      const gone = Array.from({ length: axisExtent(axis) }, () => shapes.chance(share));
      for (let place = 0; place < data.length; place++)
        if (gone[Math.floor(place / strides[k]!) % extents[k]!]) data[place] = 0;
    });
    if (shapes.chance(0.2)) for (let k = 0; k < data.length; k++) if (shapes.chance(0.5)) data[k] = 0;
  }
  return { text: shapes.text, plant };
}
