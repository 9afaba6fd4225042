import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Certificate,
  type Difference,
  measureDifference,
  rangesOfCertificate,
} from '../compiler/5-shrink/certificate.js';
import { type Compiled, compile } from '../compiler/compile.js';
import type { Fitted } from '../data/columns.js';
import { Failure, fail } from '../diagnostics/report.js';
import { sha256 } from '../hash.js';
import { showShape } from '../ir/dims.js';
import { nodeOf, outputShape } from '../ir/graph.js';
import { compileOptions } from '../runtime/spec/open-spec.js';
import { fittedOf, originalsOf, startingValues, weightsInFile } from '../runtime/weights/load.js';
import { failWithoutWeights, readSpecFile } from '../runtime/spec/spec-file.js';
import { type Behaviour, type DiffResult, diffModels } from './diff.js';
import { isReasons } from './run-data.js';

/**
 * Compares two spec files. The behaviour is that of the certificate beside the second, where it speaks of these two specs; with `behaviour` the
 * networks are run again: those that the certificate names, else both specs with their own weights.
 */
export function diffFiles(
  before: string,
  after: string,
  options: { readonly behaviour?: boolean } & Shapes = {},
): DiffResult {
  const fresh = compileFile(after, options.after);
  // A table's features are told by the weights that were trained on it; the spec before has none yet.
  const old = compileFile(before, options.before ?? fresh.fitted);
  const certificate = certificateOf(old, before, after);
  const behaviour: Behaviour | undefined = options.behaviour
    ? certificate
      ? recomputed(certificate, old, fresh, path.dirname(after))
      : measured(old, before, fresh, after)
    : certificate && { kind: 'certificate', certificate, ...(isFinetuned(certificate, fresh) && { finetuned: true }) };
  return diffModels(
    { file: before, spec: old.spec, network: old.network, featuresOf: old.featuresOf },
    { file: after, spec: fresh.spec, network: fresh.network, featuresOf: fresh.featuresOf },
    behaviour,
    certificate,
  );
}

/** What the rows of tables tell of the features of two specs, where nothing else does. */
export interface Shapes {
  readonly before?: Fitted;
  readonly after?: Fitted;
}

/**
 * Reads the rows that `compile` would read for two specs. A spec before takes its features from a result after it, and its rows are not read.
 *
 * @throws Failure of the data source
 */
export async function readShapes(before: string, after: string, dataFolder: string | undefined): Promise<Shapes> {
  const read = async (specFile: string) => {
    const source = readSpecFile(specFile);
    const { fitted } = await compileOptions({ source, specFile, sets: [], dataFolder });
    return typeof fitted === 'function' ? undefined : fitted;
  };
  const fresh = await read(after);
  const isResult = fresh === undefined && compileFile(after).fitted !== undefined;
  const old = isResult ? undefined : await read(before);
  return { ...(old && { before: old }), ...(fresh && { after: fresh }) };
}

function compileFile(file: string, fitted?: Fitted): Compiled {
  const stored = fittedOf(file);
  return compile(readSpecFile(file), {
    originals: originalsOf(file),
    fitted: (weights) => stored(weights) ?? fitted,
  });
}

/** The certificate beside a simplified spec, if it is about this text and came from that one. */
function certificateOf(old: Compiled, before: string, after: string): Certificate | undefined {
  const file = path.join(path.dirname(after), 'certificate.json');
  if (!existsSync(file)) return undefined;
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Certificate;
    const about =
      found.after.spec.sha256 === sha256(readFileSync(after)) &&
      found.before.spec.sha256 === sha256(old.spec.source.text) &&
      isSameModel(old, found.before.spec.sets ?? [], before);
    if (found.format !== 1 || !about) return undefined;
    return isReasons({ ...found }) ? found : fail('run-damaged', { file });
  } catch (error) {
    if (error instanceof Failure) throw error;
    return fail('run-damaged', { file });
  }
}

/** Whether the weights that a spec names are others than those that were certified. */
function isFinetuned({ after }: Certificate, { spec }: Compiled): boolean {
  return spec.weights?.sha256 !== after.weights.sha256;
}

/** Whether a spec describes the same network under the `--set` values of a run. */
function isSameModel(compiled: Compiled, sets: readonly string[], file: string): boolean {
  if (sets.length === 0) return true;
  const layers = ({ network }: Compiled) =>
    JSON.stringify(network.graph.nodes.map(({ name, kind, inputs, arguments: own }) => [name, kind, inputs, own]));
  return (
    layers(
      compile(compiled.spec.source, {
        sets,
        originals: originalsOf(file),
        ...(compiled.fitted && { fitted: compiled.fitted }),
      }),
    ) === layers(compiled)
  );
}

/** What the certificate says, found again from the weights that it names. */
function recomputed(certificate: Certificate, old: Compiled, fresh: Compiled, folder: string): Behaviour {
  const weights = ({ network }: Compiled, { file, sha256: hash }: Certificate['before']['weights']) =>
    weightsInFile(path.join(folder, file), hash, network);
  const { values, features } = weights(old, certificate.before.weights);
  const difference: Difference = measureDifference(
    { network: old.network, values },
    { network: fresh.network, values: weights(fresh, certificate.after.weights).values, exact: new Map() },
    { seed: certificate.probe.seed, features, ranges: rangesOfCertificate(certificate, old.network) },
  );
  return {
    kind: 'measured',
    of: 'cut',
    max_difference: difference.float32,
    rows: difference.probe.rows,
    ...(isFinetuned(certificate, fresh) && { finetuned: true }),
  };
}

/** Both specs with their own weights on the same drawn rows. */
function measured(old: Compiled, before: string, fresh: Compiled, after: string): Behaviour {
  for (const [file, { spec }] of [
    [before, old],
    [after, fresh],
  ] as const)
    if (!spec.weights) failWithoutWeights(file);
  for (const [what, one, other] of [
    ['reads', inputsOf(old), inputsOf(fresh)],
    ['gives', outputsOf(old), outputsOf(fresh)],
  ] as const)
    if (one !== other) fail('interfaces-differ', { what, before, one, after, other });
  const difference = measureDifference(
    { network: old.network, values: startingValues(old, before, { fromScratch: false }) },
    { network: fresh.network, values: startingValues(fresh, after, { fromScratch: false }), exact: new Map() },
    { seed: fresh.spec.data.seed },
  );
  return { kind: 'measured', of: 'weights', max_difference: difference.float32, rows: difference.probe.rows };
}

/** What a network reads of a row: its Inputs with their whole extents, before `keep`. */
function inputsOf({ network }: Compiled): string {
  return network.graph.inputs
    .map((name) => `${name} ${(nodeOf(network.graph, name).arguments.shape as readonly number[]).join('×')}`)
    .join(', ');
}

function outputsOf({ network }: Compiled): string {
  return network.graph.outputs.map((output) => `${output.name} ${showShape(outputShape(network, output))}`).join(', ');
}
