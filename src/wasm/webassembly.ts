/**
 * What dnc uses of JavaScript's WebAssembly interface. TypeScript declares it only together with a browser's, and dnc's own
 * declarations must not ask a user's project for that.
 */
export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

/** Compiled code, which other threads may be given. */
export type WasmModule = object;

interface WebAssemblyInterface {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => WasmMemory;
  /** Compiles at once; for small modules. */
  readonly Module: new (
    bytes: Uint8Array<ArrayBuffer>,
  ) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  instantiate(
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
}

export const webAssembly = (globalThis as { readonly WebAssembly?: WebAssemblyInterface }).WebAssembly;
