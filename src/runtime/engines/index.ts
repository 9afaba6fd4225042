import { fail } from '../../diagnostics/report.js';
import type { Engine } from './engine.js';
import { onnxruntime } from './onnxruntime/index.js';
import { tfjsCpu, tfjsWasm } from './tfjs/index.js';
import { tfjsNode, tfjsNodeGpu } from './tfjs-node/index.js';
import { webgpu } from './webgpu/index.js';

export type EngineName = 'onnxruntime' | 'tfjs-wasm' | 'tfjs-cpu' | 'tfjs-node' | 'tfjs-node-gpu' | 'webgpu';

/** The engines, the one that `auto` prefers first. Adding an engine is one folder and one line in this table. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  onnxruntime,
  'tfjs-wasm': tfjsWasm,
  'tfjs-cpu': tfjsCpu,
  // Behind one that is always ready: these are taken when they are asked for.
  'tfjs-node': tfjsNode,
  'tfjs-node-gpu': tfjsNodeGpu,
  webgpu,
};

export interface ChosenEngine {
  readonly engine: Engine;
  readonly version: string;
  /** Why this one, for people: "fastest that is ready", or what the better ones lack. */
  readonly because: string;
}

/**
 * Takes the engine of this name, or for `auto` the first of the table that is ready here.
 *
 * @throws Failure `engine-unknown` for a name that no engine has; `engine-not-ready` (exit 6) where it cannot run here
 */
export async function chooseEngine(
  request: string,
  table: Readonly<Record<string, Engine>> = engines,
): Promise<ChosenEngine> {
  const names = Object.keys(table);
  if (request !== 'auto') {
    const engine = Object.hasOwn(table, request) ? table[request] : undefined;
    if (!engine) fail('engine-unknown', { engine: request }, { help: [`the engines are auto, ${names.join(', ')}`] });
    const found = await engine.probe();
    if (!found.ready) fail('engine-not-ready', { engine: request, because: found.because }, { help: [found.help] });
    return { engine, version: found.version, because: 'as asked' };
  }
  const lacking: string[] = [];
  const help: string[] = [];
  for (const [name, engine] of Object.entries(table)) {
    const found = await engine.probe();
    if (found.ready) {
      const because = lacking.length === 0 ? 'the fastest engine here' : `${lacking.join('; ')}`;
      return { engine, version: found.version, because };
    }
    lacking.push(`${name} is not ready: ${found.because}`);
    help.push(`${name}: ${found.help}`);
  }
  return fail('engine-not-ready', { engine: 'auto', because: 'no engine is ready' }, { help });
}
