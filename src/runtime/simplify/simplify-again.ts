import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { compile } from '../../compiler/compile.js';
import { fail } from '../../diagnostics/report.js';
import { inShell } from '../../diagnostics/shell.js';
import { endingOf } from '../../dsl/syntax.js';
import { lockToUse } from '../run/data-lock.js';
import { engineForSpec } from '../engines/for-spec.js';
import type { EngineOptions } from '../engines/engine.js';
import { featuresOf } from './features.js';
import { qualityWarning } from './loss-of-quality.js';
import { LATENCY, latencyTables } from './latency.js';
import type { Watcher } from '../training/progress.js';
import { makeFolder, writeAtomically } from '../../files.js';
import { fittedInFile, readTrained, startingValues } from '../weights/load.js';
import { compileOptions, openWithRows } from '../spec/open-spec.js';
import { bindRows } from '../spec/rows.js';
import { isFinetuned, isFinished, type RunResult, scoresOf, writeResult } from './result.js';
import { provenRanges } from './ranges.js';
import { RunFolder } from '../run/run-folder.js';
import { simplify } from './simplify.js';
import { failWithoutWeights, readSpecFile } from '../spec/spec-file.js';
import { writeSimplified } from './write-simplified.js';

/**
 * Simplifies what a run trained, or a spec with weights, once more: cut, shrink, certify, write. Nothing is trained. Data is read where the
 * threshold is searched for, and where there is some to judge the result by.
 */
export async function simplifyAgain(at: {
  /** A run's folder, or a spec that names weights. */
  readonly from: string;
  readonly sets: readonly string[];
  /** The options that `sets` were given by, as they are typed: help repeats them. */
  readonly typed?: readonly string[];
  /** Absent: the run's own folder, or that of the spec. */
  readonly out: string | undefined;
  readonly dataFolder: string | undefined;
  /** Data files may have changed since the run. */
  readonly acceptChangedData?: boolean;
  readonly engine?: string | undefined;
  readonly engineOptions: Partial<EngineOptions>;
  readonly watcher?: Watcher;
}): Promise<RunResult> {
  const typed = ['dnc simplify', inShell(at.from), ...(at.typed ?? []).map(inShell)].join(' ');
  const isRun = existsSync(at.from) && statSync(at.from).isDirectory();
  const run = isRun ? new RunFolder(at.from) : undefined;
  const record = run?.readRecord();
  const specFile = record ? path.join(record.specFolder, record.specFile) : at.from;
  const text = record ? new RunFolder(at.from).specText(record) : at.from;
  const source = readSpecFile(text);
  const trained = record && path.join(at.from, 'trained.safetensors');
  if (trained !== undefined && !existsSync(trained))
    fail(
      'weights-missing',
      { file: trained, reason: 'the run has not come to the end of its training' },
      { help: [`go on with it: dnc train --resume ${at.from}`] },
    );
  const toOpen = {
    source,
    specFile,
    sets: [...(record?.sets ?? []), ...at.sets],
    dataFolder: at.dataFolder ?? record?.dataFolder,
    acceptChangedData: at.acceptChangedData ?? false,
    ...(record && { lock: lockToUse(record) }),
    fitted: trained === undefined ? undefined : fittedInFile(trained),
  };
  // Weights are asked for before rows are.
  if (!record && !compile(source, await compileOptions(toOpen)).spec.weights) failWithoutWeights(at.from);
  const { compiled, rows } = await openWithRows(toOpen);
  const { spec, network } = compiled;
  // Of what the spec is warned of, what this command is there for.
  const idle = compiled.warnings.filter(({ code }) => code === 'threshold-without-effect');
  const values =
    trained !== undefined ? readTrained(trained, compiled) : startingValues(compiled, specFile, { fromScratch: false });

  const name = record?.name ?? path.basename(at.from, endingOf(at.from)).replace(/\.min$/, '');
  const folder = at.out ?? (isRun ? at.from : path.dirname(at.from));
  const earlier = path.join(folder, `${name}.min${endingOf(specFile)}`);
  // Before anything is computed. A spec in its own place is another matter: it may come out as it is.
  if (at.out !== undefined && existsSync(earlier) && path.resolve(earlier) !== path.resolve(specFile))
    fail('result-exists', { file: earlier }, { help: [`give another folder: ${typed} --out FOLDER`] });
  // What training brought after the cut cannot be had back by simplifying again.
  if (at.out === undefined && isRun && isFinetuned(folder))
    fail('result-finetuned', { file: earlier }, { help: [`leave it where it is: ${typed} --out FOLDER`] });

  if (spec.simplify.finetune) at.watcher?.note('note: `finetune` of the spec is left out: simplify trains nothing\n');
  const { engine, options: engineOptions } = await engineForSpec(at, compiled, { training: false });
  const phase = spec.train.phases.at(-1)!;
  const simplified = await simplify({
    spec,
    network,
    values,
    phase,
    validation: rows.validation && bindRows(network, spec, phase, rows.validation),
    train: bindRows(network, spec, phase, rows.train),
    initial: () => startingValues(compiled, specFile, { fromScratch: record?.fromScratch ?? false }),
    features: featuresOf(network, spec, phase, rows.train),
    ranges: provenRanges(network, spec, rows.train),
    latency: latencyTables(
      isRun ? path.join(at.from, LATENCY) : path.join(path.dirname(at.from), `${name}.${LATENCY}`),
      specFile,
      spec.simplify.target?.latencyTable,
    ),
    engine,
    engineOptions,
    ...(at.watcher && { watcher: at.watcher }),
  });
  const after = simplified.shrunk.network;
  const scores = await scoresOf(
    { engine, engineOptions, spec, phase, rows },
    [network, values],
    [after, simplified.shrunk.values],
  );

  if (at.out !== undefined) makeFolder(folder);
  // Nobody else may be writing in a run's folder.
  const lock = at.out === undefined ? run : undefined;
  lock?.lock();
  try {
    const files = writeSimplified({
      folder,
      name,
      specFile,
      original: at.out === undefined ? text : keptText(text, source.text, path.join(folder, name + endingOf(specFile))),
      compiled,
      simplified,
      values: simplified.shrunk.values,
      finetunedEpochs: undefined,
    });
    const worse = qualityWarning({ spec, network, scores, finetuned: false, from: at.from });
    const warnings = [...idle, ...simplified.warnings, ...worse];
    const between = { before: network, after };
    const result: RunResult = { simplified, network: between, finetuned: false, files, scores, warnings };
    // A run that has come to its end says what it holds now; one that has not can still be resumed.
    if (at.out !== undefined || (isRun && isFinished(folder))) writeResult(folder, result);
    return result;
  } finally {
    lock?.unlock();
  }
}

/** A file with the spec's text beside the result: a copy, unless something else has its name there. */
function keptText(file: string, text: string, copy: string): string {
  if (!existsSync(copy)) writeAtomically(copy, text);
  return readFileSync(copy, 'utf8') === text ? copy : file;
}
