import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Reports } from '../../diagnostics/report.js';
import type { NameNode } from '../../dsl/document.js';
import type { Graph, Node } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import type { LayerSpec, Spec } from '../spec.js';

/** Stage 2: wires the layers. A layer reads the one above it unless `<-` names others. */
export function lowerGraph(spec: Spec, reports: Reports): Graph {
  const { model } = spec;
  const names = model.layers.map((layer) => layer.name);
  const hasInput = model.layers.some((layer) => layer.kind === 'Input');
  if (!hasInput) reports.report('no-input', { model: model.name.text }, { at: model.name.span });

  const nodes = model.layers.map((layer, position): Node => {
    const kind = layerKind(layer.kind);
    const inputs = inputNames(layer, position, names, reports);
    // Counted as written: a name that is wrong was reported as such.
    const given = layer.inputs.length || inputs.length;
    const [least, most] = kind.inputs;
    const nothingAbove = layer.inputs.length === 0 && position === 0;
    if (nothingAbove && least > 0) {
      // Without any Input the first message says it all.
      if (hasInput) reports.report('nothing-above', { layer: layer.name }, { at: layer.span });
    } else if (given < least || given > most) {
      reports.report(
        'input-count',
        { layer: layer.name, expected: counted(least, most), found: given },
        { at: layer.inputs[0]?.span ?? layer.span },
      );
    }
    return {
      name: layer.name,
      kind: layer.kind,
      arguments: layer.arguments,
      inputs: inputs.map((node) => ({ node, output: 0 })),
      annotations: layer.annotations,
      span: layer.span,
      statement: layer.statement,
    };
  });

  const outputNames = model.outputs.length > 0 ? [...new Set(known(model.outputs, names, reports))] : names.slice(-1);
  const outputs = outputNames.map((name) => ({ name, node: name, output: 0 }));
  const inputs = nodes.filter((node) => node.kind === 'Input').map((node) => node.name);
  reportUnread(nodes, outputNames, reports);
  return { name: model.name.text, nodes, inputs, outputs };
}

function inputNames(layer: LayerSpec, position: number, names: readonly string[], reports: Reports): string[] {
  if (layer.inputs.length > 0) {
    return known(layer.inputs, names, reports).filter((name) => {
      const later = names.indexOf(name) >= position;
      if (later) {
        reports.report(
          'reads-later-layer',
          { layer: layer.name, name },
          { at: layer.inputs.find((input) => input.text === name)?.span ?? layer.span },
        );
      }
      return !later;
    });
  }
  if (layerKind(layer.kind).inputs[1] === 0) return [];
  return position > 0 ? [names[position - 1]!] : [];
}

function known(written: readonly NameNode[], names: readonly string[], reports: Reports): string[] {
  return written.flatMap((name) => {
    if (names.includes(name.text)) return [name.text];
    const near = nearest(name.text, names);
    reports.report(
      'unknown-layer-name',
      { name: name.text },
      { at: name.span, ...(near && { label: `did you mean \`${near}\`?` }) },
    );
    return [];
  });
}

function reportUnread(nodes: readonly Node[], outputs: readonly string[], reports: Reports): void {
  // A wiring mistake leaves layers unread that the user did wire: one message is enough.
  if (reports.failed) return;
  const read = new Set([...outputs, ...nodes.flatMap((node) => node.inputs.map((input) => input.node))]);
  for (const node of nodes) {
    const emptied = node.kind === 'Input' && (node.arguments.keep as readonly number[] | undefined)?.length === 0;
    if (!read.has(node.name) && !emptied) reports.report('unread-layer', { layer: node.name }, { at: node.span });
  }
}

function counted(least: number, most: number): string {
  if (least === most) return least === 1 ? 'one input' : `${least || 'no'} inputs`;
  return most === Number.POSITIVE_INFINITY ? `at least ${least} inputs` : `${least} to ${most} inputs`;
}
