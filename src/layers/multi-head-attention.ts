import { extents } from '../ir/dims.js';
import { callOf, Type } from '../ir/kind.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { lastAxisFacts, linearFacts, noisyFacts, spreadFacts } from './facts.js';
import { defineLayer, type FactsStep, type PartUnits, plain, reads, writes } from './layer.js';
import { shapesOf } from './merge.js';

/** What is put in place of the scores of steps that may not be seen: its exponential is 0 in float32. */
const UNSEEN = -1e30;

interface Sizes {
  readonly num_heads: number;
  readonly key_dim: number;
  readonly value_dim?: number;
}

const valueDim = ({ key_dim, value_dim = key_dim }: Sizes) => value_dim;

export const multiHeadAttention = defineLayer({
  keyword: 'MultiHeadAttention',
  summary:
    'Every step of the query takes a mean of values, weighted by how its key fits: `MultiHeadAttention(4, 16) <- query: x, value: memory`; of one input, attention to itself.',
  cite: 'Vaswani et al. 2017, Attention Is All You Need, section 3.2.2; Keras, keras.layers.MultiHeadAttention',
  inputs: [1, 3],
  inputNames: ['query', 'value', 'key'],
  schema: Type.Object({
    num_heads: Type.Integer({ minimum: 1, maximum: 10_000, width: true, description: 'Number of heads.' }),
    key_dim: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      width: true,
      description: 'Units of query and key in each head.',
    }),
    value_dim: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        width: true,
        description: 'Units of the value in each head.',
        absent: 'key_dim',
      }),
    ),
    dropout: Type.Number({
      default: 0,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of the weights of the mean that is dropped in training.',
    }),
    use_bias: Type.Boolean({ default: true, description: 'Whether query, key, value and output have a bias.' }),
    output_shape: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        width: true,
        description: 'Number of output units.',
        absent: 'that of the query',
      }),
    ),
    kernel_initializer: callOf('initializer', {
      default: 'glorot_uniform',
      description:
        'How the kernels start: of query and key [in, heads, key_dim], value [in, heads, value_dim], output [heads, value_dim, out].',
    }),
    bias_initializer: callOf('initializer', { default: 'zeros', description: 'How the biases start.' }),
    use_causal_mask: Type.Boolean({
      default: false,
      description: 'Whether a step sees none that come later. An argument of the call in Keras.',
    }),
    scale: Type.Optional(
      Type.Number({
        description: 'What scores are multiplied by; it stays when heads become narrower.',
        absent: '1 / √key_dim',
      }),
    ),
  }),
  shape: ({ output_shape }, { inputs, from, dims, fresh, misfit }) => {
    const [query = [], value = query, key = value] = inputs;
    if ([query, value, key].some((shape) => shape.length !== 2)) {
      misfit('inputs of steps and units, such as 20×64', shapesOf(from, inputs));
      return [[...query.slice(0, -1), fresh(output_shape ?? query.at(-1)?.units.length ?? 1)]];
    }
    if (!dims.unify(value[0]!, key[0]!)) misfit('a key for every step of the value', shapesOf(from, inputs));
    return [[query[0]!, fresh(output_shape ?? query[1]!.units.length)]];
  },
  params: (args, inputs, [y = []], { name, dims, fresh }) => {
    const [query = [], value = query, key = value] = inputs;
    const count = args.num_heads;
    const heads = fresh(count, 'heads');
    // Each head has units of its own: which of them go is its own affair, as long as all keep as many.
    const keys = fresh(count * args.key_dim, 'key');
    const values = fresh(count * valueDim(args), 'value');
    dims.equalBlocks(name, 'head', count, [heads, keys, values]);
    const inHeads = (by: number) => ({ groups: count, by });
    const kernel = args.kernel_initializer;
    const bias = args.bias_initializer;
    const projection = (from: typeof query, to: typeof keys) => {
      const into = from.length > 0 ? [reads(from.at(-1)!)] : [];
      return { axes: [...into, plain(heads), writes(to, inHeads(into.length))], initializer: kernel };
    };
    const shift = (to: typeof keys) => ({ axes: [plain(heads), writes(to, inHeads(0))], initializer: bias });
    // Which units are needed for which heads is told by `inside`.
    return {
      query_kernel: projection(query, keys),
      ...(args.use_bias && { query_bias: shift(keys) }),
      key_kernel: projection(key, keys),
      ...(args.use_bias && { key_bias: shift(keys) }),
      value_kernel: projection(value, values),
      ...(args.use_bias && { value_bias: shift(values) }),
      output_kernel: { axes: [reads(heads), plain(values, inHeads(0)), writes(y.at(-1)!)], initializer: kernel },
      ...(args.use_bias && { output_bias: { axes: [writes(y.at(-1)!)], initializer: bias } }),
    };
  },
  forward: (b, { arguments: args, mode, inputs, inputShapes, params, axesOf, random }) => {
    const [query, value = query, key = value] = inputs as readonly [Value, Value?, Value?];
    const { num_heads: heads, key_dim: width, dropout, scale = 1 / Math.sqrt(width), use_causal_mask } = args;
    // [batch, heads, steps, units].
    const q = byHead(b, query, params.query_kernel!, params.query_bias);
    const k = byHead(b, key, params.key_kernel!, params.key_bias);
    const v = byHead(b, value, params.value_kernel!, params.value_bias);
    const scores = b.matmul(b.multiply(q, scale), k, false, true);
    const [batch, , steps, seen] = scores.type.shape as ['batch', number, number, number];
    const mask = () =>
      b.constant(
        Array.from({ length: steps * seen }, (_, at) => (Math.floor(at / seen) >= at % seen ? 1 : 0)),
        [steps, seen],
        'bool',
      );
    const weights = b.softmax(use_causal_mask ? b.select(mask(), scores, UNSEEN) : scores);
    const drops = mode === 'training' && dropout > 0;
    const kept = () => {
      // Heads stand last, since numbers are drawn by the original index of the last units.
      const drawn = random('dropout', { kind: 'bernoulli', keep: 1 - dropout }, [
        inputShapes[0]![0]!,
        (inputShapes[1] ?? inputShapes[0]!)[0]!,
        axesOf('output_kernel')[0]!,
      ]);
      return b.multiply(weights, b.multiply(b.transpose(drawn, [0, 3, 1, 2]), 1 / (1 - dropout)));
    };
    const means = b.transpose(b.matmul(drops ? kept() : weights, v), [0, 2, 1, 3]);
    const [, , , inner] = means.type.shape as ['batch', number, number, number];
    const out = axesOf('output_kernel')[2]!.units.length;
    const joined = b.reshape(means, [batch, steps, heads * inner]);
    const product = b.matmul(joined, b.reshape(params.output_kernel!, [heads * inner, out]));
    return [params.output_bias ? b.add(product, params.output_bias) : product];
  },
  unitwise: (_, __, [y = []]) => y.slice(-1),
  pinReason: () => 'MultiHeadAttention looks at all steps of a sequence together, and steps are never removed',
  facts: (args, at) => {
    const {
      values,
      outputShapes: [shape = []],
    } = at;
    const [, , out] = at.shapeOf('output_kernel') as readonly [number, number, number];
    const pairs = projectedFacts('value', at);
    // A mean of one number is that number, unless some of it is dropped.
    const [means = []] = at.mode === 'training' && args.dropout > 0 ? noisyFacts([pairs]) : [pairs];
    const last = linearFacts(means, {
      kernel: values('output_kernel'),
      shape: [pairs.length, out],
      reads: 0,
      writes: 1,
      bias: args.use_bias ? values('output_bias') : undefined,
    });
    return [spreadFacts(lastAxisFacts(shape, last))];
  },
  inside: ({ use_bias, dropout }, at) => {
    const { values, shapeOf } = at;
    // A mean of one number is that number, unless some of it is dropped.
    const folds = use_bias && at.folds('output_bias') && (at.mode === 'inference' || dropout === 0);
    const isIdle = (fact: UnitFact) => (folds ? constantOf(fact) !== undefined : constantOf(fact) === 0);
    const [heads, inner, out] = shapeOf('output_kernel') as readonly [number, number, number];
    const width = shapeOf('query_kernel')!.at(-1)!;
    const query = projectedFacts('query', at);
    const key = projectedFacts('key', at);
    const value = projectedFacts('value', at);
    const kernel = values('output_kernel');
    const isRead = (unit: number) => {
      for (let k = unit * out; k < (unit + 1) * out; k++) if (kernel[k] !== 0) return true;
      return false;
    };
    const told: UnitFact[] = [];
    const serves: { readonly units: PartUnits; readonly by: PartUnits }[] = [];
    for (let head = 0; head < heads; head++) {
      const by = { part: 'heads', positions: [head] };
      // A key unit that is the same at all steps adds the same to all scores of a step, and softmax forgets it.
      const keys = unitsOf(head, width).filter(
        (unit) => constantOf(query[unit]!) !== 0 && constantOf(key[unit]!) === undefined,
      );
      const means = unitsOf(head, inner).filter((unit) => !isIdle(value[unit]!) && isRead(unit));
      told.push(means.length === 0 ? 'zero' : 'varies');
      serves.push({ units: { part: 'key', positions: keys }, by }, { units: { part: 'value', positions: means }, by });
    }
    return { reads: { output_kernel: told }, serves };
  },
  // c · W of each constant unit of a head where the unit goes, or the head.
  foldsInside: ({ use_bias }, at) => {
    if (!use_bias) return undefined;
    const [, inner, out] = at.shapeOf('output_kernel') as readonly [number, number, number];
    const kernel = at.values('output_kernel');
    const amounts = new Float64Array(out);
    const constants: { readonly part: string; readonly position: number; readonly value: number }[] = [];
    projectedFacts('value', at).forEach((fact, unit) => {
      const head = Math.floor(unit / inner);
      const constant = constantOf(fact);
      if (!constant || !(at.gone('heads', head) || at.gone('value', unit))) return;
      for (let k = 0; k < out; k++) amounts[k]! += constant * kernel[unit * out + k]!;
      constants.push({ part: 'value', position: unit, value: constant });
    });
    return { bias: 'output_bias', amounts, constants };
  },
  folds: ({ use_bias }) =>
    use_bias && { query_kernel: 'query_bias', key_kernel: 'key_bias', value_kernel: 'value_bias' },
  resize: (args, { part, outputs: [kept = []], inputExtents: [query = []] }) => {
    const num_heads = part('heads').length;
    const key_dim = part('key').length / num_heads;
    const value_dim = part('value').length / num_heads;
    return {
      num_heads,
      key_dim,
      value_dim: args.value_dim !== undefined || value_dim !== key_dim ? value_dim : undefined,
      output_shape: args.output_shape !== undefined || kept.length !== query.at(-1) ? kept.length : undefined,
      scale: key_dim === args.key_dim ? args.scale : (args.scale ?? 1 / Math.sqrt(args.key_dim)),
    };
  },
  multiplyAdds: (args, inputs, [y = []]) => {
    const [query = [], value = query, key = value] = inputs.map(extents) as [number[]?, number[]?, number[]?];
    const [steps = 0, into = 0] = query;
    const [seen = 0] = value;
    const { num_heads: heads, key_dim: width } = args;
    const inner = valueDim(args);
    const projections = steps * into * width + seen * (key[1] ?? 0) * width + seen * (value[1] ?? 0) * inner;
    const attention = steps * seen * (width + inner);
    return heads * (projections + attention + steps * inner * (y.at(-1)?.units.length ?? 0));
  },
  spelling: {},
});

