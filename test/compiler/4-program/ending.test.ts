import { describe, expect, test } from 'vitest';
import { forwardProgram, probabilityActivation } from '../../../src/compiler/4-program/index.js';
import { nodeOf } from '../../../src/ir/graph.js';
import { evaluate } from '../../../src/program/evaluate.js';
import { batchOf, lowered, stateOf } from './support.js';

const net = (last: string) =>
  lowered(`
model Net {
  x    = Input(3, 4)
  tags = ${last}
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`).network;

describe('what an output ends in', () => {
  test.each([
    'Dense(3, activation: softmax)',
    'TimeDistributed(Dense(3, activation: softmax))',
    'TimeDistributed(Softmax)',
  ])('%s: losses read what comes before the softmax', (last) => {
    const network = net(last);
    expect(probabilityActivation(nodeOf(network.graph, 'tags'))?.word).toBe('softmax');
    const [whole, logits] = [false, true].map((one) => forwardProgram(network, { mode: 'inference', logits: one }));
    const given = { ...stateOf(network, undefined, 'state'), ...batchOf(whole!, 2, 'rows') };
    const [p, z] = [whole!, logits!].map((program) => evaluate(program, given).results.tags!);
    const width = p!.shape.at(-1)!;
    for (let row = 0; row < p!.data.length; row += width) {
      const exponentials = [...z!.data.slice(row, row + width)].map(Math.exp);
      const sum = exponentials.reduce((a, one) => a + one, 0);
      exponentials.forEach((one, k) => void expect(p!.data[row + k]).toBeCloseTo(one / sum, 12));
    }
    expect(Math.min(...z!.data)).toBeLessThan(0);
  });

  test.each([
    'LSTM(3, activation: sigmoid)',
    'Bidirectional(LSTM(3, activation: sigmoid))',
    'TimeDistributed(Dense(3))',
  ])('%s ends in none', (last) => {
    expect(probabilityActivation(nodeOf(net(last).graph, 'tags'))).toBeUndefined();
  });
});
