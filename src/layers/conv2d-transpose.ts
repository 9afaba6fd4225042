import { extents } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import {
  biasInitializer,
  channelsOf,
  convolutionFacts,
  convolutionRanges,
  dilationRate,
  filters,
  finish,
  kernelInitializer,
  type KernelOptions,
  kernelSlide,
  kernelWindow,
  spelledConvolution,
  sumArguments,
  type WindowArguments,
  windowArguments,
  writtenApart,
} from './convolution-parts.js';
import { defineLayer, reads, writes, looksAtAll } from './layer.js';
import {
  countWindows,
  type Pair,
  pair,
  type PerAxis,
  perAxis,
  pictureOf,
  placeAxes,
  placesOf,
  reach,
  refuseStridesWithDilation,
  sidesOf,
} from './windows.js';

interface TransposedArguments extends WindowArguments {
  readonly output_padding?: PerAxis;
}

/** (height, width) that the image grows to, as Keras counts it (keras/src/backend/common/backend_utils.py, compute_conv_transpose_output_shape). */
function grown(image: Pair, args: TransposedArguments): Pair {
  const { size, strides, dilation } = kernelSlide(args, 2);
  const more = args.output_padding === undefined ? undefined : pair(args.output_padding, 2);
  const along = (axis: 0 | 1) => {
    const wide = reach(size[axis], dilation[axis]);
    const between = (image[axis] - 1) * strides[axis];
    if (args.padding === 'valid') return between + wide + (more?.[axis] ?? Math.max(strides[axis] - wide, 0));
    return more === undefined ? image[axis] * strides[axis] : between + (wide % 2) + more[axis];
  };
  return [along(0), along(1)];
}

/** Places at the edges and between strides read not all weights. */
function kernelOptions({ use_bias }: { readonly use_bias: boolean }): KernelOptions {
  return { useBias: use_bias, padded: true, axes: { reads: 3, writes: 2 } };
}

export const conv2dTranspose = defineLayer({
  keyword: 'Conv2DTranspose',
  summary:
    'Transposed convolution over an image [height, width, channels]: every place writes a window, windows are added up.',
  cite: 'Keras, keras.layers.Conv2DTranspose',
  inputs: [1, 1],
  schema: Type.Object({
    filters,
    ...windowArguments(2, { strides: 'How far apart the windows of neighbouring places begin.' }),
    output_padding: Type.Optional(
      perAxis(2, {
        minimum: 0,
        description: 'By how much the result is longer at its ends; less than strides.',
        absent: 'as strides ask',
      }),
    ),
    dilation_rate: dilationRate(2),
    ...sumArguments,
    kernel_initializer: kernelInitializer('the kernel [height, width, filters, channels]'),
    bias_initializer: biasInitializer,
  }),
  shape: (args, at) => {
    const { places } = pictureOf(at, 2);
    const slide = kernelSlide(args, 2);
    refuseStridesWithDilation(at, slide);
    const padding = args.output_padding === undefined ? undefined : pair(args.output_padding, 2);
    const image = grown(places, args);
    if (padding?.some((one, axis) => one >= slide.strides[axis]!))
      at.misfit(`\`output_padding\` less than strides (${slide.strides.join('×')})`, padding.join('×'));
    // The transposed convolution has to be the adjoint of one that gives this very input.
    else if (String(countWindows(image, slide)) !== String(places))
      at.misfit(
        'an `output_padding` that fits its kernel',
        `${padding?.join('×')} with a kernel of ${slide.size.join('×')}`,
      );
    return [[...placeAxes(at, image, 2), at.fresh(args.filters)]];
  },
  params: ({ kernel_size, use_bias, kernel_initializer, bias_initializer }, [x], [y = []], at) => ({
    kernel: {
      axes: [...kernelWindow(kernel_size, 2, at), writes(y.at(-1)!), reads(channelsOf(x, at))],
      initializer: kernel_initializer,
    },
    ...(use_bias && { bias: { axes: [writes(y.at(-1)!)], initializer: bias_initializer } }),
  }),
  forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []], params: { kernel, bias } }) => {
    const slide = kernelSlide(args, 2);
    const image = grown(placesOf(shape, 2), args);
    const sum = b.conv2dInputGradient(x!, kernel!, image, {
      strides: slide.strides,
      dilation: slide.dilation,
      padding: sidesOf(image, slide),
    });
    return [finish(b, sum, bias, args.activation)];
  },
  unitwise: ({ activation }, _, [y = []]) => writtenApart(activation, y),
  pinReason: ({ activation }) => looksAtAll(activation.word),
  facts: (args, at) => convolutionFacts(at, args.activation, kernelOptions(args)),
  ranges: (args, at) => convolutionRanges(at, args.activation, kernelOptions(args)),
  gathers: () => true,
  resize: (_, { outputs: [kept = []] }) => ({ filters: kept.length }),
  multiplyAdds: ({ filters, kernel_size }, [x = []]) => sizeOf(extents(x)) * sizeOf(pair(kernel_size, 2)) * filters,
  spelling: {
    tfjs: ({ filters, padding, output_padding, dilation_rate, ...args }, { name }) => {
      const rest = spelledConvolution({ ...args, dilation_rate }, 2);
      // TensorFlow.js takes neither.
      if (!rest || output_padding !== undefined || Math.max(...pair(dilation_rate, 2)) > 1) return undefined;
      return [{ className: 'Conv2DTranspose', config: { filters, padding, ...rest, name } }];
    },
  },
});
