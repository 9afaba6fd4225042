import type { ImageExtents } from './images.js';
import type { Connections, Pattern } from './patterns.js';
import type { Picture } from './png.js';

/** Longer sides are drawn smaller: several weights a pixel. */
const LONGEST = 1024;
/** Shades between "one of the weights under the pixel is not 0" and "all are not". */
const SHADES = 13;

const PAPER = [255, 255, 255] as const;
/** Removed rows and columns: light enough to leave the weights the eye, dark enough to be seen in print. */
const REMOVED = [218, 229, 242] as const;
const FRAME = [140, 140, 140] as const;
const INK = Array.from({ length: SHADES }, (_, k) => {
  const grey = Math.round(200 * (1 - k / (SHADES - 1)));
  return [grey, grey, grey] as const;
});

/** What the pixels of the pictures of this file stand for. */
export const palette: Picture['palette'] = [PAPER, REMOVED, FRAME, ...INK];
const [ZERO, GONE, EDGE, FIRST] = [0, 1, 2, 3];

/** A shade for a share above 0. */
function shade(share: number): number {
  return FIRST + Math.min(SHADES - 1, Math.max(0, Math.ceil(share * SHADES) - 1));
}

/**
 * One side of a pattern: black where a weight is not 0, white where it is, tinted where the row or the column was removed. Rows are what is read,
 * columns what is made. A connection of several weights, and a pixel of several connections, is the darker the more of them are not 0.
 */
export function drawPattern(pattern: Pick<Pattern, 'rows' | 'columns' | 'taps'>, shown: Connections): Picture {
  const step = Math.max(1, Math.ceil(Math.max(pattern.rows, pattern.columns) / LONGEST));
  const [height, width] = [Math.ceil(pattern.rows / step), Math.ceil(pattern.columns / step)];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let [nonzero, kept] = [0, 0];
      for (let row = y * step; row < Math.min(pattern.rows, (y + 1) * step); row++)
        for (let column = x * step; column < Math.min(pattern.columns, (x + 1) * step); column++)
          if (shown.rows[row] && shown.columns[column]) {
            kept += 1;
            nonzero += shown.counts[row * pattern.columns + column]!;
          }
      pixels[y * width + x] = kept === 0 ? GONE : nonzero === 0 ? ZERO : shade(nonzero / (kept * pattern.taps));
    }
  return { width, height, palette, pixels };
}

/** Which features of an image are read: the darker, the more weights that are not 0 read them; tinted where none of its channels is. */
export function drawFeatures(
  [height, width, channels]: ImageExtents,
  { readers, kept }: { readonly readers: Uint32Array; readonly kept: Uint8Array },
): Picture {
  const totals = new Float64Array(height * width);
  const pixels = new Uint8Array(height * width).fill(GONE);
  for (let place = 0; place < pixels.length; place++)
    for (let channel = 0; channel < channels; channel++) {
      const feature = place * channels + channel;
      if (!kept[feature]) continue;
      pixels[place] = ZERO;
      totals[place]! += readers[feature]!;
    }
  const most = totals.reduce((one, other) => Math.max(one, other), 0);
  totals.forEach((total, place) => {
    if (total > 0) pixels[place] = shade(total / most);
  });
  return { width, height, palette, pixels };
}

/** Every pixel as a square of `factor` pixels. */
export function enlarge({ width, height, pixels, ...rest }: Picture, factor: number): Picture {
  const large = new Uint8Array(width * height * factor * factor);
  for (let y = 0; y < height * factor; y++)
    for (let x = 0; x < width * factor; x++)
      large[y * width * factor + x] = pixels[Math.floor(y / factor) * width + Math.floor(x / factor)]!;
  return { ...rest, width: width * factor, height: height * factor, pixels: large };
}

/** Pictures of this file beside each other, each in a frame. */
export function beside(pictures: readonly Picture[], gap = 12): Picture {
  const height = Math.max(...pictures.map((one) => one.height)) + 2;
  const width = pictures.reduce((sum, one) => sum + one.width + 2, 0) + gap * (pictures.length - 1);
  const pixels = new Uint8Array(width * height).fill(ZERO);
  let left = 0;
  for (const one of pictures) {
    for (let y = -1; y <= one.height; y++)
      for (let x = -1; x <= one.width; x++) {
        const inside = x >= 0 && y >= 0 && x < one.width && y < one.height;
        pixels[(y + 1) * width + left + x + 1] = inside ? one.pixels[y * one.width + x]! : EDGE;
      }
    left += one.width + 2 + gap;
  }
  return { width, height, palette, pixels };
}
