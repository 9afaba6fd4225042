import { describe, expect, test } from 'vitest';
import { lowerGraph } from '../../src/compiler/2-graph/index.js';
import { lowerDims } from '../../src/compiler/3-dims/index.js';
import { lowerSpec } from '../../src/compiler/1-spec/index.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { read } from '../../src/dsl/read.js';
import { extents } from '../../src/ir/dims.js';

/** What is said of a network, message and help, and the shape that the layer `it` is given all the same. */
function told(input: string, call: string): { readonly lines: readonly string[]; readonly shape: readonly number[] } {
  const text = `model Net {\n  x = Input(${input})\n  it = ${call}\n}\ndata { source: mnist }\ntrain { loss: mse; epochs: 1 }\n`;
  const source = new Source('net.dn', text);
  const reports = new Reports();
  const spec = lowerSpec(read(source, reports), { source, sets: [] }, reports);
  const graph = lowerGraph(spec!, reports);
  expect(reports.all).toEqual([]);
  const network = lowerDims(graph, {}, reports);
  return {
    lines: reports.all.flatMap(({ message, help }) => [message, ...help]),
    shape: extents(network.shapes.get('it')![0]!),
  };
}

describe('an input of another number of axes', () => {
  test('a flat image is told what would be an image, and taken for one', () => {
    expect(told('784', 'Conv2D(4, 5)')).toEqual({
      lines: [
        'it needs an input [height, width, channels] and was given 784 (one axis)',
        'put `Reshape(28, 28, 1)` before it, or begin with `Input(28, 28, 1)`',
      ],
      shape: [24, 24, 4],
    });
    expect(told('3072', 'MaxPooling2D')).toEqual({
      lines: [
        'it needs an input [height, width, channels] and was given 3072 (one axis)',
        'put `Reshape(32, 32, 3)` before it, or begin with `Input(32, 32, 3)`',
      ],
      shape: [16, 16, 3],
    });
  });

  test('an image without channels', () => {
    expect(told('28, 20', 'Conv2D(4, 3, padding: same)')).toEqual({
      lines: [
        'it needs an input [height, width, channels] and was given 28×20 (2 axes)',
        'put `Reshape(28, 20, 1)` before it, or begin with `Input(28, 20, 1)`',
      ],
      shape: [28, 20, 4],
    });
  });

  test('a series without channels, and an image where a series is due', () => {
    expect(told('100', 'Conv1D(4, 3)')).toEqual({
      lines: [
        'it needs an input [steps, channels] and was given 100 (one axis)',
        'put `Reshape(100, 1)` before it, or begin with `Input(100, 1)`',
      ],
      shape: [98, 4],
    });
    expect(told('5, 4, 3', 'Conv1D(4, 3)').lines).toEqual([
      'it needs an input [steps, channels] and was given 5×4×3 (3 axes)',
    ]);
  });

  test('RepeatVector and LocalResponseNormalization', () => {
    expect(told('4, 3', 'RepeatVector(2)').lines).toEqual([
      'it needs an input with one axis and was given 4×3',
      'put `Flatten` before it',
    ]);
    expect(told('4', 'LocalResponseNormalization').lines).toEqual([
      'it needs an input [height, width, channels] and was given 4',
    ]);
  });
});

describe('windows that do not fit', () => {
  const help = 'use `padding: same`, a smaller one, or fewer poolings before it';

  test.each([
    [
      '4, 8, 1',
      'Conv2D(2, 5)',
      'it needs a kernel no larger than its input and was given a kernel of 5×5 on an input of 4×8',
    ],
    [
      '4, 8, 1',
      'Conv2D(2, 3, dilation_rate: [2, 1])',
      'it needs a kernel no larger than its input and was given a kernel of 3×3 (dilated to 5×3) on an input of 4×8',
    ],
    [
      '4, 2',
      'Conv1D(2, 5)',
      'it needs a kernel no larger than its input and was given a kernel of 5 steps on an input of 4 steps',
    ],
    [
      '2, 2, 1',
      'AveragePooling2D(3)',
      'it needs a window no larger than its input and was given a window of 3×3 on an input of 2×2',
    ],
    [
      '1, 3',
      'MaxPooling1D',
      'it needs a window no larger than its input and was given a window of 2 steps on an input of 1 steps',
    ],
  ])('%s, %s', (input, call, message) => {
    expect(told(input, call).lines).toEqual([message, help]);
  });

  test('with zeros around, all fit', () => {
    expect(told('2, 2, 1', 'Conv2D(2, 5, padding: same)').lines).toEqual([]);
    expect(told('1, 3', 'MaxPooling1D(4, padding: same)').lines).toEqual([]);
    expect(told('2, 1', 'Conv1D(2, 5, padding: causal)').lines).toEqual([]);
  });
});

describe('arguments that do not fit together', () => {
  test.each([
    [
      '8, 8, 1',
      'Conv2D(2, 3, strides: 2, dilation_rate: 2)',
      ['it needs `strides: 1` where `dilation_rate` is more than 1 and was given strides of 2'],
    ],
    [
      '8, 8, 3',
      'Conv2D(4, 3, groups: 2)',
      ['it needs input channels that part into 2 groups and was given 3 channels'],
    ],
    ['8, 8, 4', 'Conv2D(3, 3, groups: 2)', ['it needs filters that part into 2 groups and was given 3 filters']],
    [
      '4, 4, 1',
      'Conv2DTranspose(2, 3, strides: 2, output_padding: 2)',
      ['it needs `output_padding` less than strides (2×2) and was given 2×2'],
    ],
    [
      '4, 4, 1',
      'Conv2DTranspose(2, 2, strides: 2, padding: same, output_padding: 0)',
      ['it needs an `output_padding` that fits its kernel and was given 0×0 with a kernel of 2×2'],
    ],
    ['4, 2', 'Cropping1D([3, 1])', ['it needs a `cropping` that leaves something and was given 4 of 4']],
    ['4, 3, 2', 'Cropping2D([1, 2])', ['it needs a `cropping` that leaves something and was given 2×4 of 4×3']],
    ['4, 3, 2', 'Permute(2, 1)', ['it needs each of the axes 1, 2, 3 once (its input is 4×3×2) and was given (2, 1)']],
    ['4, 3', 'Permute(2, 2)', ['it needs each of the axes 1, 2 once (its input is 4×3) and was given (2, 2)']],
    ['300, 2', 'UpSampling1D(9000)', ['it needs at most 1,000,000 steps and was given 2,700,000']],
  ])('%s, %s', (input, call, lines) => {
    const { lines: found } = told(input, call);
    expect(found.slice(0, lines.length)).toEqual(lines);
  });
});
