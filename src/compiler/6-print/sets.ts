import { Reports } from '../../diagnostics/report.js';
import { Source } from '../../diagnostics/source.js';
import type { CallNode, Document, EntryNode, ValueNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import { editsOf } from '../../dsl/edits.js';
import { printValue } from '../../dsl/print.js';
import type { Kind } from '../../ir/kind.js';
import { type ArgumentSchema, schemaOf } from '../1-spec/expected.js';
import { readDocument } from '../document.js';
import { sections } from '../sections.js';
import { lowerSpec } from '../1-spec/index.js';
import type { LayerSpec, SetValue, Spec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { argumentNodes, propertiesOf } from './arguments.js';
import { Places } from './places.js';
import { entryOf, follow, isOffWord, TOP } from './references.js';

/** A text, and the layers that it says. */
export interface Written {
  readonly source: Source;
  readonly document: Document;
  readonly layers: readonly LayerSpec[];
}

/** The text with the `--set` values of a run written in, so that it says what was run. */
export function writeSets(spec: Spec): Written {
  let { source } = spec;
  let { document } = spec;
  let { layers } = spec.model;
  // One at a time: a later value may lie within an earlier one.
  for (const set of spec.sets) {
    const edits = editsOf(source);
    writeSet(edits, layers, document, set, spec.sets);
    if (edits.empty) continue;
    source = new Source(spec.source.name, edits.apply());
    const reports = new Reports();
    document = readDocument(source, reports);
    const again = reports.failed ? undefined : lowerSpec(document, { source, sets: [] }, reports);
    if (!again || reports.failed) throw new Error(`--set ${set.address} written into the text does not read`);
    layers = again.model.layers;
  }
  return { source, document, layers };
}

function writeSet(
  edits: TextEdits,
  layers: readonly LayerSpec[],
  document: Document,
  { address, value }: SetValue,
  all: readonly SetValue[],
): void {
  const text = printValue(value, { flat: true });
  const path = address.split('.');
  const named = document.lets.find((node) => node.name.text === address);
  if (named) {
    edits.replace(named.value.span, text);
    return;
  }
  if (path[0] === 'model') {
    const layer = layers.find(({ name }) => address.startsWith(`model.${name}.`));
    if (!layer) throw new Error(`no layer at ${address}`);
    const rest = address.slice(`model.${layer.name}.`.length);
    const { call, with: own } = layer.statement;
    if (layer.uses.length > 0) {
      const places = new Places(edits, document);
      places.change(layer, rest, text);
      places.write();
    } else if (own) edits.setChanges(layer.statement, [[rest, text]]);
    else setArgument(edits, document, call, findWord('layer', layer.kind)!, rest.split('.'), { text, value });
    return;
  }
  const section = sections[path[0] as keyof typeof sections];
  if (!section) throw new Error(`nothing at ${address}`);
  const schema = schemaOf(section.schema);
  if (path.length === 1) {
    const entry = entryOf(document.entries, path[0]!);
    if (entry) writeOver(edits, entry, { text, value });
    else edits.append(`${path[0]}: ${text}`, { apart: true });
    return;
  }
  const [keyword = '', key = ''] = path;
  // What is switched off takes no place.
  const instead = path.length === 2 && isOffWord(value) ? undefined : INSTEAD[keyword]?.[key];
  const { value: own } = follow(document, {
    value: entryOf(document.entries, keyword)?.value ?? value,
    environment: TOP,
  });
  const replaced = instead !== undefined && own.kind === 'map' ? entryOf(own.entries, instead) : undefined;
  if (replaced && own.kind === 'map' && !all.some((one) => one.address.startsWith(`${keyword}.${instead}`))) {
    if (!entryOf(own.entries, key)) {
      edits.replaceEntry(replaced.span, `${key}: ${text}`);
      return;
    }
    edits.removeStatement(replaced.span);
  }
  setEntry(edits, document, document.entries, path, { properties: { [path[0]!]: schema } }, { text, value }, (added) =>
    edits.append(added, { apart: true }),
  );
}

/** Keys of sections of which one, when it is set, takes the place of another that is written: they do not stand side by side. */
const INSTEAD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  train: { epochs: 'steps', steps: 'epochs' },
  simplify: { threshold: 'target', target: 'threshold' },
};

/** A value that was set, and how it is written. */
interface NewValue {
  readonly value: ValueNode;
  readonly text: string;
}

/** Another value for an entry. Keys in braces have no colon before them, and any other value has one. */
function writeOver(edits: TextEdits, { key, value: written, span }: EntryNode, set: NewValue): void {
  if (written.kind === 'map' && set.value.kind !== 'map') edits.replaceEntry(span, `${key.text}: ${set.text}`);
  else edits.replace(written.span, set.text);
}

/** Sets a key of a map, or something inside its value; `add` writes a missing entry. */
function setEntry(
  edits: TextEdits,
  document: Document,
  entries: readonly EntryNode[],
  [key = '', ...rest]: readonly string[],
  schema: ArgumentSchema,
  set: NewValue,
  add: (entry: string) => void,
): void {
  const entry = entryOf(entries, key);
  if (!entry) add(missing([key, ...rest], set.text));
  else if (rest.length === 0) writeOver(edits, entry, set);
  else setValue(edits, document, entry.value, rest, schema.properties?.[key] ?? {}, set);
}

function setValue(
  edits: TextEdits,
  document: Document,
  written: ValueNode,
  path: readonly string[],
  schema: ArgumentSchema,
  set: NewValue,
): void {
  if (path.length === 0) {
    edits.replace(written.span, set.text);
    return;
  }
  const { value } = follow(document, { value: written, environment: TOP });
  if (value.kind === 'map') {
    setEntry(edits, document, value.entries, path, schema, set, (added) => {
      edits.insertEntry(value, added);
    });
    return;
  }
  const kind = value.kind === 'call' && schema.registry ? findWord(schema.registry, value.callee.text) : undefined;
  if (value.kind !== 'call' || !kind) throw new Error(`a --set value has no place at ${path.join('.')}`);
  setArgument(edits, document, value, kind, path, set);
}

function setArgument(
  edits: TextEdits,
  document: Document,
  call: CallNode,
  kind: Kind,
  [name = '', ...rest]: readonly string[],
  set: NewValue,
): void {
  const nodes = argumentNodes(call, kind, name);
  const schema = propertiesOf(kind).find(([property]) => property === name)?.[1] ?? {};
  const [first] = nodes;
  if (!first) edits.insertArguments(call, missing([name, ...rest], set.text));
  else if (rest.length > 0) setValue(edits, document, first.value, rest, schema, set);
  // Extents that are written one by one stay so: `Input(28, 28)` becomes `Input(14, 14)`.
  else if (schema.spread && !first.name && first.value.kind !== 'list')
    edits.replacePositional(call, nodes, set.value.kind === 'list' ? set.value.items : [set.value]);
  else edits.replace({ ...first.value.span, end: nodes.at(-1)!.value.span.end }, set.text);
}

/** A missing entry: stage 1 lets an address go into nothing that is not written, a section apart. */
function missing([key = '', ...rest]: readonly string[], text: string): string {
  return rest.length === 0 ? `${key}: ${text}` : `${key} { ${missing(rest, text)} }`;
}
