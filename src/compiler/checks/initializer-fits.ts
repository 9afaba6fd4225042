import { allParams, nodeOf } from '../../ir/graph.js';
import { initializers } from '../../initializers/index.js';
import type { InitializerKind } from '../../initializers/initializer.js';
import type { Check } from './check.js';

/** An initializer of matrices is not given to a bias. */
export const initializerFits: Check = ({ network }, reports) => {
  for (const { name, layer, axes, initializer } of allParams(network)) {
    const wanted = (initializers as Readonly<Record<string, InitializerKind>>)[initializer.word]?.axes;
    if (!wanted || (axes.length >= wanted.least && axes.length <= (wanted.most ?? axes.length))) continue;
    const expected = wanted.most === wanted.least ? `${wanted.least}` : `at least ${wanted.least}`;
    const details = { initializer: initializer.word, tensor: name, expected, found: axes.length };
    reports.report('initializer-axes', details, { at: nodeOf(network.graph, layer).span });
  }
};
