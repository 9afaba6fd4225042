import { fail } from '../../diagnostics/report.js';
import { Builder } from '../../program/builder.js';
import { evaluate } from '../../program/evaluate.js';
import type { HostTensor, Program } from '../../program/program.js';
import type { Engine, EngineOptions } from './engine.js';

/** Norm-wise: what engines are held to after 20 steps; here it is one. */
const TOLERANCE = 1e-5;

const ROWS = 7;

/** A step of a small network: a convolution, pooling, a dense layer, its error, and a change of the weights by their gradient. */
function smallStep(): Program {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 6, 6, 2]);
  const labels = b.batch('labels', 'int', ['batch']);
  const kernel = b.state('kernel', [3, 3, 2, 4]);
  const weights = b.state('weights', [36, 5]);
  const features = b.reshape(b.maxPool2d(b.relu(b.conv2d(x, kernel, { padding: [1, 1, 1, 1] })), [2, 2]), [
    'batch',
    36,
  ]);
  const logits = b.matmul(features, weights);
  const target = b.cast(b.oneHot(labels, 5), 'float');
  b.result('loss', b.divide(b.sum(b.multiply(b.logSoftmax(logits), target)), -ROWS));
  b.result('norms', b.norm(weights, [0]));
  const gradient = b.matmul(features, b.divide(b.subtract(b.softmax(logits), target), ROWS), true);
  b.next('kernel', kernel);
  b.next(
    'weights',
    b.inRegion('update', () => b.subtract(weights, b.multiply(gradient, 0.1))),
  );
  return b.build('step');
}

/** Numbers that look like anything, the same every time. */
function numbers(shape: readonly number[], phase: number): HostTensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, at) => Math.sin(at * 1.7 + phase)) };
}

/**
 * Runs one small training step on an engine and compares what comes out with the float64 evaluator.
 *
 * @returns what the engine says of itself
 * @throws Failure `engine-wrong` where a result is not what it should be; what the engine's `load` throws
 */
export async function verifyEngine(engine: Engine, options: EngineOptions): Promise<string> {
  const program = smallStep();
  const state = { kernel: numbers([3, 3, 2, 4], 0.1), weights: numbers([36, 5], 0.2) };
  const labels = { shape: [ROWS], data: Int32Array.from({ length: ROWS }, (_, row) => row % 5) };
  const inputs = { x: numbers([ROWS, 6, 6, 2], 0.3), labels };
  const wanted = evaluate(program, { ...state, ...inputs });
  const loaded = await engine.load({ step: program }, options);
  try {
    await loaded.setState(state);
    const found = { ...(await loaded.run('step', inputs)), ...(await loaded.state()) };
    for (const [name, { data }] of Object.entries({ ...wanted.results, ...wanted.state })) {
      const difference = normwise(found[name]!.data, data);
      if (difference < TOLERANCE) continue;
      const because = `${name} is off by ${difference.toExponential(1)} of its largest element, and ${TOLERANCE} is allowed`;
      fail('engine-wrong', { engine: engine.keyword, because });
    }
    return loaded.describe;
  } finally {
    await loaded.close();
  }
}

/** The largest difference, relative to the largest element. */
function normwise(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let at = 0; at < wanted.length; at++) {
    const one = Math.abs(found[at]! - wanted[at]!);
    // A NaN is as far off as can be.
    difference = Math.max(difference, Number.isNaN(one) ? Number.POSITIVE_INFINITY : one);
    largest = Math.max(largest, Math.abs(wanted[at]!));
  }
  return difference / largest;
}
