import { allParams } from '../../ir/graph.js';
import type { Check } from './check.js';

/** Training needs one output, and something to train. */
export const oneTrainedOutput: Check = ({ spec, network }, reports) => {
  const { outputs, name } = network.graph;
  if (outputs.length > 1) {
    reports.report(
      'several-outputs',
      { model: name, found: outputs.length },
      { at: spec.model.outputs[1]?.span ?? spec.model.name.span },
    );
  }
  if (outputs.length === 1 && allParams(network).length === 0) {
    reports.report('not-trainable', { layer: outputs[0]!.name }, { at: spec.model.name.span });
  }
};
