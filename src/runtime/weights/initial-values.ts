import { originalBlocks, originalIndices, originalShape, paramShape } from '../../compiler/3-dims/index.js';
import { initialTensor } from '../../initializers/initial.js';
import { initializers } from '../../initializers/index.js';
import type { InitializerKind } from '../../initializers/initializer.js';
import { allParams, type Network } from '../../ir/graph.js';

/** Every parameter as its initializer draws it. A survivor of a shrink starts with the numbers that it had in the larger network. */
export function initialValues(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(
    allParams(network).map((param) => {
      const kind = (initializers as Readonly<Record<string, InitializerKind>>)[param.initializer.word];
      if (!kind) throw new Error(`no initializer ${param.initializer.word}`);
      const blocks = originalBlocks(network, param);
      const values = initialTensor(param.initializer, kind, {
        name: param.name,
        shape: paramShape(param),
        originalShape: originalShape(network, param),
        originalIndices: originalIndices(network, param),
        ...(blocks && { originalBlocks: blocks }),
        seed,
        ...(param.start && { start: param.start }),
      });
      return [param.name, values];
    }),
  );
}
