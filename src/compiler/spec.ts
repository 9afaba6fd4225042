import type { AugmentChoices } from '../data/augment.js';
import type { MissingNumbers } from '../data/columns.js';
import type { WindowChoices } from '../data/windows.js';
import type { Source, Span } from '../diagnostics/source.js';
import type { BlockNode, Document, LayerNode, NameNode, RepeatNode, ValueNode } from '../dsl/document.js';
import type { Annotation } from '../ir/graph.js';
import type { Call, Duration } from '../ir/kind.js';
import type { strategies } from './sections.js';

/** The spec: every word resolved, every default filled in, every value checked against its schema. Result of stage 1. */
export interface Spec {
  readonly source: Source;
  readonly document: Document;
  readonly model: ModelSpec;
  readonly data: DataSpec;
  readonly train: TrainSpec;
  readonly simplify: SimplifySpec;
  /** What `dnc sweep` tries. It is no part of the resolved text, nor of the hash: training takes no notice of it. */
  readonly sweep?: SweepSpec;
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
  /** What it computes: as written, else what its last statement gives. */
  readonly outputs: readonly OutputSpec[];
  /** Every layer of the network: blocks, `repeat`, `with` and `Shared` are expanded. */
  readonly layers: readonly LayerSpec[];
}

/** What is read: a layer, or one of its outputs. */
export interface Endpoint {
  readonly layer: string;
  /** Which of its outputs; absent: its only one. */
  readonly output?: number;
}

export interface OutputSpec extends Endpoint {
  /** What the user calls it: a layer, an output of one, or a block use. */
  readonly name: string;
  readonly span: Span;
}

export interface InputSpec extends Endpoint {
  /** Which of the layer's inputs it is, where that is written: `query: x`. */
  readonly port?: NameNode;
  /** Where it is written; absent: it is what stands above. */
  readonly span?: Span;
}

export interface LayerSpec {
  /** With the block uses that it is in before it: `residual_2.conv1.conv`. */
  readonly name: string;
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly inputs: readonly InputSpec[];
  readonly annotations: readonly Annotation[];
  /** What its outputs are called, where it has several. */
  readonly outputs?: readonly string[];
  /** The layer whose parameters, kind and arguments it uses. */
  readonly shares?: string;
  /** As written, in the model or in a block: the same for every use of that block and every round of a `repeat`. */
  readonly statement: LayerNode;
  readonly span: Span;
  /** Where each argument was written (the value), for messages. */
  readonly places: Readonly<Record<string, Span>>;
  /** From the model down to it: the block uses and rounds that its statement is expanded from. Empty for a layer of the model. */
  readonly uses: readonly Use[];
  /** The block uses among them for messages, the innermost first. */
  readonly notes: readonly { readonly at: Span; readonly note: string }[];
  /** What the words of its statement stand for. */
  readonly environment: Environment;
  /** What `with` says of its arguments, by dotted path. */
  readonly changes: Readonly<Record<string, Binding>>;
}

/** One step from the model down to a layer: a use of a block, or a round of a `repeat`. */
export type Use =
  | {
      readonly kind: 'block';
      /** Its statement, `Shared(…)` of a use included, in the model or in a block. */
      readonly statement: LayerNode;
      readonly block: BlockNode;
      /** With the uses that it is in before it: `residual_2.conv1`. */
      readonly name: string;
    }
  | {
      readonly kind: 'round';
      readonly statement: RepeatNode;
      /** From 1. */
      readonly round: number;
    };

/** What words stand for in one place: the parameters of the block around it, and behind them the file's `let`s. */
export interface Environment {
  /** Absent in the model. */
  readonly block?: BlockNode;
  readonly parameters: ReadonlyMap<string, Binding>;
}

/** A value as it is written, and what the words in it stand for. */
export interface Binding {
  readonly value: ValueNode;
  readonly environment: Environment;
}

export interface DataSpec {
  readonly source: Call;
  /** Rows held out for validation, taken from the training rows, or a source of their own. Undefined: none. */
  readonly validation?: Call;
  /** Rows held out for testing; undefined: the source's own test rows, if it has some. */
  readonly test?: Call;
  /** Rows to train on, of those that are left. Undefined: all. */
  readonly train?: Call;
  readonly seed: number;
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  /** A name; a number in the text is the position of a column, `column_7`. */
  readonly target?: string;
  /** The field that each output is to predict, by the output's name; `target` is then undefined. */
  readonly targets?: Readonly<Record<string, string>>;
  readonly columns?: Readonly<Record<string, Call>>;
  readonly missing?: MissingNumbers;
  readonly standardize?: boolean;
  /** Rows ordered by time become windows. */
  readonly window?: WindowChoices;
  /** What happens to the pictures that training reads: of a lone input, or by input. */
  readonly augment?: AugmentChoices;
  readonly span?: Span;
  /** Where the source is named, for messages about what it holds. */
  readonly sourceSpan?: Span;
  /** Where `validation`, `test` and `train` are written. */
  readonly splitSpans?: Readonly<Partial<Record<'validation' | 'test' | 'train', Span>>>;
}

