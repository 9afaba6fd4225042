import { describe, expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { lowerDims } from '../../src/compiler/3-dims/index.js';
import { Reports } from '../../src/diagnostics/report.js';
import { extents, type Unit } from '../../src/ir/dims.js';
import { allParams, type Network, nodeOf, type Param } from '../../src/ir/graph.js';
import { layerKind, layers } from '../../src/layers/index.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';
import { cases, type LayerCase } from './cases.js';
import { brokenClaims, gradientError, outputOf, tryLayer } from './harness.js';

const rest = '}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n';

/** The network of the layer alone, behind an Input of its own. */
function alone({ call, inputs }: LayerCase): Network {
  const source = inputs.map((shape) => `  x = Input(${shape.join(', ')})\n`).join('');
  return lower(`model Net {\n${source}  it = ${call}\n${rest}`).network;
}

function argumentsOf(one: LayerCase) {
  return nodeOf(alone(one).graph, 'it').arguments;
}

const all = Object.entries(cases).flatMap(([word, { cases: own }]) =>
  own.map((one) => ({
    name: `${one.call} on ${one.inputs.map((shape) => shape.join('×')).join(', ') || 'data'}`,
    word,
    one,
  })),
);

describe.each(Object.entries(cases))('%s', (word, { defaults: [call, wanted] }) => {
  test('is called what its file and its registry entry say', () => {
    expect(layerKind(word).keyword).toBe(word);
  });

  test('fills in its defaults', () => {
    const inputs = word === 'Input' ? [] : [[3]];
    const args = argumentsOf({ call, inputs, output: [], tfjs: 'refused' });
    expect(args).toEqual(wanted);
    for (const [name, schema] of Object.entries(layerKind(word).schema.properties))
      if ('default' in schema) expect(args, name).toHaveProperty(name);
  });
});

describe.each(all)(`$name (seed ${seed})`, ({ word, one }) => {
  const kind = layers[word as keyof typeof layers];
  const args = argumentsOf(one);

  test('has the shape that it computes', () => {
    const network = alone(one);
    expect(extents(network.shapes.get('it')![0]!)).toEqual(one.output);
    const params = allParams(network);
    expect(Object.fromEntries(params.map((param) => [param.tensor, shapeOf(param)]))).toEqual(one.params ?? {});
    for (const mode of ['inference', 'training'] as const) {
      const trial = tryLayer(kind, args, one.inputs, mode);
      expect(trial.misfits).toEqual([]);
      expect(outputOf(trial).shape).toEqual([2, ...one.output]);
      expect(trial.program.outputs[0]!.name).toBe('output');
    }
    const program = forwardProgram(network, { mode: 'inference' });
    const input = one.inputs.length > 0 ? 'x' : 'it';
    const rows = [3, ...(one.inputs[0] ?? one.output)];
    const given = Object.fromEntries([
      [input, zeros(rows)],
      ...params.map((param) => [param.name, zeros(shapeOf(param))]),
    ]);
    expect(evaluate(program, given).results.it!.shape).toEqual([3, ...one.output]);
  });

  test('counts its multiply-adds', () => {
    const { inputs, outputs } = tryLayer(kind, args, one.inputs, 'inference');
    expect(kind.multiplyAdds?.(args as never, inputs[0] ? inputs : [], outputs) ?? 0).toBe(one.multiplyAdds ?? 0);
  });

  test('has the gradient of central differences', () => {
    for (const mode of ['inference', 'training'] as const)
      expect(gradientError(tryLayer(kind, args, one.inputs, mode)), mode).toBeLessThan(1e-6);
  });

  test('treats apart what it claims to, and nothing less', () => {
    for (const mode of ['inference', 'training'] as const)
      expect(brokenClaims(kind, args, tryLayer(kind, args, one.inputs, mode)), mode).toEqual([]);
    const { inputs, outputs, dims } = tryLayer(kind, args, one.inputs, 'inference');
    const claimed = new Set(
      (kind.unitwise?.(args as never, inputs, outputs) ?? []).flatMap((dim) =>
        dim.units.map((unit) => dims.find(unit)),
      ),
    );
    const apart = (shape: (typeof inputs)[number] | undefined, axes: readonly number[] | undefined) => {
      for (const axis of axes ?? [])
        for (const unit of shape![axis]!.units) expect(claimed.has(dims.find(unit)), `axis ${axis}`).toBe(true);
    };
    apart(inputs[0], one.apart?.in);
    apart(outputs[0], one.apart?.out);
    if (kind.unitwise === undefined) expect(one.apart ?? {}).toEqual({});
  });

  test(one.random ? 'differs in training' : 'is the same in training', () => {
    const inference = outputOf(tryLayer(kind, args, one.inputs, 'inference'));
    const { given } = tryLayer(kind, args, one.inputs, 'inference');
    const training = outputOf(tryLayer(kind, args, one.inputs, 'training'), given);
    if (one.random) expect(training).not.toEqual(inference);
    else expect(training).toEqual(inference);
    expect(tryLayer(kind, args, one.inputs, 'inference').program.inputs.some((input) => input.role === 'random')).toBe(
      false,
    );
  });

  test('is spelled in TensorFlow.js, or refused', () => {
    const { inputs, outputs } = tryLayer(kind, args, one.inputs, 'inference', 'it');
    const spelled = kind.spelling.tfjs?.(args as never, { name: 'it', inputs, outputs });
    if (one.tfjs === 'refused') return expect(spelled).toBeUndefined();
    expect(spelled!.map((layer) => layer.className)).toEqual(one.tfjs);
    // Names must differ, and the first one holds the parameters.
    expect(spelled!.map((layer) => layer.config.name)).toEqual(one.tfjs.map((_, k) => (k === 0 ? 'it' : 'it_keep')));
    expect(JSON.parse(JSON.stringify(spelled))).toEqual(spelled);
  });

  test('shrinks to a layer of the shape that is left, which computes the same', () => {
    const { network, values, left } = planted(one);
    const result = shrink(network, values);
    for (const [layer, units] of Object.entries(left))
      expect(result.network.shapes.get(layer)![0]!.at(-1)!.units.length, layer).toBe(units);
    // What the arguments say by themselves, without the original units that shrinking knows.
    const { graph } = result.network;
    const reports = new Reports();
    const again = lowerDims(graph, {}, reports);
    expect(reports.failed).toBe(false);
    for (const { name } of graph.nodes)
      expect(again.shapes.get(name)!.map(extents), name).toEqual(result.network.shapes.get(name)!.map(extents));
    const before = run(network, values);
    const after = run(again, result.values);
    expect(after.shape).toEqual(before.shape);
    const largest = Math.max(...before.data.map(Math.abs));
    after.data.forEach((value, k) => {
      expect(Math.abs(value - before.data[k]!)).toBeLessThanOrEqual(1e-6 * largest);
    });
    expect(shrink(again, result.values).changed).toBe(false);
  });
});

/**
 * Input → Dense `before` → the layer → Flatten → Dense `after`, in which unit 1 of `before` is always 0; where the layer makes units, nothing reads the
 * last one. `left` is how many units each of them must keep: all where the layer does not let them go.
 */
function planted(one: LayerCase): {
  network: Network;
  values: Map<string, Float32Array>;
  left: Readonly<Record<string, number>>;
} {
  const isInput = one.inputs.length === 0;
  const [shape = []] = one.inputs;
  const width = shape.at(-1) ?? 0;
  const body = isInput ? '' : `  x = Input(${[...shape.slice(0, -1), 3].join(', ')})\n  before = Dense(${width})\n`;
  const { network } = lower(`model Net {\n${body}  it = ${one.call}\n  flat = Flatten\n  after = Dense(2)\n${rest}`);
  const { dims } = network;
  const random = new Random(one.call);
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(shapeOf(param)) }, () => random.between(-1, 1)),
    ]),
  );
  const silence = (name: string, axis: number, isDead: (unit: Unit) => boolean) => {
    const param = allParams(network).find((each) => each.name === name)!;
    const stride = sizeOf(shapeOf(param).slice(axis + 1));
    const { units } = param.axes[axis]!.dim;
    const data = values.get(name)!;
    data.forEach((_, k) => {
      if (isDead(units[Math.floor(k / stride) % units.length]!)) data[k] = 0;
    });
  };
  const made = (layer: string) => network.shapes.get(layer)![0]!.at(-1)!.units;
  const within = (unit: Unit): Unit[] => [dims.find(unit), ...dims.componentsOf(unit).flatMap(within)];
  const left: Record<string, number> = {};
  if (width > 1) {
    const unit = made('before')[1]!;
    silence('before.kernel', 1, (each) => each === unit);
    silence('before.bias', 0, (each) => each === unit);
    // A constant is told of units on the last axis; on another one only what nothing reads goes.
    if (!made('it').some((each) => within(each).includes(dims.find(unit))))
      silence('after.kernel', 0, (each) => within(each).includes(dims.find(unit)));
    const goes = one.params !== undefined || one.apart?.in?.includes(shape.length - 1);
    left.before = goes ? width - 1 : width;
  }
  if ((isInput || one.params) && made('it').length > 1) {
    const unread = made('it').at(-1)!;
    silence('after.kernel', 0, (each) => within(each).includes(dims.find(unread)));
    // The features of an Input with several axes go where they are flattened.
    const goes = one.apart?.out?.includes(one.output.length - 1) && !(isInput && one.output.length > 1);
    left.it = goes ? made('it').length - 1 : made('it').length;
  }
  return { network, values, left };
}

