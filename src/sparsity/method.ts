import type { Kind, Static, TObject } from '../ir/kind.js';
import type { Mode } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import type { RandomSpec } from '../program/program.js';
import type { Stream } from '../random/streams.js';
import type { Part } from './long-work.js';

/**
 * Where an annotation landed: one kernel of a layer. Both group sides cut the layer's own kernel [in, out]: `incoming` are its columns, one
 * group per unit (axes reduced: all but the last); `outgoing` its rows, one per unit or feature of the layer before. All places of a convolution's kernel and all
 * gates of a cell belong to the group of their unit; the units inside of heads are units of one head each.
 */
export interface Site {
  readonly layer: string;
  /** Which of the layer's kernels: `kernel`, `recurrent_kernel`. */
  readonly tensor: string;
  /** Shape of the kernel, [.., in, out]; where it has groups, that in which they are apart. */
  readonly kernelShape: readonly number[];
  /** Axes to reduce for one norm per unit of this layer. Undefined: no axis is of its units. */
  readonly incoming: readonly number[] | undefined;
  /** Axes to reduce for one norm per unit of the layer before. Undefined: no axis is of those. */
  readonly outgoing: readonly number[] | undefined;
  /** Units of this layer, by their group, that are outputs of the model, an interface that stays. Absent: none. */
  readonly outputs?: ReadonlySet<number> | undefined;
  /** Whether the written units are those of the layer before, such as the channels of a depthwise kernel. Absent: no. */
  readonly passesUnits?: boolean;
}

/** What the numbers of a method's own tensor stand for: one for each unit that the kernel writes, for each that it reads, for each weight, or one for all. */
export type Per = 'written unit' | 'read unit' | 'weight' | 'kernel';

/** A tensor that a method has beside a kernel, such as the logits of gates. It is kept in checkpoints and sliced with the kernel. */
export interface MethodTensor {
  readonly per: Per;
  /** What all of its numbers start from. */
  readonly start: number;
  /** Whether gradients and the optimizer move it, as they move the kernel. Absent: yes. */
  readonly trained?: boolean;
}

/** What the moments inside the step program are given. */
export interface Moment<A> {
  readonly arguments: A;
  readonly site: Site;
  /** The kernel in the site's shape; in `prox` after the optimizer's update. */
  readonly kernel: Value;
  /** The bias that is added to what the kernel makes, in its own shape; in `prox` after the optimizer's update. */
  readonly bias: Value | undefined;
  /** The shape in which the bias spreads over the kernel: as long as the kernel on the axes of its units, gates and heads, 1 elsewhere. */
  readonly biasShape?: readonly number[] | undefined;
  /** The method's own tensors, in a shape that spreads over the kernel: as long as it where they have a number for each, 1 elsewhere. */
  readonly tensors: Readonly<Record<string, Value>>;
  readonly learningRate: Value;
  /** In `prox`: what the optimizer divided the kernel's gradient by, element by element; undefined means 1. */
  readonly diagonal: Value | undefined;
  /** In `prox`: as `diagonal`, of the bias. */
  readonly biasDiagonal?: Value | undefined;
}

/** What `mask` is given. */
export interface MaskMoment<A> extends Pick<Moment<A>, 'arguments' | 'site' | 'kernel' | 'tensors'> {
  readonly mode: Mode;
  /**
   * What the layer reads, [batch, .., units]. Undefined where the rows of this kernel are not the units of the last axis of the layer's lone input, or where other kernels
   * read it, too; and at inference.
   */
  readonly input: Value | undefined;
  /** Whether, in training, the layer is one sum of what it reads times this kernel and a bias, before an activation: where `variance` may be given. */
  readonly addsUp: boolean;
  /**
   * Random numbers of the step, in training only: the same for all rows of the batch and in a shape that spreads over the kernel, or one for every row and unit of
   * `input`, in a shape that spreads over that. Streams are named by kernel, method and `name`; numbers belong to original units.
   */
  random(name: string, distribution: RandomSpec['distribution'], per: Exclude<Per, 'kernel'> | 'row and unit'): Value;
}

/** What takes the place of the kernel and of what the layer reads. */
export interface Masked {
  readonly kernel?: Value;
  readonly input?: Value;
  /**
   * Of each weight, in the kernel's shape; where the layer adds up, in training only. What is added up is then as if every weight had normal noise of this variance, drawn
   * anew for every row and place: local reparameterisation.
   */
  readonly variance?: Value;
}

