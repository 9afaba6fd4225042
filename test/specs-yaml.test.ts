import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerSpec } from '../src/compiler/1-spec/index.js';
import { compile } from '../src/compiler/compile.js';
import { readDocument } from '../src/compiler/document.js';
import { formatSpec } from '../src/compiler/format.js';
import { Failure, Reports } from '../src/diagnostics/report.js';
import { Source, type Span } from '../src/diagnostics/source.js';
import { difference } from '../src/dsl/compare.js';
import type { Document } from '../src/dsl/document.js';
import { writeYaml } from '../src/dsl/yaml/write.js';
import { diffModels } from '../src/reports/diff.js';
import { startRun } from '../src/runtime/run/run.js';
import { simplifyAgain } from '../src/runtime/simplify/simplify-again.js';
import { temporaryFolder } from './support/folders.js';
import { tinySpec } from './support/specs.js';

const folder = path.resolve(import.meta.dirname, '../specs');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.dn'))
  .map((name) => name.slice(0, -3));

function sourceOf(name: string, text = readFileSync(path.join(folder, name), 'utf8')): Source {
  return new Source(name, text);
}

function documentOf(source: Source): Document {
  const reports = new Reports();
  const document = readDocument(source, reports);
  reports.throwIfFailed();
  return document;
}

function hashOf(source: Source): string {
  const reports = new Reports();
  const spec = lowerSpec(documentOf(source), { source, sets: [] }, reports);
  reports.throwIfFailed();
  return spec!.hash;
}

/** The same words in other places. */
function respaced(text: string): string {
  return `# a copy\n\n${text.replace(/^( +)/gm, '$1$1').replaceAll(': ', ':   ')}`;
}

describe.each(names)('%s', (name) => {
  const dn = sourceOf(`${name}.dn`);
  const file = path.join(folder, `${name}.yaml`);

  test('is there in YAML, the same spec with the same hash, formatted', () => {
    // `npm run update` writes it anew where the .dn has changed.
    if (process.env.UPDATE) writeFileSync(file, writeYaml(documentOf(dn)));
    expect(existsSync(file), `${name}.yaml: npm run update writes it`).toBe(true);
    const yaml = sourceOf(`${name}.yaml`);
    expect(difference(documentOf(dn), documentOf(yaml)), 'npm run update writes it anew').toBeUndefined();
    expect(hashOf(yaml)).toBe(hashOf(dn));
    expect(formatSpec(yaml)).toBe(yaml.text);
  });

  test('differs in nothing from a copy under another name that is laid out anew, nor from its YAML twin', () => {
    const side = (source: Source) => ({ file: source.name, ...compile(source, { sets: ['data.train=50%'] }) });
    const first = side(dn);
    for (const twin of [sourceOf('copy.dn', respaced(dn.text)), sourceOf(`${name}.yaml`)]) {
      const { settings, layers, same } = diffModels(first, side(twin));
      expect({ settings, layers: layers.filter(({ sign }) => sign !== ' ') }).toEqual({ settings: [], layers: [] });
      expect(same).toBe(true);
    }
  });
});

/** Every word, number and string of a document with its place, in an order that is the same for equal documents. */
function leavesOf(
  document: Document,
): { readonly path: string; readonly text: string; readonly name: boolean; readonly span: Span }[] {
  const found: { path: string; text: string; name: boolean; span: Span }[] = [];
  const visit = (value: unknown, at: string): void => {
    if (Array.isArray(value)) {
      for (const [k, one] of value.entries()) visit(one, `${at}.${k}`);
      return;
    }
    if (typeof value !== 'object' || value === null || value instanceof Source) return;
    const node = value as Record<string, unknown> & { span?: Span };
    const text = node.kind === 'string' ? node.value : node.text;
    if (typeof text === 'string' && node.span)
      found.push({ path: at, text, name: node.kind === undefined, span: node.span });
    for (const [key, inner] of Object.entries(node)) if (key !== 'span') visit(inner, `${at}.${key}`);
  };
  visit(document, '');
  return found;
}

const MISTAKES = [
  'unitz',
  'relu',
  '0',
  '2.5',
  '1e999',
  '012',
  '.5',
  '-3',
  '5 epochs',
  '1..3',
  '2 * width',
  'no-such',
  'mnist(3)',
  'true',
  '"text"',
  'x y',
  'ä',
  '10K',
];

interface Told {
  readonly code: string;
  /** What is marked, where it is all or a part of what was planted. */
  readonly marked: string | undefined;
}

