import { epochsOf, MOST_TRIALS } from '../../compiler/1-spec/sweep.js';
import { lowerSpec, printResolved } from '../../compiler/1-spec/index.js';
import { readDocument } from '../../compiler/document.js';
import type { Compiled } from '../../compiler/compile.js';
import type { Spec, SweepAxis, SweepSpec } from '../../compiler/spec.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { diagnostic, Failure, fail, Reports } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { compileWithData, type SpecToOpen } from '../spec/open-spec.js';
import { type Axis, type Point, pointsOf, type Rung, rungsOf } from './points.js';

/** What a sweep is going to do. */
export interface Plan {
  readonly axes: readonly Axis[];
  readonly points: readonly Point[];
  readonly rungs: readonly Rung[];
}

/**
 * Compiles a spec as `dnc check` does, and plans its sweep where it has one. What is wrong with the spec, with its data and with the addresses of the sweep is told together.
 *
 * @throws Failure of `compileWithData` and `planSweep`; sweep-values for an address that leads nowhere, or that `--set` fixes where `isStarted`
 */
export async function openSweep(
  at: SpecToOpen,
  { isStarted = false }: { readonly isStarted?: boolean } = {},
): Promise<{ readonly compiled: Compiled; readonly plan?: Plan }> {
  const { source, sets } = at;
  const wrong = () => wrongAddresses(source, sets, isStarted);
  const compiled = await compileWithData(at).catch((error: unknown) => {
    throw error instanceof Failure ? new Failure([...error.diagnostics, ...wrong()]) : error;
  });
  const { sweep } = compiled.spec;
  if (!sweep) return { compiled };
  const found = wrong();
  if (found.length > 0) throw new Failure([...compiled.warnings, ...found]);
  return { compiled, plan: planSweep(source, sets, sweep) };
}

/** What is wrong with the addresses of a sweep themselves, also where the rest of the spec has mistakes. */
function wrongAddresses(source: Source, sets: readonly string[], isStarted: boolean): Diagnostic[] {
  const axes = loweredWith(source, sets).spec?.sweep?.axes ?? [];
  const lost = axes.flatMap((axis) => leadsNowhere(axis, loweredWith(source, [...sets, setOf(axis)]).reports.all));
  if (!isStarted) return lost;
  const fixed = axes.filter(({ address }) => sets.some((set) => set.split('=')[0]!.trim() === address));
  return [
    ...lost,
    ...fixed.map(({ address, span }) =>
      diagnostic(
        'sweep-values',
        { address, reason: '`--set` fixes it' },
        { at: span, help: [`one value alone: --set 'sweep.${address}=[…]'`] },
      ),
    ),
  ];
}

/** The spec of a text as stage 1 reads it; undefined where the text cannot be read. */
function loweredWith(source: Source, sets: readonly string[]) {
  const reports = new Reports();
  const document = readDocument(source, reports);
  return { spec: reports.failed ? undefined : lowerSpec(document, { source, sets }, reports), reports };
}

/**
 * Plans a sweep of a spec that compiles and whose addresses lead somewhere: tells repetitions from combinations, and lists the points.
 *
 * @throws Failure sweep-values; sweep-plan
 */
