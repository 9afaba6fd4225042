/**
 * What the language does not know and YAML needs: whether the map that is written at a place is a map, or a call with its arguments. The compiler
 * answers from its schemas.
 */
export interface Expected {
  /** Whether a map written here is a map. */
  readonly map: boolean;
  /** What is expected below: at a key of a map, at an item of a list, at an argument (by name or position) of a call of a word. */
  below(step: string | number, callee?: string): Expected;
  /** Whether a word can be called. In a `with`, where paths may be written as maps within each other, such a first key begins a call. */
  knows?(word: string): boolean;
}

/** A call, and calls below it. */
export const CALL: Expected = { map: false, below: () => CALL };

/** A map, with calls below it. */
export const MAP: Expected = { map: true, below: () => CALL };

/** Without schemas: a document's entries are maps of calls. */
export const UNKNOWN: Expected = { map: true, below: () => MAP };
