import { readFileSync } from 'node:fs';
import { words } from './format.mjs';

/**
 * Weights and neurons as the DropNeuron scripts count them: elements of the kernels of `layers`, and per layer (their `neuron_layer`) the smaller of how many
 * units have a non-zero incoming weight and how many a non-zero outgoing one, layer by layer, without following dead units any further. `layers`, fully connected
 * ones, in their order.
 */
export function countKernels(file, layers) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const kernels = Object.entries(header)
    .filter(([name]) => name.endsWith('.kernel') && layers.includes(name.slice(0, -'.kernel'.length)))
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const data = new Float32Array(Uint8Array.from(bytes.subarray(8 + length + from, 8 + length + to)).buffer);
        const rows = new Set();
        const columns = new Set();
        let nonzero = 0;
        data.forEach((weight, k) => {
          if (weight === 0) return;
          nonzero++;
          rows.add(Math.floor(k / shape[1]));
          columns.add(k % shape[1]);
        });
        return { layer: name.slice(0, -'.kernel'.length), shape, rows: rows.size, columns: columns.size, nonzero };
      },
    );
  const ordered = layers.flatMap((layer) => kernels.find((one) => one.layer === layer) ?? []);
  const neurons = { input: { kept: ordered[0].rows, of: ordered[0].shape[0] } };
  ordered.forEach(({ layer, shape, columns }, k) => {
    neurons[layer] = { kept: Math.min(columns, ordered[k + 1]?.rows ?? columns), of: shape[1] };
  });
  const sum = (of) => ordered.reduce((total, one) => total + of(one), 0);
  return { neurons, nonzero: sum((one) => one.nonzero), of: sum(({ shape }) => shape[0] * shape[1]) };
}

/** What a row notes of a run (`measure`), and the column that shows it. */
export function measureNeurons({ out, name, units }) {
  const { neurons } = countKernels(`${out}/${name}.cut.safetensors`, Object.keys(units));
  return { neurons };
}

export const neuronsColumn = words('neurons, their count', ({ neurons }) =>
  Object.values(neurons)
    .map(({ kept, of }) => `${kept}/${of}`)
    .join(', '),
);
