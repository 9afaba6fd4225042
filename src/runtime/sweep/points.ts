import { onLogScale, sixDigits } from '../../compiler/1-spec/sweep.js';
import { numberText } from '../../compiler/1-spec/print.js';
import type { SweepAxis, SweepSpec } from '../../compiler/spec.js';
import { Stream } from '../../random/streams.js';

/** Values by address, as `--set` takes them, in the order of the section. */
export type Point = Readonly<Record<string, string>>;

/** An axis, and whether its values are repetitions of one another: seeds, or the fold that is held out. */
export interface Axis extends SweepAxis {
  readonly repeats: boolean;
}

/**
 * The combinations that a sweep begins with, each once for every repetition, the repetitions of a combination one behind the other. Nothing but the section
 * and its seed decides them.
 *
 * A combination is drawn value by value, from one stream an address: that of the k-th combination is its number at counter k, so that an address that is
 * added or taken away leaves the others' values. Where all values are listed, no combination is drawn twice, and `trials` that reach for all of them get all.
 */
export function pointsOf(
  { strategy, trials, seed }: Pick<SweepSpec, 'strategy' | 'trials' | 'seed'>,
  axes: readonly Axis[],
): Point[] {
  const free = axes.filter(({ repeats }) => !repeats);
  const repeated = product(axes.filter(({ repeats }) => repeats));
  const combinations = strategy === 'grid' || trials === undefined ? product(free) : drawn(free, trials, seed);
  return combinations.flatMap((combination) =>
    repeated.map((repetition) => {
      const values = { ...combination, ...repetition };
      return Object.fromEntries(axes.map(({ address }) => [address, values[address]!]));
    }),
  );
}

/** Every combination of listed values, the last address going fastest. */
function product(axes: readonly Axis[]): Point[] {
  return axes.reduce<Point[]>(
    (points, { address, space }) =>
      points.flatMap((point) =>
        (space.kind === 'values' ? space.values : []).map((value) => ({ ...point, [address]: value })),
      ),
    [{}],
  );
}

function drawn(axes: readonly Axis[], trials: number, seed: number): Point[] {
  const listed = axes.every(({ space }) => space.kind === 'values');
  const all = listed ? product(axes) : undefined;
  if (all && all.length <= trials) return all;
  const streams = axes.map(({ address, space }) => ({
    address,
    space,
    stream: Stream.named(`sweep ${address}`, { seed }),
  }));
  const points: Point[] = [];
  const seen = new Set<string>();
  for (let k = 0; points.length < trials; k++) {
    const point = Object.fromEntries(
      streams.map(({ address, space, stream }) => [
        address,
        space.kind === 'values'
          ? space.values[stream.below(k, space.values.length)]!
          : numberText(
              space.kind === 'log'
                ? onLogScale(space.from, space.to, stream.uniform(k))
                : sixDigits(space.from + stream.uniform(k) * (space.to - space.from)),
            ),
      ]),
    );
    const key = JSON.stringify(point);
    if (all && seen.has(key)) continue;
    seen.add(key);
    points.push(point);
  }
  return points;
}

/** A stretch of a sweep: how long every trial that is left trains, and how many combinations go on behind it. */
export interface Rung {
  /** Epochs since the beginning; undefined: to the end, simplifying included. */
  readonly epochs: number | undefined;
  /** Absent: the last one. */
  readonly keep?: number;
}

/**
 * Successive halving (Jamieson and Talwalkar 2016, Non-stochastic best arm identification, algorithm 1, with the share of the epochs doubled where the
 * combinations are halved): with n combinations and E epochs there are K = min(⌊log₂ n⌋, ⌊log₂ E⌋) halvings; the k-th of them, from 0, comes behind
 * ⌈E · 2^(k − K)⌉ epochs and leaves the better half, rounded up.
 */
export function rungsOf(combinations: number, epochs: number): Rung[] {
  const halvings = Math.min(Math.floor(Math.log2(combinations)), Math.floor(Math.log2(epochs)));
  const rungs: Rung[] = [];
  let left = combinations;
  for (let k = 0; k < halvings; k++) {
    left = Math.ceil(left / 2);
    rungs.push({ epochs: Math.ceil(epochs * 2 ** (k - halvings)), keep: left });
  }
  return [...rungs, { epochs: undefined }];
}
