import type { CodeEntry } from '../diagnostic.js';
import { blockCodes } from './blocks.js';
import { dataCodes } from './data.js';
import { languageCodes } from './language.js';
import { networkCodes } from './network.js';
import { runCodes } from './run.js';
import { shapeCodes } from './shape.js';
import { specCodes } from './spec.js';
import { sweepCodes } from './sweep.js';
import { trainingCodes } from './training.js';
import { yamlCodes } from './yaml.js';

/** The entries by what they are about, as `dnc explain` lists them. */
export const areas: readonly { readonly title: string; readonly codes: Readonly<Record<string, CodeEntry<never>>> }[] =
  [
    { title: 'How a spec is written', codes: languageCodes },
    { title: 'How a spec is written in YAML', codes: yamlCodes },
    { title: 'Words, values and names', codes: specCodes },
    { title: 'Blocks, names and wiring', codes: blockCodes },
    { title: 'Shapes', codes: shapeCodes },
    { title: 'What a network cannot be', codes: networkCodes },
    { title: 'Data and other input files', codes: dataCodes },
    { title: 'Engines and results', codes: runCodes },
    { title: 'Training and runs', codes: trainingCodes },
    { title: 'Sweeps', codes: sweepCodes },
  ];

/** Every diagnostic that dnc can print, by its code. */
export const catalogue = {
  ...blockCodes,
  ...languageCodes,
  ...specCodes,
  ...shapeCodes,
  ...networkCodes,
  ...dataCodes,
  ...runCodes,
  ...trainingCodes,
  ...sweepCodes,
  ...yamlCodes,
};

export type Catalogue = typeof catalogue;
export type Code = keyof Catalogue;
/** What a report of this code must be given. */
export type Details<C extends Code> = Catalogue[C] extends CodeEntry<infer D> ? D : never;
