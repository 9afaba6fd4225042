import { Source } from '../../diagnostics/source.js';
import type { ArgumentNode, CallNode, Document, StatementNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import { editsOf } from '../../dsl/edits.js';
import { type Network, type Node, nodeOf } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import { sizeOf } from '../../program/program.js';
import { callText, featureText, numberText, valueText } from '../1-spec/print.js';
import type { ArgumentEdit } from '../5-shrink/resize.js';
import type { AppliedThreshold } from '../5-shrink/cut.js';
import type { LayerSpec, Shares, Spec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { isWidth, propertiesOf, withoutDefaults } from './arguments.js';
import { differenceOf } from './check.js';
import { writeExpanded } from './expanded.js';
import { keepInline, keepLines, runsOf, WIDTH } from './keep.js';
import { Places } from './places.js';
import { entryOf, follow, isOffWord, namesOf, Uses } from './references.js';
import { writeRemovals } from './removals.js';
import { rewire } from './rewire.js';
import { type Written, writeSets } from './sets.js';
import { type Width, writeWidths } from './widths.js';

export interface SimplifiedText {
  readonly spec: Spec;
  /** The network before shrinking: its arguments hold what the spec left to its data. */
  readonly network: Network;
  /** What the features of a row are called that an Input reads, where they have names: `keep` names them then. */
  readonly featuresOf?: (input: string) => readonly string[] | undefined;
  /** What shrinking found; nothing of it is computed again here. */
  readonly shrunk: {
    readonly changed: boolean;
    readonly edits: readonly ArgumentEdit[];
    /** The small network, where layers went with their units. */
    readonly network?: Network;
  };
  /** The tool and its version: `dnc 1.0.0`. */
  readonly tool: string;
  readonly threshold: AppliedThreshold;
  /** What the threshold was found for. */
  readonly target?: Shares;
  readonly parameters: { readonly before: number; readonly after: number };
  /** The weights file, as seen from the folder of the text that is printed. */
  readonly weights: { readonly path: string; readonly sha256: string };
  /** The spec that this one comes from, as seen from there. */
  readonly origin: { readonly path: string; readonly sha256: string };
  /** Where the origin lies that the spec names already, as seen from there: what stands in a text that changes in nothing else. */
  readonly earlierOrigin?: string;
  /** From the certificate; undefined where there is none. */
  readonly difference?: { readonly float32: number; readonly equivalent: boolean };
  /** What the rows lie in for which this holds; absent: all rows. */
  readonly within?: string;
  /** The small network was trained on afterwards, for so many epochs: its weights are not those that the difference speaks of. */
  readonly finetunedEpochs?: number;
}

const HEADER = /^# Simplified by dnc /;

/**
 * Stage 6: the shrunk spec as the smallest edit of the user's own text. Comments, order and spacing stay; `--set` values of the run are written
 * first. Where nothing changed and the spec names these weights already, its text comes back as it is (its origin as seen from its new place).
 */
export function printSimplified(simplified: SimplifiedText): string {
  const { spec, shrunk } = simplified;
  const written = writeSets(spec);
  const { source, document } = written;
  const { weights } = simplified;
  const settled = spec.origin && spec.weights?.sha256 === weights.sha256 && spec.weights.path === weights.path;
  if (!shrunk.changed && settled && applied(spec)) return withOrigin(source, document, simplified.earlierOrigin);

  // Where an edit cannot say what the network is, the statements that it is about are written out, and at last all of them.
  const { graph } = simplified.shrunk.network ?? simplified.network;
  const all = new Set(document.model?.body ?? []);
  let problem: string | undefined;
  for (const expanded of [new Set<StatementNode>(), statementsTouched(written, simplified), all]) {
    const text = rewire(write(written, simplified, expanded), graph);
    const found = differenceOf(text, simplified);
    if (found === undefined) return text.text;
    problem ??= found;
  }
  throw new Error(`the simplified text of ${source.name} ${problem}`);
}

/** The text with all edits made; `expanded` are the statements whose layers are written one by one. */
function write(written: Written, simplified: SimplifiedText, expanded: ReadonlySet<StatementNode>): Source {
  const { source, document } = written;
  const edits = editsOf(source);
  const places = new Places(edits, document);
  const apart = writeExpanded(edits, written, expanded, simplified);
  const rest = { ...written, layers: written.layers.filter((layer) => !apart.has(layer.name)) };
  const gone = writeRemovals(edits, rest, places, simplified);
  const atEnd = [
    ...writeArguments(edits, rest, places, simplified, gone),
    ...writeEntry(edits, document, 'weights', `weights: ${fileText(simplified.weights)}`),
    ...writeEntry(edits, document, 'origin', originText(simplified)),
  ];
  places.write();
  if (atEnd.length > 0) edits.append(atEnd.join('\n'), { apart: true });
  writeThreshold(edits, document);
  edits.header(header(simplified), HEADER);
  return new Source(source.name, edits.apply());
}

/** The statements of the model with layers that went, or that read something else than before. */
function statementsTouched({ layers }: Written, { network, shrunk }: SimplifiedText): Set<StatementNode> {
  const before = new Map(network.graph.nodes.map((node) => [node.name, node]));
  const after = new Map((shrunk.network ?? network).graph.nodes.map((node) => [node.name, node]));
  const read = (node: Node | undefined) => JSON.stringify(node?.inputs);
  const touched = layers.filter(({ name }) => read(before.get(name)) !== read(after.get(name)));
  return new Set(touched.flatMap(({ uses: [outermost] }) => (outermost ? [outermost.statement] : [])));
}

/** The text as it is, its origin named as seen from another folder. */
function withOrigin(source: Source, document: Document, file: string | undefined): string {
  const section = entryOf(document.entries, 'origin')?.value;
  const spec = section?.kind === 'map' ? entryOf(section.entries, 'spec')?.value : undefined;
  const written = spec?.kind === 'call' ? spec.arguments?.[0]?.value : undefined;
  if (file === undefined || written?.kind !== 'string' || written.value === file) return source.text;
  const edits = editsOf(source);
  edits.replace(written.span, JSON.stringify(file));
  return edits.apply();
}

function applied({ simplify }: Spec): boolean {
  return simplify.target === undefined && simplify.threshold.kind === 'unit' && simplify.threshold.value === 0;
}

/** The arguments of all layers whose value is another one now. Gives the statements that belong at the end. */
function writeArguments(
  edits: TextEdits,
  written: Written,
  places: Places,
  { network, shrunk, featuresOf }: SimplifiedText,
  gone: ReadonlySet<string>,
): string[] {
  const { document, layers } = written;
  const atEnd: string[] = [];
  const widths: Width[] = [];
  const uses = new Uses(document, layers);
  const nodes = new Map(network.graph.nodes.map((node) => [node.name, node]));
  const changed = new Map<string, Map<string, unknown>>();
  for (const { layer, argument, value } of shrunk.edits)
    changed.set(layer, (changed.get(layer) ?? new Map()).set(argument, value));
  for (const layer of layers) {
    const { name, kind: keyword } = layer;
    // What a layer shares is said of its owner.
    if (layer.shares !== undefined || gone.has(name)) continue;
    const kind = findWord('layer', keyword)!;
    const given = nodes.get(name)!.arguments;
    const own = new Map(changed.get(name));
    // What the data told, such as an Input's shape, is written out, so that the text stands on its own.
    // `keep` is in the text as it was written there, by names perhaps.
    for (const [argument, value] of Object.entries(given)) {
      if (own.has(argument) || argument === 'keep') continue;
      if (JSON.stringify(value) !== JSON.stringify(layer.arguments[argument])) own.set(argument, value);
    }

    const plain = layer.uses.length === 0;
    const { call } = layer.statement;
    for (const [argument, schema] of propertiesOf(kind)) {
      const { source, nodes } = places.of(layer, argument);
      if (isWidth(keyword, argument) && (source || own.has(argument))) {
        const wanted = own.has(argument) ? own.get(argument) : given[argument];
        const now = given[argument] as number | undefined;
        if (typeof wanted === 'number') widths.push({ layer, path: argument, given: now, wanted });
        continue;
      }
      const now = given[argument] as Call | undefined;
      const wanted = (own.has(argument) ? own.get(argument) : now) as Call | undefined;
      if (schema.registry === 'layer' && now?.word === wanted?.word) {
        if (now) widths.push(...writeNested(places, layer, argument, now, wanted!));
        continue;
      }
      if (!own.has(argument)) continue;
      const value = own.get(argument);
      const [first] = nodes;
      if (value === undefined) {
        if (plain && first) dropArgument(edits, document, uses, layer, first);
        else if (schema.indices) places.set(layer, argument, indicesText(everyFeature(shrunk.network, name)));
        else throw new Error(`${name}.${argument} cannot be left out where a block writes it`);
      } else if (schema.indices) {
        const of = sizeOf(extentsBefore(network, name));
        const kept = value as readonly number[];
        const names = keyword === 'Input' ? featuresOf?.(name) : undefined;
        const items = names ? kept.map((index) => featureName(document, names[index]!)) : runsOf(kept);
        atEnd.push(...writeKeep(edits, written, places, uses, layer, argument, { items, kept: kept.length, of }));
      } else if (schema.spread && plain && !layer.changes[argument]) {
        writeExtents(edits, places, layer, argument, nodes, value as readonly number[]);
      } else {
        const text =
          schema.registry === 'layer'
            ? callText('layer', withoutDefaults('layer', value as Call))
            : valueText(schema, value);
        if (plain && !source) places.add(call, `${argument}: ${text}`);
        else places.set(layer, argument, text);
      }
    }
  }
  writeWidths(edits, document, places, uses, widths);
  return atEnd;
}

/** The arguments of a layer among the arguments of another, `Bidirectional(LSTM(32))`: its widths, and what else is new. */
function writeNested(places: Places, layer: LayerSpec, path: string, now: Call, wanted: Call): Width[] {
  const kind = findWord('layer', now.word)!;
  return propertiesOf(kind).flatMap(([argument, schema]): Width[] => {
    const at = `${path}.${argument}`;
    const [before, after] = [now.arguments[argument], wanted.arguments[argument]];
    if (isWidth(now.word, argument) && typeof after === 'number')
      return [{ layer, path: at, given: before as number | undefined, wanted: after }];
    if (after !== undefined && JSON.stringify(before) !== JSON.stringify(after))
      places.set(layer, at, valueText(schema, after));
    return [];
  });
}

/** How many features a `keep` list chooses from: the Input's own shape, else that of what the layer reads. */
function extentsBefore(network: Network, name: string): readonly number[] {
  const node = nodeOf(network.graph, name);
  const [from] = node.inputs;
  if (!from) return node.arguments.shape as readonly number[];
  return network.shapes.get(from.node)![from.output]!.map((dim) => dim.units.length);
}

/** All features of what a layer reads, by their indices. */
function everyFeature(network: Network | undefined, name: string): readonly number[] {
  if (!network) throw new Error(`without the shrunk network nobody knows how many features ${name} reads`);
  return Array.from({ length: sizeOf(extentsBefore(network, name)) }, (_, index) => index);
}

function indicesText(indices: readonly number[]): string {
  return keepInline(runsOf(indices));
}

/** Extents, as they were written: `Input(28, 28)`, `Reshape([28, 28])`, or not at all. */
function writeExtents(
  edits: TextEdits,
  places: Places,
  { statement: { call } }: LayerSpec,
  argument: string,
  nodes: readonly ArgumentNode[],
  extents: readonly number[],
): void {
  const [first] = nodes;
  const text = extents.map(String).join(', ');
  if (!first) {
    if (call.arguments?.[0]) edits.insertFirst(call, argument, extents);
    else places.add(call, text);
    return;
  }
  const list =
    first.value.kind === 'list' ? first.value.items : first.name ? undefined : nodes.map((node) => node.value);
  if (list?.length === extents.length) {
    list.forEach((value, k) => {
      if (value.kind !== 'number' || value.value !== extents[k]) edits.replace(value.span, String(extents[k]));
    });
    return;
  }
  const span = { ...first.value.span, end: nodes.at(-1)!.value.span.end };
  edits.replace(span, first.name || first.value.kind === 'list' ? `[${text}]` : text);
}

/** A `keep` list: where it stood, else inline where the line stays within 100 columns, else as a `let` at the end of the file. */
function writeKeep(
  edits: TextEdits,
  { document, layers }: Written,
  places: Places,
  uses: Uses,
  layer: LayerSpec,
  argument: string,
  keep: { readonly items: readonly string[]; readonly kept: number; readonly of: number },
): string[] {
  const lines = keepLines(keep.items, keep.kept, keep.of);
  const inline = keepInline(keep.items);
  const { source } = places.of(layer, argument);
  const found = source && follow(document, source);
  const [owner, ...others] = found?.owners ?? [];
  if (
    owner?.kind === 'let' &&
    others.length === 0 &&
    found!.value.kind === 'list' &&
    uses.of(owner.node).length === 1
  ) {
    edits.replace(found!.value.span, lines);
    return [];
  }
  const plain = layer.uses.length === 0;
  const replaced = source && plain ? source.value.span.end - source.value.span.start : 0;
  const head = source && plain ? '' : `, ${argument}: `;
  const { call } = layer.statement;
  const room = plain
    ? WIDTH - lineWidth(call) - places.addedTo(call) - head.length
    : WIDTH - layer.name.length - head.length;
  const fits = inline.length - replaced <= room;
  const text = fits ? inline : freeName(document, layers, `${layer.name.replaceAll('.', '_')}_keep`);
  if (plain && !source) places.add(call, `${argument}: ${text}`);
  else places.set(layer, argument, text);
  return fits ? [] : [`let ${text} = ${lines}`];
}

/** A feature by its name: quoted where a bare word would be a `let`. */
function featureName(document: Document, name: string): string {
  return document.lets.some((node) => node.name.text === name) ? JSON.stringify(name) : featureText(name);
}

/** How long the line on which a layer's call ends is once gaps before annotations and comments are as narrow as they get. */
function lineWidth(call: CallNode): number {
  const { source, end } = call.span;
  return source
    .line(source.position(end).line)
    .trimEnd()
    .replaceAll(/(\S) {2,}(?=[@#])/g, '$1  ').length;
}

function freeName(document: Document, layers: readonly LayerSpec[], wanted: string): string {
  const taken = new Set([
    ...document.lets.map((node) => node.name.text),
    ...document.blocks.flatMap((block) => [block.name.text, ...block.parameters.map(({ name }) => name.text)]),
    ...namesOf(document),
    ...layers.map((layer) => layer.name),
  ]);
  let name = wanted;
  for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`;
  return name;
}

/** Takes an argument out, and the `let` that held it if nothing else reads it. */
function dropArgument(
  edits: TextEdits,
  document: Document,
  uses: Uses,
  { statement: { call }, environment }: LayerSpec,
  node: ArgumentNode,
): void {
  edits.removeArgument(call, node);
  const { owners } = follow(document, { value: node.value, environment });
  const [owner] = owners;
  if (owner?.kind === 'let' && owners.length === 1 && uses.of(owner.node).length === 1)
    edits.removeStatement(owner.node.span);
}

/** What was cut is cut: from here on only what is exactly zero goes. */
function writeThreshold(edits: TextEdits, document: Document): void {
  const section = entryOf(document.entries, 'simplify')?.value;
  if (section?.kind !== 'map') return;
  const threshold = entryOf(section.entries, 'threshold')?.value;
  const written = entryOf(section.entries, 'target');
  const target = written && isOffWord(written.value) ? undefined : written;
  if (target && threshold) edits.removeStatement(target.span);
  else if (target) edits.replaceEntry(target.span, 'threshold: 0');
  if (!threshold || (threshold.kind === 'number' && threshold.value === 0)) return;
  edits.replace(threshold.span, '0');
}

/** An entry that dnc writes: in the place of the one that is there, else at the end. */
function writeEntry(edits: TextEdits, document: Document, key: string, text: string): string[] {
  const entry = entryOf(document.entries, key);
  if (!entry) return [text];
  edits.replaceEntry(entry.span, text);
  return [];
}

function header({ tool, threshold, parameters, difference, within, finetunedEpochs }: SimplifiedText): string {
  const cut = isExact(threshold) ? '' : ` at threshold ${thresholdText(threshold, true)}`;
  const before = isExact(threshold) ? 'before' : 'the network cut at that threshold';
  const same = difference?.equivalent
    ? `same outputs as ${before}${within ? ` for ${within}` : ''}`
    : difference
      ? `outputs differ from ${before} by up to ${numberText(Number(difference.float32.toPrecision(2)))}`
      : 'not certified';
  const tuned =
    finetunedEpochs === undefined
      ? ''
      : `, then fine-tuned for ${numberText(finetunedEpochs)} ${finetunedEpochs === 1 ? 'epoch' : 'epochs'}`;
  const count = (value: number) => value.toLocaleString('en-US');
  return `# Simplified by ${tool}${cut}: ${count(parameters.before)} -> ${count(parameters.after)} parameters; ${same}${tuned}.`;
}

function isExact(threshold: AppliedThreshold): boolean {
  return threshold.kind === 'unit' && threshold.value === 0;
}

function thresholdText({ kind, value }: AppliedThreshold, short = false): string {
  const text = numberText(short ? Number(value.toPrecision(3)) : value);
  return kind === 'weight' ? `weight(${text})` : text;
}

function fileText({ path, sha256 }: { readonly path: string; readonly sha256: string }): string {
  return `file(${JSON.stringify(path)}, sha256: ${JSON.stringify(sha256)})`;
}

function originText({ origin, threshold, target, difference, within }: SimplifiedText): string {
  const largest = difference && Number.isFinite(difference.float32) ? difference.float32 : undefined;
  const apart = largest === undefined ? '' : `; max_difference: ${numberText(Number(largest.toPrecision(2)))}`;
  const bounds = within === undefined ? '' : `; within: ${JSON.stringify(within)}`;
  const shares = Object.entries(target ?? {}).map(([resource, share]) => `${resource}: ${numberText(share)}`);
  const aim = target ? `; target { ${shares.join('; ')} }` : '';
  return `origin { spec: ${fileText(origin)}; threshold: ${thresholdText(threshold)}${aim}${apart}${bounds} }`;
}
