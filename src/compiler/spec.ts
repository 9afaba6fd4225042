import type { Source, Span } from '../diagnostics/source.js';
import type { Document, LayerNode, NameNode, ValueNode } from '../dsl/document.js';
import type { Annotation } from '../ir/graph.js';
import type { Call, Duration } from '../ir/kind.js';

/** The spec: every word resolved, every default filled in, every value checked against its schema. Result of stage 1. */
export interface Spec {
  readonly source: Source;
  readonly document: Document;
  readonly model: ModelSpec;
  readonly data: DataSpec;
  readonly train: TrainSpec;
  readonly simplify: SimplifySpec;
  readonly weights?: FileReference;
  readonly origin?: Origin;
  /** The `--set` values in it, for the printer, which writes them into the text. */
  readonly sets: readonly SetValue[];
  /** SHA-256 of the resolved text: equal specs have equal hashes whatever their layout. */
  readonly hash: string;
}

export interface SetValue {
  /** `width`, `train.batch_size`, `model.fc1.units`. */
  readonly address: string;
  /** Its spans point into a source named `--set`. */
  readonly value: ValueNode;
}

export interface ModelSpec {
  readonly name: NameNode;
  readonly outputs: readonly NameNode[];
  readonly layers: readonly LayerSpec[];
}

export interface LayerSpec {
  readonly name: string;
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** As written; empty means the layer above. */
  readonly inputs: readonly NameNode[];
  readonly annotations: readonly Annotation[];
  readonly statement: LayerNode;
  readonly span: Span;
  /** Where each argument was written (the value), for messages. */
  readonly places: Readonly<Record<string, Span>>;
}

export interface DataSpec {
  readonly source: Call;
  /** Rows held out for validation, taken from the training rows. Undefined: none. */
  readonly validation?: Call;
  /** Rows held out for testing; undefined: the source's own test rows, if it has some. */
  readonly test?: Call;
  readonly seed: number;
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly target?: string;
  readonly span?: Span;
  /** Where the source is named, for messages about what it holds. */
  readonly sourceSpan?: Span;
}

/** The keys of one stretch of training; a phase and `finetune` may change any of them. */
export interface PhaseSpec {
  readonly name: string;
  readonly length: Duration;
  readonly loss: Call;
  readonly metrics: readonly Call[];
  readonly optimizer: Call;
  readonly batch_size: number;
}

export interface TrainSpec {
  readonly seed: number;
  /** At least one; without `phases` in the spec a single one called `train`. */
  readonly phases: readonly PhaseSpec[];
  readonly span?: Span;
}

export interface SimplifySpec {
  readonly threshold: Threshold;
  readonly finetune?: PhaseSpec;
  readonly span?: Span;
}

/** A unit norm (0: exactly zero only), a bound on single weights, or a search. */
export type Threshold =
  | { readonly kind: 'unit'; readonly value: number }
  | { readonly kind: 'weight'; readonly value: number }
  | { readonly kind: 'auto'; readonly tolerance: number; readonly metric?: string };

export interface FileReference {
  readonly path: string;
  readonly sha256?: string;
  readonly span: Span;
}

export interface Origin {
  readonly spec: FileReference;
  /** What was applied: never `auto`. */
  readonly threshold: Threshold;
  /** Norm-wise difference of the outputs, from the certificate. */
  readonly max_difference?: number;
  readonly span: Span;
}
