import { expect, test } from 'vitest';
import type { Engine } from '../../../src/runtime/engines/engine.js';
import { engines } from '../../../src/runtime/engines/index.js';
import { verifyEngine } from '../../../src/runtime/engines/verify.js';

const tfjsCpu = engines['tfjs-cpu'];

/** tfjs-cpu with one result that is changed. */
function wrong(result: string, change: (value: number) => number): Engine {
  return {
    ...tfjsCpu,
    keyword: 'wrong',
    async load(programs, options) {
      const loaded = await tfjsCpu.load(programs, options);
      return {
        describe: 'wrong',
        record: loaded.record,
        async run(name, inputs) {
          const found = await loaded.run(name, inputs);
          const { shape, data } = found[result]!;
          return { ...found, [result]: { shape, data: Float32Array.from(data, change) } };
        },
        state: (names) => loaded.state(names),
        setState: (state) => loaded.setState(state),
        close: () => loaded.close(),
      };
    },
  };
}

test('an engine that computes as the reference does is described', async () => {
  expect(await verifyEngine(tfjsCpu, { threads: 1 })).toMatch(/^tfjs-cpu \d+\.\d+\.\d+, 1 thread$/);
});

test.each([
  ['norms', 'a thousandth off', (value: number) => value * 1.001],
  ['loss', 'not a number', () => Number.NaN],
])('%s that is %s are found', async (result, _, change) => {
  await expect(verifyEngine(wrong(result, change), { threads: 1 })).rejects.toThrow(
    `the engine wrong computes wrong numbers here: ${result} is off by`,
  );
});
