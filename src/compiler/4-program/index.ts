export { classCount, classWeights } from './class-weights.js';
export { buildForward, forwardProgram, probabilityActivation, trainedOutput } from './forward.js';
export {
  type EvaluationProgram,
  evaluationProgram,
  judgedState,
  lossKind,
  type MetricUse,
  methodKind,
  metricKind,
  optimizerKind,
  type Phase,
  type StateDecl,
  type StepProgram,
  siteOf,
  stepProgram,
} from './step.js';
