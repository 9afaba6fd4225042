import { expect, test } from 'vitest';
import { encodeModel } from '../../src/onnx/lower.js';
import { evaluate } from '../../src/program/evaluate.js';
import { loadLibrary, probeLibrary } from '../../src/runtime/engines/onnxruntime/library.js';
import { forwardProgram, generator, initialState, randomFloats } from '../runtime/engines/steps.js';

const readiness = probeLibrary();
const why = readiness.ready ? '' : ` (not ready: ${readiness.because})`;

test.skipIf(!readiness.ready)(
  `a forward file takes the raw width and computes what the program does${why}`,
  async () => {
    const random = generator(11);
    const program = forwardProgram([3, 5, 2]);
    const weights = initialState(program, 11);
    const select = { x: { indices: [4, 0, 2], width: 6 } };
    const file = encodeModel(program, { initializers: weights, select });

    const ort = await loadLibrary();
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
    const raw = randomFloats(random, [7, 6]);
    const found = await session.run({ x: new ort.Tensor('float32', raw.data as Float32Array, raw.shape) }, {});
    await session.release();

    const kept = Float32Array.from(
      { length: 21 },
      (_, at) => raw.data[Math.floor(at / 3) * 6 + select.x.indices[at % 3]!]!,
    );
    const wanted = evaluate(program, { ...weights, x: { shape: [7, 3], data: kept } }).results.logits!;
    expect(found.logits!.dims).toEqual([7, 2]);
    for (const [at, one] of wanted.data.entries()) expect(found.logits!.data[at]!).toBeCloseTo(one, 5);
  },
);
