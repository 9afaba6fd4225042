import { drawDigits } from '../digits.js';
import { drawnSigns } from '../drawn.js';

export const drawnDigits = drawnSigns({
  keyword: 'drawn_digits',
  summary: 'Generated: digits drawn with a shaky pen, `image` 28×28×1 and `label` of 10 classes. Needs no files.',
  rows: { train: 10_000, test: 2_000, most: 200_000 },
  label: { classes: 10 },
  draw: drawDigits,
});
