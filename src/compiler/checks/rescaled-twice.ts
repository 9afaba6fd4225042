import type { Check } from './check.js';

/** Image sources give [0, 1] already; dividing by 255 again leaves next to nothing. */
export const rescaledTwice: Check = ({ spec, network }, reports) => {
  const range = spec.data.source.arguments.range as readonly number[] | undefined;
  if (range?.[1] !== 1) return;
  for (const node of network.graph.nodes) {
    const scale = node.arguments.scale;
    if (node.kind === 'Rescaling' && typeof scale === 'number' && Math.abs(scale) <= 1 / 127) {
      reports.report('rescaled-twice', { layer: node.name, source: spec.data.source.word }, { at: node.span });
    }
  }
};
