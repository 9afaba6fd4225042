import type { Attributes, Extent, TensorType } from './program.js';
import { checkDType, knownExtent, showShape } from './shapes.js';

/**
 * Windows that slide over the two middle axes of [batch, height, width, channels]: what convolutions and pooling share. Pairs are
 * (height, width); padding is [top, bottom, left, right], counted in elements that are not there.
 */
export interface WindowAttributes extends Attributes {
  readonly strides: readonly number[];
  readonly padding: readonly number[];
}

export interface Windows {
  /** Of the tensor under the windows. */
  readonly extents: readonly [number, number];
  /** Of one window, in taps. */
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Padding before: top and left. */
  readonly before: readonly [number, number];
  /** How many windows there are. */
  readonly count: readonly [number, number];
}

/** Throws an Error that says what does not fit, in the name of `op`. */
export function windowsOf(
  op: string,
  extents: readonly number[],
  size: readonly number[],
  attributes: WindowAttributes & { readonly dilation?: readonly number[] },
): Windows {
  const { strides, padding, dilation = [1, 1] } = attributes;
  checkNumbers(op, 'size', size, 2, 1);
  checkNumbers(op, 'strides', strides, 2, 1);
  checkNumbers(op, 'padding', padding, 4, 0);
  checkNumbers(op, 'dilation', dilation, 2, 1);
  const count = [0, 1].map((axis) => {
    const spread = (size[axis]! - 1) * dilation[axis]! + 1;
    const room = extents[axis]! + padding[2 * axis]! + padding[2 * axis + 1]! - spread;
    if (room < 0 || extents[axis]! < 1) {
      const spreads = dilation.some((one) => one !== 1) ? `, dilated by ${dilation.join(' × ')},` : '';
      throw new Error(
        `${op}: a window of ${size.join(' × ')}${spreads} does not fit into ${extents.join(' × ')} with padding ${showShape(padding)}`,
      );
    }
    return Math.floor(room / strides[axis]!) + 1;
  });
  const pair = (of: readonly number[]) => [of[0]!, of[1]!] as const;
  return {
    extents: pair(extents),
    size: pair(size),
    strides: pair(strides),
    dilation: pair(dilation),
    before: [padding[0]!, padding[2]!],
    count: pair(count),
  };
}

/** Throws unless there are `length` whole numbers, none below `least`. */
export function checkNumbers(op: string, what: string, of: readonly number[], length: number, least: number): void {
  if (of.length === length && of.every((one) => Number.isSafeInteger(one) && one >= least)) return;
  throw new Error(`${op}: ${what} ${showShape(of)} should be ${length} whole numbers from ${least} up`);
}

/** [batch, height, width, channels] of a float tensor, all but the batch known. */
export function imageOf(op: string, type: TensorType): readonly [Extent, number, number, number] {
  checkDType(op, type, ['float']);
  if (type.shape.length !== 4) {
    throw new Error(`${op}: takes [batch, height, width, channels] and was given ${showShape(type.shape)}`);
  }
  const [height, width, channels] = [1, 2, 3].map((axis) => knownExtent(op, type.shape, axis));
  return [type.shape[0]!, height!, width!, channels!];
}

/**
 * Visits every tap of every window that lies inside, in runs along the width: `count` windows from the window (pixel) `window` on read
 * the pixels from `pixel` on, `strides[1]` apart. Image by image, tap by tap, row by row: sums over it have one order.
 */
export function visitTaps(
  { extents, size, strides, dilation, before, count }: Windows,
  images: number,
  visit: (tap: number, pixel: number, window: number, count: number) => void,
): void {
  const [height, width] = extents;
  const [rows, columns] = count;
  for (let image = 0; image < images; image++) {
    for (let ky = 0; ky < size[0]; ky++) {
      for (let kx = 0; kx < size[1]; kx++) {
        const shift = kx * dilation[1] - before[1];
        const first = Math.max(0, Math.ceil(-shift / strides[1]));
        const last = Math.min(columns - 1, Math.floor((width - 1 - shift) / strides[1]));
        if (last < first) continue;
        for (let row = 0; row < rows; row++) {
          const y = row * strides[0] + ky * dilation[0] - before[0];
          if (y < 0 || y >= height) continue;
          const pixel = (image * height + y) * width + first * strides[1] + shift;
          visit(ky * size[1] + kx, pixel, (image * rows + row) * columns + first, last - first + 1);
        }
      }
    }
  }
}

/** Visits every window with the part of it that lies inside: rows from `top` to `bottom` (excluded), columns from `left` to `right`. */
export function visitWindows(
  { extents, size, strides, before, count }: Windows,
  images: number,
  visit: (image: number, window: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  let window = 0;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < count[0]; row++) {
      const y = row * strides[0] - before[0];
      for (let column = 0; column < count[1]; column++, window++) {
        const x = column * strides[1] - before[1];
        const bottom = Math.min(extents[0], y + size[0]);
        visit(image, window, Math.max(0, y), bottom, Math.max(0, x), Math.min(extents[1], x + size[1]));
      }
    }
  }
}
