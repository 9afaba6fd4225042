import { allParams, type Network, type Param } from '../../ir/graph.js';
import type { Tensor64 } from '../../program/program.js';
import { paramShape } from '../3-dims/index.js';

/** Parameter values by name (`fc1.kernel`), row-major, as trained and stored. */
export type Values = ReadonlyMap<string, Float32Array>;

/** Parameter values in float64, or as stored. */
export type ValuesExact = ReadonlyMap<string, Float32Array | Float64Array>;

/** A parameter for the evaluator. */
export function tensor64(param: Param, values: ValuesExact): Tensor64 {
  return { dtype: 'float', shape: paramShape(param), data: Float64Array.from(values.get(param.name)!) };
}

/** All parameters of a network for the evaluator, by name. */
export function tensors64(network: Network, values: ValuesExact): Record<string, Tensor64> {
  return Object.fromEntries(allParams(network).map((param) => [param.name, tensor64(param, values)]));
}
