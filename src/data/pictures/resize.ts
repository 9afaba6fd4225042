import type { Picture } from './picture.js';

/** Which pixels along one axis a new pixel is made of, from `first` on, and their weights, which add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * The pixels of a picture as `height` × `width` × `channels` numbers from 0 to 255, not rounded. Bilinear: a new pixel is the mean of the pixels around its
 * centre with weights that fall linearly to 0 (a triangle), one pixel wide on both sides where the picture grows and as wide as what it covers where it
 * shrinks, so that no pixel is passed over. These are the numbers of PyTorch's `interpolate(mode='bilinear', antialias=True)` and, but for its rounding, of
 * Pillow's `resize(BILINEAR)`. Grey is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601); three channels of a grey picture are the same.
 *
 * `fit` is `stretch`, which keeps all of the picture whatever its proportions, or `crop`, which takes the largest part in the middle that has those of the
 * result.
 */
export function resize(
  picture: Picture,
  to: { readonly height: number; readonly width: number; readonly channels: 1 | 3; readonly fit: 'stretch' | 'crop' },
): Float64Array {
  const { height, width, channels, fit } = to;
  const part = fit === 'crop' ? middle(picture, height, width) : { y: 0, x: 0, ...extentsOf(picture) };
  const down = taps(part.y, part.height, picture.height, height);
  const across = taps(part.x, part.width, picture.width, width);
  const own = picture.channels;
  // Across first, for the lines that are needed: one line of the picture is `width` × own numbers.
  const lines = new Float64Array(picture.height * width * own);
  const isNeeded = new Uint8Array(picture.height);
  for (const { first, weights } of down) isNeeded.fill(1, first, first + weights.length);
  for (let y = 0; y < picture.height; y++) {
    if (!isNeeded[y]) continue;
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x]!;
      for (let channel = 0; channel < own; channel++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += weights[k]! * picture.data[(y * picture.width + first + k) * own + channel]!;
        lines[(y * width + x) * own + channel] = sum;
      }
    }
  }
  const result = new Float64Array(height * width * channels);
  const pixel = new Float64Array(own);
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y]!;
    for (let x = 0; x < width; x++) {
      pixel.fill(0);
      for (let k = 0; k < weights.length; k++)
        for (let channel = 0; channel < own; channel++)
          pixel[channel]! += weights[k]! * lines[((first + k) * width + x) * own + channel]!;
      const at = (y * width + x) * channels;
      if (own === channels) for (let channel = 0; channel < channels; channel++) result[at + channel] = pixel[channel]!;
      else if (channels === 1) result[at] = 0.299 * pixel[0]! + 0.587 * pixel[1]! + 0.114 * pixel[2]!;
      else result.fill(pixel[0]!, at, at + 3);
    }
  }
  return result;
}

function extentsOf({ height, width }: Picture) {
  return { height, width };
}

/** The largest part in the middle with the proportions of height to width, in pixels that may be broken. */
function middle(picture: Picture, height: number, width: number) {
  const scale = Math.min(picture.height / height, picture.width / width);
  const part = { height: height * scale, width: width * scale };
  return { ...part, y: (picture.height - part.height) / 2, x: (picture.width - part.width) / 2 };
}

/** The taps for `count` new pixels over the stretch of `length` pixels from `from` on, of `extent` that there are. */
function taps(from: number, length: number, extent: number, count: number): readonly Taps[] {
  const scale = length / count;
  const reach = Math.max(1, scale);
  return Array.from({ length: count }, (_, k) => {
    const centre = from + (k + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const behind = Math.min(extent, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: behind - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((first + tap + 0.5 - centre) / reach)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
