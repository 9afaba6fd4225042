import type { Axis, Start } from '../ir/graph.js';
import type { Dim, Dims, Shape } from '../ir/dims.js';
import { type Call, type Kind, type Static, type TObject, Type } from '../ir/kind.js';
import type { Ranges } from '../ir/ranges.js';
import type { Mode, UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import type { RandomSpec } from '../program/program.js';

export interface ParamDecl {
  readonly axes: readonly Axis[];
  readonly initializer: Call;
  /** Default true; false: state that training does not move by gradients. */
  readonly trained?: boolean;
  readonly start?: Start;
}

/** What a layer's shape rule is given beside its arguments. */
export interface ShapeStep {
  readonly name: string;
  readonly inputs: readonly Shape[];
  /** The layers that the inputs come from, for messages. */
  readonly from: readonly string[];
  /** Their kinds, for messages. */
  readonly made: readonly string[];
  readonly dims: Dims;
  /**
   * New units of this layer, with the original indices that the weights file knows of them. `part` names units that are not those of the last axis of
   * output 0, such as the second output's; see `ParamsStep.fresh` for those inside of a layer.
   */
  fresh(size: number, part?: string): Dim;
  /** Units of an axis, by position, that are an axis of their own for those that read it (`Dims.stretch`). `part` tells several of one layer apart. */
  stretch(dim: Dim, positions: readonly number[], part?: string): Dim;
  /** Reports that the arguments do not fit the inputs; the rule then returns its best guess. */
  misfit(expected: string, found: string, help?: string): void;
}

/** What a layer's parameters are declared with, beside its arguments and shapes. */
export interface ParamsStep {
  readonly name: string;
  readonly dims: Dims;
  /** New units that live inside of the layer only, such as heads: `part` names them, `<layer>.<part>` is where they come from. */
  fresh(size: number, part: string): Dim;
}

/** What is known of the units of every axis of a tensor: by axis (the batch apart), by position. A fact of a unit holds of all that the axis cuts there. */
export type AxisFacts = readonly (readonly UnitFact[])[];

/** The shapes and the weights of a layer, for rules that say what is known of it. */
interface WeightsStep {
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  /** Values of a parameter, row-major. */
  values(tensor: string): ArrayLike<number>;
  /** Extents of a parameter; undefined where the layer has none of this name. */
  shapeOf(tensor: string): readonly number[] | undefined;
}

/** What a layer's rule for facts is given. */
export interface FactsStep extends WeightsStep {
  /** Facts of every input. */
  readonly inputs: readonly AxisFacts[];
  readonly mode: Mode;
}

/** What a layer's rule for ranges is given. It speaks of inference. */
export interface RangesStep extends WeightsStep {
  /** Of every input. */
  readonly inputs: readonly Ranges[];
  /** The layer applies an activation to units that are in these ranges: reports tell where that never fires, or is linear. */
  activated(before: Ranges, call: Call): void;
}

/** What a layer's rule for units inside of it is given. */
export interface InsideStep extends FactsStep {
  /** Whether constants may go into one of its biases. */
  folds(bias: string): boolean;
}

/** What a layer's rule for folding constants inside of it is given. */
export interface FoldStep extends FactsStep {
  /** Whether a unit of a part goes, by its position. */
  gone(part: string, position: number): boolean;
}

/** What goes into one of a layer's own biases for constants inside of it. */
export interface FoldedInside {
  readonly bias: string;
  /** Added to the bias, element by element. */
  readonly amounts: ArrayLike<number>;
  readonly constants: readonly { readonly part: string; readonly position: number; readonly value: number }[];
}

/** Positions of units inside of a layer, as `ParamsStep.fresh` made them. */
export interface PartUnits {
  readonly part: string;
  readonly positions: readonly number[];
}

/** What a layer tells of units inside of itself, beside what the axes of its parameters say. */
export interface Inside {
  /**
   * By parameter: what is known of each unit of its reading axis where this parameter reads it, in place of what is known of the layer's inputs: of units inside
   * of the layer, or of inputs that something else happens to before.
   */
  readonly reads?: Readonly<Record<string, readonly UnitFact[]>>;
  /** Units inside that others read without a weight: any needed unit of `by` makes those of `units` needed. */
  readonly serves?: readonly { readonly units: PartUnits; readonly by: PartUnits }[];
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
  /** The Dims of a parameter's axes. */
  axesOf(tensor: string): Shape;
  /**
   * A random tensor of this layer's own stream `<layer>.<tensor>`, in the shape of input 0; with `axes` it is drawn along these axes of input 0 alone (the
   * batch apart, which always is) and 1 long on the others, so that it broadcasts. With Dims instead of axes it is [batch, Dims].
   */
  random(tensor: string, distribution: RandomSpec['distribution'], axes?: readonly number[] | Shape): Value;
  /**
   * Sets the next value of a parameter that gradients do not move (`trained: false`), such as a moving mean. In training only; the mean over rows is
   * a sum times `b.scalar('inverse_rows')`.
   */
  update(tensor: string, next: Value): void;
}

/** What a layer's resize rule is given. */
export interface ResizeStep {
  /** The positions kept of units inside of the layer, as `ParamsStep.fresh` made them. */
  part(part: string): readonly number[];
  /** The positions kept of each output's last axis. */
  readonly outputs: readonly (readonly number[])[];
  /** How long each output's last axis was. */
  readonly sizes: readonly number[];
  /** The positions kept of an axis of an input, and how many there were. */
  inputPositions(input: number, axis: number): readonly number[];
  inputSize(input: number, axis: number): number;
  /** Extents of inputs and outputs after shrinking. */
  readonly inputExtents: readonly (readonly number[])[];
  readonly outputExtents: readonly (readonly number[])[];
  /** A constant was folded into a layer that had no bias. */
  readonly needsBias: boolean;
  /**
   * For layers that flatten input 0, or its axes from `first` on, and pick with `keep`: what `keep` is afterwards, as row-major indices of what is left of them;
   * undefined where all features go on.
   */
  features(keep: readonly number[] | undefined, first?: number): readonly number[] | undefined;
}

/** How TensorFlow.js (and Keras) spells a layer: class name and configuration, one or more layers in a row. */
export interface TfjsLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What it calls parameters that have another name here, by that. Absent: they are called alike. */
  readonly weights?: Readonly<Record<string, string>>;
  /** Whether it has the last two axes of every parameter as one: [in, gates, units] as [in, gates · units]. */
  readonly joinsLastAxes?: true;
  /** It leaves regularizers of this layer's weights out of the loss, whatever the configuration says. */
  readonly unpenalized?: true;
}

