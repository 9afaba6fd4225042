import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Compiled, resolvedText } from '../compiler/compile.js';
import { forwardProgram } from '../compiler/4-program/index.js';
import { endsOf } from '../compiler/objectives.js';
import { fittedTarget } from '../data/bind.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnostic } from '../diagnostics/report.js';
import { tfjsModel } from './tfjs/topology.js';
import type { Network } from '../ir/graph.js';
import { encodeModel } from '../onnx/lower.js';
import type { HostTensor } from '../program/program.js';
import { paramShape } from '../compiler/3-dims/index.js';
import { allParams } from '../ir/graph.js';
import { makeFolder, writeAtomically } from '../files.js';
import { sha256 } from '../hash.js';
import { version } from '../version.js';
import { type Units, unitsOf } from './units.js';

/** What the manifest of an artifact folder says. */
export interface Manifest {
  readonly format: 1;
  readonly dnc: string;
  /** SHA-256 of what it was made from (`sourceHash`), to see whether the folder is out of date. */
  readonly source: string;
  /** SHA-256 of the resolved spec. */
  readonly spec: string;
  readonly files: readonly string[];
}

/** `build/<name>` beside the spec; `<name>` is its file name without the ending. */
export function artifactFolder(specFile: string): string {
  return path.join(path.dirname(specFile), 'build', path.basename(specFile, path.extname(specFile)));
}

/** Where `dnc compile` notes which spec it compiled last in a folder. */
export function lastCompiledFile(folder: string): string {
  return path.join(folder, 'build', 'latest.json');
}

/** SHA-256 of everything that an artifact folder is made from: dnc itself, the spec's text, `--set` values, whether its weights were left out. */
export function sourceHash(text: string, sets: readonly string[], fromScratch = false): string {
  return sha256(JSON.stringify([version, text, sets, fromScratch]));
}

/** Whether the artifact folder of a spec was made from this text by this dnc. */
export function isUpToDate(folder: string, source: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;
    return (
      manifest.format === 1 &&
      manifest.source === source &&
      manifest.files.every((file) => existsSync(path.join(folder, file)))
    );
  } catch {
    return false;
  }
}

/**
 * Writes the artifact folder: `spec.resolved.dn`, `forward.onnx`, `tfjs/model.json` with `weights.bin`, `rows.json` where something was learned of
 * the training rows, `manifest.json` last. The weights are
 * those given: initial ones, or those that the spec names. Returns what could not be written, as warnings.
 */
export function writeArtifact(
  folder: string,
  compiled: Compiled,
  values: ReadonlyMap<string, Float32Array>,
  source: string,
): readonly Diagnostic[] {
  const { spec, network } = compiled;
  const warnings: Diagnostic[] = [];
  const files: string[] = [];
  const put = (name: string, content: string | Uint8Array) => {
    makeFolder(path.dirname(path.join(folder, name)));
    writeAtomically(path.join(folder, name), content);
    files.push(name);
  };
  put('spec.resolved.dn', resolvedText(compiled));
  const units = unitsOf(compiled);
  put('forward.onnx', forwardOnnx(network, values, units));
  const tfjs = tfjsModel(network, values, { name: spec.train.phases[0]!.name, finetune: false }, units);
  if ('missing' in tfjs) {
    warnings.push(diagnostic('no-tfjs-spelling', { what: tfjs.missing }));
  } else {
    if (tfjs.without.length > 0) warnings.push(diagnostic('tfjs-without-method', { methods: tfjs.without.join(', ') }));
    put('tfjs/weights.bin', tfjs.weights);
    put('tfjs/model.json', `${JSON.stringify(tfjs.model, undefined, 2)}\n`);
  }
  if (compiled.fitted) put('rows.json', `${JSON.stringify(rowsJson(compiled), undefined, 2)}\n`);
  const manifest: Manifest = { format: 1, dnc: version, source, spec: spec.hash, files };
  put('manifest.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
  return warnings;
}

/**
 * What the models' rows are made of: the features of every input in their order, and what was learned of the columns that they come from: fills of
 * missing numbers, categories, the classes of the target; of several outputs which column each predicts.
 */
function rowsJson({ spec, network, fitted, featuresOf }: Compiled): object {
  const inputs = network.graph.inputs.map((name) => [name, featuresOf(name) ?? null]);
  const { outputs } = endsOf(spec.model);
  const targets = outputs.map((name) => [name, fitted && fittedTarget(name, outputs, spec.data, fitted)?.name]);
  return {
    inputs: Object.fromEntries(inputs),
    ...(outputs.length > 1 && { targets: Object.fromEntries(targets) }),
    ...fitted,
  };
}

/**
 * The forward graph in inference mode with its weights. It takes whole rows where an Input keeps only some features, and numbers as the data's files
 * have them.
 */
function forwardOnnx(network: Network, values: ReadonlyMap<string, Float32Array>, units?: Units): Uint8Array {
  const initializers = Object.fromEntries(
    allParams(network).map((param): [string, HostTensor] => [
      param.name,
      { shape: paramShape(param), data: values.get(param.name)! },
    ]),
  );
  const select = Object.fromEntries(
    network.graph.nodes.flatMap((node) => {
      const keep = node.kind === 'Input' ? (node.arguments.keep as readonly number[] | undefined) : undefined;
      return keep ? [[node.name, { indices: keep, width: (node.arguments.shape as readonly number[]).at(-1)! }]] : [];
    }),
  );
  return encodeModel(forwardProgram(network, { mode: 'inference' }), { initializers, select, ...(units && { units }) });
}
