import { fail } from '../../diagnostics/report.js';
import { forLargeSteps, isLarge, type LargeSteps, type StepSize } from './auto.js';
import type { Engine } from './engine.js';
import { onnxruntime, onnxruntimeCoreml, onnxruntimeCuda, onnxruntimeDirectml } from './onnxruntime/index.js';
import { tfjsCpu, tfjsWasm } from './tfjs/index.js';
import { tfjsNode, tfjsNodeGpu } from './tfjs-node/index.js';
import { verifyApart } from './verify-apart.js';
import { webgpu } from './webgpu/index.js';

export type EngineName =
  | 'onnxruntime'
  | 'tfjs-wasm'
  | 'tfjs-cpu'
  | 'tfjs-node'
  | 'tfjs-node-gpu'
  | 'onnxruntime-cuda'
  | 'onnxruntime-coreml'
  | 'onnxruntime-directml'
  | 'webgpu';

/** The engines, the one that `auto` prefers first. Adding an engine is one folder and one line in this table. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  onnxruntime,
  'tfjs-wasm': tfjsWasm,
  'tfjs-cpu': tfjsCpu,
  // Behind one that is always ready: these are taken when they are asked for, or for large steps (auto.ts).
  'tfjs-node': tfjsNode,
  'tfjs-node-gpu': tfjsNodeGpu,
  'onnxruntime-cuda': onnxruntimeCuda,
  'onnxruntime-coreml': onnxruntimeCoreml,
  'onnxruntime-directml': onnxruntimeDirectml,
  webgpu,
};

export interface ChosenEngine {
  readonly engine: Engine;
  readonly version: string;
  /** Why this one, for people: "the fastest engine here", or what the better ones lack. */
  readonly because: string;
}

/** What `auto` goes by beside what is ready. */
export interface AutoChoice {
  readonly size: StepSize;
  readonly threads: number;
  /** Tries an engine on a small step. Throws where it does not do it, or computes something else. Default: in a process of its own. */
  readonly verify?: (engine: Engine, options: { readonly threads: number }) => Promise<unknown>;
  /** Engines that are taken for large steps. */
  readonly forLarge?: Readonly<Record<string, LargeSteps>>;
}

/**
 * Takes the engine of this name. For `auto` it is the one for large steps, where the step is large and a small one went well on that engine, else the first of the table
 * that is ready here.
 *
 * @throws Failure `engine-unknown` for a name that no engine has; `engine-not-ready` (exit 6) where it cannot run here
 */
export async function chooseEngine(
  request: string,
  table: Readonly<Record<string, Engine>> = engines,
  auto?: AutoChoice,
): Promise<ChosenEngine> {
  const names = Object.keys(table);
  if (request !== 'auto') {
    const engine = Object.hasOwn(table, request) ? table[request] : undefined;
    if (!engine) fail('engine-unknown', { engine: request }, { help: [`the engines are auto, ${names.join(', ')}`] });
    const found = await engine.probe();
    if (!found.ready) fail('engine-not-ready', { engine: request, because: found.because }, { help: [found.help] });
    return { engine, version: found.version, because: 'as asked' };
  }
  const large = auto && (await forLargeStep(table, auto));
  if (large && 'engine' in large) return large;
  const failed = large?.failed ?? [];
  const lacking: string[] = [];
  const help: string[] = [];
  for (const [name, engine] of Object.entries(table)) {
    const found = await engine.probe();
    if (found.ready) {
      const because = lacking.length === 0 ? 'the fastest engine here' : lacking.join('; ');
      return { engine, version: found.version, because: [...failed, because].join('; ') };
    }
    lacking.push(`${name} is not ready: ${found.because}`);
    help.push(`${name}: ${found.help}`);
  }
  return fail('engine-not-ready', { engine: 'auto', because: 'no engine is ready' }, { help });
}

/** An engine on a graphics card for a step that is large enough. One that is ready by its files and then does not run is left out, saying so. */
async function forLargeStep(
  table: Readonly<Record<string, Engine>>,
  { size, threads, verify = verifyApart, forLarge = forLargeSteps }: AutoChoice,
): Promise<ChosenEngine | { readonly failed: readonly string[] }> {
  const failed: string[] = [];
  for (const [name, large] of Object.entries(forLarge)) {
    const engine = Object.hasOwn(table, name) ? table[name]! : undefined;
    if (!engine || !isLarge(large, size)) continue;
    const found = await engine.probe();
    if (!found.ready) continue;
    try {
      await verify(engine, { threads });
    } catch (error) {
      failed.push((error instanceof Error ? error.message : String(error)).split('\n')[0]!);
      continue;
    }
    const count = size.multiplyAdds.toLocaleString('en');
    return {
      engine,
      version: found.version,
      because: `a graphics card is ready, and a step has ${count} multiply-adds`,
    };
  }
  return { failed };
}
