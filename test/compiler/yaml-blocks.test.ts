import { expect, it } from 'vitest';
import { lowerSpec } from '../../src/compiler/1-spec/index.js';
import { readDocument } from '../../src/compiler/document.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { writeDn } from '../../src/dsl/write.js';
import { writeYaml } from '../../src/dsl/yaml/write.js';

function lowered(name: string, text: string) {
  const source = new Source(name, text);
  const reports = new Reports();
  const document = readDocument(source, reports);
  const spec = lowerSpec(document, { source, sets: [] }, reports);
  return { document, spec, reports };
}

/** `code @marked text`, and the uses around it. */
function told({ reports }: ReturnType<typeof lowered>): string[] {
  return reports.all.map(({ code, at, also }) =>
    [`${code} @${at!.source.text.slice(at!.start, at!.end)}`, ...also.map(({ note }) => note)].join(' | '),
  );
}

const DN = `block lin(n, act: relu) { fc = Dense(n, activation: act); Dropout(0.1) }
block pair(n) <- x -> low, high @l1(1e-4) { low = lin(n) <- x; high = lin(2 * n) <- x }

model Net -> out, again {
  image = Input(784)
  low, high = pair(4) with { low { fc { units: 5 }; fc.kernel_initializer: random_normal(stddev: 0.1) } }
  a, b = Split([2, 3]) <- low
  repeat 2 { Add <- a, a; lin(3) } with {
    lin_1.fc.units: 2
    lin_2: off
  }
  both = Concatenate <- b, high, lin_1
  out = Dense(10)
  again = Shared(out) <- both
}

data { source: mnist; validation: 5000 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 3 }
`;

const YAML = `blocks:
  lin:
    parameters: { n: , act: relu }
    layers:
      - { name: fc, Dense: n, activation: act }
      - Dropout(0.1)
  pair:
    parameters: { n: }
    inputs: x
    outputs: [low, high]
    sparsity: l1(1e-4)
    layers:
      - { name: low, lin: n, from: x }
      - { name: high, lin: 2 * n, from: x }
model:
  name: Net
  outputs: [out, again]
  layers:
    - { name: image, Input: 784 }
    - name: [low, high]
      pair: 4
      with: { low: { fc: { units: 5 }, fc.kernel_initializer: { random_normal: { stddev: 0.1 } } } }
    - { name: [a, b], Split: [[2, 3]], from: low }
    - repeat: 2
      layers: [{ Add: , from: [a, a] }, lin(3)]
      with:
        lin_1.fc.units: 2
        lin_2: off
    - { name: both, Concatenate: , from: [b, high, lin_1] }
    - { name: out, Dense: 10 }
    - { name: again, Shared: out, from: both }
data: { source: mnist, validation: 5000 }
train: { loss: { sparse_categorical_crossentropy: { from_logits: true } }, epochs: 3 }
`;

it('blocks, repeats, changes and shared layers are the same in both syntaxes, and convert both ways', () => {
  const [dn, yaml] = [lowered('net.dn', DN), lowered('net.yaml', YAML)];
  expect([told(dn), told(yaml)]).toEqual([[], []]);
  expect(yaml.spec!.hash).toBe(dn.spec!.hash);
  expect(lowered('net.yaml', writeYaml(dn.document)).spec!.hash).toBe(dn.spec!.hash);
  expect(lowered('net.dn', writeDn(yaml.document)).spec!.hash).toBe(dn.spec!.hash);
  const once = writeDn(yaml.document);
  expect(writeDn(lowered('net.yaml', writeYaml(lowered('net.dn', once).document)).document)).toBe(once);
});

it('a mistake is told at the same words', () => {
  for (const [before, after] of [
    ['activation: act', 'activation: at'],
    ['lin_2: off', 'lin_3: off'],
    ['units: 5', 'unit: 5'],
    ['Dropout(0.1)', 'Droput(0.1)'],
    ['[2, 3]', '[2, tree]'],
  ] as const) {
    const [dn, yaml] = [lowered('net.dn', DN.replace(before, after)), lowered('net.yaml', YAML.replace(before, after))];
    expect(told(dn).length, after).toBeGreaterThan(0);
    expect(told(yaml)).toEqual(told(dn));
  }
});
