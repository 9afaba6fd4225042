import { cosineOfTurn, sineOfTurn } from '../random/numeric.js';
import { hashName, Stream } from '../random/streams.js';
import { foldIn, keyOf } from '../random/threefry.js';

/**
 * Handwriting-like signs, drawn: every glyph is a few strokes (polylines) in a unit square, y downwards. An image picks a way of writing its sign, moves the
 * points a little, slants, turns, stretches and shifts the whole, and draws it with a pen of some width; a stray stroke and grain come on top. The
 * amounts are chosen so that a linear model stays below 93 % and a small network passes 97 %; test/data/drawn-digits.test.ts measures it.
 */

/** Images are SIDE × SIDE. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];
export type Glyph = readonly Stroke[];

/** Part of an ellipse, from one angle to another in degrees, clockwise from the right, as a polyline with a point every 20 degrees. */
export function arc(x: number, y: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.ceil(Math.abs(to - from) / 20);
  return Array.from({ length: steps + 1 }, (_, k): Point => {
    const turn = Math.floor(((from + ((to - from) * k) / steps) / 360) * 2 ** 32);
    return [x + rx * cosineOfTurn((turn % 2 ** 32) | 0), y + ry * sineOfTurn((turn % 2 ** 32) | 0)];
  });
}

/** How far images differ. Lengths are in pixels; an amount that varies is drawn evenly up to this far on both sides. */
const VARIETY = {
  /** Mean extents of a glyph, and the share by which each of them varies on its own. */
  width: 16,
  height: 19,
  stretch: 0.12,
  /** Turn, in parts of a right angle, and slant, in parts of the height. */
  turn: 0.06,
  slant: 0.14,
  /** Of the whole glyph, across and down. A linear model fails mostly because of it. */
  shift: 3,
  /** Of every point. */
  jitter: 0.3,
  /** Half the width of the pen. */
  thinnest: 1.5,
  thickest: 2.5,
  /** The share of its darkness that ink may lack. */
  paleness: 0.3,
  /** Share of images with a stray stroke, and how far it may go. */
  stray: 0.1,
  strayLength: 9,
  /** The share of its darkness that a single pixel may lack. Paper is clean: pixels without ink are 0. */
  grain: 0.2,
} as const;

/** Counters of an image's stream. Points and pixels have ranges of their own, so that no number is used twice. */
const AT = {
  label: 0,
  glyph: 1,
  width: 2,
  height: 3,
  turn: 4,
  slant: 5,
  x: 6,
  y: 7,
  pen: 8,
  ink: 9,
  stray: 10,
  strayFrom: 12,
  strayTo: 14,
  points: 64,
  pixels: 1024,
} as const;

/** What is drawn. */
export interface Drawing {
  /** The stream that all is drawn from. */
  readonly stream: string;
  readonly seed: number;
  readonly rows: number;
  /** The ways of writing each sign, by its class. */
  readonly glyphs: readonly (readonly Glyph[])[];
  /** The class of a row. Absent: drawn evenly. */
  readonly labelOf?: (row: number) => number;
}

/** Images, rows × 28 × 28, each pixel a byte, and their classes. */
export interface Drawn {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

/** Draws rows 0 … rows − 1. Row k depends on the seed, the stream's name, its class and k only. */
export function drawGlyphs({ stream: name, seed, rows, glyphs, labelOf }: Drawing): Drawn {
  const key = foldIn(foldIn(keyOf(seed), hashName(name)), 0);
  const images = new Uint8Array(rows * PIXELS);
  const labels = new Int32Array(rows);
  const canvas = new Float64Array(PIXELS);
  for (let row = 0; row < rows; row++) {
    const stream = new Stream(foldIn(key, row));
    const label = labelOf ? labelOf(row) : stream.below(AT.label, glyphs.length);
    labels[row] = label;
    const ways = glyphs[label]!;
    drawOne(stream, ways[stream.below(AT.glyph, ways.length)]!, canvas);
    const start = row * PIXELS;
    const ink = 1 - VARIETY.paleness * stream.uniform(AT.ink);
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const cover = canvas[pixel]!;
      if (cover === 0) continue;
      const grain = 1 - VARIETY.grain * stream.uniform(AT.pixels + pixel);
      images[start + pixel] = Math.floor(255 * ink * grain * cover + 0.5);
    }
  }
  return { images, labels };
}

