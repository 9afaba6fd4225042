import type { ConvolutionAttributes } from '../../program/convolution.js';
import type { PoolingAttributes } from '../../program/pooling.js';
import { type Extent, sizeOf, type TensorType } from '../../program/program.js';
import { channelsFirst, inOrder, reshapeTarget } from '../forms.js';
import type { GraphWriter } from '../graph.js';
import type { ImageAt, ImageLowering } from '../lowering.js';
import { elementTypes } from '../model.js';

const IMAGE = channelsFirst(4);
/** A program's kernel [height, width, channels / groups, filters] as ONNX has it: [filters, channels / groups, height, width]. */
const KERNEL = [3, 2, 0, 1];

/** [batch, height, width, channels], all but the batch known. */
type Image = readonly [Extent, number, number, number];

function shapeOf(type: TensorType | undefined): Image {
  return type!.shape as unknown as Image;
}

/** ONNX wants [top, left, bottom, right]. */
function pads([top, bottom, left, right]: readonly number[]): number[] {
  return [top!, left!, bottom!, right!];
}

/** A result of zeros where an extent is 0: runtimes refuse to convolve nothing. */
function empty(g: GraphWriter, at: ImageAt, order: readonly number[]): boolean {
  if (![...at.inputTypes, ...at.outputTypes].some((type) => type.shape.includes(0))) return false;
  g.node('Expand', [g.scalar('float', 0), g.shape(inOrder(at.outputTypes[0]!.shape, order))], {}, at.outputs[0]!);
  return true;
}

function reshape(g: GraphWriter, x: string, shape: readonly Extent[], output?: string): string {
  return g.node('Reshape', [x, reshapeTarget(g, shape)], { allowzero: 1 }, output);
}

const conv2d: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    const { strides, padding, dilation, groups } = at.attributes as ConvolutionAttributes;
    const operands = [at.input(0, IMAGE), at.input(1, KERNEL), ...(at.bias === undefined ? [] : [at.bias])];
    g.node('Conv', operands, { strides, pads: pads(padding), dilations: dilation, group: groups }, at.outputs[0]!);
  },
};

/** How much of the input's end no window reaches: what ConvTranspose must add there. */
function unreached(extents: readonly number[], size: readonly number[], attributes: ConvolutionAttributes): number[] {
  const { strides, padding, dilation } = attributes;
  return extents.map((extent, axis) => {
    const spread = (size[axis]! - 1) * dilation[axis]! + 1;
    return (extent + padding[2 * axis]! + padding[2 * axis + 1]! - spread) % strides[axis]!;
  });
}

const conv2dInputGradient: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    const attributes = at.attributes as ConvolutionAttributes & { readonly extents: readonly number[] };
    const { strides, padding, dilation, groups, extents } = attributes;
    const size = at.inputTypes[1]!.shape.slice(0, 2) as number[];
    const output_padding = unreached(extents, size, attributes);
    const options = { strides, pads: pads(padding), dilations: dilation, group: groups, output_padding };
    g.node('ConvTranspose', [at.input(0, IMAGE), at.input(1, KERNEL)], options, at.outputs[0]!);
  },
};

/**
 * The filter gradient is a convolution, too: of the input by the gradient, with images as the channels that are summed over, strides and
 * dilation exchanged. Written as it is found in books, with the input's channels as images, it is up to nine times slower than what
 * stands here: rows of [width · channels] are one axis, along which the gradient is dilated by the channels, so that one image is
 * convolved whose result is the whole kernel, in runs of [width · channels] numbers. Where the kernel is dilated along its width these
 * runs have gaps, and channels are an axis of their own.
 */
