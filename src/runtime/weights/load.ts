import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Originals } from '../../compiler/3-dims/index.js';
import { paramShape } from '../../compiler/3-dims/index.js';
import type { Compiled } from '../../compiler/compile.js';
import type { Fitted } from '../../data/columns.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import type { FileReference } from '../../compiler/spec.js';
import { fail } from '../../diagnostics/report.js';
import { systemReason } from '../../diagnostics/system-errors.js';
import { sha256 } from '../../hash.js';
import { allParams, type Network } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { writeAtomically } from '../../files.js';
import { initialValues } from './initial-values.js';
import { decodeModelWeights, encodeModelWeights, type ModelWeights, originalsOfNetwork } from './model-weights.js';

/** Gives `compile` what the weights file knows of the original units: the file is looked for beside the spec that names it. */
export function originalsOf(specFile: string): (weights: FileReference) => Originals {
  return (weights) => readWeights(specFile, weights).originals;
}

/** Gives `compile` what the weights file knows of the rows that its network was trained on. */
export function fittedOf(specFile: string): (weights: FileReference | undefined) => Fitted | undefined {
  return (weights) => weights && readWeights(specFile, weights).fitted;
}

/** What a weights file knows of the rows that its network was trained on. @throws Failure weights-missing, weights-damaged */
export function fittedInFile(file: string): Fitted | undefined {
  return decode(file, { path: file, span: undefined }).fitted;
}

/** The original units that a weights file knows. @throws Failure weights-missing, weights-damaged */
export function originalsInFile(file: string): Originals {
  return decode(file, { path: file, span: undefined }).originals;
}

/** The values that a network starts from: those of the weights file that its spec names, else what its initializers draw. */
export function startingValues(
  compiled: Compiled,
  specFile: string,
  options: { readonly fromScratch: boolean },
): Values {
  const { spec, network } = compiled;
  if (!spec.weights || options.fromScratch) return initialValues(network, spec.train.seed);
  const { values } = readWeights(specFile, spec.weights);
  refuseOtherShapes(network, values, spec.weights);
  return values;
}

/** Writes the network as trained into a run, before anything is cut. */
export function writeTrained(file: string, { network, fitted }: Compiled, values: Values): void {
  writeAtomically(file, encodeModelWeights({ values, network, originals: originalsOfNetwork(network), fitted }));
}

/** Reads it back. */
export function readTrained(file: string, { network }: Compiled): Values {
  const reference = { path: file, span: undefined };
  const { values } = decode(file, reference);
  refuseOtherShapes(network, values, reference);
  return values;
}

interface Place {
  readonly path: string;
  readonly sha256?: string;
  readonly span: FileReference['span'] | undefined;
}

function readWeights(specFile: string, weights: FileReference): ModelWeights {
  return decode(path.resolve(path.dirname(specFile), weights.path), weights);
}

function decode(file: string, place: Place): ModelWeights {
  const where = { at: place.span };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const help = ['bring the file back to its place beside the spec, or train without it: dnc train --from-scratch'];
    return fail('weights-missing', { file: place.path, reason: systemReason(error, 'reading') }, { ...where, help });
  }
  if (place.sha256 !== undefined && sha256(bytes) !== place.sha256) {
    const help = [
      `its own is ${sha256(bytes).slice(0, 12)}…: the file was changed or damaged since the spec was written; bring the right one back`,
      'where it is meant, take `sha256` out of the `weights` line',
    ];
    const reason = 'its SHA-256 is not the one that the spec names';
    fail('weights-missing', { file: place.path, reason }, { ...where, help });
  }
  return decodeModelWeights(bytes, place.path);
}

function refuseOtherShapes(network: Network, values: Values, place: Place): void {
  for (const param of allParams(network)) {
    const shape = paramShape(param);
    const found = values.get(param.name);
    const size = sizeOf(shape);
    if (found?.length === size) continue;
    fail(
      'weights-shape',
      { tensor: param.name, expected: shape.join('×'), found: found ? `${found.length} numbers` : 'nothing' },
      { at: place.span, help: ['--from-scratch trains without them'] },
    );
  }
}

/** A weights file, which must have this SHA-256 and fit the network. */
export function weightsInFile(file: string, hash: string, network: Network): ModelWeights {
  const place = { path: file, sha256: hash, span: undefined };
  const weights = decode(file, place);
  refuseOtherShapes(network, weights.values, place);
  return weights;
}
