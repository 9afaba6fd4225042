import type { Kind, Static, TObject } from '../ir/kind.js';

/** Draws standard normals or uniforms in [0, 1) for the elements of one tensor, by the counter of the element's original index. */
export interface Draws {
  normal(counter: number): number;
  uniform(counter: number): number;
}

/** How a parameter starts. `fanIn` and `fanOut` are Keras' (rows and columns of a dense kernel). */
export interface InitializerKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** The value of the element whose row-major index in the original shape is `counter`. */
  value?(
    args: A,
    at: {
      readonly counter: number;
      readonly shape: readonly number[];
      readonly fanIn: number;
      readonly fanOut: number;
      readonly draws: Draws;
    },
  ): number;
  /** For what is no matter of single elements: the whole tensor in its original shape, row-major. Every initializer has one of the two. */
  whole?(args: A, at: { readonly shape: readonly number[]; readonly draws: Draws }): Float64Array;
  /** How many axes a tensor must have. Absent: any number. */
  readonly axes?: { readonly least: number; readonly most?: number };
}

export function defineInitializer<S extends TObject>(kind: InitializerKind<S, Static<S>>): InitializerKind {
  return kind as unknown as InitializerKind;
}
