import { sizeOf } from '../../../program/program.js';
import type { Tensor, TensorInfo, Tf } from '../tfjs/library.js';
import type { ShaderProgram, WebgpuBackend } from './device.js';

const THREADS = 64;

/** Own kernels in WGSL: every element of the result by a thread of its own, which knows its `index`. */
export interface Shader {
  /** Tells this code from other code. */
  readonly name: string;
  /** Inputs by the names that the code reads them under: as arrays, and their extents as `uniforms.<name>Shape`. */
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** Statements that compute one element and end in setOutputAtIndex(index, …), or setOutputAtIndexI32 for whole numbers. */
  readonly code: string;
}

function programOf({ name, inputs, shape, code }: Shader): ShaderProgram {
  return {
    variableNames: Object.keys(inputs),
    outputShape: shape,
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: [...shape.keys()] },
    dispatch: [Math.ceil(sizeOf(shape) / THREADS), 1, 1],
    shaderKey: `dnc ${name}`,
    size: true,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          ${code}
        }
      }`,
  };
}

export function runShader(backend: WebgpuBackend, shader: Shader): TensorInfo {
  return backend.runWebGPUProgram(programOf(shader), Object.values(shader.inputs), shader.dtype);
}

/** As a tensor that tfjs keeps account of. */
export function shaded(tf: Tf, shader: Shader): Tensor {
  return tf.engine().makeTensorFromTensorInfo(runShader(tf.backend() as unknown as WebgpuBackend, shader));
}
