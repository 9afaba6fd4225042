import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { lowerGraph } from '../../../src/compiler/2-graph/index.js';
import { lowerDims } from '../../../src/compiler/3-dims/index.js';
import { readDocument } from '../../../src/compiler/document.js';
import { printSimplified } from '../../../src/compiler/6-print/index.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import type { Document, StatementNode } from '../../../src/dsl/document.js';
import { writeYaml } from '../../../src/dsl/yaml/write.js';
import { randomFrom, randomSpec } from '../random-blocks.js';

const SHA = 'ab12'.repeat(16);

function documentOf(source: Source): Document {
  const reports = new Reports();
  const document = readDocument(source, reports);
  reports.throwIfFailed();
  return document;
}

/** Every statement by its word, with its nesting: what widths must not change. */
function outline(statements: readonly StatementNode[]): unknown {
  return statements.map((one) => (one.kind === 'repeat' ? outline(one.body) : one.call.callee.text));
}

/** Prints with widths drawn anew for some layers; the printer reads what it wrote, so that it says these widths. */
function printedAgain(source: Source, seed: number, share: number) {
  const reports = new Reports();
  const spec = lowerSpec(documentOf(source), { source, sets: [] }, reports)!;
  const network = lowerDims(lowerGraph(spec, reports), {}, reports);
  reports.throwIfFailed();
  const random = randomFrom(seed);
  const edits = network.graph.nodes.flatMap((node) => {
    const before = node.arguments.units as number | undefined;
    if (before === undefined || random(100) >= share) return [];
    return [{ layer: node.name, argument: 'units', before, value: 1 + random(Math.min(before, 3)) }];
  });
  const text = printSimplified({
    spec,
    network,
    shrunk: { changed: true, edits },
    tool: 'dnc 1.0.0',
    threshold: { kind: 'unit', value: 0 },
    parameters: { before: 2, after: 1 },
    weights: { path: 'net.min.safetensors', sha256: SHA },
    origin: { path: 'net.dn', sha256: SHA },
  });
  const after = documentOf(new Source(source.name, text));
  expect(outline(after.model!.body), text).toEqual(outline(spec.document.model!.body));
  expect(after.blocks.map((block) => outline(block.body))).toEqual(
    spec.document.blocks.map((block) => outline(block.body)),
  );
  return { text, edits };
}

it('widths of expanded layers are written without a change of anything else, in both syntaxes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(0, 30, 70, 100), (seed, share) => {
      const { text } = randomSpec(seed, { chained: true });
      const source = new Source('net.dn', text);
      const { text: out, edits } = printedAgain(source, seed, share);
      if (edits.length === 0) expect(out.split('\n').slice(1).join('\n').startsWith(text)).toBe(true);
      const yaml = writeYaml(documentOf(source));
      const { text: other } = printedAgain(new Source('net.yaml', yaml), seed, share);
      if (edits.length === 0) expect(other.split('\n').slice(1).join('\n').startsWith(yaml)).toBe(true);
      // Simplified once more without a change it stays as it is, but for its origin.
      const said = out.slice(out.indexOf('\n') + 1, out.indexOf('\nweights:') + 1);
      expect(printedAgain(new Source('net.dn', said), seed, 0).text).toContain(said);
    }),
    { numRuns: 40 },
  );
});