const conv2dFilterGradient: ImageLowering = {
  writes: 'plain',
  lower(g, at) {
    if (empty(g, at, [0, 1, 2, 3])) return;
    const { strides, padding, dilation, groups, size } = at.attributes as ConvolutionAttributes & {
      readonly size: readonly number[];
    };
    const [images, height, width, allChannels] = shapeOf(at.inputTypes[0]);
    const [, rows, columns, filters] = shapeOf(at.inputTypes[1]);
    const channels = allChannels / groups;
    const [top, bottom, left, right] = padding as [number, number, number, number];
    const [down, along] = strides as [number, number];
    const summed = images === 'batch' ? -1 : images * groups;
    const runs = dilation[1] === 1;

    const image = reshapeTo(g, grouped(g, at, groups), [
      1,
      summed,
      height,
      ...(runs ? [width * channels] : [width, channels]),
    ]);
    const turned = at.input(1, [3, 0, 1, 2]);
    const kernel = runs ? turned : reshape(g, turned, [filters, images, rows, columns, 1]);
    const options = runs
      ? {
          strides: [dilation[0]!, 1],
          dilations: [down, along * channels],
          pads: [top, left * channels, bottom, right * channels],
        }
      : { strides: [...dilation, 1], dilations: [down, along, 1], pads: [top, left, 0, bottom, right, 0] };
    let found = g.node('Conv', [image, kernel], { ...options, group: groups });

    // Rows and columns at the end that no window of the convolution reached give entries that no kernel has.
    const reached = [
      Math.floor((height + top + bottom - (rows - 1) * down - 1) / dilation[0]!) + 1,
      Math.floor((width + left + right - (columns - 1) * along - 1) / dilation[1]!) + 1,
    ];
    if (reached.some((one, axis) => one !== size[axis])) {
      const ends = runs ? [size[0]!, size[1]! * channels] : size;
      found = g.node('Slice', [found, g.int64([0, 0]), g.int64(ends), g.int64([2, 3])]);
    }
    const parts = reshape(g, found, [filters, size[0]!, size[1]!, channels]);
    g.node('Transpose', [parts], { perm: [1, 2, 3, 0] }, at.outputs[0]!);
  },
};

/** The input as [groups, batch, height, width, channels of a group], or what lies in memory as that does. */
function grouped(g: GraphWriter, at: ImageAt, groups: number): string {
  const [images, height, width, channels] = shapeOf(at.inputTypes[0]);
  if (groups === 1) return at.input(0, [0, 1, 2, 3]);
  if (groups === channels) return at.input(0, [3, 0, 1, 2]);
  const split = reshape(g, at.input(0, [0, 1, 2, 3]), [images, height, width, groups, channels / groups]);
  return g.node('Transpose', [split], { perm: [3, 0, 1, 2, 4] });
}

/** Reshape with −1 for what remains. */
function reshapeTo(g: GraphWriter, x: string, shape: readonly number[], output?: string): string {
  return g.node('Reshape', [x, g.int64(shape)], {}, output);
}

function poolOptions({ size, strides, padding }: PoolingAttributes) {
  return { kernel_shape: size, strides, pads: pads(padding) };
}

const maxPool2d: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    g.node('MaxPool', [at.input(0, IMAGE)], poolOptions(at.attributes as PoolingAttributes), at.outputs[0]!);
  },
};

const maxPool2dGradient: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    const attributes = at.attributes as PoolingAttributes;
    const options = poolOptions(attributes);
    const [x, dy] = [at.input(0, IMAGE), at.input(1, IMAGE)];
    const { size, strides, padding } = attributes;
    if (padding.every((one) => one === 0) && strides.every((stride, axis) => stride === size[axis])) {
      writeTiledGradient(g, at, x, dy, attributes);
      return;
    }
    const shape = inOrder(at.inputTypes[0]!.shape, IMAGE);
    const flat = (from: string) => reshapeTo(g, from, [-1]);
    const zeros = g.node('ConstantOfShape', [g.node('Shape', [flat(x)])]);
    const places = flat(indicesOf(g, x, options));
    const added = g.node('ScatterElements', [zeros, places, flat(dy)], { axis: 0, reduction: 'add' });
    reshape(g, added, shape, at.outputs[0]!);
  },
};

/**
 * The gradient where windows lie side by side. onnxruntime's MaxPool takes twenty times as long when it is to tell indices, so maxima are
 * found by comparing. Of several in a window the first has the largest rank among them, and a second pooling, of ranks, finds it.
 */
