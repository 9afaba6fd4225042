import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Certificate } from '../compiler/5-shrink/certificate.js';
import { livingNetwork } from '../compiler/5-shrink/live.js';
import { paramSize } from '../compiler/3-dims/index.js';
import { stretchesOf } from '../compiler/checks/outputs.js';
import { type Compiled, compile } from '../compiler/compile.js';
import type { PhaseSpec, Spec } from '../compiler/spec.js';
import { sha256 } from '../hash.js';
import { allParams, type Network, nodeOf } from '../ir/graph.js';
import { sizeOf } from '../program/program.js';
import { Checkpoints } from '../runtime/training/checkpoint.js';
import type { EngineRecord } from '../runtime/engines/engine.js';
import {
  fittedInFile,
  fittedOf,
  originalsInFile,
  originalsOf,
  readTrained,
  startingValues,
} from '../runtime/weights/load.js';
import type { HistoryRow } from '../runtime/training/progress.js';
import { type RowsRecord, RunFolder } from '../runtime/run/run-folder.js';
import { readSpecFile } from '../runtime/spec/spec-file.js';
import { type DiffResult, diffModels } from './diff.js';
import { type ImageExtents, imageExtents } from './images.js';
import { type Pattern, patternsOf, readersOf, type Stage } from './patterns.js';
import { readCertificate, readHistory, readResult, readSeconds, type StoredResult } from './run-data.js';
import { type RunState, stateOf } from './run-state.js';
import { type NetworkSummary, summarize } from './summary.js';

/** What one stage of a run left of a kernel. */
export interface StageCounts {
  readonly stage: string;
  readonly rows: number;
  readonly columns: number;
  readonly weights: number;
  readonly nonzero: number;
}

