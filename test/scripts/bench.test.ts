import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { withDeadUnits } from '../../bench/dead-units.js';
import { networks } from '../../bench/networks.mjs';
import { productsOfStep } from '../../bench/products.js';
import { partsOf } from '../../bench/profile.js';
import { multiplyAdds } from '../../src/compiler/3-dims/index.js';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
// @ts-expect-error: a script without types
import { goal, boundText, medianRatio, memoryGoal, timeGoal, valueText } from '../../bench/goals.mjs';
// @ts-expect-error: a script without types
import { deepSpec } from '../../bench/groups/compile-time.mjs';
// @ts-expect-error: a script without types
import { groups } from '../../bench/groups/index.mjs';
// @ts-expect-error: a script without types
import { allowed } from '../../bench/groups/live.mjs';
// @ts-expect-error: a script without types
import { keyOf, page } from '../../bench/page.mjs';
// @ts-expect-error: a script without types
import { drawPool, pools } from '../../bench/pools.mjs';
// @ts-expect-error: a script without types
import { lastLine, measure, median, spread } from '../../bench/rounds.mjs';
// @ts-expect-error: a script without types
import { BUSY, busyBetween, merged, readParts, unfit, writeParts } from '../../bench/store.mjs';

const compiled = (text: string) => compile(new Source('bench.dn', text));
/** A contestant as it comes out of the rounds. */
const contestant = (name: string, times: readonly number[], peakBytes = 0, more: object = {}) => ({
  name,
  ...spread(times),
  steps: 10,
  peakBytes,
  describe: `${name} itself`,
  versions: { [name]: '1.2' },
  loadMs: 100,
  ...more,
});

describe('numbers', () => {
  test('median, spread, ratios round by round', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, times: [3, 1, 2] });
    // The machine was slow in the second round, for both.
    expect(medianRatio([1, 9, 2], [2, 18, 2])).toBe(0.5);
  });

  test('the last line of an error is the one that names it', () => {
    expect(lastLine('Traceback:\n  File "x"\nValueError: no\n\nsome note\n')).toBe('ValueError: no');
    expect(lastLine('killed\n')).toBe('killed');
    expect(lastLine('')).toBe('it said nothing');
    expect(lastLine(`RuntimeError: ${'x'.repeat(500)}`)).toHaveLength(200);
  });

  test('busy processors, from the clocks of two moments', () => {
    const clocks = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } });
    expect(busyBetween([clocks(10, 50), clocks(0, 0)], [clocks(20, 80), clocks(0, 40)])).toBeCloseTo(0.25);
    expect(busyBetween([clocks(1, 1)], [clocks(1, 1)])).toBe(0);
  });

  test('what live shrinking could save: all epochs as short as what lives, in proportion', () => {
    // Two epochs of the whole network, then one of the last: 10 + 10 + 4 of 30.
    expect(allowed({ sizes: [100, 100, 40, 40], whole: 10, last: 4 })).toBeCloseTo(6 / 30);
    expect(allowed({ sizes: [100, 70, 40], whole: 10, last: 4 })).toBeCloseTo(3 / 20);
    expect(allowed({ sizes: [100, 100], whole: 10, last: 10 })).toBe(0);
  });
});

describe('goals', () => {
  const result = {
    measured: [
      contestant('dnc', [1, 2, 1], 60),
      contestant('PyTorch, eager', [4, 4, 4], 150),
      contestant('PyTorch, torch.compile', [2, 2, 2], 100),
    ],
  };

  test('time against the fastest of the peers that are meant, with the rounds beside it', () => {
    const found = timeGoal(result, 'dnc', 'PyTorch', /^PyTorch/, 0.4);
    expect(found).toMatchObject({ value: 0.5, low: 0.5, high: 1, atMost: 0.4, met: false });
    expect(found.what).toContain('torch.compile');
    expect(timeGoal(result, 'dnc', 'PyTorch eager', /eager$/, 0.25).met).toBe(true);
    expect(valueText(found)).toBe('0.50 (0.50 – 1.00)');
    expect(boundText(found)).toBe('at most 0.40');
  });

  test('memory against the least', () => {
    expect(memoryGoal(result, 'dnc', 'PyTorch', /^PyTorch/, 0.6)).toMatchObject({ value: 0.6, met: true });
  });

  test('nothing is said of what was not measured', () => {
    expect(timeGoal(result, 'dnc', 'Keras', /^Keras/, 0.25)).toBeUndefined();
    expect(timeGoal(result, 'nobody', 'PyTorch', /^PyTorch/, 0.25)).toBeUndefined();
    expect(memoryGoal(result, 'dnc', 'Keras', /^Keras/, 0.4)).toBeUndefined();
  });

  test('a least value', () => {
    expect(goal('saved', 0.79, { atLeast: 0.8 }).met).toBe(false);
    expect(boundText(goal('saved', 0.9, { atLeast: 0.8, unit: ' s' }))).toBe('at least 0.80 s');
  });
});

