import { allParams, nodeOf } from '../../ir/graph.js';
import { initializers } from '../../initializers/index.js';
import { seenShape } from '../../initializers/initial.js';
import type { InitializerKind } from '../../initializers/initializer.js';
import { paramShape } from '../3-dims/index.js';
import type { Check } from './check.js';

/** An initializer of matrices is not given to a bias. */
export const initializerFits: Check = ({ network }, reports) => {
  for (const param of allParams(network)) {
    const { name, layer, initializer, start } = param;
    const axes = seenShape(paramShape(param), start);
    const wanted = (initializers as Readonly<Record<string, InitializerKind>>)[initializer.word]?.axes;
    if (!wanted || (axes.length >= wanted.least && axes.length <= (wanted.most ?? axes.length))) continue;
    const expected = wanted.most === wanted.least ? `${wanted.least}` : `at least ${wanted.least}`;
    const details = { initializer: initializer.word, tensor: name, expected, found: axes.length };
    reports.report('initializer-axes', details, { at: nodeOf(network.graph, layer).span });
  }
};
