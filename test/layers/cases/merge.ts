import type { LayerCase, LayerEntry } from './case.js';

/** What holds for every element-wise merge; `spelled` is its class in TensorFlow.js. */
function elementwise(call: string, spelled: string | undefined, most = Number.POSITIVE_INFINITY): LayerEntry {
  const tfjs = spelled === undefined ? ('refused' as const) : [spelled];
  const twice: LayerCase[] = [
    { call, inputs: [[4], [4]], output: [4], apart: { inputs: [[0], [0]], out: [0] }, tfjs },
    {
      call,
      inputs: [
        [2, 3],
        [2, 3],
      ],
      output: [2, 3],
      apart: {
        inputs: [
          [0, 1],
          [0, 1],
        ],
        out: [0, 1],
      },
      tfjs,
    },
    // Squeeze and excitation: axes of 1 stretch, channels are the same.
    {
      call,
      inputs: [
        [2, 2, 3],
        [1, 1, 3],
      ],
      output: [2, 2, 3],
      apart: { inputs: [[0, 1, 2], [2]], out: [2] },
      tfjs,
    },
    // Every unit of the second reads the first, which varies: only a product is 0 all the same.
    {
      call,
      inputs: [[2, 1], [3]],
      output: [2, 3],
      apart: { inputs: [[0], [0]], out: [0, 1] },
      ...(call !== 'Multiply' && { pinned: true }),
      tfjs,
    },
  ];
  const thrice: LayerCase = {
    call,
    inputs: [[3], [2, 3], [1, 3]],
    output: [2, 3],
    apart: { inputs: [[0], [0, 1], [1]], out: [0, 1] },
    tfjs,
  };
  return { defaults: [call, {}], cases: most > 2 ? [...twice, thrice] : twice };
}

/** Layers that make one of several tensors. */
export const merge = {
  Add: elementwise('Add', 'Add'),
  Average: elementwise('Average', 'Average'),
  Concatenate: {
    defaults: ['Concatenate', { axis: -1 }],
    cases: [
      {
        call: 'Concatenate',
        inputs: [[3], [2]],
        output: [5],
        apart: { inputs: [[0], [0]], out: [0] },
        tfjs: ['Concatenate'],
      },
      {
        call: 'Concatenate(axis: 1)',
        inputs: [
          [2, 3],
          [1, 3],
        ],
        output: [3, 3],
        apart: { inputs: [[0, 1], [1]], out: [0, 1] },
        tfjs: ['Concatenate'],
      },
      {
        call: 'Concatenate(3)',
        inputs: [
          [2, 1, 3],
          [2, 1, 1],
          [2, 1, 2],
        ],
        output: [2, 1, 6],
        apart: { inputs: [[0, 2], [0], [0, 2]], out: [0, 2] },
        tfjs: ['Concatenate'],
      },
    ],
  },
  Maximum: elementwise('Maximum', 'Maximum'),
  Minimum: elementwise('Minimum', 'Minimum'),
  Multiply: elementwise('Multiply', 'Multiply'),
  Subtract: elementwise('Subtract', undefined, 2),
} satisfies Readonly<Record<string, LayerEntry>>;
