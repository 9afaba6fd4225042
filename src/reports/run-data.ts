import { existsSync, readFileSync } from 'node:fs';
import type { Certificate } from '../compiler/5-shrink/certificate.js';
import type { Reasons } from '../compiler/5-shrink/reasons.js';
import type { SearchResult } from '../compiler/5-shrink/search.js';
import type { AppliedThreshold } from '../compiler/5-shrink/cut.js';
import { fail } from '../diagnostics/report.js';
import type { HistoryRow } from '../runtime/training/progress.js';
import type { TargetResult } from '../runtime/simplify/target.js';
import type { RunFolder } from '../runtime/run/run-folder.js';

/** What a score holds, as JSON has it: a number that was not finite is null there. */
export interface StoredScore {
  readonly rows: number;
  readonly loss: number | null;
  readonly losses?: Readonly<Record<string, number | null>>;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly standardErrors?: Readonly<Record<string, number | null>>;
  /** Rows by class and by what was taken for it, by output: `confusions[output][class][prediction]`. */
  readonly confusions?: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** result.json, as far as reports read it. */
export interface StoredResult extends Reasons {
  readonly threshold: AppliedThreshold;
  readonly search?: SearchResult;
  readonly target?: TargetResult;
  readonly nonzero_weights: number;
  readonly weights_before: number;
  readonly weights_after: number;
  readonly finetuned: boolean;
  readonly equivalent: boolean;
  readonly scores: Readonly<
    Partial<Record<'validation' | 'test', { readonly trained: StoredScore; readonly simplified: StoredScore }>>
  >;
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
}

/** @throws Failure run-damaged */
export function readResult(folder: RunFolder): StoredResult | undefined {
  return readJson(folder, 'result.json', isResult);
}

/** @throws Failure run-damaged */
export function readCertificate(folder: RunFolder): Certificate | undefined {
  return readJson(folder, 'certificate.json', isCertificate);
}

/** The rows of history.jsonl. What a run that is under way has written of its next line is left out. @throws Failure run-damaged */
export function readHistory(folder: RunFolder): HistoryRow[] {
  return lines(folder, 'history.jsonl', isHistoryRow);
}

/** Seconds that training took, over all epochs; undefined where none is recorded. @throws Failure run-damaged */
export function readSeconds(folder: RunFolder): number | undefined {
  const rows = lines(
    folder,
    'timing.jsonl',
    (row): row is { seconds: number } => isRecord(row) && isNumber(row.seconds),
  );
  return rows.length > 0 ? rows.reduce((sum, { seconds }) => sum + seconds, 0) : undefined;
}

function lines<T>(folder: RunFolder, name: string, is: (row: unknown) => row is T): T[] {
  const file = folder.file(name);
  if (!existsSync(file)) return [];
  const all = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return all.map((line) => {
    const row = parsed(line);
    return is(row) ? row : fail('run-damaged', { file });
  });
}

function readJson<T>(folder: RunFolder, name: string, is: (value: unknown) => value is T): T | undefined {
  const file = folder.file(name);
  if (!existsSync(file)) return undefined;
  const value = parsed(readFileSync(file, 'utf8'));
  return is(value) ? value : fail('run-damaged', { file });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** A number, or what became of one that was not finite. */
function isStoredNumber(value: unknown): value is number | null {
  return typeof value === 'number' || value === null;
}

function isRecordOfNumbers(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isStoredNumber);
}

function isScore(value: unknown): value is StoredScore {
  return (
    isRecord(value) &&
    isNumber(value.rows) &&
    isStoredNumber(value.loss) &&
    (value.losses === undefined || isRecordOfNumbers(value.losses)) &&
    isRecordOfNumbers(value.metrics) &&
    (value.confusions === undefined ||
      (isRecord(value.confusions) && Object.values(value.confusions).every(isConfusion)))
  );
}

function isConfusion(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(isNumber) && row.length > 0);
}

function isJudgement(value: unknown): boolean {
  return isRecord(value) && isStoredNumber(value.metric) && isNumber(value.rows);
}

function isSearch(value: unknown): boolean {
  return (
    isRecord(value) &&
    isNumber(value.threshold) &&
    isStoredNumber(value.limit) &&
    (value.withoutGain === undefined || isNumber(value.withoutGain)) &&
    isJudgement(value.before) &&
    isJudgement(value.after) &&
    Array.isArray(value.tried) &&
    value.tried.every(
      (one) =>
        isRecord(one) &&
        isNumber(one.threshold) &&
        typeof one.holds === 'boolean' &&
        (one.judgement === undefined || isJudgement(one.judgement)),
    )
  );
}

