import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { lowerDims } from '../../src/compiler/3-dims/index.js';
import { Reports } from '../../src/diagnostics/report.js';
import { extents, type Unit } from '../../src/ir/dims.js';
import { allParams, axisExtent, type Network, nodeOf, type Param } from '../../src/ir/graph.js';
import { layerKind, layers } from '../../src/layers/index.js';
import { featuresRead } from '../../src/layers/keep.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';
import { cases, type LayerCase } from './cases.js';
import { brokenClaims, gradientError, outputOf, positive, type TrialOptions, tryLayer } from './harness.js';

const rest = '}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n';

/** The network of the layer alone, behind Inputs of its own: `x0`, `x1` and so on. */
function alone(one: Uses): Network {
  const source = one.inputs.map((shape, k) => `  x${k} = Input(${shape.join(', ')})\n`).join('');
  const outputs = namesOf(one);
  const model = outputs.length > 1 ? `Net -> ${outputs.join(', ')}` : 'Net';
  return lower(`model ${model} {\n${source}  ${outputs.join(', ')} = ${one.call}${readsOf('x', one.inputs)}\n${rest}`)
    .network;
}

type Uses = Pick<LayerCase, 'call' | 'inputs' | 'outputs'>;

/** What the outputs of the layer are called: `it`, or `it0`, `it1` and so on. */
function namesOf({ outputs }: Uses): string[] {
  return outputs ? outputs.map((_, k) => `it${k}`) : ['it'];
}

/** What the layer is called: a layer with several outputs has no name of its own. */
function nameIn({ graph }: Network): string {
  return graph.nodes.find(({ name, outputs }) => name === 'it' || outputs !== undefined)!.name;
}

/** ` <- x0, x1`, where there are several. */
function readsOf(name: string, inputs: LayerCase['inputs']): string {
  return inputs.length > 1 ? ` <- ${inputs.map((_, k) => `${name}${k}`).join(', ')}` : '';
}

/** What a trial of the case needs. Rows that are compared with their own mean need more than two. */
function optionsOf({ whole, rowsMix }: LayerCase, name?: string): TrialOptions {
  return { ...(name && { name }), ...(rowsMix && { rows: 4 }), ...(whole !== undefined && { whole }) };
}

