import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../diagnostics/report.js';
import { writeAtomically } from '../../files.js';
import type { Point } from './points.js';

/** The file of a sweep's folder that holds all of it but times: the same bytes whatever the number of workers, and however often it was stopped. */
export const SWEEP = 'sweep.json';

export type TrialState = 'waiting' | 'finished' | 'stopped early' | 'failed';

/** One training of a sweep. */
export interface Trial {
  /** From 1. */
  readonly number: number;
  /** Which combination it belongs to, from 1: trials of one combination differ in seeds and folds alone. */
  readonly combination: number;
  readonly values: Point;
  /** Its run's folder, below the sweep's. */
  readonly folder: string;
  /** `stopped early`: halving found it in the worse half. */
  readonly state: TrialState;
  /** The objective, of the simplified network where it is finished, else behind the last epoch that counts; null: not a finite number. */
  readonly objective?: number | null;
  /** Behind how many epochs. Absent: at its end. */
  readonly epochs?: number;
  /** Sizes of the simplified network. */
  readonly parameters?: number;
  readonly weights?: number;
  readonly multiply_adds?: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface SweepRecord {
  readonly format: 1;
  readonly dnc: string;
  /** The spec's file name without its ending. */
  readonly name: string;
  readonly spec: { readonly folder: string; readonly file: string; readonly sha256: string };
  readonly sets: readonly string[];
  readonly data_folder?: string;
  /** Of every trial, where its spec does not say. */
  readonly engine?: string;
  /** Of every trial: it decides the last bits of numbers, as the number of workers does not. */
  readonly threads: number;
  readonly strategy: 'grid' | 'random' | 'halving';
  readonly seed: number;
  readonly objective: { readonly name: string; readonly better: 'higher' | 'lower' };
  readonly axes: readonly { readonly address: string; readonly repeats: boolean }[];
  /** Epochs behind which halving stops trials, with how many combinations go on. */
  readonly rungs: readonly { readonly epochs: number; readonly keep: number }[];
  readonly trials: readonly Trial[];
  /** The best combination, and what it scores on test rows, which were read when it was chosen. Absent: the sweep has not come to its end, or nothing is finished. */
  readonly chosen?: {
    readonly combination: number;
    /** Means over its trials, by measure. */
    readonly test?: Readonly<Record<string, number>>;
  };
}

export function writeSweep(folder: string, record: SweepRecord): void {
  writeAtomically(path.join(folder, SWEEP), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** @throws Failure no-sweep, run-damaged */
export function readSweep(folder: string): SweepRecord {
  const file = path.join(folder, SWEEP);
  if (!existsSync(file))
    fail('no-sweep', { folder }, { help: ['make one: dnc sweep SPEC', 'a single run is shown by dnc report'] });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    fail('run-damaged', { file });
  }
  return isSweep(value) ? value : fail('run-damaged', { file });
}

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): boolean => isJson(value) && Object.values(value).every(isText);
const isList = (value: unknown, is: (one: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.every(is);
const optional = (value: unknown, is: (one: unknown) => boolean): boolean => value === undefined || is(value);

function isSweep(value: unknown): value is SweepRecord {
  if (!isJson(value) || value.format !== 1) return false;
  const { spec, objective, chosen } = value;
  return (
    [value.dnc, value.name].every(isText) &&
    optional(value.engine, isText) &&
    isJson(spec) &&
    [spec.folder, spec.file, spec.sha256].every(isText) &&
    isList(value.sets, isText) &&
    optional(value.data_folder, isText) &&
    isCount(value.threads) &&
    isCount(value.seed) &&
    ['grid', 'random', 'halving'].includes(value.strategy as string) &&
    isJson(objective) &&
    isText(objective.name) &&
    ['higher', 'lower'].includes(objective.better as string) &&
    isList(value.axes, (one) => isJson(one) && isText(one.address) && typeof one.repeats === 'boolean') &&
    isList(value.rungs, (one) => isJson(one) && isCount(one.epochs) && isCount(one.keep)) &&
    isList(value.trials, isTrial) &&
    optional(
      chosen,
      (one) =>
        isJson(one) &&
        isCount(one.combination) &&
        optional(one.test, (test) => isJson(test) && Object.values(test).every((score) => typeof score === 'number')),
    )
  );
}

function isTrial(value: unknown): boolean {
  return (
    isJson(value) &&
    isCount(value.number) &&
    isCount(value.combination) &&
    isTexts(value.values) &&
    isText(value.folder) &&
    // Nothing outside of the sweep's folder is read for it.
    /^trials\/\d+$/.test(value.folder) &&
    ['waiting', 'finished', 'stopped early', 'failed'].includes(value.state as string) &&
    optional(value.objective, (one) => one === null || typeof one === 'number') &&
    [value.epochs, value.parameters, value.weights, value.multiply_adds].every((one) => optional(one, isCount)) &&
    optional(value.error, isText)
  );
}