/** What `dnc report --json` prints. Format 1. */
export interface RunReport {
  readonly format: 1;
  readonly run: {
    readonly folder: string;
    readonly name: string;
    readonly state: RunState;
    readonly dnc: string;
    readonly spec: { readonly file: string; readonly sha256: string };
    readonly sets: readonly string[];
    readonly seed: number;
    readonly engine: EngineRecord;
    readonly update_pass: boolean;
    /** The data lock. */
    readonly data: readonly { readonly name: string; readonly sha256: string }[];
    /** How many rows each part had. Absent: of an earlier version. */
    readonly rows?: RowsRecord;
    /** Training time, where it is recorded. */
    readonly seconds?: number;
  };
  /** Why it failed, where it did. */
  readonly failure?: string;
  /** The network of full size. */
  readonly network: NetworkSummary;
  /** Against the result, where there is one. */
  readonly diff?: DiffResult;
  /** Kernels, with what each stage left of them. */
  readonly kernels: readonly {
    readonly name: string;
    readonly rows: number;
    readonly columns: number;
    readonly taps: number;
    readonly stages: readonly StageCounts[];
  }[];
  readonly history: readonly HistoryRow[];
  readonly result?: StoredResult;
  readonly certificate?: Certificate & {
    /** Whether the files that it names are there and as they were. */
    readonly holds_for: readonly { readonly file: string; readonly unchanged: boolean }[];
  };
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** An image that the network reads, and which of its pixels are read. */
export interface InputImage {
  readonly name: string;
  readonly extents: ImageExtents;
  readonly readers: Uint32Array;
  readonly kept: Uint8Array;
}

/** A run as reports show it. */
export interface ReportedRun {
  readonly report: RunReport;
  /** Of the spec that was trained, its fine-tuning among them. */
  readonly phases: readonly PhaseSpec[];
  readonly patterns: readonly Pattern[];
  readonly images: readonly InputImage[];
}

/**
 * Reads what a run's folder holds. A run that has not come to its end is reported as far as it went: by its newest checkpoint, without a result.
 *
 * @throws Failure no-run, run-damaged, and what is wrong with a spec or a weights file of the run
 */
export function readRun(folderPath: string): ReportedRun {
  const folder = new RunFolder(folderPath);
  const record = folder.readRecord();
  const { name } = record;
  const warnings: { code: string; message: string }[] = [];
  const result = readResult(folder);
  const certificate = readCertificate(folder);
  const history = readHistory(folder);
  const seconds = readSeconds(folder);

  const trained = folder.file('trained.safetensors');
  const specFile = path.join(record.specFolder, record.specFile);
  // The run's own weights know the units and the columns of a table also where the files that it began with are gone. Before there are any, the
  // resolved spec holds what was learned of the data: how wide an Input is.
  const before = existsSync(trained)
    ? compile(readSpecFile(folder.specText(record)), {
        sets: record.sets,
        originals: () => originalsInFile(trained),
        fitted: () => fittedInFile(trained),
      })
    : compile(readSpecFile(folder.file('spec.resolved.dn')), {
        originals: originalsOf(specFile),
        fitted: fittedOf(specFile),
      });
  const stages: Stage[] = [];
  if (existsSync(trained))
    stages.push({ title: 'as trained', network: before.network, values: readTrained(trained, before) });
  else stages.push(...checkpointed(folder, before.network, warnings));

  const simplified = folder.simplifiedText(record);
  const after =
    result && compile(readSpecFile(simplified), { originals: originalsOf(simplified), fitted: fittedOf(simplified) });
  if (result && after) stages.push(...resultStages(folder, name, result, after, simplified));

  const patterns = patternsOf(before.network, stages);
  const state = stateOf(folder);
  const failure = state === 'failed' ? folder.readFailure() : undefined;
  const text = readFileSync(folder.specText(record));
  const report: RunReport = {
    format: 1,
    run: {
      folder: folderPath,
      name,
      state,
      dnc: record.dnc,
      spec: { file: record.specFile, sha256: sha256(text) },
      sets: record.sets,
      seed: before.spec.train.seed,
      engine: record.engine,
      update_pass: record.updatePass,
      data: record.data,
      ...(record.rows && { rows: record.rows }),
      ...(seconds !== undefined && { seconds }),
    },
    ...(failure !== undefined && { failure }),
    network: summarize(before.network),
    ...(after && {
      diff: diffModels(
        { file: record.specFile, spec: before.spec, network: before.network, featuresOf: before.featuresOf },
        { file: path.basename(simplified), spec: after.spec, network: after.network },
        certificate && { kind: 'certificate', certificate, ...(result?.finetuned && { finetuned: true }) },
        certificate,
      ),
    }),
    kernels: patterns.map(({ name: kernel, rows, columns, taps, stages: found }) => ({
      name: kernel,
      rows,
      columns,
      taps,
      stages: found.map(({ title, shown }) => ({
        stage: title,
        rows: sum(shown.rows),
        columns: sum(shown.columns),
        weights: shown.weights,
        nonzero: shown.nonzero,
      })),
    })),
    history,
    ...(result && { result }),
    ...(certificate && { certificate: { ...certificate, holds_for: checked(folder, certificate) } }),
    warnings: [
      ...warnings,
      ...[...before.warnings, ...(after?.warnings ?? [])].map(({ code, message }) => ({ code, message })),
      ...(result?.warnings ?? []),
    ],
  };
  return {
    report,
    phases: stretchesOf(before.spec),
    patterns,
    images: imagesOf(before.spec, before.network, patterns),
  };
}

/** The small network as it was shrunk and, where it was trained on, as it is now. */
function resultStages(
  folder: RunFolder,
  name: string,
  { finetuned }: StoredResult,
  after: Compiled,
  file: string,
): Stage[] {
  const now: Stage = {
    title: finetuned ? 'cut, shrunk and fine-tuned' : 'cut and shrunk',
    network: after.network,
    values: startingValues(after, file, { fromScratch: false }),
  };
  const shrunk = folder.file(`${name}.shrunk.safetensors`);
  if (!finetuned || !existsSync(shrunk)) return [now];
  const before: Stage = { title: 'cut and shrunk', network: after.network, values: readTrained(shrunk, after) };
  return samePattern(before, now) ? [now] : [before, now];
}

/** Whether the same weights are 0 at two stages of one network. */
function samePattern(one: Stage, other: Stage): boolean {
  return allParams(one.network).every(({ name }) => {
    const data = other.values.get(name)!;
    return one.values.get(name)!.every((value, k) => (value === 0) === (data[k] === 0));
  });
}

/** The network of the newest checkpoint that is whole; none where there is no such checkpoint. Live shrinking may have left less of it than the spec has. */
function checkpointed(folder: RunFolder, network: Network, warnings: { code: string; message: string }[]): Stage[] {
  const found = existsSync(folder.file('checkpoints'))
    ? new Checkpoints(folder.file('checkpoints')).newest((message) =>
        warnings.push({ code: 'checkpoint-damaged', message: message.trim() }),
      )
    : undefined;
  if (!found) return [];
  const left = found.living ? livingNetwork(network, found.living) : network;
  const values = new Map<string, Float32Array>();
  for (const param of allParams(left)) {
    const data = found.state[param.name]?.data;
    if (!(data instanceof Float32Array) || data.length !== paramSize(param)) return [];
    values.set(param.name, data);
  }
  return [{ title: 'at the newest checkpoint', network: left, values }];
}

/** Whether the files of a certificate are there and have the contents that it names. */
function checked(
  folder: RunFolder,
  { before, after }: Certificate,
): { readonly file: string; readonly unchanged: boolean }[] {
  return [before.spec, before.weights, after.spec, after.weights].map(({ file, sha256: hash }) => {
    const at = path.resolve(folder.path, file);
    return { file, unchanged: existsSync(at) && sha256(readFileSync(at)) === hash };
  });
}

/** The Inputs that are images, with what is read of them. */
function imagesOf(spec: Spec, network: Network, patterns: readonly Pattern[]): InputImage[] {
  return network.graph.inputs.flatMap((name) => {
    const input = nodeOf(network.graph, name);
    const extents = imageExtents(spec, input);
    if (!extents) return [];
    // A kernel reads features where they lie on one axis: at the Input itself, or behind the layer that flattens it.
    const isFlat = network.shapes.get(name)![0]!.length === 1;
    const flat = isFlat ? name : network.graph.nodes.find((node) => node.inputs[0]?.node === name)?.name;
    const read = flat === undefined ? undefined : readersOf(network, patterns, flat);
    return read?.kept.length === sizeOf(extents) ? [{ name, extents, ...read }] : [];
  });
}

function sum(flags: Uint8Array): number {
  return flags.reduce((total, flag) => total + flag, 0);
}
