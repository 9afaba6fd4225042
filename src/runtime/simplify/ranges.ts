import type { Spec } from '../../compiler/spec.js';
import { fieldsOfInput } from '../../data/bind.js';
import { joinedOrder } from '../../data/joined.js';
import type { Table } from '../../data/source.js';
import type { Network } from '../../ir/graph.js';
import type { InputRanges, Ranges } from '../../ir/ranges.js';

/**
 * What the data section proves of the rows of every input, by feature of the last axis, before `keep`: what the source of a field makes all its numbers lie in.
 * What rows happen to hold proves nothing; augmented rows are read by training alone.
 */
export function provenRanges(
  { graph }: Network,
  { data }: Pick<Spec, 'data'>,
  table: Pick<Table, 'fields' | 'target'>,
): InputRanges {
  const ends = { inputs: graph.inputs, outputs: graph.outputs.map(({ name }) => name) };
  const inputs = graph.nodes.filter(({ name }) => graph.inputs.includes(name));
  return Object.fromEntries(
    inputs.flatMap((node): [string, Ranges][] => {
      const fields = fieldsOfInput(node.name, ends, data, table);
      if (!fields.some(({ range }) => range)) return [];
      const width = (node.arguments.shape as readonly number[]).at(-1) ?? 1;
      const ranges: Ranges = {
        low: new Float64Array(width).fill(Number.POSITIVE_INFINITY),
        high: new Float64Array(width).fill(Number.NEGATIVE_INFINITY),
      };
      // A feature has the range of whatever may stand at any of its places.
      for (const [place, { field }] of joinedOrder(fields.map(({ shape }) => shape)).entries()) {
        const [low, high] = fields[field]!.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
        const feature = place % width;
        ranges.low[feature] = Math.min(ranges.low[feature]!, low);
        ranges.high[feature] = Math.max(ranges.high[feature]!, high);
      }
      return [[node.name, ranges]];
    }),
  );
}