function shapeOf(param: Param): number[] {
  return extents(param.axes.map((axis) => axis.dim));
}

function run(network: Network, values: ReadonlyMap<string, Float32Array>): Tensor64 {
  const random = new Random('rows');
  const [input] = network.graph.inputs;
  const { shape, keep } = nodeOf(network.graph, input!).arguments as { shape: number[]; keep?: number[] };
  const raw = Float64Array.from({ length: 4 * sizeOf(shape) }, () => random.between(-1, 1));
  const size = sizeOf(shape);
  const kept = keep ?? Array.from({ length: size }, (_, k) => k);
  const data = Float64Array.from(
    { length: 4 * kept.length },
    (_, k) => raw[Math.floor(k / kept.length) * size + kept[k % kept.length]!]!,
  );
  const rows: Tensor64 = { dtype: 'float', shape: [4, ...extents(network.shapes.get(input!)![0]!)], data };
  const params = allParams(network).map((param) => [
    param.name,
    { dtype: 'float', shape: shapeOf(param), data: Float64Array.from(values.get(param.name)!) },
  ]);
  const { results } = evaluate(forwardProgram(network, { mode: 'inference' }), {
    [input!]: rows,
    ...Object.fromEntries(params),
  });
  return results.after!;
}

function zeros(shape: readonly number[]): Tensor64 {
  return { dtype: 'float', shape, data: new Float64Array(sizeOf(shape)) };
}
