import { placeOf } from '../../ir/graph.js';
import { indexReaders } from '../indices.js';
import type { Check } from './check.js';

/** Indices are numbers of the data: rounded down, what a layer computes would select vectors that mean nothing, or lie beyond the last. */
export const indicesAreRead: Check = ({ network }, reports) => {
  for (const { node, origins } of indexReaders(network.graph)) {
    const computed = origins.find(({ kind }) => kind !== 'Input');
    if (!computed) continue;
    const place = placeOf(node);
    reports.report(
      'indices-computed',
      { layer: node.name, from: computed.name, kind: computed.kind },
      { ...place, also: [...place.also, { at: computed.span, note: `${computed.name} computes them` }] },
    );
  }
};
