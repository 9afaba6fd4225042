import type { HostTensor, Program } from '../../program/program.js';

export type Readiness =
  | { readonly ready: true; readonly version: string }
  | { readonly ready: false; readonly because: string; readonly help: string };

/** What else helps where an engine is not ready. Not the list of them: help stands in that list, too. */
export const anotherEngine = 'use another engine: `--engine auto` takes one that is ready';

/** The whole help where an engine is not made for the system. */
export const nothingHelps = `nothing makes it run on this system; ${anotherEngine}`;

export interface EngineOptions {
  readonly threads: number;
  /** onnxruntime: run the update region as one WebAssembly pass (default) or inside ONNX. */
  readonly updatePass?: boolean;
}

/** What is written to the run and compared on resume: everything that may change numbers. */
export interface EngineRecord {
  readonly engine: string;
  readonly version: string;
  readonly threads: number;
  readonly features: string;
}

/** Somewhere a program can run. One folder, one registry line. */
export interface Engine {
  readonly keyword: string;
  readonly summary: string;
  /** Can it run here? Loads nothing heavy. */
  probe(): Promise<Readiness>;
  /** Loads programs that share one state: every `state` input is found under its name, whichever program reads or writes it. */
  load(programs: Readonly<Record<string, Program>>, options: EngineOptions): Promise<Loaded>;
}

export interface Loaded {
  /** One line for people: "onnxruntime 1.30.0, 2 threads, update in WebAssembly". */
  readonly describe: string;
  readonly record: EngineRecord;
  /**
   * Runs one program. `inputs` holds its batch, random and scalar inputs by name (the batch extent is read off them); state stays inside.
   * The results may be overwritten by the next run: copy what must last.
   */
  run(program: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Copies of the named state tensors (all when absent). */
  state(names?: readonly string[]): Promise<Record<string, HostTensor>>;
  /** Sets state tensors; shapes must be the programs'. */
  setState(state: Readonly<Record<string, HostTensor>>): Promise<void>;
  close(): Promise<void>;
}
