import type { Call } from '../ir/kind.js';
import { Stream } from '../random/streams.js';
import type { AugmentationKind, Movement } from './augmentations/augmentation.js';
import { augmentations } from './augmentations/index.js';
import { copyRow } from './picked-rows.js';
import type { StoredRows } from './stored-rows.js';

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

/** How the pictures of one tensor are changed. Plain data, so that another thread can be told. */
export interface Augmentation {
  /** The input whose random numbers are used: a target that is moved along has those of its input. */
  readonly input: string;
  readonly calls: readonly Call[];
  /** Height, width and channels of a whole picture, before `keep`. */
  readonly extents: readonly [number, number, number];
  /** Which numbers of the changed picture are read. Absent: all. */
  readonly places: Int32Array | undefined;
  /** How a picture is read between its pixels: `nearest` keeps the numbers that it has, as those of a mask. */
  readonly between: 'bilinear' | 'nearest';
}

type Numbers = Float32Array | Int32Array;

/** What stands behind a tensor of a batch whose pictures are changed when training reads them. */
export interface AugmentedRows extends Augmentation {
  readonly data: Float32Array | Int32Array | StoredRows;
  /** Which row of `data` row r of the table is; r itself where absent. */
  readonly rows: Int32Array | undefined;
  /** The row that the source read as row r of the table; r itself where absent. Random numbers are those of this row, whatever the split. */
  readonly originals: Int32Array | undefined;
}

/**
 * Changes the pictures of one tensor, one augmentation after the other. Random number j of row r in an epoch is uniform(r · draws + j) of the stream
 * `augment.<input>.<place in the list>.<word>` of the seed and that epoch: the same on every engine, in any batch, in any thread, and when a run goes on.
 */
export class Augmenter {
  /** Numbers of a whole picture. */
  readonly width: number;
  private picture: Float32Array;
  private changed: Float32Array;
  private steps: readonly { readonly kind: AugmentationKind; readonly args: object; readonly stream: Stream }[] = [];

