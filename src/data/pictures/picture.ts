/** A decoded image: bytes, row-major, channels last. Transparency is left out, as Keras and Pillow's `convert('RGB')` do. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  /** Grey, or red, green and blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** What a decoder says of a file that it cannot read; `readPicture` makes it a message. */
export class PictureProblem extends Error {
  constructor(
    /** Completes "it …" in a message. */
    readonly problem: string,
  ) {
    super(problem);
  }
}

export function problem(text: string): never {
  throw new PictureProblem(text);
}

/** Pixels of one image: a photograph of today's largest cameras. More is refused before memory is taken. */
const MOST_PIXELS = 2 ** 27;

/** Refuses extents that no image has, or none that is read. */
export function checkExtents(height: number, width: number): void {
  if (height < 1 || width < 1) problem(`says that it is ${width}×${height} pixels`);
  if (height * width > MOST_PIXELS)
    problem(`has ${width}×${height} pixels; dnc reads at most ${MOST_PIXELS.toLocaleString('en-US')}`);
}
