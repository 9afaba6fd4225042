/** What is known of a unit's value over all inputs, in one mode: 0, one number, or anything. */
export type UnitFact = 'zero' | { readonly constant: number } | 'varies';

/** Training and inference differ for Dropout and batch norm; facts exist per mode. */
export type Mode = 'training' | 'inference';

/** The number a fact stands for; undefined for `varies`. */
export function constantOf(fact: UnitFact): number | undefined {
  return fact === 'zero' ? 0 : fact === 'varies' ? undefined : fact.constant;
}

export function factOf(value: number): UnitFact {
  return value === 0 ? 'zero' : { constant: value };
}