/** The keys of one stretch of training; a phase and `finetune` may change any of them. */
export interface PhaseSpec {
  readonly name: string;
  readonly length: Duration;
  /** Of the lone output; where `losses` is given, undefined. `objectivesOf` tells what every output is trained for. */
  readonly loss?: Call;
  readonly losses?: Readonly<Record<string, Call>>;
  /** What the losses count in the objective, by output; others 1. */
  readonly loss_weights?: Readonly<Record<string, number>>;
  /** Of the lone output, or by output. */
  readonly metrics: readonly Call[] | Readonly<Record<string, readonly Call[]>>;
  readonly optimizer: Call;
  readonly batch_size: number;
  /** At most one of the three: of every number of a gradient, of every tensor's norm, of the norm of all together. */
  readonly clip_value?: number;
  readonly clip_norm?: number;
  readonly global_clip_norm?: number;
  /** Of the lone output, or by output. */
  readonly class_weight?: ClassWeight | Readonly<Record<string, ClassWeight>>;
  /** Share of the moving average of the weights that stays at every step. Absent: no average. */
  readonly ema_momentum?: number;
  readonly early_stopping?: EarlyStopping;
  /** Where its keys were written (the values; a metric at `metrics/0` or `metrics/price/0`, a loss at `losses/price`), in the stretch itself or in `train`, for messages. */
  readonly places?: Readonly<Record<string, Span>>;
}

/** What a row of each class counts in the loss: in the order of the classes, by the class number (others 1), or by how rare the class is. */
export type ClassWeight = 'balanced' | readonly number[] | Readonly<Record<string, number>>;

export interface EarlyStopping {
  /** `loss`, `objective` or a metric, of several outputs `<output>_loss` or `<output>_<metric>`; behind `val_` on the validation rows. */
  readonly monitor: string;
  readonly patience: number;
  readonly min_delta: number;
  readonly restore_best_weights: boolean;
  readonly start_from_epoch: number;
}

export interface TrainSpec {
  readonly seed: number;
  /** The engine that runs the spec. Absent: it does not say. */
  readonly engine?: string;
  /** Where the engine is written. */
  readonly engineSpan?: Span;
  /** At least one; without `phases` in the spec a single one called `train`. */
  readonly phases: readonly PhaseSpec[];
  readonly span?: Span;
}

export interface SimplifySpec {
  readonly threshold: Threshold;
  /** What is aimed at; the threshold is then 0. */
  readonly target?: TargetSpec;
  /** Shrinking while training; undefined: only afterwards. */
  readonly live?: LiveSpec;
  /** Widths stay at multiples of this number. Absent: any. */
  readonly roundTo?: number;
  /** Removal may rest on what the inputs are proven to lie in. Absent: it holds for all rows. */
  readonly ranges?: boolean;
  readonly finetune?: PhaseSpec;
  /** What fine-tuning learns of the network before the cut. Only with `finetune`. */
  readonly distil?: DistilSpec;
  readonly span?: Span;
}

/** How a small network learns to do as the one before the cut does. */
export interface DistilSpec {
  /** Share of the objective that is about the teacher; the loss keeps the rest. */
  readonly weight: number;
  /** What logits are divided by, of both networks. */
  readonly temperature: number;
}

/** When units that are dead go while training goes on. Epochs are counted over all phases. */
export interface LiveSpec {
  /** Epochs from one look to the next. */
  readonly every: number;
  /** The first look is at the end of this epoch, or of epoch `every` where it is 0. */
  readonly after: number;
  /** In so many looks in a row a unit must have been dead. */
  readonly patience: number;
  /** Widths stay at multiples of this number. */
  readonly roundTo?: number;
}

/** Shares of what a network has before it is cut: of its parameters, of its multiply-adds for a row, of the time that a batch takes. */
export interface Shares {
  readonly parameters?: number;
  readonly multiply_adds?: number;
  readonly latency?: number;
}

/** A size that simplifying aims at instead of a threshold. */
export interface TargetSpec {
  /** The most that may be left; at least one is given, and all that are given must hold. */
  readonly shares: Shares;
  /** How much the metric may lose for it, as in `auto`. Absent: whatever it costs. */
  readonly tolerance?: number;
  readonly metric?: string;
  /** Rows in the batch whose time is meant. */
  readonly batch_size: number;
  readonly span: Span;
  /** Where times are taken from. Absent: they are measured. */
  readonly latencyTable?: FileReference;
}

/** A search: which values of the spec `dnc sweep` tries, and what is best. */
export interface SweepSpec {
  /** At least one. */
  readonly axes: readonly SweepAxis[];
  readonly strategy: (typeof strategies)[number];
  /** Combinations that are drawn. Absent: every one. */
  readonly trials?: number;
  /** As written, behind `val_`. Absent: the first metric of the last phase, or the loss. */
  readonly objective?: string;
  readonly seed: number;
  readonly workers?: number;
  /** Its head, for messages. */
  readonly span: Span;
  /** Where the objective is written. */
  readonly objectiveSpan?: Span;
}

/** One address with what it may be. */
export interface SweepAxis {
  /** As `--set` takes it. */
  readonly address: string;
  readonly span: Span;
  readonly space: SweepSpace;
}

export type SweepSpace =
  /** Texts as `--set` takes them; at least one, none twice. */
  | { readonly kind: 'values'; readonly values: readonly string[] }
  /** Any number between the two, drawn evenly, or evenly in its logarithm. */
  | { readonly kind: 'uniform' | 'log'; readonly from: number; readonly to: number };

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
  /** What it was found for. Absent: no size was aimed at. */
  readonly target?: Shares;
  /** Norm-wise difference of the outputs, from the certificate. */
  readonly max_difference?: number;
  /** What rows must lie in for the outputs to be the same, in words. Absent: any rows. */
  readonly within?: string;
  readonly span: Span;
}
