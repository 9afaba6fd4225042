import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Small, with everything that has state: dropout, two optimizers one after the other, phases, fine-tuning, a searched threshold. */
export function tinySpec(
  options: { readonly first?: number; readonly second?: number; readonly finetune?: number } = {},
): string {
  const { first = 3, second = 3, finetune = 3 } = options;
  return `# Everything that a run has to remember.
model Tiny {
  features = Input(12)
  hidden   = Dense(8, activation: relu)  @dropneuron(0.01, during: [shrinking])
  drop     = Dropout(0.2)
  more     = Dense(6, activation: tanh)  @dropneuron(0.01)
  value    = Dense(1)
}

data {
  source: sparse_regression(features: 12, samples: 120, test: 40, seed: 3)
  validation: 20
}

train {
  loss: mse
  metrics: [nmse]
  batch_size: 17
  seed: 5
  phases {
    warm { epochs: ${first}; optimizer: sgd(learning_rate: 0.02, momentum: 0.9) }
    shrinking { epochs: ${second}; optimizer: adam(learning_rate: cosine(0.01)) }
  }
}

simplify {
  threshold: auto(tolerance: 1%)
  finetune { epochs: ${finetune}; optimizer: adam(learning_rate: 0.005) }
}
`;
}

/** Shrinks while it trains: units go at the end of epochs 3 and 4, of 20 steps each, and later. `live`: its options, or none. */
export function liveSpec(live = 'every: 1; after: 2; patience: 2'): string {
  return `# Shrinks on the way.
model Tiny {
  features = Input(24)
  hidden   = Dense(16, activation: relu)  @dropneuron(0.2)
  drop     = Dropout(0.1)
  more     = Dense(8, activation: tanh)   @dropneuron(0.1)
  value    = Dense(1)
}
data {
  source: sparse_regression(features: 24, samples: 200, test: 40, seed: 3)
  validation: 40
}
train {
  loss: mse
  metrics: [nmse]
  batch_size: 8
  seed: 5
  phases {
    sparse { epochs: 10; optimizer: adam(learning_rate: 0.01) }
    settle { epochs: 16; optimizer: adam(learning_rate: cosine(0.003)) }
  }
}
simplify {
  threshold: auto(tolerance: 1%)
  ${live}
  finetune { epochs: 1; optimizer: adam(learning_rate: 0.002) }
}
`;
}

/** Writes a spec into a folder and gives its path. */
export function writeSpec(folder: string, text: string, name = 'net.dn'): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}
