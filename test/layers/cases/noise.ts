import type { LayerEntry } from './case.js';

/** A layer of noise, by its call. */
function noise(word: string, argument: string): LayerEntry {
  return {
    defaults: [`${word}(0.5)`, { [argument]: 0.5 }],
    cases: [
      { call: `${word}(0.4)`, inputs: [[6]], output: [6], apart: { in: [0], out: [0] }, tfjs: [word], random: true },
      { call: `${word}(0.4)`, inputs: [[3, 4]], output: [3, 4], apart: { in: [0, 1] }, tfjs: [word], random: true },
      { call: `${word}(0)`, inputs: [[6]], output: [6], apart: { in: [0] }, tfjs: [word] },
    ],
  };
}

/** Layers that do something in training alone. */
export const noisy = {
  AlphaDropout: noise('AlphaDropout', 'rate'),
  GaussianDropout: noise('GaussianDropout', 'rate'),
  GaussianNoise: noise('GaussianNoise', 'stddev'),
} satisfies Readonly<Record<string, LayerEntry>>;
