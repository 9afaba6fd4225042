import { describe, expect, test } from 'vitest';
import { kernelsOf, stepProgram } from '../../src/compiler/4-program/index.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { informationBottleneck } from '../../src/sparsity/information-bottleneck.js';
import type { HostSite, Site, SparsityMethod } from '../../src/sparsity/method.js';
import { variational } from '../../src/sparsity/variational.js';
import { exact, lower, withDefaults } from '../parity/support.js';

const site: Site = { layer: 'fc', tensor: 'kernel', kernelShape: [3, 2], incoming: [0], outgoing: [1] };

/** The moments of a method at a kernel [3, 2] with these own tensors; `noise` is what is drawn. */
function computed(
  method: SparsityMethod,
  given: Readonly<Record<string, unknown>>,
  at: {
    readonly kernel: readonly number[];
    readonly tensors: Readonly<Record<string, readonly number[]>>;
    readonly per: 'read unit' | 'weight';
    readonly noise: readonly number[];
    /** One row that the layer reads; absent: it is not given. */
    readonly input?: readonly number[];
    readonly addsUp?: boolean;
  },
) {
  const b = new Builder();
  const args = withDefaults(method, { warm_up: 0, ...given }) as never;
  const shape = at.per === 'weight' ? [3, 2] : [3, 1];
  const kernel = b.state('kernel', [3, 2]);
  const tensors = Object.fromEntries(
    Object.entries(at.tensors).map(([name, data]) => [name, b.state(name, data.length === 1 ? [] : shape)]),
  );
  const noise = b.state('noise', at.input ? [1, 3] : shape);
  const input = at.input && b.state('input', [1, 3]);
  const own = { arguments: args, site, kernel, tensors };
  const masked = method.mask!(b, { ...own, mode: 'training', input, addsUp: at.addsUp ?? false, random: () => noise })!;
  for (const [name, value] of Object.entries(masked)) b.result(`training ${name}`, value);
  const settled = method.mask!(b, {
    ...own,
    mode: 'inference',
    input: undefined,
    addsUp: false,
    random: () => {
      throw new Error('nothing is drawn at inference');
    },
  })!;
  b.result('inference', settled.kernel!);
  const penalty = method.penalty!(b, {
    ...own,
    bias: undefined,
    learningRate: b.constant(0),
    diagonal: undefined,
  });
  b.result('penalty', penalty);
  const total = Object.values(masked).reduce((sum, value) => b.add(sum, b.sum(value)), penalty);
  const moved = Object.values(tensors).filter(({ type }) => type.shape.length > 0);
  gradient(b, total, [kernel, ...moved]).forEach((slope, k) => {
    b.result(`slope ${k}`, slope);
  });
  const { results } = evaluate(b.build(method.keyword), {
    kernel: exact([3, 2], at.kernel),
    noise: exact(at.input ? [1, 3] : shape, at.noise),
    ...(at.input && { input: exact([1, 3], at.input) }),
    ...Object.fromEntries(
      Object.entries(at.tensors).map(([name, data]) => [name, exact(data.length === 1 ? [] : shape, data)]),
    ),
  });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data]]));
}

const near = (found: readonly number[] | undefined, wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, k) => {
    expect(found![k]).toBeCloseTo(value, 10);
  });
};

