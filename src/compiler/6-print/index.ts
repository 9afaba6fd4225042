import { Reports } from '../../diagnostics/report.js';
import { Source } from '../../diagnostics/source.js';
import type { ArgumentNode, Document, LayerNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import { editsOf } from '../../dsl/edits.js';
import type { Network } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { featureText, numberText, valueText } from '../1-spec/print.js';
import type { ArgumentEdit } from '../5-shrink/resize.js';
import type { AppliedThreshold } from '../5-shrink/cut.js';
import { readDocument } from '../document.js';
import type { Spec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { argumentNodes, propertiesOf } from './arguments.js';
import { keepInline, keepLines, runsOf, WIDTH } from './keep.js';
import { entryOf, follow, layerStatements, usesOf } from './references.js';
import { writeSets } from './sets.js';
import { isWidth, type Width, writeWidths } from './widths.js';

export interface SimplifiedText {
  readonly spec: Spec;
  /** The network before shrinking: its arguments hold what the spec left to its data. */
  readonly network: Network;
  /** What the features of a row are called that an Input reads, where they have names: `keep` names them then. */
  readonly featuresOf?: (input: string) => readonly string[] | undefined;
  /** What shrinking found; nothing of it is computed again here. */
  readonly shrunk: { readonly changed: boolean; readonly edits: readonly ArgumentEdit[] };
  /** The tool and its version: `dnc 1.0.0`. */
  readonly tool: string;
  readonly threshold: AppliedThreshold;
  readonly parameters: { readonly before: number; readonly after: number };
  /** The weights file, as seen from the folder of the text that is printed. */
  readonly weights: { readonly path: string; readonly sha256: string };
  /** The spec that this one comes from, as seen from there. */
  readonly origin: { readonly path: string; readonly sha256: string };
  /** Where the origin lies that the spec names already, as seen from there: what stands in a text that changes in nothing else. */
  readonly earlierOrigin?: string;
  /** From the certificate; undefined where there is none. */
  readonly difference?: { readonly float32: number; readonly equivalent: boolean };
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
  const { source, document } = writeSets(spec);
  const { weights } = simplified;
  const settled = spec.origin && spec.weights?.sha256 === weights.sha256 && spec.weights.path === weights.path;
  if (!shrunk.changed && settled && applied(spec)) return withOrigin(source, document, simplified.earlierOrigin);

  const edits = editsOf(source);
  const atEnd = [
    ...writeArguments(edits, document, simplified),
    ...writeEntry(edits, document, 'weights', `weights: ${fileText(simplified.weights)}`),
    ...writeEntry(edits, document, 'origin', originText(simplified)),
  ];
  if (atEnd.length > 0) edits.append(atEnd.join('\n'), { apart: true });
  writeThreshold(edits, document);
  edits.header(header(simplified), HEADER);
  const text = edits.apply();

  const reports = new Reports();
  readDocument(new Source(source.name, text), reports);
  if (reports.failed) throw new Error(`the simplified text does not read: ${reports.all[0]!.message}`);
  return text;
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
  return simplify.threshold.kind === 'unit' && simplify.threshold.value === 0;
}

/** The arguments of all layers whose value is another one now. Gives the statements that belong at the end. */
function writeArguments(
  edits: TextEdits,
  document: Document,
  { spec, network, shrunk, featuresOf }: SimplifiedText,
): string[] {
  const atEnd: string[] = [];
  const widths: Width[] = [];
  layerStatements(document).forEach((layer, index) => {
    const { name, kind: keyword, arguments: written } = spec.model.layers[index]!;
    const kind = findWord('layer', keyword)!;
    const given = network.graph.nodes.find((node) => node.name === name)!.arguments;
    const own = new Map(shrunk.edits.filter((edit) => edit.layer === name).map((edit) => [edit.argument, edit.value]));
    // What the data told, such as an Input's shape, is written out, so that the text stands on its own.
    // `keep` is in the text as it was written there, by names perhaps.
    for (const [argument, value] of Object.entries(given)) {
      if (own.has(argument) || argument === 'keep') continue;
      if (JSON.stringify(value) !== JSON.stringify(written[argument])) own.set(argument, value);
    }

    /** Arguments that are new, in the schema's order: they go in together, since a call may have no parentheses yet. */
    const added: string[] = [];
    for (const [argument, schema] of propertiesOf(kind)) {
      const nodes = argumentNodes(layer.call, kind, argument);
      const [first] = nodes;
      if (isWidth(keyword, argument) && first) {
        const wanted = (own.get(argument) ?? given[argument]) as number;
        widths.push({ layer, argument, wanted, value: first.value });
        continue;
      }
      if (!own.has(argument)) continue;
      const value = own.get(argument);
      if (value === undefined) {
        if (first) dropArgument(edits, document, layer, first);
      } else if (schema.indices) {
        const of = sizeOf(extentsBefore(network, name));
        const kept = value as readonly number[];
        const names = keyword === 'Input' ? featuresOf?.(name) : undefined;
        const items = names ? kept.map((index) => featureName(document, names[index]!)) : runsOf(kept);
        const keep = { argument, items, kept: kept.length, of };
        atEnd.push(...writeKeep(edits, document, layer, name, first, keep, added));
      } else if (schema.spread) {
        writeExtents(edits, layer, argument, nodes, value as readonly number[], added);
      } else if (first) edits.replace(first.value.span, valueText(schema, value));
      else added.push(`${argument}: ${valueText(schema, value)}`);
    }
    if (added.length > 0) edits.insertArguments(layer.call, added.join(', '));
  });
  writeWidths(edits, document, widths);
  return atEnd;
}

/** How many features a `keep` list chooses from: the Input's own shape, else that of what the layer reads. */
function extentsBefore(network: Network, name: string): readonly number[] {
  const node = network.graph.nodes.find((one) => one.name === name)!;
  const [from] = node.inputs;
  // An Input keeps features of its last axis.
  if (!from) return (node.arguments.shape as readonly number[]).slice(-1);
  return network.shapes.get(from.node)![from.output]!.map((dim) => dim.units.length);
}

/** Extents, as they were written: `Input(28, 28)`, `Reshape([28, 28])`, or not at all. */
function writeExtents(
  edits: TextEdits,
  layer: LayerNode,
  argument: string,
  nodes: readonly ArgumentNode[],
  extents: readonly number[],
  added: string[],
): void {
  const [first] = nodes;
  const text = extents.map(String).join(', ');
  if (!first) {
    if (layer.call.arguments?.[0]) edits.insertFirst(layer.call, argument, extents);
    else added.push(text);
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
  document: Document,
  layer: LayerNode,
  name: string,
  node: ArgumentNode | undefined,
  keep: { readonly argument: string; readonly items: readonly string[]; readonly kept: number; readonly of: number },
  added: string[],
): string[] {
  const lines = keepLines(keep.items, keep.kept, keep.of);
  const inline = keepInline(keep.items);
  if (node) {
    const { value, lets } = follow(document, node.value);
    const owner = lets.at(-1);
    if (owner && lets.length === 1 && value.kind === 'list' && usesOf(document, owner).length === 1) {
      edits.replace(value.span, lines);
      return [];
    }
  }
  const before = added.reduce((sum, text) => sum + text.length + 2, 0);
  const room = WIDTH - lineWidth(layer) - before - (node ? 0 : `, ${keep.argument}: `.length);
  const replaced = node ? node.value.span.end - node.value.span.start : 0;
  const fits = inline.length - replaced <= room;
  const text = fits ? inline : freeName(document, `${name.replaceAll('.', '_')}_keep`);
  if (node) edits.replace(node.value.span, text);
  else added.push(`${keep.argument}: ${text}`);
  return fits ? [] : [`let ${text} = ${lines}`];
}

/** A feature by its name: quoted where a bare word would be a `let`. */
function featureName(document: Document, name: string): string {
  return document.lets.some((node) => node.name.text === name) ? JSON.stringify(name) : featureText(name);
}

/** How long the line on which a layer's call ends is once gaps before annotations and comments are as narrow as they get. */
function lineWidth(layer: LayerNode): number {
  const { source, end } = layer.call.span;
  return source
    .line(source.position(end).line)
    .trimEnd()
    .replaceAll(/(\S) {2,}(?=[@#])/g, '$1  ').length;
}

function freeName(document: Document, wanted: string): string {
  const taken = new Set([
    ...document.lets.map((node) => node.name.text),
    ...document.blocks.map((node) => node.name.text),
    ...layerStatements(document).flatMap((layer) => layer.names.map((name) => name.text)),
  ]);
  let name = wanted;
  for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`;
  return name;
}

/** Takes an argument out, and the `let` that held it if nothing else reads it. */
function dropArgument(edits: TextEdits, document: Document, layer: LayerNode, node: ArgumentNode): void {
  edits.removeArgument(layer.call, node);
  const { lets } = follow(document, node.value);
  const [owner] = lets;
  if (owner && lets.length === 1 && usesOf(document, owner).length === 1) edits.removeStatement(owner.span);
}

/** What was cut is cut: from here on only what is exactly zero goes. */
function writeThreshold(edits: TextEdits, document: Document): void {
  const section = entryOf(document.entries, 'simplify')?.value;
  if (section?.kind !== 'map') return;
  const threshold = entryOf(section.entries, 'threshold')?.value;
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

function header({ tool, threshold, parameters, difference, finetunedEpochs }: SimplifiedText): string {
  const cut = isExact(threshold) ? '' : ` at threshold ${thresholdText(threshold, true)}`;
  const before = isExact(threshold) ? 'before' : 'the network cut at that threshold';
  const same = difference?.equivalent
    ? `same outputs as ${before}`
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

function originText({ origin, threshold, difference }: SimplifiedText): string {
  const largest = difference && Number.isFinite(difference.float32) ? difference.float32 : undefined;
  const apart = largest === undefined ? '' : `; max_difference: ${numberText(Number(largest.toPrecision(2)))}`;
  return `origin { spec: ${fileText(origin)}; threshold: ${thresholdText(threshold)}${apart} }`;
}
