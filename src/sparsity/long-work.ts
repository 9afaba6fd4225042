/** Work that may take minutes, in parts: between them it says how far it is, and whoever does it may let others in, or leave it. */
export type LongWork<T> = Generator<Part, T, void>;

/** What is being done, for people; `share` of it is done, where that is known. */
export interface Part {
  readonly what: string;
  readonly share?: number;
}

/** Multiplications and additions of a part: a few hundredths of a second. */
const PART = 2e7;

/** After which of many like pieces of work, each of so many multiplications and additions, a part ends. */
export function partsOf(each: number): (piece: number) => boolean {
  const pieces = Math.max(1, Math.floor(PART / Math.max(1, each)));
  return (piece) => (piece + 1) % pieces === 0;
}

/** Does it without a pause. */
export function atOnce<T>(work: LongWork<T>): T {
  for (;;) {
    const part = work.next();
    if (part.done) return part.value;
  }
}

/** Does it with a pause after every part; what the pause throws ends it. */
export async function withPauses<T>(work: LongWork<T>, pause: (part: Part) => Promise<void>): Promise<T> {
  for (;;) {
    const part = work.next();
    if (part.done) return part.value;
    await pause(part.value);
  }
}
