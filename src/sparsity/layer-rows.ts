import { Type } from '../ir/kind.js';
import { phasesWhere } from './during.js';
import type { Part } from './long-work.js';
import type { HostMoment, HostSite, Placed } from './method.js';

/** Places of a row that are looked at where a layer computes at many. */
const PLACES = 8;

/** The arguments of methods that compute layers anew from what they read and write on training rows. */
export const rowArguments = {
  rows: Type.Integer({
    default: 1000,
    minimum: 1,
    description: `How many training rows are looked at; of a convolution ${PLACES} places of each.`,
  }),
  during: phasesWhere('None: it works once, when training is over; what became 0 stays so in the fine-tuning.'),
};

/** The argument `mode`. */
export const modeArgument = Type.Union([Type.Literal('cascade'), Type.Literal('parallel')], {
  default: 'cascade',
  description:
    'cascade: layer after layer, each from what it reads after those before were computed anew. parallel: each from what it read as trained.',
});

/** Why a method that computes layers anew makes no sense where it is written; undefined: it does. */
export function refusesLayer(
  { during }: { readonly during?: string | readonly string[] },
  { layer, isSum = true }: Placed,
): string | undefined {
  if (during !== undefined) return 'it computes anew what training has made, when that is over, and acts in no phase';
  return isSum
    ? undefined
    : `${layer} is not one sum, of all that it reads times one kernel and before one activation, that it has for itself alone`;
}

/** One layer on rows. */
export interface LayerRows {
  readonly rows: number;
  /** How many weights a unit has, and how many units there are. */
  readonly weights: number;
  readonly units: number;
  /** What it multiplies with them now, [rows, weights]. */
  readonly reads: Float32Array;
  /** What a unit adds up as trained, its bias included. */
  wanted(unit: number): Float64Array;
  /** The weights of a unit as trained, behind them its bias, if it has one. */
  trained(unit: number): Float64Array;
  /** Writes them. */
  write(unit: number, weights: Float64Array): void;
  /** Between the parts of its work, as `HostMoment.pause`. */
  pause(part: Part): Promise<void>;
}

/** Whether a unit has no weight that is not 0: what prunes units has taken it away. */
export function isGone(weights: Float64Array, { bias }: HostSite<unknown>): boolean {
  return weights.subarray(0, weights.length - Number(bias !== undefined)).every((weight) => weight === 0);
}

/** The layers of a method in their order, each with the rows as they are when those before it are written. */
export async function* layersInOrder<A extends { readonly rows: number }>(
  { sites, sample, pause }: HostMoment<A>,
  isCascade: (args: A) => boolean,
): AsyncGenerator<{ readonly site: HostSite<A>; readonly layer: LayerRows }> {
  let isWritten = false;
  const sums = sites.filter(({ sum }) => sum);
  for (const [index, site] of sums.entries()) {
    const { kernel, bias, arguments: args, written } = site;
    const name = `${site.site.layer}, layer ${index + 1} of ${sums.length}`;
    await pause({ what: name, share: 0 });
    const trainedReads = (await sample(args.rows).summands(site.site.layer, PLACES)).data;
    const reads =
      isWritten && isCascade(args)
        ? (await sample(args.rows, 'written').summands(site.site.layer, PLACES)).data
        : trainedReads;
    const units = written.length;
    const weights = kernel.length / units;
    const rows = reads.length / weights;
    const before = { kernel: kernel.slice(), bias: bias?.slice() };
    const trained = (unit: number) => {
      const own = new Float64Array(weights + Number(bias !== undefined));
      for (let k = 0; k < weights; k++) own[k] = before.kernel[k * units + unit]!;
      if (before.bias) own[weights] = before.bias[unit]!;
      return own;
    };
    const layer: LayerRows = {
      rows,
      weights,
      units,
      reads,
      trained,
      wanted: (unit) => {
        const own = trained(unit);
        return Float64Array.from({ length: rows }, (_, row) => {
          let sum = bias ? own[weights]! : 0;
          for (let k = 0; k < weights; k++) sum += trainedReads[row * weights + k]! * own[k]!;
          return sum;
        });
      },
      write: (unit, own) => {
        for (let k = 0; k < weights; k++) kernel[k * units + unit] = own[k]!;
        if (bias) bias[unit] = own[weights]!;
        isWritten = true;
      },
      // The layer has begun: where lines stay, that was one.
      pause: ({ what, share }) => pause({ what: `${name}: ${what}`, ...(share && { share }) }),
    };
    yield { site, layer };
  }
}
