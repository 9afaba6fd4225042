import { fail } from '../../../diagnostics/report.js';
import {
  type HostTensor,
  type Instruction,
  isProgram,
  type Program,
  type TensorType,
  type ValueId,
} from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';
import type { Engine, EngineRecord, Loaded } from '../engine.js';
import { checkInputs, checkTensor, stateTypes, zeros } from '../host.js';
import { type Kernel, kernels, tfjsTypes } from './kernels.js';
import { type Backend, loadTfjs, probeTfjs, type Tensor, type Tf } from './library.js';

/** An engine that executes the program op by op with one of tfjs' backends; state stays in its tensors. */
export function tfjsEngine(keyword: string, backend: Backend, summary: string): Engine {
  return {
    keyword,
    summary,
    probe: async () => probeTfjs(backend),
    async load(programs) {
      const readiness = probeTfjs(backend);
      if (!readiness.ready) {
        fail('engine-not-ready', { engine: keyword, because: readiness.because }, { help: [readiness.help] });
      }
      const tf = await loadTfjs(backend).catch((error: Error) =>
        fail('engine-not-ready', { engine: keyword, because: error.message }),
      );
      // Threads of the wasm backend need workers from blob URLs, which Node does not have: both backends run on one.
      const simd = backend === 'wasm' && (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
      const features = [`v8 ${process.versions.v8}`, ...(simd ? ['simd'] : [])].join(' ');
      const record = { engine: keyword, version: readiness.version, threads: 1, features };
      return new LoadedTfjs(tf, backend, programs, record, kernels);
    },
  };
}

/** A program with what does not change from run to run: its constants as tensors, and where each value is read last. */
interface Prepared {
  readonly program: Program;
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  /** The values that are not needed after the instruction of this index. */
  readonly dying: readonly (readonly ValueId[])[];
}

/** Programs loaded into one of tfjs' backends, whichever; `backend` is the name that it is registered under. */
export class LoadedTfjs implements Loaded {
  readonly describe: string;
  private readonly types: ReadonlyMap<string, TensorType>;
  private readonly tensors = new Map<string, Tensor>();
  private readonly prepared = new Map<string, Prepared>();
  /** What the programs' instructions run. */
  private readonly bodies = new Map<Program, Prepared>();

  constructor(
    private readonly tf: Tf,
    private readonly backend: string,
    programs: Readonly<Record<string, Program>>,
    readonly record: EngineRecord,
    /** How the backend computes each op, by its keyword. */
    private readonly kernels: Readonly<Record<string, Kernel>>,
    /** Where a backend cannot wait for what it computes, tensors are asked for and awaited, all of a run together. */
    private readonly awaited = false,
  ) {
    const { engine, version, threads } = record;
    this.describe = `${engine} ${version}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
    this.types = stateTypes(programs);
    for (const [name, type] of this.types) {
      this.tensors.set(name, this.upload(type, zeros(type.dtype, resolveShape(type.shape, undefined))));
    }
    for (const [name, program] of Object.entries(programs)) this.prepared.set(name, this.prepare(program));
  }

  async run(name: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const prepared = this.prepared.get(name);
    if (!prepared) throw new Error(`no program ${name} is loaded`);
    const batch = checkInputs(prepared.program, inputs);
    await this.select();
    const { program, constants, dying } = prepared;
    const values = new Map(constants);
    const fixed = new Set([...constants.values(), ...this.tensors.values()]);
    for (const input of program.inputs) {
      const known = input.role === 'state' ? this.tensors.get(input.name)! : undefined;
      values.set(input.value, known ?? this.upload(program.values[input.value]!, inputs[input.name]!));
    }
    for (const [index, instruction] of program.instructions.entries()) {
      if (instruction.op !== 'constant') this.execute(program, instruction, values, batch);
      for (const id of dying[index]!) {
        const tensor = values.get(id);
        if (!tensor || fixed.has(tensor)) continue;
        tensor.dispose();
        values.delete(id);
      }
    }
    const found = new Map<string, Tensor>();
    const next = new Map<string, Tensor>();
    for (const { name, role, value } of program.outputs) {
      const tensor = values.get(value)!;
      if (role === 'result') found.set(name, tensor);
      else next.set(name, this.tf.clone(tensor));
    }
    const results = await this.read(found);
    for (const tensor of values.values()) if (!fixed.has(tensor)) tensor.dispose();
    for (const [name, tensor] of next) {
      this.tensors.get(name)!.dispose();
      this.tensors.set(name, tensor);
    }
    return results;
  }

  async state(names: readonly string[] = [...this.types.keys()]): Promise<Record<string, HostTensor>> {
    await this.select();
    const asked = names.map((name) => {
      const tensor = this.tensors.get(name);
      if (!tensor) throw new Error(`the programs have no state ${name}`);
      return [name, tensor] as const;
    });
    const found = Object.entries(await this.read(new Map(asked)));
    return Object.fromEntries(
      found.map(([name, { shape, data }]) => [name, { shape: [...shape], data: data.slice() }]),
    );
  }

  async setState(state: Readonly<Record<string, HostTensor>>): Promise<void> {
    await this.select();
    for (const [name, { shape, data }] of Object.entries(state)) {
      const type = this.types.get(name);
      if (!type) throw new Error(`the programs have no state ${name}`);
      checkTensor(`the state ${name}`, type, { shape, data }, undefined);
      this.tensors.get(name)!.dispose();
      // The cpu backend keeps the array that it is given.
      this.tensors.set(name, this.upload(type, { shape, data: data.slice() }));
    }
  }

  async close(): Promise<void> {
    await this.select();
    for (const tensor of this.tensors.values()) tensor.dispose();
    for (const prepared of [this.prepared, this.bodies]) {
      for (const { constants } of prepared.values()) for (const tensor of constants.values()) tensor.dispose();
      prepared.clear();
    }
    this.tensors.clear();
  }

  /** tfjs has one current backend, which another engine in the same process may have changed. */
  private async select(): Promise<void> {
    if (this.tf.getBackend() !== this.backend) await this.tf.setBackend(this.backend);
  }

  /** What tensors hold, by the same names: no copies where the backend has it in memory. */
  private async read(tensors: ReadonlyMap<string, Tensor>): Promise<Record<string, HostTensor>> {
    const list = [...tensors];
    const data = this.awaited
      ? await Promise.all(list.map(([, tensor]) => tensor.data()))
      : list.map(([, tensor]) => tensor.dataSync());
    return Object.fromEntries(list.map(([name, { shape }], at) => [name, { shape, data: data[at]! }]));
  }

  private execute(
    program: Program,
    instruction: Instruction,
    values: Map<ValueId, Tensor>,
    batch: number | undefined,
  ): void {
    const kernel = this.kernels[instruction.op];
    if (!kernel) throw new Error(`tfjs has no kernel for the op ${instruction.op}`);
    const types = instruction.outputs.map((id) => program.values[id]!);
    const outputs = this.tf.tidy(() => {
      const made = kernel({
        tf: this.tf,
        inputs: instruction.inputs.map((id) => values.get(id)!),
        attributes: instruction.attributes,
        shape: resolveShape(types[0]!.shape, batch),
        body: (body, inputs) => this.runBody(body, inputs, batch),
      });
      const list = 'dataId' in made ? [made] : made;
      return list.map((one, at) => {
        const dtype = tfjsTypes[types[at]!.dtype];
        return one.dtype === dtype ? one : this.tf.cast(one, dtype);
      });
    });
    for (const [at, id] of instruction.outputs.entries()) values.set(id, outputs[at]!);
  }

  /** Runs within a kernel's `tidy`. Outputs are tensors of their own, even where an input or a constant is given on. */
  private runBody(body: Program, inputs: readonly Tensor[], batch: number | undefined): readonly Tensor[] {
    const values = new Map(this.bodies.get(body)!.constants);
    for (const [at, { value }] of body.inputs.entries()) values.set(value, inputs[at]!);
    for (const instruction of body.instructions)
      if (instruction.op !== 'constant') this.execute(body, instruction, values, batch);
    return body.outputs.map(({ value }) => this.tf.clone(values.get(value)!));
  }

  private upload(type: TensorType, { shape, data }: HostTensor): Tensor {
    return this.tf.tensor(data, [...shape], tfjsTypes[type.dtype]);
  }

  private prepare(program: Program): Prepared {
    const constants = new Map<ValueId, Tensor>();
    const lastUse = new Map<ValueId, number>();
    for (const [index, { op, inputs, outputs, attributes }] of program.instructions.entries()) {
      for (const id of outputs) lastUse.set(id, index);
      for (const id of inputs) lastUse.set(id, index);
      for (const one of Object.values(attributes)) if (isProgram(one)) this.bodies.set(one, this.prepare(one));
      if (op !== 'constant') continue;
      const type = program.values[outputs[0]!]!;
      const zero = zeros(type.dtype, type.shape as readonly number[]);
      zero.data.set(attributes.data as Float64Array);
      constants.set(outputs[0]!, this.upload(type, zero));
    }
    for (const { value } of program.outputs) lastUse.delete(value);
    const dying: ValueId[][] = program.instructions.map(() => []);
    for (const [id, index] of lastUse) dying[index]!.push(id);
    return { program, constants, dying };
  }
}
