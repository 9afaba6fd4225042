// How the time of a step grows with the batch, the widths and the threads, beside PyTorch.
import { DEFAULT, own, torch } from '../contestants.mjs';
import { lenet300 } from '../networks.mjs';
import { race } from '../race.mjs';
import { heading, ms, paragraphs, ratio, table } from '../text.mjs';

const NETWORK = 'lenet-300-100';
const COMPILED = 'PyTorch, torch.compile';
const EAGER = 'PyTorch, eager';
const annotation = '@dropneuron(1e-4, solver: gradient)';

/** A row: what is asked of everybody, by value; and the steps of a round, fewer the more there is to do. */
const rows = [
  { name: 'batch', title: 'rows in a batch', values: [32, 128, 512, 2048], request: (batch) => ({ batch }), steps: (batch) => Math.max(8, Math.round(12_800 / batch)) },
  { name: 'width', title: 'widths, times 300-100', values: [1, 2, 4, 8], request: (width) => ({ width }), steps: (width) => Math.max(8, Math.round(100 / width ** 1.5)) },
  { name: 'threads', title: 'threads', values: [1, 2], request: (threads) => ({ threads }), steps: () => 100 },
]; // biome-ignore format: a table

export const scaling = {
  name: 'scaling',
  peers: true,
  rows,
  measure: async ({ values, request, steps }, { peers, ...context }) => {
    const found = [];
    for (const value of values) {
      const { width, ...asked } = request(value);
      const count = steps(value);
      const common = { steps: count, warmUp: count, ...asked };
      const contestants = [own(NETWORK, DEFAULT, { ...common, spec: lenet300(annotation, { width: width ?? 1 }) })];
      const peer = (name, compile) => torch(NETWORK, name, { ...common, compile, ...(width && { width }) });
      if (peers) contestants.push(peer('eager', null), peer('torch.compile', 'default'));
      context.log(`${value}:`);
      const { measured } = await race(contestants, { pool: 'digits', ...context });
      found.push({ value, measured });
    }
    return { values: found, measured: found.flatMap(({ measured }) => measured) };
  },
  goals: () => [],
  section: (parts, { rowOf }) =>
    paragraphs(
      heading('Scaling'),
      `LeNet-300-100 with li + lo as above, one thing changed at a time; milliseconds a step, medians of ${parts[0].result.measured[0].times.length} interleaved rounds, and dnc's time divided by the other's.`,
      ...parts.map(({ key, result }) =>
        table(
          [rowOf(key).title, 'dnc', 'PyTorch, eager', 'dnc / it', 'torch.compile', 'dnc / it'],
          result.values.map(({ value, measured }) => {
            const of = (name) => measured.find((one) => one.name === name);
            const dnc = of(DEFAULT);
            const beside = (other) => (other ? [ms(other.median), ratio(dnc.median / other.median)] : ['', '']);
            return [String(value), ms(dnc.median), ...beside(of(EAGER)), ...beside(of(COMPILED))];
          }),
        ),
      ),
    ),
};
