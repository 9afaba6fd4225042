import type { TensorInfo, Tf } from '../tfjs/library.js';
import type { WebgpuBackend } from './device.js';
import { runShader } from './shaders.js';

/** Kernels of tfjs' backend that other kernels of it run, too, and that cannot stay as they are. */

interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: WebgpuBackend;
  readonly attrs: Readonly<Record<string, unknown>>;
}

type KernelFunction = (call: KernelCall) => TensorInfo;

/** tfjs' number of the matrix product that works through its sums in a fixed order, tile by tile. */
const PACKED = 3;
/** From here on tfjs divides a sum among workgroups, which add to its result in any order: other bits every time. */
const LONG = 2000;

/** A matrix product, or a convolution that is one: with a long sum in a fixed order. */
function inOrder(tf: Tf, length: (call: KernelCall) => number, kernel: KernelFunction): KernelFunction {
  return (call) => {
    if (length(call) < LONG) return kernel(call);
    tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', PACKED);
    try {
      return kernel(call);
    } finally {
      tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', -1);
    }
  };
}

/** tfjs gives the same memory another type, which some kernels take for that type then and some do not; here it is written anew. */
function converted(kernel: KernelFunction): KernelFunction {
  return (call) => {
    const { x } = call.inputs as { readonly x: TensorInfo };
    const dtype = call.attrs.dtype as 'float32' | 'int32' | 'bool';
    // The same type stays; numbers that become whole, or true and false, are written anew by tfjs, too.
    if (x.dtype === dtype || x.dtype === 'float32' || dtype === 'bool') return kernel(call);
    const code =
      dtype === 'float32' ? 'setOutputAtIndex(index, f32(x[index]));' : 'setOutputAtIndexI32(index, i32(x[index]));';
    return runShader(call.backend, { name: `cast to ${dtype}`, inputs: { x }, shape: x.shape, dtype, code });
  };
}

export function replaceKernels(tf: Tf, backendName: string): void {
  const replaced: Readonly<Record<string, (kernel: KernelFunction) => KernelFunction>> = {
    BatchMatMul: (kernel) =>
      inOrder(tf, ({ inputs, attrs }) => inputs.a!.shape.at(attrs.transposeA ? -2 : -1)!, kernel),
    Conv2D: (kernel) =>
      inOrder(tf, ({ inputs }) => inputs.filter!.shape.slice(0, 3).reduce((all, extent) => all * extent, 1), kernel),
    Cast: converted,
  };
  for (const [name, replace] of Object.entries(replaced)) {
    const config = tf.getKernel(name, backendName);
    if (!config) throw new Error(`the backend has no kernel ${name}`);
    tf.unregisterKernel(name, backendName);
    const kernelFunc = replace(config.kernelFunc as unknown as KernelFunction);
    tf.registerKernel({ ...config, kernelFunc: kernelFunc as unknown as typeof config.kernelFunc });
  }
}
