import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Certificate, type Difference, measureDifference } from '../compiler/5-shrink/certificate.js';
import { type Compiled, compile } from '../compiler/compile.js';
import { fail } from '../diagnostics/report.js';
import { sha256 } from '../hash.js';
import { originalsOf, startingValues, valuesInFile } from '../runtime/load.js';
import { readSpecFile } from '../runtime/spec-file.js';
import { type Behaviour, type DiffResult, diffModels } from './diff.js';

/**
 * Compares two spec files. The behaviour is that of the certificate beside the second, where it speaks of these two specs; with `behaviour` the
 * networks are run again: those that the certificate names, else both specs with their own weights.
 */
export function diffFiles(before: string, after: string, options: { readonly behaviour?: boolean } = {}): DiffResult {
  const [old, fresh] = [compileFile(before), compileFile(after)];
  const certificate = certificateOf(old, after);
  const behaviour: Behaviour | undefined = options.behaviour
    ? certificate
      ? recomputed(certificate, old, fresh, path.dirname(after))
      : measured(old, before, fresh, after)
    : certificate && { kind: 'certificate', certificate };
  return diffModels(
    { file: before, spec: old.spec, network: old.network },
    { file: after, spec: fresh.spec, network: fresh.network },
    behaviour,
  );
}

function compileFile(file: string): Compiled {
  return compile(readSpecFile(file), { originals: originalsOf(file) });
}

/** The certificate beside a simplified spec, if it is about this text and came from that one. */
function certificateOf(old: Compiled, after: string): Certificate | undefined {
  const file = path.join(path.dirname(after), 'certificate.json');
  if (!existsSync(file)) return undefined;
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Certificate;
    const about =
      found.after.spec.sha256 === sha256(readFileSync(after)) &&
      found.before.spec.sha256 === sha256(old.spec.source.text);
    return found.format === 1 && about ? found : undefined;
  } catch {
    return fail('run-damaged', { file });
  }
}

/** What the certificate says, found again from the weights that it names. */
function recomputed(certificate: Certificate, old: Compiled, fresh: Compiled, folder: string): Behaviour {
  const values = ({ network }: Compiled, { file, sha256: hash }: Certificate['before']['weights']) =>
    valuesInFile(path.join(folder, file), hash, network);
  const difference: Difference = measureDifference(
    { network: old.network, values: values(old, certificate.before.weights) },
    { network: fresh.network, values: values(fresh, certificate.after.weights), exact: new Map() },
    { seed: certificate.probe.seed },
  );
  return {
    kind: 'measured',
    of: 'cut',
    max_difference: difference.float32,
    rows: difference.probe.rows,
  };
}

/** Both specs with their own weights on the same drawn rows. */
function measured(old: Compiled, before: string, fresh: Compiled, after: string): Behaviour {
  for (const [file, { spec }] of [
    [before, old],
    [after, fresh],
  ] as const)
    if (!spec.weights) fail('no-weights', { file });
  const difference = measureDifference(
    { network: old.network, values: startingValues(old, before, { fromScratch: false }) },
    { network: fresh.network, values: startingValues(fresh, after, { fromScratch: false }), exact: new Map() },
    { seed: fresh.spec.data.seed },
  );
  return { kind: 'measured', of: 'weights', max_difference: difference.float32, rows: difference.probe.rows };
}
