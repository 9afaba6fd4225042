import type { Call } from '../ir/kind.js';
import type { HostTensor } from '../program/program.js';
import { Stream } from '../random/streams.js';
import type { AugmentationKind, Movement } from './augmentations/augmentation.js';
import { augmentations } from './augmentations/index.js';

/** What the data section says: what happens to the pictures of every input that reads some, or by input. */
export type AugmentChoices = readonly Call[] | Readonly<Record<string, readonly Call[]>>;

/** The augmentations of an input; undefined where it has none. */
export function augmentationsOf(choices: AugmentChoices | undefined, input: string): readonly Call[] | undefined {
  if (!choices) return undefined;
  if (isList(choices)) return choices;
  return Object.hasOwn(choices, input) ? choices[input] : undefined;
}

export function isList(choices: AugmentChoices): choices is readonly Call[] {
  return Array.isArray(choices);
}

/** What stands behind a tensor of a batch whose pictures are changed when training reads them. */
export interface AugmentedRows {
  /** The input whose random numbers are used: a target that is moved along has those of its input. */
  readonly input: string;
  readonly calls: readonly Call[];
  /** Height, width and channels of a whole picture, before `keep`. */
  readonly extents: readonly [number, number, number];
  readonly data: Float32Array | Int32Array;
  /** Which row of `data` row r of the table is; r itself where absent. */
  readonly rows: Int32Array | undefined;
  /** The row that the source read as row r of the table; r itself where absent. Random numbers are those of this row, whatever the split. */
  readonly originals: Int32Array | undefined;
  /** Which numbers of the changed picture are read. Absent: all. */
  readonly places: Int32Array | undefined;
  /** How a picture is read between its pixels: `nearest` keeps the numbers that it has, as those of a mask. */
  readonly between: 'bilinear' | 'nearest';
}

/**
 * Changes the pictures of one tensor, one augmentation after the other. Random number j of row r in an epoch is uniform(r · draws + j) of the stream
 * `augment.<input>.<place in the list>.<word>` of the seed and that epoch: the same on every engine, in any batch, and when a run goes on.
 */
export class Augmenter {
  private readonly width: number;
  private picture: Float32Array;
  private changed: Float32Array;
  private steps: readonly { readonly kind: AugmentationKind; readonly args: object; readonly stream: Stream }[] = [];

  constructor(private readonly of: AugmentedRows) {
    const [height, width, channels] = of.extents;
    this.width = height * width * channels;
    this.picture = new Float32Array(this.width);
    this.changed = new Float32Array(this.width);
  }

  begin(seed: number, epoch: number): void {
    const { calls, input } = this.of;
    this.steps = calls.map(({ word, arguments: args }, k) => ({
      kind: (augmentations as Readonly<Record<string, AugmentationKind>>)[word]!,
      args,
      stream: Stream.named(`augment.${input}.${k}.${word}`, { seed, epoch }),
    }));
  }

  /** Writes row `row` of the table, changed, from `at` on. */
  write(row: number, into: HostTensor['data'], at: number): void {
    const { extents, data, rows, originals, places, between } = this.of;
    const [height, width] = extents;
    const start = (rows ? rows[row]! : row) * this.width;
    this.picture.set(data.subarray(start, start + this.width));
    const original = originals ? originals[row]! : row;
    for (const { kind, args, stream } of this.steps) {
      const movement = kind.movement(args as never, { height, width }, (k) =>
        stream.uniform(original * kind.draws + k),
      );
      if (!movement) continue;
      move(this.picture, this.changed, extents, movement, between);
      [this.picture, this.changed] = [this.changed, this.picture];
    }
    if (places) for (let k = 0; k < places.length; k++) into[at + k] = this.picture[places[k]!]!;
    else into.set(this.picture, at);
  }
}

/** Reads a picture where a movement says. A place exactly on a pixel gives its numbers unchanged. */
export function move(
  from: Float32Array,
  into: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  { y: [yy, yx, y0], x: [xy, xx, x0], outside }: Movement,
  between: AugmentedRows['between'],
): void {
  const at = (row: number, column: number, channel: number): number => {
    if (outside !== 'edge' && (row < 0 || column < 0 || row >= height || column >= width)) return outside;
    const [inRow, inColumn] = [clamp(row, height), clamp(column, width)];
    return from[(inRow * width + inColumn) * channels + channel]!;
  };
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let [y, x] = [yy * row + yx * column + y0, xy * row + xx * column + x0];
      if (between === 'nearest') [y, x] = [Math.floor(y + 0.5), Math.floor(x + 0.5)];
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [down, across] = [y - top, x - left];
      for (let channel = 0; channel < channels; channel++, to++) {
        if (down === 0 && across === 0) {
          into[to] = at(top, left, channel);
          continue;
        }
        const above = (1 - across) * at(top, left, channel) + across * at(top, left + 1, channel);
        const below = (1 - across) * at(top + 1, left, channel) + across * at(top + 1, left + 1, channel);
        into[to] = (1 - down) * above + down * below;
      }
    }
  }
}

function clamp(place: number, extent: number): number {
  return place < 0 ? 0 : place >= extent ? extent - 1 : place;
}