function argumentsOf(one: Uses) {
  const network = alone(one);
  return nodeOf(network.graph, nameIn(network)).arguments;
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
    const [first] = cases[word as keyof typeof cases].cases;
    const args = argumentsOf({ ...first!, call });
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
    expect(network.shapes.get(nameIn(network))!.map(extents)).toEqual(one.outputs ?? [one.output]);
    const params = allParams(network);
    expect(Object.fromEntries(params.map((param) => [param.tensor, shapeOf(param)]))).toEqual(one.params ?? {});
    for (const mode of ['inference', 'training'] as const) {
      const options = optionsOf(one);
      const trial = tryLayer(kind, args, one.inputs, mode, options);
      const outputs = one.outputs ?? [one.output];
      expect(trial.misfits).toEqual([]);
      expect(trial.outputs.length).toBe(outputs.length);
      for (const [k, output] of outputs.entries())
        expect(outputOf(trial, {}, k).shape).toEqual([options.rows ?? 2, ...output]);
      expect(trial.program.outputs[0]!.name).toBe('output');
      const { results } = evaluate(trial.program, trial.given);
      const next = Object.keys(results).filter((name) => name.startsWith('next:'));
      expect(next).toEqual(mode === 'training' ? (one.state ?? []).map((tensor) => `next:${tensor}`) : []);
      for (const tensor of one.state ?? []) {
        expect(trial.params[tensor]!.trained).toBe(false);
        if (mode === 'training') expect(results[`next:${tensor}`]!.shape).toEqual(one.params![tensor]);
      }
    }
    const program = forwardProgram(network, { mode: 'inference' });
    const rows: (readonly [string, readonly number[]])[] =
      one.inputs.length > 0 ? one.inputs.map((shape, k) => [`x${k}`, shape]) : [['it', one.output]];
    const given = Object.fromEntries([
      ...rows.map(([name, shape]) => [name, zeros([3, ...shape])]),
      ...params.map((param) => [param.name, zeros(shapeOf(param))]),
    ]);
    const { results } = evaluate(program, given);
    for (const [k, name] of namesOf(one).entries())
      expect(results[name]!.shape).toEqual([3, ...(one.outputs?.[k] ?? one.output)]);
  });

  test('counts its multiply-adds', () => {
    const { inputs, outputs } = tryLayer(kind, args, one.inputs, 'inference', optionsOf(one));
    expect(kind.multiplyAdds?.(args as never, inputs[0] ? inputs : [], outputs) ?? 0).toBe(one.multiplyAdds ?? 0);
  });

  test('has the gradient of central differences', () => {
    for (const mode of ['inference', 'training'] as const)
      expect(gradientError(tryLayer(kind, args, one.inputs, mode, optionsOf(one))), mode).toBeLessThan(1e-6);
  });

  test('treats apart what it claims to, and nothing less', () => {
    for (const mode of ['inference', 'training'] as const) {
      const trial = tryLayer(kind, args, one.inputs, mode, optionsOf(one));
      expect(brokenClaims(kind, args, trial, one.rowsMix && mode === 'training'), mode).toEqual([]);
    }
    const { inputs, outputs, dims } = tryLayer(kind, args, one.inputs, 'inference', optionsOf(one));
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
    one.apart?.inputs?.forEach((axes, k) => {
      apart(inputs[k], axes);
    });
    apart(outputs[0], one.apart?.out);
    if (kind.unitwise === undefined) expect(one.apart ?? {}).toEqual({});
  });

  test(one.random || one.rowsMix ? 'differs in training' : 'is the same in training', () => {
    const { program } = tryLayer(kind, args, one.inputs, 'inference', optionsOf(one));
    const both = (attempt: number) => {
      const options = { ...optionsOf(one), attempt };
      const { given, ...trial } = tryLayer(kind, args, one.inputs, 'inference', options);
      return [
        outputOf({ ...trial, given }),
        outputOf(tryLayer(kind, args, one.inputs, 'training', options), given),
      ] as const;
    };
    // One draw may drop nothing, or leave cells that write 0 in both: of many, one tells.
    const apart = ([inference, training]: ReturnType<typeof both>) => !isDeepStrictEqual(inference, training);
    if (one.random || one.rowsMix)
      expect(Array.from({ length: 50 }, (_, k) => k).some((attempt) => apart(both(attempt)))).toBe(true);
    else expect(apart(both(0))).toBe(false);
    expect(program.inputs.some((input) => input.role === 'random')).toBe(false);
  });

  test('is spelled in TensorFlow.js, or refused', () => {
    const { inputs, outputs } = tryLayer(kind, args, one.inputs, 'inference', optionsOf(one, 'it'));
    const spelled = kind.spelling.tfjs?.(args as never, { name: 'it', inputs, outputs });
    if (one.tfjs === 'refused') return expect(spelled).toBeUndefined();
    expect(spelled!.map((layer) => layer.className)).toEqual(one.tfjs);
    // Names must differ, and the first one holds the parameters.
    expect(spelled!.map((layer) => layer.config.name)).toEqual(one.tfjs.map((_, k) => (k === 0 ? 'it' : 'it_keep')));
    expect(JSON.parse(JSON.stringify(spelled))).toEqual(spelled);
  });

  test('shrinks to a layer of the shape that is left, which computes the same', () => {
    const { network, values, left } = planted(one);
    // What reads nothing of its input but the shape makes no network by itself: it is refused as dead.
    if (kind.shapeOnly?.(args as never))
      return expect(() => shrink(network, values)).toThrow(/no longer depends on any input/);
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
    const before = run(network, values, one.whole);
    const after = run(again, result.values, one.whole);
    expect(after.shape).toEqual(before.shape);
    const largest = Math.max(...before.data.map(Math.abs));
    after.data.forEach((value, k) => {
      expect(Math.abs(value - before.data[k]!)).toBeLessThanOrEqual(1e-6 * largest);
    });
    expect(shrink(again, result.values).changed).toBe(false);
  });
});

/**
 * Input → Dense `before0` → the layer → Flatten → Dense `after`, with as many Inputs and `before` as the layer has inputs, in which unit 1 of each `before` is
 * always 0; where the layer makes units, nothing reads the last one. `left` is how many units each of them must keep: all where the layer does not let them
 * go. A layer that reads whole numbers reads the Inputs themselves.
 */
