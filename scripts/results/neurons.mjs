import { readFileSync } from 'node:fs';

/**
 * Neurons as the DropNeuron scripts count them (their `neuron_layer`): per layer the smaller of how many have a non-zero incoming weight and how many
 * a non-zero outgoing one, layer by layer, without following dead units any further. `layers` in their order.
 */
export function neuronsTheirWay(file, layers) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const kernels = Object.entries(header)
    .filter(([name]) => name.endsWith('.kernel'))
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
        data.forEach((weight, k) => {
          if (weight === 0) return;
          rows.add(Math.floor(k / shape[1]));
          columns.add(k % shape[1]);
        });
        return { layer: name.slice(0, -'.kernel'.length), shape, rows: rows.size, columns: columns.size };
      },
    );
  const ordered = layers.flatMap((layer) => kernels.find((one) => one.layer === layer) ?? []);
  const counts = { input: { kept: ordered[0].rows, of: ordered[0].shape[0] } };
  ordered.forEach(({ layer, shape, columns }, k) => {
    counts[layer] = { kept: Math.min(columns, ordered[k + 1]?.rows ?? columns), of: shape[1] };
  });
  return counts;
}
