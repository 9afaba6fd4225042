import { lowerSpec } from '../../src/compiler/1-spec/index.js';
import { lowerGraph } from '../../src/compiler/2-graph/index.js';
import { lowerDims } from '../../src/compiler/3-dims/index.js';
import type { Spec } from '../../src/compiler/spec.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { read } from '../../src/dsl/read.js';
import type { Network } from '../../src/ir/graph.js';
import type { Kind } from '../../src/ir/kind.js';
import { Builder, type Value } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { type Arguments, wave } from './numbers.js';

/**
 * Keras rounds an optimizer's numbers to float32, also where the variables are float64. Its 1 − β₂ with β₂ = 0.999 is off by 1.3e-5 from that, and the first
 * steps of Adam by half as much.
 */
export const FLOAT32_NUMBERS = 1e-5;

/** The arguments with the defaults of the kind's schema. */
export function withDefaults(kind: Kind, given: Arguments = {}): Arguments {
  const defaults = Object.entries(kind.schema.properties).flatMap(([name, schema]) =>
    'default' in schema ? [[name, schema.default]] : [],
  );
  return { ...Object.fromEntries(defaults), ...given };
}

/** Arguments as a spec has them: `units: 4, activation: tanh`. */
export function spelled(given: Arguments): string {
  const value = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(value).join(', ')}]`;
    if (typeof one !== 'object' || one === null) return String(one);
    // A layer, as wrappers take it.
    const { kind, arguments: own = {} } = one as { readonly kind: string; readonly arguments?: Arguments };
    return `${kind}(${spelled(own)})`;
  };
  return Object.entries(given)
    .map(([name, one]) => `${name}: ${value(one)}`)
    .join(', ');
}

/** A spec's text through the compiler, without the checks of its network against its data: the tests bring rows of their own. */
export function lower(text: string): { readonly spec: Spec; readonly network: Network } {
  const source = new Source('parity.dn', text);
  const reports = new Reports();
  const spec = lowerSpec(read(source, reports), { source, sets: [] }, reports);
  reports.throwIfFailed();
  const graph = lowerGraph(spec!, reports);
  reports.throwIfFailed();
  const network = lowerDims(graph, {}, reports);
  reports.throwIfFailed();
  return { spec: spec!, network };
}

/** The gradient of Σ upstream · value for each of the values, with the upstream numbers of wave(·, 7): what with_gradient of keras_vectors.py asks for. */
export function upstreamGradient(
  b: Builder,
  value: Value,
  shape: readonly number[],
  of: readonly Value[],
): readonly Value[] {
  const upstream = b.constant(wave(sizeOf(shape), 7), shape);
  return gradient(b, b.sum(b.multiply(value, upstream)), of);
}

/** Writes a program and evaluates its results in float64. */
export function compute(
  write: (b: Builder) => Readonly<Record<string, Value>>,
  inputs: Readonly<Record<string, HostTensor | Tensor64>>,
): Readonly<Record<string, Tensor64>> {
  const b = new Builder();
  for (const [name, value] of Object.entries(write(b))) b.result(name, value);
  return evaluate(b.build('parity'), inputs).results;
}

/** A tensor of the evaluator, not rounded to float32. */
export function exact(shape: readonly number[], data: readonly number[]): Tensor64 {
  return { dtype: 'float', shape, data: Float64Array.from(data) };
}

/**
 * Parameters by the weights that Keras has of them: one each, but for the two biases of a GRU with reset_after, which are rows of one there.
 */
export function kerasWeights<P extends { readonly tensor: string }>(params: readonly P[]): readonly (readonly P[])[] {
  const weights: P[][] = [];
  for (const param of params) {
    if (param.tensor.endsWith('recurrent_bias')) weights.at(-1)!.push(param);
    else weights.push([param]);
  }
  return weights;
}

/** Numbers for parameters of the given sizes: those that `numbers` makes for the whole weight that Keras has of them. */
export function inParts(sizes: readonly number[], numbers: (size: number) => readonly number[]): number[][] {
  const all = numbers(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  return sizes.map((size) => all.slice(start, (start += size)));
}
