import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Certificate } from '../../../src/compiler/5-shrink/certificate.js';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { diffText } from '../../../src/reports/diff-as-text.js';
import { diffFiles } from '../../../src/reports/diff-files.js';
import { resultText } from '../../../src/reports/result.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { provenRanges } from '../../../src/runtime/simplify/ranges.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options } from '../../support/runs.js';

/** Units of `idle` begin far below 0, where no gradient reaches them. */
const spec = (simplify: string) => `
model Digits {
  image  = Input(28, 28, 1)
  flat   = Flatten
  idle   = Dense(5, activation: relu, bias_initializer: constant(-1000))
  hidden = Dense(6, activation: relu) <- flat
  both   = Concatenate <- idle, hidden
  label  = Dense(10, activation: softmax)
}
data { source: drawn_digits(train: 80, test: 20) }
train { loss: sparse_categorical_crossentropy; epochs: 1; batch_size: 40 }
simplify { ${simplify} }
`;

async function trained(simplify: string) {
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', 'digits');
  const { result } = await startRun({
    ...options(Number.POSITIVE_INFINITY, []),
    ...begin(folder, spec(simplify), out),
  });
  const certificate = JSON.parse(readFileSync(result!.files.certificate, 'utf8')) as Certificate;
  return { folder, result: result!, certificate };
}

test('a run that asks for ranges removes what can never fire for its pixels, and every page says for which rows', async () => {
  const { folder, result, certificate } = await trained('ranges: true');
  expect(certificate).toMatchObject({
    equivalent: true,
    within: {
      inputs: { image: [{ low: 0, high: 1 }] },
      constant: [{ layer: 'idle', value: 0, indices: [0, 1, 2, 3, 4] }],
    },
  });
  const printed = readFileSync(result.files.spec, 'utf8');
  expect(printed).not.toMatch(/^ +idle/m);
  expect(printed).toMatch(/^# Simplified by .*; same outputs as before for image in \[0, 1\]\./);
  expect(printed).toMatch(/^origin \{ spec: .*; max_difference: [^;]+; within: "image in \[0, 1\]" \}$/m);
  const told = '5 units of idle can never fire for image in [0, 1]';
  expect(resultText(result)).toContain(told);
  const original = path.join(folder, 'net.dn');
  expect(diffText(diffFiles(original, result.files.spec))).toContain(`ranges: ${told}`);
  // Measured again from the weights, on rows within the ranges that the certificate names.
  const again = diffFiles(original, result.files.spec, { behaviour: true }).behaviour;
  expect(again).toMatchObject({ kind: 'measured', of: 'cut' });
  expect(again!.kind === 'measured' && again!.max_difference).toBeLessThanOrEqual(1e-5);
});

test('a run that does not removes nothing that fires for other rows', async () => {
  const { result, certificate } = await trained('threshold: 0');
  expect(certificate.within).toBeUndefined();
  expect(readFileSync(result.files.spec, 'utf8')).not.toContain('within');
  expect(result.simplified.shrunk.kept.find(({ layer }) => layer === 'idle')!.positions).toHaveLength(5);
});

test('ranges are those of the fields, feature by feature; what rows happen to hold proves nothing', () => {
  const { network, spec: read } = compile(
    new Source(
      'net.dn',
      `model Net { x = Input(5); y = Dense(1) }
       data { source: sparse_regression(features: 5); inputs { x: [area, region, text] } }
       train { loss: mse; epochs: 1 }`,
    ),
  );
  const field = (name: string, shape: readonly number[], range?: readonly [number, number]) => ({
    name,
    shape,
    form: 'values' as const,
    data: new Float32Array(4),
    ...(range && { range }),
  });
  const fields = [field('area', [1]), field('region', [3], [0, 1]), field('text', [1], [0, 7]), field('t', [1])];
  const { x } = provenRanges(network, read, { fields });
  expect([...x!.low]).toEqual([Number.NEGATIVE_INFINITY, 0, 0, 0, 0]);
  expect([...x!.high]).toEqual([Number.POSITIVE_INFINITY, 1, 1, 1, 7]);
});
