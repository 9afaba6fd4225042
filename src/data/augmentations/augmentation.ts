import type { Kind, Static, TObject } from '../../ir/kind.js';

/**
 * Where the pixels of a changed picture come from: the pixel at row y and column x is read at row `y[0] · y + y[1] · x + y[2]` and column
 * `x[0] · y + x[1] · x + x[2]` of the picture before. Pixels are counted from 0 at their centres.
 */
export interface Movement {
  readonly y: readonly [number, number, number];
  readonly x: readonly [number, number, number];
  /** What lies outside of the picture before: a number, or the pixel at the edge that is nearest. */
  readonly outside: number | 'edge';
}

/** A change of the pictures that training reads. One file, one registry line. */
export interface AugmentationKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** Random numbers that a row takes. */
  readonly draws: number;
  /** What happens to the picture of one row. `draw` gives its k-th random number, uniform in [0, 1). Undefined: it stays as it is. */
  movement(
    args: A,
    picture: { readonly height: number; readonly width: number },
    draw: (k: number) => number,
  ): Movement | undefined;
}

export function defineAugmentation<S extends TObject>(kind: AugmentationKind<S, Static<S>>): AugmentationKind {
  return kind as unknown as AugmentationKind;
}
