import path from 'node:path';
import { parameterCount } from '../../compiler/3-dims/index.js';
import { certificate, certifiedRanges, isEquivalent, rangesText } from '../../compiler/5-shrink/certificate.js';
import type { Features } from '../../compiler/5-shrink/probe.js';
import { shrinkReasons } from '../../compiler/5-shrink/reasons.js';
import type { Values } from '../../compiler/5-shrink/values.js';
import { printSimplified } from '../../compiler/6-print/index.js';
import type { Compiled } from '../../compiler/compile.js';
import type { SetValue } from '../../compiler/spec.js';
import type { Network } from '../../ir/graph.js';
import { fail } from '../../diagnostics/report.js';
import { endingOf } from '../../dsl/syntax.js';
import { sha256 } from '../../hash.js';
import { version } from '../../version.js';
import { writeAtomically } from '../../files.js';
import type { Simplified } from './simplify.js';
import { encodeModelWeights, originalsOfNetwork } from '../weights/model-weights.js';

/** The files that simplifying leaves, by their paths. */
export interface Written {
  /** The text of the spec as it was. */
  readonly original: string;
  /** Where that spec lies; what its paths are relative to. */
  readonly specFile: string;
  readonly spec: string;
  readonly weights: string;
  readonly certificate: string;
  readonly equivalent: boolean;
}

/**
 * Writes `<name>.min.dn` (or .yaml, as the spec is), `<name>.min.safetensors` and `certificate.json`. The certificate speaks of exact removal alone: it compares the network
 * of full size, cut, with the shrunk one before any fine-tuning; with fine-tuning those weights are kept as `<name>.shrunk.safetensors`. A spec in whose own place the result would go stays as it is:
 * nothing is written where nothing changed.
 *
 * @throws Failure would-overwrite, cannot-write
 */
export function writeSimplified(at: {
  readonly folder: string;
  readonly name: string;
  /** The user's spec; data paths of the printed one stay relative to its folder. */
  readonly specFile: string;
  /** A file that holds the text of that spec as it was compiled. */
  readonly original: string;
  readonly compiled: Compiled;
  readonly simplified: Simplified;
  /** The small network's values: as shrunk, or as fine-tuned. */
  readonly values: Values;
  readonly finetunedEpochs: number | undefined;
}): Written {
  const { folder, name, compiled, simplified, values } = at;
  const { spec, network } = compiled;
  const { shrunk, difference, masked, threshold, target } = simplified;
  const within = certifiedRanges(shrunk.within);
  const ending = endingOf(at.specFile);
  const file = (suffix: string) => path.join(folder, `${name}${suffix}`);
  const encode = (of: Network, tensors: Values, features?: Features) =>
    encodeModelWeights({
      values: tensors,
      network: of,
      originals: originalsOfNetwork(of),
      ...(features && { features }),
      fitted: compiled.fitted,
    });

  const small = encode(shrunk.network, values);
  const certified =
    at.finetunedEpochs === undefined
      ? { suffix: '.min.safetensors', bytes: small }
      : { suffix: '.shrunk.safetensors', bytes: encode(shrunk.network, shrunk.values) };
  const full = encode(network, masked, simplified.features);
  const originalText = spec.source.text;
  const seenFrom = (there: string) => slashes(path.relative(folder, there));
  const text = printSimplified({
    spec,
    network,
    featuresOf: compiled.featuresOf,
    shrunk,
    tool: `dnc ${version}`,
    threshold,
    ...(target && { target: target.at_most }),
    parameters: { before: parameterCount(network), after: parameterCount(shrunk.network) },
    weights: { path: `${name}.min.safetensors`, sha256: sha256(small) },
    origin: { path: seenFrom(at.specFile), sha256: sha256(originalText) },
    ...(spec.origin && { earlierOrigin: seenFrom(path.resolve(path.dirname(at.specFile), spec.origin.spec.path)) }),
    difference: { float32: difference.float32, equivalent: isEquivalent(difference) },
    ...(within && { within: rangesText(within) }),
    ...(at.finetunedEpochs !== undefined && { finetunedEpochs: at.finetunedEpochs }),
  });
  const written: Written = {
    original: at.original,
    specFile: at.specFile,
    spec: file(`.min${ending}`),
    weights: file('.min.safetensors'),
    certificate: path.join(folder, 'certificate.json'),
    equivalent: isEquivalent(difference),
  };
  if (path.resolve(written.spec) === path.resolve(at.specFile)) {
    if (text === originalText) return written;
    fail('would-overwrite', { file: at.specFile }, { help: ['give a folder for the result: --out FOLDER'] });
  }

  writeAtomically(file('.cut.safetensors'), full);
  writeAtomically(file(certified.suffix), certified.bytes);
  if (certified.bytes !== small) writeAtomically(written.weights, small);
  writeAtomically(written.spec, text);
  writeAtomically(
    written.certificate,
    `${JSON.stringify(
      certificate(
        `dnc ${version}`,
        difference,
        {
          before: {
            spec: {
              file: seenFrom(at.original),
              sha256: sha256(originalText),
              ...(spec.sets.length > 0 && { sets: spec.sets.map(setText) }),
            },
            weights: { file: `${name}.cut.safetensors`, sha256: sha256(full) },
          },
          after: {
            spec: { file: `${name}.min${ending}`, sha256: sha256(text) },
            weights: { file: `${name}${certified.suffix}`, sha256: sha256(certified.bytes) },
          },
        },
        {
          reasons: shrinkReasons(network, shrunk),
          within,
          target: target && { threshold: target.threshold, at_most: target.at_most, left: target.left },
        },
      ),
      undefined,
      2,
    )}\n`,
  );
  return written;
}

/** A `--set` value as it was given. */
function setText({ address, value: { span } }: SetValue): string {
  return `${address}=${span.source.text.slice(span.start, span.end)}`;
}

function slashes(file: string): string {
  return file.split(path.sep).join('/');
}
