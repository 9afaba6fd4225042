import { readFileSync } from 'node:fs';

/**
 * Neurons as the DropNeuron scripts count them (their `neuron_layer`): per layer the smaller of how many have a non-zero incoming weight and how many
 * a non-zero outgoing one, layer by layer, without following dead units any further.
 */
export function neuronsTheirWay(file) {
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
  // The layers in order: each kernel has as many rows as the one before has columns.
  const ordered = [];
  for (let width; kernels.length > 0; ) {
    const at = kernels.findIndex((one) =>
      width === undefined ? !kernels.some((other) => other.shape[1] === one.shape[0]) : one.shape[0] === width,
    );
    if (at < 0) return undefined;
    const [next] = kernels.splice(at, 1);
    ordered.push(next);
    width = next.shape[1];
  }
  const counts = { input: { kept: ordered[0].rows, of: ordered[0].shape[0] } };
  ordered.forEach(({ layer, shape, columns }, k) => {
    counts[layer] = { kept: Math.min(columns, ordered[k + 1]?.rows ?? columns), of: shape[1] };
  });
  return counts;
}
