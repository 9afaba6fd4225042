import type { Span } from '../../diagnostics/source.js';
import type { ArgumentSchema } from './expected.js';
import type { Term } from './term.js';

/** One object that is validated as a whole: the arguments of a call, or a section. Places are JSON pointers into its value. */
export class Unit {
  readonly terms = new Map<string, Term>();
  readonly schemas = new Map<string, ArgumentSchema>();
  /** Places whose mistake was reported: the validator's word on them is not needed. */
  readonly bad = new Set<string>();
  /** Places that the word `off` leaves out. */
  readonly off = new Set<string>();

  constructor(
    /** `layer.Dense`: the key of its validator. */
    readonly validator: string,
    /** What messages call it: `Dense`, `@dropneuron`, `train`. */
    readonly owner: string,
    readonly at: Span,
  ) {}
}

export function pointer(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The last name of a place, for messages: `/phases/warm/epochs` is `epochs`. */
export function nameAt(place: string): string {
  const names = place.split('/').filter((part) => part !== '' && !/^\d+$/.test(part));
  return (names.at(-1) ?? 'value').replaceAll('~1', '/').replaceAll('~0', '~');
}
