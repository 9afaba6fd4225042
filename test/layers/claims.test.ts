import { describe, expect, test } from 'vitest';
import { Type } from '../../src/ir/kind.js';
import { defineLayer, type LayerKind, reads, writes } from '../../src/layers/layer.js';
import { brokenClaims, gradientError, tryLayer } from './harness.js';

/** The harness itself: it has to notice layers that say what is not so. */
const base = { summary: '', inputs: [1, 1] as const, schema: Type.Object({}), spelling: {} };

function broken(kind: LayerKind, extents: readonly number[] = [2, 3]): string[] {
  return brokenClaims(kind, {}, tryLayer(kind, {}, [extents], 'training'));
}

describe('a layer that lies', () => {
  test('about units of the last axis', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Centered',
      shape: (_, { inputs: [x = []] }) => [x],
      forward: (b, { inputs: [x] }) => [b.subtract(x!, b.mean(x!, [2], true))],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying)).toContain('input 0: unit 0 of the output depends on unit 1');
    const honest: LayerKind = { ...lying, unitwise: (_, [x = []]) => x.slice(0, 1) };
    expect(broken(honest)).toEqual([]);
  });

  test('about another axis', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Steps',
      shape: (_, { inputs: [x = []] }) => [x],
      forward: (b, { inputs: [x] }) => [b.add(x!, b.sum(x!, [1], true))],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying)).toContain('input 0: unit 1 of the output depends on unit 0');
  });

  test('about units that change places', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Reversed',
      shape: (_, { inputs: [x = []] }) => [x],
      forward: (b, { inputs: [x] }) => [b.gather(x!, b.constant([2, 1, 0], [3], 'int'), -1)],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying)).toEqual([
      'input 0: unit 0 of the output depends on unit 2',
      'input 0: unit 2 of the output depends on unit 0',
    ]);
  });

  test('about the units that it writes', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Leaky',
      shape: (_, { name, inputs: [x = []], dims }) => [[...x.slice(0, -1), dims.fresh(2, name)]],
      params: (_, [x = []], [y = []]) => ({
        kernel: { axes: [reads(x.at(-1)!), writes(y.at(-1)!)], initializer: { word: 'zeros', arguments: {} } },
      }),
      forward: (b, { inputs: [x], params: { kernel } }) => [b.softmax(b.matmul(x!, kernel!))],
      unitwise: (_, __, [y = []]) => y.slice(-1),
    });
    expect(broken(lying)).toContain('kernel: unit 0 of the output depends on unit 1');
  });

  test('about units that it reads and does not hand on', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Sums',
      shape: (_, { name, dims }) => [[dims.fresh(1, name)]],
      forward: (b, { inputs: [x] }) => [b.reshape(b.sum(x!, [1, 2]), ['batch', 1])],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying)).toContain('input 0: unit none of the output depends on unit 0');
  });

  test('where only large changes show it', () => {
    // The derivative of the row's largest sign is 0 wherever there is one.
    const lying = defineLayer({
      ...base,
      keyword: 'Signs',
      shape: (_, { inputs: [x = []] }) => [x],
      forward: (b, { inputs: [x] }) => [b.add(x!, b.max(b.sign(x!), [2], true))],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying).length).toBeGreaterThan(0);
  });

  test('by mixing rows', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Batch',
      shape: (_, { inputs: [x = []] }) => [x],
      forward: (b, { inputs: [x] }) => [b.subtract(x!, b.sum(x!, [0], true))],
      unitwise: (_, [x = []]) => x,
    });
    expect(broken(lying)).toEqual(['input 0: rows of the batch mix']);
  });

  test('by a gradient that it does not have', () => {
    const lying = defineLayer({
      ...base,
      keyword: 'Rounded',
      shape: (_, { inputs: [x = []] }) => [x],
      // Steps too small to be seen: the function rises with slope 1, its gradient is 0.
      forward: (b, { inputs: [x] }) => [b.multiply(b.cast(b.cast(b.multiply(x!, 1e9), 'int'), 'float'), 1e-9)],
    });
    expect(gradientError(tryLayer(lying, {}, [[2, 3]], 'training'))).toBeGreaterThan(0.5);
  });
});
