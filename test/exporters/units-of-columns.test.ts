import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import type { Fitted } from '../../src/data/columns.js';
import { Source } from '../../src/diagnostics/source.js';
import { unitsOf } from '../../src/exporters/units.js';

const number = { kind: 'number', shape: [1], named: true } as const;

test('a window has the units of its columns again for each of its rows, side by side, and those of the past of its target', () => {
  const fitted: Fitted = {
    format: 1,
    columns: [
      { ...number, name: 'wind', mean: [3], deviation: [4] },
      { ...number, name: 'heat', mean: [10], deviation: [2] },
      { ...number, name: 'day' },
    ],
    target: 'heat',
    window: { length: 2, horizon: 1, stride: 1, targets: ['heat'] },
  };
  const text = `model Net {
  past = Input
  Flatten
  heat = Dense(1)
}
data { source: csv("a.csv"); target: heat; window { length: 2 } }
train { loss: mse; epochs: 1 }
`;
  const { inputs, outputs } = unitsOf(compile(new Source('net.dn', text), { fitted }));
  expect(inputs.past!.before).toEqual([-3, -10, -0, -3, -10, -0]);
  expect(inputs.past!.scale).toEqual([1 / 4, 1 / 2, 1, 1 / 4, 1 / 2, 1]);
  expect(outputs.heat).toEqual({ before: [0], scale: [2], after: [10] });
});

test('tokens and pictures go in as they are', () => {
  const fitted: Fitted = {
    format: 1,
    columns: [
      { name: 'text', kind: 'tokens', vocabulary: ['a'], length: 3 },
      { name: 'shot', kind: 'image_file', size: [2, 2], channels: 1, fit: 'stretch', range: [0, 1] },
      { ...number, name: 'y' },
    ],
    target: 'y',
  };
  const text = `model Net {
  text = Input
  shot = Input
  pixels = Flatten
  both = Concatenate <- text, pixels
  y = Dense(1)
}
data { source: csv("a.csv"); target: y }
train { loss: mse; epochs: 1 }
`;
  const compiled = compile(new Source('net.dn', text), { fitted });
  expect(unitsOf(compiled).inputs).toEqual({});
  expect(compiled.network.graph.nodes.slice(0, 2).map((node) => node.arguments.shape)).toEqual([[3], [2, 2, 1]]);
});