  constructor(private readonly of: Augmentation) {
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

  /** Writes the picture at `start` of `data`, which the source read as its row `original`, changed, from `at` of `into` on. */
  write(original: number, data: Numbers, start: number, into: Numbers, at: number): void {
    const { extents, places, between } = this.of;
    const [height, width] = extents;
    this.picture.set(data.subarray(start, start + this.width));
    for (const { kind, args, stream } of this.steps) {
      const movement = kind.movement(args as never, { height, width }, (k) =>
        stream.uniform(original * kind.draws + k),
      );
      if (!movement) continue;
      move(this.picture, this.changed, extents, movement, between);
      [this.picture, this.changed] = [this.changed, this.picture];
    }
    copyRow(this.picture, 0, { width: this.width, places }, into, at);
  }
}

/** Reads a picture where a movement says. A place exactly on a pixel gives its numbers unchanged. */
export function move(
  from: Float32Array,
  into: Float32Array,
  extents: readonly [number, number, number],
  movement: Movement,
  between: AugmentedRows['between'],
): void {
  const { y, x } = movement;
  const isWhole = (step: number, other: number, start: number) =>
    Math.abs(step) === 1 && other === 0 && Number.isInteger(start);
  if (isWhole(y[0], y[1], y[2]) && isWhole(x[1], x[0], x[2])) moveWhole(from, into, extents, movement);
  else moveBetween(from, into, extents, movement, between);
}

/** Whole pixels, forwards or backwards: lines are copied. */
function moveWhole(
  from: Float32Array,
  into: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  { y: [down, , y0], x: [, across, x0], outside }: Movement,
): void {
  // The columns that are read within the picture, first and behind the last.
  const [first, behind] = across === 1 ? [-x0, width - x0] : [x0 - width + 1, x0 + 1];
  const [begin, end] = [Math.min(width, Math.max(0, first)), Math.max(0, Math.min(width, behind))];
  for (let row = 0; row < height; row++) {
    const line = row * width * channels;
    const read = down * row + y0;
    if (outside !== 'edge' && (read < 0 || read >= height)) {
      into.fill(outside, line, line + width * channels);
      continue;
    }
    const start = clamp(read, height) * width;
    for (let column = 0; column < width; column++) {
      if (column === begin && end > begin) {
        const source = (start + across * column + x0) * channels;
        const to = line + begin * channels;
        if (across === 1) into.set(from.subarray(source, source + (end - begin) * channels), to);
        else turnLine(from, source, into, to, end - begin, channels);
        column = end - 1;
        continue;
      }
      const isInside = column >= begin && column < end;
      const source = (start + clamp(across * column + x0, width)) * channels;
      for (let channel = 0; channel < channels; channel++)
        into[line + column * channels + channel] = isInside || outside === 'edge' ? from[source + channel]! : outside;
    }
  }
}

/** Copies pixels from the one at `source` backwards. */
function turnLine(
  from: Float32Array,
  source: number,
  into: Float32Array,
  to: number,
  count: number,
  channels: number,
): void {
  for (let k = 0, read = source, write = to; k < count; k++, read -= channels, write += channels)
    for (let channel = 0; channel < channels; channel++) into[write + channel] = from[read + channel]!;
}

function moveBetween(
  from: Float32Array,
  into: Float32Array,
  extents: readonly [number, number, number],
  { y: [yy, yx, y0], x: [xy, xx, x0], outside }: Movement,
  between: AugmentedRows['between'],
): void {
  const [height, width, channels] = extents;
  const line = width * channels;
  const isNearest = between === 'nearest';
  // This is most of what augmented training does beside its steps: the loop holds no more than what most pixels need.
  for (let row = 0, to = 0; row < height; row++) {
    const downY = yy * row;
    const downX = xy * row;
    for (let column = 0; column < width; column++, to += channels) {
      let y = downY + yx * column + y0;
      let x = downX + xx * column + x0;
      if (isNearest) {
        y = Math.floor(y + 0.5);
        x = Math.floor(x + 0.5);
      }
      // All four pixels around lie within the picture.
      if (y >= 0 && x >= 0 && y < height - 1 && x < width - 1) {
        // Places from 0 on are cut off as they are rounded down, as integers.
        const top = y | 0;
        const left = x | 0;
        const down = y - top;
        const across = x - left;
        const up = 1 - down;
        const back = 1 - across;
        const k = (top * width + left) * channels;
        for (let channel = 0; channel < channels; channel++) {
          const at = k + channel;
          const above = back * from[at]! + across * from[at + channels]!;
          const below = back * from[at + line]! + across * from[at + line + channels]!;
          into[to + channel] = up * above + down * below;
        }
      } else edgePixel(from, into, to, extents, y, x, outside);
    }
  }
}

/** A pixel around which some of the four lie outside of the picture. */
function edgePixel(
  from: Float32Array,
  into: Float32Array,
  to: number,
  [height, width, channels]: readonly [number, number, number],
  y: number,
  x: number,
  outside: Movement['outside'],
): void {
  const at = (row: number, column: number, channel: number): number => {
    if (outside !== 'edge' && (row < 0 || column < 0 || row >= height || column >= width)) return outside;
    return from[(clamp(row, height) * width + clamp(column, width)) * channels + channel]!;
  };
  const top = Math.floor(y);
  const left = Math.floor(x);
  const down = y - top;
  const across = x - left;
  for (let channel = 0; channel < channels; channel++) {
    // What counts nothing may lie outside: it is not read.
    const above = at(top, left, channel);
    const upper = across === 0 ? above : (1 - across) * above + across * at(top, left + 1, channel);
    if (down === 0) {
      into[to + channel] = upper;
      continue;
    }
    const below = at(top + 1, left, channel);
    const lower = across === 0 ? below : (1 - across) * below + across * at(top + 1, left + 1, channel);
    into[to + channel] = (1 - down) * upper + down * lower;
  }
}

function clamp(place: number, extent: number): number {
  return place < 0 ? 0 : place >= extent ? extent - 1 : place;
}
