import type { TObject } from '../ir/kind.js';
import { defineLayer, type LayerKind } from './layer.js';

/** What a layer that does another one, given among its arguments, has of one member of `LayerKind`. */
export type Member<M> =
  /** Its own, whatever the other one says. */
  | { readonly own: M }
  /** What the other one says, as it is where this layer is: the shapes, say, without the axis of steps. */
  | { readonly handedOn: M }
  /** None, for this reason. */
  | { readonly none: string };

/** Every member of `LayerKind`: a new one does not compile before each layer that does another one has said what becomes of it. */
export type Members<S extends TObject, K = LayerKind<S>> = {
  readonly [M in keyof K]-?: Member<Exclude<K[M], undefined>>;
};

/** A layer that does another one. */
export function defineWrapper<S extends TObject>(members: Members<S>): LayerKind {
  const had = Object.entries<Member<unknown>>(members).flatMap(([name, member]) =>
    'none' in member ? [] : [[name, 'own' in member ? member.own : member.handedOn]],
  );
  return defineLayer(Object.fromEntries(had) as LayerKind<S>);
}

/** The kind of a layer that stage 1 accepted, by its word: `layerKind` of `index.ts`, which holds the layers that ask. */
export type FindKind = (word: string) => LayerKind;