function isTarget(value: unknown): boolean {
  return (
    isRecord(value) &&
    [value.threshold, value.looks].every(isNumber) &&
    typeof value.held === 'boolean' &&
    [value.at_most, value.left].every((shares) => isRecord(shares) && Object.values(shares).every(isNumber)) &&
    (value.latency === undefined ||
      (isRecord(value.latency) &&
        ['batch_size', 'before', 'after'].every((key) => isNumber((value.latency as Json)[key]))))
  );
}

function isResult(value: unknown): value is StoredResult {
  return (
    isRecord(value) &&
    value.format === 1 &&
    isRecord(value.threshold) &&
    typeof value.threshold.kind === 'string' &&
    isNumber(value.threshold.value) &&
    (value.search === undefined || isSearch(value.search)) &&
    (value.target === undefined || isTarget(value.target)) &&
    [value.nonzero_weights, value.weights_before, value.weights_after].every(isNumber) &&
    typeof value.finetuned === 'boolean' &&
    typeof value.equivalent === 'boolean' &&
    isReasons(value) &&
    isRecord(value.scores) &&
    Object.values(value.scores).every((pair) => isRecord(pair) && isScore(pair.trained) && isScore(pair.simplified)) &&
    (value.warnings === undefined ||
      (Array.isArray(value.warnings) &&
        value.warnings.every(
          (one) => isRecord(one) && typeof one.code === 'string' && typeof one.message === 'string',
        )))
  );
}

function isCertificate(value: unknown): value is Certificate {
  const isFile = (one: unknown) => isRecord(one) && typeof one.file === 'string' && typeof one.sha256 === 'string';
  return (
    isRecord(value) &&
    value.format === 1 &&
    typeof value.tool === 'string' &&
    typeof value.equivalent === 'boolean' &&
    [value.before, value.after].every((side) => isRecord(side) && isFile(side.spec) && isFile(side.weights)) &&
    isRecord(value.probe) &&
    isNumber(value.probe.rows) &&
    isNumber(value.probe.seed) &&
    isReasons(value) &&
    (value.within === undefined || isWithin(value.within)) &&
    [value.limits, value.difference].every(
      (one) => isRecord(one) && isStoredNumber(one.float64) && isStoredNumber(one.float32),
    )
  );
}

function isList(list: unknown): list is readonly unknown[] {
  return Array.isArray(list);
}

/** Units of one layer, by their places. */
function isUnits(one: unknown): one is Json {
  return isRecord(one) && typeof one.layer === 'string' && isList(one.indices) && one.indices.every(isNumber);
}

/** Units that always are a number each. */
function isConstant(one: unknown): one is Json {
  return (
    isUnits(one) && isList(one.values) && one.values.every(isNumber) && one.values.length === (one.indices as []).length
  );
}

/** What a certificate and a result say of units that stayed and of constants, as far as there is any of it. */
export function isReasons({ pinned = [], constant_outputs = [], folded = [] }: Json): boolean {
  return (
    isList(pinned) &&
    pinned.every((one) => isUnits(one) && typeof one.reason === 'string') &&
    isList(constant_outputs) &&
    constant_outputs.every((one) => isConstant(one) && typeof one.output === 'string') &&
    isList(folded) &&
    folded.every(
      (one) =>
        isRecord(one) &&
        [one.reader, one.param].every((name) => typeof name === 'string') &&
        typeof one.added === 'boolean' &&
        (one.carrier === undefined ||
          (isRecord(one.carrier) && typeof one.carrier.layer === 'string' && isNumber(one.carrier.index))) &&
        isList(one.constants) &&
        one.constants.every(isConstant),
    )
  );
}

function isWithin(value: unknown): boolean {
  return (
    isRecord(value) &&
    isRecord(value.inputs) &&
    Object.values(value.inputs).every(
      (ranges) => isList(ranges) && ranges.every((one) => isRecord(one) && isNumber(one.low) && isNumber(one.high)),
    ) &&
    isList(value.constant) &&
    value.constant.every((one) => isUnits(one) && isRecord(one) && isNumber(one.value)) &&
    isList(value.linear) &&
    value.linear.every(isUnits)
  );
}

function isHistoryRow(value: unknown): value is HistoryRow {
  return (
    isRecord(value) &&
    typeof value.phase === 'string' &&
    isNumber(value.epoch) &&
    isNumber(value.step) &&
    [value.learning_rate, value.objective, value.loss].every(isStoredNumber) &&
    [value.penalties, value.metrics, value.alive].every(isRecordOfNumbers) &&
    (value.units === undefined || isRecordOfNumbers(value.units)) &&
    (value.losses === undefined || isRecordOfNumbers(value.losses)) &&
    (value.validation === undefined ||
      (isRecord(value.validation) &&
        isStoredNumber(value.validation.loss) &&
        (value.validation.losses === undefined || isRecordOfNumbers(value.validation.losses)) &&
        isRecordOfNumbers(value.validation.metrics)))
  );
}
