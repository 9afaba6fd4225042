export { classCount, classOf, classWeights } from './class-weights.js';
export { type Distillation, inputsOfTeacher, teacherName, teacherProgram } from './distillation.js';
export { buildForward, forwardProgram, probabilityActivation } from './forward.js';
export {
  biasUnitAxes,
  type KernelSite,
  kernelsOf,
  originalsPer,
  withActingAnnotations,
  writtenUnits,
} from './kernels.js';
export { frozenParams, withFrozen } from './frozen.js';
export { lossKind } from './loss-kind.js';
export {
  acts,
  actingSites,
  HeldZeros,
  type MethodSite,
  methodKind,
  methodSites,
  type OwnTensor,
  settledKernels,
  sumOf,
  tensorsKept,
  type When,
} from './methods.js';
export {
  averageOf,
  type DeclaredTarget,
  type EvaluationProgram,
  evaluationProgram,
  type Judging,
  judgedState,
  type MetricUse,
  metricKind,
  optimizerKind,
  sampleProgram,
  type Sampled,
  type Phase,
  type StateDecl,
  type StepProgram,
  stepProgram,
} from './step.js';
