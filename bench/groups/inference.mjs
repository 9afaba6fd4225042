// What shrinking brings at inference: original and shrunk at batch 1 and 128, beside the ratio of their multiply-adds.
import { spawnSync } from 'node:child_process';
import { bundled } from '../../scripts/bundled.mjs';
import { goal, medianRatio } from '../goals.mjs';
import { networks } from '../networks.mjs';
import { spread } from '../rounds.mjs';
import { count, heading, ms, paragraphs, ratio, table } from '../text.mjs';

/** The shrunk network's products take at least this share of its time at the machine's peak: else something other than arithmetic bounds it. */
const BOUND_BY_ARITHMETIC = 0.5;
const BATCHES = [1, 128];

/** Two dense layers that are large beside everything that is not a product. */
const wide = `model Wide {
  image = Input(2048)
  fc1   = Dense(4096, activation: relu)
  fc2   = Dense(4096, activation: relu)
  digit = Dense(10)
}
data { source: mnist }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;

/** The sizes that docs/results.md has for the first seed; of `wide` and resnet-20, half of what is hidden. */
const rows = [
  { name: 'lenet-300-100', keep: [['fc1', 319], ['fc2', 92], ['digit', 62]] },
  { name: 'lenet-5-caffe', keep: [['conv2', 3], ['fc1', 12, 50], ['digit', 229]] },
  { name: 'convnet', keep: [['fc1', 38, 64], ['fc2', 234]] },
  { name: 'adamnet', keep: [['fc2', 170], ['fc3', 146], ['fc4', 165], ['label', 121]] },
  { name: 'resnet-20', keep: [['conv2', 0.5]] },
  { name: 'wide', spec: wide, title: 'Dense, 2048-4096-4096-10', keep: [['fc2', 0.5], ['digit', 0.5]] },
]; // biome-ignore format: a table

export const inference = {
  name: 'inference',
  needsPeak: true,
  rows,
  measure: async ({ name, spec, keep }, { rounds, threads, log }) => {
    const script = await bundled('bench/forward.ts');
    const batches = BATCHES.map((batch) => {
      log(`${name}, forward passes of ${batch}`);
      const request = {
        spec: spec ?? networks[name].spec(),
        keep: keep.map(([kernels, left, of]) => ({ kernels: `(^|[._])${kernels}\\b`, keep: left, ...(of && { of }) })),
        batch,
        rounds,
        threads,
      };
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, JSON.stringify(request)], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`inference of ${name}: ${stderr}`);
      const { times, ...found } = JSON.parse(stdout);
      const [whole, small] = times.map(spread);
      return { batch, ...found, whole, small, speedUp: medianRatio(whole.times, small.times) };
    });
    return { batches };
  },
  goals: ({ name, title }, { batches }, { peak }) => {
    const large = batches.find(({ batch }) => batch === 128);
    if (!large || !isBoundByArithmetic(large, peak)) return [];
    return [
      goal(`${title ?? networks[name].title}: speed-up at batch 128, of the ratio of multiply-adds`, large.speedUp / adds(large), {
        atLeast: 0.75,
      }),
    ];
  },
  section: (parts, { rowOf }) =>
    paragraphs(
      heading('Inference'),
      `Forward passes of networks as written and as shrunk, on onnxruntime with 2 threads, in turns; medians of ${parts[0].result.batches[0].whole.times.length} rounds, each the median of up to 31 passes. The widths are those
of [results.md](results.md) for the first seed, or half of what is hidden (ResNet-20's inner filters; the last network). "Of peak": the part of the machine's peak that the shrunk network's products reach; where it
is below ${ratio(BOUND_BY_ARITHMETIC)}, the network is too small to be bound by arithmetic: calling the engine, moving rows and element by element work take the time, and fewer products do not shorten those.`,
      table(
        [
          'network',
          'rows',
          'ms, whole',
          'ms, shrunk',
          'speed-up',
          'multiply-adds, whole',
          'shrunk',
          'ratio',
          'of peak',
          'bound by arithmetic',
        ],
        parts.flatMap(({ key, result, peak }) =>
          result.batches.map((one) => [
            rowOf(key).title ?? networks[rowOf(key).name].title,
            String(one.batch),
            ms(one.whole.median),
            ms(one.small.median),
            ratio(one.speedUp),
            count(one.multiplyAdds[0]),
            count(one.multiplyAdds[1]),
            ratio(adds(one)),
            peak ? ratio(ofPeak(one, peak)) : '',
            peak ? (isBoundByArithmetic(one, peak) ? 'yes' : 'no') : '',
          ]),
        ),
      ),
    ),
};

const adds = ({ multiplyAdds: [whole, small] }) => whole / small;

/** The shrunk network's products at the machine's peak, as a part of the time that it takes. */
function ofPeak({ batch, multiplyAdds, small }, peak) {
  return (2 * batch * multiplyAdds[1]) / (peak * 1e9) / (small.median / 1000);
}

const isBoundByArithmetic = (one, peak) => peak !== undefined && ofPeak(one, peak) >= BOUND_BY_ARITHMETIC;
