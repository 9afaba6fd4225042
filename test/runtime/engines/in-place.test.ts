import { describe, expect, test } from 'vitest';
import { Builder } from '../../../src/program/builder.js';
import { tryInPlace } from '../../../src/runtime/engines/onnxruntime/in-place.js';
import { loadLibrary, type Ort, probeLibrary } from '../../../src/runtime/engines/onnxruntime/library.js';
import { OnnxSession } from '../../../src/runtime/engines/onnxruntime/session.js';

function doubling(): OnnxSessionMaker {
  const b = new Builder();
  b.result('y', b.multiply(b.batch('x', 'float', ['batch', 3]), 2));
  const program = b.build('doubling');
  return (ort, inPlace) => new OnnxSession({ ort, inPlace, direct: undefined, memory: undefined }, program, 1);
}
type OnnxSessionMaker = (ort: Ort, inPlace: Awaited<ReturnType<typeof tryInPlace>>) => OnnxSession;

async function run(session: OnnxSession, x: readonly number[], extents: readonly number[]): Promise<number[]> {
  const y = { shape: extents, data: new Float32Array(x.length) };
  await session.open();
  try {
    session.feed('x', { shape: extents, data: Float32Array.from(x) });
    session.fetch(0, y);
    await session.run();
    return [...y.data];
  } finally {
    await session.close();
  }
}

describe.skipIf(!probeLibrary().ready)('onnxruntime-node leaves results where they are', () => {
  test('the installed version does, and the numbers are there', async () => {
    const ort = await loadLibrary();
    const inPlace = await tryInPlace(ort);
    expect(inPlace).toBeDefined();
    expect(await run(doubling()(ort, inPlace), [1, -2, 0.5], [1, 3])).toEqual([2, -4, 1]);
  });

  test('a version that hands sequences over is used without', async () => {
    const ort = await loadLibrary();
    const patient = {
      ...ort,
      Tensor: ort.Tensor,
      InferenceSession: {
        create: async (model: Uint8Array, options: Readonly<Record<string, unknown>>) => {
          const session = await ort.InferenceSession.create(model, options);
          return {
            run: async (...given: Parameters<typeof session.run>) => session.run(...given).catch(() => ({})),
            release: () => session.release(),
          };
        },
      },
    } satisfies Ort;
    expect(await tryInPlace(patient)).toBeUndefined();
    expect(await run(doubling()(ort, undefined), [1, -2, 0.5], [1, 3])).toEqual([2, -4, 1]);
  });

  test('any other error is still one', async () => {
    const ort = await loadLibrary();
    const session = doubling()(ort, await tryInPlace(ort));
    await expect(run(session, [1, 2], [1, 2])).rejects.toThrow(/invalid dimensions|Got invalid/i);
  });
});