describe('@information_bottleneck', () => {
  const mean = [1.2, -0.5, 0.1];
  const log_variance = [-3, -1, -1];
  const kernel = [1, 2, 3, 4, 5, 6];
  const noise = [0.5, -1, 2];
  const at = { kernel, tensors: { mean, log_variance }, per: 'read unit', noise } as const;
  const gates = mean.map((mu, k) => mu + Math.exp(log_variance[k]! / 2) * noise[k]!);

  test('multiplies what is read by μ + σ ε: for every row, or the rows of the kernel where that is not to be had', () => {
    const input = [7, 8, 9];
    near(computed(informationBottleneck, { lambda: 1 }, { ...at, input })['training input'], [
      7 * gates[0]!,
      8 * gates[1]!,
      9 * gates[2]!,
    ]);
    near(
      computed(informationBottleneck, { lambda: 1 }, at)['training kernel'],
      kernel.map((w, k) => w * gates[k >> 1]!),
    );
  });

  test('at inference is μ, and 0 where log α is above the threshold', () => {
    // log σ² − log μ²: −3.36, 0.39 and 3.61.
    near(computed(informationBottleneck, { lambda: 1 }, at).inference, [1.2, 2.4, 0, 0, 0, 0]);
    near(computed(informationBottleneck, { lambda: 1, threshold: 1 }, at).inference, [1.2, 2.4, -1.5, -2, 0, 0]);
    expect(
      computed(informationBottleneck, { lambda: 1 }, at)
        .inference!.slice(2)
        .every((w) => Object.is(w, 0)),
    ).toBe(true);
  });

  test('costs ½ log(1 + μ²/σ²) a gate, by its coefficient, the weight of the layer and the warm-up', () => {
    const cost = mean.reduce((sum, mu, k) => sum + 0.5 * Math.log(1 + mu ** 2 / Math.exp(log_variance[k]!)), 0);
    const penalty = (given: object, warm: readonly number[] = []) =>
      computed(
        informationBottleneck,
        { lambda: 0.3, ...given },
        warm.length > 0 ? { ...at, tensors: { ...at.tensors, warm } } : at,
      ).penalty![0]!;
    expect(penalty({})).toBeCloseTo(0.3 * cost, 6);
    expect(penalty({ weight: 0.25 })).toBeCloseTo(0.075 * cost, 6);
    expect(penalty({}, [0.4])).toBeCloseTo(0.12 * cost, 6);
  });

  test('stays finite where gates and weights are 0 or noise is everything', () => {
    const dead = { ...at, kernel: kernel.map(() => 0), tensors: { mean: [0, 0, 1e-30], log_variance: [-60, 40, 0] } };
    for (const values of Object.values(computed(informationBottleneck, { lambda: 1 }, dead)))
      expect(values.every(Number.isFinite)).toBe(true);
  });

  test('starts as the authors’ code does', () => {
    const args = withDefaults(informationBottleneck, { lambda: 1, warm_up: 0 });
    expect(informationBottleneck.tensors!(args as never, site)).toEqual({
      mean: { per: 'read unit', start: 1 },
      log_variance: { per: 'read unit', start: -9 },
    });
  });
});

describe('@variational', () => {
  const kernel = [0.5, -1, 0.02, 0.3, -0.04, 2];
  const log_variance = [-3, -2, -1, -10, -4, -30];
  const noise = [0.5, -1, 2, 1, -0.5, 0.1];
  const at = { kernel, tensors: { log_variance }, per: 'weight', noise } as const;
  const ratios = kernel.map((w, k) => Math.max(-8, Math.min(8, log_variance[k]! - Math.log(w ** 2 + 1e-8))));

  test('gives weights noise of variance α w²: drawn for what is added up, or for the weights', () => {
    const local = computed(variational, { lambda: 1 }, { ...at, addsUp: true });
    near(
      local['training variance'],
      kernel.map((w, k) => Math.exp(ratios[k]!) * w ** 2),
    );
    expect(local['training kernel']).toBeUndefined();
    near(
      computed(variational, { lambda: 1 }, at)['training kernel'],
      kernel.map((w, k) => w + Math.exp(ratios[k]! / 2) * Math.abs(w) * noise[k]!),
    );
  });

  test('at inference a weight is 0 where log α is above the threshold', () => {
    near(
      computed(variational, { lambda: 1 }, at).inference,
      kernel.map((w, k) => (ratios[k]! < 3 ? w : 0)),
    );
    expect(ratios.filter((ratio) => ratio > 3)).toHaveLength(1);
    near(
      computed(variational, { lambda: 1, threshold: 2 }, at).inference,
      kernel.map((w, k) => (ratios[k]! < 2 ? w : 0)),
    );
  });

  test('costs what equation 14 says, near the divergence itself', () => {
    const cost = (ratio: number) =>
      0.63576 - 0.63576 / (1 + Math.exp(-1.8732 - 1.48695 * ratio)) + 0.5 * Math.log1p(Math.exp(-ratio));
    const { penalty } = computed(variational, { lambda: 0.3 }, at);
    expect(penalty![0]).toBeCloseTo(0.3 * ratios.reduce((sum, ratio) => sum + cost(ratio), 0), 10);
    // The divergence is ½ log α less E log|1 + √α ε|, up to a constant: differences of it, by the trapezoid rule over ε.
    const expected = (ratio: number) => {
      const root = Math.exp(ratio / 2);
      let total = 0;
      const step = 1e-4;
      for (let e = -8 + step / 2; e < 8; e += step)
        total += (Math.log(Math.abs(1 + root * e) + 1e-12) * Math.exp(-(e ** 2) / 2) * step) / Math.sqrt(2 * Math.PI);
      return -0.5 * ratio + total;
    };
    for (const ratio of [-4, -2, 0, 2])
      expect(Math.abs(cost(ratio) - cost(4) - (expected(ratio) - expected(4)))).toBeLessThan(0.02);
  });

  test('stays finite where weights are 0, and costs nothing for what is noise alone', () => {
    const dead = { ...at, kernel: kernel.map(() => 0), tensors: { log_variance: [-60, -20, 0, 5, 60, -10] } };
    for (const addsUp of [true, false])
      for (const values of Object.values(computed(variational, { lambda: 1 }, { ...dead, addsUp })))
        expect(values.every(Number.isFinite)).toBe(true);
    const noisy = computed(variational, { lambda: 1 }, { ...at, tensors: { log_variance: kernel.map(() => 40) } });
    expect(Math.abs(noisy.penalty![0]!)).toBeLessThan(0.01);
  });
});

