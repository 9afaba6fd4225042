import { PickedRows } from '../../data/picked-rows.js';
import { type DType, type HostTensor, type Program, sizeOf, type TensorType } from '../../program/program.js';
import { resolveShape, sameShape, showShape, showType } from '../../program/shapes.js';

const arrays = { float: Float32Array, int: Int32Array, bool: Uint8Array } as const;

/** Zeros of a type whose batch extent is known. */
export function zeros(dtype: DType, shape: readonly number[]): HostTensor {
  return { shape, data: new arrays[dtype](sizeOf(shape)) };
}

/**
 * Checks what a caller feeds against the program, and reads the batch extent off it.
 *
 * @returns the batch extent; undefined where no input has one
 * @throws Error naming the input that is missing or does not fit: a mistake in dnc
 */
export function checkInputs(program: Program, inputs: Readonly<Record<string, HostTensor>>): number | undefined {
  let batch: number | undefined;
  for (const { name, role, value } of program.inputs) {
    if (role === 'state') continue;
    const tensor = inputs[name];
    const type = program.values[value]!;
    if (!tensor) throw new Error(`${program.name} lacks its input ${name}`);
    const axis = type.shape.indexOf('batch');
    if (axis >= 0) batch ??= tensor.shape[axis] ?? 0;
    checkTensor(`the input ${name} of ${program.name}`, type, tensor, batch);
  }
  return batch;
}

/** @throws Error where the tensor's array, rank or extents are not the type's */
export function checkTensor(what: string, type: TensorType, tensor: HostTensor, batch: number | undefined): void {
  if (fits(type, tensor, batch)) return;
  const wanted = resolveShape(type.shape, batch);
  const found = `a ${tensor.data.constructor.name} of ${tensor.data.length} as ${showShape(tensor.shape)}`;
  throw new Error(`${what} must be ${showType({ dtype: type.dtype, shape: wanted })} and is ${found}`);
}

/** Asked of every input in every step: it makes no arrays. */
function fits({ shape, dtype }: TensorType, tensor: HostTensor, batch: number | undefined): boolean {
  if (tensor.shape.length !== shape.length) return false;
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] === 'batch' ? batch : shape[axis];
    if (tensor.shape[axis] !== extent) return false;
    size *= extent as number;
  }
  // Picked rows are as many numbers as their shape says, and to count them would be to copy them.
  if (tensor instanceof PickedRows) return tensor.table instanceof arrays[dtype];
  return tensor.data instanceof arrays[dtype] && tensor.data.length === size;
}

/** The type of every state tensor of programs that share one state. @throws Error where two programs disagree */
export function stateTypes(programs: Readonly<Record<string, Program>>): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const program of Object.values(programs)) {
    const places = [
      ...program.inputs.filter((one) => one.role === 'state'),
      ...program.outputs.filter((one) => one.role === 'state'),
    ];
    for (const { name, value } of places) {
      const type = program.values[value]!;
      const known = types.get(name);
      if (known && !sameShape(known.shape, type.shape)) {
        throw new Error(`the state ${name} is both ${showType(known)} and ${showType(type)}`);
      }
      types.set(name, type);
    }
  }
  return types;
}
