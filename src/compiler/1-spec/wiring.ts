import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { BlockNode, LayerNode } from '../../dsl/document.js';
import type { Endpoint, InputSpec } from '../spec.js';
import { listWords } from './context.js';
import type { Names } from './names.js';
import { BROKEN, type Scope, type Wire } from './scope.js';

/** What a layer reads: what stands behind `<-`, else what is above. */
export function reads(
  names: Names,
  node: LayerNode,
  name: string,
  scope: Scope,
  above: Wire,
  reading: boolean,
): InputSpec[] {
  checkSelf(node, name, scope);
  if (node.inputs.length === 0) {
    if (!reading) return [];
    const endpoint = endpointOf(above, node.call.span, scope);
    return endpoint ? [endpoint] : [];
  }
  return node.inputs.flatMap(({ name: port, from }) => {
    if (isSelf(from.text, node, name)) return [];
    const endpoint = endpointOf(names.wireOf(from, scope, name), from.span, scope);
    return endpoint ? [{ ...endpoint, span: from.span, ...(port && { port }) }] : [];
  });
}

/** The one tensor that a wire gives; undefined where there is none. Reports several. */
export function endpointOf(wire: Wire, at: Span, { context }: Scope): Endpoint | undefined {
  if (wire.kind === 'one') return wire.endpoint;
  if (wire.kind === 'several') {
    const help = [`\`<- ${wire.outputs[0]}\`, for one`];
    context.report('several-outputs', { layer: wire.of, outputs: listWords(wire.outputs, 8) }, { at, help });
  }
  return undefined;
}

/** A block's inputs in one of its uses, by their names. A block without declared ones has one, `input`. */
export function bindInputs(
  names: Names,
  node: LayerNode,
  name: string,
  block: BlockNode,
  scope: Scope,
  above: Wire,
): ReadonlyMap<string, Wire> {
  const { context } = scope;
  checkSelf(node, name, scope);
  const declared = block.inputs.length > 0 ? block.inputs.map((input) => input.text) : ['input'];
  const bound = new Map<string, Wire>();
  let named = false;
  const written = node.inputs;
  for (const [k, { name: port, from }] of written.entries()) {
    named ||= port !== undefined;
    if (named && !port) context.report('nameless-input', { layer: name }, { at: from.span });
    const to = port?.text ?? declared[k];
    if (to === undefined) continue;
    if (port && !declared.includes(port.text)) {
      const near = nearest(port.text, declared);
      context.report(
        'unknown-input',
        { layer: block.name.text, name: port.text },
        {
          at: port.span,
          ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
          help: [`inputs of ${block.name.text}: ${listWords(declared)}`],
        },
      );
      continue;
    }
    if (bound.has(to)) context.report('input-twice', { layer: name, name: to }, { at: port?.span ?? from.span });
    if (isSelf(from.text, node, name)) bound.set(to, BROKEN);
    else bound.set(to, oneOf(names.wireOf(from, scope, name), from.span, scope));
  }
  if (written.length === 0) bound.set(declared[0]!, oneOf(above, node.call.span, scope));
  const absent = declared.filter((input) => !bound.has(input));
  if (written.length > declared.length || absent.length > 0) {
    const expected = declared.length === 1 ? 'one input' : `${declared.length} inputs (${declared.join(', ')})`;
    context.report(
      'input-count',
      { layer: name, expected, found: written.length || 1 },
      { at: written[0]?.from.span ?? node.call.span },
    );
  }
  return new Map(declared.map((input) => [input, bound.get(input) ?? BROKEN]));
}

function oneOf(wire: Wire, at: Span, scope: Scope): Wire {
  if (wire.kind !== 'several') return wire;
  endpointOf(wire, at, scope);
  return BROKEN;
}

function isSelf(text: string, { names }: LayerNode, name: string): boolean {
  return names.some((own) => own.text === text) || text === name;
}

function checkSelf(node: LayerNode, name: string, { context }: Scope): void {
  const help = ['leave the name out: a layer reads the one above'];
  for (const { from } of node.inputs) {
    if (isSelf(from.text, node, name)) context.report('self-reference', { name: from.text }, { at: from.span, help });
  }
  // `x = Dense(x)`: a layer's own name among its arguments.
  for (const { value } of node.call.arguments ?? []) {
    if (value.kind !== 'call' || value.arguments || context.lets.has(value.callee.text)) continue;
    if (node.names.some((own) => own.text === value.callee.text))
      context.report('self-reference', { name: value.callee.text }, { at: value.span, help });
  }
}
