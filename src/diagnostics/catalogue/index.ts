import type { CodeEntry } from '../diagnostic.js';
import { dataCodes } from './data.js';
import { languageCodes } from './language.js';
import { networkCodes } from './network.js';
import { runCodes } from './run.js';
import { shapeCodes } from './shape.js';
import { specCodes } from './spec.js';
import { trainingCodes } from './training.js';
import { yamlCodes } from './yaml.js';

/** Every diagnostic that dnc can print, by its code. */
export const catalogue = {
  ...languageCodes,
  ...specCodes,
  ...shapeCodes,
  ...networkCodes,
  ...dataCodes,
  ...runCodes,
  ...trainingCodes,
  ...yamlCodes,
};

export type Catalogue = typeof catalogue;
export type Code = keyof Catalogue;
/** What a report of this code must be given. */
export type Details<C extends Code> = Catalogue[C] extends CodeEntry<infer D> ? D : never;
