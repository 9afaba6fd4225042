export { classCount, classWeights } from './class-weights.js';
export { buildForward, forwardProgram, probabilityActivation } from './forward.js';
export {
  type DeclaredTarget,
  type EvaluationProgram,
  evaluationProgram,
  type Judging,
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
