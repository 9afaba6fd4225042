import { fail } from '../../../diagnostics/report.js';
import { splitUpdate } from '../../../program/passes/split.js';
import type { HostTensor, Program } from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';
import type { Engine, EngineOptions, EngineRecord, Loaded, Readiness } from '../engine.js';
import { checkInputs, checkTensor, stateTypes, zeros } from '../host.js';
import { processorFeatures } from '../processor.js';
import { type Direct, tryDirect } from './direct.js';
import { inHalves } from './halves.js';
import { HalvesRunner } from './halves-runner.js';
import { tryInPlace } from './in-place.js';
import { libraryFile, loadLibrary, type Ort, probeLibrary } from './library.js';
import { coreml, cuda, directml, firstLine, type Provider, tryProvider } from './providers.js';
import { type Library, OnnxSession } from './session.js';
import { trySharedMemory } from './shared-memory.js';
import { type Runner, State } from './state.js';
import { compileUpdate, type UpdatePass } from './update-pass/index.js';

/** What an engine needs of the installed package. Tests give one that offers what this machine does not have. */
export interface Package {
  probe(): Readiness;
  load(): Promise<Ort>;
  /** How its sessions are called at once, where they can be. */
  direct(): Direct | undefined;
}

const installed: Package = { probe: probeLibrary, load: loadLibrary, direct: () => tryDirect(libraryFile()) };

/** ONNX Runtime on the processor, or with an execution provider that runs the nodes it knows. */
export function onnxruntimeEngine(provider?: Provider, from: Package = installed): Engine {
  const keyword = provider?.keyword ?? 'onnxruntime';
  const probe = (): Readiness => {
    const found = from.probe();
    return found.ready ? (provider?.lacks() ?? found) : found;
  };
  return {
    keyword,
    summary:
      provider?.summary ?? 'ONNX Runtime on the CPU, with the update as one WebAssembly pass over the same memory',
    probe: async () => probe(),
    async load(programs, options) {
      const refuse = (because: string, help: readonly string[] = []): never =>
        fail('engine-not-ready', { engine: keyword, because }, { help });
      const readiness = probe();
      if (!readiness.ready) return refuse(readiness.because, [readiness.help]);
      const ort = await from.load().catch((error: Error) => refuse(firstLine(error.message)));
      if (provider) {
        const lacking = await tryProvider(ort, provider);
        if (lacking) return refuse(lacking.because, lacking.help);
      }
      const inPlace = await tryInPlace(ort);
      const library = { ort, inPlace, direct: from.direct(), memory: trySharedMemory(), provider };
      const state = new State(stateTypes(programs));
      const runners = new Map<string, Runner>();
      for (const [name, program] of Object.entries(programs)) {
        runners.set(name, await prepare(library, program, state, options));
      }
      return new LoadedOnnx(runners, state, { keyword, version: readiness.version, provider }, options);
    },
  };
}

export const onnxruntime = onnxruntimeEngine();
export const onnxruntimeCuda = onnxruntimeEngine(cuda);
export const onnxruntimeCoreml = onnxruntimeEngine(coreml);
export const onnxruntimeDirectml = onnxruntimeEngine(directml);

async function prepare(library: Library, program: Program, state: State, options: EngineOptions): Promise<Runner> {
  const hasUpdate = program.instructions.some((one) => one.region === 'update' && one.op !== 'constant');
  if (!hasUpdate) return new WholeRunner(library, program, state, options.threads, undefined);
  if (options.updatePass === false) {
    return new WholeRunner(library, program, state, options.threads, {
      pass: false,
      describe: 'update in ONNX (as asked)',
    });
  }
  const { data, update } = splitUpdate(program);
  // Two threads that each wait for one device gain nothing.
  const mayHalve = options.threads > 1 && library.direct !== undefined && library.provider === undefined;
  const halves = mayHalve ? inHalves(data, update) : undefined;
  if (halves) {
    const pass = await compileUpdate(halves.update, { threads: 2 });
    if (!('reason' in pass)) return new HalvesRunner(library, { program, data, halves, pass }, state, options.threads);
  }
  const pass = await compileUpdate(update);
  if ('reason' in pass) {
    const describe = `update in ONNX (${pass.reason})`;
    return new WholeRunner(library, program, state, options.threads, { pass: false, describe });
  }
  return new SplitRunner(library, program, data, update, pass, state, options.threads);
}