/** Pictures as numbers of the network. */
export function asPixels(images: Uint8Array, values: Float32Array): Float32Array {
  const data = new Float32Array(images.length);
  for (let k = 0; k < data.length; k++) data[k] = values[images[k]!]!;
  return data;
}

/** Draws a glyph and a stray stroke; the canvas then holds the cover of every pixel, 0 to 1. */
function drawOne(stream: Stream, glyph: Glyph, canvas: Float64Array): void {
  const around = (counter: number, most: number) => most * (2 * stream.uniform(counter) - 1);
  const width = VARIETY.width * (1 + around(AT.width, VARIETY.stretch));
  const height = VARIETY.height * (1 + around(AT.height, VARIETY.stretch));
  const turn = Math.floor(around(AT.turn, VARIETY.turn) * 2 ** 30) | 0;
  const [cosine, sine] = [cosineOfTurn(turn), sineOfTurn(turn)];
  const slant = around(AT.slant, VARIETY.slant);
  const x0 = SIDE / 2 + around(AT.x, VARIETY.shift);
  const y0 = SIDE / 2 + around(AT.y, VARIETY.shift);
  const pen = VARIETY.thinnest + (VARIETY.thickest - VARIETY.thinnest) * stream.uniform(AT.pen);
  canvas.fill(0);
  let counter = AT.points;
  for (const stroke of glyph) {
    let [fromX, fromY] = [Number.NaN, Number.NaN];
    for (const [px, py] of stroke) {
      const u = (px - 0.5) * width + around(counter++, VARIETY.jitter);
      const v = (py - 0.5) * height + around(counter++, VARIETY.jitter);
      const w = u - slant * v;
      const x = x0 + cosine * w - sine * v;
      const y = y0 + sine * w + cosine * v;
      if (!Number.isNaN(fromX)) segment(canvas, fromX, fromY, x, y, pen);
      [fromX, fromY] = [x, y];
    }
  }
  if (stream.bernoulli(AT.stray, VARIETY.stray)) {
    const x = SIDE * stream.uniform(AT.strayFrom);
    const y = SIDE * stream.uniform(AT.strayFrom + 1);
    segment(
      canvas,
      x,
      y,
      x + around(AT.strayTo, VARIETY.strayLength),
      y + around(AT.strayTo + 1, VARIETY.strayLength),
      pen,
    );
  }
}

/** Covers the pixels whose centre is within `pen` of the segment, with an edge one pixel soft. Strokes do not add up. */
function segment(canvas: Float64Array, x1: number, y1: number, x2: number, y2: number, pen: number): void {
  const reach = pen + 0.5;
  const left = Math.max(0, Math.ceil(Math.min(x1, x2) - reach - 0.5));
  const right = Math.min(SIDE - 1, Math.floor(Math.max(x1, x2) + reach - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(y1, y2) - reach - 0.5));
  const bottom = Math.min(SIDE - 1, Math.floor(Math.max(y1, y2) + reach - 0.5));
  const [dx, dy] = [x2 - x1, y2 - y1];
  const square = dx * dx + dy * dy;
  const inverse = square > 0 ? 1 / square : 0;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [ex, ey] = [column + 0.5 - x1, row + 0.5 - y1];
      const along = Math.min(1, Math.max(0, (ex * dx + ey * dy) * inverse));
      const [ox, oy] = [ex - along * dx, ey - along * dy];
      const cover = Math.min(1, reach - Math.sqrt(ox * ox + oy * oy));
      const pixel = row * SIDE + column;
      if (cover > canvas[pixel]!) canvas[pixel] = cover;
    }
  }
}
