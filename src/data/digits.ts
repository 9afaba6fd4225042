import { cosineOfTurn, sineOfTurn } from '../random/numeric.js';
import { hashName, Stream } from '../random/streams.js';
import { foldIn, keyOf } from '../random/threefry.js';

/**
 * Handwriting-like digits, drawn: every glyph is a few strokes (polylines) in a unit square, y downwards. An image picks a way of writing its digit, moves the
 * points a little, slants, turns, stretches and shifts the whole, and draws it with a pen of some width; a stray stroke and grain come on top. The
 * amounts are chosen so that a linear model stays below 93 % and a small network passes 97 %; test/data/drawn-digits.test.ts measures it.
 */

/** Images are SIDE × SIDE. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];
type Glyph = readonly Stroke[];

/** Part of an ellipse, from one angle to another in degrees, clockwise from the right, as a polyline with a point every 20 degrees. */
function arc(x: number, y: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.ceil(Math.abs(to - from) / 20);
  return Array.from({ length: steps + 1 }, (_, k): Point => {
    const turn = Math.floor(((from + ((to - from) * k) / steps) / 360) * 2 ** 32);
    return [x + rx * cosineOfTurn((turn % 2 ** 32) | 0), y + ry * sineOfTurn((turn % 2 ** 32) | 0)];
  });
}

/** The ways of writing each digit. */
const GLYPHS: readonly (readonly Glyph[])[] = [
  [[arc(0.5, 0.5, 0.3, 0.48, 0, 360)], [arc(0.5, 0.5, 0.4, 0.42, 0, 360)], [arc(0.5, 0.5, 0.26, 0.46, -60, 290)]],
  [
    [
      [
        [0.5, 0],
        [0.5, 1],
      ],
    ],
    [
      [
        [0.3, 0.25],
        [0.55, 0],
        [0.55, 1],
      ],
    ],
    [
      [
        [0.3, 0.22],
        [0.52, 0],
        [0.52, 1],
      ],
      [
        [0.28, 1],
        [0.76, 1],
      ],
    ],
  ],
  [
    [[...arc(0.48, 0.28, 0.3, 0.28, -170, 40), [0.2, 1], [0.82, 1]]],
    [[...arc(0.5, 0.26, 0.28, 0.26, -180, 50), [0.35, 0.78], [0.2, 0.95], [0.3, 0.82], [0.45, 0.88], [0.8, 1]]],
    [
      [
        [0.2, 0.06],
        [0.75, 0.06],
        [0.75, 0.45],
        [0.22, 0.95],
        [0.8, 0.95],
      ],
    ],
  ],
  [
    [[...arc(0.45, 0.25, 0.28, 0.25, -160, 90), ...arc(0.45, 0.74, 0.32, 0.26, -90, 160)]],
    [[[0.2, 0.02], [0.78, 0.02], [0.46, 0.4], ...arc(0.46, 0.7, 0.3, 0.3, -90, 160)]],
  ],
  [
    [
      [
        [0.62, 1],
        [0.62, 0],
        [0.14, 0.66],
        [0.86, 0.66],
      ],
    ],
    [
      [
        [0.25, 0],
        [0.2, 0.52],
        [0.78, 0.52],
      ],
      [
        [0.74, 0.05],
        [0.7, 1],
      ],
    ],
    [
      [
        [0.2, 0.02],
        [0.22, 0.45],
        [0.5, 0.55],
        [0.76, 0.4],
        [0.76, 0.02],
        [0.72, 1],
      ],
    ],
  ],
  [
    [[[0.76, 0.02], [0.28, 0.02], [0.24, 0.44], ...arc(0.46, 0.68, 0.32, 0.3, -120, 150)]],
    [
      [[0.3, 0.05], [0.28, 0.42], ...arc(0.44, 0.7, 0.3, 0.28, -110, 140)],
      [
        [0.3, 0.05],
        [0.84, 0],
      ],
    ],
  ],
  [
    [[[0.66, 0], [0.38, 0.3], [0.22, 0.66], ...arc(0.5, 0.72, 0.28, 0.27, 180, -170)]],
    [[...arc(0.6, 0.5, 0.38, 0.48, -70, -180), ...arc(0.5, 0.72, 0.28, 0.26, 180, 520)]],
    [[[0.34, 0], [0.24, 0.74], ...arc(0.48, 0.76, 0.24, 0.22, 180, 500)]],
  ],
  [
    [
      [
        [0.16, 0.02],
        [0.84, 0.02],
        [0.42, 1],
      ],
    ],
    [
      [
        [0.16, 0.04],
        [0.82, 0.02],
        [0.44, 1],
      ],
      [
        [0.34, 0.5],
        [0.8, 0.5],
      ],
    ],
    [
      [
        [0.18, 0.2],
        [0.2, 0.02],
        [0.8, 0.02],
        [0.6, 0.4],
        [0.52, 1],
      ],
    ],
  ],
  [
    [arc(0.5, 0.25, 0.24, 0.25, 90, 450), arc(0.5, 0.75, 0.3, 0.25, -90, 270)],
    [
      [
        [0.76, 0.12],
        [0.5, 0],
        [0.26, 0.18],
        [0.5, 0.46],
        [0.76, 0.76],
        [0.5, 1],
        [0.24, 0.78],
        [0.5, 0.46],
        [0.74, 0.2],
        [0.72, 0.06],
      ],
    ],
  ],
  [
    [
      arc(0.48, 0.28, 0.28, 0.27, 0, 360),
      [
        [0.76, 0.28],
        [0.72, 0.7],
        [0.6, 1],
      ],
    ],
    [[...arc(0.48, 0.28, 0.28, 0.27, -20, -350), [0.76, 0.2], [0.74, 1]]],
    [[...arc(0.48, 0.28, 0.27, 0.26, 0, 360), ...arc(0.4, 0.5, 0.36, 0.48, 0, 130)]],
  ],
];

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

/**
 * Draws rows 0 … rows − 1 of one part. Row k depends on the seed, the part and k only.
 *
 * @returns images, rows × 28 × 28, each pixel a byte; labels, the digits
 */
export function drawDigits(
  part: string,
  seed: number,
  rows: number,
): { readonly images: Uint8Array; readonly labels: Int32Array } {
  const key = foldIn(foldIn(keyOf(seed), hashName(`drawn_digits.${part}`)), 0);
  const images = new Uint8Array(rows * PIXELS);
  const labels = new Int32Array(rows);
  const canvas = new Float64Array(PIXELS);
  for (let row = 0; row < rows; row++) {
    const stream = new Stream(foldIn(key, row));
    const label = stream.below(AT.label, 10);
    labels[row] = label;
    const glyphs = GLYPHS[label]!;
    drawOne(stream, glyphs[stream.below(AT.glyph, glyphs.length)]!, canvas);
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