function planted(one: LayerCase): {
  network: Network;
  values: Map<string, Float32Array>;
  left: Readonly<Record<string, number>>;
} {
  const isInput = one.inputs.length === 0;
  const source = one.inputs.map((shape, k) =>
    one.whole === undefined
      ? `  x${k} = Input(${[...shape.slice(0, -1), 3].join(', ')})\n  before${k} = Dense(${shape.at(-1)})\n`
      : `  x${k} = Input(${shape.join(', ')})\n`,
  );
  const reads = readsOf(one.whole === undefined ? 'before' : 'x', one.inputs);
  const outputs = namesOf(one);
  // Several outputs are flattened one by one, and joined.
  const flat = outputs.map((name, k) => (one.outputs ? `  flat${k} = Flatten <- ${name}\n` : '  flat = Flatten\n'));
  const joined = one.outputs ? `  flat = Concatenate <- ${outputs.map((_, k) => `flat${k}`).join(', ')}\n` : '';
  const { network } = lower(
    `model Net {\n${source.join('')}  ${outputs.join(', ')} = ${one.call}${reads}\n${flat.join('')}${joined}  after = Dense(2)\n${rest}`,
  );
  const { dims } = network;
  const random = new Random(one.call);
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(shapeOf(param)) }, () =>
        param.trained ? random.between(-1, 1) : positive(random),
      ),
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
  const it = nameIn(network);
  const made = (layer: string) => [...new Set(network.shapes.get(layer)!.flatMap((shape) => shape.at(-1)!.units))];
  const within = (unit: Unit): Unit[] => [dims.find(unit), ...dims.componentsOf(unit).flatMap(within)];
  const left: Record<string, number> = {};
  for (const [k, shape] of one.inputs.entries()) {
    const width = shape.at(-1) ?? 0;
    if (width < 2 || one.whole !== undefined) continue;
    const before = `before${k}`;
    const unit = made(before)[1]!;
    silence(`${before}.kernel`, 1, (each) => each === unit);
    silence(`${before}.bias`, 0, (each) => each === unit);
    // A constant is told of units on the last axis; on another one only what nothing reads goes.
    if (!made(it).some((each) => within(each).includes(dims.find(unit))))
      silence('after.kernel', 0, (each) => within(each).includes(dims.find(unit)));
    const apart = one.apart?.inputs?.[k] ?? (k === 0 ? one.apart?.in : undefined);
    const goes = !one.pinned && (one.params !== undefined || apart?.includes(shape.length - 1));
    left[before] = goes ? width - 1 : width;
  }
  const makes = made(it).some((unit) => dims.origin(unit).layer === it);
  if ((isInput || one.params) && makes && made(it).length > 1) {
    const unread = made(it).at(-1)!;
    silence('after.kernel', 0, (each) => within(each).includes(dims.find(unread)));
    // A unit that others read from step to step is read.
    for (const { name, axes } of Object.values(network.params.get(it) ?? {}))
      axes.forEach(({ dim, role }, axis) => {
        if (role === 'reads' && dim.units.includes(unread)) silence(name, axis, (each) => each === unread);
      });
    const goes = one.apart?.out?.includes(one.output.length - 1);
    left[it] = goes ? made(it).length - 1 : made(it).length;
  }
  return { network, values, left: { ...left, ...one.left } };
}

function shapeOf(param: Param): number[] {
  return param.axes.map(axisExtent);
}

/** Outputs for four rows; with `whole` they hold whole numbers below it. */
function run(network: Network, values: ReadonlyMap<string, Float32Array>, whole?: number): Tensor64 {
  const random = new Random('rows');
  const inputs = network.graph.inputs.map((input): [string, Tensor64] => {
    const args = nodeOf(network.graph, input).arguments;
    const size = sizeOf(args.shape as number[]);
    const raw = Float64Array.from({ length: 4 * size }, () =>
      whole === undefined ? random.between(-1, 1) : random.int(0, whole - 1),
    );
    const kept = featuresRead(args).indices ?? Array.from({ length: size }, (_, k) => k);
    const data = Float64Array.from(
      { length: 4 * kept.length },
      (_, k) => raw[Math.floor(k / kept.length) * size + kept[k % kept.length]!]!,
    );
    return [input, { dtype: 'float', shape: [4, ...extents(network.shapes.get(input)![0]!)], data }];
  });
  const params = allParams(network).map((param): [string, Tensor64] => [
    param.name,
    { dtype: 'float', shape: shapeOf(param), data: Float64Array.from(values.get(param.name)!) },
  ]);
  const program = forwardProgram(network, { mode: 'inference' });
  return evaluate(program, Object.fromEntries([...inputs, ...params])).results.after!;
}

function zeros(shape: readonly number[]): Tensor64 {
  return { dtype: 'float', shape, data: new Float64Array(sizeOf(shape)) };
}