/** One word of the vocabulary: everything dnc knows about one kind of layer. */
export interface LayerKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** How many inputs it reads, at least and at most. */
  readonly inputs: readonly [least: number, most: number];
  /**
   * What its inputs are called, in their order, where a spec may name them: `<- query: x, value: m`. Those that may be left out stand last, `inputs` says from
   * which one on.
   */
  readonly inputNames?: readonly string[];
  /** How many outputs it has. Absent: one. */
  outputs?(args: A): number;
  /** Output shapes. Reusing a Dim couples two axes; `dims.fresh` starts a new one. */
  shape(args: A, at: ShapeStep): readonly Shape[];
  /** Parameters; each axis carries the Dim that it reads or writes. Absent: none. */
  params?(args: A, inputs: readonly Shape[], outputs: readonly Shape[], at: ParamsStep): Record<string, ParamDecl>;
  /**
   * Parameters that are set before training starts, from the training rows as they come in: mean and variance (divided by the count) over the rows and all axes
   * but those at `places`. Absent, or undefined: none.
   */
  learns?(
    args: A,
    inputs: readonly Shape[],
  ): { readonly mean: string; readonly variance: string; readonly places: readonly number[] } | undefined;
  /** What it reads are whole numbers from 0 on, below this: indices of vectors. Absent, or undefined: any numbers. */
  indices?(args: A): number | undefined;
  /** What it gives are numbers of its inputs as they are, in another order or shape, some of them or several times, and zeros. Absent: it computes. */
  handsOn?(args: A): boolean;
  /** It takes any axes before the last and does the same at every place of them: at every step of a sequence, say. Absent: that is not said. */
  readonly everywhere?: true;
  /** Whether it reads nothing of its inputs but their shapes. Absent: what it gives may depend on what they hold. */
  shapeOnly?(args: A): boolean;
  /** It lays out anew all numbers of a row: it reads all of its input's axes, and not the last one alone. */
  readonly laysOut?: true;
  /** Of an input of more axes than these it does the same at every place, as if a `Flatten` had been forgotten before it: a warning says so, and what to write. */
  readonly flatInput?: { readonly axes: number; help(args: A): readonly string[] };
  /** Why it cannot be done at every step by itself, or what is written instead. Absent: it can. */
  readonly notByStep?: string;
  /** The activation of its input that it is and nothing else, where that makes probabilities of logits: at the end of a network, losses read its input. */
  probabilities?(args: A): Call | undefined;
  /** Its argument `activation` is applied inside of it, and not to what it gives. */
  readonly activationInside?: true;
  /** Forward computation, once, for every engine. One value per output. */
  forward(b: Builder, at: ForwardStep<A>): readonly Value[];
  /** The Dims that it treats unit by unit, whether passed on or written. Absent: it mixes the units of every Dim, and they stay. */
  unitwise?(args: A, inputs: readonly Shape[], outputs: readonly Shape[]): readonly Dim[];
  /** Why the units stay where it is not unit-wise: reports print it. Absent: `looksAtAll` of the keyword. */
  pinReason?(args: A): string;
  /**
   * What is known of the units of every axis of every output. Absent: generic, of the last axes from the axes of the parameters and `unitwise`: a unit
   * whose non-zero weights all read constants is what `forward` gives for them in float64; any other varies. Write one where `forward` is costly,
   * where units are on other axes than the last, or where more is known.
   */
  facts?(args: A, at: FactsStep): readonly AxisFacts[];
  /**
   * What the units of each output's last axis can be at inference, given what those of the inputs can be: `ranges.ts` has the parts. The ranges must hold for
   * float32, whatever the order in which an engine adds up. Absent: anything.
   */
  ranges?(args: A, at: RangesStep): readonly Ranges[];
  /**
   * What is known of units inside of the layer. Absent: units inside that a parameter reads are needed as its weights say and nothing is known of them; all
   * others are needed as long as the layer is.
   */
  inside?(args: A, at: InsideStep): Inside;
  /** What its own bias takes for units inside of it that go and are constants which others add up. Absent: no such unit goes unless it is 0. */
  foldsInside?(args: A, at: FoldStep): FoldedInside | undefined;
  /**
   * Whether a constant c of an input unit may become c · W in the bias: weighted inputs and bias are added up before anything else, the same at
   * every position. Or the bias of each parameter that allows it (`{ query_kernel: 'query_bias' }`; true is `{ kernel: 'bias' }`): it has the parameter's axes
   * but the reading one and those that are added up. Where the layer has no such bias, `resize` adds it. Absent: only a zero goes without its reader noticing.
   */
  folds?(args: A): boolean | Readonly<Record<string, string>>;
  /**
   * Whether the parameter `kernel` adds up weighted inputs where zeros may stand beside them, as at the rim of a padded convolution: a constant that is not 0
   * does not fold then, but the weights of constant units can be gathered in one of them. Absent: no.
   */
  gathers?(args: A): boolean;
  /**
   * Whether it hands on what it reads, with zeros beside it, the same for all units: behind it a constant that is not 0 does not fold, but the weights of constant
   * units can be gathered in one of them. Absent: no.
   */
  pads?(args: A): boolean;
  /**
   * Whether at inference each number that it gives is a function of the one that stands there in its input, though it treats some axes not unit by unit in training.
   * Absent: where it treats all axes unit by unit.
   */
  readonly elementwise?: true;
  /**
   * A parameter that is subtracted from each unit of the input before anything else at inference, such as a moving mean: what a reader above without a bias would
   * fold goes there. Absent, or undefined: none.
   */
  subtracts?(args: A): string | undefined;
  /**
   * Blocks of neighbouring units of an axis that the layer mixes with each other, and not with others: a whole block may go, if none of it is needed.
   */
  mixesBlocks?(
    args: A,
    inputs: readonly Shape[],
    outputs: readonly Shape[],
  ): readonly { readonly dim: Dim; readonly blocks: number }[];
  /**
   * What an input of several must be for the layer to do without it (with one left, the layer is that one and goes): `constant` in all of its units, 0 for a sum
   * and 1 for a product; or without units, for what joins them. `adds`: another constant c only adds c, or −c, to each unit of the output, and goes once
   * readers hold that. Absent, or undefined: it needs this input.
   */
  spares?(args: A, input: number): { readonly constant: number; readonly adds?: 1 | -1 } | 'no units' | undefined;
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

