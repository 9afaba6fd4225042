/** Random convolutions and poolings for the tables of tests over all ops. */

type Whole = (low: number, high: number) => number;

export interface ConvolutionCase {
  /** [height, width] of the input and its channels; [height, width, channels / groups, filters] of the kernel; [height, width, filters] of the result. */
  readonly input: readonly [number, number, number];
  readonly kernel: readonly [number, number, number, number];
  readonly result: readonly [number, number, number];
  readonly options: {
    readonly strides: readonly number[];
    readonly padding: readonly number[];
    readonly dilation: readonly number[];
    readonly groups: number;
  };
}

/** Strides 1 to 3, dilation 1 or 2, kernels of 1 to `largest`, groups (depthwise among them), not square, padded unevenly. */
export function convolutionCase(whole: Whole, largest = 5): ConvolutionCase {
  const strides = [whole(1, 3), whole(1, 3)];
  const size = [whole(1, largest), whole(1, largest)] as const;
  const dilation = [whole(1, 2), whole(1, 2)];
  const padding = [0, 1, 2, 3].map(() => whole(0, 2));
  const groups = whole(0, 2) === 0 ? whole(2, 4) : 1;
  const depthwise = groups > 1 && whole(0, 1) === 0;
  const perGroup = depthwise ? 1 : whole(1, 3);
  const filters = groups * whole(1, groups > 1 ? 2 : 4);
  const spread = (axis: 0 | 1) => (size[axis] - 1) * dilation[axis]! + 1;
  const extent = (axis: 0 | 1) => Math.max(1, spread(axis) - padding[2 * axis]! - padding[2 * axis + 1]!) + whole(0, 4);
  const [height, width] = [extent(0), extent(1)];
  const count = (axis: 0 | 1, from: number) =>
    Math.floor((from + padding[2 * axis]! + padding[2 * axis + 1]! - spread(axis)) / strides[axis]!) + 1;
  return {
    input: [height, width, perGroup * groups],
    kernel: [size[0], size[1], perGroup, filters],
    result: [count(0, height), count(1, width), filters],
    options: { strides, padding, dilation, groups },
  };
}

export interface PoolingCase {
  readonly input: readonly [number, number, number];
  readonly result: readonly [number, number, number];
  readonly size: readonly number[];
  readonly options: { readonly strides: readonly number[]; readonly padding: readonly number[] };
}

/** Windows of 1 to `largest`, overlapping or apart or side by side, padded by less than their size. */
export function poolingCase(whole: Whole, largest = 4): PoolingCase {
  const size = [whole(1, largest), whole(1, largest)];
  const strides = whole(0, 1) === 0 ? size : [whole(1, 3), whole(1, 3)];
  const padding = [0, 1, 2, 3].map((side) => (whole(0, 1) === 0 ? 0 : whole(0, Math.min(2, size[side >> 1]! - 1))));
  const extent = (axis: 0 | 1) => Math.max(1, size[axis]! - padding[2 * axis]! - padding[2 * axis + 1]!) + whole(0, 5);
  const [height, width] = [extent(0), extent(1)];
  const channels = whole(1, 3);
  const count = (axis: 0 | 1, from: number) =>
    Math.floor((from + padding[2 * axis]! + padding[2 * axis + 1]! - size[axis]!) / strides[axis]!) + 1;
  return {
    input: [height, width, channels],
    result: [count(0, height), count(1, width), channels],
    size,
    options: { strides, padding },
  };
}
