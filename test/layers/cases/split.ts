import type { LayerEntry } from './case.js';

/** Layers that take tensors apart. */
export const parts = {
  Slice: {
    defaults: ['Slice', { start: 0, axis: -1 }],
    cases: [
      {
        call: 'Slice(1, 4)',
        inputs: [[6]],
        output: [3],
        left: { before0: 2 },
        apart: { in: [0], out: [0] },
        tfjs: 'refused',
      },
      {
        call: 'Slice(-2)',
        inputs: [[2, 5]],
        output: [2, 2],
        left: { before0: 2 },
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
      { call: 'Slice(0, -1, axis: 1)', inputs: [[3, 2]], output: [2, 2], apart: { in: [0, 1] }, tfjs: 'refused' },
      { call: 'Slice', inputs: [[3]], output: [3], apart: { in: [0], out: [0] }, tfjs: 'refused' },
    ],
  },
  Split: {
    defaults: ['Split(2)', { parts: 2, axis: -1 }],
    cases: [
      {
        call: 'Split(2)',
        inputs: [[6]],
        output: [3],
        outputs: [[3], [3]],
        apart: { in: [0], out: [0] },
        tfjs: 'refused',
      },
      {
        call: 'Split([1, 2, 2])',
        inputs: [[2, 5]],
        output: [2, 1],
        outputs: [
          [2, 1],
          [2, 2],
          [2, 2],
        ],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
      {
        call: 'Split(2, axis: 1)',
        inputs: [[4, 3]],
        output: [2, 3],
        outputs: [
          [2, 3],
          [2, 3],
        ],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
