import type { Axis } from '../ir/graph.js';
import type { Dim, Dims, Shape } from '../ir/dims.js';
import type { Call, Kind, Static, TObject } from '../ir/kind.js';
import type { Mode, UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import type { RandomSpec } from '../program/program.js';

export interface ParamDecl {
  readonly axes: readonly Axis[];
  readonly initializer: Call;
  /** Default true; false: state that training does not move by gradients. */
  readonly trained?: boolean;
}

/** What a layer's shape rule is given beside its arguments. */
export interface ShapeStep {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly dims: Dims;
  /** Original indices of the units that this layer makes, where the weights file knows them. */
  readonly original?: { readonly indices: readonly number[]; readonly width: number } | undefined;
  /** Reports that the arguments do not fit the inputs; the rule then returns its best guess. */
  misfit(expected: string, found: string, help?: string): void;
}

/** What a layer's forward rule is given. */
export interface ForwardStep<A> {
  readonly name: string;
  readonly arguments: A;
  readonly mode: Mode;
  readonly inputs: readonly Value[];
  readonly params: Readonly<Record<string, Value>>;
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  /** A random tensor of this layer's own stream `<layer>.<tensor>`, in the shape of input 0. */
  random(tensor: string, distribution: RandomSpec['distribution']): Value;
}

/** What a layer's resize rule is given. */
export interface ResizeStep {
  /** The positions kept of each output's last axis. */
  readonly outputs: readonly (readonly number[])[];
  /** How long each output's last axis was. */
  readonly sizes: readonly number[];
  /** Extents of inputs and outputs after shrinking. */
  readonly inputExtents: readonly (readonly number[])[];
  readonly outputExtents: readonly (readonly number[])[];
  /** A constant was folded into a layer that had no bias. */
  readonly needsBias: boolean;
  /**
   * For layers that flatten input 0 and pick with `keep`: what `keep` is afterwards, as row-major indices of the shrunk input; undefined where
   * all features go on.
   */
  features(keep: readonly number[] | undefined): readonly number[] | undefined;
}

/** How TensorFlow.js (and Keras) spells a layer: class name and configuration, one or more layers in a row. */
export interface TfjsLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** One word of the vocabulary: everything dnc knows about one kind of layer. */
export interface LayerKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** How many inputs it reads, at least and at most. */
  readonly inputs: readonly [least: number, most: number];
  /** Output shapes. Reusing a Dim couples two axes; `dims.fresh` starts a new one. */
  shape(args: A, at: ShapeStep): readonly Shape[];
  /** Parameters; each axis carries the Dim that it reads or writes. Absent: none. */
  params?(args: A, inputs: readonly Shape[], outputs: readonly Shape[]): Record<string, ParamDecl>;
  /** Forward computation, once, for every engine. One value per output. */
  forward(b: Builder, at: ForwardStep<A>): readonly Value[];
  /** The Dims that it treats unit by unit, whether passed on or written. Absent: it mixes the units of every Dim, and they stay. */
  unitwise?(args: A, inputs: readonly Shape[], outputs: readonly Shape[]): readonly Dim[];
  /** Why the units stay where it is not unit-wise: reports print it. Absent: "<keyword> mixes units". */
  pinReason?(args: A): string;
  /**
   * What the units of the last axis of output 0 become. Absent: generic, from the axes of the parameters and `unitwise`: a unit whose non-zero
   * weights all read constants is what `forward` gives for them in float64; any other varies.
   */
  facts?(args: A, inputs: readonly (readonly UnitFact[])[], mode: Mode): readonly UnitFact[];
  /**
   * Whether a constant c of an input unit may become c · W in the bias: weighted inputs and bias are added up before anything else, the same at
   * every position. Absent: only a zero goes without its reader noticing.
   */
  folds?(args: A): boolean;
  /**
   * Arguments at the shrunk size; an argument that goes is undefined. Called where units of an input or an output went, or a constant was folded
   * in. Absent: unchanged, and the layer makes no units that could go.
   */
  resize?(args: A, at: ResizeStep): { readonly [K in keyof A]?: A[K] | undefined };
  /** Multiply-adds per row of the batch. Absent: 0. */
  multiplyAdds?(args: A, inputs: readonly Shape[], outputs: readonly Shape[]): number;
  readonly spelling: {
    tfjs?(
      args: A,
      at: { readonly name: string; readonly inputs: readonly Shape[]; readonly outputs: readonly Shape[] },
    ): readonly TfjsLayer[] | undefined;
  };
}

/** Checks a layer's definition while keeping the type of its arguments inside it. */
export function defineLayer<S extends TObject>(kind: LayerKind<S, Static<S>>): LayerKind {
  return kind as unknown as LayerKind;
}

export function reads(dim: Dim): Axis {
  return { dim, role: 'reads' };
}

export function writes(dim: Dim): Axis {
  return { dim, role: 'writes' };
}
