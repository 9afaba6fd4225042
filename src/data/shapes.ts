import { cosineOfTurn, sineOfTurn } from '../random/numeric.js';
import { hashName, Stream } from '../random/streams.js';
import { foldIn, keyOf } from '../random/threefry.js';

const MOST_SHAPES = 3;
const LEAST_LINES = 2;
const MOST_LINES = 5;
/** Half of a line's width in pixels; a shape's radius is a share of the side. */
const LINE = 0.8;
const RADIUS = [0.12, 0.26] as const;
/** How much lighter or darker than the ground a shape or a line is. */
const CONTRAST = [0.2, 0.5] as const;

/** Counters of a picture's stream. Shapes, lines and pixels have ranges of their own. */
const AT = { ground: 0, slope: 1, shapes: 3, lines: 4, shape: 16, line: 64, pixels: 256 } as const;

/** Whether a point is inside, in pixels. */
type Inside = (y: number, x: number) => boolean;

/**
 * Draws rows 0 … rows − 1 of one part: a ground of one shade that slopes a little, one to three shapes (a disc, a box or a triangle, turned), two to
 * five thin lines that may lie over them, and noise. A mask is 1 where a shape is, whether a line crosses it or not. Row k depends on the seed, the part, the side and
 * k only.
 *
 * @returns both rows × side × side; images from 0 to 1
 */
export function drawShapes(
  part: string,
  rows: number,
  how: { readonly side: number; readonly noise: number; readonly seed: number },
): { readonly images: Float32Array; readonly masks: Float32Array } {
  const { side, noise, seed } = how;
  const key = foldIn(foldIn(keyOf(seed), hashName(`drawn_shapes.${part}`)), 0);
  const images = new Float32Array(rows * side * side);
  const masks = new Float32Array(rows * side * side);
  for (let row = 0; row < rows; row++) {
    const stream = new Stream(foldIn(key, row));
    const between = (counter: number, [least, most]: readonly [number, number]) =>
      least + (most - least) * stream.uniform(counter);
    const ground = between(AT.ground, [0.3, 0.7]);
    const [down, across] = [0, 1].map((k) => between(AT.slope + k, [-0.1, 0.1]));
    const shade = (counter: number) => (stream.bernoulli(counter, 0.5) ? 1 : -1) * between(counter + 1, CONTRAST);
    const things = (count: number, from: number, size: number, make: (at: number) => Inside) =>
      Array.from({ length: count }, (_, k) => ({ inside: make(from + k * size), shade: shade(from + k * size + 6) }));
    const shapes = things(1 + stream.below(AT.shapes, MOST_SHAPES), AT.shape, 8, (at) => shapeAt(stream, at, side));
    const lines = things(LEAST_LINES + stream.below(AT.lines, MOST_LINES - LEAST_LINES + 1), AT.line, 8, (at) =>
      lineAt(stream, at, side),
    );
    const start = row * side * side;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const at = start + y * side + x;
        let value = ground + down! * (y / side - 0.5) + across! * (x / side - 0.5);
        let own = 0;
        // What is drawn later lies on top.
        for (const { inside, shade } of shapes) {
          if (!inside(y, x)) continue;
          own = shade;
          masks[at] = 1;
        }
        for (const { inside, shade } of lines) if (inside(y, x)) own = shade;
        value += own + noise * stream.normal(AT.pixels + y * side + x);
        images[at] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return { images, masks };
}

/** A disc, a box or a triangle about a point, turned. */
function shapeAt(stream: Stream, at: number, side: number): Inside {
  const kind = stream.below(at, 3);
  const radius = side * (RADIUS[0] + (RADIUS[1] - RADIUS[0]) * stream.uniform(at + 1));
  const [middle, centre] = [2, 3].map((k) => side * (0.2 + 0.6 * stream.uniform(at + k)));
  const turn = Math.floor(stream.uniform(at + 4) * 2 ** 32) | 0;
  const [cosine, sine] = [cosineOfTurn(turn), sineOfTurn(turn)];
  return (y, x) => {
    const [v, u] = [y - middle!, x - centre!];
    if (kind === 0) return u * u + v * v <= radius * radius;
    const [across, down] = [cosine * u + sine * v, cosine * v - sine * u];
    if (kind === 1) return Math.abs(across) <= 0.85 * radius && Math.abs(down) <= 0.85 * radius;
    // Within three lines at half the radius from the middle: an equilateral triangle.
    const half = 0.6 * radius;
    const slant = Math.sqrt(3) / 2;
    return down <= half && -0.5 * down + slant * across <= half && -0.5 * down - slant * across <= half;
  };
}

/** A thin line across a part of the picture. */
function lineAt(stream: Stream, at: number, side: number): Inside {
  const [y1, x1, y2, x2] = [0, 1, 2, 3].map((k) => side * stream.uniform(at + k)) as [number, number, number, number];
  const [dy, dx] = [y2 - y1, x2 - x1];
  const square = dy * dy + dx * dx;
  return (y, x) => {
    const along = square > 0 ? Math.min(1, Math.max(0, ((y - y1) * dy + (x - x1) * dx) / square)) : 0;
    const [oy, ox] = [y - y1 - along * dy, x - x1 - along * dx];
    return oy * oy + ox * ox <= LINE * LINE;
  };
}
