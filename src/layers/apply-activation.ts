import { activations } from '../activations/index.js';
import type { ActivationKind } from '../activations/activation.js';
import type { Call } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

/** The registry entry of an activation that a spec names. */
export function activationOf(call: Call): ActivationKind {
  const kind = (activations as Readonly<Record<string, ActivationKind>>)[call.word];
  if (!kind) throw new Error(`no activation ${call.word}`);
  return kind;
}

/** Applies an activation by its call. */
export function applyActivation(b: Builder, x: Value, call: Call): Value {
  return activationOf(call).forward(b, x, call.arguments);
}