/** Feeds, fetches and results that both runners keep: batch inputs as they come, results in memory made once for each batch extent. */
class Session {
  readonly session: OnnxSession;
  readonly results: Record<string, HostTensor> = {};
  private batch: number | undefined | 'none yet' = 'none yet';
  private readonly hostInputs: readonly string[];

  constructor(
    library: Library,
    private readonly program: Program,
    threads: number,
    direct: boolean,
  ) {
    this.session = new OnnxSession(library, program, threads, { direct });
    this.hostInputs = program.inputs.filter((one) => one.role !== 'state').map((one) => one.name);
  }

  prepare(
    inputs: Readonly<Record<string, HostTensor>>,
    batch: number | undefined,
    placed?: (name: string) => HostTensor | undefined,
  ): void {
    for (const name of this.hostInputs) this.session.feed(name, inputs[name]!);
    if (batch === this.batch) return;
    this.batch = batch;
    for (const [index, { name, value, role }] of this.program.outputs.entries()) {
      if (role === 'state') continue;
      const there = placed?.(name);
      const { dtype, shape } = this.program.values[value]!;
      const tensor = there ?? zeros(dtype, resolveShape(shape, batch));
      if (!there) this.results[name] = tensor;
      this.session.fetch(index, tensor);
    }
  }
}

/** The whole program in ONNX. Next states are written beside the present ones, then the two change places. */
class WholeRunner implements Runner {
  private readonly onnx: Session;
  private readonly next: readonly { readonly name: string; readonly index: number; readonly isRead: boolean }[];
  private readonly spare = new Map<string, HostTensor['data']>();

  constructor(
    library: Library,
    private readonly program: Program,
    private readonly state: State,
    threads: number,
    readonly update: Runner['update'],
  ) {
    // Training lets signals in from time to time; who evaluates relies on every run to do so.
    this.onnx = new Session(library, program, threads, update !== undefined);
    const read = new Set(program.inputs.filter((one) => one.role === 'state').map((one) => one.name));
    this.next = program.outputs.flatMap(({ name, role }, index) =>
      role === 'state' ? [{ name, index, isRead: read.has(name) }] : [],
    );
  }

  async open(): Promise<void> {
    await this.onnx.session.open();
    for (const { name, role } of this.program.inputs) {
      if (role === 'state') this.onnx.session.feed(name, this.state.get(name));
    }
    for (const { name, index } of this.next) {
      const { shape, data } = this.state.get(name);
      let spare = this.spare.get(name);
      if (!spare || spare === data) this.spare.set(name, (spare = data.slice()));
      this.onnx.session.fetch(index, { shape, data: spare });
    }
  }

  close(): Promise<void> {
    return this.onnx.session.close();
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    this.onnx.prepare(inputs, checkInputs(this.program, inputs));
    await this.onnx.session.run();
    for (const { name, index, isRead } of this.next) {
      const { shape, data } = this.state.get(name);
      this.state.movedTo(name, this.spare.get(name)!);
      this.spare.set(name, data);
      if (isRead) this.onnx.session.swap(name, index);
      else this.onnx.session.fetch(index, { shape, data });
    }
    return this.onnx.results;
  }
}

/**
 * The data region in ONNX, the update region as a pass over the memory that onnxruntime reads parameters from and writes gradients to.
 */
class SplitRunner implements Runner {
  readonly update: Runner['update'];
  private readonly onnx: Session;
  private readonly scalars: readonly string[];
  private readonly crossing: ReadonlyMap<string, HostTensor>;
  private readonly results: Record<string, HostTensor> = {};

