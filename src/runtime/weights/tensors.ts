import { paramShape } from '../../compiler/3-dims/index.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { allParams, type Network } from '../../ir/graph.js';
import type { HostTensor } from '../../program/program.js';

/** Parameters as an engine's state. */
export function tensorsOf(network: Network, values: Values): Record<string, HostTensor> {
  return Object.fromEntries(
    allParams(network).map((param): [string, HostTensor] => [
      param.name,
      { shape: paramShape(param), data: values.get(param.name)! },
    ]),
  );
}

/** The parameters in an engine's state, as values. */
export function valuesOf(network: Network, state: Readonly<Record<string, HostTensor>>): Map<string, Float32Array> {
  return new Map(allParams(network).map((param) => [param.name, state[param.name]!.data as Float32Array]));
}
