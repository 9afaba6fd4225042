/**
 * dnc as a library: read, compile, shrink, evaluate. What needs TensorFlow.js is in `dropneuron/tfjs`; the command line is `dnc`.
 */
export { type Compiled, type CompileOptions, compile } from './compiler/compile.js';
export { evaluationProgram, forwardProgram, stepProgram } from './compiler/4-program/index.js';
export { cut } from './compiler/5-shrink/cut.js';
export { type ShrinkResult, shrink } from './compiler/5-shrink/shrink.js';
export type { Spec } from './compiler/spec.js';
export type { Diagnostic } from './diagnostics/diagnostic.js';
export { render } from './diagnostics/render.js';
export { Failure, Reports } from './diagnostics/report.js';
export { Source } from './diagnostics/source.js';
export { same } from './dsl/compare.js';
export type { Document } from './dsl/document.js';
export { format } from './dsl/format.js';
export { read } from './dsl/read.js';
export { evaluate } from './program/evaluate.js';
export type { HostTensor, Program, Tensor64 } from './program/program.js';
export { version } from './version.js';
