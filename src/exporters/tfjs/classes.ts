/**
 * The classes that a TensorFlow.js model made by dnc needs. Importing this module registers them, and `tf.loadLayersModel` then reads the
 * `tfjs/model.json` that `dnc compile` writes:
 *
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import 'dropneuron/tfjs';
 * const model = await tf.loadLayersModel(…);
 * ```
 */
import * as tf from '@tensorflow/tfjs';

/** Coefficients of a `DropNeuronPenalty`; each absent one is 0. */
export interface DropNeuronPenaltyConfig {
  /** Of Σ over columns ‖W[:, j]‖₂; of a convolution's kernel over filters ‖W[.., :, j]‖₂. */
  readonly li?: number;
  /** Of Σ over rows ‖W[i, :]‖₂; of a convolution's kernel over input channels ‖W[.., i, :]‖₂. */
  readonly lo?: number;
  /** Whether columns stand on the last axis but one, and rows on the last, as in a transposed convolution's kernel. */
  readonly transposed?: boolean;
  /** How many gates stand side by side in the columns of a recurrent layer's kernel [in, gates · units]; a group holds those of all gates. */
  readonly gates?: number;
  /** Reweighting: every norm counts 1 / (norm / mean of the non-zero norms + delta) times. Absent: once. */
  readonly delta?: number;
  /** Of Σ|w|. */
  readonly l1?: number;
  /** Of Σw². */
  readonly l2?: number;
}

/**
 * The numbers of `x` with the gradient of their absolute values: −1, 0 or 1 by their signs. TensorFlow.js' own `abs` has −1 at 0.
 */
const absolute = tf.customGrad((x, keep) => {
  const w = x as tf.Tensor;
  (keep as tf.GradSaveFunc)([w]);
  return {
    value: w.abs(),
    // Compared: on the wasm backend `sign` is 0 below about 2e-7.
    gradFunc: (dy, [w]) => dy.mul(w!.greater(0).cast('float32').sub(w!.less(0).cast('float32'))),
  };
});

/** The norms along all axes but one; the gradient of a norm that is 0 is 0. */
function norms(kernel: tf.Tensor, kept: number): tf.Tensor {
  const axes = kernel.shape.flatMap((_, axis) => (axis === kept ? [] : [axis]));
  return tf.customGrad((x, keep) => {
    const w = x as tf.Tensor;
    const value = w.square().sum(axes, true).sqrt();
    (keep as tf.GradSaveFunc)([w, value]);
    return { value, gradFunc: (dy, [w, value]) => dy.mul(w!).divNoNan(value!) };
  })(kernel);
}

/** Keeps a mean of norms that are all 0 from being divided by. */
const TINY = 1e-30;

/**
 * The DropNeuron penalty on a kernel [.., in, out], as a regularizer of a TensorFlow.js layer.
 * Source: Pan, Dong and Guo 2016, DropNeuron, equations 5 and 6.
 */
export class DropNeuronPenalty extends tf.serialization.Serializable {
  static readonly className = 'DropNeuronPenalty';

  constructor(private readonly config: DropNeuronPenaltyConfig = {}) {
    super();
  }

  /** The penalty of a kernel, a scalar. */
  apply(weights: tf.Tensor): tf.Scalar {
    const { li = 0, lo = 0, l1 = 0, l2 = 0, transposed = false, gates } = this.config;
    return tf.tidy(() => {
      const kernel = gates === undefined ? weights : weights.reshape([weights.shape[0]!, gates, -1]);
      const [last, before] = [kernel.rank - 1, gates === undefined ? kernel.rank - 2 : 0];
      const [out, into] = transposed ? [before, last] : [last, before];
      let penalty = tf.scalar(0) as tf.Tensor;
      if (li !== 0) penalty = penalty.add(this.groups(kernel, out).mul(li));
      if (lo !== 0) penalty = penalty.add(this.groups(kernel, into).mul(lo));
      if (l1 !== 0) penalty = penalty.add(absolute(kernel).sum().mul(l1));
      if (l2 !== 0) penalty = penalty.add(kernel.square().sum().mul(l2));
      return penalty.asScalar();
    });
  }

  getConfig(): tf.serialization.ConfigDict {
    return { ...this.config };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }

  /** Sum of the norms of the groups that stand along one axis. */
  private groups(kernel: tf.Tensor, along: number): tf.Tensor {
    const all = norms(kernel, along);
    const { delta } = this.config;
    return delta === undefined ? all.sum() : all.mul(reweighting(delta)(all)).sum();
  }
}

/** The weights of groups by their norms, held fixed when a gradient is taken. */
function reweighting(delta: number): (norms: tf.Tensor) => tf.Tensor {
  return tf.customGrad((given) => {
    const x = given as tf.Tensor;
    const living = x.greater(0).cast('float32').sum().maximum(1);
    const mean = x.sum().maximum(TINY).div(living);
    return { value: x.div(mean).add(delta).reciprocal(), gradFunc: () => x.zerosLike() };
  });
}

/** Picks features of the last axis, as `keep:` in a spec does: [batch, n] to [batch, keep.length]. */
export class DropNeuronKeep extends tf.layers.Layer {
  static readonly className = 'DropNeuronKeep';
  private readonly keep: number[];

  constructor(config: { readonly keep: readonly number[]; readonly name?: string }) {
    super(config as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.keep = [...config.keep];
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tf.Shape;
    return [...shape.slice(0, -1), this.keep.length];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.gather(x, tf.tensor1d(this.keep, 'int32'), x.rank - 1);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), keep: this.keep };
  }
}

/** Numbers of one row of any shape, in row-major order, for a `DropNeuronAffine`. */
export interface DropNeuronAffineConfig {
  readonly before: readonly number[];
  readonly scale: readonly number[];
  readonly after: readonly number[];
  readonly name?: string;
}

/**
 * (x + before) · scale + after, each number of a row by its own: between the units of the data's files and those that a network was trained with.
 * Nothing of it is trained.
 */
export class DropNeuronAffine extends tf.layers.Layer {
  static readonly className = 'DropNeuronAffine';
  private readonly numbers: Record<'before' | 'scale' | 'after', number[]>;

  constructor(config: DropNeuronAffineConfig) {
    super(config as unknown as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.numbers = { before: [...config.before], scale: [...config.scale], after: [...config.after] };
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const { before, scale, after } = this.numbers;
      const row = (numbers: number[]) => tf.tensor(numbers, x.shape.slice(1));
      return x.add(row(before)).mul(row(scale)).add(row(after));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.numbers };
  }
}

tf.serialization.registerClass(
  DropNeuronAffine as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
);
tf.serialization.registerClass(
  DropNeuronPenalty as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
);
tf.serialization.registerClass(
  DropNeuronKeep as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
);
