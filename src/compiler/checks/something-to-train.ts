import { allParams } from '../../ir/graph.js';
import type { Check } from './check.js';
import { namesOf } from './outputs.js';

/** There is something to train. */
export const somethingToTrain: Check = ({ spec, network }, reports) => {
  if (allParams(network).some((param) => param.trained)) return;
  reports.report('not-trainable', { layer: namesOf(network).join(', ') }, { at: spec.model.name.span });
};
