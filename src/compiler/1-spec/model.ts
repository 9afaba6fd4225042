import { nearest } from '../../diagnostics/did-you-mean.js';
import { cover, type Span } from '../../diagnostics/source.js';
import type { CallNode, Document, LayerNode, ModelNode } from '../../dsl/document.js';
import type { Annotation } from '../../ir/graph.js';
import type { Kind } from '../../ir/kind.js';
import type { LayerKind } from '../../layers/layer.js';
import type { LayerSpec, ModelSpec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import { schemaOf } from './expected.js';
import { addressOf, type Override } from './overrides.js';
import { bindArguments, raiseUnits, reportUnknownWord, resolveArguments, type Written } from './resolve.js';
import { type ArgumentTerm, countText } from './term.js';

/** A layer before its arguments are resolved. */
interface Named {
  readonly name: string;
  readonly node: LayerNode;
  readonly kind: LayerKind;
}

/** An annotation as written in one place: `@m(off)` takes the method back. */
type WrittenAnnotation =
  | { readonly kind: Kind; readonly span: Span; readonly off: true }
  | { readonly kind: Kind; readonly span: Span; readonly off: false; readonly arguments: Written };

/** Layers with names, arguments and annotations. `phases` are the names that `during` may use; undefined where they could not be read. */
export function lowerModel(
  context: Context,
  document: Document,
  node: ModelNode,
  override: Override | undefined,
  phases: ReadonlySet<string> | undefined,
): ModelSpec {
  const statements = plainLayers(context, document, node);
  if (statements.length === 0 && node.body.length === 0) {
    context.report('empty-model', { name: node.name.text }, { at: node.name.span });
  }
  if (statements.length > context.limits.layers) {
    const most = context.limits.layers;
    context.report(
      'too-many-layers',
      { found: countText(statements.length), most: countText(most) },
      { at: node.name.span },
    );
    return { name: node.name, outputs: node.outputs, layers: [] };
  }
  const named = nameLayers(context, statements);
  const defaults = readAnnotations(context, node.annotations);
  const overrides = overridesByLayer(context, named, override);
  const layers = named.map((layer) => lowerLayer(context, layer, defaults, overrides.get(layer.name), phases));
  return { name: node.name, outputs: node.outputs, layers };
}

/** The statements of the model that are layers of the registry; what this version cannot expand is reported. */
function plainLayers(context: Context, document: Document, model: ModelNode): LayerNode[] {
  const blocks = new Set(document.blocks.map((block) => block.name.text));
  for (const block of document.blocks) context.report('not-yet', { what: '`block`s' }, { at: block.name.span });
  const layers: LayerNode[] = [];
  for (const statement of model.body) {
    if (statement.kind === 'repeat') context.report('not-yet', { what: '`repeat`' }, { at: statement.count.span });
    else if (!blocks.has(statement.call.callee.text)) layers.push(statement);
    if (statement.with) context.report('not-yet', { what: '`with`' }, { at: statement.with.span });
  }
  return layers;
}

/** Keras' name of a kind: `GlobalAveragePooling2D` is `global_average_pooling2d`. */
export function snakeCase(keyword: string): string {
  return keyword
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Gives every layer a name: its own, or its kind's and its place among the layers of that kind, named or not. */
function nameLayers(context: Context, statements: readonly LayerNode[]): Named[] {
  const written = new Map<string, Span>();
  for (const { names } of statements) {
    for (const { text, span } of names) {
      const first = written.get(text);
      if (!first) written.set(text, span);
      else context.report('duplicate-layer', { name: text }, { at: span, also: [{ at: first, note: 'first here' }] });
    }
  }
  const counts = new Map<string, number>();
  const layers: Named[] = [];
  for (const node of statements) {
    const kind = findWord('layer', node.call.callee.text) as LayerKind | undefined;
    if (!kind) {
      reportUnknownWord(context, 'layer', node.call.callee.text, node.call.callee.span);
      continue;
    }
    const count = (counts.get(kind.keyword) ?? 0) + 1;
    counts.set(kind.keyword, count);
    if (node.names.length > 1) {
      const at = cover(node.names[0]!.span, node.names.at(-1)!.span);
      context.report('not-yet', { what: 'layers with several outputs' }, { at });
    }
    const automatic = `${snakeCase(kind.keyword)}_${count}`;
    const name = node.names[0]?.text ?? automatic;
    const clash = node.names.length === 0 ? written.get(automatic) : undefined;
    if (clash) {
      context.report(
        'automatic-name',
        { name: automatic },
        { at: clash, also: [{ at: node.call.callee.span, note: `this layer's automatic name is \`${automatic}\`` }] },
      );
    }
    layers.push({ name, node, kind });
  }
  return layers;
}

/** Which override goes to which layer. Layer names may contain dots. */
function overridesByLayer(
  context: Context,
  layers: readonly Named[],
  override: Override | undefined,
): ReadonlyMap<string, Override> {
  const found = new Map<string, Override>();
  if (!override) return found;
  const reached = new Set<Override>();
  for (const { name } of layers) {
    let at: Override | undefined = override;
    const path: Override[] = [];
    for (const part of name.split('.')) {
      at = at?.child(part);
      if (at) path.push(at);
    }
    if (!at) continue;
    for (const step of path) reached.add(step);
    found.set(name, at);
  }
  const names = layers.map((layer) => layer.name);
  for (const [part, child] of override.children) {
    if (reached.has(child) && !child.value) continue;
    const near = nearest(part, names);
    const reason = child.value
      ? 'a layer has no value of its own; name an argument, as in `model.fc1.units`'
      : `the model has no layer \`${part}\``;
    context.report(
      'unknown-address',
      { address: addressOf(child), reason },
      {
        at: child.span,
        ...(near !== undefined && { label: `did you mean \`model.${near}\`?` }),
        help: [`layers: ${listWords(names)}`],
      },
    );
  }
  return found;
}

function lowerLayer(
  context: Context,
  { name, node, kind }: Named,
  defaults: readonly WrittenAnnotation[],
  override: Override | undefined,
  phases: ReadonlySet<string> | undefined,
): LayerSpec {
  const written = bindArguments(context, 'layer', kind, argumentTerms(context, node.call));
  const { values, unit } = resolveArguments(context, 'layer', kind, written, node.call.span, override);
  const places: Record<string, Span> = {};
  for (const argument of Object.keys(values)) {
    const term = unit.terms.get(`/${argument}`);
    if (term) places[argument] = term.span;
  }
  checkSizes(context, name, kind, values, places, node.call.span);
  checkInputs(context, name, node);
  return {
    name,
    kind: kind.keyword,
    arguments: values,
    inputs: node.inputs.map((input) => input.from),
    annotations: lowerAnnotations(context, name, kind, node, defaults, phases),
    statement: node,
    span: node.span,
    places,
  };
}

function argumentTerms(context: Context, call: CallNode): ArgumentTerm[] {
  return (call.arguments ?? []).map((argument) => ({
    ...(argument.name && { name: argument.name }),
    value: context.lets.evaluate(argument.value),
  }));
}

/** Refuses sizes before anything is reserved for them: every whole number of a layer counts something of it. */
function checkSizes(
  context: Context,
  layer: string,
  kind: LayerKind,
  values: Readonly<Record<string, unknown>>,
  places: Readonly<Record<string, Span>>,
  at: Span,
): void {
  const most = context.limits.unitsPerLayer;
  for (const [argument, property] of Object.entries(schemaOf(kind.schema).properties ?? {})) {
    const value = values[argument];
    if (property.indices || argument === 'seed') continue;
    const sizes = Array.isArray(value) ? value : property.type === 'integer' ? [value] : [];
    if (!sizes.every((size): size is number => typeof size === 'number')) continue;
    const product = sizes.reduce((all, size) => all * size, 1);
    if (product <= most) continue;
    context.report(
      'too-many-units',
      { layer, argument, found: countText(product), most: countText(most) },
      { at: places[argument] ?? at, help: [raiseUnits] },
    );
  }
}

function checkInputs(context: Context, name: string, node: LayerNode): void {
  for (const input of node.inputs) {
    if (input.name) context.report('not-yet', { what: 'inputs by name' }, { at: input.name.span });
    if (node.names.some((own) => own.text === input.from.text) || input.from.text === name) {
      context.report(
        'self-reference',
        { name: input.from.text },
        { at: input.from.span, help: ['leave the name out: a layer reads the one above'] },
      );
    }
  }
  // `x = Dense(x)`: a layer's own name among its arguments.
  for (const argument of node.call.arguments ?? []) {
    const value = argument.value;
    if (value.kind !== 'call' || value.arguments || context.lets.has(value.callee.text)) continue;
    if (node.names.some((own) => own.text === value.callee.text)) {
      context.report(
        'self-reference',
        { name: value.callee.text },
        { at: value.span, help: ['leave the name out: a layer reads the one above'] },
      );
    }
  }
}

/** The annotations of one place, their positional arguments named. */
function readAnnotations(context: Context, calls: readonly CallNode[]): WrittenAnnotation[] {
  const read: WrittenAnnotation[] = [];
  for (const call of calls) {
    const kind = findWord('annotation', call.callee.text);
    if (!kind) {
      reportUnknownWord(context, 'annotation', call.callee.text, call.callee.span);
      continue;
    }
    const first = read.find((one) => one.kind === kind);
    if (first) {
      const also = [{ at: first.span, note: 'first here' }];
      context.report('annotation-twice', { method: kind.keyword }, { at: call.span, also });
      continue;
    }
    const terms = argumentTerms(context, call);
    const [only] = terms;
    const off = terms.length === 1 && !only!.name && only!.value.kind === 'word' && only!.value.text === 'off';
    if (off) read.push({ kind, span: call.span, off });
    else read.push({ kind, span: call.span, off, arguments: bindArguments(context, 'annotation', kind, terms) });
  }
  return read;
}

/** Layer over model, argument by argument per method. */
function lowerAnnotations(
  context: Context,
  name: string,
  kind: LayerKind,
  node: LayerNode,
  defaults: readonly WrittenAnnotation[],
  phases: ReadonlySet<string> | undefined,
): Annotation[] {
  const own = readAnnotations(context, node.annotations);
  if (!kind.params) {
    for (const one of own) {
      context.report(
        'annotation-without-kernel',
        { method: one.kind.keyword, layer: name, kind: kind.keyword },
        { at: one.span, help: ['write it on the layer that has the weights'] },
      );
    }
    return [];
  }
  const methods = [...new Set([...defaults, ...own].map((one) => one.kind))];
  const landed: Annotation[] = [];
  for (const method of methods) {
    const above = defaults.find((one) => one.kind === method);
    const here = own.find((one) => one.kind === method);
    if (here?.off || (!here && above?.off)) continue;
    const inherited = above && !above.off ? above.arguments : undefined;
    const merged = new Map([...(inherited ?? []), ...(here && !here.off ? here.arguments : [])]);
    const span = (here ?? above)!.span;
    const { values, unit } = resolveArguments(context, 'annotation', method, merged, span);
    checkPhases(context, values.during, unit.terms.get('/during')?.span ?? span, phases);
    landed.push({ word: method.keyword, arguments: values, span });
  }
  return landed;
}

function checkPhases(context: Context, during: unknown, at: Span, phases: ReadonlySet<string> | undefined): void {
  if (during === undefined || !phases) return;
  for (const name of Array.isArray(during) ? during : [during]) {
    if (typeof name !== 'string' || phases.has(name)) continue;
    const near = nearest(name, phases);
    context.report(
      'unknown-phase',
      { name },
      {
        at,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [`phases: ${listWords([...phases])}`],
      },
    );
  }
}
