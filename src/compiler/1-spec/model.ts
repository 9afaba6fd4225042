import type { Span } from '../../diagnostics/source.js';
import type { Document, ModelNode } from '../../dsl/document.js';
import type { Call, Kind } from '../../ir/kind.js';
import type { Binding, LayerSpec, ModelSpec } from '../spec.js';
import { findWord } from '../vocabulary.js';
import { argumentTerms, landAnnotations, readAnnotations } from './annotations.js';
import type { Context } from './context.js';
import { schemaOf } from './expected.js';
import { type ExpandedLayer, expandModel } from './expand.js';
import type { Override } from './overrides.js';
import { bindArguments } from './bind.js';
import { raiseUnits } from './plain-values.js';
import { resolveArguments } from './resolve.js';
import { countText } from './term.js';

/**
 * The model with its blocks expanded: layers with names, arguments, annotations and what they read. `phases` are the names that `during` may use;
 * undefined where they could not be read.
 */
export function lowerModel(
  context: Context,
  document: Document,
  node: ModelNode,
  override: Override | undefined,
  phases: ReadonlySet<string> | undefined,
): ModelSpec {
  const { layers: expanded, outputs } = expandModel(context, document, node, override);
  const layers = new Map<string, LayerSpec>();
  const all = expanded.map((one) => {
    const owner = one.shares === undefined ? undefined : layers.get(one.shares);
    const layer = owner ? shareLayer(one, owner) : lowerLayer(one, phases);
    layers.set(one.name, layer);
    return layer;
  });
  return { name: node.name, outputs, layers: all };
}

function lowerLayer(layer: ExpandedLayer, phases: ReadonlySet<string> | undefined): LayerSpec {
  const { name, node, kind, context, override } = layer;
  const written = bindArguments(context, 'layer', kind, argumentTerms(context, node.call));
  const { values, unit } = resolveArguments(context, 'layer', kind, written, node.call.span, override);
  const places: Record<string, Span> = {};
  for (const argument of Object.keys(values)) {
    const term = unit.terms.get(`/${argument}`);
    if (term) places[argument] = term.span;
  }
  checkSizes(context, name, kind, values, places, node.call.span);
  const own = readAnnotations(context, node.annotations);
  if (!kind.params) {
    for (const one of own) {
      context.report(
        'annotation-without-kernel',
        { method: one.kind.keyword, layer: name, kind: kind.keyword },
        { at: one.span, help: ['write it on the layer that has the weights'] },
      );
    }
  }
  return {
    ...partsOf(layer),
    kind: kind.keyword,
    arguments: values,
    annotations: kind.params ? landAnnotations(context, [...layer.annotations, own], phases) : [],
    places,
    changes: Object.fromEntries(changesOf(override)),
  };
}

/** A layer once more, on another input: all but its place is its owner's. Penalties act on the owner's parameters, once. */
function shareLayer(layer: ExpandedLayer, owner: LayerSpec): LayerSpec {
  const { kind, arguments: values } = owner;
  return { ...partsOf(layer), kind, arguments: values, annotations: [], shares: owner.name, places: {}, changes: {} };
}

function partsOf({ name, node, inputs, outputs, uses, environment, context }: ExpandedLayer) {
  return {
    name,
    inputs,
    ...(outputs && { outputs }),
    statement: node,
    span: node.span,
    uses,
    notes: context.uses,
    environment,
  };
}

/** What `with` says of a layer's arguments, by dotted path. */
function* changesOf(override: Override | undefined, path = ''): Generator<[string, Binding]> {
  if (override?.value && override.place)
    yield [path, { value: override.value, environment: override.place.environment }];
  for (const [name, child] of override?.children ?? []) yield* changesOf(child, path ? `${path}.${name}` : name);
}

/** Refuses sizes before anything is reserved for them: every whole number of a layer, and of layers among its arguments, counts something of it. */
function checkSizes(
  context: Context,
  layer: string,
  kind: Kind,
  values: Readonly<Record<string, unknown>>,
  places: Readonly<Record<string, Span>>,
  at: Span,
): void {
  const most = context.limits.unitsPerLayer;
  for (const [argument, property] of Object.entries(schemaOf(kind.schema).properties ?? {})) {
    const value = values[argument];
    if (property.registry === 'layer' && value !== undefined) {
      const call = value as Call;
      const place = places[argument] ?? at;
      checkSizes(context, layer, findWord('layer', call.word)!, call.arguments, {}, place);
      continue;
    }
    if (property.indices || argument === 'seed') continue;
    const isCount = property.type === 'integer' || property.items?.type === 'integer';
    const wholeLists = property.anyOf?.some(({ items }) => items?.type === 'integer') ?? false;
    const sizes = Array.isArray(value) ? value : [value];
    if (!(isCount || wholeLists) || !sizes.every((size): size is number => typeof size === 'number')) continue;
    // Extents of one shape, or numbers each by itself.
    const found = property.spread ? sizes.reduce((all, size) => all * size, 1) : Math.max(...sizes);
    if (found <= most) continue;
    context.report(
      'too-many-units',
      { layer, argument, found: countText(found), most: countText(most) },
      { at: places[argument] ?? at, help: [raiseUnits] },
    );
  }
}
