import path from 'node:path';
import { writeAtomically } from '../files.js';
import { beside, drawFeatures, drawPattern, enlarge } from './pattern-picture.js';
import { encodePng, type Picture } from './png.js';
import type { ReportedRun } from './run-report.js';

/** Pictures whose longer side is smaller are drawn in squares of whole pixels, as large as fits. */
const LONGEST = 300;

/**
 * Writes the pictures of a run as PNG files into a folder, for documents: `<kernel>.png` with the kernel's first and last stage side by side, and
 * `<input>.png` with what is read of an image. Gives their paths.
 *
 * @throws Failure cannot-write
 */
export function writePictures(folder: string, { patterns, images }: ReportedRun): string[] {
  const pictures: [name: string, picture: Picture][] = [
    ...patterns.map((pattern): [string, Picture] => {
      const ends = [pattern.stages[0]!, ...pattern.stages.slice(1).slice(-1)];
      return [pattern.name, beside(ends.map(({ shown }) => large(drawPattern(pattern, shown))))];
    }),
    ...images.map(({ name, extents, ...read }): [string, Picture] => [
      name,
      beside([large(drawFeatures(extents, read))]),
    ]),
  ];
  return pictures.map(([name, picture]) => {
    const file = path.join(folder, `${name.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_')}.png`);
    writeAtomically(file, encodePng(picture));
    return file;
  });
}

function large(picture: Picture): Picture {
  return enlarge(picture, Math.max(1, Math.floor(LONGEST / Math.max(picture.width, picture.height))));
}
