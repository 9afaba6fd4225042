import type { HostTensor, TensorType } from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';
import { zeros } from '../host.js';

/** Every state tensor of the programs, and the memory that holds it now. */
export class State {
  private readonly tensors = new Map<string, HostTensor>();

  constructor(readonly types: ReadonlyMap<string, TensorType>) {
    for (const [name, type] of types) this.tensors.set(name, zeros(type.dtype, resolveShape(type.shape, undefined)));
  }

  get(name: string): HostTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(`the programs have no state ${name}`);
    return tensor;
  }

  /** The state's numbers are in this memory already. */
  movedTo(name: string, data: HostTensor['data']): void {
    this.tensors.set(name, { shape: this.get(name).shape, data });
  }

  /** Brings the state's numbers into this memory and keeps them there. */
  moveTo(name: string, data: HostTensor['data']): void {
    const tensor = this.get(name);
    if (tensor.data === data) return;
    data.set(tensor.data);
    this.movedTo(name, data);
  }
}

/** One program, ready to run over the shared state. */
export interface Runner {
  /** Why the update does not run as a pass where there is an update; the pass's own words where it does. */
  readonly update: { readonly pass: boolean; readonly halves?: boolean; readonly describe: string } | undefined;
  open(): Promise<void>;
  /** Another runner's turn: threads of its own end. */
  close(): Promise<void>;
  /** It is not run again. */
  end?(): Promise<void>;
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
}