describe('noise of what is added up', () => {
  const step = (layers: string) => {
    const { spec, network } = lower(`
model Net {
  x = Input(4, 4, 2)
  ${layers}
  f = Flatten
  y = Dense(1)
}
data { source: mnist }
train { loss: mse; optimizer: sgd; epochs: 1 }
`);
    const { program } = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
    return {
      drawn: program.inputs.flatMap(({ random }) => (random ? [random.stream] : [])),
      kernels: kernelsOf(network, 'a').length,
    };
  };

  test.each([
    ['a = Dense(3, activation: relu) @variational(0.1)', ['a.variance']],
    ['a = Conv2D(3, 3, padding: same, activation: relu) @variational(0.1)', ['a.variance']],
    ['a = DepthwiseConv2D(3, activation: relu) @variational(0.1)', ['a.variance']],
    // Two kernels, one after the other: what is added up in between has no name.
    [
      'a = SeparableConv2D(3, 3) @variational(0.1)',
      ['a.depthwise_kernel.variational.noise', 'a.pointwise_kernel.variational.noise'],
    ],
  ])('is drawn for each number where a layer is one sum: %s', (layers, streams) => {
    expect(step(layers).drawn.sort()).toEqual(streams);
  });

  test('has the mean and the variance of what weights with noise of their own come to', () => {
    const { spec, network } = lower(`
model Net {
  x = Input(3)
  y = Dense(2) @variational(0, warm_up: 0)
}
data { source: sparse_regression }
train { loss: mse; optimizer: sgd; epochs: 1 }
`);
    const { program } = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
    const kernel = [0.5, -1, 0.2, 0.3, -0.4, 2];
    const logVariances = [-1, -2, -3, -1, -2, -4];
    const row = [2, -1, 0.5];
    const loss = (noise: readonly number[]) => {
      const inputs = Object.fromEntries(
        program.inputs
          .map(({ name, role, random }) => {
            const data =
              random !== undefined
                ? exact([1, 2], noise)
                : name === 'x'
                  ? exact([1, 3], row)
                  : name.startsWith('target')
                    ? exact([1, 2], [0, 0])
                    : name === 'y.kernel'
                      ? exact([3, 2], kernel)
                      : name.endsWith('log_variance')
                        ? exact([3, 2], logVariances)
                        : name === 'y.bias'
                          ? exact([2], [0.1, -0.2])
                          : exact([], [1]);
            return [name, data, role] as const;
          })
          .map(([name, data]) => [name, data]),
      );
      return evaluate(program, inputs).results.loss!.data[0]!;
    };
    const sums = [0, 1].map((j) => row.reduce((all, x, i) => all + x * kernel[2 * i + j]!, [0.1, -0.2][j]!));
    const spread = [0, 1].map((j) =>
      Math.sqrt(row.reduce((all, x, i) => all + x ** 2 * Math.exp(logVariances[2 * i + j]!), 1e-8)),
    );
    for (const noise of [
      [0, 0],
      [1, -2],
      [-0.3, 0.7],
    ]) {
      const wanted = sums.reduce((all, sum, j) => all + (sum + spread[j]! * noise[j]!) ** 2 / 2, 0);
      expect(loss(noise)).toBeCloseTo(wanted, 5);
    }
  });
});

test('a warm-up goes from 0 to all of it over its epochs, and then stands', async () => {
  const args = withDefaults(informationBottleneck, { lambda: 1, warm_up: 3 });
  expect(informationBottleneck.tensors!(args as never, site).warm).toEqual({ per: 'kernel', start: 0, trained: false });
  const warm = Float32Array.of(0);
  const seen: number[] = [];
  for (const epoch of [0, 1, 2, 0, 1, 2]) {
    const sites = [{ arguments: args, tensors: { warm } }] as unknown as readonly HostSite<never>[];
    await informationBottleneck.advance!({ sites, epoch } as never);
    seen.push(warm[0]!);
  }
  // The beginning of a second phase moves nothing.
  expect(seen.map((share) => Math.round(3 * share))).toEqual([0, 1, 2, 2, 3, 3]);
  expect(warm[0]).toBe(1);
});