/** The argument that every layer with parameters has. */
export function trainable({
  description = 'false: training leaves its parameters as they are.',
}: {
  readonly description?: string;
} = {}) {
  return Type.Optional(Type.Boolean({ description, absent: 'true' }));
}

/** Checks a layer's definition while keeping the type of its arguments inside it, and gives it `trainable` where it has parameters. */
export function defineLayer<S extends TObject>(kind: LayerKind<S, Static<S>>): LayerKind {
  const { properties } = kind.schema;
  const schema =
    kind.params && !('trainable' in properties) ? Type.Object({ ...properties, trainable: trainable() }) : kind.schema;
  return { ...kind, schema } as unknown as LayerKind;
}

/** Parameters of a layer that stands among the arguments of another: `trainable: false` there keeps them as they are. */
export function paramsOfInner(
  params: Record<string, ParamDecl>,
  { trainable }: { readonly trainable?: boolean },
): Record<string, ParamDecl> {
  if (trainable !== false) return params;
  return Object.fromEntries(Object.entries(params).map(([name, param]) => [name, { ...param, trained: false }]));
}

/** An axis of weights that read units; `groups`: it stands for so many blocks of them, see `Axis`. */
export function reads(dim: Dim, blocks?: Dim): Axis {
  if (!blocks) return { dim, role: 'reads' };
  const groups = blocks.units.length;
  return { dim, role: 'reads', blocks, ...(groups !== 1 && { groups }) };
}

/** An axis of weights that write units; `blocks`: it stands for several of them, told by another axis, see `Axis`. */
export function writes(dim: Dim, blocks: Pick<Axis, 'groups' | 'by'> = {}): Axis {
  return { dim, role: 'writes', ...blocks };
}

/** An axis of a parameter that goes along with its units, and connects nothing. */
export function plain(dim: Dim, blocks: Pick<Axis, 'groups' | 'by'> = {}): Axis {
  return { dim, role: 'plain', ...blocks };
}

/** Why a unit stays where a layer or an activation computes every unit from all of them. */
export function looksAtAll(word: string): string {
  return `${word} looks at all units together, so the others would change without it`;
}