/** One kernel with its numbers, for the moments between epochs and after training; what they write in place is taken over. */
export interface HostSite<A> {
  readonly arguments: A;
  readonly site: Site;
  /** Row-major, in the site's shape. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array | undefined;
  /** What the kernel and the bias were before training. */
  readonly initial: { readonly kernel: Float32Array; readonly bias: Float32Array | undefined };
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /** By weight, the unit that it is written for, and the one that it reads; undefined as in the site. */
  readonly unitOf: { readonly incoming: Groups | undefined; readonly outgoing: Groups | undefined };
  /** By number of the bias, the unit that is written with it. */
  readonly unitOfBias: Int32Array | undefined;
  /** Which unit of the network each written unit is. Kernels that write the same one, such as a cell's two and those of layers that are added up, have the same number for it. */
  readonly written: readonly number[];
  /** Whether the written units are those of the last axis of what the layer writes, `Sample.writes`. */
  readonly isWrittenLast: boolean;
  /** How many weights the kernel had, and how many units it wrote, before any were removed on the way. */
  readonly whole: { readonly weights: number; readonly units: number };
  /** The activation behind the sum, where the layer is one sum of what it reads times this kernel, [.., units], and a bias: where `Sample.summands` is known. */
  readonly sum: { readonly activation: string } | undefined;
  /** Whether a written unit is one of the model's outputs, an interface that stays. */
  isOutput(unit: number): boolean;
}

/** By weight, which group of one side of a kernel it belongs to. */
export interface Groups {
  readonly groupOf: Int32Array;
  readonly count: number;
}

/** What layers read and write on rows of the training data, in inference mode, as the network is now. */
export interface Sample {
  /** How many rows. */
  readonly rows: number;
  /** What a layer reads, or writes after its activation: [rows, ..] row-major. */
  reads(layer: string): Promise<SampleTensor>;
  writes(layer: string): Promise<SampleTensor>;
  /** The gradient of the mean loss of these rows with respect to what the layer writes. */
  gradients(layer: string): Promise<SampleTensor>;
  /**
   * What a layer that is a sum multiplies with its kernel: [rows · places, weights into a unit], so that the product with the kernel as [weights into a unit, units] and the
   * bias is what comes before the activation. Of a layer that computes at many places of a row, so many of them, spread evenly; which ones depends on the row alone.
   */
  summands(layer: string, places: number): Promise<SampleTensor>;
  /** What the network is to say of these rows, of all outputs side by side: [rows, numbers], a class as zeros and a one. */
  targets(): Promise<SampleTensor>;
}

export interface SampleTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What the moments outside of the step program are given: every kernel that a method landed on, those of one spelling of its arguments or several. */
export interface HostMoment<A> {
  readonly sites: readonly HostSite<A>[];
  /** The training rows. The first call computes; how many rows at most. `written`, after training only: the network with what this moment has written until now. */
  sample(rows: number, of?: 'written'): Sample;
  /** Random numbers that depend on the seed, the name and the epoch alone. */
  random(name: string): Stream;
  /**
   * Between the parts of what may take long: tells whoever watches, and lets signals in. Rejects where the user asked to stop: the moment then ends, nothing that it wrote is kept, and it
   * begins again when the run goes on.
   */
  pause(part: Part): Promise<void>;
}

/** What `advance` is given: the beginning of a phase, or the end of an epoch. */
export interface EpochMoment<A> extends HostMoment<A> {
  /** How many epochs of the phase are done, 0 at its beginning, and how many it has. A phase that is counted in steps ends its last one early. */
  readonly epoch: number;
  readonly epochs: number;
  /** Whether training ends here, for early stopping perhaps: what is written now is what the phase leaves. */
  readonly last: boolean;
}

/** What changes for the next epoch, beside the weights that were written; where some were, what early stopping remembers of the best ones is forgotten. */
export interface Advanced {
  /** Layers that are no longer trained. */
  readonly frozen?: readonly string[];
  /**
   * The whole network begins again, from what it was before training or from newly drawn weights: all parameters, but those that zeros hold (`keepsZeros`, `keepsUnits`)
   * stay 0, and the optimizer starts anew. Absent: it goes on.
   */
  readonly begins?: 'as before training' | 'newly drawn';
}

/** What a threshold cuts at a site after training. */
export interface Cut {
  /** Cut whole columns, one per unit of the layer. */
  readonly incoming: boolean;
  /** Cut whole rows, one per unit or feature of the layer before. */
  readonly outgoing: boolean;
}

/** Coefficients of a kernel's regularizer (and its bias'); the penalty is the sum of the terms. */
export interface RegularizerSpelling {
  readonly li?: number;
  readonly lo?: number;
  /** The delta by which li and lo are reweighted; absent: they are not. */
  readonly delta?: number;
  readonly l1?: number;
  readonly l2?: number;
  readonly bias?: { readonly l1?: number; readonly l2?: number };
}

/**
 * One way of making a network sparse, written as the moments of training at which it acts. One file, one registry line.
 *
 * In the step program: `mask`, `penalty`, `prox`; on the host: `advance` between epochs, then `select` and `refit` once after training, before thresholds.
 */
