import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import {
  ALL_CORES,
  forLargeSteps,
  GRAPHICS_CARD,
  isLarge,
  type StepSize,
  stepSize,
  stepSizeOf,
  threadsBeside,
  threadsFor,
} from '../../../src/runtime/engines/auto.js';
import type { Engine, Readiness } from '../../../src/runtime/engines/engine.js';
import { chooseEngine, engines } from '../../../src/runtime/engines/index.js';

const networkOf = (layers: string) =>
  compile(
    new Source(
      'net.dn',
      `model M {\n${layers}\n}\ndata { source: drawn_digits }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }\n`,
    ),
  ).network;

describe('the size of a step', () => {
  test('is three products for every weight and row, of the largest batch', () => {
    const network = networkOf('image = Input(28, 28, 1)\nFlatten\nDense(7)\nDense(10)');
    expect(stepSize(network, [32, 5])).toEqual({
      multiplyAdds: 3 * 32 * (784 * 7 + 7 * 10),
      convolutions: false,
    });
  });
  test('of a spec is that of its largest phase, the fine-tuning among them', () => {
    const compiled = (train: string, simplify = '') =>
      compile(
        new Source(
          'net.dn',
          `model M { Input(6); Dense(1) }
data { source: sparse_regression(features: 6, samples: 60, test: 20) }
train { loss: mse; batch_size: 8; ${train} }
${simplify}`,
        ),
      );
    expect(stepSizeOf(compiled('epochs: 1')).multiplyAdds).toBe(3 * 8 * 6);
    expect(stepSizeOf(compiled('phases { a { epochs: 1 }; b { epochs: 1; batch_size: 16 } }')).multiplyAdds).toBe(
      3 * 16 * 6,
    );
    const finetune = 'simplify { finetune { epochs: 1; batch_size: 32 } }';
    expect(stepSizeOf(compiled('epochs: 1', finetune)).multiplyAdds).toBe(3 * 32 * 6);
  });
  test('tells convolutions', () => {
    const network = networkOf('image = Input(28, 28, 1)\nConv2D(2, 3)\nFlatten\nDense(10)');
    expect(stepSize(network, [1]).convolutions).toBe(true);
  });
});

const size = (multiplyAdds: number, convolutions = false): StepSize => ({ multiplyAdds, convolutions });

describe('threads', () => {
  test('are all cores for large steps alone', () => {
    expect(threadsFor(size(ALL_CORES - 1), 8)).toBe(1);
    expect(threadsFor(size(ALL_CORES), 8)).toBe(8);
  });
  test('of trainings side by side never are more than there are cores, with as many trainings as have room', () => {
    for (let cores = 1; cores <= 16; cores++)
      for (let trainings = 1; trainings <= 20; trainings++) {
        const threads = threadsBeside(size(2 ** 40), cores, trainings);
        expect(threads).toBeGreaterThanOrEqual(1);
        expect(threads * Math.min(trainings, Math.floor(cores / threads))).toBeLessThanOrEqual(cores);
      }
    expect(threadsBeside(size(2 ** 40), 8, 3)).toBe(2);
    expect(threadsBeside(size(1), 8, 3)).toBe(1);
  });
});

const ready = { ready: true, version: '1' } as const;
const absent = { ready: false, because: 'it is not there', help: 'install it' } as const;

function engine(keyword: string, readiness: Readiness = ready): Engine {
  const load = async () => {
    throw new Error('not meant to be loaded');
  };
  return { keyword, summary: '', probe: async () => readiness, load };
}

describe('a graphics card', () => {
  const table = { processor: engine('processor'), card: engine('card') };
  const forLarge = { card: { from: 100, convolutions: true } };
  const auto = (multiplyAdds: number, verify: (one: Engine) => Promise<unknown> = async () => 'good') => ({
    size: size(multiplyAdds),
    threads: 1,
    forLarge,
    verify,
  });

  test('is taken for large steps, after a small one', async () => {
    const tried: string[] = [];
    const verify = async ({ keyword }: Engine) => tried.push(keyword);
    const chosen = await chooseEngine('auto', table, auto(100, verify));
    expect(chosen).toMatchObject({
      engine: table.card,
      because: 'a graphics card is ready, and a step has 100 multiply-adds',
    });
    expect(tried).toEqual(['card']);
  });
  test('is left alone for small ones', async () => {
    const verify = () => Promise.reject(new Error('not meant to be tried'));
    expect((await chooseEngine('auto', table, auto(99, verify))).engine).toBe(table.processor);
    expect((await chooseEngine('auto', table)).engine).toBe(table.processor);
  });
  test('that does not start is told of, and another engine is taken', async () => {
    const verify = () => Promise.reject(new Error('no libcudnn.so.9\n  at some place'));
    const chosen = await chooseEngine('auto', table, auto(100, verify));
    expect(chosen).toMatchObject({ engine: table.processor, because: 'no libcudnn.so.9; the fastest engine here' });
  });
  test('that is not there is no reason for a word', async () => {
    const without = { ...table, card: engine('card', absent) };
    const chosen = await chooseEngine('auto', without, auto(100));
    expect(chosen).toMatchObject({ engine: without.processor, because: 'the fastest engine here' });
  });
});

test('the engines for large steps are engines, and convolutions are not for one that finds their form by a clock', () => {
  for (const name of Object.keys(forLargeSteps)) expect(Object.keys(engines)).toContain(name);
  const large = Object.entries(forLargeSteps).filter(([, one]) => isLarge(one, size(GRAPHICS_CARD, true)));
  expect(large.map(([name]) => name)).toEqual(['tfjs-node-gpu']);
  for (const one of Object.values(forLargeSteps)) {
    expect(isLarge(one, size(GRAPHICS_CARD))).toBe(true);
    expect(isLarge(one, size(GRAPHICS_CARD - 1))).toBe(false);
  }
});
