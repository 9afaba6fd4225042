import path from 'node:path';
import { allParams } from '../ir/graph.js';
import { certificate, isEquivalent } from '../compiler/5-shrink/certificate.js';
import type { Values } from '../compiler/5-shrink/values.js';
import { printSimplified } from '../compiler/6-print/index.js';
import type { Compiled } from '../compiler/compile.js';
import type { Network } from '../ir/graph.js';
import { sha256 } from '../hash.js';
import { version } from '../version.js';
import { writeAtomically } from './files.js';
import type { Simplified } from './simplify.js';
import { encodeModelWeights, originalsOfNetwork } from './weights/model-weights.js';

/** The files that simplifying leaves, by their paths. */
export interface Written {
  /** A copy of the spec as it was. */
  readonly original: string;
  readonly spec: string;
  readonly weights: string;
  readonly certificate: string;
  readonly equivalent: boolean;
}

/**
 * Writes `<name>.min.dn`, `<name>.min.safetensors` and `certificate.json`. The certificate speaks of exact removal alone: it compares the network
 * of full size, cut, with the shrunk one before any fine-tuning; with fine-tuning those weights are kept as `<name>.shrunk.safetensors`.
 */
export function writeSimplified(at: {
  readonly folder: string;
  readonly name: string;
  /** The user's spec; data paths of the printed one stay relative to its folder. */
  readonly specFile: string;
  readonly compiled: Compiled;
  readonly simplified: Simplified;
  /** The small network's values: as shrunk, or as fine-tuned. */
  readonly values: Values;
  readonly finetunedEpochs: number | undefined;
}): Written {
  const { folder, name, compiled, simplified, values } = at;
  const { spec, network } = compiled;
  const { shrunk, difference, masked, threshold } = simplified;
  const file = (suffix: string) => path.join(folder, `${name}${suffix}`);
  const encode = (of: Network, tensors: Values) =>
    encodeModelWeights({ values: tensors, network: of, originals: originalsOfNetwork(of) });

  const small = encode(shrunk.network, values);
  const certified =
    at.finetunedEpochs === undefined
      ? { suffix: '.min.safetensors', bytes: small }
      : { suffix: '.shrunk.safetensors', bytes: encode(shrunk.network, shrunk.values) };
  const full = encode(network, masked);
  writeAtomically(file('.cut.safetensors'), full);
  writeAtomically(file(certified.suffix), certified.bytes);
  if (certified.bytes !== small) writeAtomically(file('.min.safetensors'), small);

  const originalText = spec.source.text;
  const text = printSimplified({
    spec,
    network,
    shrunk,
    tool: `dnc ${version}`,
    threshold,
    parameters: { before: countParameters(network), after: countParameters(shrunk.network) },
    weights: { path: `${name}.min.safetensors`, sha256: sha256(small) },
    origin: { path: slashes(path.relative(folder, at.specFile)), sha256: sha256(originalText) },
    difference: { float32: difference.float32, equivalent: isEquivalent(difference) },
    ...(at.finetunedEpochs !== undefined && { finetunedEpochs: at.finetunedEpochs }),
  });
  writeAtomically(file('.min.dn'), text);
  writeAtomically(
    path.join(folder, 'certificate.json'),
    `${JSON.stringify(
      certificate(`dnc ${version}`, difference, {
        before: {
          spec: { file: `${name}.dn`, sha256: sha256(originalText) },
          weights: { file: `${name}.cut.safetensors`, sha256: sha256(full) },
        },
        after: {
          spec: { file: `${name}.min.dn`, sha256: sha256(text) },
          weights: { file: `${name}${certified.suffix}`, sha256: sha256(certified.bytes) },
        },
      }),
      undefined,
      2,
    )}\n`,
  );
  return {
    original: file('.dn'),
    spec: file('.min.dn'),
    weights: file('.min.safetensors'),
    certificate: path.join(folder, 'certificate.json'),
    equivalent: isEquivalent(difference),
  };
}

function countParameters(network: Network): number {
  return allParams(network).reduce(
    (sum, param) => sum + param.axes.reduce((product, axis) => product * axis.dim.units.length, 1),
    0,
  );
}

function slashes(file: string): string {
  return file.split(path.sep).join('/');
}
