import { activations } from '../activations/index.js';
import type { TObject } from '../ir/kind.js';
import { applyActivation } from './apply-activation.js';
import { activationFacts } from './facts.js';
import { defineLayer, type LayerKind } from './layer.js';
import { activationRanges } from './ranges.js';

/** An activation that Keras has as a layer of its own, with defaults of its own. Its arguments are the activation's. */
export function defineActivationLayer<S extends TObject>(layer: {
  readonly keyword: string;
  readonly activation: keyof typeof activations;
  readonly schema: S;
  readonly spelling?: LayerKind<S>['spelling'];
}): LayerKind {
  const { keyword, activation, schema, spelling = {} } = layer;
  const call = (args: object) => ({ word: activation, arguments: { ...args } });
  return defineLayer<TObject>({
    keyword,
    summary: activations[activation].summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema,
    shape: (_, { inputs: [x = []] }) => [x],
    forward: (b, { arguments: args, inputs: [x] }) => [applyActivation(b, x!, call(args))],
    unitwise: (_, [x = []]) => x,
    facts: (args, { inputs: [x = []] }) => [activationFacts(x, call(args))],
    ranges: (args, at) => [activationRanges(at.inputs[0]!, call(args), at)],
    spelling: spelling as LayerKind['spelling'],
  });
}