function planSweep(source: Source, sets: readonly string[], sweep: SweepSpec): Plan {
  const lowered = (more: readonly string[]) => loweredWith(source, [...sets, ...more]);
  const axes = sweep.axes.map((axis) => ({ ...axis, repeats: repeats(axis, (set) => lowered([set]).spec) }));
  const varied = axes.filter(({ repeats }) => !repeats);
  const open = axes.filter(({ repeats, space }) => repeats && space.kind !== 'values');
  if (open.length > 0) {
    const reason = 'seeds and folds are tried all, so they must be listed';
    throw new Failure(
      open.map(({ address, span }) =>
        diagnostic('sweep-values', { address, reason }, { at: span, help: [`for example \`${address}: 1..5\``] }),
      ),
    );
  }
  const points = pointsOf(sweep, axes);
  if (points.length > MOST_TRIALS) {
    const reason = `it has ${points.length.toLocaleString('en')} trials, and at most ${MOST_TRIALS.toLocaleString('en')} are made`;
    fail('sweep-plan', { reason }, { at: sweep.span });
  }
  if (sweep.strategy !== 'halving') return { axes, points, rungs: [{ epochs: undefined }] };

  const repetitions = repetitionsOf(axes);
  const combinations = points.length / repetitions;
  if (combinations < 2) {
    const reason =
      varied.length === 0
        ? 'halving chooses among combinations, and seeds and folds make one of them'
        : 'one combination cannot be halved';
    fail('sweep-plan', { reason }, { at: sweep.span });
  }
  // Every trial is stopped behind the same epochs, so they must be equally long.
  const lengths = new Map<number | undefined, Point>();
  for (let k = 0; k < points.length; k += repetitions) {
    const { spec, reports } = lowered(setsOf(points[k]!));
    if (spec && !reports.failed) lengths.set(epochsOf(spec.train), points[k]!);
  }
  const [epochs] = [...lengths.keys()];
  const refused = { at: sweep.span, help: ['sweep the length by `strategy: grid` or `random`'] };
  if (lengths.size > 1) {
    const [one, other] = [...lengths].map(
      ([length, point]) => `${length ?? 'some steps, not'} epochs with ${showPoint(point)}`,
    );
    fail('sweep-plan', { reason: `halving compares trials of one length, and there are ${one}, ${other}` }, refused);
  }
  if (epochs === undefined || epochs < 2)
    fail('sweep-plan', { reason: 'halving needs trials of two epochs or more' }, refused);
  return { axes, points, rungs: rungsOf(combinations, epochs) };
}

export function repetitionsOf(axes: readonly Axis[]): number {
  return axes.reduce(
    (count, { repeats, space }) => (repeats && space.kind === 'values' ? count * space.values.length : count),
    1,
  );
}

export function setsOf(point: Point): string[] {
  return Object.entries(point).map(([address, value]) => `${address}=${value}`);
}

export function showPoint(point: Point): string {
  return Object.entries(point)
    .map(([address, value]) => `${address}: ${value}`)
    .join(', ');
}

/** `--set` with the first value of an axis. */
function setOf({ address, space }: SweepAxis, last = false): string {
  return `${address}=${space.kind === 'values' ? space.values.at(last ? -1 : 0)! : last ? space.to : space.from}`;
}

/** What is wrong with the address itself, told where the sweep writes it. What is wrong with a value is the trial's to tell. */
function leadsNowhere({ address, span, space }: SweepAxis, found: readonly Diagnostic[]): Diagnostic[] {
  const text = setOf({ address, span, space });
  return found
    .filter(
      ({ at, severity }) =>
        severity === 'error' && at?.source.name === '--set' && at.source.text === text && at.end <= address.length,
    )
    .map((one) => ({
      ...one,
      message: one.message.replace(`\`--set ${address}\``, `\`${address}\` in \`sweep\``),
      at: span,
    }));
}

/** Whether the values of an axis change nothing but seeds and which rows are held out as a fold. */
function repeats(axis: SweepAxis, lowered: (set: string) => Spec | undefined): boolean {
  if (axis.address === 'train.seed' || axis.address === 'data.seed') return true;
  if (axis.space.kind === 'values' && axis.space.values.length === 1) return false;
  const [one, other] = [lowered(setOf(axis)), lowered(setOf(axis, true))];
  return one !== undefined && other !== undefined && essence(one) === essence(other);
}

function essence(spec: Spec): string {
  const { validation, test } = spec.data;
  const fold = (split: typeof validation) =>
    split?.word === 'fold' ? { ...split, arguments: { ...split.arguments, k: 1 } } : split;
  const data = {
    ...spec.data,
    seed: 0,
    ...(validation && { validation: fold(validation)! }),
    ...(test && { test: fold(test)! }),
  };
  return printResolved({ ...spec, data, train: { ...spec.train, seed: 0 } });
}
