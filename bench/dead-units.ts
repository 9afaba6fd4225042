import type { Values } from '../src/compiler/5-shrink/values.js';

/** Of the units that kernels of this name read (a regular expression), so many go on being read, the first of them; below 1 it is a share. */
export interface Kept {
  readonly kernels: string;
  readonly keep: number;
  /** Units that are read where the rows of a kernel are those of pictures laid flat; absent: as many as it has rows. */
  readonly of?: number;
}

/** The values with 0 where kernels, [..., in, out], read other units: nobody reads those any more, and shrinking takes them out. */
export function withDeadUnits(
  kernels: readonly { readonly name: string; readonly shape: readonly number[] }[],
  values: Values,
  kept: readonly Kept[],
): Map<string, Float32Array> {
  const changed = new Map(values);
  for (const { kernels: pattern, keep, of } of kept) {
    const found = kernels.filter(({ name }) => new RegExp(pattern).test(name));
    if (found.length === 0) throw new Error(`no kernel is called ${pattern}`);
    for (const { name, shape } of found) {
      const [rows, outputs] = [shape.at(-2)!, shape.at(-1)!];
      const units = of ?? rows;
      const left = keep < 1 ? Math.round(units * keep) : keep;
      const isRead = (at: number) => (Math.floor(at / outputs) % rows) % units < left;
      changed.set(
        name,
        values.get(name)!.map((value, at) => (isRead(at) ? value : 0)),
      );
    }
  }
  return changed;
}
