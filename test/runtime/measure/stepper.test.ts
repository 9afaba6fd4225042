import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { engines } from '../../../src/runtime/engines/index.js';
import { drawnRows } from '../../../src/runtime/measure/drawn-rows.js';
import { Stepper } from '../../../src/runtime/measure/stepper.js';
import { StepInputs } from '../../../src/runtime/training/step-inputs.js';
import { root } from '../../support/cli.js';
import { tinySpec } from '../../support/specs.js';
import { numbersIn } from '../../data/numbers.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const compiled = (text: string) => compile(new Source('net.dn', text));

describe('drawn rows', () => {
  test('are of the forms that layers and losses take', () => {
    const { network, spec } = compiled(`model M -> kind, price, flags {
  words = Input(7)
  numbers = Input(3)
  read = Embedding(5, 4) <- words
  flat = Flatten <- read
  both = Concatenate <- flat, numbers
  kind = Dense(4) <- both
  price = Dense(2) <- both
  flags = Dense(6, activation: sigmoid) <- both
}
data { source: csv("none.csv") }
train {
  losses { kind: sparse_categorical_crossentropy(from_logits: true); price: mse; flags: binary_crossentropy }
  batch_size: 9
  epochs: 1
}
`);
    const { rows, tensors } = drawnRows(network, spec.train.phases[0]!, 200);
    expect(rows).toBe(200);
    const data = Object.fromEntries(tensors.map((one) => [one.name, one]));
    expect(Object.keys(data)).toEqual(['words', 'numbers', 'target:kind', 'target:price', 'target:flags']);
    const different = (name: string) => [...new Set(numbersIn(data[name]!))].sort();
    expect(different('words')).toEqual([0, 1, 2, 3, 4]);
    expect(data['target:kind']).toMatchObject({ extents: [], width: 1 });
    expect(different('target:kind')).toEqual([0, 1, 2, 3]);
    expect(data['target:price']).toMatchObject({ extents: [2], width: 2 });
    expect(different('target:flags')).toEqual([0, 1]);
    for (const name of ['numbers', 'target:price']) {
      expect(Math.min(...numbersIn(data[name]!))).toBeGreaterThanOrEqual(0);
      expect(Math.max(...numbersIn(data[name]!))).toBeLessThan(1);
      expect(different(name).length).toBeGreaterThan(100);
    }
  });
  test('of classes as vectors have one 1', () => {
    const { network, spec } = compiled(`model M { x = Input(3); Dense(5, activation: softmax) }
data { source: csv("none.csv") }
train { loss: categorical_crossentropy; epochs: 1 }
`);
    const [, target] = drawnRows(network, spec.train.phases[0]!, 50).tensors;
    for (let row = 0; row < 50; row++) {
      const own = [...numbersIn(target!).subarray(5 * row, 5 * row + 5)].sort();
      expect(own).toEqual([0, 0, 0, 0, 1]);
    }
  });
  test('are the same every time', () => {
    const { network, spec } = compiled(tinySpec());
    const [one, other] = [1, 2].map(() => drawnRows(network, spec.train.phases[0]!, 20));
    expect(one).toEqual(other);
  });
});

test('steps are made without data, with masks, classes that are weighed by name, and on another engine', async () => {
  const text = `model M { x = Input(6); Dense(8, activation: relu) @information_bottleneck(1e-4); Dropout(0.5); Dense(3) }
data { source: csv("not-there.csv"); target: kind }
train { loss: sparse_categorical_crossentropy(from_logits: true); class_weight { cat: 2, dog: 1, cow: 3 }; epochs: 1 }
`;
  for (const name of ['onnxruntime', 'tfjs-cpu'] as const) {
    if (!(await engines[name].probe()).ready) continue;
    const stepper = new Stepper(compiled(text), engines[name], { threads: 1, threadsAsked: false });
    expect(await stepper.open()).toMatch(new RegExp(`^${name} `));
    // More than a drawn pool has batches.
    expect(await stepper.run(20)).toBeGreaterThan(0);
    await stepper.close();
  }
});

test('steps get their inputs as those of a training do, and nobody makes any when it is over', async () => {
  const read = vi.spyOn(StepInputs.prototype, 'read');
  const close = vi.spyOn(StepInputs.prototype, 'close');
  const text = `model M { x = Input(6); Dense(8); Dropout(0.5); Dense(1) }
data { source: csv("not-there.csv"); target: y }
train { loss: mse; batch_size: 4; epochs: 1 }
`;
  const stepper = new Stepper(compiled(text), engines['tfjs-cpu'], { threads: 1, threadsAsked: false });
  await stepper.open();
  await stepper.run(9);
  // Eight batches are drawn.
  expect(read.mock.calls.map(([{ epoch, step }]) => 8 * epoch + step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await stepper.close();
  expect(close).toHaveBeenCalledOnce();
});

test('random numbers come from another thread, unless one thread was asked for', async () => {
  const text = `model M { x = Input(6); Dense(256); Dropout(0.5); Dense(1) }
data { source: csv("not-there.csv"); target: y }
train { loss: mse; batch_size: 2048; epochs: 1 }
`;
  const ahead = async (threadsAsked: boolean) => {
    const stepper = new Stepper(compiled(text), engines['tfjs-cpu'], { threads: 1, threadsAsked });
    const { isAhead } = Reflect.get(stepper, 'inputs') as StepInputs;
    await stepper.close();
    return isAhead;
  };
  expect(await ahead(false)).toBe(availableParallelism() > 1);
  expect(await ahead(true)).toBe(false);
});

test('rows can be drawn for every spec that says what its Inputs read', () => {
  const specs = path.join(root, 'specs');
  let drawn = 0;
  for (const file of readdirSync(specs).filter((name) => name.endsWith('.dn'))) {
    const source = new Source(file, readFileSync(path.join(specs, file), 'utf8'));
    let network: ReturnType<typeof compile>;
    try {
      network = compile(source);
    } catch {
      // Only rows tell what it reads.
      continue;
    }
    const { tensors } = drawnRows(network.network, network.spec.train.phases[0]!, 2);
    for (const { width, data } of tensors) expect(numbersIn({ data }).length).toBe(2 * width);
    drawn += 1;
  }
  expect(drawn).toBeGreaterThan(20);
});
