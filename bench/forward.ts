// What shrinking brings at inference: node forward.mjs '{"spec": …, "keep": …, "batch": 128, "rounds": 9, "threads": 2}'. Prints the milliseconds of a forward pass of the network whole
// and shrunk, in turns: the medians of every round; and the multiply-adds of a row of both.
import { multiplyAdds, paramShape } from '../src/compiler/3-dims/index.js';
import { shrink } from '../src/compiler/5-shrink/shrink.js';
import type { Values } from '../src/compiler/5-shrink/values.js';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { allParams, type Network } from '../src/ir/graph.js';
import { engines } from '../src/runtime/engines/index.js';
import { measureLatency } from '../src/runtime/simplify/latency.js';
import { initialValues } from '../src/runtime/weights/initial-values.js';
import { type Kept, withDeadUnits } from './dead-units.js';

const request = JSON.parse(process.argv[2]!) as {
  readonly spec: string;
  /** Absent: the network is measured alone. */
  readonly keep?: readonly Kept[];
  readonly batch: number;
  readonly rounds: number;
  readonly threads: number;
};

const { network } = compile(new Source('bench.dn', request.spec));
const drawn = initialValues(network, 7);
const networks: { readonly network: Network; readonly values: Values }[] = [{ network, values: drawn }];
if (request.keep) {
  const kernels = allParams(network).flatMap((param) =>
    param.tensor === 'kernel' ? [{ name: param.name, shape: paramShape(param) }] : [],
  );
  const dead = withDeadUnits(kernels, drawn, request.keep);
  networks.push(shrink(network, dead));
  networks[0] = { network, values: dead };
}
const times: number[][] = networks.map(() => []);
let describe = '';
for (let round = 0; round < request.rounds; round++)
  for (let k = 0; k < networks.length; k++) {
    const at = (round + k) % networks.length;
    const table = await measureLatency({
      networks: [networks[at]!],
      batchSize: request.batch,
      engine: engines.onnxruntime,
      engineOptions: { threads: request.threads },
    });
    times[at]!.push(table.entries[0]!.milliseconds);
    describe = table.engine;
  }
process.stdout.write(
  `${JSON.stringify({ describe, multiplyAdds: networks.map((one) => multiplyAdds(one.network)), times })}\n`,
);
process.exit(0);