describe('parts', () => {
  const part = (more: object = {}) => ({
    date: '2026-01-02',
    rounds: 11,
    peers: true,
    seconds: 60,
    busy: [0, 0.1],
    machine: '2 cores',
    result: {},
    ...more,
  });

  test('new parts take the place of old ones, and the file keeps six digits', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dnc-parts-'));
    try {
      const file = path.join(folder, 'deep', 'parts.json');
      expect(readParts(file)).toEqual({ format: 1, parts: {} });
      const old = merged(readParts(file), { 'a/x': part({ rounds: 9 }), 'a/y': part() });
      writeParts(file, merged(old, { 'a/x': part({ seconds: 1 / 3 }) }));
      const { parts } = readParts(file);
      expect(Object.keys(parts)).toEqual(['a/x', 'a/y']);
      expect(parts['a/x']).toEqual(part({ seconds: 0.333333 }));
      writeFileSync(file, '{"format": 2}');
      expect(() => readParts(file)).toThrow('format 2');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a part stands on the page with its peers, enough rounds, and a machine that did nothing else', () => {
    const group = { name: 'a', peers: true };
    expect(unfit(part(), group)).toBeUndefined();
    expect(unfit(part({ peers: false }), group)).toContain('--peers');
    expect(unfit(part({ peers: false }), { name: 'b' })).toBeUndefined();
    expect(unfit(part({ rounds: 5 }), group)).toContain('5 rounds');
    expect(unfit(part({ rounds: 5 }), { ...group, rounds: 5 })).toBeUndefined();
    expect(unfit(part({ busy: [0, BUSY * 2] }), group)).toContain('busy');
    expect(unfit(part({ look: true }), group)).toBe('a look');
    expect(unfit(part({ who: ['Keras'] }), group)).toContain('contestants');
  });

  test('the page: goals, limits, what was not measured; each part with its date', () => {
    const measured = [
      contestant('dnc, onnxruntime', [1, 1], 2 ** 20, {
        flops: 0.2e9,
        machine: 'x64 avx2',
        profile: [{ what: 'onnxruntime, run', share: 0.75 }],
      }),
      contestant('PyTorch, eager', [5, 5], 2 ** 22),
      contestant('PyTorch, torch.compile', [1.25, 1.25], 2 ** 22),
    ];
    const absent = [{ name: 'TensorFlow.js, tfjs-wasm', because: 'no such kernel' }];
    const text: string = page({
      parts: { 'steps/adamnet': part({ peak: 400, result: { measured, absent } }), 'gone/row': part() },
    });
    expect(text).toMatch(/^# Performance\n/);
    expect(text).toContain('| PyTorch, eager | 5.00 | 5.00 – 5.00 | 0.20 | 2.150 | 10 | 4 | 0.100 |');
    expect(text).toMatch(
      /\| steps\/adamnet \| time, of that of torch.compile \| at most 0.60 \| 0.80 .* \| \*\*no\*\* \|/,
    );
    expect(text).toMatch(/\| steps\/adamnet \| time, of that of PyTorch eager \| at most 0.25 \| 0.20 .* \| yes \|/);
    expect(text).toContain("take 0.50 ms at the machine's peak of 400 GFLOP/s; dnc's step takes 2.0 times that");
    expect(text).toContain("Where dnc's time goes: onnxruntime, run 75 %.");
    expect(text).toContain('TensorFlow.js, tfjs-wasm (no such kernel)');
    expect(text).toMatch(/Not measured yet: .*steps\/lstm/);
    expect(text).toContain('| steps/adamnet | 2026-01-02 | 11 | 1.0 | 0.00, 0.10 |');
    expect(text).not.toContain('gone/row');
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  test('every group writes its section from what its rows give', () => {
    const way = { name: 'w', ...spread([1]), sizes: [3, 3], live: '', shrinks: 0, before: 3, after: 3, accuracy: 0.9 };
    const forward = { batch: 128, multiplyAdds: [100e6, 25e6], whole: spread([4]), small: spread([1]), speedUp: 4 };
    const outcome = { units: [3, 2], weights: 9, accuracyBefore: 0.9, accuracy: 0.9 };
    const results: Readonly<Record<string, object>> = {
      steps: { measured: [contestant('dnc, onnxruntime', [1])], absent: [] },
      simplified: {
        data: 'MNIST',
        epochs: 6,
        finetune: 3,
        measured: [
          { ...contestant('a', [2]), ...outcome },
          { ...contestant('b', [4]), ...outcome },
        ],
      },
      live: { ways: [way, way], allowed: 0.2 },
      feeding: { alone: spread([1]), loop: spread([1.05]), ratio: 1.05 },
      inference: { batches: [{ ...forward, batch: 1 }, forward] },
      scaling: {
        values: [{ value: 32, measured: [contestant('dnc, onnxruntime', [1])] }],
        measured: [contestant('x', [1])],
      },
      'compile-time': {
        timed: [10, 100, 1000].flatMap((layers) =>
          ['check', 'compile'].map((command) => ({ layers, command, ...spread([0.3]) })),
        ),
      },
      'start-up': { commands: [{ name: 'check', goal: 0.2, ...spread([0.1]) }] },
      shrink: { sizes: [{ layers: 10, parameters: 20, seconds: 0.1, removed: 3 }] },
    };
    const parts = Object.fromEntries(
      (groups as { name: string; rows: { name: string }[] }[]).flatMap((group) =>
        group.rows.map((row) => [keyOf(group, row), part({ peak: 100, result: results[group.name] })]),
      ),
    );
    const text: string = page({ parts });
    expect(text).not.toMatch(/undefined|NaN|\[object|Not measured yet/);
    // 25 million multiply-adds of 128 rows take 64 ms at 100 GFLOP/s: a network that needs one is no possible one, and counts as bound by arithmetic.
    expect(text).toMatch(/speed-up at batch 128, of the ratio of multiply-adds \| at least 0.75 \| 1.00 \| yes/);
    expect(text).toMatch(/time of PyTorch, torch.compile and Torch-Pruning \| at most 0.50 \| 0.50 \| yes/);
  });

  test('rows have names of their own', () => {
    const keys = (groups as { name: string; rows: { name: string }[] }[]).flatMap((group) =>
      group.rows.map((row) => keyOf(group, row)),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test('rounds: everybody trains, the one that begins changes, and a peer that cannot is absent with its reason', async () => {
  const order: string[] = [];
  const answers = (name: string) => `
    const say = (value) => console.log(JSON.stringify(value));
    if ('${name}' === 'cannot') { console.error('TypeError: it cannot'); process.exit(3); }
    if ('${name}' === 'not here') { say({ ready: false, because: 'not installed' }); process.exit(0); }
    say({ ready: true, describe: '${name}', versions: {}, loadMs: 1, loss: 2 });
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'quit') { say({ peakBytes: 7 }); process.exit(0); }
      say({ ms: JSON.parse(line).steps * 3, loss: 1 });
    });`;
  const { measured, absent } = await measure(
    ['one', 'two', 'cannot', 'not here'].map((name) => ({ name, program: 'node', steps: 5 })),
    {
      rounds: 2,
      log: (line: string) => order.push(line),
      command: ({ name }: { name: string }) => ({
        command: process.execPath,
        args: ['-e', answers(name)],
        env: process.env,
      }),
    },
  );
  expect(measured.map((one: { name: string; times: number[] }) => [one.name, one.times])).toEqual([
    ['one', [3, 3]],
    ['two', [3, 3]],
  ]);
  expect(measured[0]).toMatchObject({ peakBytes: 7, firstLoss: 2, lastLoss: 1 });
  expect(absent).toEqual([
    { name: 'cannot', because: 'TypeError: it cannot' },
    { name: 'not here', because: 'not installed' },
  ]);
});

describe('what is measured', () => {
  test.each(Object.entries(networks))('%s compiles, as it is and as peers compute it', (_, network) => {
    for (const text of [network.spec(), network.asWritten?.()]) {
      if (text === undefined) continue;
      const { spec, network: built } = compiled(text);
      const phase = spec.train.phases[network.phase ?? 0]!;
      const step = stepProgram(built, { ...phase, finetune: false });
      expect(phase.batch_size).toBe(network.batch);
      if (text === network.spec()) {
        expect(step.metrics).toEqual([]);
        expect(step.penalties.length > 0).toBe(network.penalties !== undefined);
      }
      expect(productsOfStep(built)).toBeLessThanOrEqual(3 * multiplyAdds(built));
    }
  });

  test('the products of a step: the first layer passes no gradient on', () => {
    const { network } = compiled(networks['lenet-300-100']!.spec());
    expect(productsOfStep(network)).toBe(2 * 784 * 300 + 3 * (300 * 100 + 100 * 10));
    // Behind a rescaling it is still the first.
    const picture = compiled(networks.convnet!.spec()).network;
    expect(productsOfStep(picture)).toBe(3 * multiplyAdds(picture) - 28 * 28 * 25 * 32);
  });

  test.each([10, 100])('a deep spec has %d layers', (layers) => {
    expect(compiled(deepSpec(layers)).network.graph.nodes).toHaveLength(layers);
  });

  test('pools: the same numbers each time, every class among the labels', () => {
    for (const pool of Object.values(pools) as { rows: number; width: number; classes: number; symbols?: number }[]) {
      const { numbers, labels } = drawPool({ ...pool, rows: 100 });
      expect(drawPool({ ...pool, rows: 100 })).toEqual({ numbers, labels });
      expect(numbers).toHaveLength(100 * pool.width);
      expect(new Set(labels).size).toBeGreaterThan(1);
      expect(Math.max(...labels)).toBeLessThan(pool.classes);
      expect(numbers.every((x: number) => x >= 0 && x < (pool.symbols ?? 1))).toBe(true);
    }
  });

  test('dead units: what kernels do not read any more is 0, in pictures laid flat by channel', () => {
    const kernels = [
      { name: 'conv.kernel', shape: [1, 1, 2, 2] },
      { name: 'fc.kernel', shape: [4, 2] },
    ];
    const values = new Map([
      ['conv.kernel', Float32Array.of(1, 2, 3, 4)],
      ['fc.kernel', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ]);
    const dead = withDeadUnits(kernels, values, [
      { kernels: '^conv', keep: 0.5 },
      { kernels: '^fc', keep: 1, of: 2 },
    ]);
    expect([...dead.get('conv.kernel')!]).toEqual([1, 2, 0, 0]);
    expect([...dead.get('fc.kernel')!]).toEqual([1, 2, 0, 0, 5, 6, 0, 0]);
    expect(() => withDeadUnits(kernels, values, [{ kernels: 'none', keep: 1 }])).toThrow('none');
  });

  test('a profile: shares of self time, by what they are', () => {
    const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url } });
    const parts = partsOf({
      nodes: [node(1, 'run', 'file:///x/onnxruntime-node/y.js'), node(2, 'f', 'wasm://wasm/1'), node(3, '(program)')],
      samples: [1, 1, 2, 3],
      timeDeltas: [30, 30, 30, 10],
    });
    expect(parts.map(({ what, share }) => [what, Math.round(100 * share)])).toEqual([
      ['onnxruntime, run', 60],
      ['WebAssembly, f', 30],
      ['native code', 10],
    ]);
  });
});
