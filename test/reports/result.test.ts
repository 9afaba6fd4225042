import { expect, test } from 'vitest';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { allParams } from '../../src/ir/graph.js';
import { paramSize } from '../../src/compiler/3-dims/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { resultText } from '../../src/reports/result.js';
import type { RunResult } from '../../src/runtime/simplify/result.js';

const compiled = compile(
  new Source(
    'net.dn',
    `
model Net {
  x = Input(20)
  h = Dense(5)
  y = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`,
  ),
);

/** Two features and one unit are left. */
function result(changes: Partial<RunResult> = {}): RunResult {
  const { network } = compiled;
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      new Float32Array(paramSize(param)).fill(param.tensor === 'bias' ? 0.5 : 0),
    ]),
  );
  values.get('h.kernel')![3 * 5 + 2] = 1;
  values.get('h.kernel')![7 * 5 + 2] = -1;
  values.get('y.kernel')![2] = 2;
  const shrunk = shrink(network, values);
  const score = (loss: number) => ({ rows: 100, loss, metrics: { nmse: loss / 2 }, standardErrors: {}, score: -loss });
  const difference: RunResult['simplified']['difference'] = {
    probe: { rows: 1000, source: 'features', seed: 1 },
    outputs: {},
    float64: 0,
    float32: 1.2e-7,
  };
  return {
    simplified: {
      threshold: { kind: 'unit', value: 0.0123456 },
      masked: values,
      kernels: { nonzero: 3, of: 105 },
      shrunk,
      difference,
      warnings: [],
    },
    network: { before: network, after: shrunk.network },
    finetuned: false,
    files: {
      original: 'runs/net.dn',
      specFile: 'net.dn',
      spec: 'runs/net.min.dn',
      weights: 'runs/net.min.safetensors',
      certificate: 'runs/certificate.json',
      equivalent: true,
    },
    scores: { validation: { trained: score(0.5), simplified: score(0.0004) } },
    warnings: [],
    ...changes,
  };
}

test('what is left, what it costs and how well it does', () => {
  expect(resultText(result())).toBe(
    `threshold      0.01235
units          x 20 → 2, h 5 → 1
parameters     111 → 5 (4.5 %)
weights        105 → 3 (2.9 %); not zero before dead units went: 3
multiply-adds  105 → 3 (2.9 %)
removal        exact: outputs differ by 0 in float64, 1.2e-7 in float32
no layer carries a sparsity annotation (@dropneuron(1e-4) …), so nothing was pushed towards 0

rows        metric  trained  simplified
validation  nmse     0.2500    2.000e-4
validation  loss     0.5000    4.000e-4

runs/net.min.dn
runs/net.min.safetensors
runs/certificate.json
`,
  );
});

test('a threshold that was searched for, fine-tuning, and a removal that is not exact', () => {
  const base = result();
  const judgement = { metric: 0.5, rows: 1250 };
  const text = resultText({
    ...base,
    finetuned: true,
    files: { ...base.files, equivalent: false },
    simplified: {
      ...base.simplified,
      threshold: { kind: 'weight', value: 0.25 },
      search: {
        threshold: 0.25,
        before: judgement,
        after: judgement,
        limit: 0.6,
        tried: [
          { threshold: 0, holds: true },
          { threshold: 0.25, holds: true },
        ],
      },
    },
  });
  expect(text).toMatch(/^threshold {6}weight\(0\.25\), found on 1,250 validation rows in 2 tries\n/);
  expect(text).toMatch(/^removal {8}NOT EXACT: .* \(before fine-tuning\)$/m);
  expect(text).toMatch(/simplified and fine-tuned\n/);
});

test('a network that stays as it is, and no rows to judge it on', () => {
  const base = result();
  const text = resultText({ ...base, network: { before: compiled.network, after: compiled.network }, scores: {} });
  expect(text).toMatch(/^units {10}x 20 → 20, h 5 → 5$/m);
  expect(text).toMatch(/^parameters {5}111 → 111 \(100\.0 %\)$/m);
  expect(text).not.toMatch(/metric/);
});