function writeTiledGradient(g: GraphWriter, at: ImageAt, x: string, dy: string, attributes: PoolingAttributes): void {
  const [, height, width] = shapeOf(at.inputTypes[0]);
  const [, rows, columns] = shapeOf(at.inputTypes[1]);
  const [tall, wide] = attributes.size as readonly [number, number];
  const options = poolOptions(attributes);
  const [down, along] = [rows * tall, columns * wide];
  // Rows and columns at the end that no window reaches.
  const whole = down === height && along === width;
  const under = whole ? x : g.node('Slice', [x, g.int64([0, 0]), g.int64([down, along]), g.int64([2, 3])]);
  const float = { to: elementTypes.float };
  /** Each number over all of its window. */
  const spread = (of: string) => {
    const scales = g.constant({ dtype: 'float', shape: [4] }, Float64Array.of(1, 1, tall, wide));
    const exact = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return g.node('Resize', [of, '', scales], exact);
  };
  const ranks = Float64Array.from({ length: down * along }, (_, place) => {
    const [row, column] = [Math.floor(place / along) % tall, (place % along) % wide];
    return tall * wide - (row * wide + column);
  });
  const maxima = g.find('MaxPool', [x], options)?.outputs[0] ?? g.node('MaxPool', [x], options);
  const isMaximum = g.node('Cast', [g.node('Equal', [under, spread(maxima)])], float);
  const ranked = g.node('Mul', [isMaximum, g.constant({ dtype: 'float', shape: [down, along] }, ranks)]);
  const first = g.node('Equal', [ranked, spread(g.node('MaxPool', [ranked], options))]);
  const output = whole ? at.outputs[0] : undefined;
  const given = g.node('Mul', [g.node('Cast', [first], float), spread(dy)], {}, output);
  if (whole) return;
  const ends = g.int64([0, 0, height - down, width - along]);
  g.node('Pad', [given, ends, '', g.int64([2, 3])], { mode: 'constant' }, at.outputs[0]!);
}

/** Where each window of x has its first maximum, counted over all of x. The pooling itself tells it, where there is one. */
function indicesOf(g: GraphWriter, x: string, options: ReturnType<typeof poolOptions>): string {
  const pool = g.find('MaxPool', [x], options);
  if (pool?.outputs[1] !== undefined) return pool.outputs[1];
  const indices = g.fresh('places');
  if (pool) g.extend(pool, indices);
  else {
    const outputs = [g.fresh('maxima'), indices];
    g.rawNode({ operator: 'MaxPool', domain: '', inputs: [x], outputs, attributes: options });
  }
  return indices;
}

const averagePool2d: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    const options = { ...poolOptions(at.attributes as PoolingAttributes), count_include_pad: 0 };
    g.node('AveragePool', [at.input(0, IMAGE)], options, at.outputs[0]!);
  },
};

/** Each window's gradient, divided by the elements inside, spread by a transposed convolution with ones. */
const averagePool2dGradient: ImageLowering = {
  writes: 'channels first',
  lower(g, at) {
    if (empty(g, at, IMAGE)) return;
    const attributes = at.attributes as PoolingAttributes & { readonly extents: readonly number[] };
    const { size, strides, padding, extents } = attributes;
    const [images, rows, columns, channels] = shapeOf(at.inputTypes[0]);
    const inside = [rows, columns].map((count, axis) =>
      Array.from({ length: count }, (_, window) => {
        const start = window * strides[axis]! - padding[2 * axis]!;
        return Math.min(extents[axis]!, start + size[axis]!) - Math.max(0, start);
      }),
    );
    const counts = Float64Array.from(inside[0]!.flatMap((tall) => inside[1]!.map((wide) => tall * wide)));
    const same = counts.every((one) => one === counts[0]);
    const divisor = same
      ? g.scalar('float', counts[0]!)
      : g.constant({ dtype: 'float', shape: [rows, columns] }, counts);
    const share = g.node('Div', [at.input(0, IMAGE), divisor]);
    const planes = images === 'batch' ? -1 : images * channels;
    const ones = g.constant({ dtype: 'float', shape: [1, 1, ...size] }, new Float64Array(sizeOf(size)).fill(1));
    const output_padding = unreached(extents, size, { ...attributes, dilation: [1, 1], groups: 1 });
    const options = { strides, pads: pads(padding), output_padding };
    const spread = g.node('ConvTranspose', [reshapeTo(g, share, [planes, 1, rows, columns]), ones], options);
    reshape(g, spread, inOrder([images, ...extents, channels], IMAGE), at.outputs[0]!);
  },
};

export const images = {
  conv2d,
  conv2d_input_gradient: conv2dInputGradient,
  conv2d_filter_gradient: conv2dFilterGradient,
  max_pool2d: maxPool2d,
  max_pool2d_gradient: maxPool2dGradient,
  average_pool2d: averagePool2d,
  average_pool2d_gradient: averagePool2dGradient,
} satisfies Record<string, ImageLowering>;
