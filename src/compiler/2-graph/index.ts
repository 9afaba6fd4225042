import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Reports } from '../../diagnostics/report.js';
import { type Graph, type GraphOutput, type Node, placeOf } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import type { LayerKind } from '../../layers/layer.js';
import type { Endpoint, InputSpec, LayerSpec, Spec } from '../spec.js';

/** Stage 2: wires the layers. What each of them reads is known; how many inputs and outputs it has is asked here. */
export function lowerGraph(spec: Spec, reports: Reports): Graph {
  const { model } = spec;
  const hasInput = model.layers.some((layer) => layer.kind === 'Input');
  if (!hasInput) reports.report('no-input', { model: model.name.text }, { at: model.name.span });

  /** How many outputs every layer above has. */
  const counts = new Map<string, number>();
  const nodes = model.layers.map((layer): Node => {
    const kind = layerKind(layer.kind);
    counts.set(layer.name, countOutputs(layer, kind, reports));
    const { kind: keyword, arguments: values, annotations, span, statement, outputs, shares } = layer;
    return {
      name: layer.name,
      kind: keyword,
      arguments: values,
      inputs: wire(layer, kind, counts, hasInput, reports),
      annotations,
      span,
      statement,
      ...(outputs && { outputs }),
      ...(shares !== undefined && { shares }),
      ...(layer.notes.length > 0 && { uses: layer.notes }),
    };
  });

  const outputs: GraphOutput[] = [];
  for (const { name, span, ...endpoint } of model.outputs) {
    const output = outputOf(endpoint, counts, reports, { at: span });
    if (!outputs.some((one) => one.node === endpoint.layer && one.output === output))
      outputs.push({ name, node: endpoint.layer, output });
  }
  const inputs = nodes.filter((node) => node.kind === 'Input').map((node) => node.name);
  reportUnread(nodes, outputs, reports);
  return { name: model.name.text, nodes, inputs, outputs };
}

/** Several names before `=` are those of the outputs, one each. */
function countOutputs(layer: LayerSpec, kind: LayerKind, reports: Reports): number {
  const found = kind.outputs?.(layer.arguments as never) ?? 1;
  const names = layer.outputs?.length;
  if (names !== undefined && names !== found) {
    const { at, also } = placeOfLayer(layer);
    reports.report(
      'output-count',
      { layer: layer.name, found, names },
      { at: layer.statement.names[0]?.span ?? at, also },
    );
  }
  return found;
}

/** What a layer reads, in the order of its inputs. */
function wire(
  layer: LayerSpec,
  kind: LayerKind,
  counts: ReadonlyMap<string, number>,
  hasInput: boolean,
  reports: Reports,
): Node['inputs'] {
  const place = placeOfLayer(layer);
  const inputs = inOrder(layer, kind, reports);
  if (!inputs) return [];
  const [least, most] = kind.inputs;
  if (inputs.length === 0 && least > 0) {
    // Without any Input the first message says it all.
    if (hasInput) reports.report('nothing-above', { layer: layer.name }, place);
  } else if (inputs.length < least || inputs.length > most) {
    reports.report(
      'input-count',
      { layer: layer.name, expected: counted(least, most), found: inputs.length },
      { ...place, at: inputs[0]?.span ?? layer.span },
    );
  }
  return inputs.map((input) => ({
    node: input.layer,
    output: outputOf(input, counts, reports, { ...place, at: input.span ?? layer.span }),
  }));
}

/** The inputs in the order of the kind: those without a name first, then the others by their names. Undefined after a report. */
function inOrder(layer: LayerSpec, kind: LayerKind, reports: Reports): readonly InputSpec[] | undefined {
  const { inputs, name } = layer;
  const { also } = placeOfLayer(layer);
  const first = inputs.findIndex((input) => input.port);
  if (first < 0) return inputs;
  const names = kind.inputNames ?? [];
  const placed: (InputSpec | undefined)[] = inputs.slice(0, first);
  for (const input of inputs.slice(first)) {
    const { port } = input;
    const position = port ? names.indexOf(port.text) : -1;
    if (!port) {
      reports.report('nameless-input', { layer: name }, { at: input.span, also });
      return undefined;
    }
    if (position < 0) {
      const near = nearest(port.text, names);
      reports.report(
        'unknown-input',
        { layer: kind.keyword, name: port.text },
        {
          at: port.span,
          also,
          ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
          help: [
            names.length > 0
              ? `inputs of ${kind.keyword}: ${names.join(', ')}`
              : `the inputs of ${kind.keyword} have no names`,
          ],
        },
      );
      return undefined;
    }
    if (placed[position]) {
      reports.report('input-twice', { layer: name, name: port.text }, { at: port.span, also });
      return undefined;
    }
    placed[position] = input;
  }
  const absent = Array.from(placed, (input) => input === undefined).indexOf(true);
  if (absent >= 0) {
    reports.report('missing-input', { layer: name, name: names[absent]! }, placeOfLayer(layer));
    return undefined;
  }
  return placed as InputSpec[];
}

/** Which output is read; a layer with several must be read by the name of one. */
function outputOf(
  { layer, output }: Endpoint,
  counts: ReadonlyMap<string, number>,
  reports: Reports,
  where: Parameters<Reports['report']>[2],
): number {
  const count = counts.get(layer) ?? 1;
  if (output === undefined && count > 1) {
    const names = Array.from({ length: count }, (_, k) => String.fromCharCode(97 + (k % 26))).join(', ');
    reports.report(
      'several-outputs',
      { layer, outputs: `${count} outputs` },
      { ...where, help: [`name them: \`${names} = …\``] },
    );
  }
  return output ?? 0;
}

function placeOfLayer({ span, notes }: LayerSpec) {
  return placeOf({ span, uses: notes });
}

function reportUnread(nodes: readonly Node[], outputs: readonly GraphOutput[], reports: Reports): void {
  // A wiring mistake leaves layers unread that the user did wire: one message is enough.
  if (reports.failed) return;
  const read = new Set([
    ...outputs.map((output) => output.node),
    ...nodes.flatMap((node) => node.inputs.map((input) => input.node)),
  ]);
  for (const node of nodes) {
    const emptied = node.kind === 'Input' && (node.arguments.keep as readonly number[] | undefined)?.length === 0;
    if (!read.has(node.name) && !emptied) reports.report('unread-layer', { layer: node.name }, placeOf(node));
  }
}

function counted(least: number, most: number): string {
  if (least === most) return least === 1 ? 'one input' : `${least || 'no'} inputs`;
  return most === Number.POSITIVE_INFINITY ? `at least ${least} inputs` : `${least} to ${most} inputs`;
}
