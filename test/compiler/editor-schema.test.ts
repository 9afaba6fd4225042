import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/compiler/document.js';
import { editorSchema } from '../../src/compiler/editor-schema.js';
import { sections } from '../../src/compiler/sections.js';
import { exampleOf } from '../../src/commands/help-text.js';
import { registryNames, vocabulary } from '../../src/compiler/vocabulary.js';
import { Reports } from '../../src/diagnostics/report.js';
import { Source } from '../../src/diagnostics/source.js';
import { writeYaml } from '../../src/dsl/yaml/write.js';

const specs = path.resolve(import.meta.dirname, '../../specs');
const validate = new Ajv({ strict: false, allErrors: true }).compile(editorSchema());

const accepts = (text: string) => validate(load(text));

test('it is draft-07, and every word of the language is in it', () => {
  const schema = editorSchema();
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  expect(new Ajv({ strict: false }).validateSchema(schema)).toBe(true);
  const text = JSON.stringify(schema);
  for (const registry of registryNames)
    for (const { keyword } of Object.values(vocabulary[registry].table))
      expect(text).toContain(`"required":["${keyword}"]`);
  for (const name of Object.keys(sections)) expect(schema.properties).toHaveProperty(name);
});

describe('every spec in YAML is accepted', () => {
  test.each(readdirSync(specs).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
    expect(accepts(readFileSync(path.join(specs, name), 'utf8')), JSON.stringify(validate.errors?.slice(0, 5))).toBe(
      true,
    );
  });

  test('every example of the language', () => {
    for (const registry of registryNames) {
      for (const kind of Object.values(vocabulary[registry].table)) {
        const reports = new Reports();
        const document = readDocument(new Source('a.dn', exampleOf(registry, kind)), reports);
        if (reports.failed || !document.model) continue;
        const yaml = writeYaml(document);
        expect(accepts(yaml), `${kind.keyword}\n${yaml}\n${JSON.stringify(validate.errors?.slice(0, 3))}`).toBe(true);
      }
    }
  });

  test('what the language allows beyond them', () => {
    const text = `dnc: 1
let: { width: 300, rate: { cosine: 1e-3 } }
blocks: { residual: { parameters: { filters: , size: 3 }, inputs: x, layers: [{ Conv: 3 }] } }
model:
  name: X
  layers:
    - { name: [a, b], Dense: 2 * width, from: [x, { m: y }] }
    - { repeat: 2 * width, layers: [{ residual: 50, size: 3, name: r }], with: { residual_1.conv.filters: 4 } }
    - { name: again, Shared: r_1, from: a }
    - { residual: 50, with: { conv: { filters: 4 } } }
train: { loss: mse, epochs: width, steps: 40k, optimizer: { adam: { learning_rate: { cosine: 1e-3 } } } }
`.replace('{ Conv: 3 }', 'Flatten');
    expect(accepts(text), JSON.stringify(validate.errors?.slice(0, 5))).toBe(true);
  });
});

test('layers within layers, and repeats within repeats, need a stack that no editor lacks', () => {
  const nested = (depth: number, inner: object, around: (inner: object) => object): object =>
    depth === 0 ? inner : nested(depth - 1, around(inner), around);
  const steps = (inner: object) => nested(8, inner, (layer) => ({ TimeDistributed: layer }));
  const repeats = (inner: object) => nested(20, inner, (layer) => ({ repeat: 2, layers: [layer] }));
  for (const [wrapped, good] of [
    [steps({ Dense: 3 }), true],
    [repeats({ Dense: 3 }), true],
    [repeats({ Dense: { unitz: 3 } }), false],
  ] as const)
    expect(validate({ model: { name: 'X', layers: [wrapped] } })).toBe(good);
  for (const [name, definition] of Object.entries(editorSchema().definitions as Record<string, unknown>))
    expect(JSON.stringify(definition).length, name).toBeLessThan(30_000);
});

const good = `model:
  name: X
  layers:
    - { name: image, Input: 784 }
    - { name: fc1, Dense: 300, activation: relu, sparsity: { dropneuron: 1e-4 } }
data: { source: mnist, validation: 5000 }
train: { loss: mse, epochs: 5, optimizer: { adam: { learning_rate: 1e-3 } } }
simplify: { threshold: 0, finetune: { epochs: 5 } }
`;

test('what is optional may be off, and is offered as that', () => {
  for (const [before, after] of [
    ['simplify: { threshold: 0, finetune: { epochs: 5 } }', 'simplify: off'],
    ['finetune: { epochs: 5 }', 'finetune: off'],
    ['validation: 5000', 'validation: off, augment: off'],
  ] as const) {
    const text = good.replace(before, after);
    expect(text, before).not.toBe(good);
    expect(accepts(text), after).toBe(true);
  }
  // Not every text is: a whole section is its keys or the word.
  expect(accepts(good.replace(/simplify: .*/, 'simplify: on'))).toBe(false);
  expect(accepts(good.replace(/train: .*/, 'train: off'))).toBe(false);
  const { properties } = editorSchema() as {
    properties: { simplify: { anyOf: [{ properties: Record<string, { anyOf: unknown[] }> }] } };
  };
  expect(properties.simplify.anyOf[0].properties.finetune!.anyOf).toContainEqual({ enum: ['off'] });
});

test('broken ones are not', () => {
  expect(accepts(good)).toBe(true);
  for (const [before, after] of [
    ['epochs: 5, opt', 'epoch: 5, opt'],
    ['epochs: 5, opt', 'epochs: 0, opt'],
    ['epochs: 5, opt', 'epochs: [5], opt'],
    ['Dense: 300', 'Dence: 300'],
    ['activation: relu', 'activatoin: relu'],
    ['dropneuron: 1e-4', 'dropneurons: 1e-4'],
    ['learning_rate', 'learning_rat'],
    ['adam:', 'adaam:'],
    ['name: X', 'nam: X'],
    ['model:', 'modell:'],
    ['simplify:', 'simplfy:'],
    ['finetune: { epochs: 5 }', 'finetune: { epoch: 5 }'],
    ['validation: 5000', 'validaton: 5000'],
    ['name: fc1', 'name: 1fc'],
    ['Dense: 300', 'Dense: { unitz: 300 }'],
  ] as const) {
    const text = good.replace(before, after);
    expect(text, before).not.toBe(good);
    expect(accepts(text), after).toBe(false);
  }
});
