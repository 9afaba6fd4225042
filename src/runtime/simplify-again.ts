import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { compile } from '../compiler/compile.js';
import { fail } from '../diagnostics/report.js';
import { chooseEngine } from './engines/index.js';
import type { EngineOptions } from './engines/engine.js';
import { makeFolder, writeAtomically } from './files.js';
import { originalsOf, readTrained, startingValues } from './load.js';
import { bindRows, readRows } from './rows.js';
import { type RunResult, scoresOf } from './run.js';
import { RunFolder } from './run-folder.js';
import { simplify } from './simplify.js';
import { readSpecFile } from './spec-file.js';
import { writeSimplified } from './write-simplified.js';

/**
 * Simplifies what a run trained, or a spec with weights, once more: cut, shrink, certify, write. Nothing is trained. Data is read where the
 * threshold is searched for, and where there is some to judge the result by.
 */
export async function simplifyAgain(at: {
  /** A run's folder, or a spec that names weights. */
  readonly from: string;
  readonly sets: readonly string[];
  /** Absent: the run's own folder, or that of the spec. */
  readonly out: string | undefined;
  readonly dataFolder: string | undefined;
  readonly engine: string;
  readonly engineOptions: EngineOptions;
}): Promise<RunResult> {
  const isRun = existsSync(at.from) && statSync(at.from).isDirectory();
  const record = isRun ? new RunFolder(at.from).readRecord() : undefined;
  const specFile = record ? path.join(record.specFolder, record.specFile) : at.from;
  const source = readSpecFile(record ? path.join(at.from, `${record.name}.dn`) : at.from);
  const compiled = compile(source, { sets: [...(record?.sets ?? []), ...at.sets], originals: originalsOf(specFile) });
  const { spec, network } = compiled;
  if (!record && !spec.weights) fail('no-weights', { file: at.from });
  const values = record
    ? readTrained(path.join(at.from, 'trained.safetensors'), compiled)
    : startingValues(compiled, specFile, { fromScratch: false });

  const { engine } = await chooseEngine(at.engine);
  const phase = spec.train.phases.at(-1)!;
  const rows = await readRows(spec, {
    dataFolder: at.dataFolder ?? record?.dataFolder,
    specFolder: path.dirname(specFile),
  });
  const simplified = await simplify({
    spec,
    network,
    values,
    phase,
    validation: rows.validation && bindRows(network, spec, phase, rows.validation),
    engine,
    engineOptions: at.engineOptions,
  });
  const folder = at.out ?? (isRun ? at.from : path.dirname(at.from));
  makeFolder(folder);
  const name = record?.name ?? path.basename(at.from).replace(/(\.min)?\.dn$/, '');
  if (folder !== at.from && !existsSync(path.join(folder, `${name}.dn`)))
    writeAtomically(path.join(folder, `${name}.dn`), source.text);
  const files = writeSimplified({
    folder,
    name,
    specFile,
    compiled,
    simplified,
    values: simplified.shrunk.values,
    finetunedEpochs: undefined,
  });
  const after = simplified.shrunk.network;
  return {
    simplified,
    network: { before: network, after },
    finetuned: false,
    files,
    scores: await scoresOf(
      { engine, engineOptions: at.engineOptions, spec, phase, rows },
      [network, values],
      [after, simplified.shrunk.values],
    ),
  };
}