export interface SparsityMethod<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  readonly cite: string;
  /** Why it makes no sense as it is written; reported at the annotation. Absent, or undefined: it does. */
  refuses?(args: A, at: Placed): string | Refusal | undefined;
  /** Its own tensors at a site, by name. Absent: none. */
  tensors?(args: A, site: Site): Readonly<Record<string, MethodTensor>>;
  /**
   * What the layer computes with instead of its kernel and of what it reads. At inference the kernel alone may be replaced: that kernel is what stays when the method has
   * done its work. Absent, or undefined: what it has.
   */
  mask?(b: Builder, at: MaskMoment<A>): Masked | undefined;
  /** What goes on instead of the layer's output in training. Absent: the output. */
  disturb?(b: Builder, at: DisturbMoment<A>): Value;
  /** A scalar added to the objective, in the history under `<keyword>`; with a proximal solver it is reported, and `differentiated` is false. */
  penalty?(b: Builder, at: Moment<A>): Value;
  /** Whether the penalty acts by its gradient. Absent: yes. */
  differentiated?(args: A): boolean;
  /** The parameters after the optimizer's update → after the proximal step; those of several methods one after the other. */
  prox?(b: Builder, at: Moment<A>): { readonly kernel: Value; readonly bias?: Value } | undefined;
  /**
   * Whether weights of its kernels that are 0 stay 0: where it acts; from there on to the end of the fine-tuning; or in the fine-tuning, wherever it acts, of what
   * `select` wrote. Absent: no.
   */
  keepsZeros?(args: A): 'where it acts' | 'from then on' | 'in the fine-tuning' | false;
  /** Whether, while zeros stay, the bias of a unit with no weight into it that is not 0 stays 0, too, if it is. Absent: no. */
  keepsUnits?(args: A): boolean;
  /** At the beginning of a phase in which it acts, and at the end of every epoch there. */
  advance?(at: EpochMoment<A>): Promise<Advanced>;
  /** Whether, as it is written, `select` has something to do. Absent: it has. */
  selects?(args: A): boolean;
  /** After training: which units and weights stay; writes zeros. */
  select?(at: HostMoment<A>): Promise<void>;
  /** After every `select`: what stayed is computed anew. */
  refit?(at: HostMoment<A>): Promise<void>;
  /**
   * Why phases of so many epochs are too short for what is written in epochs: what then is left undone, and what to write. Absent, or undefined: they are not. Lengths are those of the
   * phases in which it acts, in their order.
   */
  unfinished?(args: A, epochs: readonly number[]): Unfinished | undefined;
  /** What is to be written for more to go, as helps say it: `a larger lambda`. Absent: it takes nothing away by itself. */
  more?(args: A): string;
  /** What a unit-norm threshold may cut at this site. Absent: nothing. */
  cut?(args: A): Cut;
  /** The penalty as the numbers of a Keras-style regularizer. Absent: exporters write the network without it, and say so. */
  readonly spelling: { tfjs?(args: A): RegularizerSpelling };
}

/** What a schedule of epochs does not come to, in words for a message. */
export interface Unfinished {
  readonly reason: string;
  readonly help: readonly string[];
}

/** A refusal that has a message of its own. */
export interface Refusal {
  readonly code: 'reweighted-gradient';
  readonly help: readonly string[];
}

/** Where an annotation is written, for `refuses`. */
export interface Placed {
  /** The phases that it acts in, `finetune` among them. */
  readonly phases: readonly string[];
  /** All phases of the spec in their order, `finetune` at the end where there is one. */
  readonly all: readonly string[];
  /** The other methods of the layer. */
  readonly others: readonly string[];
  /** Those of them that make weights 0 while training goes on and hold them there, and not only in the fine-tuning. Absent: none. */
  readonly holding?: readonly string[];
  /** The name of the layer. */
  readonly name?: string;
  /** The kind of the layer: `Dense`, `Conv2D`. */
  readonly layer: string;
  /** Whether each kernel of it is the whole of one sum before an activation, as in `HostSite.sum`. Absent: it is. */
  readonly isSum?: boolean;
  /** Whether all layers that it lands on write outputs of the model. Absent: not all. */
  readonly onlyOutputs?: boolean;
}

/** What `disturb` is given. */
export interface DisturbMoment<A> {
  readonly arguments: A;
  readonly layer: string;
  /** What the layer writes, [batch, .., units]. */
  readonly output: Value;
  /** A random number of the step for every row and number of the output, or for every row and unit. */
  random(name: string, distribution: RandomSpec['distribution'], per: 'number' | 'row and unit'): Value;
}

export function defineMethod<S extends TObject>(kind: SparsityMethod<S, Static<S>>): SparsityMethod {
  return kind as unknown as SparsityMethod;
}
