export { classCount, classOf, classWeights } from './class-weights.js';
export { buildForward, forwardProgram, probabilityActivation } from './forward.js';
export { type KernelSite, kernelsOf, withActingAnnotations } from './kernels.js';
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
  stepProgram,
} from './step.js';