/** [batch, steps, in] by a kernel [in, heads, units]: [batch, heads, steps, units]. */
function byHead(b: Builder, x: Value, kernel: Value, bias: Value | undefined): Value {
  const [batch, steps] = x.type.shape;
  const [into, heads, units] = kernel.type.shape as readonly [number, number, number];
  const product = b.matmul(x, b.reshape(kernel, [into, heads * units]));
  const sum = bias ? b.add(product, b.reshape(bias, [heads * units])) : product;
  return b.transpose(b.reshape(sum, [batch!, steps!, heads, units]), [0, 2, 1, 3]);
}

/** What is known of query, key or value in every head, head by head, unit by unit. */
function projectedFacts(what: 'query' | 'key' | 'value', { inputs, values, shapeOf }: FactsStep): readonly UnitFact[] {
  const [query = [], value = query, key = value] = inputs;
  const [into, heads, units] = shapeOf(`${what}_kernel`) as readonly [number, number, number];
  return linearFacts({ query, value, key }[what].at(-1) ?? [], {
    kernel: values(`${what}_kernel`),
    shape: [into, heads * units],
    reads: 0,
    writes: 1,
    bias: shapeOf(`${what}_bias`) && values(`${what}_bias`),
  });
}

/** The units of a head, where each has so many, as they stand among those of all. */
function unitsOf(head: number, size: number): number[] {
  return Array.from({ length: size }, (_, k) => head * size + k);
}