  constructor(
    library: Library,
    private readonly program: Program,
    private readonly data: Program,
    update: Program,
    private readonly pass: UpdatePass,
    private readonly state: State,
    threads: number,
  ) {
    this.update = { pass: true, describe: pass.describe };
    this.onnx = new Session(library, data, threads, true);
    const tensor = (name: string, value: number): HostTensor => {
      const view = pass.views[name];
      if (!view) throw new Error(`the update pass has no memory for ${name}`);
      return { shape: resolveShape(update.values[value]!.shape, undefined), data: view };
    };
    this.scalars = update.inputs.filter((one) => one.role === 'scalar').map((one) => one.name);
    this.crossing = new Map(
      update.inputs.filter((one) => one.role === 'batch').map((one) => [one.name, tensor(one.name, one.value)]),
    );
    for (const { name, role, value } of update.outputs) {
      if (role !== 'result') continue;
      const apart = `result:${name}`;
      this.results[name] = tensor(apart in pass.views ? apart : name, value);
    }
  }

  async open(): Promise<void> {
    await this.onnx.session.open();
    for (const name of this.state.types.keys()) {
      const view = this.pass.views[name];
      if (view) this.state.moveTo(name, view);
    }
    for (const { name, role } of this.data.inputs) {
      if (role === 'state') this.onnx.session.feed(name, this.state.get(name));
    }
  }

  close(): Promise<void> {
    return this.onnx.session.close();
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    this.onnx.prepare(inputs, checkInputs(this.program, inputs), (name) => this.crossing.get(name));
    for (const name of this.scalars) this.pass.views[name]![0] = inputs[name]!.data[0]!;
    await this.onnx.session.run();
    this.pass.run();
    return { ...this.onnx.results, ...this.results };
  }
}

class LoadedOnnx implements Loaded {
  readonly describe: string;
  readonly record: EngineRecord;
  private live: Runner | undefined;
  /** The run that is under way, or the last one. */
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly runners: ReadonlyMap<string, Runner>,
    private readonly shared: State,
    { keyword, version, provider }: { keyword: string; version: string; provider: Provider | undefined },
    { threads }: EngineOptions,
  ) {
    const updates = [...new Set([...runners.values()].flatMap(({ update }) => (update ? [update.describe] : [])))];
    const passes = [...runners.values()].some(({ update }) => update?.pass === true);
    this.describe = [`${keyword} ${version}`, threads === 1 ? '1 thread' : `${threads} threads`, ...updates].join(', ');
    const halved = [...runners.values()].some(({ update }) => update?.halves === true);
    const features = [
      processorFeatures(),
      ...(provider ? [provider.features()] : []),
      ...(passes ? ['update in WebAssembly'] : []),
      ...(halved ? ['rows in halves'] : []),
    ].join('; ');
    this.record = { engine: keyword, version, threads, features };
  }

  run(name: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const running = this.turnTo(name, inputs);
    this.running = running;
    return running;
  }

  private async turnTo(
    name: string,
    inputs: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    const runner = this.runners.get(name);
    if (!runner) throw new Error(`no program ${name} is loaded`);
    if (this.live !== runner) {
      // Two sessions with threads of their own make each other three times slower.
      await this.live?.close();
      this.live = undefined;
      await runner.open();
      this.live = runner;
    }
    return runner.run(inputs);
  }

  async state(names: readonly string[] = [...this.shared.types.keys()]): Promise<Record<string, HostTensor>> {
    return Object.fromEntries(
      names.map((name) => {
        const { shape, data } = this.shared.get(name);
        return [name, { shape, data: data.slice() }];
      }),
    );
  }

  async setState(state: Readonly<Record<string, HostTensor>>): Promise<void> {
    for (const [name, tensor] of Object.entries(state)) {
      const known = this.shared.get(name);
      checkTensor(`the state ${name}`, this.shared.types.get(name)!, tensor, undefined);
      known.data.set(tensor.data);
    }
  }

  async close(): Promise<void> {
    // A thread that waits for another one must not find its session gone.
    await this.running?.catch(() => undefined);
    await this.live?.close();
    this.live = undefined;
    for (const runner of this.runners.values()) await runner.end?.();
  }
}
