import { encode, type Model } from '../../../onnx/model.js';
import type { Ort } from './library.js';

/**
 * How to keep onnxruntime-node from copying what a run has written.
 *
 * Up to 1.30 the binding copies every output into a new ArrayBuffer, even one that was written into memory given to it
 * (microsoft/onnxruntime, pull request 32346 mends that). For a LeNet's gradients this was a third of a step: the copies themselves, the pages
 * that the system has to map for them, and the garbage collections that they cause.
 *
 * The binding hands outputs over in their order and stops with an error at the first one that it has no JavaScript form for, which a sequence is.
 * By then the run is over and everything is where it was asked to be. So the first output of every graph is an empty sequence, and
 * the error about it is what a good run ends with. Whether it is so is tried once, on a graph of one node, in the version that is installed.
 */
export interface InPlace {
  /** Is this the error about the sequence, and so the end of a run that went well? */
  isExpected(error: unknown): boolean;
}

/** The name of the empty sequence. No value of a program is called so. */
export const UNREADABLE = 'dnc:nothing';

/** The model with an empty sequence as its first output. */
export function withUnreadableOutput(model: Model): Model {
  const node = { operator: 'SequenceEmpty', domain: '', inputs: [], outputs: [UNREADABLE], attributes: {} };
  const output = { name: UNREADABLE, type: 'float', shape: [], sequence: true } as const;
  return { ...model, nodes: [node, ...model.nodes], outputs: [output, ...model.outputs] };
}

const tried = new WeakMap<Ort, Promise<InPlace | undefined>>();

/** undefined where the installed version does not behave so: its runs are right without it, if slower. */
export function tryInPlace(ort: Ort): Promise<InPlace | undefined> {
  let found = tried.get(ort);
  if (!found) tried.set(ort, (found = tryOnce(ort)));
  return found;
}

async function tryOnce(ort: Ort): Promise<InPlace | undefined> {
  const value = { type: 'float', shape: [2] } as const;
  const session = await ort.InferenceSession.create(
    encode(
      withUnreadableOutput({
        name: 'in-place',
        inputs: [{ name: 'x', ...value }],
        outputs: [{ name: 'y', ...value }],
        initializers: [],
        nodes: [{ operator: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
      }),
    ),
    { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 },
  );
  const tensor = (data: Float32Array) => new ort.Tensor('float32', data, [2]);
  const written = new Float32Array(2);
  try {
    await session.run({ x: tensor(Float32Array.of(1, -2)) }, { [UNREADABLE]: null, y: tensor(written) });
    return undefined;
  } catch (error) {
    const expected = messageOf(error);
    if (written[0] !== -1 || written[1] !== 2) return undefined;
    return { isExpected: (other) => messageOf(other) === expected };
  } finally {
    await session.release();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
