import type { StateDecl } from '../src/compiler/4-program/index.js';
import { initialTensor } from '../src/initializers/initial.js';
import { initializers } from '../src/initializers/index.js';
import type { InitializerKind } from '../src/initializers/initializer.js';
import { type HostTensor, sizeOf } from '../src/program/program.js';

/** What a step program starts from: parameters as their initializers draw them, slots of the optimizer and methods' own tensors as they say. */
export function firstState(state: readonly StateDecl[], seed: number): Record<string, HostTensor> {
  return Object.fromEntries(
    state.map(({ name, shape, param, slot, start }): [string, HostTensor] => {
      if (slot !== undefined || start !== undefined)
        return [name, { shape, data: new Float32Array(sizeOf(shape)).fill(start ?? 0) }];
      const kind = (initializers as Readonly<Record<string, InitializerKind>>)[param.initializer.word]!;
      return [name, { shape, data: initialTensor(param.initializer, kind, { name, shape, seed }) }];
    }),
  );
}