/** What compiling says, of the planted mistake with its place. */
function told(source: Source, planted: { readonly start: number; readonly end: number }): Told[] {
  try {
    return compile(source).warnings.map(({ code }) => ({ code, marked: undefined }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics
      .map(({ code, at }) => {
        const inside = at && at.source === source && planted.start <= at.start && at.end <= planted.end;
        return {
          code,
          marked: inside ? `${at.start - planted.start}: ${source.text.slice(at.start, at.end)}` : undefined,
        };
      })
      .sort((a, b) => `${a.code} ${a.marked}`.localeCompare(`${b.code} ${b.marked}`));
  }
}

test('the same planted mistake is told by the same codes, at the same words, in both syntaxes', () => {
  const pairs = names.map((name) => {
    const dn = sourceOf(`${name}.dn`);
    const yaml = new Source(`${name}.yaml`, writeYaml(documentOf(dn)));
    return { dn, yaml, leaves: leavesOf(documentOf(dn)), others: leavesOf(documentOf(yaml)) };
  });
  let failed = 0;
  let placed = 0;
  fc.assert(
    fc.property(fc.constantFrom(...pairs), fc.nat(), fc.constantFrom(...MISTAKES), (pair, at, mistake) => {
      const leaf = pair.leaves[at % pair.leaves.length]!;
      const twin = pair.others[at % pair.leaves.length]!;
      expect(twin.path).toBe(leaf.path);
      expect(twin.text).toBe(leaf.text);
      const plant = ({ text, name }: Source, { start, end }: Span) => ({
        source: new Source(name, text.slice(0, start) + mistake + text.slice(end)),
        planted: { start, end: start + mistake.length },
      });
      const a = plant(pair.dn, leaf.span);
      const b = plant(pair.yaml, twin.span);
      const [first, second] = [told(a.source, a.planted), told(b.source, b.planted)];
      // In YAML a name may stand in quotes.
      fc.pre(!(mistake.startsWith('"') && leaf.name));
      // A text that cannot be read is told by each grammar in its own way; what the words mean is told alike.
      // Nor does a quoted scalar end within arithmetic.
      const inside = mistake.startsWith('"') && second.some(({ code }) => code === 'yaml-syntax');
      const key = inside || (leaf.name && !/^[a-z]+$/.test(mistake));
      if (key || first.some(({ code }) => GRAMMAR.has(code)))
        expect(second.length, `${mistake} for ${leaf.text} at ${leaf.path}`).toBeGreaterThanOrEqual(
          first.length > 0 ? 1 : 0,
        );
      else expect(second, `${mistake} for ${leaf.text} at ${leaf.path}`).toEqual(first);
      if (first.length > 0) failed++;
      if (first.some(({ marked }) => marked !== undefined)) placed++;
    }),
    { numRuns: 150 * Number(process.env.RUNS ?? 1) },
  );
  expect(failed).toBeGreaterThan(60);
  expect(placed).toBeGreaterThan(40);
});

/** What is wrong with a text before its words are looked at. */
const GRAMMAR = new Set([
  'syntax',
  'two-statements',
  'bad-name',
  'bad-number',
  'missing-let',
  'colon-for-equals',
  'yaml-syntax',
  'yaml-call',
]);

test('a YAML spec trains, shrinks and reads again as its .dn does', async () => {
  const root = temporaryFolder();
  const text = tinySpec({ first: 1, second: 1, finetune: 1 });
  const yaml = writeYaml(documentOf(new Source('net.dn', text)));
  const run = async (name: string, spec: string) => {
    const specFile = path.join(root, name);
    writeFileSync(specFile, spec);
    const out = path.join(root, 'runs', name);
    mkdirSync(path.dirname(out), { recursive: true });
    await startRun({
      engine: 'auto',
      engineOptions: { threads: 1 },
      checkpointSeconds: 1000,
      watcher: { note: () => {} },
      stopping: { signal: undefined },
      specFile,
      source: new Source(specFile, spec),
      sets: ['simplify.threshold=0.3', 'train.seed=9'],
      dataFolder: undefined,
      fromScratch: false,
      out,
    });
    return out;
  };
  const [a, b] = [await run('net.dn', text), await run('net.yaml', yaml)];
  expect(readFileSync(path.join(b, 'net.yaml'), 'utf8')).toBe(yaml);
  expect(readFileSync(path.join(b, 'spec.resolved.dn'), 'utf8')).toBe(
    readFileSync(path.join(a, 'spec.resolved.dn'), 'utf8'),
  );
  for (const file of ['trained.safetensors', 'net.min.safetensors', 'net.shrunk.safetensors'])
    expect(readFileSync(path.join(b, file)), file).toEqual(readFileSync(path.join(a, file)));

  // Only what changed is another line: widths, seed, threshold, and what stands at the end.
  const before = new Set(yaml.split('\n'));
  const small = readFileSync(path.join(b, 'net.min.yaml'), 'utf8');
  const changed = small.split('\n').filter((line) => !before.has(line));
  expect(changed.join('\n')).toMatch(/^# Simplified by dnc .*\n/);
  const places = changed.map((line) => /^\s*(?:- \{ name: )?(\w+)/.exec(line)?.[1]);
  for (const place of places.slice(1))
    expect([
      'features',
      'hidden',
      'more',
      'seed',
      'threshold',
      'let',
      'weights',
      'origin',
      'spec',
      'max_difference',
      'features_keep',
    ]).toContain(place);

  // The same network as the .dn's, and nothing changes when it is simplified again.
  const smallDn = readFileSync(path.join(a, 'net.min.dn'), 'utf8').replaceAll('net.dn', 'net.yaml');
  const originHash = /origin[\s\S]*?sha256: "(\w+)"/;
  const [mine, its] = [originHash.exec(small)![1]!, originHash.exec(smallDn)![1]!];
  expect(hashOf(new Source('net.min.yaml', small))).toBe(hashOf(new Source('net.min.dn', smallDn.replace(its, mine))));
  const again = await simplifyAgain({
    from: path.join(b, 'net.min.yaml'),
    sets: [],
    out: path.join(root, 'again'),
    dataFolder: undefined,
    engine: 'auto',
    engineOptions: { threads: 1 },
  });
  expect(again.files.spec).toBe(path.join(root, 'again', 'net.min.yaml'));
  expect(again.simplified.shrunk.changed).toBe(false);
  const unchanged = (written: string) => written.replaceAll(/spec: \{ file: "[^"]*"/g, 'spec: { file: ""');
  expect(unchanged(readFileSync(again.files.spec, 'utf8'))).toBe(unchanged(small));
  expect(readFileSync(again.files.weights)).toEqual(readFileSync(path.join(b, 'net.min.safetensors')));
});
