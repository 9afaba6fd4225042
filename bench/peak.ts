// How fast the machine multiplies matrices with onnxruntime, as the bench's yardstick: node peak.mjs '{"threads": 2, "rounds": 5}'. Prints GFLOP/s of the best round.
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { engines } from '../src/runtime/engines/index.js';
import { measureLatency } from '../src/runtime/simplify/latency.js';
import { initialValues } from '../src/runtime/weights/initial-values.js';

const { threads, rounds } = JSON.parse(process.argv[2]!) as { readonly threads: number; readonly rounds: number };
const SIZE = 1536;
const LAYERS = 4;
const text = `model Products {
  x = Input(${SIZE})
${Array.from({ length: LAYERS }, (_, k) => `  fc${k} = Dense(${SIZE}, use_bias: false)\n`).join('')}}
data { source: mnist }
train { loss: mse; epochs: 1 }
`;
const { network } = compile(new Source('bench.dn', text));
const values = initialValues(network, 7);
let best = 0;
for (let round = 0; round < rounds; round++) {
  const { entries } = await measureLatency({
    networks: [{ network, values }],
    batchSize: SIZE,
    engine: engines.onnxruntime,
    engineOptions: { threads },
  });
  best = Math.max(best, (2 * LAYERS * SIZE ** 3) / (entries[0]!.milliseconds * 1e6));
}
process.stdout.write(`${JSON.stringify({ gigaflops: best })}\n`);
process.exit(0);
